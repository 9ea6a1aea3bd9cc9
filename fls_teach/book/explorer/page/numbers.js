// Table of the four numbers of docs/science.md#causes, at the time that is shown and at the end of the run.
import { percent } from "./svg.js";
import { NUMBERS } from "./ucurve.js";

const WORDS = {
  network: "the network; a tie (f = 0) is half an error",
  answered: "the same, but the linear part answers where f = 0 exactly",
  positive: "the linear classifier w⁺, which OA and OF describe",
  linear: "the linear classifier w⁺ − w⁻ in the same network",
};

// HTML of the table. now, end: errors or null.
export function numbersTable(setting, now, end, bayes) {
  const cell = (errors, key) => `<td>${errors ? percent(errors[key]) : "…"}</td>`;
  const rows = Object.entries(NUMBERS).map(([key, { name }]) =>
    `<tr class="number ${key}"><th scope="row">${sample(key)}${name}<small>${WORDS[key]}</small></th>` +
    `${cell(now, key)}${cell(end, key)}</tr>`);
  const silent = `<tr><th scope="row">silent mass<small>P(f = 0): the wedge</small></th>` +
    `${cell(now, "silent")}${cell(end, "silent")}</tr>`;
  const floor = `<tr><th scope="row">E*<small>smallest possible error</small></th>` +
    `<td colspan="2">${percent(bayes)}</td></tr>`;
  return `<thead><tr><th scope="col">Test error of</th><th scope="col">now</th><th scope="col">at the end</th></tr></thead>` +
    `<tbody>${rows.join("")}${silent}${floor}</tbody>` ;
}

// Text on why numbers are missing, or "".
export function missingNumbers(setting) {
  if (setting.mixture === "xor") return "Linear classifiers err on one half of XOR, so w⁺ and w⁺ − w⁻ have no number here.";
  if (setting.start === "centred") return "Where f = 0, f − f(0) = −f(0) answers at random, so there is no number with the wedge answered. From w⁺ and w⁺ − w⁻ those of the start are subtracted.";
  return "";
}

// A piece of the curve with its marker, as on the U-curve, for the legend.
function sample(key) {
  const shapes = {
    circle: '<circle cx="17" cy="8" r="3.5" class="point"/>', square: '<rect x="13.5" y="4.5" width="7" height="7" class="point"/>',
    triangle: '<path d="M17 3.5L21 11H13Z" class="point"/>', diamond: '<path d="M17 3.5L21.5 8L17 12.5L12.5 8Z" class="point"/>',
  };
  return `<svg width="34" height="16" aria-hidden="true"><line x1="0" y1="8" x2="34" y2="8" class="curve"/>` +
    `${shapes[NUMBERS[key].shape]}</svg>`;
}
