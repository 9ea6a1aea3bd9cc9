// The plane of the class sum and the signal: directions of the neurons, class sums, examples, and the silent wedge.
import { line, marker, round, tag, text } from "./svg.js";

const RAYS = 720;
const NEURON_SHAPES = { 1: "circle", "-1": "square" };
const CLASS_SHAPES = ["circle", "square", "triangle"];
const POINT_SHAPES = ["plus", "dash", "cross"];

// Class of marks for a label or a side: plus, minus or third.
function kindOf(setting, side) {
  if (setting.mixture === "classes") return ["plus", "minus", "third"][side];
  return side > 0 ? "plus" : "minus";
}

function shapeOf(setting, side) {
  return setting.mixture === "classes" ? CLASS_SHAPES[side] : NEURON_SHAPES[side];
}

const CAPTIONS = {
  gaussian: "+ and – are examples, s is the signal, x₊ and x₋ are the class sums.",
  xor: "+ and – are examples; the centres of + are ±e₁, those of – are ±e₂.",
  classes: "+, – and × are examples; the plane contains the differences of the three class centres, arrows are class sums.",
};

// {size, caption, fixed, moving(frame, next, share)}: the SVG text that does not change during a run, and that which does.
export function planeChart(setting, recorded, width) {
  const size = Math.min(width, 400), middle = size / 2, rim = middle - 46;
  const at = ([x, y], length = rim) => [middle + length * x, middle - length * y];
  const farthest = Math.max(...recorded.points.map(([x, y]) => Math.hypot(x, y)));
  const points = recorded.points.map((point, i) => {
    const [x, y] = at(point, (0.92 * rim) / farthest), label = recorded.labels[i];
    const index = setting.mixture === "classes" ? label : label > 0 ? 0 : 1;
    return marker(POINT_SHAPES[index], x, y, 4, `example ${kindOf(setting, label)}`);
  });
  const turns = apart(recorded.plane.arrows.map(([, [x, y]]) => Math.atan2(y, x)), 24 / (rim + 20));
  const arrows = recorded.plane.arrows.map(([name, direction, side], k) => {
    const [x, y] = at(direction), [labelX, labelY] = at([Math.cos(turns[k]), Math.sin(turns[k])], rim + 20);
    const kind = side === null ? "signal" : kindOf(setting, side);
    return arrow(middle, middle, x, y, kind) +
      text(labelX, labelY + 4, name, { "text-anchor": "middle", class: `name ${kind}` });
  });
  const fixed = `<circle cx="${middle}" cy="${middle}" r="${rim}" class="rim"/>${points.join("")}${arrows.join("")}`;
  const largest = Math.max(...recorded.largest);

  function moving(frame, next, share) {
    const marks = [], h = frame.neurons.length / 4, blend = (k) =>
      frame.neurons[k] * (1 - share) + next.neurons[k] * share;
    for (let j = 0; j < h; j++) {
      const [x, y] = at([blend(4 * j), blend(4 * j + 1)]), side = frame.neurons[4 * j + 3];
      const radius = 3 + 5 * Math.min(1, blend(4 * j + 2) / largest);
      marks.push(marker(shapeOf(setting, side), x, y, radius, `neuron ${kindOf(setting, side)}`));
    }
    let predictor = "", name = "";
    if (frame.predictor) {
      const [x, y] = frame.predictor, [tipX, tipY] = at([x, y], 0.8 * rim);
      predictor = arrow(middle, middle, tipX, tipY, "predictor");
      name = text(tipX + 16 * y, tipY + 16 * x + 4, "w⁺", { "text-anchor": "middle", class: "name predictor" });
    }
    return silentSectors(frame.neurons).map(([from, to]) => sector(middle, rim, from, to)).join("") +
      predictor + marks.join("") + name;
  }
  return { size, caption: CAPTIONS[setting.mixture], fixed, moving };
}

// Angles of labels; each is moved away from an earlier one that is closer than `gap`.
export function apart(angles, gap) {
  const placed = [];
  for (let angle of angles) {
    for (const other of placed) {
      const turn = Math.atan2(Math.sin(angle - other), Math.cos(angle - other));
      if (Math.abs(turn) < gap) angle = other + (turn < 0 ? -gap : gap);
    }
    placed.push(angle);
  }
  return placed;
}

// Intervals of angles in the plane in which every neuron is off, where f = 0 exactly.
export function silentSectors(neurons) {
  const silent = Array.from({ length: RAYS }, (_, k) => {
    const x = Math.cos((2 * Math.PI * k) / RAYS), y = Math.sin((2 * Math.PI * k) / RAYS);
    for (let j = 0; j < neurons.length; j += 4) {
      if (neurons[j + 2] > 0 && x * neurons[j] + y * neurons[j + 1] > 0) return false;
    }
    return true;
  });
  if (silent.every(Boolean)) return [[0, 2 * Math.PI]];
  const sectors = [], first = silent.indexOf(false);
  for (let k = first, from = null; k <= first + RAYS; k++) {
    const off = silent[k % RAYS];
    if (off && from === null) from = k;
    if (!off && from !== null) {
      sectors.push([from, k - 1].map((ray) => (2 * Math.PI * ray) / RAYS));
      from = null;
    }
  }
  return sectors;
}

function sector(middle, rim, from, to) {
  const end = (angle) => `${round(middle + rim * Math.cos(angle))} ${round(middle - rim * Math.sin(angle))}`;
  if (to - from >= 2 * Math.PI - 1e-9) return tag("circle", { cx: middle, cy: middle, r: rim, class: "wedge" });
  const large = to - from > Math.PI ? 1 : 0;
  return `<path d="M${middle} ${middle}L${end(from)}A${rim} ${rim} 0 ${large} 0 ${end(to)}Z" class="wedge"/>`;
}

function arrow(x1, y1, x2, y2, kind) {
  const angle = Math.atan2(y2 - y1, x2 - x1), back = (turn) =>
    `${round(x2 - 9 * Math.cos(angle + turn))} ${round(y2 - 9 * Math.sin(angle + turn))}`;
  return line(x1, y1, x2, y2, `arrow ${kind}`) +
    `<path d="M${back(0.4)}L${round(x2)} ${round(y2)}L${back(-0.4)}" class="arrow ${kind}"/>`;
}
