// Chart of Psi, and of the two parts of the excess error of w^+: E(w^+) = E* + OA + OF.
import { line, marker, percent, scale, tag, text } from "./svg.js";

// {height, fixed, moving(frame)}; null where the mixture has no decomposition.
export function barsChart(setting, recorded, width) {
  if (setting.mixture !== "gaussian") return null;
  const left = 8, right = width - 8, { phi } = recorded.frames[0];
  const psi = scale([-1, 1], [left + 8, right - 8]), broken = psi(Math.cos(phi));
  // The scale follows the end of the run: early predictors may err on all inputs, which would make the end tiny.
  const { excess } = recorded.frames[recorded.frames.length - 1], most = 1.3 * (recorded.bayes + (excess || 0));
  const limit = [0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5].find((value) => value >= most) || 1;
  const full = scale([0, limit], [left, right]), x = (value) => Math.min(full(value), right);
  const fixed =
    text(left, 16, "Ψ: cosine of w⁺ with x₊", { class: "axis-name" }) +
    line(psi(-1), 34, psi(1), 34, "axis") +
    [-1, 0, 1].map((v) => line(psi(v), 30, psi(v), 38, "axis") + text(psi(v), 52, String(v).replace("-", "−"), { "text-anchor": "middle" })).join("") +
    line(broken, 24, broken, 44, "target") +
    text(broken - 4, 66, "OA = 0 left of cos φ", { "text-anchor": "end" }) +
    text(left, 94, "error of w⁺ = E* + OA + OF", { class: "axis-name" }) +
    [0, limit / 2, limit].map((v, k) => text(x(v), 150, percent(v), { "text-anchor": ["start", "middle", "end"][k] })).join("");

  function moving(frame) {
    if (!frame.predictor) return text(left, 122, "w⁺ is zero: it has no direction");
    const ends = [0, recorded.bayes, recorded.bayes + frame.overAlignment, recorded.bayes + frame.excess].map(x);
    const bar = (k, kind) =>
      tag("rect", { x: ends[k], y: 104, width: Math.max(ends[k + 1] - ends[k], 0), height: 28, class: `bar ${kind}` });
    return marker("triangle", psi(frame.alignment), 33, 7, "dot") +
      text(right, 16, `Ψ = ${frame.alignment.toFixed(3)}`, { "text-anchor": "end", class: "value" }) +
      bar(0, "bayes") + bar(1, "over-alignment") + bar(2, "over-fitting") +
      text(right, 94, percent(recorded.bayes + frame.excess), { "text-anchor": "end", class: "value" });
  }
  return { height: 158, fixed, moving };
}
