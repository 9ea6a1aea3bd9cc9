"""The course as one installable source tree: what `fls release` and `fls bundle` have in common.

It needs setuptools alone to install, because the course's files already lie where an installed package keeps them, in
fls_teach/course_files. It can be made from a clone and from an installed wheel, with the same bytes.
"""

from pathlib import Path

import fls_teach
from fls_teach.course.new_exercise import TEMPLATE
from fls_teach.course.registry import CourseError, course_root, exercises, own_root, pages

PACKAGE = Path(fls_teach.__file__).resolve().parent
COURSE = "fls_teach/course_files"
METADATA = "setup.cfg", "pyproject.toml", "LICENSE", "constraints.txt"


def distribution(solutions: bool) -> dict[str, bytes]:
    """Every file of the tree but its README.md.

    Parameters
    ----------
    solutions : bool
        Whether the reference solutions, alternatives and misconceptions are to be in it.

    Returns
    -------
    dict
        Path in the tree, with slashes (str) -> bytes, in a fixed order.

    Raises
    ------
    CourseError
        If the solutions are not here: this is itself a student distribution. If a file cannot be read.
    """
    root = course_root()
    if root != own_root() and not (root / "solutions").is_dir():
        raise CourseError(f"'{root}' has no folder solutions/, with which the course is tried before it is handed on")
    if not (root / "solutions").is_dir():
        raise CourseError(
            "this is a student distribution, without the reference solutions: "
            "run the command in the course's own copy of fls-teach"
        )
    found = {name: own_root() / name for name in METADATA}
    found |= {f"fls_teach/{path.relative_to(PACKAGE).as_posix()}": path for path in _package(solutions)}
    found |= {f"{COURSE}/docs/{page.name}": page for page in pages()}
    for exercise in exercises():
        found |= {f"{COURSE}/{path.relative_to(root).as_posix()}": path for path in _files(exercise, solutions)}
    try:
        return {name: found[name].read_bytes() for name in sorted(found)}
    except OSError as error:
        raise CourseError(f"cannot read '{error.filename}' ({error.strerror or error})") from None


def _package(solutions):
    apart = {PACKAGE / "course_files"}  # is there in an installed wheel
    apart |= set() if solutions else {TEMPLATE}
    for path in PACKAGE.rglob("*"):
        relative = path.relative_to(PACKAGE)
        if path.is_file() and apart.isdisjoint(path.parents) and not _left_over(relative):
            yield path


def _left_over(relative):
    hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
    return hidden or relative.suffix == ".pyc" or relative.name.endswith("~") or ".bak" in relative.name


def _files(exercise, solutions):
    """By name, not all that lies there: an author may have tried things out beside it."""
    yield from exercise.handout
    yield exercise.specification
    if exercise.support:
        yield exercise.support
    if solutions:
        named = exercise.solution, *exercise.alternatives, *exercise.misconception_files
        yield from (path for path in named if path.is_file())
