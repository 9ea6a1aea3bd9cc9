"""What a worker says of a call is validated here, before anything of it is believed.

All of it may be forged. What has the right form is worth as much as the value that the call might have returned.
"""

import re
from typing import Any

from fls_teach.characters import visible_text
from fls_teach.sandbox.decoding import ProtocolError, decode

_KINDS = "value", "exception", "not_done", "missing", "not_plain", "load_error", "timeout"
_FORM = {"kind": str, "exception": str, "detail": str, "traceback": str, "mutated": tuple}
_MAX_ARGUMENTS = 32  # that are named
_LONGEST = {"printed": 25_000}  # characters; of all else an honest worker sends less than 6,000


def validated(answer: object, data: bytes) -> dict[str, Any]:
    """The fields of an `Outcome` that a worker may fill in, the value decoded.

    Parameters
    ----------
    answer : object
        As `worker.ANSWER`, if all is well.
    data : bytes
        The encoded value.

    Raises
    ------
    ProtocolError
        If it has another form.
    """
    if type(answer) is not dict or {name: type(item) for name, item in answer.items()} != _FORM:
        raise ProtocolError("not an answer")
    if any(type(name) is not str for name in answer["mutated"]):
        raise ProtocolError("not an answer")
    if answer["kind"] not in _KINDS:
        raise ProtocolError("no such kind of answer")
    answer["mutated"] = tuple(visible_text(name, 60) for name in answer["mutated"][:_MAX_ARGUMENTS])
    return answer | ({"value": decode(data)} if answer["kind"] == "value" else {})


def visible_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """The same fields, their text cut and free of control characters."""
    return {
        name: visible_text(value, _LONGEST.get(name, 6_000)) if type(value) is str else value
        for name, value in fields.items()
    }


def last_words(printed: str, file_name: str) -> dict[str, str]:
    """Fields of a crash: what Python's fault handler wrote, told from what the student printed."""
    start = re.search("Fatal Python error|Windows fatal exception", printed)
    own, words = (printed[: start.start()], printed[start.end() :]) if start else (printed, "")
    escaped = file_name.encode("ascii", "backslashreplace").decode()
    frames = re.findall(rf'File "{re.escape(escaped)}", line (\d+) in (.{{1,100}})', words)
    lines = [f"{file_name}, line {line}, in {name}" for line, name in frames[:8]]
    return {"printed": own, "traceback": "\n".join(lines[::-1])}
