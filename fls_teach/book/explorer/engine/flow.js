// Gradient flow of f(x) = V relu(W x) on its risk: the Runge-Kutta pair, the kinks and the endings of Python's
// fls_teach.theory.solver, for one run and for K outputs. Matrices are Float64Arrays, row by row: X (n x d),
// W (h x d), V (K x h), and everything else with examples as rows.
import { dot, norm } from "./vectors.js";
import { balance } from "./mixtures.js";

// Bogacki and Shampine, order 3(2), without the fourth stage; each stage uses the one before it alone.
const LOOK_AHEAD = [0, 1 / 2, 3 / 4], WEIGHTS = [2 / 9, 3 / 9, 4 / 9], ERROR_WEIGHTS = [2 / 9, -6 / 9, 4 / 9];
const SAFETY = 0.9, MIN_FACTOR = 0.2, MAX_FACTOR = 5;
const FIRST_MOVE = 0.05; // relative move of a neuron in the first step
const KINK_TOLERANCE = 15; // in units of rtol: a kink is crossed once, its error does not add up
const SMALLEST_MOVE = 2e-3; // relative move of a neuron below which kinks do not shorten the step
const MAX_EVALUATIONS = 20000;
const STALL_STEPS = 200, STALL_GROWTH = 0.05, STALL_FALL = 1e-4;
const TINY = 2.2250738585072014e-308;

// Follow the flow until the mean risk falls to targetRisk, or until tMax.
//
// problem: {X, y, n, d, h, K, targetRisk, centred, rtol, tMax}; start: {W, V}, balanced: |V_.j| = |w_j|.
// visit(t, state), if given, sees the start, the end of every step, and the end.
// Returns {W, V, t, risk, status, evaluations}; status: "reached", "tMax", "stalled" or "diverged".
export function gradientFlow(problem, start, visit = () => {}) {
  const { targetRisk = 0, tMax = Infinity, rtol = 2e-5 } = problem;
  const fixed = prepare(problem);
  let state = evaluate(fixed, Float64Array.from(start.W), Float64Array.from(start.V));
  if (problem.centred) {
    fixed.f0 = state.f;
    state = evaluate(fixed, state.W, state.V);
  }
  let t = 0, dt = FIRST_MOVE / maxGrowthRate(fixed, state), evaluations = 1, reached = false;
  const stalls = stallMonitor(state);
  const end = (status, at = t) => ({ W: state.W, V: state.V, t: at, risk: state.risk, status, evaluations });
  for (;;) {
    visit(t, state);
    if (reached || state.risk <= targetRisk) return end("reached");
    if (t >= tMax) return end("tMax");
    if (atRest(fixed, state)) return end(tMax < Infinity ? "tMax" : "stalled", tMax < Infinity ? tMax : t);
    if (!Number.isFinite(state.risk) || !(t + dt > t)) return end("diverged");
    if (evaluations + 3 > MAX_EVALUATIONS) return end("stalled");
    if (targetRisk > 0 && stalls.due() && stalls.stalled(state, t)) return end("stalled");
    const size = Math.min(dt, tMax - t);
    const { next, ratio } = step(fixed, state, size, rtol);
    evaluations += 3;
    const factor = SAFETY / ratio;
    dt = size * (factor > MIN_FACTOR ? Math.min(factor, MAX_FACTOR) : MIN_FACTOR); // MIN_FACTOR for NaN
    if (!(ratio <= 1) || !Number.isFinite(next.risk)) continue;
    stalls.steps++;
    if (next.risk <= targetRisk) {
      const crossing = findCrossing(fixed, state, next, size, targetRisk);
      state = crossing.state;
      t += crossing.fraction * size;
      reached = true;
    } else {
      state = next;
      t += size;
    }
  }
}

// What stays while a run trains: the data, their Gram matrix and norms, and buffers for a step.
function prepare({ X, y, n, d, h, K }) {
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) gram[i * n + k] = dot(X, X, i * d, k * d, d);
  const xNorms = Array.from({ length: n }, (_, i) => Math.sqrt(gram[i * n + i]));
  const buffer = () => new Float64Array(n * h);
  const buffers = { active: buffer(), relu: buffer(), pull: buffer(), moved: buffer(), D: buffer(), error: buffer() };
  return { X, y, n, d, h, K, gram, xNorms, f0: new Float64Array(n * K), ...buffers };
}

// The network with these layers: norms |w_j|, pre-activations Z, outputs f less f0, risk, and g = -d risk / d f.
function evaluate(fixed, W, V) {
  const { X, n, d, h, f0 } = fixed;
  const Z = new Float64Array(n * h), norms = new Float64Array(h);
  for (let j = 0; j < h; j++) norms[j] = Math.sqrt(dot(W, W, j * d, j * d, d));
  for (let i = 0; i < n; i++) for (let j = 0; j < h; j++) Z[i * h + j] = dot(X, W, i * d, j * d, d);
  const f = outputs(fixed, Z.map((z) => Math.max(z, 0)), V).map((value, k) => value - f0[k]);
  return { W, V, norms, Z, f, ...loss(fixed, f) };
}

// f (n x K) = relu V^T.
function outputs({ n, h, K }, relu, V) {
  const f = new Float64Array(n * K);
  for (let i = 0; i < n; i++) for (let k = 0; k < K; k++) f[i * K + k] = dot(relu, V, i * h, k * h, h);
  return f;
}

// Mean logistic risk of one output, or cross-entropy of K, and minus its gradient in the outputs.
function loss({ y, n, K }, f) {
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
function maxGrowthRate({ n, K, xNorms }, { g }) {
  let rate = 0;
  for (let i = 0; i < n; i++) rate += Math.sqrt(dot(g, g, i * K, i * K, K)) * xNorms[i];
  return rate;
}

// One step of size dt: the state after it, and the size over the longest that both tolerances allow.
//
// Every neuron moves in the span of the data, w_j + sum_i D_ij x_i, so a stage needs the Gram matrix alone. Activities
// are frozen for the step, which makes the right-hand side smooth; `repairKinks` mends each that changed.
function step(fixed, state, dt, rtol) {
  const { n, d, h, K, X, active, D, error } = fixed;
  for (let k = 0; k < n * h; k++) active[k] = state.Z[k] > 0 ? 1 : 0;
  const stages = runStages(fixed, state, dt);
  D.fill(0);
  error.fill(0);
  stages.forEach(({ g, V }, s) => addPull(fixed, D, g, V, dt * WEIGHTS[s], error, dt * ERROR_WEIGHTS[s]));
  const smooth = estimateError(fixed, state, stages, dt) / rtol;
  const { largestRepair, ofV } = repairKinks(fixed, state, stages, dt);
  // A repair is right to first order: it leaves an error of its own size times the neuron's relative move.
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

// Size of an error: relative to each neuron's norm and, as outputs see it, to 1 + max |f|.
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

// Correct a step of frozen activity, to first order, from the moment of each crossing on: D itself, and V by `ofV`.
// Returns that and the largest repair of a neuron, relative to its norm.
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

// Where inside a step the risk crosses its target: a root on the cubic Hermite interpolant of both layers.
function findCrossing(fixed, old, next, dt, targetRisk) {
  const { h, d, K } = fixed;
  const [startW, startV] = velocity(fixed, old), [endW, endV] = velocity(fixed, next);
  const at = (x) => {
    const blend = (a, b, from, to) => a.map((value, k) =>
      value + x * x * (3 - 2 * x) * (b[k] - value) + x * (1 - x) * dt * ((1 - x) * from[k] - x * to[k]));
    const W = blend(old.W, next.W, startW, endW), V = K > 1 ? blend(old.V, next.V, startV, endV) : old.V.slice();
    balance(W, V, h, d, K);
    return evaluate(fixed, W, V);
  };
  // False position in the Illinois variant: an end that stays twice counts half.
  let low = 0, high = 1, state = next, side = 0;
  let atLow = Math.log(old.risk / targetRisk), atHigh = Math.log(Math.max(next.risk, TINY) / targetRisk);
  for (let k = 0; k < 60 && atHigh < -1e-12; k++) {
    const x = high - ((high - low) * atHigh) / (atHigh - atLow);
    if (!(x > low && x < high)) break;
    const middle = at(x), atX = Math.log(Math.max(middle.risk, TINY) / targetRisk);
    if (atX <= 0) {
      [high, atHigh, state] = [x, atX, middle];
      if (side < 0) atLow /= 2;
      side = -1;
    } else {
      [low, atLow] = [x, atX];
      if (side > 0) atHigh /= 2;
      side = 1;
    }
  }
  return { fraction: high, state };
}

// dw_j/dt = sum_i 1_ij (sum_k g_ik V_kj) x_i and dV_kj/dt.
function velocity({ X, n, d, h, K }, { V, Z, g }) {
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

// Nothing moves: no living neuron is active on an example, or no example has a gradient left.
function atRest(fixed, state) {
  const awake = state.Z.some((z, k) => z > 0 && state.norms[k % fixed.h] > 0);
  return !awake || !(maxGrowthRate(fixed, state) > 0);
}

// A run that in STALL_STEPS steps neither grows a neuron by 5% nor lowers its risk by 1e-4 would need millions.
function stallMonitor(start) {
  let norms = start.norms, risk = start.risk, time = 0;
  return {
    steps: 0,
    due() {
      return this.steps >= STALL_STEPS;
    },
    stalled(state, t) {
      const growth = state.norms.reduce((most, size, j) =>
        Math.max(most, Math.log(Math.max(size, TINY) / Math.max(norms[j], TINY))), -Infinity);
      // Growth no faster than the logarithm of time, as after the fit, does not lead to the target.
      const grew = growth > STALL_GROWTH * Math.max(Math.log(time > 0 ? t / time : 1), 1);
      const fell = state.risk < (1 - STALL_FALL) * risk;
      [norms, risk, time, this.steps] = [state.norms, state.risk, t, 0];
      return !grew && !fell;
    },
  };
}
