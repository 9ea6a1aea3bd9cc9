// The worker thread. It receives {id, task: "run", setting, alpha} or {id, task: "seed", setting, alphas (log2)}. It sends,
// always with the id, {recorded}, then {frame, errors} for some frames, the last one first; or {alpha, errors} per alpha.
import { drawCase, errorsAt, errorsOfFrame, recordRun, testNoise } from "./run.js";
import { lines } from "./mixtures.js";

const RUN_RTOL = 1e-4, SWEEP_RTOL = 1e-3; // of local errors; test errors change by less than their own noise
const END_DRAWS = 1000, FRAME_DRAWS = 240, SWEEP_DRAWS = 240; // of test noise, shared among the lines
const MEASURED_FRAMES = 24;
let newest = null; // id of the run that was requested last

self.onmessage = ({ data }) => (data.task === "run" ? run(data) : sweepSeed(data));

async function run({ id, setting, alpha }) {
  newest = id;
  const recorded = recordRun(setting, alpha, RUN_RTOL);
  if (!recorded) return self.postMessage({ id, recorded: null });
  const { networks, start, network, ...shown } = recorded, last = networks.length - 1;
  self.postMessage({ id, recorded: shown });
  self.postMessage({ id, frame: last, errors: errorsOfFrame(setting, recorded, last, noiseOf(setting, END_DRAWS)) });
  const few = noiseOf(setting, FRAME_DRAWS), seen = new Set([last]);
  for (let m = MEASURED_FRAMES - 1; m >= 0; m--) {
    await new Promise((resolve) => setTimeout(resolve)); // a newer run may come in
    if (newest !== id) return;
    const k = Math.round((last * m) / MEASURED_FRAMES);
    if (!seen.has(k)) self.postMessage({ id, frame: k, errors: errorsOfFrame(setting, recorded, k, few) });
    seen.add(k);
  }
  self.postMessage({ id, done: true });
}

function sweepSeed({ id, setting, alphas }) {
  const drawn = drawCase(setting), noise = noiseOf(setting, SWEEP_DRAWS);
  for (const alpha of alphas) {
    self.postMessage({ id, alpha, errors: drawn && errorsAt(setting, drawn, 2 ** alpha, SWEEP_RTOL, noise) });
  }
  self.postMessage({ id, done: true });
}

function noiseOf(setting, draws) {
  return testNoise(setting, Math.ceil(draws / lines(setting).length));
}
