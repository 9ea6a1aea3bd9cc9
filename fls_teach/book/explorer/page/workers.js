// Worker threads: one per picture for its run, and a few that compute U-curves in the background.
import { SWEEP_ALPHAS, SWEEP_SEEDS } from "./ucurve.js";
import { sweepKey } from "./settings.js";

const SOURCE = ["engine", "worker"].map((id) => document.getElementById(id).textContent).join("\n");
const POOL_SIZE = Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1));

// Started from a Blob, so that the page also works as a local file.
function newWorker() {
  const address = URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  return worker;
}

// Runs the setting given last; while a run is computed, only the newest other setting waits.
export function runner(onMessage) {
  const worker = newWorker();
  let id = 0, busy = false, waiting = null;
  const start = (setting) => {
    busy = true;
    worker.postMessage({ id: ++id, task: "run", setting, alpha: 2 ** setting.alpha });
  };
  worker.onmessage = ({ data }) => {
    if (data.id !== id) return;
    if ("recorded" in data) {
      busy = false;
      if (waiting) {
        const next = waiting;
        waiting = null;
        return start(next);
      }
    }
    onMessage(data);
  };
  return {
    run(setting) {
      if (busy) waiting = setting;
      else start(setting);
    },
    end: () => worker.terminate(),
  };
}

const curves = new Map(); // sweep key -> {found: alpha -> errors of each seed, waiting seeds, running}
const idle = [];
let workers = 0;

// The U-curve of a setting, which is computed once and only while it is shown; `found` fills as points arrive.
export function sweep(setting) {
  const key = sweepKey(setting);
  if (!curves.has(key)) curves.set(key, { key, setting, found: {}, waiting: [...SWEEP_SEEDS], running: 0 });
  return curves.get(key);
}

// Compute these curves from now on, and call `tell(key)` for each point; curves that are not shown wait.
const shown = new Set();
let onPoint = () => {};
export function showCurves(keys, tell) {
  shown.clear();
  keys.forEach((key) => shown.add(key));
  onPoint = tell;
  feed();
}

// Give free workers the next seeds.

function feed() {
  for (;;) {
    const curve = [...curves.values()].filter((each) => shown.has(each.key) && each.waiting.length)
      .sort((a, b) => b.waiting.length - a.waiting.length)[0];
    if (!curve) return;
    if (!idle.length && workers < POOL_SIZE) {
      workers++;
      idle.push(newWorker());
    }
    const worker = idle.pop();
    if (!worker) return;
    const seed = curve.waiting.shift();
    curve.running++;
    worker.onmessage = ({ data }) => {
      if (data.done) {
        curve.running--;
        idle.push(worker);
        feed();
      } else if (data.errors) {
        (curve.found[data.alpha] = curve.found[data.alpha] || []).push(data.errors);
      }
      onPoint(curve.key);
    };
    worker.postMessage({ id: seed, task: "seed", setting: { ...curve.setting, seed }, alphas: SWEEP_ALPHAS });
  }
}
