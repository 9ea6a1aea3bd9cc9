// The setting of a picture, and the link that restores it.

export const PRESETS = JSON.parse(document.getElementById("presets").textContent);
export const STARTS = { plain: "plain", twins: "twins, f(0) = 0", centred: "centred, f − f(0)" };
export const ALPHA_RANGE = [-16, 4];

// Ranges of the numbers that a reader may change.
export const RANGES = {
  alpha: [...ALPHA_RANGE, 0.5],
  kappa: [0.5, 5, 0.1],
  n: [2, 60, 1],
  d: [2, 60, 1],
  h: [2, 120, 2],
  targetRisk: [0.01, 0.5, 0.01],
  seed: [1, 999, 1],
};

export function presetSetting(name) {
  return { preset: name, alpha: -4, start: "plain", seed: 4, ...PRESETS[name] };
}

// The setting with all values restricted to those that the engine accepts.
export function cleaned(given) {
  const name = Object.hasOwn(PRESETS, given.preset) ? given.preset : "separable";
  const setting = presetSetting(name);
  if (Object.hasOwn(STARTS, given.start)) setting.start = given.start;
  for (const [key, [low, high, step]] of Object.entries(RANGES)) {
    const value = Number(given[key]);
    if (given[key] === undefined || given[key] === "" || !Number.isFinite(value)) continue;
    setting[key] = Number((Math.round(Math.min(high, Math.max(low, value)) / step) * step).toFixed(6));
  }
  // Each class has a centre on its own axis and at least one example.
  if (setting.mixture === "classes") for (const key of ["n", "d"]) setting[key] = Math.max(setting[key], setting.classes);
  return setting;
}

// The setting without the fields that a sweep varies; settings with the same key share a U-curve.
export function sweepKey({ alpha, seed, preset, title, ...rest }) {
  return JSON.stringify(rest);
}

// Convert the state to the part of the address after #, with only those fields of a setting that differ from its preset.
export function writeHash({ pictures, progress, tour }) {
  const words = new URLSearchParams();
  pictures.forEach((setting, k) => {
    const base = presetSetting(setting.preset), side = "ab"[k];
    words.set(`${side}.preset`, setting.preset);
    words.set(`${side}.alpha`, setting.alpha);
    for (const key of ["start", ...Object.keys(RANGES)]) {
      if (key !== "alpha" && setting[key] !== base[key]) words.set(`${side}.${key}`, setting[key]);
    }
  });
  if (progress < 1) words.set("time", progress.toFixed(3));
  if (tour > 0) words.set("tour", tour);
  return `#${words}`;
}

export function readHash(hash) {
  const words = new URLSearchParams(hash.replace(/^#/, "")), given = { a: {}, b: {} };
  for (const [key, value] of words) {
    const [side, name] = key.split(".");
    if (name && Object.hasOwn(given, side)) given[side][name] = value;
  }
  const pictures = [cleaned(given.a)];
  if (given.b.preset) pictures.push(cleaned(given.b));
  const time = Number(words.get("time") ?? 1), tour = Math.round(Number(words.get("tour") ?? 0));
  return { pictures, progress: time >= 0 && time <= 1 ? time : 1, tour: tour >= 0 ? tour : 0 };
}
