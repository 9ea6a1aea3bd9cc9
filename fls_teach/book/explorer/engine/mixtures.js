// Data and initial networks: Python's GaussianMixture, XorMixture and ClassMixture (orthogonal means), with sigma = 1 and
// the signal along the first axes; balanced_init, balanced_init_classes and the twins of demos/shared/settings.py.
import { dot, normalBetween, normalCdf } from "./vectors.js";

export const MAX_DRAWS = 20000;

// Number of outputs: one for two classes, else one per class.
export function outputCount(setting) {
  return setting.mixture === "classes" ? setting.classes : 1;
}

// Training data X (n x d, row by row) and y: labels -1 and +1, or classes 0 to K - 1; null if no drawn set is separable.
export function sampleData(setting, draw) {
  const { n, d, kappa } = setting;
  const y = labels(setting);
  for (let attempt = 0; attempt < MAX_DRAWS; attempt++) {
    const X = draw(n * d);
    for (let i = 0; i < n; i++) {
      const [axis, sign] = centre(setting, y, i);
      X[i * d + axis] += kappa * sign;
    }
    if (!setting.separable || separability(X, y, n, d) > 0) return { X, y };
  }
  return null;
}

// Labels in order: the positive examples first, or sorted by class; the first classes get the surplus of an uneven n.
function labels({ mixture, n, classes }) {
  if (mixture === "classes") return Array.from({ length: n }, (_, i) => i % classes).sort((a, b) => a - b);
  return Array.from({ length: n }, (_, i) => (i < Math.ceil(n / 2) ? 1 : -1));
}

// Axis and sign of the class centre of example i.
function centre({ mixture, n }, y, i) {
  if (mixture === "classes") return [y[i], 1];
  if (mixture === "gaussian") return [0, y[i]];
  const positive = Math.ceil(n / 2);
  const [place, size] = y[i] > 0 ? [i, positive] : [i - positive, n - positive];
  return [y[i] > 0 ? 0 : 1, place < Math.ceil(size / 2) ? 1 : -1];
}

// Smallest signed cosine lambda between two examples; > 0 means orthogonally separable.
export function separability(X, y, n, d) {
  let smallest = 1;
  const norms = Array.from({ length: n }, (_, i) => Math.sqrt(dot(X, X, i * d, i * d, d)));
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) {
      smallest = Math.min(smallest, (y[i] * y[k] * dot(X, X, i * d, k * d, d)) / (norms[i] * norms[k]));
    }
  }
  return smallest;
}

// Sum of the examples of one class: x_+ for label 1, x_- for label -1.
export function classSum(X, y, d, label) {
  const sum = new Float64Array(d);
  y.forEach((other, i) => {
    if (other === label) for (let k = 0; k < d; k++) sum[k] += X[i * d + k];
  });
  return sum;
}

// Lines along which errors are computed exactly: an axis of the inputs and its ends, [mean of the coordinate, right
// answer]. Answers are numbers; with one output, 0 stands for +1 and 1 for -1.
export function lines({ mixture, kappa, classes }) {
  if (mixture === "gaussian") return [{ axis: 0, ends: [[kappa, 0], [-kappa, 1]] }];
  if (mixture === "xor") return [0, 1].map((axis) => ({ axis, ends: [[kappa, axis], [-kappa, axis]] }));
  return Array.from({ length: classes }, (_, k) => ({ axis: k, ends: [[kappa, k]] }));
}

// Smallest possible error.
export function bayesError({ mixture, kappa, classes }) {
  if (mixture === "gaussian") return normalCdf(-kappa);
  if (mixture === "xor") {
    const q = normalCdf(-kappa / Math.SQRT2);
    return 2 * q * (1 - q);
  }
  // The scores of orthogonal means are independent: 1 - E[Phi(t + kappa)^(K-1)], by the trapezoid rule.
  const low = -kappa - 12, steps = 16 * Math.ceil(kappa + 24), width = (12 - low) / steps;
  let error = 0;
  for (let k = 0; k <= steps; k++) {
    const t = low + k * width;
    const weight = Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
    error += weight * -Math.expm1((classes - 1) * Math.log1p(-normalBetween(t + kappa, Infinity, 0)));
  }
  return error * width;
}

// Balanced start of scale 1: W (h x d) ~ N(0, 1/d), second layer V (K x h) with |V_.j| = |w_j|.
export function drawStart(setting, draw) {
  const { h, d } = setting, K = outputCount(setting);
  const W = draw(h * d).map((value) => value / Math.sqrt(d));
  const V = K === 1 ? new Float64Array(h).map((_, j) => (j < Math.ceil(h / 2) ? 1 : -1)) : draw(K * h);
  for (let j = 0; j < h; j++) {
    // Softmax sees only differences of outputs, so directions of V sum to zero.
    if (K > 1) {
      let mean = 0;
      for (let k = 0; k < K; k++) mean += V[k * h + j] / K;
      for (let k = 0; k < K; k++) V[k * h + j] -= mean;
    }
  }
  balance(W, V, h, d, K);
  return { W, V };
}

// Scale each neuron's output weights to the norm of its input weights, which gradient flow conserves.
export function balance(W, V, h, d, K) {
  for (let j = 0; j < h; j++) {
    let square = 0;
    for (let k = 0; k < K; k++) square += V[k * h + j] ** 2;
    const factor = square > 0 ? Math.sqrt(dot(W, W, j * d, j * d, d) / square) : 0;
    for (let k = 0; k < K; k++) V[k * h + j] *= factor;
  }
}

// The start of scale alpha. Twins: the first half of the neurons, each with a copy of the opposite output sign.
export function scaledStart(unitStart, setting, alpha) {
  const { h, d, start } = setting, K = outputCount(setting), half = h / 2;
  const W = unitStart.W.map((value) => alpha * value), V = unitStart.V.map((value) => alpha * value);
  if (start === "twins") {
    W.copyWithin(half * d, 0, half * d);
    for (let k = 0; k < K; k++) for (let j = 0; j < half; j++) V[k * h + half + j] = -V[k * h + j];
  }
  return { W, V };
}
