"""No property is met by less than its own work.

Each shortcut leaves out what a property is about: it never looks at one input, answers a part with what only suits the
other part, or repeats what it was given. It must fail every property listed with it.
"""

import textwrap

import pytest

from fls_teach.course.checking.check import load_specification
from fls_teach.course.checking.search import run_property
from fls_teach.course.checking.student import Student
from fls_teach.course.registry import find_exercise
from fls_teach.sandbox import InProcess

_HEAD = """
import importlib.util
import numpy as np
from scipy.special import ndtr, ndtri

_spec = importlib.util.spec_from_file_location("shortened_reference", {reference!r})
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)
"""

# Exercise 04 without a flow: weights `at` the c that gives the target risk, and a time made up so that times add up.
_BISECTED = """
def flow(X, y, W, signs, target_risk, reduction):
    n, lengths = 1 if reduction == "sum" else len(y), np.linalg.norm(W, axis=1)[:, None]

    def layers(c):
        end = {at}
        return end, signs * np.linalg.norm(end, axis=1)

    def risk(W, v):
        return np.logaddexp(0.0, -y * (np.maximum(X @ W.T, 0.0) @ v)).sum() / n

    start = W, signs * lengths[:, 0]
    if risk(*start) <= target_risk:
        return *start, 0.0
    low, high = 0.0, 1e6
    for _ in range(100):
        c = (low + high) / 2
        low, high = (c, high) if risk(*layers(c)) > target_risk else (low, c)
    return *layers(high), n * np.log(risk(*start) / target_risk)
"""
SHORTCUTS = [
    (
        "01.1",
        "every number is the seed",
        """
        def sample_mixture(n_samples, signal, kappa, sigma, seed):
            return np.full((n_samples, len(signal)), float(seed)), np.where(np.arange(n_samples) % 2 == 0, 1.0, -1.0)
        """,
    ),
    (
        "01.1",
        "one noise vector, drawn once, and moved by the seed",
        """
        def sample_mixture(n_samples, signal, kappa, sigma, seed):
            y = np.where(np.arange(n_samples) % 2 == 0, 1.0, -1.0)
            z = np.random.default_rng(0).standard_normal((n_samples, len(signal)))
            return kappa * np.outer(y, signal) + sigma * z + seed, y
        """,
    ),
    (
        "04.2 04.3 04.4 04.5 04.6",
        "every neuron is its class sum, scaled until the risk is met",
        _BISECTED.format(at="c * np.where(signs[:, None] > 0, X[y > 0].sum(axis=0), X[y < 0].sum(axis=0))"),
    ),
    (
        "04.2 04.3 04.5 04.6",
        "one step along the first velocity, as long as the risk wants it",
        _BISECTED.format(at="W + c * (signs[:, None] * lengths) * (((X @ W.T > 0) * y[:, None]).T @ X)"),
    ),
    (
        "05.3 05.4",
        "no alignment of the whole",
        """
        def alignment(X, y, W, v):
            return *reference.alignment(X, y, W, v)[:2], 0.0
        """,
    ),
    (
        "05.1 05.3 05.4",
        "the effective predictor alone",
        """
        def alignment(X, y, W, v):
            return np.zeros(len(W)), np.maximum(v, 0) @ W, 0.0
        """,
    ),
    (
        "06.4",
        "a bound that says nothing but at the exit",
        """
        def bound(times, alpha, X, y, W):
            return 0.0, np.append(np.full(len(times) - 1, -1.0), 0.91)

        exit_time = reference.exit_time
        """,
    ),
    (
        "06.4",
        "a bound that is right at its first and last time alone",
        """
        def bound(times, alpha, X, y, W):
            zeta, lower = reference.bound(times, alpha, X, y, W)
            lower[1:-1] = -1.0
            return zeta, lower

        exit_time = reference.exit_time
        """,
    ),
    (
        "08.2 08.4",
        "the Bayes error, whatever w is",
        """
        def linear_error(w, signal, kappa, sigma):
            return float(ndtr(-kappa / sigma))
        """,
    ),
    (
        "08.2 08.4",
        "the Bayes error along the signal, and one half beside it",
        """
        def linear_error(w, signal, kappa, sigma):
            return float(ndtr(-kappa / sigma)) if abs(w @ signal) > 0.999 * np.linalg.norm(w) else 0.5
        """,
    ),
    (
        "09.1 09.2 09.3 09.5 09.6",
        "OA is the negative angle, and OF the rest",
        """
        def decompose(predictor, class_sum, signal, kappa, sigma):
            theta = reference.angle(predictor, class_sum)
            over_alignment, over_fitting, reached = reference.decompose(predictor, class_sum, signal, kappa, sigma)
            return float(-theta), float(over_alignment + over_fitting + theta), reached
        """,
    ),
    (
        "09.2 09.3 09.5 09.6",
        "all the excess is over-fitting",
        """
        def decompose(predictor, class_sum, signal, kappa, sigma):
            over_alignment, over_fitting, reached = reference.decompose(predictor, class_sum, signal, kappa, sigma)
            return 0.0, over_alignment + over_fitting, reached
        """,
    ),
    (
        "09.2 09.3 09.5 09.6",
        "all the excess is over-alignment",
        """
        def decompose(predictor, class_sum, signal, kappa, sigma):
            over_alignment, over_fitting, reached = reference.decompose(predictor, class_sum, signal, kappa, sigma)
            return over_alignment + over_fitting, 0.0, reached
        """,
    ),
    (
        "09.1 09.2 09.3 09.4 09.5 09.6 09.7",
        "OA is the negative angle, and OF the angle",
        """
        def decompose(predictor, class_sum, signal, kappa, sigma):
            theta = reference.angle(predictor, class_sum)
            return float(-theta), float(theta), True
        """,
    ),
    (
        "11.1 11.2 11.4",
        "no tangent kernel but the one inside movement",
        """
        def tangent_kernel(X, W, v):
            return np.zeros((len(X), len(X)))

        movement = reference.movement
        """,
    ),
    (
        "12.1 12.3 12.4",
        "a fine sweep along the signal, without a kink or a root",
        """
        def network_error(W, v, signal, kappa, sigma, noise):
            z = ndtri((np.arange(8001) + 0.5) / 8001)
            wrong = []
            for q in noise:
                for y in (1, -1):
                    x = np.outer(kappa * y + sigma * z, signal) + sigma * q
                    wrong.append(np.mean(1 - y * np.sign(np.maximum(x @ W.T, 0) @ v)) / 2)
            return float(np.mean(wrong))
        """,
    ),
    (
        "15.1 15.2 15.3 15.4 15.6",
        "repeats the claim",
        """
        def optimum_transfer(n, h, optimum, resamples, claimed):
            return {"exponents": claimed, "low": claimed, "high": claimed, "agrees": np.ones(2)}
        """,
    ),
    (
        "15.6",
        "an interval around the claim, sometimes beside it",
        """
        def optimum_transfer(n, h, optimum, resamples, claimed):
            low = claimed + (resamples.sum() % 10 == 0)
            return {"exponents": claimed, "low": low, "high": low + 1, "agrees": np.ones(2)}
        """,
    ),
    (
        "15.4 15.6",
        "no exponents, give or take 1",
        """
        def optimum_transfer(n, h, optimum, resamples, claimed):
            return {"exponents": np.zeros(2), "low": -np.ones(2), "high": np.ones(2), "agrees": np.ones(2)}
        """,
    ),
    (
        "15.3 15.4 15.6",
        "the exponents, give or take what suits one noise level",
        """
        def optimum_transfer(n, h, optimum, resamples, claimed):
            right = reference.optimum_transfer(n, h, optimum, resamples, claimed)
            return right | {"low": right["exponents"] - 0.1, "high": right["exponents"] + 0.1}
        """,
    ),
    (
        "16.1",
        "one question for every seed",
        """
        W = np.random.default_rng(0).standard_normal((6, 3)) * 10.0 ** np.arange(-4, 2)[:, None]

        def questions(seed):
            return [(W, np.array([1.0, -2.0, 30.0]))]

        verdict = reference.verdict
        """,
    ),
    (
        "16.1",
        "the same questions for every seed",
        """
        def questions(seed):
            return reference.questions(0)

        verdict = reference.verdict
        """,
    ),
    (
        "16.1",
        "fresh questions that the verdict never reads",
        """
        def questions(seed):
            return reference.questions(0) + reference.questions(seed)[:5]

        def verdict(asked, answers):
            return reference.verdict(asked[:-5], answers[:-5])
        """,
    ),
    (
        "16.1",
        "one shape only",
        """
        def questions(seed):
            rng = np.random.default_rng(seed)
            return [(10.0**k * rng.standard_normal((4, 3)), rng.standard_normal(3)) for k in range(-4, 4)]

        verdict = reference.verdict
        """,
    ),
    (
        "16.1 16.2 16.3 16.4 16.5",
        "the first verdict on some questions is True, and all others are False",
        """
        told = set()
        questions = reference.questions

        def verdict(asked, answers):
            told_before = asked[0][0].tobytes() in told
            told.add(asked[0][0].tobytes())
            return not told_before
        """,
    ),
]


@pytest.mark.parametrize(
    "identity, source",
    [
        pytest.param(identity, source, id=f"{identity} {what}")
        for identities, what, source in SHORTCUTS
        for identity in identities.split()
    ],
)
def test_no_property_is_met_by_a_shortcut(identity, source, tmp_path):
    exercise = find_exercise(identity[:2])
    for module in exercise.needs:
        pytest.importorskip(module)
    path = tmp_path / "shortcut.py"
    path.write_text(_HEAD.format(reference=str(exercise.solution)) + textwrap.dedent(source), encoding="utf-8")
    (item,) = (item for item in exercise.properties if item.id == identity)
    test = getattr(load_specification(exercise), item.function)
    with InProcess(path, support=exercise.support) as session:
        for seed in range(3):
            session.restart()
            assert run_property(test, Student(session), seed, shrink=False), f"seed {seed}: it is met"
