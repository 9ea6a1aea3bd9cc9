"""The student distribution: what a student needs to install and work, without the solutions.

The whole package is in it. `fls_teach.theory` has to be: the specification, which runs on the student's machine,
compares with it. The autograder needs no solutions to mark, and stays in too: one package, one list of commands, and
marks that a student can reproduce. What is left out is the folder solutions/ with its alternatives and misconceptions.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import fls_teach
from fls_teach.autograder.packaging.distribution import PACKAGE, distribution
from fls_teach.course.checking.check import check_specifications
from fls_teach.course.registry import CourseError, course_root, course_title, exercises, own_root, pages
from fls_teach.course.workspace.folder import Workspace
from fls_teach.files import replacing, writable_folder

MARKER = "RELEASE.json"

_README = """\
# {title}

{count}, {points} points. You need Python 3.10 or newer; nothing here needs a compiler or a GPU.

## Two commands

In this folder, in a virtual environment (`python -m venv .venv`, then `. .venv/bin/activate`; on Windows
`py -m venv .venv`, then `.venv\\Scripts\\activate`):

    python -m pip install ".[vision]"
    python -m fls_teach start my-work

The first installs the command `fls` and what it needs. `[vision]` is PyTorch, which is large and
which {torch}; the rest works without it: `python -m pip install .`
On Python 3.10 to 3.13 `-c constraints.txt` installs the very versions that the course was tested with.

The second makes the folder that you work in; its README.md says how to go on:

    cd my-work
    fls list
    fls check {first}

`fls submit` packs your work into the zip that you hand in.

## What is here

- The lessons, the files to fill in, the hints, and the specification: each of its properties is marked, with the
  points that it says and other random examples than you see. Properties that your instructor may mark beyond these
  are not in here: ask whether there are any.
{pages}- Not the solutions; ask your instructor.
{theory}
Version {version}; RELEASE.json lists the files. Licence: MIT.
"""


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


_PAGES = """\
- `science.md` and `glossary.md`, which the second command puts into your folder: the formulas, what is known and how,
  and what the words mean.
"""
_THEORY = """\
- `fls_teach/theory`, the reference that the specification compares your functions with, and which therefore has to be
  here. It answers many an exercise in other words. Read it after you have tried, not before.
- `fls demo`: one command for each mechanism of the theory.
"""


def student_files():
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
    files["README.md"] = _README.format(
        title=course_title(),
        pages=_PAGES if pages() else "",
        theory=_THEORY if course_root() == own_root() else "",
        count="1 short exercise" if len(every) == 1 else f"{len(every)} short exercises",
        first=every[0].number,
        points=sum(each.points for each in every),
        torch=f"exercises {torch} need" if torch else "no exercise needs",
        version=fls_teach.__version__,
    ).encode()
    return files


def release(folder):
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
    if folder.resolve().is_relative_to(PACKAGE):
        raise CourseError(f"'{folder}' lies in the package that is released; name a folder outside")
    try:
        earlier = _earlier(folder)
        new = earlier is None
        digests = {name: _digest(data) for name, data in files.items()}
        _refuse_changes(folder, earlier or {}, digests)
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
    except ValueError as problem:
        raise CourseError(str(problem)) from None
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
