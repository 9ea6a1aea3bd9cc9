// Error of a network on the whole mixture, and the mass on which it is silent: exact along a line, averaged over draws of
// the noise orthogonal to it. The method is that of fls_teach.theory.piecewise, one draw after another.
//
// Write x = u e + q with an axis e and q orthogonal to it. Given q, each neuron is slope_j u + offset_j, which changes
// sign at one break, and every output is linear in u between neighbouring breaks.
import { dot, normalBetween } from "./vectors.js";

// A neuron whose slope is smaller than this, relative to its weights, has no break that float64 can represent.
const FLAT = 1e-100;

// {half, linear, silent}: the error with an even share of every answer where f = 0, the error with f = 0 answered by the
// linear part V W x, and P(f = 0).
//
// network: {W, V, h, d, K}; lines: as in mixtures.js; noise: draws x d standard normals, row by row.
export function networkErrors(network, lines, noise) {
  const two = network.K === 1 ? asTwoOutputs(network) : network;
  const draws = noise.length / two.d, total = { half: 0, linear: 0, silent: 0 };
  for (const line of lines) {
    const along = lineThrough(two, line.axis);
    for (let m = 0; m < draws; m++) {
      const pieces = along.pieces(noise.subarray(m * two.d, (m + 1) * two.d));
      for (const [centre, label] of line.ends) {
        const share = 1 / (draws * lines.length * line.ends.length);
        const { even, answered, silent } = rightAnswers(pieces, two.K, centre, label);
        total.half += share * (1 - even);
        total.linear += share * (1 - answered);
        total.silent += share * silent;
      }
    }
  }
  return total;
}

// The same classifier with two outputs: sign f is argmax (f, -f), with the same ties.
function asTwoOutputs({ W, V, h, d }) {
  const both = new Float64Array(2 * h);
  V.forEach((value, j) => ([both[j], both[h + j]] = [value, -value]));
  return { W, V: both, h, d, K: 2 };
}

// Precomputes all that does not depend on the draw; `pieces` maps noise (d) to the linear pieces along the line.
function lineThrough({ W, V, h, d, K }, axis) {
  const slopes = new Float64Array(h), linear = new Float64Array(K * d), tilted = [], flat = [];
  for (let j = 0; j < h; j++) {
    slopes[j] = W[j * d + axis];
    let largest = 0;
    for (let k = 0; k < d; k++) {
      largest = Math.max(largest, Math.abs(W[j * d + k]));
      for (let o = 0; o < K; o++) linear[o * d + k] += V[o * h + j] * W[j * d + k];
    }
    (Math.abs(slopes[j]) > FLAT * largest ? tilted : flat).push(j);
  }
  const offsets = new Float64Array(h), breaks = new Float64Array(h), order = Uint16Array.from(tilted);
  const size = tilted.length + 1, tilt = new Float64Array(K * size), height = new Float64Array(K * size);

  function pieces(draw) {
    const q = Float64Array.from(draw);
    q[axis] = 0;
    for (let j = 0; j < h; j++) offsets[j] = dot(W, q, j * d, 0, d);
    for (const j of tilted) breaks[j] = -offsets[j] / slopes[j];
    sortBy(order, breaks);
    for (let o = 0; o < K; o++) {
      // Neurons that switch on are added from the left, those that switch off from the right. Nothing is subtracted, so
      // large neurons leave no rounding residue where only small ones are active, or none.
      const row = o * size;
      let still = 0;
      for (const j of flat) still += V[o * h + j] * Math.max(offsets[j], 0);
      for (let p = 0, a = 0, b = 0; p < size; p++) {
        [tilt[row + p], height[row + p]] = [a, b];
        const j = order[p];
        if (p < size - 1 && slopes[j] > 0) {
          a += V[o * h + j] * slopes[j];
          b -= V[o * h + j] * slopes[j] * breaks[j];
        }
      }
      for (let p = size - 1, a = 0, b = 0; p >= 0; p--) {
        tilt[row + p] += a;
        height[row + p] += b + still;
        const j = order[p - 1];
        if (p > 0 && slopes[j] < 0) {
          a += V[o * h + j] * slopes[j];
          b -= V[o * h + j] * slopes[j] * breaks[j];
        }
      }
    }
    const ends = Float64Array.from(order, (j) => breaks[j]);
    const answer = (o) => [linear[o * d + axis], dot(linear, q, o * d, 0, d)];
    return { ends, size, tilt, height, answer };
  }
  return { pieces };
}

// Insertion sort, because successive draws have similar orders and there are few neurons.
function sortBy(order, keys) {
  for (let p = 1; p < order.length; p++) {
    const j = order[p];
    let k = p;
    for (; k > 0 && keys[order[k - 1]] > keys[j]; k--) order[k] = order[k - 1];
    order[k] = j;
  }
}

// Probabilities, for u ~ N(centre, 1), of the answer `label`: ties shared evenly, f = 0 answered by the linear part; and
// of f = 0.
function rightAnswers({ ends, size, tilt, height, answer }, K, centre, label) {
  const even = stretches(centre), answered = stretches(centre);
  let silent = 0, tied = 0;
  for (let p = 0; p < size; p++) {
    const low = p > 0 ? ends[p - 1] : -Infinity, high = p < size - 1 ? ends[p] : Infinity;
    let off = true;
    for (let o = 0; o < K && off; o++) off = tilt[o * size + p] === 0 && height[o * size + p] === 0;
    if (off) {
      const mass = normalBetween(low, high, centre);
      silent += mass;
      tied += mass / K;
      const [from, to] = largest(answer, K, label, low, high);
      answered.add(from, to);
      continue;
    }
    const [from, to, sharers] = largest((o) => [tilt[o * size + p], height[o * size + p]], K, label, low, high);
    if (sharers > 1) {
      const mass = normalBetween(from, to, centre) / sharers;
      tied += mass;
      answered.extra += mass;
      continue;
    }
    even.add(from, to);
    answered.add(from, to);
  }
  return { even: even.sum() + tied, answered: answered.sum(), silent };
}

// Probability of a union of ordered intervals; adjacent ones are joined, because the cdf is the most expensive part.
function stretches(centre) {
  let from = NaN, to = NaN, sum = 0;
  return {
    extra: 0,
    add(low, high) {
      if (!(high > low)) return;
      if (low === to) {
        to = high;
        return;
      }
      sum += normalBetween(from, to, centre);
      [from, to] = [low, high];
    },
    sum() {
      return this.extra + sum + normalBetween(from, to, centre);
    },
  };
}

// The part of (low, high) on which line `label` is the largest of K lines [tilt, height], and how many lines tie there.
function largest(line, K, label, low, high) {
  const [tilt, height] = line(label);
  let sharers = 1;
  for (let o = 0; o < K; o++) {
    if (o === label) continue;
    const [otherTilt, otherHeight] = line(o);
    const rises = tilt - otherTilt, ahead = height - otherHeight;
    if (rises > 0) low = Math.max(low, -ahead / rises);
    else if (rises < 0) high = Math.min(high, -ahead / rises);
    else if (ahead < 0) high = -Infinity;
    else if (ahead === 0) sharers++;
  }
  return [low, high, sharers];
}
