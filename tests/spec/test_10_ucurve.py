"""Specification of exercise 10: the U-curve, from finished runs to evidence.

What is expected is known before the tables are made: they are built around it.
"""

import hypothesis
import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import GaussianMixture, balanced_init, effective_predictor, gradient_flow, linear_error

PARTS = ("best_alpha", "difference", "standard_error")
EXACT = 1e-9  # of the largest error: a difference of two means loses a few of 16 digits
# A standard error may come from a variance as a difference of sums of squares, which are right to some 64 units in the
# last place of the largest square. Where little is left of their difference, the standard error is its root.
ROOT_OF_ROUNDING = 8 * np.sqrt(np.finfo(float).eps)
N_TABLES = 300


def runs(seed, shape, target):
    """Runs that reach the target at a moment drawn before their risks: inputs, and the table of the errors there.

    Before that moment a risk is above the target, often by a millionth of it only; at it, equal to the target or
    below; after it, anything.
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(0, shape[2], shape[:2])[:, :, None]
    moments = np.broadcast_to(np.arange(shape[2]), shape)
    above = 1 + rng.choice([2.0**-20, 0.01, 0.5, 8.0], shape)
    below = rng.choice([1.0, 1 - 2.0**-20, 0.9, 0.0], shape)
    risks = target * np.where(moments < first, above, np.where(moments == first, below, rng.choice([above, below])))
    errors = rng.integers(0, 1000, shape) / 1000
    table = rng.integers(0, 1000, shape[:2]) / 1000
    np.put_along_axis(errors, first, table[:, :, None], axis=2)
    return {"risks": risks, "errors": errors, "target_risk": target, "table": table}


recorded_runs = st.builds(
    runs,
    strategies.seeds,
    st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(2, 9)),
    st.sampled_from([0.05, 0.5, 1.0, 2.0**-20]),
)


@st.composite
def tables(draw):
    """Test errors (seeds, alphas) made of known parts: inputs, and `truth` by the name of each part.

    The rows that choose have known means, the lowest at one alpha. Those that judge share the luck of their seed; what
    is left has mean 0 over them, and a known length for each pair of columns.
    """
    rng, unit = np.random.default_rng(draw(strategies.seeds)), draw(strategies.any_of(1.0, 100.0, 2.0**-20))
    s, m = draw(st.integers(4, 13)), draw(st.integers(2, 8))
    alphas = 2.0 ** rng.permutation(np.arange(-12, 3))[:m]
    rows, n_judging = np.arange(s), s // 2
    means = 0.3 + 0.01 * rng.permutation(m)
    curve = 0.1 * rng.random(m)
    errors = np.empty((s, m))
    errors[rows % 2 == 0] = means + draw(strategies.any_of(0.001, 0.1)) * without_mean(rng, s - n_judging, m)
    rest = draw(strategies.any_of(0.001, 0.03)) * without_mean(rng, n_judging, m)
    errors[rows % 2 == 1] = 0.4 + curve + 0.2 * rng.random((n_judging, 1)) + rest
    best = int(np.argmin(means))
    lengths = np.linalg.norm(rest[:, :, None] - rest[:, None, :], axis=0) / np.sqrt(n_judging * (n_judging - 1))
    return {
        "errors": unit * errors,
        "alphas": alphas,
        "made_with": {"best": best, "curve": unit * curve, "standard_error": unit * lengths},
    }


def without_mean(rng, n, m):
    """Skewed noise (n, m) whose mean over the rows is 0."""
    noise = rng.standard_exponential((n, m))
    return noise - noise.mean(axis=0)


BY_HAND = {
    "errors": np.array([[0.03, 0.02, 0.06], [0.13, 0.11, 0.14], [0.05, 0.05, 0.08], [0.03, 0.02, 0.07]]),
    "alphas": np.array([1 / 16, 1 / 4, 1]),
    "made_with": {
        "best": 1,
        "curve": np.array([0.08, 0.065, 0.105]),
        "standard_error": np.array([[0.0, 0.005, 0.005], [0.005, 0.0, 0.01], [0.005, 0.01, 0.0]]),
    },
}
"""The lesson's table."""
OUTLIER = {
    "errors": np.array([[0.1, 0.2], [0.5, 0.4], [0.1, 0.2], [0.3, 0.6], [0.7, 0.2], [0.4, 0.4]]),
    "alphas": np.array([1 / 2, 4]),
    "made_with": {"best": 1},
}
"""One of the seeds that choose is an outlier: the median of the three is smallest at the other alpha."""


def ask(student, case):
    """The three parts of `evidence` as numbers of the right shapes."""
    parts = expect_parts(student.evidence(case["errors"], case["alphas"]), PARTS, what="evidence")
    shapes = (), case["alphas"].shape, case["alphas"].shape
    return [expect_numbers(part, shape, what=name) for part, shape, name in zip(parts, shapes, PARTS, strict=True)]


def place(best_alpha, case):
    """The column that the student calls the best, so that one mistake costs one property; else the right one."""
    (found,) = np.nonzero(case["alphas"] == best_alpha)
    return int(found[0]) if len(found) else case["made_with"]["best"]


reading = [{"case": runs(0, (1, 1, 5), 0.5)}, {"case": runs(1, (3, 2, 7), 0.05)}]


@graded(1, "e = error(t_eta), t_eta = min{t : risk(t) <= eta}", examples=20, first=reading, case=recorded_runs)
def test_reads_at_target(student, case):
    """Each run is read when its risk is first at most the target, be that its first or its last moment"""
    target = case["target_risk"]
    you = student.errors_at_target(case["risks"], case["errors"], target)
    numbers = expect_numbers(you, case["table"].shape)
    (wrong,) = np.nonzero(np.ravel(numbers != case["table"]))
    because = "every run was read at its right moment"
    if len(wrong):
        i, j = np.unravel_index(wrong[0], numbers.shape)
        risks = ", ".join(f"{risk / target:.7g}" for risk in case["risks"][i, j])
        because = (
            f"the risks of run [{i}, {j}], in units of the target, are {risks}: the first that is at most 1 counts"
        )
    expect_close(you, case["table"], atol=1e-12, because=because)


@graded(
    1,
    "best = argmin over alpha of the mean of e_k(alpha), k choosing",
    examples=20,
    first=[{"case": BY_HAND}, {"case": OUTLIER}],
    case=tables(),
)
def test_choosers_choose(student, case):
    """The best alpha is that with the smallest mean over rows 0, 2, 4, …"""
    best_alpha, *_ = ask(student, case)
    expected = case["alphas"][case["made_with"]["best"]]
    rows = len(case["errors"]) - len(case["errors"]) // 2
    because = f"the mean of the {rows} rows 0, 2, 4, … is smallest there; the other rows judge"
    expect_close(best_alpha, expected, rtol=EXACT, because=because, what="best_alpha")


@graded(
    1, "difference = mean of e_k(alpha) − e_k(best), k judging", examples=20, first=[{"case": BY_HAND}], case=tables()
)
def test_differences(student, case):
    """Every alpha is compared with the best one on rows 1, 3, 5, …, and a worse alpha has a positive difference"""
    best_alpha, difference, _ = ask(student, case)
    curve, best = case["made_with"]["curve"], place(best_alpha, case)
    because = f"rows 1, 3, 5, … were made with these means above that at alpha = {case['alphas'][best]:.4g}"
    atol = EXACT * np.abs(case["errors"]).max()
    expect_close(difference, curve - curve[best], atol=atol, because=because, what="difference")


@graded(
    1,
    "standard error = sd(e_k(alpha) − e_k(best)) / √K, k judging",
    examples=20,
    first=[{"case": BY_HAND}],
    case=tables(),
)
def test_standard_errors(student, case):
    """The standard error is that of paired differences: a seed's own luck cancels"""
    best_alpha, _, standard_error = ask(student, case)
    best, n_judging = place(best_alpha, case), len(case["errors"]) // 2
    because = (
        f"K = {n_judging} rows judge: the squares of their differences around the mean, over K − 1 = {n_judging - 1}, "
        f"under a root, over √K; at the best alpha all differences are 0"
    )
    atol = ROOT_OF_ROUNDING * np.abs(case["errors"]).max()
    expected = case["made_with"]["standard_error"][best]
    expect_close(standard_error, expected, atol=atol, because=because, what="standard_error")


spreads, bottoms = st.sampled_from([0.25, 0.5, 1.0, 2.0]), st.integers(5, 9)


@graded(1, "E[difference] = true difference", examples=1, seed=strategies.seeds, spread=spreads, bottom=bottoms)
def test_no_selection_bias(student, seed, spread, bottom):
    """On average the difference is the true one: luck is not merit"""
    rng, n_seeds = np.random.default_rng(seed), 16
    # A curve that is flat between its raised ends: which alpha looks best inside is luck.
    truth = np.pad(np.zeros(bottom), 1, constant_values=spread * rng.integers(2, 5) / 4)
    alphas = 2.0 ** np.arange(len(truth))
    gaps = []
    for _ in range(N_TABLES):
        case = {"errors": truth + spread * rng.standard_normal((n_seeds, len(truth))), "alphas": alphas}
        best, difference, _ = ask(student, case)
        true = truth - truth[int(np.argmin(np.abs(alphas - best)))]
        gaps.append((difference - true)[[0, -1]])
    # Judges that did not choose err by spread sqrt(2/8) a table: six standard errors of the mean of 300. Choosing and
    # judging on the same seeds is off by more than twice that: the lowest of five means of 16 is 0.29 spread too low.
    atol = 6 * spread * np.sqrt(2 / (n_seeds // 2) / N_TABLES)
    because = (
        f"over {N_TABLES} tables with errors that scatter by {spread} nothing above {atol:.2g} may be left on average; "
        "seeds that choose and judge flatter the best"
    )
    what = "mean of difference - truth at both ends"
    expect_close(np.mean(gaps, axis=0), np.zeros(2), atol=atol, because=because, what=what)
    # Noise of mean 0 keeps the differences from being a constant, or what the first table gave.
    expect(np.std(gaps) > spread / 10, you=np.std(gaps), expected="> 0", because="tables differ", what="scatter")


@st.composite
def swept_flows(draw, n_seeds=5):
    """Gradient flow from 2^-8 to 2^3 on separable mixtures, recorded: the arguments of both functions.

    The error recorded is that of the effective predictor w^+; a run that has ended stands still.
    """
    rng, alphas = np.random.default_rng(draw(strategies.seeds)), 2.0 ** np.array([-8, -4, -3, 0, 3])
    mixture, risks, errors, ends = GaussianMixture(2.5, n_features=10), [], [], []
    samples, starts = zip(
        *((mixture.sample(6, rng, separable=True), balanced_init(20, 10, alphas, rng)) for _ in range(n_seeds)),
        strict=True,
    )
    X, y = (np.repeat(np.array(part), len(alphas), axis=0) for part in zip(*samples, strict=True))
    W, signs = np.concatenate([W for W, _ in starts]), starts[0][1]
    flow = gradient_flow(X, y, W, signs, target_risk=0.04, record=True)
    hypothesis.assume((flow.status == "reached").all())
    for path in flow.trajectory:
        risks.append(path.risk)
        errors.append(linear_error(effective_predictor(path.W, signs * path.norms), mixture.signal, 2.5))
        # The risk of a gradient flow falls all the time, so a search in sorted numbers finds where it passes 0.05.
        ends.append(errors[-1][np.searchsorted(-path.risk, -0.05)])
    longest = max(map(len, risks))
    risks, errors = (
        np.array([np.pad(run, (0, longest - len(run)), mode="edge") for run in runs]).reshape(n_seeds, len(alphas), -1)
        for runs in (risks, errors)
    )
    table = np.reshape(ends, (n_seeds, len(alphas)))
    # Few seeds judge: ask for a sweep in which the largest alpha is the worst for each of them.
    hypothesis.assume((table[:, -1] > table[:, :-1].max(axis=1) + 1e-3).all())
    return {"risks": risks, "errors": errors, "target_risk": 0.05, "alphas": alphas, "table": table}


@graded(1, "E(w^+; t_eta): optimum inside, and a lazy end that is worse", examples=1, case=swept_flows())
def test_on_gradient_flow(student, case):
    """On gradient flows the largest alpha is worse than the best"""
    because = "each of these flows first has a risk of at most 0.05 there"
    you = student.errors_at_target(case["risks"], case["errors"], case["target_risk"])
    table = expect_close(you, case["table"], atol=1e-12, because=because, what="errors at the target")
    best, difference, _ = ask(student, {"errors": table, "alphas": case["alphas"]})
    because = (
        "for each of these seeds the error at alpha = 8 is the largest of all: a lazy network keeps random features"
    )
    worse = best < 8 and difference[-1] > 0
    expect(worse, you=difference, expected="> 0 at alpha = 8", because=because, what="difference")
