"""The course as one installable source tree, the common part of `fls release` and `fls bundle`.

Only setuptools is needed to install it, because the course's files are already where an installed package has them, in
fls_teach/course_files. A clone and an installed wheel give the same bytes.
"""

from pathlib import Path

import fls_teach
from fls_teach.course.new_exercise import TEMPLATE
from fls_teach.course.registry import CourseError, course_root, exercises, own_root, pages

PACKAGE = Path(fls_teach.__file__).resolve().parent
COURSE = "fls_teach/course_files"
METADATA = "setup.cfg", "pyproject.toml", "LICENSE", "constraints.txt"


def distribution(solutions: bool) -> dict[str, bytes]:
    """Return every file of the tree except its README.md.

    Parameters
    ----------
    solutions : bool
        Whether to include the reference solutions, alternatives and misconceptions.

    Returns
    -------
    dict
        Path in the tree, with slashes (str) -> bytes, in a fixed order.

    Raises
    ------
    CourseError
        If there are no solutions here, as in a student distribution, or a file cannot be read.
    """
    root = course_root()
    if root != own_root() and not (root / "solutions").is_dir():
        raise CourseError(f"'{root}' has no folder solutions/, which is needed to test it before it is distributed")
    if not (root / "solutions").is_dir():
        raise CourseError(
            "this is a student distribution, without the reference solutions: "
            "run the command in the course's own copy of fls-teach"
        )
    paths = {name: own_root() / name for name in METADATA}
    paths |= {f"fls_teach/{path.relative_to(PACKAGE).as_posix()}": path for path in _package_files(solutions)}
    paths |= {f"{COURSE}/docs/{page.name}": page for page in pages()}
    for exercise in exercises():
        paths |= {f"{COURSE}/{path.relative_to(root).as_posix()}": path for path in _files(exercise, solutions)}
    try:
        return {name: paths[name].read_bytes() for name in sorted(paths)}
    except OSError as error:
        raise CourseError(f"cannot read '{error.filename}' ({error.strerror or error})") from None


def _package_files(solutions):
    excluded = {PACKAGE / "course_files"}  # exists in an installed wheel
    excluded |= set() if solutions else {TEMPLATE}
    for path in PACKAGE.rglob("*"):
        relative = path.relative_to(PACKAGE)
        if path.is_file() and excluded.isdisjoint(path.parents) and not _left_over(relative):
            yield path


def _left_over(relative):
    hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
    return hidden or relative.suffix == ".pyc" or relative.name.endswith("~") or ".bak" in relative.name


def _files(exercise, solutions):
    """Yield an exercise's files by name, because its folders may hold other files of the author's."""
    yield from exercise.handout
    yield exercise.specification
    if exercise.support:
        yield exercise.support
    if solutions:
        named = exercise.solution, *exercise.alternatives, *exercise.misconception_files
        yield from (path for path in named if path.is_file())
