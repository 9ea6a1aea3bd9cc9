"""fls grade --against: whose mark changes, why, and no word about the others."""

import json

import pytest

from fls_teach.autograder.record import check_record, read_record
from fls_teach.autograder.reports import gradebook
from fls_teach.autograder.reports.against import compare
from fls_teach.course.registry import CourseError

from .records import HOSTILE, VERSIONS, every_verdict, exercise, hostile, item, record

NOTHING = "No mark changes."
SETTINGS = "The settings differ: "


def save(out, *records):
    """An OUT with these records; the folder is the record's."""
    for each in records:
        (out / each["folder"]).mkdir(parents=True, exist_ok=True)
        (out / each["folder"] / "record.json").write_text(json.dumps(each))
    return out


def compared(old, new, **more):
    """`compare` with settings beside the old records, and these beside the new ones."""
    usual = {"fls_grade": 1, "exercises": ["08"], "isolation": "bwrap", "time limit": "5 s", "seed": "from the key"}
    for folder, saved in ((old, usual), (old / "new", usual | more)):
        folder.mkdir(exist_ok=True)
        (folder / "settings.json").write_text(json.dumps(saved))
    return compare(old, new, old / "new")


def wrong(**more):
    """A record whose one property fails."""
    return record(exercises=[exercise(items=[item("08.1", "wrong", **more)])])


def test_the_same_again_is_no_change(tmp_path):
    old = save(tmp_path, record(), every_verdict("bob"))
    assert compare(old, iter([record(), every_verdict("bob")])) == [NOTHING]
    *settings, last = compare(old, [record(seed=5, versions={**VERSIONS, "numpy": "3"}), every_verdict("bob")])
    assert last == NOTHING and all(line.startswith(SETTINGS) for line in settings)


def test_what_the_old_run_did_not_list_has_not_vanished_now(tmp_path):
    """Catches people whose work was removed before that run, and attempts that did not count in it."""
    old = save(tmp_path, record(), record("bob"), record("eve"))
    gradebook.write_gradebook(old / "gradebook.csv", [], [record(), record("bob")])
    assert compare(old, [record()]) == ["bob: vanished, 2 of 2", "1 submission differs: 1 vanished."]
    (old / "gradebook.csv").write_text("edited by hand: it says nothing")
    assert compare(old, [record()])[-1] == "2 submissions differ: 2 vanished."


def test_a_property_that_turned_is_named_with_its_summary(tmp_path):
    assert compare(save(tmp_path, record()), [wrong() | {"digest": "sha256:new"}]) == [
        "alice: 2 of 2 -> 0 of 2",
        "  the files differ",
        "  08.1 passed -> wrong, 2/2 -> 0/2: got 0.31, expected 0",
        "1 submission differs: 1 changed.",
    ]


@pytest.mark.parametrize(
    "more, reason",
    [
        ({"versions": VERSIONS | {"course": "sha256:" + "d" * 64}}, "course: sha256:ccc"),
        ({"versions": VERSIONS | {"numpy": "2.2.0"}}, "numpy: 2.1.0 -> 2.2.0"),
        ({"versions": VERSIONS | {"torch": "2.13.0"}}, "torch: none -> 2.13.0"),
        ({"seed": 7}, "the seed differs: 1234567890123 -> 7"),
        ({"digest": "sha256:new", "seed": 7, "keyed": False}, "the seed differs"),
        ({}, "nothing else differs"),
    ],
)
def test_the_cause_is_named(tmp_path, more, reason):
    """Once: what the two runs differ in is not said again for each of 200 submissions."""
    names = {"submission": "bob", "folder": "bob"}
    old, new = save(tmp_path, record(), record("bob")), [wrong() | more, wrong() | more | names]
    told = "\n".join(compare(old, new))
    per_person = not more or more.keys() & {"seed", "digest"}
    assert told.count(f"  {reason}" if per_person else SETTINGS + reason) == (2 if per_person else 1)
    assert ("nothing else differs" in told) == (not more)


def test_a_seed_that_follows_from_other_files_is_not_a_cause(tmp_path):
    _, cause, *more = compare(save(tmp_path, record()), [wrong() | {"digest": "sha256:new", "seed": 7}])
    assert cause == "  the files differ" and "seed" not in str(more)


def test_settings_that_differ_are_said_first_also_where_no_mark_changes(tmp_path):
    old = save(tmp_path, record(), record("bob"))
    new = [each | {"versions": VERSIONS | {"numpy": "3"}} for each in (record(), record("bob"))]
    said = [f"{SETTINGS}time limit: 5 s -> 1 s", f"{SETTINGS}isolation: bwrap -> uid", f"{SETTINGS}numpy: 2.1.0 -> 3"]
    assert sorted(compared(old, iter(new), **{"time limit": "1 s", "isolation": "uid"})) == sorted([*said, NOTHING])
    assert compared(old, [record(), record("bob")]) == [NOTHING]
    head, first, *_ = compared(old, [wrong(), record("bob")], isolation="uid")
    assert (head, first) == (f"{SETTINGS}isolation: bwrap -> uid", "alice: 2 of 2 -> 0 of 2")
    assert "nothing else differs" not in str(_)


def test_points_that_move_within_the_same_total_are_a_change(tmp_path):
    def one_of_two(first, second):
        return record(exercises=[exercise(items=[item("08.1", first), item("08.2", second)])])

    head, *reasons, _ = compare(save(tmp_path, one_of_two("passed", "wrong")), [one_of_two("wrong", "passed")])
    assert head == "alice: 2 of 4 -> 2 of 4" and len(reasons) == 3


def test_a_property_that_costs_nothing_either_way_is_none(tmp_path):
    timeout = record(exercises=[exercise(items=[item("08.1", "timeout")])])
    assert compare(save(tmp_path, wrong()), [timeout]) == [NOTHING]


def test_new_vanished_and_renamed(tmp_path):
    old = save(tmp_path, record("ann", digest="sha256:ann"), record("bob", digest="sha256:bob"))
    new = [record("cid", digest="sha256:cid"), wrong() | {"submission": "Ann", "folder": "x", "digest": "sha256:ann"}]
    lines = compare(old, iter(new))
    assert [line for line in lines if not line.startswith("  ")] == [
        "cid: new, 2 of 2",
        "Ann: 2 of 2 -> 0 of 2",
        "bob: vanished, 2 of 2",
        "3 submissions differ: 1 changed, 1 new, 1 vanished.",
    ]
    assert "  it was called ann" in lines


def test_other_exercises_are_not_other_files(tmp_path):
    """The digest of the files, and that of the course, are those of the exercises that were graded."""
    more = {"digest": "sha256:new", "versions": VERSIONS | {"course": "sha256:" + "d" * 64, "torch": "2.13.0"}}
    old, new = save(tmp_path, record()), [record(exercises=[exercise(), exercise("09_decomposition")]) | more]
    said = f"{SETTINGS}exercises: 08 -> 08 09"
    assert compared(old, new, exercises=["08", "09"]) == [said, NOTHING]
    wrong_now = [record(exercises=[exercise(items=[item("08.1", "wrong")]), exercise("09_decomposition")]) | more]
    assert compared(old, wrong_now, exercises=["08", "09"]) == [
        said,
        "alice: 2 of 2 -> 0 of 2",
        "  08.1 passed -> wrong, 2/2 -> 0/2: got 0.31, expected 0",
        "1 submission differs: 1 changed.",
    ]


def test_properties_that_come_and_go(tmp_path):
    two = record(exercises=[exercise(items=[item("08.1"), item("08.2")])])
    assert "  08.2 is new: 2 of 2, passed" in compare(save(tmp_path, record()), [two])
    assert "  08.2 is gone: 2 of 2, passed" in compare(save(tmp_path, two), [record()])


def test_a_fault_is_no_zero(tmp_path):
    fault = record(exercises=[exercise(items=[item("08.1", "grader-fault")])])
    lines = compare(save(tmp_path, wrong()), [fault])
    assert lines[0] == "alice: 0 of 2 -> no score (needs manual review)"
    assert lines[-2].startswith("  08.1 wrong -> grader-fault, 0/2 -> 0/2")


@pytest.mark.parametrize("text", HOSTILE)
def test_lines_are_lines_and_hold_no_control_characters(tmp_path, text):
    old = hostile(text) | {"folder": "x"}
    fixed = [item("08.1"), item("08.2", "crashed", summary=text)]
    new = old | {"exercises": [exercise(items=fixed), *old["exercises"][1:]], "score": 2, "digest": text}
    lines = compare(save(tmp_path, old), [new])
    assert len(lines) == 4 and all(line.replace("\u200d", "").isprintable() for line in lines)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        "null",
        "[" * 100_000,
        json.dumps(record() | {"limits": {"call_seconds": float("nan")}}),
        '{"seed": 1, ' + json.dumps(record())[1:],
        json.dumps(record() | {"seed": True}),
        json.dumps(record(exercises=[exercise(items=[item(of=1)])]) | {"score": True}),
        "\ufeff{}",
        json.dumps(record() | {"score": 3}),
        json.dumps(record() | {"score": None}),
        json.dumps(record() | {"max_score": 1000}),
        json.dumps(record() | {"format": 2}),
        json.dumps(record() | {"fault": 0}),
        json.dumps(record() | {"notes": [1]}),
        json.dumps(record() | {"exercises": [exercise(points=5)]}),
        json.dumps(record(exercises=[exercise(items=[item(verdict="fine")])])),
        json.dumps(record(exercises=[exercise(items=[item("08.1", "wrong") | {"points": 2}])])),
        json.dumps(record(exercises=[exercise(items=[item(card=[["you"]])])])),
        json.dumps(record() | {"versions": {"numpy": {}}}),
        json.dumps(record() | {"limits": {"call_seconds": "5"}}),
        json.dumps(record() | {"intake": 1}),
        json.dumps(record() | {"intake": {"group": [1]}}),
        json.dumps(record() | {"intake": {"review": None}}),
        json.dumps(record() | {"late": None}),
        json.dumps(record() | {"late": {"days": 1, "rule": "10% per day"}}),
        json.dumps(record() | {"overrides": [{"item": "08.1", "reason": "", "points": True}]}),
        json.dumps({name: value for name, value in record().items() if name != "digest"}),
        json.dumps(record(exercises=[exercise(items=[item(verdict="grader-fault")])]) | {"fault": False, "score": 0}),
    ],
)
def test_a_forged_or_broken_record_is_one_sentence(tmp_path, content):
    save(tmp_path, record())
    (tmp_path / "alice" / "record.json").write_text(content, encoding="utf-8")
    with pytest.raises(CourseError) as problem:
        compare(tmp_path, [record()])
    assert str(problem.value).count("\n") == 0 and "is not a record of fls grade" in str(problem.value)


@pytest.mark.parametrize("made", [record(), every_verdict(), every_verdict(fault=False), *map(hostile, HOSTILE)])
def test_every_real_record_is_accepted(tmp_path, made):
    check_record(made)
    save(tmp_path, made | {"folder": "x"})
    assert read_record(tmp_path / "x" / "record.json")["exercises"] == made["exercises"]


def test_an_old_folder_that_is_none(tmp_path):
    with pytest.raises(CourseError, match="holds no FOLDER/record.json"):
        compare(tmp_path, [])
    with pytest.raises(CourseError, match="No such file"):
        compare(tmp_path / "absent", [])
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match="name the --out of an earlier fls grade"):
        compare(tmp_path / "file", [])
