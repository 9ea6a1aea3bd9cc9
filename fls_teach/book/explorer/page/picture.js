// One picture: the controls of a setting with a claim beside each, and the charts of its run.
import { percent, short } from "./svg.js";
import { cleaned, PRESETS, presetSetting, RANGES, STARTS, sweepKey } from "./settings.js";
import { planeChart } from "./plane.js";
import { curvesChart } from "./curves.js";
import { barsChart } from "./bars.js";
import { describeCurve, ucurveChart } from "./ucurve.js";
import { missingNumbers, numbersTable } from "./numbers.js";
import { runner, sweep } from "./workers.js";
import { describeMoments, describePhase, describeRun, momentsCaption } from "./phases.js";

const FIELDS = {
  n: ["training examples n", "[D] tan φ ≈ √(d − 1) / (κ √(n/2)): with more examples, the angle φ between x₊ and the signal is smaller."],
  d: ["dimension d", "[D] By the same formula φ grows with d. If d is larger than 2, the picture shows the projection onto one plane."],
  kappa: ["distance κ of a class centre from 0", "[D] The noise has standard deviation 1, so on two Gaussians no classifier errs less than E* = Φ(−κ)."],
  h: ["neurons h", "[M] Wider networks have a smaller silent wedge."],
  targetRisk: ["target risk η", "[P] Ψ(t<sub>η</sub>) ≈ Ψ(t<sub>α</sub>). [M] Nearly: the lower the target, the more Ψ changes in Phase 2."],
  seed: ["seed of data and start", "[M] The U shows in differences over many seeds; a single seed may not show it. The curve below is a mean over 8."],
};

export class Picture {
  // `change(setting)` is called when the reader changes the setting, `moved(progress)` when they move the time.
  constructor(root, letter, change, moved) {
    Object.assign(this, { root, letter, change, moved, progress: 1, errors: new Map(), recorded: null });
    root.innerHTML = document.getElementById("picture").innerHTML.replaceAll("ID", letter);
    this.runner = runner((message) => this.receive(message));
    this.fillControls();
    this.width = 0;
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.find("plane").parentElement);
  }

  find(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  end() {
    this.runner.end();
    this.watch.disconnect();
  }

  fillControls() {
    const preset = this.find("preset"), start = this.find("start");
    preset.innerHTML = Object.entries(PRESETS).map(([name, { title }]) => `<option value="${name}">${title}</option>`).join("");
    start.innerHTML = Object.entries(STARTS).map(([name, title]) => `<option value="${name}">${title}</option>`).join("");
    this.find("fields").innerHTML = Object.entries(FIELDS).map(([key, [name, claim]]) => {
      const [low, high, step] = RANGES[key], id = `${this.letter}-${key}`;
      return `<div class="field"><label for="${id}">${name}</label><input type="number" id="${id}" data-key="${key}" ` +
        `min="${low}" max="${high}" step="${step}" aria-describedby="${id}-claim"><p class="claim" id="${id}-claim">${claim}</p></div>`;
    }).join("");
    const alpha = this.find("alpha");
    [alpha.min, alpha.max, alpha.step] = RANGES.alpha;
    preset.onchange = () => this.change({ ...presetSetting(preset.value), alpha: this.setting.alpha, start: this.setting.start });
    start.onchange = () => this.change({ ...this.setting, start: start.value });
    alpha.oninput = () => this.change({ ...this.setting, alpha: Number(alpha.value) });
    this.find("time").oninput = (event) => this.moved(Number(event.target.value) / 1000);
    for (const input of this.find("fields").querySelectorAll("input")) {
      input.onchange = () => this.change(cleaned({ ...this.setting, [input.dataset.key]: input.value }));
    }
  }

  // Show another setting: the controls at once, the charts when its run has arrived.
  show(setting) {
    this.setting = setting;
    this.find("preset").value = setting.preset;
    this.find("start").value = setting.start;
    this.find("alpha").value = setting.alpha;
    this.find("alpha").setAttribute("aria-valuetext", `2 to the power ${setting.alpha}`);
    this.find("alpha-value").innerHTML = `2<sup>${String(setting.alpha).replace("-", "−")}</sup>`;
    for (const input of this.find("fields").querySelectorAll("input")) input.value = setting[input.dataset.key];
    this.find("note").textContent = "training …";
    this.runner.run(setting);
    this.asked = setting;
    this.curve = sweep(setting);
  }

  get curveKey() {
    return sweepKey(this.setting);
  }

  receive(message) {
    if ("recorded" in message) {
      this.errors = new Map();
      this.recorded = message.recorded;
      this.shownSetting = this.asked;
      if (!message.recorded) {
        this.clear();
        this.find("note").textContent = "No data set of 20,000 was orthogonally separable: raise κ, or lower n.";
        return;
      }
      this.drawFixed();
      performance.mark(`picture-${this.letter}`);
    } else if ("frame" in message) {
      this.errors.set(message.frame, message.errors);
    }
    this.draw();
  }

  // Remove the charts of the previous run, for a setting that has no run.
  clear() {
    this.charts = null;
    for (const name of ["plane", "curves", "bars", "ucurve", "numbers"]) this.find(name).innerHTML = "";
    for (const name of ["caption", "curve-note", "missing", "moments", "phase", "phase-claim", "time-value"]) this.find(name).textContent = "";
    this.phaseClaim = "";
  }

  resize() {
    const width = Math.round(this.find("plane").parentElement.clientWidth);
    if (width === this.width || !width) return;
    this.width = width;
    if (this.recorded) {
      this.drawFixed();
      this.draw();
    }
  }

  // Draw the parts that do not change while one run is shown.
  drawFixed() {
    const setting = this.shownSetting, recorded = this.recorded, width = this.width || 400;
    this.charts = {
      plane: planeChart(setting, recorded, width),
      curves: curvesChart(setting, recorded, width),
      bars: barsChart(setting, recorded, width),
      ucurve: ucurveChart(recorded.bayes, width),
    };
    for (const [name, chart] of Object.entries(this.charts)) {
      const svg = this.find(name);
      svg.parentElement.hidden = !chart;
      if (!chart) continue;
      const [w, h] = chart.size ? [chart.size, chart.size] : [width, chart.height];
      for (const [key, value] of Object.entries({ viewBox: `0 0 ${w} ${h}`, width: w, height: h })) svg.setAttribute(key, value);
      svg.innerHTML = `<g class="fixed">${chart.fixed}</g><g class="moving"></g>`;
    }
    this.find("caption").textContent = this.charts.plane.caption;
    this.find("missing").textContent = missingNumbers(setting);
    this.find("moments").innerHTML = momentsCaption(recorded);
    this.find("note").innerHTML = describeRun(recorded);
    this.drawCurve();
  }

  // The last frame before a given fraction of the training time, the next frame, and the position between the two.
  frameAt(progress) {
    const { frames } = this.recorded, t = progress * frames[frames.length - 1].t;
    let k = frames.length - 1;
    if (progress < 1) while (k > 0 && frames[k].t > t) k--;
    const next = Math.min(k + 1, frames.length - 1), gap = frames[next].t - frames[k].t;
    return { k, next, share: gap > 0 ? Math.min(Math.max((t - frames[k].t) / gap, 0), 1) : 0, t };
  }

  // Errors of the measured frame that is nearest to frame k.
  errorsNear(k) {
    let best = null;
    for (const each of this.errors.keys()) if (best === null || Math.abs(each - k) < Math.abs(best - k)) best = each;
    return best === null ? null : this.errors.get(best);
  }

  setProgress(progress) {
    this.progress = progress;
    if (this.recorded) this.draw();
  }

  // Draw the parts that depend on the time.
  draw() {
    if (!this.recorded) return;
    const { frames } = this.recorded, { k, next, share, t } = this.frameAt(this.progress), frame = frames[k];
    const moving = (name) => this.find(name).querySelector(".moving");
    moving("plane").innerHTML = this.charts.plane.moving(frame, frames[next], share);
    moving("curves").innerHTML = this.charts.curves.moving({ ...frame, t });
    if (this.charts.bars) moving("bars").innerHTML = this.charts.bars.moving(frame);
    const last = this.errors.get(frames.length - 1) || null, now = k === frames.length - 1 ? last : this.errorsNear(k);
    this.find("numbers").innerHTML = numbersTable(this.shownSetting, now, last, this.recorded.bayes);
    const slider = this.find("time");
    slider.value = Math.round(1000 * this.progress);
    slider.setAttribute("aria-valuetext", `time ${short(t)}, risk ${short(frame.risk)}`);
    this.find("time-value").textContent = short(t);
    const phase = describePhase(this.shownSetting, this.recorded, frame, t);
    this.find("phase").innerHTML = phase.words;
    if (this.phaseClaim !== phase.claim) this.find("phase-claim").innerHTML = this.phaseClaim = phase.claim;
    this.scheduleCurve();
  }

  scheduleCurve() {
    if (this.curveFrame) return;
    this.curveFrame = requestAnimationFrame(() => {
      this.curveFrame = 0;
      this.drawCurve();
    });
  }

  drawCurve() {
    if (!this.charts) return;
    const { found, waiting, running } = this.curve, { frames } = this.recorded;
    const { k } = this.frameAt(this.progress), last = this.errors.get(frames.length - 1) || null;
    const errors = k === frames.length - 1 ? last : this.errorsNear(k);
    this.find("ucurve").querySelector(".moving").innerHTML = this.charts.ucurve.draw(found, this.shownSetting, errors);
    const left = waiting.length + running;
    this.find("curve-note").textContent = left ? `${left} of 8 seeds still to be computed` : "8 seeds, 13 values of α: all done";
    this.describe(k, errors);
  }

  // Describe each chart in a sentence, for screen readers.
  describe(k, errors) {
    const { frames, plane } = this.recorded, frame = frames[k], setting = this.shownSetting;
    const labels = {
      plane: `Directions of ${setting.h} neurons at time ${short(frame.t)} in the plane of ${plane.arrows.map(([name]) => name).join(", ")}. ` +
        (errors ? `The network is silent on ${percent(errors.silent)} of the mass.` : ""),
      curves: `Training risk ${short(frame.risk)} at time ${short(frame.t)}; ${describeMoments(this.recorded)}.`,
      bars: frame.predictor ? `Psi is ${frame.alignment.toFixed(3)}. The error of w plus is ${percent(this.recorded.bayes + frame.excess)}: ` +
        `${percent(this.recorded.bayes)} Bayes error, ${percent(frame.overAlignment)} over-alignment, ${percent(frame.overFitting)} over-fitting.` : "w plus is zero: it has no direction.",
      ucurve: describeCurve(this.curve.found),
    };
    for (const [name, label] of Object.entries(labels)) this.find(name).setAttribute("aria-label", label);
  }
}
