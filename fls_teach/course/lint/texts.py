"""Check an exercise's texts: hints are shown as written, commands exist, signatures agree."""

import ast
import re

_FENCED = re.compile(r"^(```|~~~)[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")


def complaints(exercise, command_complaint=None):
    """Return what is wrong with an exercise's texts.

    Parameters
    ----------
    exercise : Exercise
    command_complaint : callable, optional
        Given the words of an `fls` command, returns what is wrong with them, or "".

    Returns
    -------
    list of str
    """
    found = [*_hints(exercise), *_signatures(exercise)]
    for path in (exercise.lesson, exercise.folder / "hints.md"):
        for words in commands(path.read_text(encoding="utf-8")) if path.exists() and command_complaint else ():
            if problem := command_complaint(words):
                found.append(f"{path.name}: `fls {' '.join(words)}`: {problem}")
    return found


def commands(text):
    """Return the words after `fls` of each command in a Markdown text.

    Examples
    --------
    >>> commands("Try `fls demo\\nucurve`.\\n```\\n$ fls check 09   # now\\nfls --help\\n```\\n")
    [['check', '09'], ['--help'], ['demo', 'ucurve']]
    """
    lines = [line.strip().removeprefix("$ ") for block in _FENCED.findall(text) for line in block[1].splitlines()]
    spans = [" ".join(span.split()) for span in _SPAN.findall(_FENCED.sub("", text))]
    every = (line.partition("  #")[0].split() for line in (*lines, *spans))
    return [words[1:] for words in every if words[:1] == ["fls"] and len(words) > 1]


def _hints(exercise):
    path = exercise.folder / "hints.md"
    if not path.exists():
        yield "there is no hints.md"
        return
    whole = path.read_text(encoding="utf-8")
    if len(re.findall(r"^(?:```|~~~)", whole, re.MULTILINE)) % 2:
        yield "hints.md: a code block is not closed"
    bodies = re.split(r"^## +.+\n", whole, flags=re.MULTILINE)[1:]
    for number, ((_, shown), body) in enumerate(zip(exercise.hints, bodies, strict=True), 1):
        if shown.splitlines() != body.strip("\n").rstrip().splitlines():
            yield f"hints.md: hint {number} is not shown as it is written: does it begin with an indented line?"


def _signatures(exercise):
    stub, solution = _parameters(exercise.stub), _parameters(exercise.solution)
    lesson = " ".join(exercise.lesson.read_text(encoding="utf-8").split())
    for name, parameters in stub.items():
        if solution.get(name) != parameters:
            yield f"the stub has {_call(name, parameters)}, the solution has {_call(name, solution.get(name))}"
        plain = [text.partition("=")[0] for text in parameters]
        for span in _SPAN.findall(lesson):
            called = re.fullmatch(rf"{name}\(([\w, =.]*)\)", span.strip())
            given = [text.strip().partition("=")[0] for text in called[1].split(",")] if called else plain
            if all(text.isidentifier() for text in given) and set(given) & set(plain) and given != plain:
                yield f"the lesson has {span}, the stub has {_call(name, parameters)}"


def _call(name, parameters):
    return f"no {name}" if parameters is None else f"{name}({', '.join(parameters)})"


def _parameters(path):
    """Return a dict from each public function of a file to its parameters, each with "=default" if it has one."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            positional = [*node.args.posonlyargs, *node.args.args]
            defaults = [None] * (len(positional) - len(node.args.defaults)) + node.args.defaults
            pairs = [*zip(positional, defaults, strict=True)]
            pairs += zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            found[node.name] = [arg.arg + (f"={ast.unparse(given)}" if given else "") for arg, given in pairs]
    return found
