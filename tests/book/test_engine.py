"""The engine of `fls explore`, in the browser that runs it, against fls_teach.theory on the same numbers.

The fifty settings take 20 s of processor time, most of it for Python's small steps: they are the one check of an engine
that no other test would see fail.
"""

import json

import numpy as np
import pytest
from scipy.special import ndtr

from fls_teach.book.explorer import ENGINE, script
from fls_teach.demos.shared.measures import linear_classifier_error
from fls_teach.theory import (
    ClassMixture,
    FlowSteps,
    GaussianMixture,
    XorMixture,
    balanced_init,
    balanced_init_classes,
    class_sum,
    decompose,
    difference_network,
    forward,
    gradient_flow,
    neuron_alignment,
    phase_one_exit,
    second_layer,
    separability,
    train,
    zeta,
)

KINDS = "gaussian", "xor", "gaussian", "xor", "classes"
STARTS = "plain", "twins", "centred"
LOG2_ALPHAS = -16.0, -12.0, -8.0, -5.0, -3.0, -2.0, -1.0, 0.0, 2.0, 4.0
EXTREMES = {0: 1e-30, 10: 1e-30, 22: 1e-30, 3: 64.0, 12: 64.0, 41: 64.0}
"""Settings that have another alpha. At 1e-30 two Gaussians, orthogonally separable: others need too many steps."""
RTOL, LOOSE, TIGHT = 2e-6, 2e-5, 1e-7
"""On data that are not separable neurons slide along kinks, where rounding decides about single steps: two solvers then
agree to their own accuracy, which at the page's 2e-5 is a few thousandths of a weight. 1e-30 takes many
steps, and has the page's. At 2^6 the last digits of large outputs decide when a run stops."""
N_DRAWS = 60

RUN = """
    ({ setting, X, y, W, V, alpha, noise }) => {
        const { n, d, h } = setting, K = outputCount(setting), times = [], largest = [];
        X = Float64Array.from(X);
        const start = { W: Float64Array.from(W), V: Float64Array.from(V), h, d, K };
        const problem = { ...setting, X, y, K, centred: setting.start === "centred" };
        const run = gradientFlow(problem, start, (t, state) => {
            times.push(t);
            largest.push(Math.max(...state.norms));
        });
        const network = { ...run, h, d, K }, base = setting.start === "centred" ? start : null;
        const plus = classSum(X, y, d, setting.mixture === "classes" ? 0 : 1);
        const found = {
            W: Array.from(run.W), V: Array.from(run.V), t: run.t, risk: run.risk, status: run.status,
            evaluations: run.evaluations, exit: phaseOneExit(times, largest, alpha, h),
            ...fourNumbers(setting, network, start, Float64Array.from(noise)),
        };
        if (setting.mixture === "gaussian") {
            const predictor = predictors(network, base).positive[0];
            Object.assign(found, decompose(predictor, plus, signalOf(setting), setting.kappa), {
                zeta: zeta(alpha, X, n, d, h, norm(plus), largest[0]),
                psi: neuronAlignments(run.W, h, d, plus),
            });
        }
        return JSON.stringify(found);
    }
"""


@pytest.fixture(scope="module")
def engine(browser):
    """A page with the engine in it and nothing else."""
    page = browser.new_page()
    page.add_script_tag(content=script(ENGINE))
    return page


class Case:
    """A random setting with Python's data and start, and what the engine makes of them."""

    def __init__(self, number):
        rng = np.random.default_rng([19, number])
        # Both three and five are odd to ten: every kind of data meets every start and every alpha.
        self.kind, self.start = KINDS[number % len(KINDS)], STARTS[number % len(STARTS)]
        self.alpha = EXTREMES.get(number, 2.0 ** LOG2_ALPHAS[(number * 3 + number // 5) % 10])
        n, h = (int(rng.integers(*bounds)) for bounds in ((4, 13), (6, 17)))
        d = int(rng.integers(n, 2 * n + 8))
        easy = self.alpha == 1e-30 or self.kind == "classes"
        if easy:
            n = min(n, 8)
        kappa, target = rng.uniform(3 if easy else 1, 4), float(np.exp(rng.uniform(np.log(0.02), np.log(0.3))))
        self.setting = {
            "mixture": self.kind, "classes": 3, "kappa": kappa, "n": n, "d": d, "h": 2 * h, "targetRisk": target,
            "start": self.start, "rtol": {1e-30: LOOSE, 64.0: TIGHT}.get(self.alpha, RTOL),
        }  # fmt: skip
        if self.kind == "classes":
            self.mixture = ClassMixture(3, kappa, n_features=d, means="orthogonal")
            self.W, self.V = balanced_init_classes(2 * h, d, 3, self.alpha, rng)
        else:
            self.mixture = {"gaussian": GaussianMixture, "xor": XorMixture}[self.kind](kappa, n_features=d)
            self.W, signs = balanced_init(2 * h, d, self.alpha, rng)
            self.V = second_layer(self.W, signs)[None]
        if self.start == "twins":
            self.W, self.V = np.tile(self.W[:h], (2, 1)), np.hstack([self.V[:, :h], -self.V[:, :h]])
        self.X, self.y = self.mixture.sample(n, rng, **({"separable": True} if self.alpha == 1e-30 else {}))
        self.signs = np.sign(self.V[0])

    @property
    def noise(self):
        """The draws that `network_errors` makes of seed 0."""
        return np.random.default_rng(0).standard_normal((N_DRAWS, self.mixture.n_features))

    def run(self, page):
        """Train in the browser."""
        arrays = {"X": self.X, "y": self.y, "W": self.W, "V": self.V, "noise": self.noise}
        flat = {key: value.ravel().tolist() for key, value in arrays.items()}
        found = json.loads(page.evaluate(RUN, {"setting": self.setting, "alpha": self.alpha, **flat}))
        found["W"], found["V"] = np.reshape(found["W"], self.W.shape), np.reshape(found["V"], self.V.shape)
        return found

    def flow(self):
        """Train in Python: final W, V, stopping time, and the record."""
        target, centred = self.setting["targetRisk"], self.start == "centred"
        if self.kind == "classes":
            steps = FlowSteps(change=0.003, curvature=0.015)
            runs = train(
                self.X, self.y, self.W, self.V, steps, loss="cross_entropy", target_risk=target, centred=centred,
                max_steps=200_000,
            )  # fmt: skip
            return runs.W, runs.V, runs.time, str(runs.status), None
        options = {"target_risk": target, "centred": centred, "rtol": self.setting["rtol"], "record": True}
        flow = gradient_flow(self.X, self.y, self.W, self.signs, **options)
        return flow.W, flow.v[None], flow.time, str(flow.status), flow.trajectory

    def errors(self, W, V):
        """The four numbers and the silent mass of a trained network."""
        layers = [W, V if self.kind == "classes" else V[0]]
        own = self.mixture.network_errors(*layers, n_draws=N_DRAWS)
        found = {"network": own.half.value, "answered": own.linear.value, "silent": own.silent.value}
        if self.start == "centred":
            start = [self.W, self.V if self.kind == "classes" else self.V[0]]
            if self.kind == "classes":
                both = np.concatenate([W, self.W]), np.concatenate([V, -self.V], axis=1)
            else:
                both = difference_network(*layers, *start)
            found["network"] = self.mixture.network_errors(*both, n_draws=N_DRAWS).half.value
            del found["answered"]
        if self.kind != "xor":
            plus, all_of_them = self.predictors(W, V)
            for name, predictor in (("positive", plus), ("linear", all_of_them)):
                found[name] = linear_classifier_error(self.mixture, predictor[None], N_DRAWS, 0)[0]
        return found

    def predictors(self, W, V):
        """w^+ and w^+ - w^-, less those of the start after centred training."""
        plus, every = (V * (V > 0)) @ W, V @ W
        if self.start == "centred":
            plus, every = plus - (self.V * (self.V > 0)) @ self.W, every - self.V @ self.W
        return plus, every


def test_fifty_settings_agree_with_the_theory(engine):
    """Catches a wrong formula anywhere in the engine: weights, stopping time, every error and the decomposition.

    One output, XOR and three classes; plain, twins and centred; alpha from 1e-30 to 2^6.
    """
    worst, ends = {}, []
    for number in range(50):
        case = Case(number)
        found, (W, V, time, status, path) = case.run(engine), case.flow()
        assert found["status"] == status, number
        ends.append(status)
        gaps = {name: abs(found[name] - value) for name, value in case.errors(W, V).items()}
        gaps["bayes"] = abs(found["bayes"] - case.mixture.bayes_error())
        if status == "reached":  # when a stalled run is called so is a matter of its steps
            gaps |= {"W": relative(found["W"], W), "V": relative(found["V"], V), "t": relative(found["t"], time)}
            if case.kind == "gaussian":
                gaps |= gaussian_gaps(case, found, W, V)
        if path is not None:
            exit_time = phase_one_exit(path.times, path.norms, case.alpha)
            never = np.isnan(exit_time) and found["exit"] is None
            gaps["exit"] = 0.0 if never else abs(found["exit"] - exit_time) / max(exit_time, 1e-3 * time, 1e-300)
        for name, gap in gaps.items():
            worst[name] = max(worst.get(name, (0.0, 0)), (float(gap), number))
    assert max(gap for gap, _ in worst.values()) < 1e-3, worst
    assert ends.count("reached") >= 48, ends


def relative(found, expected):
    """Distance relative to the size of what is expected."""
    return np.linalg.norm(found - expected) / max(np.linalg.norm(expected), 1e-300)


def gaussian_gaps(case, found, W, V):
    """Distances of the quantities that only two Gaussians have."""
    plus, signal, kappa = class_sum(case.X, case.y), case.mixture.signal, case.mixture.kappa
    parts = decompose(case.predictors(W, V)[0][0], plus, signal, kappa)
    mine = {"overAlignment": "over_alignment", "overFitting": "over_fitting", "phi": "phi", "alignment": "alignment"}
    gaps = {name: abs(found[name] - getattr(parts, theirs)) for name, theirs in mine.items()}
    constant = zeta(case.alpha, case.X, case.y, case.W)
    gaps["zeta"] = abs(found["zeta"] - constant) / abs(constant)
    large = np.linalg.norm(W, axis=1) > 1e-3 * np.linalg.norm(W, axis=1).max()
    gaps["psi"] = np.abs(np.array(found["psi"], dtype=float) - neuron_alignment(W, plus))[large].max()
    return gaps


def test_the_normal_cdf(engine):
    """Catches a mistyped coefficient: relative error over both tails."""
    points = np.linspace(-37, 9, 1999)
    found = engine.evaluate("points => points.map(normalCdf)", points.tolist())
    assert np.abs(np.array(found) / ndtr(points) - 1).max() < 1e-12


def test_equal_seeds_give_equal_data(engine):
    """Catches a generator that a new version changes: a link would show other numbers than it did."""
    draw = "([seed, stream]) => Array.from(normals(seed, stream)(4))"
    first, again, other, stream = (engine.evaluate(draw, seeds) for seeds in ([1, 0], [1, 0], [2, 0], [1, 1]))
    assert first == again and len({*first, *other, *stream}) == 12
    many = np.array(engine.evaluate("() => Array.from(normals(3, 0)(20000))"))
    assert abs(many.mean()) < 0.03 and abs(many.std() - 1) < 0.02 and abs((many**4).mean() - 3) < 0.3


def test_a_preset_has_its_data(engine):
    """Catches data that are not orthogonally separable, a start that is not balanced, and twins that are not silent."""
    setting = {"mixture": "gaussian", "classes": 2, "kappa": 2.5, "n": 10, "d": 20, "h": 50, "separable": True}
    found = engine.evaluate(
        """setting => {
            const { X, y, unitStart } = drawCase({ ...setting, seed: 7 });
            const { W, V } = scaledStart(unitStart, { ...setting, start: "twins" }, 0.5);
            return { X: Array.from(X), y: Array.from(y), W: Array.from(W), V: Array.from(V) };
        }""",
        setting,
    )
    X, y, W, v = (np.array(found[key]) for key in "XyWV")
    X, W = X.reshape(10, 20), W.reshape(50, 20)
    assert separability(X, y) > 0 and y.sum() == 0
    assert np.allclose(np.abs(v), np.linalg.norm(W, axis=1), rtol=1e-12)
    assert np.abs(forward(X, W, v)).max() < 1e-12
