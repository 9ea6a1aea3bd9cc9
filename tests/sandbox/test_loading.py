"""A file that cannot be loaded says why in one sentence, and is tried once."""

import os
import time

import pytest

from fls_teach.sandbox import Session

LOADS = {
    "syntax": (
        "x = 1\ndef f(:\n    pass\n",
        "does not run: line 2: invalid syntax",
        "    def f(:\n",
    ),
    "half saved": ("def f(X):\n    return (X +", "does not run: line 2: '(' was never", "^"),
    "indentation": ("def f():\nreturn 1\n", "line 2: expected an indented block", "return 1"),
    "empty": ("", "05_alignment.py is empty.", ""),
    "blank": ("\ufeff \n\n".encode()[3:], "is empty", ""),
    "utf-16": ("x = 1".encode("utf-16"), "UTF-16; save it as UTF-8", ""),
    "latin-1": ("# ok\nx = 'é'".encode("latin-1"), "not saved as UTF-8 (byte 0xe9 on line 2)", ""),
    "zeros": (b"x = 1\n" + bytes(100), "saved completely?", ""),
    "large": (b"#" * (2**20 + 1), "larger than 1 MiB", ""),
    "raises": ("import nothing_like_this\n", "raised ModuleNotFoundError: No module", "line 1"),
    "exits": ("import sys\nsys.exit()\n", "called exit()", "sys.exit()"),
    "stub at the top": ("raise ValueError('top')", "loading 05_alignment.py raised", "line 1"),
    "deep": ("(" * 5000 + ")" * 5000, "05_alignment.py", ""),
}


@pytest.mark.parametrize("source, message, traceback", LOADS.values(), ids=LOADS)
def test_a_file_that_cannot_be_loaded(session_for, source, message, traceback):
    session = session_for(source)
    outcome = session.call("f")
    assert outcome.kind == "load_error" and message in outcome.message
    assert "\n" not in outcome.message and traceback in outcome.traceback
    assert session.call("g") == outcome or session.call("g").message == outcome.message


def test_no_file_and_a_folder(folder):
    with Session(folder / "none.py") as session:
        assert session.call("f").message == "none.py does not exist."
    with Session(folder) as session:
        assert "is a folder, not a Python file" in session.call("f").message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_not_read_for_ever(folder):
    os.mkfifo(folder / "pipe.py")
    with Session(folder / "pipe.py") as session:
        assert "not an ordinary file" in session.load().message


@pytest.mark.parametrize(
    "source",
    [
        "\ufeffdef f():\n    return 'é'\n".encode(),
        b"# -*- coding: latin-1 -*-\ndef f():\n    return '\xe9'\n",
        "def f():\r\n    return 'é'\r\n".encode(),
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\n"
        "class A:\n    x: float\ndef f() -> A:\n    return A('é').x\n",
    ],
    ids=["bom", "declared latin-1", "crlf", "dataclass"],
)
def test_unusual_but_honest_files(session_for, source):
    assert session_for(source).call("f").value == "é"


@pytest.mark.parametrize(
    "source, kind, words",
    [
        ("while True: pass", "timeout", "loading 05_alignment.py was still running after 0.3 s"),
        ("import os; os._exit(0)", "crash", "loading 05_alignment.py crashed"),
    ],
)
def test_a_fatal_file_is_tried_once(session_for, source, kind, words):
    session = session_for(source, load_time_limit=0.3)
    outcome = session.call("f")
    assert outcome.kind == kind and words in outcome.message
    start = time.monotonic()
    assert session.call("f") is outcome and time.monotonic() - start < 0.05


def test_load_lists_the_functions_and_keeps_the_output_for_the_first_call(session_for):
    session = session_for("print('hello')\nfrom math import sqrt\ndef a(): 0\ndef b(): 0\nc = 1\n")
    outcome = session.load()
    assert outcome.value == ["a", "b"] and outcome.printed == ""
    assert session.call("a").printed == "hello\n"
    assert session.call("a").printed == ""


def test_the_file_is_read_once(session_for):
    """A submission cannot be one program for one worker and another for the next."""
    session = session_for("def f():\n    open(__file__, 'w').write('def f(): return 2')\n    return 1")
    assert session.call("f").value == 1
    session.restart()
    assert session.call("f").value == 1
