"""RunSettings: what reaches a grader process, and what is saved beside the marks."""

import json
from dataclasses import replace
from pathlib import Path

from fls_teach.autograder import results_folder
from fls_teach.autograder.settings import RunSettings

GIVEN = RunSettings(
    paths=("in", Path("other")),
    out=Path("marks"),
    isolation="bwrap",
    exercises=("08_bayes_error", "01_signs"),
    time_limit=2.5,
    total_limit=300.0,
    extra_spec="withheld",
    key="6b6579",
    hidden=("/a", "/b\udcff"),
)


def test_a_grader_process_gets_the_same_settings_with_absolute_paths(monkeypatch, tmp_path):
    """Catches a field that does not survive JSON, and a relative path, which a grader in "/" would look for there."""
    monkeypatch.chdir(tmp_path)
    text = GIVEN.as_json()
    monkeypatch.chdir("/")
    found = RunSettings.from_json(text.encode())
    assert (found.out, found.extra_spec) == (tmp_path / "marks", str(tmp_path / "withheld"))
    same = "isolation", "time_limit", "total_limit", "memory_mib", "seed", "key", "twice", "time_limits"
    assert all(getattr(found, name) == getattr(GIVEN, name) for name in same)
    assert [*found.hidden] == [*GIVEN.hidden] and [*found.exercises] == [*GIVEN.exercises]


def test_what_is_saved_is_what_it_was_before_there_was_one_class(tmp_path):
    """Catches a renamed or reordered entry of settings.json: a results folder of yesterday could not be resumed."""
    digest = "59421da0e9625292c8b1abbd3327d88c7447b59101681383c7cb95df91ac0903"
    before = {
        "fls_grade": 1,
        "exercises": ["01_signs", "08_bayes_error"],
        "course key": f"digest {digest}",
        "seed": "from the course key",
        "isolation": "bwrap",
        "time limit": "2.5 s",
        "memory": "2048 MiB",
        "total limit": "300 s",
        "withheld properties": "sha256:abc",
    }
    assert list(GIVEN.saved("sha256:abc").items()) == list(before.items())
    (tmp_path / results_folder.NAME).write_text(json.dumps(before))
    assert results_folder.differing(results_folder.saved_settings(tmp_path), GIVEN.saved("sha256:abc")) == []
    by_seed = replace(GIVEN, key="", seed=7, total_limit=None).saved()
    assert (by_seed["course key"], by_seed["seed"]) == ("none", "7") and "total limit" not in by_seed


def test_to_mark_twice_is_no_other_setting():
    """Catches a results folder that cannot be resumed with --twice: marks do not depend on it, nor on --jobs."""
    assert replace(GIVEN, twice=True, jobs=9).saved() == GIVEN.saved()
