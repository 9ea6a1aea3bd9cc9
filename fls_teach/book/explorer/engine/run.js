// From a setting to a run that can be drawn: what the page shows of one network at every moment, as plain numbers.
//
// A setting: {mixture: "gaussian" | "xor" | "classes", classes, kappa, n, d, h, targetRisk, separable,
// start: "plain" | "twins" | "centred", seed}.
import { dot, norm, unit } from "./vectors.js";
import { normals } from "./random.js";
import { bayesError, classSum, drawStart, outputCount, sampleData, scaledStart } from "./mixtures.js";
import { gradientFlow } from "./flow.js";
import { decompose, fourNumbers, phaseOneExit, predictors, signalOf, zeta } from "./measures.js";

const MOST_FRAMES = 240;
const DATA = 0, TEST = 1; // streams of random numbers of one seed

// What a seed draws: the data and the start of scale 1, which all alphas share. Null where no data set is separable.
export function drawCase(setting) {
  const draw = normals(setting.seed, DATA), data = sampleData(setting, draw);
  return data && { ...data, unitStart: drawStart(setting, draw) };
}

// Test noise, draws x d.
export function testNoise(setting, draws) {
  return normals(setting.seed, TEST)(draws * setting.d);
}

// Train one network.
export function trainCase(setting, drawn, alpha, rtol, visit) {
  const { X, y } = drawn, start = scaledStart(drawn.unitStart, setting, alpha), K = outputCount(setting);
  const problem = { ...setting, X, y, K, rtol, centred: setting.start === "centred" };
  const run = gradientFlow(problem, start, visit);
  return { run, start: { ...start, h: setting.h, d: setting.d, K }, network: { ...run, h: setting.h, d: setting.d, K } };
}

// One point of the U-curve: the four numbers where the run ends.
export function errorsAt(setting, drawn, alpha, rtol, noise) {
  const { run, start, network } = trainCase(setting, drawn, alpha, rtol);
  return { ...fourNumbers(setting, network, start, noise), status: run.status };
}

// A whole run with a frame at most of its steps.
//
// Returns {frames, plane, points, times, risks, largest, exit, stop, zeta, status, bayes, networks}: `plane` says which
// plane is drawn, `points` the examples in it; a frame has t, risk, and what `frameOf` adds; `networks` are the frames'
// weights, for errors to be measured later.
export function recordRun(setting, alpha, rtol) {
  const drawn = drawCase(setting);
  if (!drawn) return null;
  const { h, d } = setting, K = outputCount(setting), plane = choosePlane(setting, drawn);
  const times = [], risks = [], largest = [];
  let kept = [], stride = 1, seen = 0, last = null;
  const { run, start, network } = trainCase(setting, drawn, alpha, rtol, (t, state) => {
    times.push(t);
    risks.push(state.risk);
    largest.push(Math.max(...state.norms));
    last = { t, risk: state.risk, W: state.W, V: state.V, h, d, K };
    if (seen++ % stride === 0) kept.push(last);
    if (kept.length > MOST_FRAMES) [kept, stride] = [kept.filter((_, k) => k % 2 === 0), stride * 2];
  });
  if (kept[kept.length - 1] !== last) kept.push(last);
  const base = setting.start === "centred" ? start : null;
  const xPlus = classSum(drawn.X, drawn.y, d, setting.mixture === "classes" ? 0 : 1);
  return {
    frames: kept.map((each) => frameOf(setting, each, base, plane, xPlus)),
    networks: kept, start, plane, times, risks, largest,
    points: project(drawn.X, d, plane.axes), labels: drawn.y,
    exit: phaseOneExit(times, largest, alpha, h), stop: run.status === "reached" ? run.t : NaN, status: run.status,
    zeta: setting.mixture === "gaussian" ? zeta(alpha, drawn.X, setting.n, d, h, norm(xPlus), largest[0]) : NaN,
    bayes: bayesError(setting), network,
  };
}

// The plane that is drawn: two orthonormal axes, and named directions in it.
// Two Gaussians: of the signal and the class sum x_+. XOR: of the two axes of the centres. Classes: of the differences
// between the first three centres.
function choosePlane(setting, { X, y }) {
  const { d, mixture } = setting;
  const e = (axis) => Float64Array.from({ length: d }, (_, k) => (k === axis ? 1 : 0));
  if (mixture === "xor") {
    return withArrows([e(0), e(1)], [["e₁", e(0), 1], ["−e₁", minus(e(0)), 1], ["e₂", e(1), -1], ["−e₂", minus(e(1)), -1]]);
  }
  if (mixture === "classes") {
    const across = unit(e(0).map((x, k) => x - e(1)[k]));
    const up = unit(e(2).map((x, k) => x - (e(0)[k] + e(1)[k]) / 2));
    const sums = [0, 1, 2].map((label) => [`sum ${label + 1}`, classSum(X, y, d, label), label]);
    return withArrows([across, up], sums);
  }
  const signal = signalOf(setting), plus = classSum(X, y, d, 1);
  const along = dot(plus, signal), rest = plus.map((x, k) => x - along * signal[k]);
  const across = norm(rest) > 0 ? unit(rest) : e(1);
  return withArrows([signal, across], [["s", signal, null], ["x₊", plus, 1], ["x₋", classSum(X, y, d, -1), -1]]);
}

function minus(vector) {
  return vector.map((value) => -value);
}

// Arrows: name, the part of the unit vector that lies in the plane, and whose class it is (null: of none).
function withArrows(axes, named) {
  return { axes, arrows: named.map(([name, vector, side]) => [name, project(unit(vector), vector.length, axes)[0], side]) };
}

// Rows of a matrix (m x d) in the plane: an array of [x, y].
function project(A, d, [first, second]) {
  return Array.from({ length: A.length / d }, (_, i) => [dot(A, first, i * d, 0, d), dot(A, second, i * d, 0, d)]);
}

// What is drawn of a network: its time and risk; four numbers for each neuron, the x and y of its unit direction in the
// plane, |w_j| and whom it speaks for; and, on two Gaussians, w^+ in the plane, Psi, OA, OF and the angles.
function frameOf(setting, { t, risk, W, V, h, d, K }, base, { axes }, xPlus) {
  const neurons = new Float64Array(4 * h);
  project(W, d, axes).forEach(([x, y], j) => {
    const size = Math.sqrt(dot(W, W, j * d, j * d, d));
    neurons.set([x / size || 0, y / size || 0, size, sideOf(V, h, K, j)], 4 * j);
  });
  const frame = { t, risk, neurons };
  if (setting.mixture === "gaussian") {
    const predictor = predictors({ W, V, h, d, K }, base).positive[0];
    frame.predictor = norm(predictor) > 0 ? project(unit(predictor), d, axes)[0] : null;
    Object.assign(frame, decompose(predictor, xPlus, signalOf(setting), setting.kappa));
  }
  return frame;
}

// The class that a neuron speaks for: +1 or -1, or the number of the output with its largest weight.
function sideOf(V, h, K, j) {
  if (K === 1) return Math.sign(V[j]);
  let best = 0;
  for (let k = 1; k < K; k++) if (V[k * h + j] > V[best * h + j]) best = k;
  return best;
}

// The four numbers at a frame of a recorded run.
export function errorsOfFrame(setting, recorded, k, noise) {
  return fourNumbers(setting, recorded.networks[k], recorded.start, noise);
}
