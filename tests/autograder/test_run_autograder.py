"""What `fls bundle gradescope` made, unpacked and run as Gradescope would run it."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from fls_teach.autograder.packaging.bundle import bundle_gradescope
from fls_teach.course.registry import exercises, find_exercise

from .container import BORROWED, Gradescope, interpreter, on_the_layout, open_to_others
from .environments import clean_environment, copy_of_clone
from .handed_in import misconception
from .shared import made_once

KEY = "a key for the tests"
GRADED = tuple(find_exercise(number) for number in ("07", "08"))  # an instructor's course: shorter, with its own title
TITLE = "An instructor's own title"


def honest():
    return {f"{each.name}.py": each.solution.read_text(encoding="utf-8") for each in GRADED}


@pytest.fixture(scope="module")
def container(tmp_path_factory):
    """Set up with an instructor's own course: two exercises, one of them with a new title."""
    made = made_once(tmp_path_factory, "gradescope", _set_up) / "autograder"
    return Gradescope.copy_of(tmp_path_factory.mktemp("gradescope") / "autograder", made)


def _set_up(top):
    clone = copy_of_clone(top / "clone")
    for exercise in exercises():
        if exercise not in GRADED:
            shutil.rmtree(clone / "exercises" / exercise.name)
    lesson = clone / "exercises" / GRADED[0].name / "README.md"
    lesson.write_text(lesson.read_text(encoding="utf-8").replace(GRADED[0].title, TITLE), encoding="utf-8")
    words = [sys.executable, "-m", "fls_teach", "bundle", "gradescope", "--key", KEY]
    done = subprocess.run(words, cwd=top, env=clean_environment(PYTHONPATH=str(clone)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = Gradescope(top / "autograder", top / "autograder.zip").run("bash", "/autograder/source/setup.sh")
    assert done.returncode == 0, done.stdout


@pytest.fixture
def without_name_spaces(container):
    """A container in which bubblewrap is installed and refused."""
    container.program("bwrap", "echo 'No permissions to create new namespace' >&2; exit 1")
    yield
    (container.folder / "programs" / "bwrap").unlink()


@on_the_layout
def test_setup_installs_the_sandbox_and_the_instructors_course_and_closes_it(container):
    asked = (container.folder / "apt.log").read_text()
    assert asked.startswith("update\n")
    assert "bubblewrap" in asked
    (package,) = (container.folder / "venv").glob("lib/python*/site-packages/fls_teach")
    lessons = package / "course_files" / "exercises"
    assert sorted(path.name for path in lessons.iterdir()) == [each.name for each in GRADED]
    assert TITLE in (lessons / GRADED[0].name / "README.md").read_text(encoding="utf-8")
    for path in (container.folder / "source", package):
        assert path.stat().st_mode & 0o777 == 0o700
    for path in (container.folder / "venv", package.parent):
        assert path.stat().st_mode & 0o055 == 0o055, "the submission's Python has to be readable"


INDEX = "https://index.invalid/cpu"


@on_the_layout
@pytest.mark.parametrize("fit", [0, 1])
def test_setup_asks_pip_for_torch_without_gpu_libraries_and_fails_where_grading_would(tmp_path, fit):
    """With an environment that only writes down what it was asked for."""
    bundled = bundle_gradescope(tmp_path / "autograder.zip", KEY, torch_index=INDEX).path
    container = Gradescope(tmp_path / "autograder", bundled)
    container.program("fls", f"exit {fit}")
    container.program(
        "python",
        'echo "$*" >> /autograder/python.log; case "$*" in *"import fls_teach"*) echo /autograder/results;; esac',
    )
    container.program("python3", 'mkdir -p "$3/bin"; cp /autograder/programs/python /autograder/programs/fls "$3/bin"')
    done = container.run("bash", "/autograder/source/setup.sh")
    assert done.returncode == fit, done.stdout
    pip = [line for line in (container.folder / "python.log").read_text().splitlines() if line.startswith("-m pip ")]
    assert all("--constraint /autograder/source/fls-teach/constraints.txt" in line for line in pip)
    torch, package = pip
    assert torch.endswith(f"--no-deps --index-url {INDEX} torch")
    assert package.endswith(" /autograder/source/fls-teach[vision]")


@on_the_layout
def test_an_honest_submission_gets_full_marks_and_valid_results(container):
    done = container.grade(honest())
    assert done.returncode == 0, done.stdout
    results = container.results
    points = sum(each.points for each in GRADED)
    assert results["score"] == points == sum(test["score"] for test in results["tests"])
    assert points == sum(test["max_score"] for test in results["tests"])
    assert [test["number"] for test in results["tests"]] == [item.id for each in GRADED for item in each.properties]
    assert {test["visibility"] for test in results["tests"]} == {"visible"}
    assert results["extra_data"]["isolation"] in ("bwrap", "uid")
    assert results["extra_data"]["keyed"] is True
    assert KEY not in json.dumps(results) + done.stdout
    assert [path.name for path in (container.folder / "results").iterdir()] == ["results.json"]
    assert (container.folder / "submission_metadata.json").stat().st_mode & 0o077 == 0


@on_the_layout
def test_what_is_wrong_or_missing_gets_none_of_its_points(container):
    """Of two exercises one is answered, wrongly, in a folder below others; nothing breaks for what is missing."""
    exercise = GRADED[1]
    wrong = misconception("8", "one_minus_cdf")
    done = container.grade({f"my work/{exercise.name}/{exercise.name}.py": wrong, "my work/notes.txt": ""})
    assert done.returncode == 0, done.stdout
    scores = {test["number"]: test["score"] for test in container.results["tests"]}
    assert 0 < container.results["score"] < exercise.points
    assert all(scores[item.id] == 0 for item in GRADED[0].properties)


@on_the_layout
def test_an_upload_without_any_expected_file_is_a_zero_that_says_so(container):
    done = container.grade({"homework.py": "print('my work')"})
    assert done.returncode == 0, done.stdout
    assert container.results["score"] == 0
    assert "No file of an exercise was found" in container.results["output"]


HOSTILE = """
import glob, json, os, sys

FOUND = []
for path in ["/autograder/source/course.key", "/autograder/submission_metadata.json", *PATHS]:
    try:
        FOUND.append(open(path).read()[:200])
    except OSError:
        pass
for path in ["/autograder/results/results.json", "/autograder/submission/new.py", "/autograder/run_autograder"]:
    try:
        open(path, "w").write(json.dumps({"score": 1000, "tests": []}))
        FOUND.append("wrote " + path)
    except OSError:
        pass
try:
    from fls_teach.theory import linear_error as reference
    FOUND.append("imported the reference")
except Exception:
    pass


def linear_error(w, signal, kappa, sigma):
    raise ValueError("I found: " + repr(FOUND))
"""


def hostile(container):
    """The hostile submission, told where to look."""
    (package,) = (container.folder / "venv").glob("lib/python*/site-packages/fls_teach")
    course = f"/autograder/{package.relative_to(container.folder)}/course_files"
    secret = [f"{course}/solutions/{each.name}/{each.name}.py" for each in GRADED]
    secret += [f"{course}/tests/spec/test_{each.name}.py" for each in GRADED]
    for path in secret:
        assert (container.folder / path.removeprefix("/autograder/")).is_file()
    return HOSTILE.replace("*PATHS", repr(secret)[1:-1])


@on_the_layout
def test_a_hostile_submission_finds_nothing_and_changes_nothing(container):
    before = (container.folder / "run_autograder").read_bytes()
    files = honest() | {f"{GRADED[1].name}.py": hostile(container)}
    done = container.grade(files)
    assert done.returncode == 0, done.stdout
    assert container.results["score"] == GRADED[0].points, "the other exercise is marked as if nothing had happened"
    assert "I found: []" in json.dumps(container.results)
    assert (container.folder / "run_autograder").read_bytes() == before
    assert sorted(path.name for path in (container.folder / "submission").iterdir()) == sorted(files)


@on_the_layout
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can run code as another user")
@pytest.mark.skipif(
    not open_to_others(BORROWED) or not open_to_others(os.path.dirname(interpreter())),
    reason="this interpreter's packages cannot be read by other users",
)
def test_where_bubblewrap_may_not_make_name_spaces_another_user_does_it(container, without_name_spaces):
    """As in most containers; honest work keeps its points beside a hostile file."""
    right, other = GRADED
    files = {f"{right.name}.py": honest()[f"{right.name}.py"], f"{other.name}.py": hostile(container)}
    done = container.grade(files)
    assert done.returncode == 0, done.stdout
    assert container.results["extra_data"]["isolation"] == "uid"
    assert container.results["score"] == right.points
    assert "I found: []" in json.dumps(container.results)


# --- a fault is never a zero -------------------------------------------------------------------------------------


@pytest.fixture
def broken(container, tmp_path):
    """A copy of the container's parts that a test may break: (path of the original, path of the copy)."""
    kept = []

    def breaking(path):
        copy = tmp_path / f"kept-{len(kept)}"
        shutil.copytree(path, copy, symlinks=True) if path.is_dir() else shutil.copy2(path, copy)
        kept.append((path, copy))
        return path

    yield breaking
    for path, copy in kept:
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
        shutil.move(copy, path)


@on_the_layout
def test_a_specification_that_breaks_is_a_fault(container, broken):
    (spec,) = (container.folder / "venv").glob(f"lib/python*/**/tests/spec/{GRADED[1].specification.name}")
    broken(spec)
    source = spec.read_text()
    spec.write_text(source.replace('):\n    """', '):\n    """', 1) + "\n\nraise RuntimeError('a mistake of ours')\n")
    container.fails(honest(), "the grader itself failed")


@on_the_layout
def test_a_key_that_is_missing_is_refused(container, broken):
    broken(container.folder / "source" / "course.key").unlink()
    container.fails(honest(), "it cannot grade here")


@on_the_layout
def test_without_isolation_nothing_is_run(container, broken):
    """A container in which neither bubblewrap nor another user can be had."""
    (isolation,) = (container.folder / "venv").glob("lib/python*/site-packages/fls_teach/sandbox/isolation")
    refusal = "        raise SandboxError('not to be had here')\n"
    headings = {
        "sandboxes.py": "        self._program = shutil.which",
        "other_user.py": "        if os.geteuid() != 0:\n",
    }
    for name, heading in headings.items():
        broken(isolation / name)
        source = (isolation / name).read_text()
        assert heading in source
        (isolation / name).write_text(source.replace(heading, refusal + heading, 1))
    container.fails(honest(), "it cannot grade here")


@on_the_layout
def test_an_interpreter_that_is_gone_is_a_fault(container, broken):
    broken(container.folder / "venv" / "bin" / "fls").unlink()
    container.fails(honest(), "fls grade ended with exit code 127")


@on_the_layout
def test_it_ends_before_gradescope_would_give_a_zero(container, broken):
    settings = broken(container.folder / "source" / "settings.sh")
    settings.write_text(settings.read_text().replace("seconds=570", "seconds=1"))
    container.fails(honest(), "it had not finished after 1 seconds")


@on_the_layout
@pytest.mark.parametrize(
    "files",
    [
        {"a/homework.py": "", "b/homework.py": ""},
        {"one.zip": "no zip", "two.zip": "no zip"},
        {"work.zip": "no zip", "helper.py": ""},
        {"settings.json": '{"fls_grade": 1, "exercises": []}', "essay.txt": ""},
        {f"{GRADED[0].name}/notes.txt": "", "x/y.py": "", "z.zip": ""},
    ],
)
def test_no_upload_is_more_or_less_than_one_submission(container, files):
    """Each of these used to leave its author without a mark, which a person has to look at."""
    done = container.grade(files)
    assert done.returncode == 0, done.stdout
    assert container.results["score"] == 0


@on_the_layout
@pytest.mark.parametrize("slow", [0, 1])
def test_whoever_takes_all_the_time_keeps_what_is_earned_elsewhere(slow, container, broken):
    settings = broken(container.folder / "source" / "settings.sh")
    assert "submission_seconds=285\n" in settings.read_text()
    settings.write_text(settings.read_text().replace("submission_seconds=285", "submission_seconds=12"))
    endless = "import time\ndef __getattr__(name):\n    return lambda *a, **k: [time.sleep(4), 1 / 0]\n"
    done = container.grade(honest() | {f"{GRADED[slow].name}.py": endless})
    assert done.returncode == 0, done.stdout
    assert container.results["score"] == GRADED[1 - slow].points
    assert "of the 12 s for all of them was used up" in json.dumps(container.results)


@on_the_layout
def test_no_submission_is_for_a_person(container):
    shutil.rmtree(container.folder / "submission")
    done = container.run("bash", "/autograder/run_autograder")
    assert done.returncode == 1
    assert "there is no /autograder/submission" in done.stdout
    (container.folder / "submission").mkdir()
