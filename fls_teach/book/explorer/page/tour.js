// The guided tour: eight steps, each a state of the page's controls and a text on what to see there.
// All claims are those of docs/science.md, with the same marks.

export const TOUR = [
  {
    title: "Two phases",
    state: { pictures: [{ preset: "plane", alpha: -10, seed: 3 }], progress: 0, play: true },
    words: "Each dot shows the direction of a neuron; the larger the dot, the larger its norm. Watch the neurons turn to the sum of their class, x₊ or x₋, " +
      "while the risk stays the same. That is Phase 1. At t<sub>α</sub> the norms are large enough to affect the output, and the risk falls: Phase 2. " +
      "[D] While f ≈ 0, directions turn at a pace that does not depend on α, and norms grow exponentially.",
  },
  {
    title: "A smaller α, a longer Phase 1",
    state: { pictures: [{ preset: "plane", alpha: -16, seed: 3 }, { preset: "plane", alpha: -2, seed: 3 }], progress: 0.5 },
    words: "Both pictures have the same data and the same initial directions. In picture A α is small, and the neurons have had time to align. " +
      "In picture B α is larger, and they stay closer to their initial directions. [D] For small α the angle to x₊ at t<sub>α</sub> is proportional to " +
      "α to the power ‖x₊‖ / (2 ‖x<sub>k</sub>‖), where k is the class that ends Phase 1.",
  },
  {
    title: "Over-alignment",
    state: { pictures: [{ preset: "separable", alpha: -12 }], progress: 1 },
    words: "Now d = 20, seen in the plane of x₊ and the signal s. The class sum of ten examples differs from s by an angle φ, and at a small α " +
      "w⁺ is aligned with the class sum: Ψ is near 1. The bar OA is the excess error that even the best vector with this Ψ would have. " +
      "[P] As α grows, OA does not grow. [D] OA and OF together are the excess error of w⁺, one half of the network. " +
      "[M] On these data they explain a small part of the left branch of the network's own error.",
  },
  {
    title: "The silent wedge",
    state: { pictures: [{ preset: "separable", alpha: -12 }, { preset: "separable", alpha: -4 }], progress: 1 },
    words: "If all neurons point along two directions, there is a wedge in which every neuron is off and f = 0 exactly: it is hatched in picture A. " +
      "Compare the first two of the four numbers: if the linear part answers in the wedge, the error of the same network is smaller. " +
      "[M] This control removes most of the rise to the left on separable data and all of it on hard data. The wedge costs more than " +
      "the direction of w⁺; at 2⁻⁴, in picture B, the wedge is closed.",
  },
  {
    title: "The U-curve",
    state: { pictures: [{ preset: "hard", alpha: -4 }], progress: 1, look: "ucurve" },
    words: "Move α and follow the ring along the curve. The error of the network (circles) is larger at both ends; that of w⁺ − w⁻ (diamonds), inside the same " +
      "network, does not rise to the left. [M] The best α is near 2⁻⁴, where ζ ≤ 0: the two-phase theorem says nothing there. " +
      "The axis of errors is logarithmic, so that the small left branch can be seen beside the large right one.",
  },
  {
    title: "f(0): the cause of the right branch",
    state: { pictures: [{ preset: "separable", alpha: 3, seed: 3 }, { preset: "separable", alpha: 3, seed: 3, start: "twins" }], progress: 1 },
    words: "At a large α the neurons hardly move, in both pictures. In A the network starts with an output f(0), a random function of size α² " +
      "that training does not change between the examples. In B each neuron has a twin of the opposite sign, so f(0) = 0, and the error is nearly that of " +
      "the best α. [M] Here f(0) causes nearly all of the right branch; features that do not move cost little, because the target is linear.",
  },
  {
    title: "w⁺ is not the network",
    state: { pictures: [{ preset: "separable", alpha: 4, start: "twins" }], progress: 1, look: "bars" },
    words: "Twins at 2⁴: the bar shows that w⁺ over-fits badly, and the table shows that the network's error is small. [M] w⁺ is half of a " +
      "network, and OF is the over-fitting of the network only where w⁻ mirrors w⁺.",
  },
  {
    title: "XOR: where features have to move",
    state: { pictures: [{ preset: "xor", alpha: -6, start: "twins" }, { preset: "xor", alpha: 3, start: "twins" }], progress: 1 },
    words: "On XOR no linear predictor helps. f(0) = 0 in both pictures, and yet a right branch remains. In picture A neurons have turned to " +
      "±e₁ and ±e₂; in picture B they have their initial directions, and 40 examples do not single out these two directions. " +
      "[M] This is over-fitting for the reason that the paper gives: features that do not move.",
  },
];
