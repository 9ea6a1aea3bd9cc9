"""Find the course's files, and read what can be read from them without running any code.

In a clone they are beside the package; in an installed wheel they are inside it, where setup.py copied them.
"""

import difflib
import functools
import importlib.util
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from fls_teach.course.properties import imported_modules, read_properties

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "course_files"
_NAME = re.compile(r"(\d\d)_\w+")

COURSE_VARIABLE = "FLS_COURSE"
"""Environment variable with the folder of another course; a grader's worker processes inherit it."""

OPTIONAL_MODULES = ("torch",)
"""Modules that an exercise may need beyond the package's requirements."""


class CourseError(ValueError):
    """The user's request cannot be carried out; the message is one sentence that says why and what to do."""


class MissingModule(CourseError):
    """An exercise needs a module that is not installed."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of the course.

    Parameters
    ----------
    number : str
        Two digits.
    name : str
        "09_decomposition": the name of its folder and of its file.
    root : Path
        The folder that contains exercises/, solutions/ and tests/spec/.
    withheld : Path, optional
        A file with further graded properties that are not shown; see `fls_teach.course.withheld`.
    """

    number: str
    name: str
    root: Path
    withheld: Path | None = None

    @property
    def slug(self):
        """The name without the number."""
        return self.name[3:]

    @property
    def folder(self):
        """The folder of lesson, stub and hints."""
        return self.root / "exercises" / self.name

    @property
    def stub(self):
        """The file that the student starts from."""
        return self.folder / f"{self.name}.py"

    @property
    def lesson(self):
        """The text of the lesson."""
        return self.folder / "README.md"

    @property
    def handout(self):
        """The files of the folder that a student gets: stub, lesson, hints and pictures.

        Backups and byte code, which work in a clone may leave there, are not among them.
        """
        files = sorted(path for path in self.folder.iterdir() if path.is_file())
        return [path for path in files if path == self.stub or path.suffix in (".md", ".png", ".svg")]

    @property
    def specification(self):
        """The graded specification."""
        return self.root / "tests" / "spec" / f"test_{self.name}.py"

    @property
    def support(self):
        """The course's file that is loaded beside the student's, or None."""
        path = self.specification.with_name(f"support_{self.name}.py")
        return path if path.exists() else None

    @property
    def solution(self):
        """The reference solution; absent from a student distribution."""
        return self.root / "solutions" / self.name / f"{self.name}.py"

    @property
    def alternatives(self):
        """Correct solutions in another style."""
        return sorted((self.solution.parent / "alternatives").glob("*.py"))

    @functools.cached_property
    def misconceptions(self):
        """Named wrong answers, as a tuple of `patched.Misconception`; none in a student distribution."""
        if not (self._misconceptions_table.exists() and self.solution.exists()):
            return ()
        from fls_teach.course.patched import read_misconceptions  # imported here: most commands need no TOML parser

        return read_misconceptions(self._misconceptions_table, self.solution)

    @property
    def misconception_files(self):
        """The files that define the misconceptions, without the reference."""
        whole_files = [each.path for each in self.misconceptions if each.path]
        return [self._misconceptions_table, *whole_files] if self.misconceptions else []

    @property
    def _misconceptions_table(self):
        return self.solution.parent / "misconceptions.toml"

    @functools.cached_property
    def title(self):
        """The lesson's heading."""
        lesson = self.lesson.read_text(encoding="utf-8") if self.lesson.exists() else ""
        heading = re.search(r"^# (?:\d+\W+)?(.+)$", lesson, re.MULTILINE)
        return heading[1].strip() if heading else self.slug.replace("_", " ")

    @functools.cached_property
    def properties(self):
        """The graded properties in order, withheld ones last, as a tuple of `Property`.

        They are read from the text, so that `fls list` need not import numpy and Hypothesis.
        """
        public = read_properties(self.specification)
        return tuple(
            replace(item, id=f"{self.number}.{k}") for k, item in enumerate(public + self.withheld_properties, 1)
        )

    @functools.cached_property
    def withheld_properties(self):
        """The properties of the withheld file, without sentence and formula, as a tuple of `Property`."""
        found = read_properties(self.withheld) if self.withheld else ()
        return tuple(replace(item, sentence="Withheld property", formula="", withheld=True) for item in found)

    @property
    def points(self):
        """Points of all properties together."""
        return sum(item.points for item in self.properties)

    @functools.cached_property
    def hints(self):
        """The steps of hints.md, as a tuple of (heading, text)."""
        path = self.folder / "hints.md"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        parts = re.split(r"^## +(.+)$", text, flags=re.MULTILINE)[1:]
        return tuple(
            (heading.strip(), body.strip("\n").rstrip()) for heading, body in zip(parts[::2], parts[1::2], strict=True)
        )

    @functools.cached_property
    def needs(self):
        """Optional modules that the stub or the specification imports, as a tuple of str."""
        imported = set()
        for path in (self.stub, self.specification, self.withheld):
            text = path.read_text(encoding="utf-8") if path and path.exists() else ""
            if any(name in text for name in OPTIONAL_MODULES):  # parsing all files of a course takes half a second
                imported |= imported_modules(text)
        return tuple(sorted(imported & set(OPTIONAL_MODULES)))

    @functools.cached_property
    def modules(self):
        """Specifications that `checking.check` has imported, by path; cached here, they are as old as `properties`."""
        return {}

    def check_needs(self):
        """Raise `MissingModule` if a module in `needs` is not installed."""
        for module in self.needs:
            if importlib.util.find_spec(module) is None:
                raise MissingModule(
                    f"{self.name} needs {module}, which is not installed: python -m pip install {module}"
                )


def own_root():
    """Return the folder of the package's own course, which contains exercises/, solutions/ and tests/spec/."""
    return _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent


def course_root():
    """Return the folder of the selected course: the one named by the environment, else the package's own."""
    named = os.environ.get(COURSE_VARIABLE)
    return Path(named).absolute() if named else own_root()


def course_title():
    """Return the title of the selected course; for another course, the heading of its README.md if it has one."""
    if course_root() == own_root():
        return "Feature learning strength, built by hand"
    try:
        heading = re.search(r"^# +(.+)$", (course_root() / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        heading = None
    return heading[1].strip() if heading else "Exercises"


def check_course(folder):
    """Return `folder` as an absolute path if it contains a complete course.

    Parameters
    ----------
    folder : path

    Returns
    -------
    Path

    Raises
    ------
    CourseError
        If it has no exercise with a specification, or an exercise is not complete.
    """
    path = Path(folder).absolute()
    _exercises.cache_clear()  # an author may have added an exercise
    try:
        found = exercises(path)
    except (OSError, ValueError):  # the name is too long, or contains a NUL character
        found = ()
    for exercise in found:
        for needed in (exercise.stub, exercise.lesson):
            if not needed.is_file():
                raise CourseError(f"the course in '{folder}' is not complete: '{needed}' is missing")
        try:
            points = exercise.points
        except (OSError, ValueError) as problem:
            raise CourseError(f"{exercise.name} cannot be read: {problem}") from None
        if not points:
            raise CourseError(
                f"'{exercise.specification}' has no function that is marked @graded(points, formula, ...)"
            )
    if not found:
        raise CourseError(
            f"'{folder}' is not a course: it has no exercises/NN_slug with tests/spec/test_NN_slug.py; "
            "`fls new-exercise` writes a first one"
        )
    return path


def pages(root=None):
    """Return the pages that lessons, docstrings and claims refer to: science.md and glossary.md, if they exist.

    Parameters
    ----------
    root : path, optional
        Folder of a course; default: `course_root()`.

    Returns
    -------
    tuple of Path
    """
    candidates = (Path(root or course_root(), "docs", name) for name in ("science.md", "glossary.md"))
    return tuple(page for page in candidates if page.is_file())


def exercises(root=None):
    """Return all exercises that have a specification, in order.

    Parameters
    ----------
    root : path, optional
        Folder of a course; default: `course_root()`.

    Returns
    -------
    tuple of Exercise
    """
    return _exercises(Path(root or course_root()))


@functools.lru_cache
def _exercises(root):
    folders = sorted((root / "exercises").glob("[0-9][0-9]_*"))
    found = [Exercise(path.name[:2], path.name, root) for path in folders if _NAME.fullmatch(path.name)]
    return tuple(exercise for exercise in found if exercise.specification.exists())


def find_exercise(name, among=None):
    """Return the exercise named by "9", "09", "09_decomposition", "decomposition" or a path to its file.

    Raises
    ------
    CourseError
        If there is no such exercise (the message suggests the nearest one), or several (it names them).

    Examples
    --------
    >>> find_exercise("8").name
    '08_bayes_error'
    """
    among = exercises() if among is None else among
    wanted = re.split(r"[\\/]", name.strip().rstrip("\\/"))[-1].removesuffix(".py").removesuffix(".ipynb").lower()
    number = int(wanted) if wanted.isdecimal() else None
    matches = [each for each in among if each.name == wanted]
    matches = matches or [each for each in among if each.slug == wanted or int(each.number) == number]
    if len(matches) > 1:
        names = [each.name for each in matches]
        raise CourseError(f"'{name}' may mean {', '.join(names[:-1])} or {names[-1]}: give the full name")
    if matches:
        return matches[0]
    words = {word: exercise for exercise in among for word in (exercise.name, exercise.slug)}
    near = difflib.get_close_matches(wanted, words, n=1)
    if near:
        raise CourseError(f"there is no exercise '{name}': did you mean {words[near[0]].name}?")
    first, last = among[0].number, among[-1].number
    raise CourseError(f"there is no exercise '{name}': they are numbered {first} to {last} (fls list shows them)")
