// The network f(x) = V relu(W x) on its training data: outputs, risk, and the velocity of gradient flow, for K outputs.
// Matrices are Float64Arrays, row by row: X (n x d), W (h x d), V (K x h), and everything else with examples as rows.
import { dot } from "./vectors.js";

// Everything that is constant during a run: the data, their Gram matrix and norms; and buffers for a step.
export function prepare({ X, y, n, d, h, K }) {
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) gram[i * n + k] = dot(X, X, i * d, k * d, d);
  const xNorms = Array.from({ length: n }, (_, i) => Math.sqrt(gram[i * n + i]));
  const buffer = () => new Float64Array(n * h);
  const buffers = { active: buffer(), relu: buffer(), pull: buffer(), moved: buffer(), D: buffer(), error: buffer() };
  return { X, y, n, d, h, K, gram, xNorms, f0: new Float64Array(n * K), ...buffers };
}

// The network with these layers: norms |w_j|, pre-activations Z, outputs f minus f0, risk, and g = -d risk / d f.
export function evaluate(fixed, W, V) {
  const { X, n, d, h, f0 } = fixed;
  const Z = new Float64Array(n * h), norms = new Float64Array(h);
  for (let j = 0; j < h; j++) norms[j] = Math.sqrt(dot(W, W, j * d, j * d, d));
  for (let i = 0; i < n; i++) for (let j = 0; j < h; j++) Z[i * h + j] = dot(X, W, i * d, j * d, d);
  const f = outputs(fixed, Z.map((z) => Math.max(z, 0)), V).map((value, k) => value - f0[k]);
  return { W, V, norms, Z, f, ...loss(fixed, f) };
}

// f (n x K) = relu V^T.
export function outputs({ n, h, K }, relu, V) {
  const f = new Float64Array(n * K);
  for (let i = 0; i < n; i++) for (let k = 0; k < K; k++) f[i * K + k] = dot(relu, V, i * h, k * h, h);
  return f;
}

// Mean logistic risk of one output, or cross-entropy of K, and minus its gradient in the outputs.
export function loss({ y, n, K }, f) {
  const g = new Float64Array(n * K);
  let risk = 0;
  for (let i = 0; i < n; i++) {
    if (K === 1) {
      const z = -y[i] * f[i], power = Math.exp(-Math.abs(z));
      risk += Math.max(z, 0) + Math.log1p(power);
      g[i] = (y[i] * (z >= 0 ? 1 : power)) / (1 + power) / n;
      continue;
    }
    const row = i * K, right = row + y[i];
    let top = -Infinity, sum = 0;
    for (let k = row; k < row + K; k++) top = Math.max(top, f[k]);
    for (let k = row; k < row + K; k++) sum += Math.exp(f[k] - top);
    risk += top + Math.log(sum) - f[right];
    // For the right class 1 - p cancels as p tends to 1; the sum of the others does not.
    for (let k = row; k < row + K; k++) {
      if (k === right) continue;
      g[k] = -Math.exp(f[k] - top) / sum / n;
      g[right] -= g[k];
    }
  }
  return { risk: risk / n, g };
}

// Upper bound on the relative speed of every neuron, sum_i |g_i| |x_i|.
export function maxGrowthRate({ n, K, xNorms }, { g }) {
  let rate = 0;
  for (let i = 0; i < n; i++) rate += Math.sqrt(dot(g, g, i * K, i * K, K)) * xNorms[i];
  return rate;
}

// dw_j/dt = sum_i 1_ij (sum_k g_ik V_kj) x_i and dV_kj/dt.
export function velocity({ X, n, d, h, K }, { V, Z, g }) {
  const dW = new Float64Array(h * d), dV = new Float64Array(K * h);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < h; j++) {
      if (!(Z[i * h + j] > 0)) continue;
      let pull = 0;
      for (let k = 0; k < K; k++) {
        pull += g[i * K + k] * V[k * h + j];
        dV[k * h + j] += g[i * K + k] * Z[i * h + j];
      }
      for (let k = 0; k < d; k++) dW[j * d + k] += pull * X[i * d + k];
    }
  }
  return [dW, dV];
}
