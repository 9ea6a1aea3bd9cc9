"""`fls watch`: checks on every save, listens to keys, ends when it is told to."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time

import pytest

from .conftest import NUMBER, environment


class Watching:
    """A running `fls watch`, its output line by line."""

    def __init__(self, desk, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fls_teach", "watch", NUMBER],
            cwd=desk.folder,
            env=environment(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.lines, self.seen = queue.Queue(), []
        threading.Thread(target=lambda: [self.lines.put(line) for line in self.process.stdout], daemon=True).start()

    def until(self, text, seconds=40):
        """Wait for a line with this text."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self.seen.append(self.lines.get(timeout=0.1))
            except queue.Empty:
                continue
            if text in self.seen[-1]:
                return
        raise AssertionError(f"no {text!r} in {''.join(self.seen)}")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def test_watch_checks_again_when_the_file_is_saved(desk):
    """Catches a save that goes unnoticed, and Ctrl-C that ends in a traceback."""
    with Watching(desk) as watching:
        watching.until("not started yet")
        watching.until("watching")
        desk.write("def linear_error(w, signal")  # an editor that was interrupted
        watching.until("does not run")
        watching.until("watching")
        # As many editors save: a new file takes the old one's place.
        beside = desk.file.with_name("half.tmp")
        beside.write_bytes(desk.exercise.solution.read_bytes())
        beside.replace(desk.file)
        watching.until(f"{desk.exercise.points}/{desk.exercise.points} points")
        watching.until("watching")
        if os.name != "nt":  # where a signal cannot be sent to one process alone
            watching.process.send_signal(signal.SIGINT)
            assert watching.process.wait(timeout=20) == 0
        assert "Traceback" not in "".join(watching.seen)


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals; Windows has msvcrt")
def test_watch_answers_to_keys(desk):
    import pty

    ours, theirs = pty.openpty()
    try:
        with Watching(desk, stdin=theirs) as watching:
            watching.until("n next")
            os.write(ours, b"h")
            watching.until("Hint 1 of 3")
            os.write(ours, b"l")
            watching.until("points")
            os.write(ours, b"n")
            watching.until("not started yet")
            os.write(ours, b"x")
            assert watching.process.wait(timeout=20) == 0
    finally:
        os.close(ours)
        os.close(theirs)
