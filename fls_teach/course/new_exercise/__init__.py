"""Write a new exercise: a small one that works, which its author then replaces piece by piece.

The texts are in template/, with @number@, @slug@, @name@ and @title@ as placeholders.
"""

import keyword
import re
from dataclasses import dataclass
from pathlib import Path

from fls_teach.course.registry import CourseError, own_root
from fls_teach.files import because, replace_text

TEMPLATE = Path(__file__).resolve().with_name("template")
"""The templates; they include a solution, so a student distribution does not contain them."""

_PLACES = {
    "exercises/{name}/README.md": ("lesson.md", "the lesson: the idea, an example by hand, what to implement"),
    "exercises/{name}/{name}.py": ("stub.py.txt", "the stub that the student completes; raises NotImplementedError"),
    "exercises/{name}/hints.md": ("hints.md", "a question, a formula, the shape of the code"),
    "tests/spec/test_{name}.py": ("specification.py.txt", "the graded properties, with their points"),
    "solutions/{name}/{name}.py": ("solution.py.txt", "the reference solution"),
    "solutions/{name}/alternatives/another_way.py": ("alternative.py.txt", "a correct solution in another style"),
    "solutions/{name}/misconceptions.toml": (
        "misconceptions.toml",
        "wrong solutions, each with a sentence for students",
    ),
}
LARGEST = 99


@dataclass(frozen=True)
class Written:
    """The files that `new_exercise` wrote.

    Attributes
    ----------
    name : str
        "02_ridge".
    course : Path
    files : dict
        Path -> purpose of the file.
    """

    name: str
    course: Path
    files: dict


def new_exercise(slug, course=None):
    """Write lesson, stub, hints, specification, solutions and misconceptions of an exercise.

    Parameters
    ----------
    slug : str
        "ridge" for the next free number, or "07_ridge" to choose the number.
    course : path, optional
        The folder of a course, which is made if necessary; default: the clone that contains this package.

    Returns
    -------
    Written

    Raises
    ------
    CourseError
        If the slug cannot be the name of a function, the number is taken, or the folder cannot be written to.
    """
    if not TEMPLATE.is_dir():
        raise CourseError(
            "this is a student distribution, which has no template of an exercise: "
            "run the command in the instructor's copy of fls-teach"
        )
    root = _root(course)
    taken = _taken(root)
    number, slug = _number_and_slug(slug, taken)
    name = f"{number:02d}_{slug}"
    if number in taken:
        raise CourseError(f"exercise {number:02d} is already {taken[number]}; choose another number")
    fields = {"number": f"{number:02d}", "slug": slug, "name": name, "title": slug.replace("_", " ").capitalize()}
    files = {}
    try:
        for place, (template, purpose) in _PLACES.items():
            text = (TEMPLATE / template).read_text(encoding="utf-8")
            text = re.sub("@(number|slug|name|title)@", lambda match: fields[match[1]], text)
            path = root / place.format(name=name)
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_text(path, text)
            files[path] = purpose
    except (OSError, ValueError) as problem:  # ValueError: a NUL character in the path
        raise CourseError(f"cannot write to '{root}' ({because(problem)}); name another folder") from None
    return Written(name, root, files)


def _root(course):
    if course is None:
        root = own_root()
        if not (root / "fls_teach").is_dir():
            raise CourseError(
                "name the folder of your course: --course DIR (this is an installed package, not a clone)"
            )
        return root
    root = Path(course)
    if not str(course).strip():
        raise CourseError("--course is empty; name a folder for your course")
    try:
        if root.exists() and not root.is_dir():
            raise CourseError(f"'{root}' is a file; name a folder for your course")
        has_files = root.is_dir() and any(not each.name.startswith(".") for each in root.iterdir())
    except (OSError, ValueError) as problem:
        raise CourseError(f"cannot look into '{root}' ({because(problem)})") from None
    if has_files and not (root / "exercises").is_dir():
        raise CourseError(f"'{root}' holds other files and no course; name a new or an empty folder")
    return root


def _taken(root):
    """Return a dict from number to name of every exercise that has a folder, complete or not."""
    folders = sorted((root / "exercises").glob("[0-9][0-9]_*"))
    return {int(folder.name[:2]): folder.name for folder in folders}


def _number_and_slug(given, taken):
    parts = re.fullmatch(r"(?:(\d{1,2})_)?([a-z][a-z0-9_]*)", given)
    if not parts or keyword.iskeyword(parts[2]):
        raise CourseError(
            f"'{given}' cannot be the name of an exercise: it is also the name of a function, so use small letters, "
            "digits and _, such as ridge or 07_ridge"
        )
    number = int(parts[1]) if parts[1] else max(taken, default=0) + 1
    if not 1 <= number <= LARGEST:
        raise CourseError(
            f"exercises are numbered from 1 to {LARGEST}, and {number} is outside of this range; choose a free number"
        )
    return number, parts[2]
