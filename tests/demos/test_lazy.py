"""The lazy demo: its machine is the kernel machine, what it measures agrees with other ways, every claim can fail."""

import numpy as np
import pytest

from fls_teach.demos import lazy
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.demos.lazy.run import DATA, _kernel, _misalignment
from fls_teach.demos.shared.kernel import kernel_machine, tangent_kernel
from fls_teach.demos.shared.measures import outputs
from fls_teach.demos.shared.settings import SETTINGS, STARTS

TINY = lazy.Params(n_seeds=4, log2_alpha=(-4, 0, 2), n_draws=8, n_points=60)


@pytest.fixture(scope="module")
def measured():
    return lazy.run(TINY, seed=1)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng, at = np.random.default_rng(0), np.array([-8.0, 0.0, 1.0, 3.0])
    arrays = {"log2_alpha": at}

    def curve(*means):
        """Values of 16 seeds; seeds differ, and nearly alike at every alpha."""
        return np.array(means) * (1 + 0.05 * rng.normal(size=(16, 1)) + 1e-3 * rng.normal(size=(16, 4)))

    for name, kernel_error in (("separable", 0.0105), ("xor", 0.02)):
        for start in STARTS:
            powers = {"weights": -2, "patterns": -2, "kernel": -2, "frozen": -4 if start == "centred" else -8}
            for key, power in powers.items():
                arrays[f"{name}_{start}_{key}"] = 0.01 * curve(*2 ** (power * at))
            error = curve(0.01, kernel_error, kernel_error, kernel_error)
            arrays[f"{name}_{start}_network"] = error * 10
            arrays[f"{name}_{start}_machine"] = np.repeat(error[:, -1:], 4, axis=1) * 10
            arrays[f"{name}_{start}_status"] = np.full((16, 4), "reached")
        arrays[f"{name}_plain_weights"] = curve(9, 0.1, 0.1, 0.1)
    arrays["separable_learned"] = arrays["separable_twins_machine"] + 0.001
    arrays["xor_learned"] = arrays["xor_twins_network"].copy()
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    params = lazy.Params(n_seeds=16, log2_alpha=tuple(at))
    metadata = {"settings": {name: DATA[name].description for name in DATA}, "bayes": dict.fromkeys(DATA, 0.01)}
    return Result("lazy", params, 0, arrays, metadata)


def failing(result):
    return {claim.id for claim in lazy.claims(result) if not claim.holds}


def test_every_claim_holds_where_it_should():
    table = lazy.claims(forged())
    assert failing(forged()) == set() and len({claim.id for claim in table}) == len(table) == 13


LAST = np.array([1.0, 1.0, 1.0, 4.0])


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ({"power-weights"}, {"xor_centred_weights": lambda v: v * LAST**0.2}),
        ({"power-patterns"}, {"separable_twins_patterns": lambda v: v * LAST**0.5}),
        ({"power-kernel"}, {"xor_twins_kernel": lambda v: v * LAST**1.5}),
        ({"power-frozen"}, {"separable_centred_frozen": lambda v: v * LAST**0.5}),
        ({"plain-moves"}, {"xor_plain_weights": lambda v: v / LAST}),
        ({"machine-twins"}, {"separable_twins_network": lambda v: v + 0.003}),
        ({"machine-plain"}, {"xor_plain_machine": lambda v: v + 0.02}),
        ({"machine-twins", "cost-separable"}, {"separable_twins_network": lambda v: v * LAST**0.4}),
        ({"learned-gain", "learned-enough"}, {"xor_learned": lambda v: v + 0.08}),
        ({"learned-enough"}, {"xor_learned": lambda v: v - 0.05}),
        ({"learned-nothing"}, {"separable_learned": lambda v: v - 0.02}),
        ({"reached"}, {"xor_centred_machine": lambda v: np.where(np.arange(64).reshape(16, 4) == 7, np.nan, v)}),
    ],
)  # fmt: skip
def test_every_claim_can_fail(broken, changes):
    """Catches a claim that looks at other data, another start, or not at all."""
    assert failing(forged(**changes)) == broken


def test_a_kernel_regime_that_costs_nothing_on_xor_is_noticed():
    changes = {f"xor_twins_{key}": lambda v: 0 * v + 0.1 for key in ("network", "machine")}
    assert failing(forged(**changes, xor_learned=lambda v: 0 * v + 0.1)) == {"cost-xor", "learned-gain"}


@pytest.mark.parametrize("scale", [0.0, 2.0])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_tangent_network_is_the_kernel_machine(n_outputs, scale):
    """Catches a gradient of either layer that is left out, transposed or scaled, against the kernel's own formula."""
    rng = np.random.default_rng(n_outputs)
    W, V, X, points = (rng.normal(size=shape) for shape in ((2, 7, 4), (2, n_outputs, 7), (2, 5, 4), (2, 30, 4)))
    g = rng.normal(size=(2, 5, n_outputs))
    wanted = scale * outputs(points, W, V) + np.einsum("bpknl,bnl->bpk", tangent_kernel(points, X, W, V), g)
    found = outputs(points, *lazy.tangent_network(W, V, X, g, np.full(2, scale)))
    assert found == pytest.approx(wanted, abs=1e-7 * np.abs(wanted).max())


def test_the_error_of_a_machine_is_that_of_its_answers():
    """Against 40,000 plain draws, from an f(0) that matters."""
    setting, rng = SETTINGS["xor"], np.random.default_rng(3)
    case = setting.draw(np.array([1.0]), rng)
    error = lazy.machine_error(setting, case, case.W, case.V, np.ones(1), n_draws=400)
    X, y = setting.mixture.sample(40_000, rng)
    f = outputs(case.X[None], case.W, case.V)
    g = kernel_machine(tangent_kernel(case.X[None], case.X[None], case.W, case.V), f, case.y[None], setting.target_risk)
    machine = (
        outputs(X, case.W[0], case.V[0])[:, 0]
        + tangent_kernel(X, case.X, case.W[0], case.V[0])[:, 0, :, 0] @ g[0, :, 0]
    )
    assert error[0] == pytest.approx((y * machine < 0).mean(), abs=0.01) and 0.2 < error[0] < 0.5


def test_a_machine_that_starts_at_its_target_is_the_start():
    """Catches a division by the 0 that it moves."""
    setting, case = SETTINGS["separable"], SETTINGS["separable"].draw(np.array([8.0]), np.random.default_rng(0))
    at_target = case._replace(y=np.sign(outputs(case.X[None], case.W, case.V)[0, :, 0]))
    error = lazy.machine_error(setting, at_target, case.W, case.V, np.full(1, 1e3), n_draws=20)
    start = setting.mixture.network_errors(case.W, case.V[:, 0], n_draws=20, rng=case.test_seed).half.value
    assert error == pytest.approx(start, abs=1e-6)


def test_kernels_and_their_misalignment_agree_with_the_formulas():
    rng = np.random.default_rng(0)
    W, V, points = rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 1, 6)), rng.normal(size=(8, 3))
    K = _kernel(points, W, V, points @ W.swapaxes(-1, -2) > 0)
    for k in range(2):
        assert K[k] == pytest.approx(tangent_kernel(points, points, W[k], V[k])[:, 0, :, 0])
    cosine = (K[0] * K[1]).sum() / np.linalg.norm(K[0]) / np.linalg.norm(K[1])
    assert _misalignment(K[:1], K[1:]) == pytest.approx(1 - cosine)


def test_what_is_measured_is_there_and_moves_less_at_large_alpha(measured):
    for name in DATA:
        for start in STARTS:
            for key in ("weights", "patterns", "kernel", "frozen"):
                values = measured.arrays[f"{name}_{start}_{key}"]
                assert values.shape == (4, 3) and (values >= 0).all() and (values[:, 0] > values[:, 1]).all()
        machine = measured.arrays[f"{name}_twins_machine"]
        assert (machine == machine[:, :1]).all() and (machine > 0).all() and (machine < 0.5).all()
    assert "xor_twins_linear" not in measured.arrays


def test_the_same_seed_gives_the_same_bytes_and_the_figure_needs_the_file_alone(measured, tmp_path):
    first = save(measured, tmp_path)["result"]
    data = first.read_bytes()
    assert len(lazy.plot(load(first)).axes) == 4
    assert save(lazy.run(TINY, seed=1), tmp_path)["result"].read_bytes() == data


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_seeds": 3}, "n_seeds is 3"),
        ({"log2_alpha": (3, 0)}, "wanted increasing"),
        ({"log2_lazy": 2.0}, "two of log2_alpha at or above it"),
    ],
)
def test_what_cannot_be_run_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        lazy.Params(**change)
