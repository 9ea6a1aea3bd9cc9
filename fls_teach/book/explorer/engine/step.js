// One error-controlled step of gradient flow: the Runge-Kutta pair and the treatment of kinks of Python's
// fls_teach.theory.solver, for one run and for K outputs.
import { norm } from "./vectors.js";
import { balance } from "./mixtures.js";
import { evaluate, loss, maxGrowthRate, outputs } from "./network.js";

// Bogacki and Shampine, order 3(2), without the fourth stage; each stage uses only the one before it.
const LOOK_AHEAD = [0, 1 / 2, 3 / 4], WEIGHTS = [2 / 9, 3 / 9, 4 / 9], ERROR_WEIGHTS = [2 / 9, -6 / 9, 4 / 9];
const KINK_TOLERANCE = 15; // in units of rtol; larger than 1 because a kink is crossed once, so its error does not add up
const SMALLEST_MOVE = 2e-3; // relative move of a neuron below which kinks do not shorten the step
export const TINY = 2.2250738585072014e-308; // the smallest normal number of float64

// One step of size dt: the state after it, and the ratio of dt to the largest step that both tolerances allow.
//
// Every neuron moves in the span of the data, w_j + sum_i D_ij x_i, so a stage needs only the Gram matrix. Activities
// are held constant during the step, which makes the right-hand side smooth; `repairKinks` corrects those that changed.
export function step(fixed, state, dt, rtol) {
  const { n, d, h, K, X, active, D, error } = fixed;
  for (let k = 0; k < n * h; k++) active[k] = state.Z[k] > 0 ? 1 : 0;
  const stages = runStages(fixed, state, dt);
  D.fill(0);
  error.fill(0);
  stages.forEach(({ g, V }, s) => addPull(fixed, D, g, V, dt * WEIGHTS[s], error, dt * ERROR_WEIGHTS[s]));
  const smooth = estimateError(fixed, state, stages, dt) / rtol;
  const { largestRepair, ofV } = repairKinks(fixed, state, stages, dt);
  // A repair is correct to first order: the remaining error is its size times the neuron's relative move.
  const move = dt * maxGrowthRate(fixed, state);
  const kinks = move > SMALLEST_MOVE ? (largestRepair * move) / (KINK_TOLERANCE * rtol) : 0;

  const W = Float64Array.from(state.W), V = Float64Array.from(state.V);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < h; j++) {
      const share = D[i * h + j];
      if (share !== 0) for (let k = 0; k < d; k++) W[j * d + k] += share * X[i * d + k];
    }
  }
  if (K > 1) {
    stages.forEach(({ dV }, s) => V.forEach((_, k) => (V[k] += dt * WEIGHTS[s] * dV[k])));
    V.forEach((_, k) => (V[k] += ofV[k]));
  }
  balance(W, V, h, d, K);
  return { next: evaluate(fixed, W, V), ratio: Math.max(Math.cbrt(smooth), Math.sqrt(kinks)) };
}

// g, V and dV/dt at every stage.
function runStages(fixed, state, dt) {
  const { n, h, K, gram, active, relu, pull, moved, f0 } = fixed;
  for (let k = 0; k < n * h; k++) relu[k] = active[k] * state.Z[k];
  const stages = [{ g: state.g, V: state.V, dV: secondLayerVelocity(fixed, state.g, relu) }];
  for (let s = 1; s < 3; s++) {
    const before = stages[s - 1], ahead = LOOK_AHEAD[s] * dt;
    const V = state.V.map((value, k) => value + ahead * before.dV[k]);
    pull.fill(0);
    addPull(fixed, pull, before.g, before.V, ahead);
    multiply(gram, pull, moved, n, h);
    for (let k = 0; k < n * h; k++) relu[k] = active[k] * (state.Z[k] + moved[k]);
    const f = outputs(fixed, relu, V);
    for (let k = 0; k < n * K; k++) f[k] -= f0[k];
    const { g } = loss(fixed, f);
    stages.push({ g, V, dV: s === 2 && K === 1 ? null : secondLayerVelocity(fixed, g, relu) });
  }
  return stages;
}

// dV_kj/dt = sum_i g_ik relu_ij.
function secondLayerVelocity({ n, h, K }, g, relu) {
  const dV = new Float64Array(K * h);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < K; k++) {
      const weight = g[i * K + k];
      for (let j = 0; j < h; j++) dV[k * h + j] += weight * relu[i * h + j];
    }
  }
  return dV;
}

// Add weight * dD_ij/dt = weight * 1_ij sum_k g_ik V_kj to `sum`, and the same by another weight to `other`.
function addPull({ n, h, K, active }, sum, g, V, weight, other = null, otherWeight = 0) {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < K; k++) {
      const slope = g[i * K + k];
      for (let j = 0; j < h; j++) {
        const speed = active[i * h + j] * slope * V[k * h + j];
        sum[i * h + j] += weight * speed;
        if (other) other[i * h + j] += otherWeight * speed;
      }
    }
  }
}

// result (n x h) = A (n x n) B (n x h), column by column: B is zero where a neuron is off, in half of its entries or more.
function multiply(A, B, result, n, h) {
  const rows = new Uint16Array(n), values = new Float64Array(n);
  for (let j = 0; j < h; j++) {
    let count = 0;
    for (let k = 0; k < n; k++) {
      if (B[k * h + j] === 0) continue;
      rows[count] = k;
      values[count++] = B[k * h + j];
    }
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let m = 0; m < count; m++) sum += A[i * n + rows[m]] * values[m];
      result[i * h + j] = sum;
    }
  }
}

// Size of the error: relative to each neuron's norm and, for the outputs, relative to 1 + max |f|.
function estimateError(fixed, state, stages, dt) {
  const { n, h, K, gram, active, error, moved } = fixed;
  const { Z, V, norms } = state;
  multiply(gram, error, moved, n, h);
  let ofNeurons = 0;
  const errorV = new Float64Array(K * h);
  for (let j = 0; j < h; j++) {
    const size = Math.max(norms[j], TINY);
    let square = 0, stretch = 0;
    for (let i = 0; i < n; i++) {
      square += error[i * h + j] * moved[i * h + j];
      stretch += error[i * h + j] * Z[i * h + j];
    }
    ofNeurons = Math.max(ofNeurons, Math.sqrt(Math.max(square, 0)) / size);
    // |w_j| changes by <w_j, e_j> / |w_j|, and |V_.j| with it; for K outputs V_.j may turn as well.
    for (let k = 0; k < K; k++) errorV[k * h + j] = (stretch / size) * (V[k * h + j] / size);
    if (K > 1) ofNeurons = Math.max(ofNeurons, addTurn(fixed, state, stages, dt, j, errorV) / size);
  }
  let ofOutputs = 0, largest = 0;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < K; k++) {
      let sum = 0;
      for (let j = 0; j < h; j++) {
        const at = i * h + j;
        sum += active[at] * (moved[at] * V[k * h + j] + Z[at] * errorV[k * h + j]);
      }
      ofOutputs = Math.max(ofOutputs, Math.abs(sum));
      largest = Math.max(largest, Math.abs(state.f[i * K + k]));
    }
  }
  return Math.max(ofNeurons, ofOutputs / (1 + largest));
}

// Add to errorV the part of V_.j's error that is orthogonal to V_.j; returns its size.
function addTurn({ h, K }, { V, norms }, stages, dt, j, errorV) {
  const turn = new Float64Array(K);
  let along = 0;
  for (let k = 0; k < K; k++) {
    stages.forEach(({ dV }, s) => (turn[k] += dt * ERROR_WEIGHTS[s] * dV[k * h + j]));
    along += (turn[k] * V[k * h + j]) / Math.max(norms[j], TINY) ** 2;
  }
  for (let k = 0; k < K; k++) errorV[k * h + j] += turn[k] -= along * V[k * h + j];
  return norm(turn);
}

// Correct a step with constant activities to first order, from the time of each crossing on: changes D in place.
// Returns the correction of V (`ofV`) and the largest repair of a neuron, relative to its norm.
function repairKinks({ n, h, K, gram, xNorms, active, D, moved }, { Z, norms }, stages, dt) {
  multiply(gram, D, moved, n, h);
  const repaired = new Float64Array(h), ofV = new Float64Array(K * h), first = stages[0], last = stages[2];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < h; j++) {
      const before = Z[i * h + j], after = before + moved[i * h + j];
      if (after > 0 === active[i * h + j] > 0) continue;
      const crossing = before / (before - after); // as a fraction of the step, on the chord
      // The velocity half-way through what remains, on the line through the first and the last stage.
      const weight = (1 + crossing) / 2 / LOOK_AHEAD[2], remaining = dt * (1 - crossing);
      let speed = 0;
      for (let k = 0; k < K; k++) {
        const g = first.g[i * K + k] * (1 - weight) + last.g[i * K + k] * weight;
        speed += g * (first.V[k * h + j] * (1 - weight) + last.V[k * h + j] * weight);
        ofV[k * h + j] += (remaining * g * Math.abs(after)) / 2;
      }
      const repair = (after > 0 ? 1 : -1) * remaining * speed;
      D[i * h + j] += repair;
      repaired[j] += Math.abs(repair) * xNorms[i];
    }
  }
  const relative = (largest, size, j) => Math.max(largest, size / Math.max(norms[j], TINY));
  return { largestRepair: repaired.reduce(relative, 0), ofV };
}
