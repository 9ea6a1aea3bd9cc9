"""Whatever a student saves ends as a sentence and an exit code, never as a traceback of ours."""

import json
import time

import pytest

from .conftest import NUMBER

HEAD = "def linear_error(w, signal, kappa, sigma):\n"

CASES = {
    "half saved": (HEAD + "    return (w @ signal", "does not run: line 2"),
    "saved empty": ("", "is empty"),
    "not text": (b"def \xff\xfe", "is not saved as UTF-8"),
    "zero bytes": (b"x = 1\n\0\0\0", "zero bytes"),
    "raises when loaded": ("import nonsense_module\n" + HEAD + "    return 1\n", "nonsense_module"),
    "no such function": ("def error(w):\n    return 1\n", "has no function linear_error; it defines error"),
    "another signature": ("def linear_error(w):\n    return 1\n", "raised TypeError"),
    "returns None": (HEAD + "    pass\n", "one number"),
    "returns text": (HEAD + "    return '[red]0.5[/red] \\x1b[2J'\n", "[red]0.5[/red]"),
    "returns a generator": (HEAD + "    return (x for x in w)\n", "generator"),
    "returns a matrix": (HEAD + "    import numpy as np; return np.ones((2, 3))\n", "its shape is (2, 3)"),
    "returns NaN": (HEAD + "    return float('nan')\n", "NaN"),
    "raises": (HEAD + "    return 1 / 0\n", "raised ZeroDivisionError"),
    "raises markup": (HEAD + "    raise ValueError('[bold]\\x1b[2J[/nonsense]')\n", "[bold]\\x1b[2J[/nonsense]"),
    "exits": (HEAD + "    raise SystemExit\n", "called exit()"),
    "kills the interpreter": (HEAD + "    import os; os.abort()\n", "crashed the Python interpreter"),
    "prints markup": (HEAD + "    print('[/oops] \\x1b[2J')\n    return 2\n", "[/oops] \\x1b[2J"),
    "not written": (
        HEAD + '    x = 1\n    raise NotImplementedError("exercise 08: linear_error")\n',
        "not written yet",
    ),
    "random": (HEAD + "    import time; return time.time_ns() % 1000 / 999\n", "expected"),
}


@pytest.mark.parametrize("case", CASES)
def test_check_says_what_is_wrong(desk, case):
    source, sentence = CASES[case]
    desk.write(source)
    done = desk.fls("check", NUMBER)
    shown = " ".join(done.stdout.split())
    assert done.returncode == 1, done.stderr
    assert sentence in shown
    assert "\x1b" not in done.stdout
    assert "fls_teach" not in done.stdout, "only the student's frames"


def test_the_student_sees_the_line_that_raised_after_the_message(desk):
    desk.write(HEAD + "    return helper(w)\n\n\ndef helper(w):\n    return w['a']\n")
    shown = desk.fls("check", NUMBER).stdout
    message, line = shown.index("raised IndexError"), shown.index(f"{desk.file.name}, line 6, in helper")
    assert message < line


def test_what_the_student_printed_is_on_the_card(desk):
    desk.write(HEAD + "    print('w is', w)\n    return 2.0\n")
    assert "w is [" in desk.fls("check", NUMBER).stdout


def test_an_endless_loop_costs_one_time_out_and_one_sentence(desk):
    desk.write(HEAD + "    while True:\n        pass\n")
    start = time.perf_counter()
    done = desk.fls("check", NUMBER, "--time-limit", "2")
    seconds = time.perf_counter() - start
    assert done.returncode == 1
    assert done.stdout.count("still running after 2 s") == 1
    assert f"{desk.file.name}, line " in done.stdout
    assert seconds < 2 * 2 + 10, "the other properties are not run"


def test_a_deleted_file_and_a_folder_in_its_place(desk):
    desk.file.unlink()
    done = desk.fls("check", NUMBER)
    assert done.returncode == 1
    assert f"fls reset {NUMBER}" in done.stdout
    desk.file.mkdir()
    assert desk.fls("check", NUMBER).returncode == 1
    desk.file.rmdir()
    assert desk.fls("list").returncode == 0
    assert desk.fls("reset", NUMBER).returncode == 0
    assert "not started yet" in desk.fls("check", NUMBER).stdout


def test_one_broken_file_does_not_keep_the_others_from_being_checked(desk):
    desk.solve()
    other = next(path for path in desk.folder.glob("[0-9]*/[0-9]*.py") if path != desk.file)
    other.write_text("def (:\n")
    record = json.loads(desk.fls("check", "--all", "--json").stdout)
    states = {each["name"]: each["state"] for each in record["exercises"]}
    assert states.pop(desk.exercise.name) == "passed"
    assert states.pop(other.stem) == "unusable"
    assert set(states.values()) <= {"not started"}
