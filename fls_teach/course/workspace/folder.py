"""The folder in which a student works: made by `fls start`, or the exercises/ of a clone."""

import ast
import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fls_teach.course.registry import CourseError, course_root, course_title, exercises, own_root, pages
from fls_teach.course.workspace.progress import Progress, unused_name
from fls_teach.files import replacing, writable_folder

_SOLUTION = "    fls solution {number}      our solution, once yours has passed\n"
_PAGES = """\
`science.md` has the formulas, what is known and how: [P], [D] and [M] are explained at its top, and a reference such as
`science.md#phase-1` names the place in it. `glossary.md` says what the words mean.

"""
_README = """\
# {title}

{count}, {points} points. In each folder: `README.md` is the lesson, `NN_name.py` the file that you edit.

    fls list             what there is, and how far you are
    fls check {number}         does my function do what theory demands?
    fls check            the same for whatever you are working on
    fls watch            checks whenever you save
    fls hint {number}          one step of help; ask again for the next
{solution}    fls reset {number}         the empty exercise again; your file is kept beside it
    fls submit           packs your work into one zip

Begin with `{first}/README.md`. The exercises need nothing from one another: skip what you like.

{pages}`specification/` is a copy, for reading, of the properties that are checked; changing it changes nothing.
`progress.json` remembers points and hints. `python -m fls_teach` does what `fls` does, if that is not found.

The Tab key completes commands and exercises once the shell was told so, best in its start-up file:

    eval "$(_FLS_COMPLETE=bash_source fls)"        bash
    eval "$(_FLS_COMPLETE=zsh_source fls)"         zsh
    _FLS_COMPLETE=fish_source fls | source         fish
"""


_COURSE_NOTE = Path(".fls", "course")
"""Holds the path of the course, where it is not the one that comes with the package."""


@dataclass(frozen=True)
class Workspace:
    """Where a student's files are.

    Parameters
    ----------
    folder : Path
        Holds NN_slug/NN_slug.py and progress.json.
    clone : bool
        It is exercises/ in a clone of the repository: git keeps the stubs.
    course : Path, optional
        The folder of the course that it was made of; None for the one that comes with the package.
    """

    folder: Path
    clone: bool = False
    course: Path | None = None

    @property
    def progress(self):
        """The state, read anew."""
        return Progress(self.folder / "progress.json")

    @property
    def hidden(self):
        """The folder for what no person needs to see."""
        return self.folder / ".fls"

    def file(self, exercise):
        """The student's file."""
        return self.folder / exercise.name / f"{exercise.name}.py"

    def shown(self, path):
        """`path` as a person at the current folder would write it."""
        try:
            relative = os.path.relpath(path)
        except (ValueError, OSError):  # another drive; a current folder that was deleted
            return str(path)
        return str(path) if relative.startswith(os.path.join("..", "..")) else relative

    def state(self, exercise):
        """One of "missing", "not started", "changed"; "failed" or "passed" if the file was checked as it is."""
        path = self.file(exercise)
        if not path.is_file():
            return "missing"
        record = self.progress.record(exercise.name)
        if record["file"] and record["file"] == digest(path):
            return "passed" if record["of"] and record["points"] == record["of"] else "failed"
        return "not started" if self.untouched(exercise) else "changed"

    def untouched(self, exercise):
        """Whether the student's file is still the stub."""
        source = _read(self.file(exercise))
        if not self.clone:
            return source is not None and source.split() == (_read(exercise.stub) or b"").split()
        return source is not None and _only_raises(source, _asked(exercise))

    def reset(self, exercise):
        """Put the stub back; return where the student's file went, or None if there was none.

        Raises
        ------
        CourseError
        """
        path, stub = self.file(exercise), self._stub(exercise)
        kept = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                kept = path.rename(unused_name(path))
            path.write_bytes(stub)
        except OSError as error:
            raise CourseError(f"cannot write '{self.shown(path)}' ({error.strerror or error})") from None
        return kept

    def _stub(self, exercise):
        if not self.clone:
            return exercise.stub.read_bytes()
        path = self.file(exercise)
        try:
            known = subprocess.run(
                ["git", "show", f"HEAD:./{path.name}"], cwd=path.parent, capture_output=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            raise CourseError(f"git does not know '{self.shown(path)}', so there is no stub to go back to") from None
        return known.stdout


def digest(path):
    """A short digest of a file's bytes; "" if it cannot be read."""
    source = _read(path)
    return "" if source is None else hashlib.sha256(source).hexdigest()[:16]


def _read(path):
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _asked(exercise):
    """Names of the functions that the specification calls; a stub may hold others, which are given."""
    return {name.decode() for name in re.findall(rb"\bstudent\.(\w+)\(", _read(exercise.specification) or b"")}


def _only_raises(source, asked):
    """Whether each function that is asked for still raises the stub's error."""
    try:
        mine = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    except (SyntaxError, ValueError, RecursionError):
        return False
    functions = [node for name, node in mine.items() if not asked or name in asked]
    return bool(functions) and all(
        re.match(r"raise NotImplementedError\(['\"]exercise \d+", ast.unparse(node.body[-1])) for node in functions
    )


def find_workspace(named=None):
    """The workspace named, or in FLS_WORKSPACE, or around the current folder.

    Parameters
    ----------
    named : path, optional

    Returns
    -------
    Workspace
        Its course is what `start` noted; whether that is still there is not looked at.

    Raises
    ------
    CourseError
    """
    named = named or os.environ.get("FLS_WORKSPACE")
    try:
        here = Path(named or ".").absolute()
        for folder in (here,) if named else (here, *here.parents):
            course = noted_course(folder)
            if course or is_workspace(folder):
                clone = folder.name == "exercises" and _is_clone(folder.parent)
                return Workspace(folder, clone=clone, course=course)
            if _is_clone(folder) and course_root() == own_root():
                return Workspace(folder / "exercises", clone=True)
    except OSError as error:  # a name that is too long; a current folder that was deleted
        raise CourseError(f"cannot look into '{named or '.'}' ({error.strerror or error})") from None
    if named:
        raise CourseError(f"'{named}' is not a workspace; `fls start '{named}'` makes one")
    raise CourseError("there is no workspace here: go to the folder that `fls start` made, or make one: fls start work")


def noted_course(folder):
    """The path of another course that a workspace was made of, as it was noted, or None."""
    try:
        return Path((folder / _COURSE_NOTE).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):  # there is none; it is no text
        return None


def is_workspace(folder):
    """Whether `fls start` made this folder: a trace of ours, and exercises."""
    marked = (folder / "progress.json").exists() or (folder / ".fls").is_dir()
    return marked and any((folder / exercise.name).is_dir() for exercise in exercises())


def _is_clone(folder):
    return (folder / "exercises").is_dir() and (folder / "fls_teach" / "course").is_dir()


@dataclass(frozen=True)
class Started:
    """What `start` did: files written, and names of exercises with the student's work, left as they were."""

    folder: Path
    written: list
    kept: list
    new: bool


def start(folder):
    """Make a workspace, or complete one; a file that exists is never written.

    Parameters
    ----------
    folder : path

    Returns
    -------
    Started

    Raises
    ------
    CourseError
        If the folder holds something else, or work and everything that belongs there.
    """
    if not str(folder).strip():
        raise CourseError("an empty name is no folder; name one: fls start work")
    folder = Path(folder)
    try:
        new = not (folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()))
        if folder.name == "exercises" and _is_clone(folder.absolute().parent):
            raise CourseError(f"'{folder}' belongs to a clone of the repository and can be used as it is")
        if not new and not any((folder / exercise.name).is_dir() for exercise in exercises()):
            raise CourseError(f"'{folder}' holds other files; name a new or an empty folder")
        folder = writable_folder(folder)
        if noted_course(folder) not in (None, course_root()):  # the course has moved, and was named
            (folder / _COURSE_NOTE).unlink()
        workspace = Workspace(folder)
        kept = [each.name for each in exercises() if workspace.file(each).exists() and not workspace.untouched(each)]
        written = [target for target, put in _contents(folder).items() if not target.exists() and _written(target, put)]
    except OSError as error:
        raise CourseError(f"cannot use '{error.filename or folder}' ({error.strerror or error})") from None
    except ValueError as problem:
        raise CourseError(str(problem)) from None
    if kept and not written:
        raise CourseError(
            f"'{folder}' already holds your work on {', '.join(kept)} and nothing is missing, so nothing was changed; "
            "go on there with `fls check`, or name another folder"
        )
    return Started(folder, written, kept, new)


def _contents(folder):
    """Path in the workspace -> what writes it there."""
    every = exercises()
    solution = _SOLUTION if every[0].solution.exists() else ""  # a student distribution has none
    total = sum(each.points for each in every)
    readme = _README.format(
        title=course_title(),
        count="1 exercise" if len(every) == 1 else f"{len(every)} exercises",
        number=every[0].number,
        points=total,
        first=every[0].name,
        solution=solution.format(number=every[0].number),
        pages=_PAGES if pages() else "",
    )
    # First an exercise, by which a start that was interrupted is recognised when it is repeated.
    wanted = {folder / every[0].name / f"{every[0].name}.py": _copy(every[0].stub)}
    wanted[folder / "progress.json"] = lambda path: Progress(path).save()
    if course_root() != own_root():
        wanted[folder / _COURSE_NOTE] = lambda path: path.write_text(f"{course_root()}\n", encoding="utf-8")
    wanted[folder / "README.md"] = lambda path: path.write_text(readme, encoding="utf-8")
    wanted |= {folder / page.name: _copy(page) for page in pages()}
    for exercise in every:
        for source in exercise.handout:
            wanted[folder / exercise.name / source.name] = _copy(source)
        wanted[folder / "specification" / exercise.specification.name] = _copy(exercise.specification)
    return wanted


def _copy(source):
    return lambda target: target.write_bytes(source.read_bytes())


def _written(target, put):
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replacing(target) as temporary:  # half a file would pass for the student's own
            put(temporary)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    return True
