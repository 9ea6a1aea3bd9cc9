"""Submissions to grade, `fls grade` as a real process, and a look at what it has started."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from click.testing import CliRunner

from fls_teach.autograder.settings import RunSettings
from fls_teach.cli import main
from fls_teach.course.registry import find_exercise

KEY = "a key for tests"


def solution(number):
    """A right answer's text; of exercise 8 one without scipy, whose import costs a worker more than all its calls."""
    exercise = find_exercise(number)
    light = [path for path in exercise.alternatives if path.name == "erfc.py"]
    return (light or [exercise.solution])[0].read_text(encoding="utf-8")


def misconception(number, name):
    """A wrong answer's text."""
    return next(each.source for each in find_exercise(number).misconceptions if each.name == name)


def hand_in(folder, texts):
    """A submission: a folder with a file for each exercise of {number: text}."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    for number, text in texts.items():
        (folder / f"{find_exercise(number).name}.py").write_text(text, encoding="utf-8")
    return folder


def options(paths, out, **more):
    """`RunSettings` for harmless submissions."""
    usual = {"exercises": ("8",), "isolation": "process", "time_limit": 5.0}
    return RunSettings(paths=tuple(paths), out=Path(out), **(usual | more))


def start(environment, *words, **more):
    """Start ``fls grade WORDS`` in a session of its own."""
    command = [sys.executable, "-m", "fls_teach", "grade", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    environment = {name: value for name, value in environment.items() if name != "FLS_COURSE_KEY"}
    # Tests that were started in the background ignore Ctrl-C, and a process inherits that.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            command, **pipes, env=environment | {"FLS_COURSE_KEY": KEY}, start_new_session=True, text=True, **more
        )
    finally:
        signal.signal(signal.SIGINT, ignored)


def finish(process, code=0):
    """Its standard output and error, once it has ended with this exit code."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, out + err
    assert "Traceback" not in err, err
    return out, err


def graded_here(capfd, *words):
    """Run ``fls grade WORDS`` in this process, as strictly as `finish`: graders write to the same standard error."""
    done = CliRunner().invoke(main, ["grade", *map(str, words)])
    err = capfd.readouterr().err
    assert done.exit_code == 0, done.output + err
    assert "Traceback" not in done.output + err, done.output + err


def contents(out):
    """Every file of an OUT that must be the same wherever and whenever it is made, as {path: bytes}."""
    out = Path(out)
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name[0] != "."
    }


def records(out):
    """The records in an OUT that are finished, as {path: time of their last change}."""
    return {path: path.stat().st_mtime_ns for path in Path(out).glob("*/record.json")}


def wait_for(condition, seconds=60.0):
    """Wait until `condition()` is true, and return what it returned."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited for nothing"
        time.sleep(0.05)  # to look at all processes takes a while itself
    return found


def _processes():
    """Each living process as {pid: (parent, start time, command line)}."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if fields[0] != "Z":
                command = (folder / "cmdline").read_bytes()
                found[int(folder.name)] = int(fields[1]), fields[19], command
    return found


def offspring(pid):
    """The living descendants of a process, as {pid: (start time, command line)}."""
    every, family = _processes(), {pid}
    while more := {child for child, (parent, *_) in every.items() if parent in family} - family:
        family |= more
    return {child: every[child][1:] for child in family - {pid} if child in every}


def alive(family):
    """Those of `offspring` that still live."""
    now = _processes()
    return {pid for pid, (born, _) in family.items() if pid in now and now[pid][1] == born}


def graders(pid):
    """Process numbers of the graders that a `fls grade` has running."""
    return [child for child, (_, command) in offspring(pid).items() if b"marking.grader" in command]


def kill(process):
    """kill -9 of `fls grade`: the family that it leaves behind, and what all of them said."""
    family = offspring(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    return family, process.communicate()[1]
