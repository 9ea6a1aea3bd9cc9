"""What the page of `fls explore` says and costs in use: words on the phases of a run, and the longest task."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from browser_tasks import longest_task  # noqa: E402


@pytest.mark.parametrize(
    ("hash_", "words", "caption"),
    [
        (
            "a.alpha=3&a.start=twins",
            "No Phase 1 at this α: the largest norm is {start} times that of the start",
            "No tα",
        ),
        ("a.alpha=-8", "Phase 2: the risk falls, the largest norm is {exit} times that at tα", "tα ends Phase 1"),
        ("a.alpha=-8&time=0", "Phase 1: neurons turn, the risk is 100% of that of f = 0", "tα ends Phase 1"),
        ("a.alpha=-16&a.targetRisk=0.5&a.n=4&a.h=2&a.seed=3&time=0.5", "Phase 1: neurons turn", "tα ends Phase 1"),
    ],
)
def test_the_words_on_phases_are_those_of_the_run(visit, hash_, words, caption):
    """Catches a Phase 2 in which "norms grow" where alpha is so large that they do not, and a label that says NaN."""
    page = visit(f"#a.preset=separable&a.seed=3&{hash_}")
    largest, alpha, h = page.evaluate(
        "() => { const { recorded, shownSetting } = pictures[0]; "
        "return [recorded.largest, 2 ** shownSetting.alpha, shownSetting.h]; }"
    )
    # max |w|^2 is 2 alpha W_max^2 / sqrt(h) at t_alpha, and alpha^2 W_max^2 at the start.
    fold = {"start": largest[-1] / largest[0], "exit": largest[-1] / largest[0] / np.sqrt(2 / (alpha * np.sqrt(h)))}
    assert fold["start"] < 1.01 if "No Phase" in words else fold["exit"] > 5
    found = page.inner_text("[data-part=phase]")
    assert found.startswith(words.format(**{name: f"{value:#.3g}" for name, value in fold.items()})), found
    assert page.inner_text("[data-part=moments]").startswith(caption)
    labels = page.eval_on_selector_all("[aria-label]", "all => all.map(e => e.getAttribute('aria-label'))")
    assert not [label for label in labels if "NaN" in label]


def test_words_of_a_run_that_ends_within_phase_one(visit):
    """Catches a run without t_alpha or t_eta that is said to be in Phase 2, and a label that says NaN."""
    said = visit().evaluate(
        """() => {
            const recorded = { exit: NaN, stop: NaN, status: "stalled", zeta: NaN, largest: [0.1] };
            const frame = { risk: Math.LN2 / 2, neurons: new Float64Array([1, 0, 0.1, 1]) };
            const phase = describePhase({ alpha: -4, h: 2, mixture: "gaussian" }, recorded, frame, 3);
            const others = [describeRun, describeMoments, momentsCaption].map((describe) => describe(recorded));
            return [phase.words, phase.claim, ...others];
        }"""
    )
    assert said[0] == "Phase 1: neurons turn, the risk is 50% of that of f = 0"
    assert said[1] == "The run ends before Phase 1 does." and "did not end" in said[2]
    assert not [words for words in said if "NaN" in words or "Phase 2" in words]


def test_no_task_takes_50_ms(visit):
    """Catches a chart or a message whose work a reader sees as a jerk: the longest task of the page's own thread while
    it trains, plays, sweeps and changes presets, in that thread's processor time, which no other program lengthens.

    benchmarks/explorer.py does more of each, and compares with the clock.
    """
    page = visit("#a.preset=separable&b.preset=xor&b.alpha=-12&time=0.5", curves=True)
    page.wait_for_function("performance.getEntriesByName('picture-b').length")

    def use():
        page.click("[data-part=play]")
        page.wait_for_timeout(1000)
        for preset in ("hard", "three_classes"):
            page.select_option("#a-preset", preset)
            page.wait_for_timeout(300)

    milliseconds, tasks = longest_task(page, use)
    assert tasks > 100 and 1 < milliseconds < 50, (milliseconds, tasks)
