"""A student at work, in a folder whose name would break careless code."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import fls_teach
from fls_teach.cli import main
from fls_teach.course.registry import find_exercise

SOURCES = str(Path(fls_teach.__file__).parents[1])
NUMBER = "08"  # the exercise that the loop is driven with: the quickest to check


def environment(**more):
    """What a student's shell would have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLS_", "HYPOTHESIS_"))}
    return kept | {"PYTHONPATH": SOURCES, "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"} | more


class Desk:
    """A workspace and the commands typed in it."""

    def __init__(self, folder):
        self.folder = folder
        self.exercise = find_exercise(NUMBER)
        self.file = folder / self.exercise.name / f"{self.exercise.name}.py"

    def fls(self, *words, cwd=None, **more):
        """Type a command. It runs in this process, which has imported already what a new one imports for a second."""
        shell, here = environment(**more), os.getcwd()
        os.chdir(cwd or self.folder)
        try:
            done = CliRunner().invoke(main, words, prog_name="fls", env=dict.fromkeys(os.environ) | shell)
        finally:
            os.chdir(here)
        if not isinstance(done.exception, (SystemExit, type(None))):
            raise done.exception
        assert "Traceback" not in done.output, done.output
        return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)

    def process(self, *words, **more):
        """Type a command that runs in a process of its own."""
        return self.run(sys.executable, "-m", "fls_teach", *words, **more)

    def run(self, *words, cwd=None, encoding="utf-8", **more):
        """Run a program to its end; nothing may show a traceback."""
        done = subprocess.run(
            words,
            cwd=cwd or self.folder,
            env=environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding=encoding,
            timeout=60,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return done

    def write(self, source):
        """Save the exercise."""
        self.file.write_bytes(source if isinstance(source, bytes) else source.encode())

    def solve(self, path=None):
        """Save the reference, or another of the course's files, as the student's work."""
        self.write((path or self.exercise.solution).read_bytes())


@pytest.fixture
def desk(tmp_path):
    """A new workspace."""
    desk = Desk(tmp_path / "Übung 5 – 日本 & co" / "my work")
    made = desk.fls("start", str(desk.folder), cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    return desk
