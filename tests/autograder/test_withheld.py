"""Withheld properties are graded, and nothing of them is shown, whatever a submission does with what it is asked."""

import json
import shutil
import zipfile

import pytest
from click.testing import CliRunner

from fls_teach.cli import main
from fls_teach.course.new_exercise import new_exercise
from fls_teach.course.registry import exercises

pytestmark = pytest.mark.usefixtures("forked_graders")
WITHHELD = '''
import numpy as np
from fls_teach.course.checking.spec import expect_close, graded

@graded(4, "the formula of the secret")
def test_secret(student):
    """The sentence of the secret"""
    expect_close(student.ridge(np.array([41.5, -731.25])), 772.75, because="of the reason of the secret")

@graded(3, "another formula of the secret")
def test_easy(student):
    """Another sentence of the secret"""
    expect_close(student.ridge(np.array([2.5, 0.5])), 2, because="of the reason of the secret")
'''
RETURNED = '    expect_close(student.ridge(np.array([2.5, 0.5])), 2, because="of the reason of the secret")\n'
RIGHT = "import numpy as np\n\n\ndef ridge(x):\n    result = float(np.max(x) - np.min(x))\n    return result\n"
TELLS = {
    "wrong": "    if x[0] == 41.5:\n        return 1e9 + x[0]",
    "prints": "    if x[0] == 41.5:\n        print('printed', x)\n        return x",
    "raises": "    if x[0] == 41.5:\n        raise ValueError(f'raised {x}')",
    "undone": "    if x[0] == 41.5:\n        raise NotImplementedError(f'exercise 01: {x}')",
    "skips": "    if x[0] == 41.5:\n        class Skipped(Exception):\n            pass\n        raise Skipped(str(x))",
    "dies": "    if x[0] == 41.5:\n        import os\n        os._exit(int(x[0]))",
    "hangs": "    while x[0] == 41.5:\n        pass",
}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one exercise, a folder of withheld properties, and a place for submissions."""
    monkeypatch.delenv("FLS_COURSE", raising=False)
    monkeypatch.chdir(tmp_path)
    new_exercise("ridge", "course")
    (tmp_path / "withheld").mkdir()
    (tmp_path / "withheld" / "test_01_ridge.py").write_text(WITHHELD, encoding="utf-8")
    return tmp_path


def hand_in(folder, name, source):
    home = folder / "all" / name
    home.mkdir(parents=True)
    (home / "01_ridge.py").write_text(source, encoding="utf-8")


def grade(*more, out="marks", code=0):
    words = ["grade", "all", "--out", out, "--course", "course", "--isolation", "process", "--seed", "1", *more]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == code, done.output
    return done


def test_nothing_of_a_withheld_property_is_shown(course):
    """Catches a sentence, an input, an expected value, an exception or a verdict that reaches a report."""
    hand_in(course, "right", RIGHT)
    for name, line in TELLS.items():
        hand_in(course, name, RIGHT.replace("    result", f"{line}\n    result"))
    grade("--extra-spec", "withheld", "--time-limit", "0.5")
    for name in ("right", *TELLS):
        record = json.loads((course / "marks" / name / "record.json").read_text(encoding="utf-8"))
        (exercise,) = record["exercises"]
        items = exercise["properties"]
        assert [item["of"] for item in items] == [1, 2, 2, 4, 3] and record["max_score"] == 12
        assert [item["points"] for item in items] == [1, 2, 2, 4 if name == "right" else 0, 3], name
        assert {item["sentence"] for item in items[3:]} == {"Withheld property"}
        if name != "right":
            assert items[3]["verdict"] == "wrong" and items[3]["summary"] == "withheld property: not passed"
        shown = {path.name: path.read_text(encoding="utf-8") for path in (course / "marks" / name).iterdir()}
        for file, text in shown.items():
            assert not [word for word in ("secret", "41.5", "raised [", "printed [", "772.75") if word in text], (
                name,
                file,
            )
            assert name == "right" or file == "results.json" or "withheld property: not passed" in text
        assert "sha256" in record["versions"]["withheld properties"]


def test_a_failure_of_ours_is_no_zero_and_shows_nothing(course):
    """Catches a withheld specification that stumbles, and is quoted in the report."""
    broken = WITHHELD.replace(
        "expect_close(student.ridge(np.array([41.5, -731.25])), 772.75", "raise KeyError('41.5 secret'); ("
    )
    (course / "withheld" / "test_01_ridge.py").write_text(broken.replace('(, because="of', '("of', 1), encoding="utf-8")
    hand_in(course, "ada", RIGHT)
    grade("--extra-spec", "withheld", code=1)
    text = (course / "marks/ada/record.json").read_text(encoding="utf-8")
    record = json.loads(text)
    assert record["score"] is None and "secret" not in text
    assert record["exercises"][0]["properties"][3]["summary"] == "withheld property: the grader failed on it"


def test_marks_with_and_without_do_not_mix(course):
    """Catches a run that is resumed without the option, and silently loses the points."""
    hand_in(course, "ada", RIGHT)
    grade("--extra-spec", "withheld")
    said = grade(code=2).stderr
    assert "withheld properties: sha256" in said and said.count("\n") == 1
    grade("--extra-spec", "withheld")
    with open(course / "withheld" / "test_01_ridge.py", "a") as file:
        file.write("\n")
    assert "other settings" in grade("--extra-spec", "withheld", code=2).stderr


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("absent", "cannot read the folder"),
        ("empty", "contains no test_NN_slug.py"),
        ("stranger", "belongs to no exercise"),
        ("ungraded", "no function that is marked @graded"),
        ("broken", "is not valid Python: line "),
        ("handed in", "lies in"),
    ],
)
def test_what_is_no_folder_of_properties_is_one_sentence(course, kind, words):
    """Catches a typing error that leaves the properties out, and properties that a submission brought."""
    hand_in(course, "ada", RIGHT)
    folder = course / "withheld"
    file = folder / "test_01_ridge.py"
    if kind == "absent":
        shutil.rmtree(folder)
    elif kind == "empty":
        file.unlink()
    elif kind == "stranger":
        file.rename(folder / "test_01_bridge.py")
    elif kind == "handed in":
        folder = shutil.copytree(folder, course / "all" / "ada" / "withheld")
    else:
        file.write_text("x = 1\n" if kind == "ungraded" else "def (", encoding="utf-8")
    said = grade("--extra-spec", str(folder), code=2).stderr
    assert words in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("import numpy", "import no_such_numpy", ", line 2 does not load: ModuleNotFoundError: No module named"),
        ("\n@graded(4", "\n1 / 0\n@graded(4", "does not load: ZeroDivisionError"),
        ("\n@graded(4", "\nraise SystemExit('over')\n@graded(4", "does not load: SystemExit: over"),
        ("\n@graded(4", "\nimport pytest\npytest.skip('', allow_module_level=True)\n@graded(4", "load: Skipped"),
        (RETURNED, f"{RETURNED}\ndel test_easy\n", "does not load: AttributeError"),
    ],
)
@pytest.mark.parametrize("public", [False, True])
def test_a_specification_that_does_not_load_is_one_sentence(course, old, new, words, public):
    """Catches a fault of the course's that is told once per submission, after hours, and one that is bundled."""
    hand_in(course, "ada", RIGHT)
    text = WITHHELD.replace(old, new, 1)
    assert text != WITHHELD
    place = "course/tests/spec" if public else "withheld"
    (course / place / "test_01_ridge.py").write_text(text, encoding="utf-8")
    more = () if public else ("--extra-spec", "withheld")
    said = [grade(*more, code=2).stderr]
    own = [["release", "students"], ["lint", "1", "--mutants", "0"]] if public else []
    for command in [["bundle", "gradescope", *more], *own]:
        done = CliRunner().invoke(main, [*command, "--course", "course"])
        assert done.exit_code == 2
        said.append(done.stderr)
    for each in said:
        assert f"{place}/test_01_ridge.py'" in each and words in each and each.count("\n") == 1
    assert not [name for name in ("marks", "autograder.zip", "students") if (course / name).exists()]


def test_a_release_holds_none(course):
    """Catches a folder of withheld properties that lies in the course and goes out with it."""
    shutil.move("withheld", "course/tests/withheld")
    assert CliRunner().invoke(main, ["release", "students", "--course", "course"]).exit_code == 0
    held = [
        path for path in (course / "students").rglob("*") if path.is_file() and b"of the secret" in path.read_bytes()
    ]
    assert not held
    assert exercises(course / "course")[0].points == 5


def test_a_bundle_holds_them_where_it_was_asked_to(course):
    """Catches a platform that grades without the withheld properties, or gets them unasked."""
    for words, points, held in (["--extra-spec", "withheld"], 12, True), ([], 5, False):
        done = CliRunner().invoke(main, ["bundle", "gradescope", "--course", "course", *words])
        assert done.exit_code == 0 and f"1 exercise, {points} points" in done.stdout
        with zipfile.ZipFile("autograder.zip") as archive:
            assert ("withheld/test_01_ridge.py" in archive.namelist()) == held
            assert f"{points} points" in archive.read("README.md").decode()
