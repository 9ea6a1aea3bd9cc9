"""How far wrong implementations of the alignment are from the right one, by the size of the neurons."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import neuron_alignment

WRONG = {
    "not divided by |w|": lambda W, x: W @ x / np.linalg.norm(x),
    "|w| + 0.001": lambda W, x: W @ x / (np.linalg.norm(W, axis=1) + 1e-3) / np.linalg.norm(x),
    "divided by the largest |w|": lambda W, x: W @ x / np.linalg.norm(W, axis=1).max() / np.linalg.norm(x),
    "sign lost": lambda W, x: np.abs(neuron_alignment(W, x)),
    "angle for cosine": lambda W, x: np.arccos(neuron_alignment(W, x)),
    "float32 (honest)": lambda W, x: (
        (np.float32(W) / np.linalg.norm(np.float32(W), axis=1, keepdims=True))
        @ (np.float32(x) / np.linalg.norm(np.float32(x)))
    ),
}


@plotting.styled
def draw():
    figure, axis = plotting.subplots(size=(8.0, 4.2))
    sizes = 10.0 ** np.linspace(-6, 4, 41)
    rng = np.random.default_rng(0)
    questions = [(rng.standard_normal((4, 3)), rng.standard_normal(3)) for _ in range(50)]
    styles = iter(("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), "-"))
    for name, wrong in WRONG.items():
        error = [max(np.abs(wrong(s * W, x) - neuron_alignment(s * W, x)).max() for W, x in questions) for s in sizes]
        honest = "honest" in name
        colour, width = (plotting.INK, 1.2) if honest else (None, None)
        axis.loglog(sizes, error, label=name, ls=next(styles), color=colour, lw=width)
    axis.axhline(1e-5, color=plotting.GREY, ls="--", lw=1.2)
    axis.text(sizes[0], 1.3e-5, "tolerance 1e-5", ha="left", va="bottom", color=plotting.INK)
    axis.set(
        xlabel="size of the entries of W", ylabel="largest error of ψ in 50 questions", ylim=(1e-9, 1e5),
        title="A fault shows only where its curve is above the tolerance",
    )  # fmt: skip
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
