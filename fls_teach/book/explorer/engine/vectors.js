// Vectors and the normal cdf, shared by the other files of the engine. Vectors are arrays of numbers.

export function dot(a, b, fromA = 0, fromB = 0, size = a.length) {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += a[fromA + k] * b[fromB + k];
  return sum;
}

export function norm(a) {
  return Math.sqrt(dot(a, a));
}

// a / |a|, NaN for a zero vector; scaled to size 1 first, so that squares of tiny numbers survive.
export function unit(a) {
  let largest = 0;
  for (const value of a) largest = Math.max(largest, Math.abs(value));
  const scaled = Array.from(a, (value) => value / largest);
  const size = norm(scaled);
  return scaled.map((value) => value / size);
}

export function cosine(a, b) {
  return Math.max(-1, Math.min(1, dot(unit(a), unit(b))));
}

// Angle in radians, accurate at every size: 2 atan2(|a - b|, |a + b|) for unit vectors, after W. Kahan.
export function angle(a, b) {
  const u = unit(a), v = unit(b);
  return 2 * Math.atan2(norm(u.map((x, k) => x - v[k])), norm(u.map((x, k) => x + v[k])));
}

// Standard normal cdf with relative error below 1e-12: power series near 0, continued fraction in the tails.
export function normalCdf(x) {
  const z = Math.abs(x);
  if (z > 38.5) return x > 0 ? 1 : 0;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  let tail;
  if (z < 2.5) {
    let term = z, sum = z;
    for (let k = 3; term > 1e-17 * sum; k += 2) sum += term *= (z * z) / k;
    tail = 0.5 - density * sum;
  } else {
    let fraction = z;
    for (let k = 80; k > 0; k--) fraction = z + k / fraction;
    tail = density / fraction;
  }
  return x > 0 ? 1 - tail : tail;
}

// P(low < u < high) for u ~ N(centre, 1); in the right tail a difference of two cdfs near 1 would lose its digits.
export function normalBetween(low, high, centre) {
  if (!(high > low)) return 0;
  if (low > centre) return normalCdf(centre - low) - normalCdf(centre - high);
  return normalCdf(high - centre) - normalCdf(low - centre);
}
