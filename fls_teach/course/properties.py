"""Read a specification's properties from its text; importing it would import numpy and Hypothesis."""

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Property:
    """One graded property, as read from the specification's text.

    Attributes
    ----------
    id : str
        "09.3".
    function : str
        Its name in the specification.
    sentence, formula : str
    points : int
    withheld : bool
        Whether the property is graded but never shown.
    """

    id: str
    function: str
    sentence: str
    formula: str
    points: int
    withheld: bool = False


def read_properties(path):
    """Return the graded properties in a specification's text, in order.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Property
        Without ids, which `Exercise.properties` assigns.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, is not valid Python, or a property has no sentence, points or formula.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as problem:
        raise ValueError(f"'{path}' is not valid Python: line {problem.lineno}: {problem.msg}") from None
    except RecursionError as problem:
        raise ValueError(f"'{path}' is not valid Python: {problem}") from None
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return tuple(_property(node, grading, path) for node in functions if (grading := _grading(node)))


def _grading(node):
    """Return the decorator graded(points, formula, ...) of a function, or None."""
    calls = (each for each in node.decorator_list if isinstance(each, ast.Call))
    return next((call for call in calls if getattr(call.func, "id", "") == "graded"), None)


def _property(node, grading, path):
    where = f"'{path}', line {node.lineno}: {node.name}"
    given = dict(zip(("points", "formula"), grading.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in grading.keywords}
    try:
        formula, points = ast.literal_eval(given["formula"]), ast.literal_eval(given["points"])
    except (KeyError, ValueError):
        raise ValueError(
            f"{where} needs @graded(points, formula, ...) with a literal number and a literal string"
        ) from None
    if type(points) is not int or points < 0 or type(formula) is not str:
        raise ValueError(f"{where} has points {points!r} and formula {formula!r}; wanted a whole number and a string")
    sentence = " ".join((ast.get_docstring(node) or "").split())
    if not sentence:
        raise ValueError(f"{where} needs a docstring, which is the sentence that a student reads")
    return Property("", node.name, sentence, formula, points)


def imported_modules(source):
    """Return the top-level names of all modules that `source` imports, also inside functions."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
