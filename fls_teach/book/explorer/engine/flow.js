// Gradient flow of f(x) = V relu(W x) on its risk, from the start to the target: the loop and the stopping rules of
// Python's fls_teach.theory.solver, for one run and for K outputs.
import { balance } from "./mixtures.js";
import { evaluate, maxGrowthRate, prepare, velocity } from "./network.js";
import { step, TINY } from "./step.js";

const SAFETY = 0.9, MIN_FACTOR = 0.2, MAX_FACTOR = 5; // for the ratio of one step size to the previous one
const FIRST_MOVE = 0.05; // relative move of a neuron in the first step
const MAX_EVALUATIONS = 20000;
const STALL_STEPS = 200, STALL_GROWTH = 0.05, STALL_FALL = 1e-4;

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

// The point inside a step where the risk crosses its target: a root on the cubic Hermite interpolant of both layers.
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
  // False position, Illinois variant: if the same end is kept twice, its value is halved.
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

// Whether nothing moves: no neuron of positive norm is active on any example, or all gradients are zero.
function atRest(fixed, state) {
  const awake = state.Z.some((z, k) => z > 0 && state.norms[k % fixed.h] > 0);
  return !awake || !(maxGrowthRate(fixed, state) > 0);
}

// Detects a run that would need millions of steps: in STALL_STEPS steps no neuron grows by 5%, and the risk does not fall
// by a fraction of 1e-4.
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
      // Growth like the logarithm of time, as after all examples are fitted, does not lead to the target.
      const grew = growth > STALL_GROWTH * Math.max(Math.log(time > 0 ? t / time : 1), 1);
      const fell = state.risk < (1 - STALL_FALL) * risk;
      [norms, risk, time, this.steps] = [state.norms, state.risk, t, 0];
      return !grew && !fell;
    },
  };
}
