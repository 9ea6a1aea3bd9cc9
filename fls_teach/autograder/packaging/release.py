"""The student distribution: everything a student needs to install and work, without the solutions.

It contains the whole package. `fls_teach.theory` is needed, because the specification, which runs on the student's
machine, compares with it. The autograder needs no solutions and is included, so that there is one package with one list
of commands, and students can reproduce marks. Only the folder solutions/ with its alternatives and misconceptions is
left out.
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
    """The result of `release`.

    Attributes
    ----------
    folder : Path
    new : bool
        Whether there was no earlier release in the folder.
    files, size : int
        Number of files of the distribution, and their size in bytes.
    removed : list of str
        Files of the earlier release that are not in this one.
    """

    folder: Path
    new: bool
    files: int
    size: int
    removed: list


def student_files() -> dict[str, bytes]:
    """Return every file of the student distribution.

    Returns
    -------
    dict
        Path in the folder, with slashes (str) -> bytes; the same for the same course.

    Raises
    ------
    CourseError
        If this is itself a student distribution, or a stub contains an answer.
    """
    files = distribution(solutions=False)
    workspace = Workspace(course_root() / "exercises", clone=True)
    for exercise in exercises():
        if not workspace.untouched(exercise):
            raise CourseError(
                f"'{exercise.stub}' is not a stub: each function that the specification asks for has to end in "
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
    """Write the student distribution into a folder, or update an earlier release there.

    Other files in the folder of an earlier release, such as .git, are left as they are.

    Parameters
    ----------
    folder : path

    Returns
    -------
    Released

    Raises
    ------
    CourseError
        If the folder holds other files but no release, a released file was edited, or the folder cannot be written.
    """
    folder, files = Path(folder), student_files()
    if Path(os.path.realpath(folder)).is_relative_to(PACKAGE):
        raise CourseError(f"'{folder}' is inside the package that is released; name a folder outside it")
    try:
        earlier = _earlier(folder)
        new = earlier is None
        digests = {name: _digest(data) for name, data in files.items()}
        _refuse_changes(folder, earlier or {}, digests)
        with refusal():
            writable_folder(folder)
        if new:  # so that an interrupted release is recognised when it is repeated
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
    """Return the digests of the release in a folder; None if the folder is empty or does not exist."""
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
    """Return whether a path from the marker, which may have been edited, stays in the folder."""
    path = Path(name)
    return not path.is_absolute() and not path.drive and ".." not in path.parts


def _refuse_changes(folder, earlier, digests):
    """Raise `CourseError` if a file that would be replaced or removed is not as it was released."""
    for name in sorted({*earlier, *digests}):
        path = folder / name
        if path.exists() and not (
            path.is_file() and _digest(path.read_bytes()) in (earlier.get(name), digests.get(name))
        ):
            raise CourseError(f"'{path}' was changed since it was released; move it away, or name another folder")


def _marker(digests):
    fields = {"package": "fls-teach", "version": fls_teach.__version__, "solutions": False}
    return (json.dumps(fields | {"files": dict(sorted(digests.items()))}, indent=1) + "\n").encode()


def _digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(data)
