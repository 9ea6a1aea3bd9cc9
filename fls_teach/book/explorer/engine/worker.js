// The worker thread. Messages in: {id, task: "run", setting, alpha} or {id, task: "seed", setting, alphas}; out, each
// with the id: {recorded}, then {frame, errors} for some of its frames, last first; or {alpha, errors} for each alpha.
import { drawCase, errorsAt, errorsOfFrame, recordRun, testNoise } from "./run.js";
import { lines } from "./mixtures.js";

const RUN_RTOL = 2e-5, SWEEP_RTOL = 1e-3;
const END_DRAWS = 2000, FRAME_DRAWS = 240, SWEEP_DRAWS = 240; // of test noise, shared among the lines
const MEASURED_FRAMES = 24;

self.onmessage = ({ data: { id, task, setting, alpha, alphas } }) => {
  const send = (message) => self.postMessage({ id, ...message });
  const noise = (draws) => testNoise(setting, Math.ceil(draws / lines(setting).length));
  if (task === "run") {
    const recorded = recordRun(setting, alpha, RUN_RTOL);
    if (!recorded) return send({ recorded: null });
    const { networks, start, network, ...shown } = recorded, last = networks.length - 1;
    send({ recorded: shown });
    send({ frame: last, errors: errorsOfFrame(setting, recorded, last, noise(END_DRAWS)) });
    const few = noise(FRAME_DRAWS), seen = new Set([last]);
    for (let m = MEASURED_FRAMES - 1; m >= 0; m--) {
      const k = Math.round((last * m) / MEASURED_FRAMES);
      if (!seen.has(k)) send({ frame: k, errors: errorsOfFrame(setting, recorded, k, few) });
      seen.add(k);
    }
    send({ done: true });
  } else {
    const drawn = drawCase(setting), few = noise(SWEEP_DRAWS);
    for (const each of alphas) send({ alpha: each, errors: drawn && errorsAt(setting, drawn, each, SWEEP_RTOL, few) });
    send({ done: true });
  }
};
