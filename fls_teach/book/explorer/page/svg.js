// SVG as text: tags, axes, lines and markers. Colours and dashes are classes of page.css, so that dark mode and print can
// change them; no class of marks is identified by its colour alone.

export function tag(name, attributes, ...children) {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
  return `<${name}${written.join("")}>${children.join("")}</${name}>`;
}

export function text(x, y, words, attributes = {}) {
  return tag("text", { x: round(x), y: round(y), ...attributes }, words);
}

export function line(x1, y1, x2, y2, kind) {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`;
}

export function polyline(points, kind) {
  const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  return `<polyline points="${finite.map(([x, y]) => `${round(x)},${round(y)}`).join(" ")}" class="${kind}"/>`;
}

export function round(x) {
  return Math.round(x * 100) / 100;
}

// A linear map from a domain to a range, of logarithms if `log`.
export function scale([low, high], [from, to], log = false) {
  const at = log ? Math.log : (x) => x, width = at(high) - at(low) || 1;
  return (x) => from + ((to - from) * (at(x) - at(low))) / width;
}

const SHAPES = {
  circle: (r) => `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`,
  square: (r) => `M${-r} ${-r}H${r}V${r}H${-r}Z`,
  triangle: (r) => `M0 ${-1.2 * r}L${1.1 * r} ${0.8 * r}H${-1.1 * r}Z`,
  diamond: (r) => `M0 ${-1.3 * r}L${1.3 * r} 0L0 ${1.3 * r}L${-1.3 * r} 0Z`,
  plus: (r) => `M${-r} 0H${r}M0 ${-r}V${r}`,
  dash: (r) => `M${-r} 0H${r}`,
  cross: (r) => `M${-r} ${-r}L${r} ${r}M${-r} ${r}L${r} ${-r}`,
};

export function marker(shape, x, y, r, kind) {
  return `<path d="${SHAPES[shape](round(r))}" transform="translate(${round(x)} ${round(y)})" class="${kind}"/>`;
}

// About `count` round numbers between low and high.
export function niceTicks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++) ticks.push(k * step);
  return ticks;
}

export function superscript(k) {
  return String(k).replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]));
}

// A number as a short text.
export function short(x) {
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e4 || size < 1e-3) {
    const [digit, power] = x.toExponential(0).split("e");
    return `${digit}·10${superscript(Number(power))}`;
  }
  return String(Number(x.toPrecision(3)));
}

export function percent(p) {
  if (p === null || p === undefined || Number.isNaN(p)) return "–";
  return `${(100 * p).toFixed(p < 0.1 ? 2 : 1)}%`;
}

// The frame of a chart: ticks with labels on both axes, and their names. box: {left, top, right, bottom}.
export function axes(box, x, y, xTicks, yTicks, xName, yName) {
  const parts = yTicks.map(([value, label]) =>
    line(box.left, y(value), box.right, y(value), "grid") +
    text(box.left - 6, y(value) + 4, label, { "text-anchor": "end" }));
  parts.push(...xTicks.map(([value, label]) =>
    line(x(value), box.bottom, x(value), box.bottom + 4, "axis") +
    text(x(value), box.bottom + 17, label, { "text-anchor": "middle" })));
  parts.push(line(box.left, box.bottom, box.right, box.bottom, "axis"), line(box.left, box.top, box.left, box.bottom, "axis"));
  parts.push(text((box.left + box.right) / 2, box.bottom + 34, xName, { "text-anchor": "middle" }));
  parts.push(text(box.left - 6, box.top - 8, yName, { "text-anchor": "start", class: "axis-name" }));
  return parts.join("");
}
