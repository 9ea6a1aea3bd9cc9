// Risk and norms over training time, with the ends of the two phases.
import { axes, line, marker, niceTicks, polyline, scale, short, superscript, text } from "./svg.js";

// {height, fixed, moving(frame)}.
export function curvesChart(setting, recorded, width) {
  const end = recorded.times[recorded.times.length - 1] || 1;
  const upper = { left: 48, right: width - 12, top: 24, bottom: 120 };
  const lower = { ...upper, top: 168, bottom: 264 };
  const x = scale([0, end], [upper.left, upper.right]), ticks = niceTicks(0, end, width < 360 ? 3 : 5);
  const xTicks = ticks.map((t) => [t, short(t)]);
  const top = Math.max(0.8, ...recorded.risks), y = scale([0, top], [upper.bottom, upper.top]);
  const median = recorded.frames.map(({ t, neurons }) => [t, medianNorm(neurons)]);
  const sizes = [...recorded.largest, ...median.map(([, size]) => size)].filter((size) => size > 0);
  const powers = [Math.min(...sizes), Math.max(...sizes)].map(Math.log10);
  const [low, high] = [Math.floor(powers[0]), Math.max(Math.ceil(powers[1]), Math.floor(powers[0]) + 1)];
  const z = scale([10 ** low, 10 ** high], [lower.bottom, lower.top], true);
  const every = Math.max(1, Math.ceil((high - low) / 4)), zTicks = [];
  for (let k = low; k <= high; k += every) zTicks.push([10 ** k, k === 0 ? "1" : `10${superscript(k)}`]);

  const moments = [[recorded.exit, `t${subscript("α")}`], [recorded.stop, `t${subscript("η")}`]].filter(([t]) => Number.isFinite(t) && t > 0);
  const vertical = moments.map(([t, name], k) => {
    const right = x(t) > upper.right - 30;
    const label = text(x(t) + (right ? -4 : 4), upper.top + 10 + 14 * k, name, { "text-anchor": right ? "end" : "start" });
    return line(x(t), upper.top, x(t), lower.bottom, "moment") + label;
  });
  const fixed =
    axes(upper, x, y, [], niceTicks(0, top, 3).map((v) => [v, short(v)]), "", "training risk") +
    line(upper.left, y(setting.targetRisk), upper.right, y(setting.targetRisk), "target") +
    text(upper.left + 4, y(setting.targetRisk) - 4, "target η") +
    axes(lower, x, z, xTicks, zTicks, "training time t", "norms |w|: largest; median dashed") +
    polyline(recorded.times.map((t, k) => [x(t), y(recorded.risks[k])]), "curve") +
    polyline(recorded.times.map((t, k) => [x(t), z(recorded.largest[k])]), "curve") +
    polyline(median.filter(([, size]) => size > 0).map(([t, size]) => [x(t), z(size)]), "curve dashed") +
    vertical.join("");

  function moving(frame) {
    const largest = largestNorm(frame);
    return line(x(frame.t), upper.top, x(frame.t), lower.bottom, "now") +
      marker("circle", x(frame.t), y(frame.risk), 5, "dot") +
      (largest > 0 ? marker("circle", x(frame.t), z(largest), 5, "dot") : "");
  }
  return { height: lower.bottom + 42, fixed, moving };
}

// max_j |w_j|.
export function largestNorm({ neurons }) {
  let largest = 0;
  for (let j = 2; j < neurons.length; j += 4) largest = Math.max(largest, neurons[j]);
  return largest;
}

function medianNorm(neurons) {
  const sizes = neurons.filter((_, k) => k % 4 === 2).sort();
  return sizes[sizes.length >> 1];
}

function subscript(word) {
  return `<tspan dy="4" font-size="10">${word}</tspan>`;
}
