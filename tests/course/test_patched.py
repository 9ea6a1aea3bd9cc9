"""misconceptions.toml: what is written there is what is run, and every slip of its author gets a sentence."""

import dataclasses

import pytest

from fls_teach.course.patched import read_misconceptions
from fls_teach.course.registry import CourseError, exercises, find_exercise

REFERENCE = "def f(x):\n    y = 2 * x\n    return y + 1\n"
HEAD = '[[misconception]]\nname = "one"\nsentence = "x is not doubled"\n'


@pytest.fixture
def read(tmp_path):
    """Reads a table beside `REFERENCE`."""
    (tmp_path / "reference.py").write_text(REFERENCE)

    def read(text):
        (tmp_path / "misconceptions.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_misconceptions(tmp_path / "misconceptions.toml", tmp_path / "reference.py")

    return read


def test_one_patch_several_and_a_whole_file(read, tmp_path):
    """Catches a patch that is lost, applied to something else than the reference, or to the wrong entry."""
    (tmp_path / "other.py").write_text("def f(x):\n    return 0\n")
    one, two, whole = read(
        f"{HEAD}old = '2 * x'\nnew = 'x'\n"
        "[[misconception]]\nname = 'two'\nsentence = 's'\n"
        "[[misconception.patch]]\nold = '2 * x'\nnew = '3 * x'\n"
        "[[misconception.patch]]\nold = ' + 1'\nnew = ''\n"
        "[[misconception]]\nname = 'whole'\nsentence = 's'\nfile = 'other.py'\n"
    )
    assert (one.name, one.sentence, one.path) == ("one", "x is not doubled", None)
    assert one.source == "def f(x):\n    y = x\n    return y + 1\n"
    assert two.source == "def f(x):\n    y = 3 * x\n    return y\n"
    assert (whole.source, whole.path) == ("def f(x):\n    return 0\n", tmp_path / "other.py")


@pytest.mark.parametrize(
    "text, said",
    [
        ("[[misconception]\n", "cannot be read"),
        (b"# \xff\n", "cannot be read"),
        ("[misconception]\nname = 'one'\n", "double brackets"),
        ("[[misconception]]\nsentence = 's'\nfile = 'a.py'\n", "needs a name"),
        ("[[misconception]]\nname = 'one'\nsentence = ''\nfile = 'a.py'\n", "'one' needs a sentence"),
        (HEAD, "either `old` and `new`"),
        (f"{HEAD}old = 'y'\nnew = 'z'\nfile = 'a.py'\n", "either `old` and `new`"),
        (f"{HEAD}old = '2 * x'\n", "needs both"),
        (f"{HEAD}old = '2 * x'\nnew = 3\n", "needs both"),
        (f"{HEAD}old = '2 * x'\nnew = 'x'\nnote = ''\n", "has 'note'"),
        (f"{HEAD}old = '7 * x'\nnew = 'x'\n", "occurs 0 times"),
        (f"{HEAD}old = 'y'\nnew = 'z'\n", "occurs 2 times"),
        (f"{HEAD}old = '2 * x'\nnew = '2 *'\n", "not valid Python: line 2"),
        (f"{HEAD}file = 'absent.py'\n", "'absent.py', which does not exist"),
        (2 * f"{HEAD}old = '2 * x'\nnew = 'x'\n", "'one' appears twice"),
    ],
)
def test_a_slip_gets_a_sentence(read, text, said):
    """Catches a traceback, or an entry that is silently ignored, at each kind of mistake."""
    with pytest.raises(CourseError, match="misconceptions.toml") as problem:
        read(text)
    assert said in str(problem.value)


def test_every_file_in_the_folder_is_named():
    """Catches a whole file that no entry names any more, and would never be tried."""
    for exercise in exercises():
        lying = set((exercise.solution.parent / "misconceptions").glob("*.py"))
        assert lying == {each.path for each in exercise.misconceptions if each.path}


def test_a_student_distribution_has_none(tmp_path):
    """Catches a check that fails where the solutions are not at hand."""
    absent = dataclasses.replace(find_exercise("08"), root=tmp_path)
    assert (absent.misconceptions, absent.misconception_files) == ((), [])
