"""Validation of a worker's reply, before any of it is used.

All of it may be forged. A well-formed reply is worth no more than a value that the call might have returned.
"""

import re
from typing import Any

from fls_teach.characters import visible_text
from fls_teach.sandbox.decoding import ProtocolError, decode

_KINDS = "value", "exception", "not_done", "missing", "not_plain", "load_error", "timeout"
_FORM = {"kind": str, "exception": str, "detail": str, "traceback": str, "mutated": tuple}
_MAX_MUTATED = 32  # names of changed arguments
_MAX_CHARACTERS = {"printed": 25_000}  # an honest worker sends less than 6,000 in any other field


def validated(answer: object, data: bytes) -> dict[str, Any]:
    """Return the fields of an `Outcome` that a worker may fill in, with the value decoded.

    Parameters
    ----------
    answer : object
        The worker's answer, untrusted; it should have the form of `worker.ANSWER`.
    data : bytes
        The encoded value.

    Raises
    ------
    ProtocolError
        If either has another form.
    """
    if type(answer) is not dict or {name: type(item) for name, item in answer.items()} != _FORM:
        raise ProtocolError("not an answer")
    if any(type(name) is not str for name in answer["mutated"]):
        raise ProtocolError("not an answer")
    if answer["kind"] not in _KINDS:
        raise ProtocolError("no such kind of answer")
    answer["mutated"] = tuple(visible_text(name, 60) for name in answer["mutated"][:_MAX_MUTATED])
    return answer | ({"value": decode(data)} if answer["kind"] == "value" else {})


def visible_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the same fields with their text truncated and free of control characters."""
    return {
        name: visible_text(value, _MAX_CHARACTERS.get(name, 6_000)) if type(value) is str else value
        for name, value in fields.items()
    }


def split_fault_report(printed: str, file_name: str) -> dict[str, str]:
    """Return the fields "printed" and "traceback" of a crash: the student's output and Python's fault report."""
    start = re.search("Fatal Python error|Windows fatal exception", printed)
    output, report = (printed[: start.start()], printed[start.end() :]) if start else (printed, "")
    escaped = file_name.encode("ascii", "backslashreplace").decode()
    frames = re.findall(rf'File "{re.escape(escaped)}", line (\d+) in (.{{1,100}})', report)
    lines = [f"{file_name}, line {line}, in {name}" for line, name in frames[:8]]
    return {"printed": output, "traceback": "\n".join(lines[::-1])}
