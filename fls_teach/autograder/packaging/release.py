"""The student distribution: what a student needs to install and work, without the solutions.

The whole package is in it. `fls_teach.theory` has to be: the specification, which runs on the student's machine,
compares with it. The autograder needs no solutions to mark, and stays in too: one package, one list of commands, and
marks that a student can reproduce. What is left out is the folder solutions/ with its alternatives and misconceptions.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import jinja2

import fls_teach
from fls_teach.autograder.packaging.distribution import PACKAGE, distribution
from fls_teach.autograder.sentence import refusal
from fls_teach.course.checking.check import check_specifications
from fls_teach.course.registry import CourseError, course_root, course_title, exercises, own_root, pages
from fls_teach.course.workspace.folder import Workspace
from fls_teach.files import replacing, writable_folder

MARKER = "RELEASE.json"
TEMPLATE = Path(__file__).with_name("student_readme.md")


@dataclass(frozen=True)
class Released:
    """What `release` wrote.

    Attributes
    ----------
    folder : Path
    new : bool
        There was no earlier release in it.
    files, size : int
        How many files the distribution has, and their bytes.
    removed : list of str
        Files of the earlier release that this one has no more.
    """

    folder: Path
    new: bool
    files: int
    size: int
    removed: list


def student_files() -> dict[str, bytes]:
    """Every file of the student distribution.

    Returns
    -------
    dict
        Path in the folder, with slashes (str) -> bytes; the same for the same course.

    Raises
    ------
    CourseError
        If this is a student distribution itself; if a stub is not a stub, and would give an answer away.
    """
    files = distribution(solutions=False)
    asking = Workspace(course_root() / "exercises", clone=True)
    for exercise in exercises():
        if not asking.untouched(exercise):
            raise CourseError(
                f"'{exercise.stub}' is no stub: each function that the specification asks for has to end in "
                f'raise NotImplementedError("exercise {exercise.number}: ..."); put the stub back before you release it'
            )
    every = exercises()
    check_specifications(every)
    torch = " and ".join(each.number for each in every if "torch" in each.needs)
    template = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), trim_blocks=True, keep_trailing_newline=True)
    files["README.md"] = template.render(
        title=course_title(),
        pages=pages(),
        theory=course_root() == own_root(),
        exercises=every,
        torch=torch,
        version=fls_teach.__version__,
    ).encode()
    return files


def release(folder: str | Path) -> Released:
    """Write the student distribution into a folder, or bring the one that is there up to date.

    Other files in the folder of an earlier release, such as .git, stay as they are.

    Parameters
    ----------
    folder : path

    Returns
    -------
    Released

    Raises
    ------
    CourseError
        If the folder holds other files, or a released file was changed since by hand; if it cannot be written.
    """
    folder, files = Path(folder), student_files()
    if Path(os.path.realpath(folder)).is_relative_to(PACKAGE):
        raise CourseError(f"'{folder}' lies in the package that is released; name a folder outside")
    try:
        earlier = _earlier(folder)
        new = earlier is None
        digests = {name: _digest(data) for name, data in files.items()}
        _refuse_changes(folder, earlier or {}, digests)
        with refusal():
            writable_folder(folder)
        if new:  # by which a release that was interrupted is recognised when it is repeated
            _write(folder / MARKER, _marker({}))
        for name, data in files.items():
            _write(folder / name, data)
        removed = sorted(name for name in earlier or {} if name not in files and (folder / name).is_file())
        for name in removed:
            (folder / name).unlink()
        _write(folder / MARKER, _marker(digests))
    except OSError as error:
        raise CourseError(f"cannot use '{error.filename or folder}' ({error.strerror or error})") from None
    return Released(folder, new, len(files) + 1, sum(map(len, files.values())), removed)


def _earlier(folder):
    """Digests of the release that is in the folder; None if there is nothing at all."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    if not folder.is_dir():
        raise CourseError(f"'{folder}' is a file; name a new or an empty folder")
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in marker["files"].items() if _inside(str(name))}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise CourseError(
            f"'{folder}' holds other files and no earlier release; name a new or an empty folder"
        ) from None


def _inside(name):
    """Whether a path from the marker, which anybody may have edited, stays in the folder."""
    path = Path(name)
    return not path.is_absolute() and not path.drive and ".." not in path.parts


def _refuse_changes(folder, earlier, digests):
    """Raise `CourseError` for a file that would be replaced or removed and that we did not write."""
    for name in sorted({*earlier, *digests}):
        path = folder / name
        if path.exists() and not (
            path.is_file() and _digest(path.read_bytes()) in (earlier.get(name), digests.get(name))
        ):
            raise CourseError(f"'{path}' was changed since it was released; move it away, or name another folder")


def _marker(digests):
    what = {"package": "fls-teach", "version": fls_teach.__version__, "solutions": False}
    return (json.dumps(what | {"files": dict(sorted(digests.items()))}, indent=1) + "\n").encode()


def _digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(data)
