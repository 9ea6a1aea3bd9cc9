"""The counterexample card, which shows a failure to a student as labelled lines of plain text.

Colours and terminals are handled in `terminal`.
"""

import ast
import functools
from dataclasses import dataclass

from fls_teach.characters import visible_text
from fls_teach.course.checking.failures import Abandoned, ArgumentChanged, CallFailed, Mismatch
from fls_teach.course.checking.search import StopSearch
from fls_teach.course.checking.show import call_shown, inputs_shown, largest_difference, pair_shown
from fls_teach.course.feedback.code import call_as_code
from fls_teach.course.feedback.failing_call import failing_call
from fls_teach.course.feedback.misconceptions import likely_misconception

PRINTED_LINES = 12
BESIDE = 2  # number of calls shown before and after the failing one


@dataclass(frozen=True)
class Card:
    """Rows of (label, text); a text may have several lines. Every text is safe to print and contains no markup."""

    rows: tuple

    def as_dict(self):
        """Return a dict from label to text."""
        return dict(self.rows)


def make_card(exercise, item, failure, *, path, replay="", picture=None, worker=None):
    """Make the card of one failure.

    Parameters
    ----------
    exercise : Exercise
    item : registry.Property
    failure : search.Failure
    path : Path
        The student's file, or another file whose functions have the same parameters.
    replay : str
        Command that runs this case again.
    picture : Path, optional
        Path of a saved picture of the failure.
    worker : SharedWorker, optional
        As in `misconceptions.likely_misconception`.

    Returns
    -------
    Card
    """
    error = failure.error
    if isinstance(error, Abandoned) and error.outcome.kind in ("missing", "not_done"):
        return Card((("you", error.outcome.message),))
    call, known = failing_call(failure), _known_parameters(exercise, path)
    rows = [("input", _input(failure, call, known)), ("call", _calls(failure, call, known))]
    rows += _mismatch(error) if isinstance(error, Mismatch) else _raised(failure)
    rows += [
        ("theory", item.formula),
        ("likely", _likely(exercise, failure, worker)),
        ("note", _note(failure)),
        ("printed", _printed(failure.calls)),
        ("picture", str(picture or "")),
        ("replay", replay),
        ("traceback", _traceback(error)),
    ]
    return Card(tuple((label, text) for label, text in rows if text))


def _likely(exercise, failure, worker):
    try:
        return likely_misconception(exercise, failure, worker)
    except StopSearch:  # no time left for this row; the others are complete without it
        return ""


def _mismatch(error):
    you, expected = pair_shown(error.you, error.expected)
    prefix = "" if error.what == "result" else f"{visible_text(str(error.what), 200)} = "
    return [
        ("you", prefix + you),
        ("expected", expected),
        ("off", "" if isinstance(error.you, str) else largest_difference(error.you, error.expected)),
        ("because", error.because),
    ]


def _raised(failure):
    error = failure.error
    if isinstance(error, (CallFailed, Abandoned)):
        return [("you", error.outcome.message)]
    if failure.calls:  # the specification raised an exception while it used the returned value
        last = failure.calls[-1]
        you, _ = pair_shown(last.outcome.value, "")
        reason = visible_text(f"{type(error).__name__}: {error}", 300)
        return [("you", f"{last.function}() = {you}"), ("expected", f"a result that can be computed with ({reason})")]
    return [("you", visible_text(str(error), 500))]


def summary(failure):
    """Return one line that says what went wrong."""
    error = failure.error
    if isinstance(error, Mismatch):
        you, expected = pair_shown(error.you, error.expected)
        return _one_line(f"got {you}, expected {expected}")
    if isinstance(error, (CallFailed, Abandoned)):
        return _one_line(error.outcome.message)
    return _one_line(visible_text(f"{type(error).__name__}: {error}", 300))


def _one_line(text, limit=100):
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _input(failure, call, known):
    """Format the arguments of the failing call, or the drawn inputs if no function was called."""
    if call is None:
        return inputs_shown(failure.inputs)
    names = list(known.get(call.function, ()))
    names += [f"argument {k}" for k in range(len(names) + 1, len(call.args) + 1)]
    return inputs_shown(dict(zip(names, call.args, strict=False)) | call.kwargs)


def _calls(failure, failing, known):
    """Format the failing call as code, marked among the calls before and after it."""
    if failing is None:
        return ""
    code, calls = call_as_code(failing), failure.calls
    if len(calls) == 1:
        return code
    place = next((k for k, call in enumerate(calls) if call is failing), len(calls) - 1)
    first, last = max(0, place - BESIDE), min(len(calls), place + 1 + BESIDE)
    lines = [f"  ... {first} before these"] if first else []
    for call in calls[first:last]:
        other = "  " + _one_line(call_shown(call, known.get(call.function, ())))
        lines.append("→ " + code.replace("\n", "\n  ") if call is failing else other)
    return "\n".join([*lines, f"  ... {len(calls) - last} after these"][: len(lines) + (last < len(calls))])


def _known_parameters(exercise, path):
    """Return a dict from each function that a property may call to the names of its parameters."""
    support = parameters(exercise.support) if exercise.support else {}
    return parameters(path) | {f"support:{name}": names for name, names in support.items()}


@functools.lru_cache(maxsize=8)
def parameters(path):
    """Return a dict from each function of a file to the names of its positional parameters; {} if it does not parse."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name: tuple(item.arg for item in node.args.posonlyargs + node.args.args) for node in functions}


def _printed(calls):
    lines = "".join(call.outcome.printed for call in calls).rstrip().split("\n")
    if len(lines) > PRINTED_LINES:
        lines = [f"... {len(lines) - PRINTED_LINES} lines before these", *lines[-PRINTED_LINES:]]
    return visible_text("\n".join(lines), 3000)


def _traceback(error):
    return error.outcome.traceback if isinstance(error, (CallFailed, Abandoned)) else ""


def _note(failure):
    if failure.flaky:
        return "the same input passed when it was tried again: does your function keep something from call to call?"
    if isinstance(failure.error, ArgumentChanged):
        return ""
    changed = [call for call in failure.calls if call.outcome.mutated]
    lines = [f"{name_of(call)}() changed {' and '.join(call.outcome.mutated)} in place" for call in changed]
    return "\n".join(dict.fromkeys(lines))


def name_of(call):
    """Return the name of the called function."""
    return call.function.removeprefix("support:")
