"""Reading a student's file, and the problems that can be found without parsing it."""

import re
from pathlib import Path

MAX_SOURCE_BYTES = 2**20


def read_source(path: str | Path) -> tuple[bytes | None, str]:
    """Return (source bytes, "") or (None, problem); see `check_source`."""
    path = Path(path)
    try:
        if path.is_dir():
            return None, "is a folder, not a Python file"
        if not path.exists():
            return None, "does not exist"
        if not path.is_file():  # a device or a pipe, which may never end
            return None, "is not an ordinary file"
        with open(path, "rb") as file:
            source = file.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        return None, f"cannot be read ({error.strerror or error})"
    return check_source(source)


def check_source(source: bytes) -> tuple[bytes | None, str]:
    """Return (source, ""), or (None, problem) with the problem as the end of a sentence after the file's name.

    Nothing is parsed here, because compiling hostile source can crash the interpreter.
    """
    if len(source) > MAX_SOURCE_BYTES:
        return None, f"is larger than {MAX_SOURCE_BYTES // 2**20} MiB"
    if not source.strip():
        return None, "is empty"
    if source[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None, "is saved as UTF-16; save it as UTF-8"
    if b"\0" in source:
        return None, "contains zero bytes: was it saved completely?"
    declared = re.match(rb"(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[:=]", source)  # PEP 263
    try:
        source.decode("utf-8")
    except UnicodeDecodeError as error:
        if not declared:
            line = source.count(b"\n", 0, error.start) + 1
            return None, f"is not saved as UTF-8 (byte {source[error.start]:#04x} on line {line})"
    return source, ""
