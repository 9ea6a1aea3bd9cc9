// Describes the phases of a run in words, from measurements: t_alpha, t_eta, the risk and the norms. At a large alpha
// there is no Phase 1 and the norms hardly grow, so the texts for a small alpha would be false there.
import { short } from "./svg.js";
import { largestNorm } from "./curves.js";

// "over" if Phase 1 is over before the first step (alpha >= 2 / sqrt(h)), "open" if the run ends within it, else "ends".
function kindOfPhaseOne({ exit }) {
  if (exit === 0) return "over";
  return Number.isFinite(exit) ? "ends" : "open";
}

// {words, claim}: what happens at a frame, and the claim of science.md about it.
export function describePhase(setting, recorded, frame, t) {
  const kind = kindOfPhaseOne(recorded), alpha = 2 ** setting.alpha, start = recorded.largest[0];
  const fold = (size) => {
    const times = largestNorm(frame) / size;
    return `${times < 1000 ? times.toPrecision(3) : short(times)} times`;
  };
  if (recorded.stop === 0) return { words: "Nothing is trained: the start already meets the target", claim: "" };
  if (kind === "over") {
    return {
      words: `No Phase 1 at this α: the largest norm is ${fold(start)} that of the start`,
      claim: "[D] The larger α, the less the weights have to move for the risk to fall; with f(0) = 0 their relative change falls like α⁻² (<cite>science.md#lazy</cite>).",
    };
  }
  const silent = Math.log(setting.mixture === "classes" ? setting.classes : 2);
  if (kind === "open" || recorded.exit > t) {
    return {
      words: `Phase 1: neurons turn, the risk is ${Math.round((100 * frame.risk) / silent)}% of that of f = 0`,
      claim: kind === "open" ? "The run ends before Phase 1 does." : "[D] While f ≈ 0, directions turn at a rate that does not depend on α (<cite>science.md#dynamics</cite>).",
    };
  }
  // |w|^2 at t_alpha is 2 alpha W_max^2 / sqrt(h).
  const atExit = start * Math.sqrt(2 / (alpha * Math.sqrt(setting.h)));
  return {
    words: `Phase 2: the risk falls, the largest norm is ${fold(atExit)} that at t<sub>α</sub>`,
    claim: "[P] Phase 2 inherits the direction of Phase 1; [M] nearly so (<cite>science.md#phase-2</cite>).",
  };
}

// The outcome of a run, for the note above the charts; screen readers announce its changes.
export function describeRun(recorded) {
  const { status, exit, stop, zeta } = recorded, words = [];
  if (status !== "reached") words.push(`The run did not reach its target (${status}).`);
  else if (stop === 0) words.push("The start already meets the target: f(0) fits the examples by chance, as a large f(0) may.");
  else words.push(`Stopped at t<sub>η</sub> = ${short(stop)}.`);
  const kind = kindOfPhaseOne(recorded);
  if (kind === "over") words.push("α is so large that there is no Phase 1: it is over at the start.");
  else if (kind === "ends") words.push(`Phase 1 ended at t<sub>α</sub> = ${short(exit)}.`);
  else words.push("Phase 1 did not end before the run did.");
  if (Number.isFinite(zeta)) {
    words.push(zeta > 0 ? `ζ = ${short(zeta)} > 0: the two-phase theorem applies.` : "ζ ≤ 0: the two-phase theorem says nothing here.");
  }
  return words.join(" ");
}

// The times that the curves mark, as text for their label.
export function describeMoments(recorded) {
  const { exit, stop } = recorded;
  const first = { over: "there is no Phase 1", open: "Phase 1 does not end", ends: `Phase 1 ends at ${short(exit)}` };
  const last = Number.isFinite(stop) ? `the target is reached at ${short(stop)}` : "the target is not reached";
  return `${first[kindOfPhaseOne(recorded)]}, ${last}`;
}

// Caption of the vertical lines of the curves.
export function momentsCaption({ exit, stop }) {
  const names = [];
  if (Number.isFinite(exit) && exit > 0) names.push("t<sub>α</sub> ends Phase 1");
  else names.push(exit === 0 ? "No t<sub>α</sub>: at this α there is no Phase 1" : "No t<sub>α</sub>: the run ends within Phase 1");
  names.push(Number.isFinite(stop) ? "t<sub>η</sub> is where the risk reaches its target" : "no t<sub>η</sub>: the risk does not reach its target");
  return `${names.join(", ")}.`;
}
