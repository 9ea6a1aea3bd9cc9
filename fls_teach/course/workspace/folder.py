"""A student's workspace: a folder made by `fls start`, or exercises/ in a clone."""

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
"""File with the path of the workspace's course, if that is not the package's own."""


@dataclass(frozen=True)
class Workspace:
    """A folder with a student's files.

    Parameters
    ----------
    folder : Path
        Contains NN_slug/NN_slug.py and progress.json.
    clone : bool
        Whether it is exercises/ in a clone of the repository, where git keeps the stubs.
    course : Path, optional
        The folder of the course that it was made from; None for the package's own course.
    """

    folder: Path
    clone: bool = False
    course: Path | None = None

    @property
    def progress(self):
        """The progress file, read again at each access."""
        return Progress(self.folder / "progress.json")

    @property
    def hidden(self):
        """The folder for files that a student need not see."""
        return self.folder / ".fls"

    def file(self, exercise):
        """Return the path of the student's file."""
        return self.folder / exercise.name / f"{exercise.name}.py"

    def shown(self, path):
        """Return `path` as a user in the current folder would write it."""
        try:
            relative = os.path.relpath(path)
        except (ValueError, OSError):  # on another drive; the current folder was deleted
            return str(path)
        return str(path) if relative.startswith(os.path.join("..", "..")) else relative

    def state(self, exercise):
        """Return "passed" or "failed" if the current file was checked, else "missing", "not started" or "changed"."""
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
        return source is not None and _only_raises(source, _called_functions(exercise))

    def reset(self, exercise):
        """Put the stub back and rename the student's file, if there is one with work in it.

        Returns
        -------
        Path or None
            The new path of the student's file.

        Raises
        ------
        CourseError
            If a file cannot be written or renamed, or git has no stub.
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
            raise CourseError(f"git has no version of '{self.shown(path)}', so the stub cannot be restored") from None
        return known.stdout


def digest(path):
    """Return a short digest of a file's bytes; "" if it cannot be read."""
    source = _read(path)
    return "" if source is None else hashlib.sha256(source).hexdigest()[:16]


def _read(path):
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _called_functions(exercise):
    """Return the names of the student's functions that the specification calls; a stub may also contain others."""
    return {name.decode() for name in re.findall(rb"\bstudent\.(\w+)\(", _read(exercise.specification) or b"")}


def _only_raises(source, names):
    """Whether each function in `names` (if that is empty, each function) still raises the stub's error."""
    try:
        defined = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    except (SyntaxError, ValueError, RecursionError):
        return False
    functions = [node for name, node in defined.items() if not names or name in names]
    return bool(functions) and all(
        re.match(r"raise NotImplementedError\(['\"]exercise \d+", ast.unparse(node.body[-1])) for node in functions
    )


def find_workspace(named=None):
    """Return the workspace in `named`, else in FLS_WORKSPACE, else the one that contains the current folder.

    Parameters
    ----------
    named : path, optional

    Returns
    -------
    Workspace
        Its course is the one that `start` noted, which may no longer exist.

    Raises
    ------
    CourseError
        If there is no workspace.
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
    except OSError as error:  # the name is too long; the current folder was deleted
        raise CourseError(f"cannot look into '{named or '.'}' ({error.strerror or error})") from None
    if named:
        raise CourseError(f"'{named}' is not a workspace; `fls start '{named}'` makes one")
    raise CourseError("there is no workspace here: go to the folder that `fls start` made, or make one: fls start work")


def noted_course(folder):
    """Return the path of the course that a workspace was made from, as `start` noted it; None for the package's own."""
    try:
        return Path((folder / COURSE_NOTE).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):  # the file does not exist; it is not text
        return None


def is_workspace(folder):
    """Whether `fls start` made this folder: it has progress.json or .fls, and exercises."""
    marked = (folder / "progress.json").exists() or (folder / ".fls").is_dir()
    return marked and any((folder / exercise.name).is_dir() for exercise in exercises())


def is_clone(folder):
    """Whether a folder is a clone of the package's repository, whose exercises/ is a workspace."""
    return (folder / "exercises").is_dir() and (folder / "fls_teach" / "course").is_dir()
