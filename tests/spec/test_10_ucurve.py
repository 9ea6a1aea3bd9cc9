"""Specification of exercise 10: the U-curve, from finished runs to evidence."""

import hypothesis
import numpy as np
from hypothesis import strategies as st
from scipy.stats import sem

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import GaussianMixture, balanced_init, effective_predictor, gradient_flow, linear_error

PARTS = ("best_alpha", "difference", "standard_error")
EXACT = 1e-8  # a difference of two means loses a few of 16 digits
N_TABLES = 300
SPLIT = "rows 0, 2, 4, … choose the best; the differences of rows 1, 3, 5, … to it have this mean and error"


@st.composite
def recorded_runs(draw):
    """Training risks that go down, up again and down to 0, and test errors: arguments of `errors_at_target`."""
    rng = np.random.default_rng(draw(strategies.seeds))
    shape = draw(st.integers(1, 3)), draw(st.integers(2, 5)), draw(st.integers(4, 9))
    risks = rng.integers(0, 9, shape) / 8  # eighths: some risks equal the target exactly
    risks[..., 0], risks[..., -2:] = 1.0, (0.0, 0.5)
    target = draw(st.sampled_from([0.125, 0.25, 0.5]))
    return {"risks": risks, "errors": rng.integers(0, 100, shape) / 100, "target_risk": target}


@st.composite
def tables(draw, max_seeds=12):
    """Test errors (seeds, alphas) that follow a U and share the luck of their seed: arguments of `evidence`."""
    rng = np.random.default_rng(draw(strategies.seeds))
    s, m = draw(st.integers(4, max_seeds)), draw(st.integers(4, 8))
    curve = (np.linspace(-1, 1, m) - draw(st.integers(-4, 4)) / 8) ** 2 / 4
    errors = curve + 0.1 * rng.random((s, 1)) + draw(st.sampled_from([0.01, 0.1])) * rng.random((s, m))
    return {"errors": errors.round(3) + 1e-6 * rng.random((s, m)), "alphas": 2.0 ** np.arange(-m, m, 2)}


@st.composite
def swept_flows(draw, n_seeds=8):
    """Gradient flow from 2^-8 to 2^3 on separable mixtures, recorded: the arguments of both functions.

    The error recorded is that of the effective predictor w^+; a run that has ended stands still.
    """
    rng, alphas = np.random.default_rng(draw(strategies.seeds)), 2.0 ** np.array([-8, -4, -3, 0, 3])
    mixture, risks, errors = GaussianMixture(2.5, n_features=10), [], []
    for _ in range(n_seeds):
        X, y = mixture.sample(6, rng, separable=True)
        flow = gradient_flow(X, y, *balanced_init(20, 10, alphas, rng), target_risk=0.04, record=True)
        hypothesis.assume((flow.status == "reached").all())
        for path in flow.trajectory:
            v = np.where(np.arange(20) < 10, 1.0, -1.0) * path.norms
            risks.append(path.risk)
            errors.append(linear_error(effective_predictor(path.W, v), mixture.signal, 2.5))
    longest = max(map(len, risks))
    risks, errors = (
        np.array([np.pad(run, (0, longest - len(run)), mode="edge") for run in runs]).reshape(n_seeds, len(alphas), -1)
        for runs in (risks, errors)
    )
    # Four seeds judge: a sweep on which luck has the last word says nothing about who reads it.
    best, difference, _ = paired(read_off(risks, errors, 0.05), alphas)
    hypothesis.assume(best < 8 and difference[-1] > 1e-3)
    return {"risks": risks, "errors": errors, "target_risk": 0.05, "alphas": alphas}


def read_off(risks, errors, target_risk):
    """Errors at the first moment with risk <= target, run by run."""
    return np.array([
        [next(e for r, e in zip(*run, strict=True) if r <= target_risk) for run in zip(*seed, strict=True)]
        for seed in zip(risks, errors, strict=True)
    ])  # fmt: skip


def paired(errors, alphas):
    """The three answers."""
    best = int(np.argmin(sum(errors[::2]) / len(errors[::2])))
    judging = errors[1::2]
    difference = sum(judging) / len(judging) - sum(judging)[best] / len(judging)
    return float(alphas[best]), difference, sem(judging - judging[:, [best]], axis=0)


def rounding(errors):
    """How far a standard error may be off that comes from a variance as a difference of sums.

    Sums of squares are right to some 64 units in the last place of the largest square. Where two columns are alike
    hardly more is left of their difference, and the standard error is its root.
    """
    return 8 * np.sqrt(np.finfo(float).eps) * np.abs(errors).max()


def expect_evidence(student, case, expected=None, because=SPLIT, close=True):
    """Ask for `evidence`, compare all parts with the truth if they must be `close`, and return them as arrays."""
    parts = expect_parts(student.evidence(**case), PARTS, what="evidence")
    if not close:
        shapes = (), case["alphas"].shape, case["alphas"].shape
        return [expect_numbers(part, shape, what=name) for part, shape, name in zip(parts, shapes, PARTS, strict=True)]
    allowed = EXACT, EXACT, rounding(case["errors"])
    return [
        expect_close(part, wanted, atol=atol, because=because, what=name)
        for part, wanted, atol, name in zip(parts, expected or paired(**case), allowed, PARTS, strict=True)
    ]


@graded(1, "error at t_eta = min{t : risk(t) <= eta}", case=recorded_runs())
def test_reads_at_target(student, case):
    """Each run is read when its risk is first at most the target"""
    because = "runs are compared at equal risk, and a risk equal to the target has reached it"
    expect_close(student.errors_at_target(**case), read_off(**case), atol=1e-12, because=because)


@graded(1, "t -> g(t), g increasing: the same table", case=recorded_runs(), seed=strategies.seeds)
def test_clock_does_not_matter(student, case, seed):
    """How long a run takes does not matter"""
    rng = np.random.default_rng(seed)
    shape = case["risks"].shape
    length = 3 * shape[2]
    # Every run dwells on each of its moments for 1 to 3 ticks, a number of its own, and stands still at its end.
    moments = [np.repeat(np.arange(shape[2]), rng.integers(1, 4, shape[2])) for _ in range(shape[0] * shape[1])]
    when = np.array([np.pad(m, (0, length - len(m)), mode="edge") for m in moments]).reshape(*shape[:2], length)
    slow = {name: np.take_along_axis(case[name], when, axis=2) for name in ("risks", "errors")}
    expected = read_off(**case)
    for runs, which in ((case, "table"), (case | slow, "table of slowed runs")):
        because = "a slower run visits the same risks and errors, only later"
        expect_close(student.errors_at_target(**runs), expected, atol=1e-12, because=because, what=which)


@graded(1, "mean and standard error of e_k(alpha) - e_k(best), k = 1 … K", case=tables(), seed=strategies.seeds)
def test_paired_differences(student, case, seed):
    """Differences are taken seed by seed: a seed's own luck cancels"""
    expect_evidence(student, case)
    luck = np.random.default_rng(seed).integers(-8, 9, (len(case["errors"]), 1)) / 4
    lucky = case | {"errors": case["errors"] + luck}
    because = "each seed's errors were shifted together, and every difference within a seed is what it was"
    expect_evidence(student, lucky, paired(**case), because)


@graded(1, "best = argmin over alpha of the mean of e_k(alpha), k choosing", case=tables(), seed=strategies.seeds)
def test_choosers_do_not_judge(student, case, seed):
    """The best alpha depends on the choosing seeds alone"""
    rng, shape = np.random.default_rng(seed), case["errors"].shape
    expect_evidence(student, case)
    other = case["errors"].copy()
    other[1::2] = rng.random(other[1::2].shape).round(3) + 1e-6 * rng.random(other[1::2].shape)
    because = "only rows 1, 3, 5, … changed: they judge, they do not choose"
    expect_evidence(student, case | {"errors": other}, because=because)
    raised = case["errors"].copy()
    raised[::2] += rng.random((len(raised[::2]), 1)) + np.roll(np.eye(shape[1])[0], rng.integers(shape[1]))
    because = "only rows 0, 2, 4, … changed: they choose, they do not judge"
    expect_evidence(student, case | {"errors": raised}, because=because)


spreads, bottoms = st.sampled_from([0.25, 0.5, 1.0, 2.0]), st.integers(5, 9)


@graded(1, "E[difference] = true difference", examples=3, seed=strategies.seeds, spread=spreads, bottom=bottoms)
def test_no_selection_bias(student, seed, spread, bottom):
    """On average the difference is the true one: luck is not merit"""
    rng, n_seeds = np.random.default_rng(seed), 16
    # A curve that is flat between its raised ends: which alpha looks best inside is luck.
    truth = np.pad(np.zeros(bottom), 1, constant_values=spread * rng.integers(2, 5) / 4)
    alphas = 2.0 ** np.arange(len(truth))
    gaps = []
    for _ in range(N_TABLES):
        case = {"errors": truth + spread * rng.standard_normal((n_seeds, len(truth))), "alphas": alphas}
        best, difference, _ = expect_evidence(student, case, close=not gaps)  # one table number by number will do
        true = truth - truth[int(np.argmin(np.abs(alphas - best)))]
        gaps.append((difference - true)[[0, -1]])
    # Judges that did not choose err by spread sqrt(2/8) a table: six standard errors of the mean of 300. Choosing and
    # judging on the same seeds is off by more than twice that: the lowest of five means of 16 is 0.29 spread too low.
    atol = 6 * spread * np.sqrt(2 / (n_seeds // 2) / N_TABLES)
    because = f"over {N_TABLES} tables nothing may be left on average; seeds that choose and judge flatter the best"
    what = "mean of difference - truth at both ends"
    expect_close(np.mean(gaps, axis=0), np.zeros(2), atol=atol, because=because, what=what)


@graded(1, "E(w^+; t_eta): optimum inside, and a lazy end that is worse", examples=2, case=swept_flows())
def test_on_gradient_flow(student, case):
    """On gradient flows the largest alpha is worse than the best"""
    runs = {name: case[name] for name in ("risks", "errors", "target_risk")}
    expected = read_off(**runs)
    table = expect_close(
        student.errors_at_target(**runs), expected, atol=1e-12, because="these flows first reached the target there"
    )
    best, difference, _ = expect_evidence(student, {"errors": table, "alphas": case["alphas"]})
    because = "a lazy network keeps its random features"
    worse = best < 8 and difference[-1] > 0
    expect(worse, you=difference, expected="> 0 at alpha = 8", because=because, what="difference")


@graded(1, "errors_at_target(…), evidence(…), twice", examples=10, runs=recorded_runs(), case=tables())
def test_leaves_its_arguments(student, runs, case):
    """Looking changes nothing: the tables stay as they were"""
    for _ in range(2):
        because = "this is where each run reached the target"
        expect_close(student.errors_at_target(**runs), read_off(**runs), atol=1e-12, because=because)
        expect_evidence(student, case)
    changed = {call.function for call in student.calls if call.outcome.mutated}
    you, because = f"{' and '.join(sorted(changed))} changed an argument", "the table is still needed for the figure"
    expect(not changed, you=you, expected="arguments as they were", because=because)
