"""Where the course's files are, and what can be read off them without running anything.

In a clone they lie beside the package; in an installed wheel inside it, as setup.py put them there.
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
"""The environment variable that names the folder of another course; the processes of a grader inherit it."""

OPTIONAL_MODULES = ("torch",)
"""What an exercise may need beyond the package's own requirements."""


class CourseError(ValueError):
    """What the user asked for cannot be done; the text is the sentence that says why and what to do."""


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
        "09_decomposition": what its folder and its file are called.
    root : Path
        The folder that holds exercises/, solutions/ and tests/spec/.
    withheld : Path, optional
        A file with further graded properties, of which nothing is shown; see `fls_teach.course.withheld`.
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
        """The lesson's folder."""
        return self.root / "exercises" / self.name

    @property
    def stub(self):
        """What the student starts from."""
        return self.folder / f"{self.name}.py"

    @property
    def lesson(self):
        """The lesson."""
        return self.folder / "README.md"

    @property
    def handout(self):
        """What a student gets of the folder: stub, lesson, hints and pictures.

        Not backups and byte code: in a clone somebody may have worked there.
        """
        every = sorted(path for path in self.folder.iterdir() if path.is_file())
        return [path for path in every if path == self.stub or path.suffix in (".md", ".png", ".svg")]

    @property
    def specification(self):
        """The graded specification."""
        return self.root / "tests" / "spec" / f"test_{self.name}.py"

    @property
    def support(self):
        """The course's file to load beside the student's, or None."""
        path = self.specification.with_name(f"support_{self.name}.py")
        return path if path.exists() else None

    @property
    def solution(self):
        """The reference solution; absent from a student distribution."""
        return self.root / "solutions" / self.name / f"{self.name}.py"

    @property
    def alternatives(self):
        """Honest solutions in another style."""
        return sorted((self.solution.parent / "alternatives").glob("*.py"))

    @functools.cached_property
    def misconceptions(self):
        """Named wrong answers, as a tuple of `patched.Misconception`; none in a student distribution."""
        if not (self._misconceptions_table.exists() and self.solution.exists()):
            return ()
        from fls_teach.course.patched import read_misconceptions  # most commands need neither it nor a TOML parser

        return read_misconceptions(self._misconceptions_table, self.solution)

    @property
    def misconception_files(self):
        """What the misconceptions are read from, beside the reference."""
        whole = [each.path for each in self.misconceptions if each.path]
        return [self._misconceptions_table, *whole] if self.misconceptions else []

    @property
    def _misconceptions_table(self):
        return self.solution.parent / "misconceptions.toml"

    @functools.cached_property
    def title(self):
        """The lesson's heading."""
        with_heading = self.lesson.read_text(encoding="utf-8") if self.lesson.exists() else ""
        heading = re.search(r"^# (?:\d+\W+)?(.+)$", with_heading, re.MULTILINE)
        return heading[1].strip() if heading else self.slug.replace("_", " ")

    @functools.cached_property
    def properties(self):
        """The graded properties in order, withheld ones last, as a tuple of `Property`.

        Read from the text: `fls list` and an unchanged stub should not wait for numpy and Hypothesis.
        """
        public = read_properties(self.specification)
        return tuple(
            replace(item, id=f"{self.number}.{k}") for k, item in enumerate(public + self.withheld_properties, 1)
        )

    @functools.cached_property
    def withheld_properties(self):
        """The properties of the withheld file, with neither sentence nor formula, as a tuple of `Property`."""
        found = read_properties(self.withheld) if self.withheld else ()
        return tuple(replace(item, sentence="Withheld property", formula="", withheld=True) for item in found)

    @property
    def points(self):
        """What the exercise is worth."""
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
            if any(name in text for name in OPTIONAL_MODULES):  # to parse all of a course takes half a second
                imported |= imported_modules(text)
        return tuple(sorted(imported & set(OPTIONAL_MODULES)))

    @functools.cached_property
    def modules(self):
        """What `checking.check` has imported of it, by path; kept here, it is as old as `properties`."""
        return {}

    def check_needs(self):
        """Raise `MissingModule` if a module is not installed."""
        for module in self.needs:
            if importlib.util.find_spec(module) is None:
                raise MissingModule(
                    f"{self.name} needs {module}, which is not installed: python -m pip install {module}"
                )


def own_root():
    """The folder of the course that comes with the package: it holds exercises/, solutions/ and tests/spec/."""
    return _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent


def course_root():
    """The folder of the course that is meant: the one that the environment names, else the package's own."""
    named = os.environ.get(COURSE_VARIABLE)
    return Path(named).absolute() if named else own_root()


def course_title():
    """What the course is called: the heading of its README.md, where an author wrote one."""
    if course_root() == own_root():
        return "Feature learning strength, built by hand"
    try:
        heading = re.search(r"^# +(.+)$", (course_root() / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        heading = None
    return heading[1].strip() if heading else "Exercises"


def check_course(folder):
    """`folder` as an absolute path, if it holds a course.

    Parameters
    ----------
    folder : path

    Returns
    -------
    Path

    Raises
    ------
    CourseError
        If there is no exercise with a specification in it, or one is not whole.
    """
    path = Path(folder).absolute()
    _exercises.cache_clear()  # an author may have added one since
    try:
        found = exercises(path)
    except (OSError, ValueError):  # a name that is too long, or holds a NUL character
        found = ()
    for exercise in found:
        for needed in (exercise.stub, exercise.lesson):
            if not needed.is_file():
                raise CourseError(f"the course in '{folder}' is not complete: '{needed}' is missing")
        try:
            worth = exercise.points
        except (OSError, ValueError) as problem:
            raise CourseError(f"{exercise.name} cannot be read: {problem}") from None
        if not worth:
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
    """The pages that lessons, docstrings and claims refer to: science.md and glossary.md, as far as a course has them.

    Parameters
    ----------
    root : path, optional
        A folder as of `course_root`.

    Returns
    -------
    tuple of Path
    """
    every = (Path(root or course_root(), "docs", name) for name in ("science.md", "glossary.md"))
    return tuple(page for page in every if page.is_file())


def exercises(root=None):
    """All exercises that have a specification, in order.

    Parameters
    ----------
    root : path, optional
        A folder as of `course_root`.

    Returns
    -------
    tuple of Exercise
    """
    return _exercises(Path(root or course_root()))


@functools.lru_cache
def _exercises(root):
    folders = sorted((root / "exercises").glob("[0-9][0-9]_*"))
    every = [Exercise(path.name[:2], path.name, root) for path in folders if _NAME.fullmatch(path.name)]
    return tuple(exercise for exercise in every if exercise.specification.exists())


def find_exercise(name, among=None):
    """The exercise that a person means by "9", "09", "09_decomposition", "decomposition" or a path to its file.

    Raises
    ------
    CourseError
        If there is none, and the text suggests the nearest; or if there are several, which it names.

    Examples
    --------
    >>> find_exercise("8").name
    '08_bayes_error'
    """
    among = exercises() if among is None else among
    wanted = re.split(r"[\\/]", name.strip().rstrip("\\/"))[-1].removesuffix(".py").removesuffix(".ipynb").lower()
    number = int(wanted) if wanted.isdecimal() else None
    meant = [each for each in among if each.name == wanted]
    meant = meant or [each for each in among if each.slug == wanted or int(each.number) == number]
    if len(meant) > 1:
        names = [each.name for each in meant]
        raise CourseError(f"'{name}' is {', '.join(names[:-1])} or {names[-1]}: name one of them in full")
    if meant:
        return meant[0]
    words = {word: exercise for exercise in among for word in (exercise.name, exercise.slug)}
    near = difflib.get_close_matches(wanted, words, n=1)
    if near:
        raise CourseError(f"there is no exercise '{name}': did you mean {words[near[0]].name}?")
    first, last = among[0].number, among[-1].number
    raise CourseError(f"there is no exercise '{name}': they are numbered {first} to {last} (fls list shows them)")
