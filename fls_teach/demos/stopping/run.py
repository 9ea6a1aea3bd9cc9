"""Train the grid to a small training risk and keep the curves, so that several rules can be evaluated on them."""

from dataclasses import dataclass

from fls_teach.demos import heatmap
from fls_teach.demos.framework.params import in_range
from fls_teach.demos.framework.result import Result
from fls_teach.demos.heatmap.run import FULL, NETS, QUICK
from fls_teach.demos.images.trained import stacked, train_grids


@dataclass(frozen=True)
class Params(heatmap.Params):
    """Parameters of the demo `heatmap`; runs continue to a training risk by which all rules should have stopped them.

    `target` is the training accuracy of the first rule.
    """

    target_risk: float = 0.02
    """Training risk of c f, in nats, of the second rule."""
    end_risk: float = 0.001
    """Training risk that ends a run: so small that by then all rules should have stopped it."""
    n_validation: int = 256
    """Number of validation images, whose risk of c f the third rule uses."""
    patience: int = 8
    """Epochs without a lower validation risk after which the third rule stops; 3 would stop it on the first plateau."""

    def __post_init__(self):
        super().__post_init__()
        in_range(self, target_risk=(1e-8, 10), end_risk=(1e-8, 10), n_validation=(1, 100_000), patience=(1, 100_000))
        if self.end_risk > self.target_risk:
            raise ValueError(f"end_risk is {self.end_risk}; wanted at most target_risk, {self.target_risk}")


PRESETS = {
    "quick": Params(
        **QUICK | {"log2_c": (-5, -2, 1, 3), "rates": (0.05,), "epochs": 70, "n_test": 200},
        n_validation=96, target_risk=0.05, end_risk=0.002, patience=5,
    ),
    "full": Params(**FULL | {"epochs": 200}),
}  # fmt: skip


def run(params, seed, progress=None):
    """Train the grid to the last risk, plain and centred, and keep the curves.

    Returns
    -------
    Result
        ``log2_c`` (m,), ``lr`` (r,), and over `NETS`, seeds, multipliers, rates and epochs from 0 (2, s, m, r, T + 1),
        NaN after a run's end: ``train_accuracy``, ``train_risk``, ``validation_risk``, ``test_accuracy``; ``status``
        (2, s, m, r).
    """
    kinds = {name: {"stop": "train-risk", "target": params.end_risk, **fields} for name, fields in NETS.items()}
    # One of the rules may have stopped a run that used its budget.
    trained = train_grids(params, seed, kinds, progress, others=("reached", "budget"))
    kept = "status train_accuracy train_risk validation_risk test_accuracy"
    return Result("stopping", params, seed, stacked(trained.values(), kept))
