"""The attack zoo: hostile submissions, each with a header that gives its aim and the required verdicts.

The header is the docstring of the attack's file, which is read as text and never run here::

    '''Leaves with exit status 0 from inside the first call.

    exercise: 08_bayes_error
    verdict: crashed
    '''

``verdict`` holds the allowed verdicts of every property of the exercise, joined by "|"; if properties differ, it lists
all of them: ``08.1 passed, 08.2 wrong|timeout, ...``. ``honest: yes`` says that the file also holds honest work. In the
folder of the zoo, code/NAME.py is a submission itself, and packages/NAME.py is a trusted builder, whose
``build(folder)`` makes the submission and returns its path.
"""

import ast
import configparser
import re
from dataclasses import dataclass
from pathlib import Path

from fls_teach.autograder.record import VERDICTS
from fls_teach.autograder.sentence import refusal
from fls_teach.course.registry import CourseError, exercises


@dataclass(frozen=True)
class Attack:
    """One hostile submission.

    Attributes
    ----------
    name : str
        Name of its file without .py.
    path : Path
    builder : bool
        Whether the file makes the submission (packages/) or is the submission (code/).
    sentence : str
        Its aim.
    exercise : str
        Name of the exercise, such as "08_bayes_error".
    verdicts : dict
        Property, such as "08.1" -> tuple of str, the allowed verdicts.
    honest : bool
        Whether it holds honest work; otherwise none of its properties may earn a point.
    """

    name: str
    path: Path
    builder: bool
    sentence: str
    exercise: str
    verdicts: dict
    honest: bool


def attacks(root: str | Path) -> list[Attack]:
    """Return all attacks of a zoo.

    Parameters
    ----------
    root : path
        The folder that holds code/ and packages/.

    Returns
    -------
    list of Attack
        Those in code/ first, by name.

    Raises
    ------
    CourseError
        If there are none, two have the same name, or a header is invalid.
    """
    paths = [path for kind in ("code", "packages") for path in sorted(Path(root, kind).glob("*.py"))]
    if not paths:
        raise CourseError(f"there are no attacks in {root}: it has no code/*.py and no packages/*.py")
    found = {}
    for path in paths:
        if path.stem in found:
            raise CourseError(f"two attacks are called {path.stem}: {found[path.stem].path} and {path}; rename one")
        found[path.stem] = _attack(path, {exercise.name: exercise for exercise in exercises()})
    return list(found.values())


def _attack(path, by_name):
    """Return the attack in one file, from its header."""
    where, builder = f"the header of attack {path.parent.name}/{path.name}", path.parent.name == "packages"
    header = configparser.ConfigParser(delimiters=":", interpolation=None)
    with refusal(f"{where} cannot be read", kinds=(OSError, SyntaxError, ValueError, configparser.Error)):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        sentence, _, lines = docstring.partition("\n")
        header.read_string(f"[header]\n{lines}")
        name, verdict = (header.get("header", key) for key in ("exercise", "verdict"))
        honest = header.getboolean("header", "honest", fallback=False)
    if unknown := set(header["header"]) - {"exercise", "verdict", "honest"}:
        raise CourseError(f"{where} has a line '{min(unknown)}: ...': exercise, verdict and honest are known")
    if name not in by_name:
        raise CourseError(f"{where} names exercise '{name}', which the course does not have")
    verdicts = _verdicts(verdict, [item.id for item in by_name[name].properties], where)
    if not honest and any("passed" in allowed for allowed in verdicts.values()):
        raise CourseError(f"{where} lets a property pass without 'honest: yes': nothing but honest work earns points")
    return Attack(path.stem, path, builder, sentence.strip(), name, verdicts, honest)


def _verdicts(text, ids, where):
    """Return {property: allowed verdicts}."""
    given = {item: text for item in ids}
    if re.match(r"\d\d\.", text):
        pairs = [part.split(maxsplit=1) for part in text.split(",")]
        if [pair[0] for pair in pairs] != ids or any(len(pair) != 2 for pair in pairs):
            raise CourseError(f"{where} has to give one verdict for each of {', '.join(ids)}, in this order")
        given = dict(pairs)
    allowed = {item: tuple(words.strip().split("|")) for item, words in given.items()}
    for word in (word for words in allowed.values() for word in words):
        if word not in VERDICTS:
            raise CourseError(f"{where} knows a verdict '{word}': they are {', '.join(VERDICTS)}")
    return allowed
