"""What came of one call, in fields for programs and one sentence for a person."""

from dataclasses import dataclass

KINDS = tuple(
    "value exception not_done missing not_plain load_error timeout crash memory output protocol_error".split()
)

# Control characters could move a terminal's cursor or reorder a line (bidi
# overrides) so that a report shows what is not there; show them as escapes.
_UNSAFE = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    for start, stop in ((0, 9), (11, 32), (127, 160), (0x200E, 0x2010), (0x2028, 0x202F), (0x2066, 0x206A))
    for code in range(start, stop)
}


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
    def ok(self):
        """Whether the call returned a plain value."""
        return self.kind == "value"


def visible_text(text, limit):
    """Return `text` without control characters, cut to `limit` with a note."""
    left_out = len(text) - limit
    text = text[:limit].replace("\r\n", "\n").translate(_UNSAFE)
    return f"{text}\n... ({left_out} more characters not shown)" if left_out > 0 else text


def sentence(kind, function, file_name, exception="", detail="", limit=None):
    """Return the one sentence that tells a person what happened.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    function : str
        The function's name, or "" if the file was being loaded.
    file_name : str
    exception, detail : str
        As in `Outcome`; for a crash, `detail` is how the process ended.
    limit : float, optional
        The time limit in seconds; None if it was that on all calls together.
    """
    if kind == "value":
        return ""
    # On one line, whatever the worker put into the detail.
    return " ".join(_sentence(kind, function, file_name, exception, detail, limit).split())


def _sentence(kind, function, file_name, exception, detail, limit):
    subject = f"{function}()" if function else f"loading {file_name}"
    if kind == "not_done":
        return f"{subject} is not written yet ({detail})."
    if kind == "missing":
        return f"{file_name} has no function {function}{detail}."
    if kind == "not_plain":
        return f"{subject} returned {detail}."
    if kind == "timeout" and limit is None:
        return f"{subject} was stopped, because all calls together took more time than they may."
    if kind == "timeout":
        return f"{subject} was still running after {limit:g} s and was stopped: an endless loop?"
    if kind == "crash":
        return f"{subject} crashed the Python interpreter ({detail})."
    if kind == "memory":
        return f"{subject} used more memory than it may, and was stopped."
    if kind == "output":
        return f"{subject} printed, or wrote to files, more than it may, and was stopped."
    if kind == "protocol_error":
        return f"{subject} sent the grader an invalid reply ({detail}); the reply was discarded."
    if kind == "load_error" and not exception:
        return f"{file_name} {detail}" + ("" if detail.endswith("?") else ".")
    first_line = detail.strip().partition("\n")[0]
    return f"{subject} {_raised(exception, first_line)}".rstrip(".") + "."


def _raised(exception, detail):
    if exception == "SystemExit":
        return "called exit(); return the result instead"
    if exception == "EOFError":
        return "waited for input(); use the arguments instead"
    if exception == "RecursionError":
        return "calls itself without end (RecursionError)"
    if exception == "MemoryError":
        return f"ran out of memory (MemoryError) {detail}".rstrip()
    return f"raised {exception}: {detail}" if detail else f"raised {exception}"
