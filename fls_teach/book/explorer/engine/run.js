// From a setting to a run that can be drawn: the numbers that the page shows of one network at each time.
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

// Draw the data and the start of scale 1 of a seed, which all alphas share; null if no data set is separable.
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

// One point of the U-curve: the four numbers at the end of the run.
export function errorsAt(setting, drawn, alpha, rtol, noise) {
  const { run, start, network } = trainCase(setting, drawn, alpha, rtol);
  return { ...fourNumbers(setting, network, start, noise), status: run.status };
}

// Record a whole run with at most MOST_FRAMES frames.
//
// Returns {frames, plane, points, times, risks, largest, exit, stop, zeta, status, bayes, networks}: `plane` is the plane
// that is drawn, `points` are the examples in it; a frame has t, risk, and the fields that `frameOf` adds; `networks` are
// the weights of the frames, from which errors are computed later.
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

// The plane that is drawn: two orthonormal axes, and named directions in it. For two Gaussians it is spanned by the signal
// and the class sum x_+, for XOR by the two axes of the centres, for classes by the differences of the first three centres.
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

// Arrows: name, projection of the unit vector onto the plane, and class (null: none).
function withArrows(axes, named) {
  return { axes, arrows: named.map(([name, vector, side]) => [name, project(unit(vector), vector.length, axes)[0], side]) };
}

// Projections of the rows of a matrix (m x d) onto the plane, as an array of [x, y].
function project(A, d, [first, second]) {
  return Array.from({ length: A.length / d }, (_, i) => [dot(A, first, i * d, 0, d), dot(A, second, i * d, 0, d)]);
}

// The data of a frame: time and risk; for each neuron four numbers, the x and y of its unit direction in the plane, |w_j|
// and its class; and, on two Gaussians, w^+ in the plane, Psi, OA, OF and the angles.
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

// The class of a neuron: the sign of its output weight, or the index of its largest output weight.
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
