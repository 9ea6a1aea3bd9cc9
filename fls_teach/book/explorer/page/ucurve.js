// Chart of the U-curve: four errors against alpha, as means over the finished seeds, and a ring for the run that is shown.
import { axes, line, marker, percent, polyline, scale, text, tag } from "./svg.js";
import { ALPHA_RANGE } from "./settings.js";

export const SWEEP_ALPHAS = [-16, -13, -10, -8, -6, -4, -3, -2, -1, 0, 1, 2.5, 4];
export const SWEEP_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
// Quantile 97.5% of Student's t by number of seeds. With fewer than four, the intervals would hide the curve.
const T_QUANTILES = { 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365 };
export const NUMBERS = {
  network: { name: "network", shape: "circle" },
  answered: { name: "network, wedge answered", shape: "square" },
  positive: { name: "w⁺ alone", shape: "triangle" },
  linear: { name: "w⁺ − w⁻", shape: "diamond" },
};

// Mean over seeds of one number at one alpha, with half the width of its 95% interval (0 if not known yet) and the count; null before the first seed.
export function meanOf(found, alpha, name) {
  const values = (found[alpha] || []).map((errors) => errors[name]).filter((value) => Number.isFinite(value));
  if (!values.length) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const n = values.length, half = n in T_QUANTILES ? T_QUANTILES[n] * Math.sqrt(square / (n - 1) / n) : 0;
  return { mean, half, n };
}

// {height, draw(found, setting, errors)}: found maps alpha -> errors of each seed; errors are those of the shown run.
export function ucurveChart(bayes, width) {
  const box = { left: 48, right: width - 14, top: 24, bottom: 220 };
  const x = scale(ALPHA_RANGE, [box.left, box.right]), low = Math.max(0.6 * bayes, 1e-4);
  const y = scale([low, 0.8], [box.bottom, box.top], true);
  const levels = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].filter((v) => v >= low);
  const every = width < 360 ? 4 : 2, xTicks = [];
  for (let k = ALPHA_RANGE[0]; k <= ALPHA_RANGE[1]; k += every) xTicks.push([k, String(k).replace("-", "−")]);
  const fixed = axes(box, x, y, xTicks, levels.map((v) => [v, `${Number((100 * v).toPrecision(2))}%`]), "log₂ α", "test error") +
    line(box.left, y(bayes), box.right, y(bayes), "target") +
    text(box.right, y(bayes) + 14, "E*, the smallest possible", { "text-anchor": "end" });
  const clamp = (v) => Math.max(box.top, Math.min(box.bottom, y(Math.max(v, low))));

  function draw(found, setting, errors) {
    const curves = Object.entries(NUMBERS).map(([key, { shape }]) => {
      const points = SWEEP_ALPHAS.map((alpha) => [alpha, meanOf(found, alpha, key)]).filter(([, mean]) => mean);
      const band = key !== "network" ? "" : points.map(([alpha, { mean, half }]) =>
        line(x(alpha), clamp(mean - half), x(alpha), clamp(mean + half), "interval")).join("");
      return tag("g", { class: `number ${key}` }, band,
        polyline(points.map(([alpha, { mean }]) => [x(alpha), clamp(mean)]), "curve"),
        ...points.map(([alpha, { mean }]) => marker(shape, x(alpha), clamp(mean), 3.5, "point")));
    }).reverse();
    const here = line(x(setting.alpha), box.top, x(setting.alpha), box.bottom, "now");
    const dot = errors ? marker("circle", x(setting.alpha), clamp(errors.network), 8, "this-run") : "";
    return curves.join("") + here + dot;
  }
  return { height: box.bottom + 42, fixed, draw };
}

// The minimum and both ends of the network's curve, as text.
export function describeCurve(found) {
  const means = SWEEP_ALPHAS.map((alpha) => [alpha, meanOf(found, alpha, "network")]).filter(([, mean]) => mean);
  if (means.length < 3) return "The U-curve is being computed.";
  const [best, at] = means.reduce((a, b) => (b[1].mean < a[1].mean ? b : a)), words = ([alpha, { mean }]) =>
    `${percent(mean)} at 2^${alpha}`;
  return `Mean error of the network over ${at.n} seeds: ${words(means[0])}, least ${words([best, at])}, ` +
    `${words(means[means.length - 1])}.`;
}
