"""Make the mutants of a solution, and read the list of those that its author declares equivalent to it."""

import ast
import difflib
import random
from dataclasses import dataclass

from fls_teach.course.lint.operators import operators
from fls_teach.course.patched import read_table
from fls_teach.course.registry import CourseError


@dataclass(frozen=True)
class Mutant:
    """A solution with one change.

    Attributes
    ----------
    source : str
    line : int
        Line of the solution where the change begins.
    diff : str
        The removed lines, each after "- ", and the added lines, each after "+ ", without their indentation.
    """

    source: str
    line: int
    diff: str


def mutants_of(source):
    """Return all distinct mutants of a Python text, in the order of the text.

    Parameters
    ----------
    source : str

    Returns
    -------
    list of Mutant

    Raises
    ------
    CourseError
        If mutmut is not installed.
    """
    all_operators = operators()
    import libcst

    class Pairs(libcst.CSTVisitor):
        """Collects (node, replacement) for all nodes except annotations and imports, which callers do not notice."""

        def __init__(self):
            super().__init__()
            self.found = []

        def on_visit(self, node):
            for kind, operator in all_operators:
                if isinstance(node, kind):
                    self.found += [(node, changed) for changed in operator(node)]
            return not isinstance(node, (libcst.Annotation, libcst.Import, libcst.ImportFrom))

    module, pairs = libcst.parse_module(source), Pairs()
    module.visit(pairs)
    known, found = {ast.dump(ast.parse(source))}, []
    for node, changed in pairs.found:
        text = module.deep_replace(node, changed).code
        try:
            tree = ast.dump(ast.parse(text))
        except SyntaxError:
            continue
        if tree not in known:
            known.add(tree)
            found.append(_mutant(source, text))
    return sorted(found, key=lambda mutant: mutant.line)


def _mutant(source, text):
    old, new = source.splitlines(), text.splitlines()
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    diff, first = [], None
    for kind, a, b, c, d in codes:
        if kind != "equal":
            first = a + 1 if first is None else first
            diff += [f"- {line.strip()}" for line in old[a:b]] + [f"+ {line.strip()}" for line in new[c:d]]
    return Mutant(text, first, "\n".join(diff))


def sample(mutants, number, name):
    """Choose `number` of the mutants, always the same ones for the same `name`; None chooses all."""
    if number is None or number >= len(mutants):
        return mutants
    chosen = random.Random(f"mutants of {name}").sample(range(len(mutants)), number)
    return [mutants[k] for k in sorted(chosen)]


def equivalent_mutants(exercise):
    """Return the mutants that answer as the reference does, as listed in solutions/NN_slug/equivalent.toml.

    ::

        [[equivalent]]
        diff = '''
        - if start < stop:
        + if start <= stop:'''
        reason = "an interval without length has no mass"

    Several mutants with the same reason may share an entry: ``diff = ["...", "..."]``.

    Returns
    -------
    dict
        diff (str) -> reason (str).

    Raises
    ------
    CourseError
        If the file is not valid TOML, or an entry does not consist of a diff and a reason.
    """
    table = exercise.solution.parent / "equivalent.toml"
    found = {}
    for entry in read_table(table, "equivalent") if table.exists() else ():
        diffs, reason = entry.get("diff"), entry.get("reason")
        diffs = diffs if isinstance(diffs, list) else [diffs]
        if set(entry) != {"diff", "reason"} or not all(isinstance(text, str) and text for text in (*diffs, reason)):
            raise CourseError(f"'{table}': each [[equivalent]] needs a diff and a reason, and nothing else: {entry}")
        for diff in map(_normal, diffs):
            if diff in found:
                raise CourseError(f"'{table}' lists this twice:\n{diff}")
            found[diff] = reason
    return found


def _normal(diff):
    lines = map(str.strip, diff.strip().splitlines())
    return "\n".join(f"{line[:1]} {line[1:].strip()}" for line in lines)
