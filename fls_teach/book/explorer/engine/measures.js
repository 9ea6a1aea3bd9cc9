// Measurements of a network: alignments, the end of Phase 1, the linear classifiers inside it, and the decomposition
// OA + OF of the excess error of w^+. Formulas and names as in fls_teach.theory.
import { angle, cosine, norm, normalCdf } from "./vectors.js";
import { networkErrors } from "./errors.js";
import { bayesError, lines } from "./mixtures.js";

// t_alpha, first time with max_j |w_j|^2 > 2 alpha W_max^2 / sqrt(h); NaN if the record ends before.
// largest: max_j |w_j| at these times. Interpolated on its logarithm, as norms grow exponentially.
export function phaseOneExit(times, largest, alpha, h) {
  const level = Math.log((2 * alpha) / Math.sqrt(h)) / 2 + Math.log(largest[0] / alpha);
  const after = largest.findIndex((size) => Math.log(size) > level);
  if (after < 0) return NaN;
  if (after === 0) return times[0];
  const [low, high] = [Math.log(largest[after - 1]), Math.log(largest[after])];
  return times[after - 1] + ((times[after] - times[after - 1]) * (level - low)) / (high - low);
}

// zeta of the two-phase theorem, which applies only if zeta > 0.
export function zeta(alpha, X, n, d, h, classSumNorm, largestStart) {
  let xMax = 0;
  for (let i = 0; i < n; i++) xMax = Math.max(xMax, norm(X.subarray(i * d, (i + 1) * d)));
  return 1 - (4 * alpha * n * Math.sqrt(h) * xMax ** 2 * (largestStart / alpha) ** 2) / classSumNorm;
}

// The difference f - f0 as one network: the neurons of f, then those of f0 with minus their output weights.
export function differenceNetwork({ W, V, h, d, K }, start) {
  const difference = { W: new Float64Array(2 * h * d), V: new Float64Array(2 * K * h), h: 2 * h, d, K };
  difference.W.set(W);
  difference.W.set(start.W, h * d);
  for (let k = 0; k < K; k++) {
    for (let j = 0; j < h; j++) {
      difference.V[k * 2 * h + j] = V[k * h + j];
      difference.V[k * 2 * h + h + j] = -start.V[k * h + j];
    }
  }
  return difference;
}

// w^+ = sum over v_j > 0 of v_j w_j and w^+ - w^- = sum_j v_j w_j, one row for each output. With centred training those
// of the start are subtracted: `start` is the network f0, else null.
export function predictors({ W, V, h, d, K }, start = null) {
  const positive = [], linear = [];
  for (let k = 0; k < K; k++) {
    const [plus, all] = [new Float64Array(d), new Float64Array(d)];
    for (let j = 0; j < h; j++) {
      for (const [layer, weight, sign] of [[W, V[k * h + j], 1], ...(start ? [[start.W, start.V[k * h + j], -1]] : [])]) {
        for (let c = 0; c < d; c++) {
          const term = sign * weight * layer[j * d + c];
          all[c] += term;
          if (weight > 0) plus[c] += term;
        }
      }
    }
    positive.push(plus);
    linear.push(all);
  }
  return { positive, linear };
}

// Error of the linear classifier sign <w, x> on two Gaussians, Phi(-kappa cos angle(w, s)); 1/2 for w = 0.
export function linearError(w, signal, kappa) {
  const toSignal = angle(w, signal);
  return normalCdf(-kappa * (Number.isNaN(toSignal) ? 0 : Math.cos(toSignal)));
}

// {overAlignment, overFitting, excess, alignment, phi} of a predictor; OA + OF = E(w) - E*, both >= 0.
export function decompose(predictor, classSum, signal, kappa) {
  const theta = angle(predictor, classSum), phi = angle(classSum, signal), floor = normalCdf(-kappa);
  const overAlignment = normalCdf(-kappa * Math.cos(Math.max(phi - theta, 0))) - floor;
  const excess = linearError(predictor, signal, kappa) - floor;
  return { overAlignment, overFitting: Math.max(excess - overAlignment, 0), excess, alignment: Math.cos(theta), phi };
}

// Cosines between all neurons and one direction.
export function neuronAlignments(W, h, d, direction) {
  return Array.from({ length: h }, (_, j) => cosine(W.subarray(j * d, (j + 1) * d), direction));
}

// The four numbers of docs/science.md#causes, and the silent mass. On XOR the two linear ones are null, because linear
// classifiers err on one half of it. With centred training `answered` is null: in the wedge f - f0 = -f0, a random answer.
export function fourNumbers(setting, network, start, noise) {
  const along = lines(setting), centred = setting.start === "centred" ? start : null;
  const errors = networkErrors(network, along, noise);
  const found = { network: errors.half, answered: errors.linear, silent: errors.silent, bayes: bayesError(setting) };
  if (centred) {
    found.network = networkErrors(differenceNetwork(network, start), along, noise).half;
    found.answered = null;
  }
  const { positive, linear } = predictors(network, centred);
  found.positive = setting.mixture === "xor" ? null : classifierError(setting, positive, noise);
  found.linear = setting.mixture === "xor" ? null : classifierError(setting, linear, noise);
  return found;
}

// Error of the answer argmax_k (M x)_k, or sign (M x) for one output.
function classifierError(setting, M, noise) {
  const d = setting.d, K = M.length;
  if (K === 1) return linearError(M[0], signalOf(setting), setting.kappa);
  // M x = relu(M x) - relu(-M x): a network with two neurons for each output.
  const W = new Float64Array(2 * K * d), V = new Float64Array(K * 2 * K);
  M.forEach((row, k) => row.forEach((value, c) => {
    W[k * d + c] = value;
    W[(K + k) * d + c] = -value;
  }));
  for (let k = 0; k < K; k++) [V[k * 2 * K + k], V[k * 2 * K + K + k]] = [1, -1];
  return networkErrors({ W, V, h: 2 * K, d, K }, lines(setting), noise).half;
}

// The signal s of two Gaussians: the first axis.
export function signalOf({ d }) {
  return Float64Array.from({ length: d }, (_, k) => (k === 0 ? 1 : 0));
}
