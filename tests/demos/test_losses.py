"""The losses demo: a comparable stop, edges and optima where curves are shifted, and every claim can fail."""

import numpy as np
import pytest

from fls_teach.demos import losses
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.demos.losses.claims import edge
from fls_teach.demos.losses.run import DATA, STARTS, losses_of, share_left
from fls_teach.demos.shared.optimum import optimum
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.demos.shared.steps import margins, starts
from fls_teach.theory import FlowSteps, train

TINY = losses.Params(n_seeds=4, log2_alpha=(-6, -3, -1, 1), n_draws=20)
GRID = np.array([-12.0, -6, -5, -4, -3, -2, -1, 2])


@pytest.fixture(scope="module")
def measured():
    return losses.run(TINY, seed=1)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng, arrays = np.random.default_rng(0), {"log2_alpha": GRID}

    def noisy(curve):
        return curve * (1 + 0.02 * rng.normal(size=(16, 1)) + 1e-3 * rng.normal(size=(16, len(GRID))))

    for name in DATA:
        for loss in losses_of(name):
            margin = 0.75 if loss.startswith("squared") else 3.0
            for start in STARTS:
                at = GRID - np.log2(margin) / 2
                left = 0.1 * (GRID < -6) * (name != "xor_late")
                right = 0.2 * np.exp2(np.minimum(at, 1)) if start == "plain" or name not in ("separable",) else 0
                network = 0.1 * (1 + left + 0.02 * (at + 4.4) ** 2 * (GRID > -7) * (start == "plain")) + right
                key = f"{name}_{loss}_{start}"
                arrays[f"{key}_network"] = noisy(network)
                for number in ("answered", "positive", "linear"):
                    arrays[f"{key}_{number}"] = arrays[f"{key}_network"] * np.where(GRID < -6, 0.93, 1)
                arrays[f"{key}_silent"] = np.zeros((16, len(GRID)))
                arrays[f"{key}_margin"] = np.full((16, len(GRID)), margin)
                arrays[f"{key}_wrong"] = np.zeros((16, len(GRID)))
                arrays[f"{key}_status"] = np.full((16, len(GRID)), "reached")
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    metadata = {
        "settings": {name: setting.description for name, setting in DATA.items()},
        "share_left": {name: share_left(name) for name in DATA},
    }
    return Result("losses", losses.Params(log2_alpha=tuple(GRID)), 0, arrays, metadata)


def failing(result):
    return {claim.id for claim in losses.claims(result) if not claim.holds}


def test_every_claim_holds_where_it_should():
    table = losses.claims(forged())
    assert failing(forged()) == set() and len({claim.id for claim in table}) == len(table) == 14


def flat(values):
    return np.full_like(values, 0.1) + 1e-4 * np.random.default_rng(0).normal(size=values.shape)


def later(values):
    """The same curve an octave further right."""
    return np.array([np.interp(GRID - 1, GRID, row) for row in values])


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ("right-plain", {"xor_squared_plain_network": flat}),
        ("left-plain", {"separable_exponential_plain_network": lambda v: np.where(GRID < -6, v - 0.02, v)}),
        ("left-silence", {"separable_squared_plain_answered": lambda v: v / np.where(GRID < -6, 0.9, 1)}),
        ("right-f0", {"separable_squared_hinge_twins_network": lambda v: v + 0.2 * (GRID > 0)}),
        ("right-xor", {"xor_exponential_twins_network": flat}),
        ("edge", {"xor_squared_plain_network": later}),
        ("optimum-squared", {"separable_squared_plain_network": later}),
        ("optimum-exponential", {"separable_exponential_plain_network": later}),
        ("stop", {"xor_late_logistic_twins_network": lambda v: v + 0.05 * (GRID < -6)}),
        ("three-right", {"three_classes_cross_entropy_twins_network": flat}),
        ("ten-left", {"ten_classes_cross_entropy_twins_network": lambda v: v - 0.05 * (GRID < -6)}),
        ("ten-right", {"ten_classes_cross_entropy_twins_network": flat}),
        ("fitted", {"xor_late_squared_twins_wrong": lambda v: v + 0.025}),
        ("reached", {"xor_squared_plain_status": lambda v: np.full_like(v, "stalled")}),
    ],
)  # fmt: skip
def test_every_claim_can_fail(broken, changes):
    """Catches a claim that looks at other data, another start or loss, or not at all."""
    assert broken in failing(forged(**changes))


def test_a_shifted_curve_has_its_edge_and_optimum_shifted():
    """Catches an interpolation on the wrong segment: the grid is even, so that a shift by one octave is exact."""
    grid = np.arange(-8.0, 4.0)
    curve = lambda at: np.exp(0.1 * (at + 3.3) ** 2)  # noqa: E731
    arrays = {"log2_alpha": grid, "d_a_plain_network": curve(grid)[None], "d_b_plain_network": curve(grid + 1)[None]}
    result, one = Result("losses", {}, 0, arrays), np.array([0])
    assert optimum(grid, curve(grid)[None]) == pytest.approx(-3.3)
    assert edge(result, "d", "a", one) - edge(result, "d", "b", one) == pytest.approx(1.0)
    assert edge(result, "d", "a", one) == pytest.approx(-3.3 + np.sqrt(np.log(2) / 0.1), abs=0.05)


def test_the_stop_is_the_same_share_of_the_silent_networks_risk(measured):
    """Catches a loss that is stopped in its own unit: at the stop the margins give that share of the loss at f = 0."""
    setting, alpha = SETTINGS["separable"], 2.0 ** np.array(TINY.log2_alpha)
    cases = [setting.draw(alpha, rng) for rng in np.random.default_rng([1, 0]).spawn(4)]
    begun = starts(setting, cases, "twins")
    target = share_left("separable") * losses.LOSSES["squared"]
    runs = train(*begun, FlowSteps(0.2, 1.6), loss="squared", target_risk=target)
    margin = margins(cases, begun.trained(runs, 4))
    assert ((margin - 1) ** 2).mean(axis=-1) == pytest.approx(np.full((4, 4), target), rel=1e-6)
    assert (margin.mean(axis=-1) == measured.arrays["separable_squared_twins_margin"]).all()


def test_margins_of_classes_are_above_the_next_output():
    rng, setting = np.random.default_rng(0), SETTINGS["three_classes"]
    cases = [setting.draw(np.ones(1), rng)]
    begun = starts(setting, cases, "plain")
    trained = begun.trained(train(*begun, FlowSteps(), loss="cross_entropy", max_steps=3), 1)
    f = np.maximum(cases[0].X @ trained.W[0, 0].T, 0) @ trained.V[0, 0].T
    wanted = [row[int(k)] - np.delete(row, int(k)).max() for row, k in zip(f, cases[0].y, strict=True)]
    assert margins(cases, trained)[0, 0] == pytest.approx(np.array(wanted))


def test_the_same_seed_gives_the_same_bytes_and_the_figure_needs_the_file_alone(measured, tmp_path):
    first = save(measured, tmp_path)["result"]
    data = first.read_bytes()
    assert len(losses.plot(load(first)).axes) == 6
    assert save(losses.run(TINY, seed=1), tmp_path)["result"].read_bytes() == data


@pytest.mark.parametrize(
    ("change", "words"), [({"n_seeds": 3}, "n_seeds is 3"), ({"log2_alpha": (0, 1)}, "wanted 4 to")]
)
def test_what_cannot_be_run_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        losses.Params(**change)
