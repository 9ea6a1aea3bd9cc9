"""The result of one call: fields for programs and one sentence for the user."""

from dataclasses import dataclass

KINDS = tuple(
    "value exception not_done missing not_plain load_error timeout crash memory output protocol_error".split()
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of one call; see `fls_teach.sandbox` for the fields."""

    kind: str
    function: str = ""
    value: object = None
    message: str = ""
    exception: str = ""
    detail: str = ""
    traceback: str = ""
    printed: str = ""
    seconds: float = 0.0
    cpu_seconds: float | None = None
    mutated: tuple = ()

    @property
    def ok(self) -> bool:
        """Whether the call returned a plain value."""
        return self.kind == "value"


_SENTENCES = {
    "not_done": "{subject} is not written yet ({detail}).",
    "missing": "{file_name} has no function {function}{detail}.",
    "not_plain": "{subject} returned {detail}.",
    "timeout": "{subject} was still running after {limit:g} s and was stopped: an endless loop?",
    "crash": "{subject} crashed the Python interpreter ({detail}).",
    "memory": "{subject} used more memory than allowed, and was stopped.",
    "output": "{subject} printed, or wrote to files, more than allowed, and was stopped.",
    "protocol_error": "{subject} sent the grader an invalid reply ({detail}); the reply was discarded.",
}
_OUT_OF_TIME = "{subject} was stopped, because all calls together took more time than allowed."
_RAISED = {
    "SystemExit": "called exit(); return the result instead",
    "EOFError": "waited for input(); use the arguments instead",
    "RecursionError": "calls itself without end (RecursionError)",
    "MemoryError": "ran out of memory (MemoryError) {detail}",
}


def sentence(
    kind: str, function: str, file_name: str, exception: str = "", detail: str = "", limit: float | None = None
) -> str:
    """Return one sentence that tells the user what happened.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    function : str
        The function's name, or "" for loading the file.
    file_name : str
    exception, detail : str
        As in `Outcome`; for a crash, `detail` is how the process ended.
    limit : float, optional
        The exceeded time limit in seconds; None if it was the limit on all calls together.
    """
    if kind == "value":
        return ""
    subject = f"{function}()" if function else f"loading {file_name}"
    if kind in _SENTENCES:
        form = _OUT_OF_TIME if kind == "timeout" and limit is None else _SENTENCES[kind]
        text = form.format(subject=subject, function=function, file_name=file_name, detail=detail, limit=limit)
    elif kind == "load_error" and not exception:
        text = f"{file_name} {detail}" + ("" if detail.endswith("?") else ".")
    else:
        (first_line, *_) = detail.strip().split("\n", 1)
        form = _RAISED.get(exception, "raised {exception}: {detail}" if first_line else "raised {exception}")
        text = f"{subject} {form.format(exception=exception, detail=first_line)}".rstrip(".") + "."
    return " ".join(text.split())  # one line, even if the worker's detail has line breaks
