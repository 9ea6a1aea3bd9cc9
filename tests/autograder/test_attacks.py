"""Every attack of the zoo, graded in one batch between honest neighbours: what `fls doctor --attack` does."""

import json
import os
import shutil

import pytest

from fls_teach.autograder.doctor.checks import attack
from fls_teach.autograder.doctor.zoo import attacks
from fls_teach.course.registry import course_root

from .shared import made_once

ZOO = course_root() / "tests" / "attacks"
pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None and "CI" not in os.environ, reason="the attacks need bubblewrap to be locked in"
)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What is wrong with each attack's outcome, by name; None for what concerns them all."""

    def grade(folder):
        outcomes = [(each and each.name, problems) for each, problems in attack("bwrap", jobs=2)]
        (folder / "outcomes.json").write_text(json.dumps(outcomes), encoding="utf-8")

    return dict(json.loads((made_once(tmp_path_factory, "attacks", grade) / "outcomes.json").read_text("utf-8")))


@pytest.mark.parametrize("name", [each.name for each in attacks(ZOO)])
def test_an_attack_gains_nothing(outcomes, name):
    """It gets its verdict, no point more than honest work earns, and its reports show no secret and run no script."""
    assert outcomes[name] == []


def test_the_zoo_leaves_nothing_and_harms_nobody(outcomes):
    """No file, no process, no change in another submission, and the neighbours' records as without the attacks."""
    assert outcomes.get(None, []) == []
