"""The folder in which a student works: made by `fls start`, or the exercises/ of a clone."""

import ast
import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fls_teach.course.registry import CourseError, course_root, exercises, own_root
from fls_teach.course.workspace.progress import Progress, unused_name

COURSE_NOTE = Path(".fls", "course")
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
        """Put the stub back; return where the student's file went, or None if there was none or it was the stub.

        Raises
        ------
        CourseError
        """
        path, stub = self.file(exercise), self._stub(exercise)
        kept = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            source = _read(path)
            if path.exists() and (source is None or source.split() != stub.split()):
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
                clone = folder.name == "exercises" and is_clone(folder.parent)
                return Workspace(folder, clone=clone, course=course)
            if is_clone(folder) and course_root() == own_root():
                return Workspace(folder / "exercises", clone=True)
    except OSError as error:  # a name that is too long; a current folder that was deleted
        raise CourseError(f"cannot look into '{named or '.'}' ({error.strerror or error})") from None
    if named:
        raise CourseError(f"'{named}' is not a workspace; `fls start '{named}'` makes one")
    raise CourseError("there is no workspace here: go to the folder that `fls start` made, or make one: fls start work")


def noted_course(folder):
    """The path of another course that a workspace was made of, as it was noted, or None."""
    try:
        return Path((folder / COURSE_NOTE).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):  # there is none; it is no text
        return None


def is_workspace(folder):
    """Whether `fls start` made this folder: a trace of ours, and exercises."""
    marked = (folder / "progress.json").exists() or (folder / ".fls").is_dir()
    return marked and any((folder / exercise.name).is_dir() for exercise in exercises())


def is_clone(folder):
    """Whether a folder is a clone of our repository, of which exercises/ is a workspace."""
    return (folder / "exercises").is_dir() and (folder / "fls_teach" / "course").is_dir()
