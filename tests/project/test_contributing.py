"""CONTRIBUTING.md takes a stranger from an empty folder to a graded exercise; here its commands are run."""

import csv
import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from fls_teach.course.registry import own_root

GUIDE = own_root() / "CONTRIBUTING.md"


@pytest.fixture
def run(tmp_path, environment):
    """Run a line of a shell in a folder, with `fls` on the path."""
    program = tmp_path / "bin" / "fls"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fls_teach "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    variables = {name: value for name, value in environment.items() if not name.startswith("FLS_")}
    variables["PATH"] = f"{program.parent}{os.pathsep}{variables['PATH']}"

    def line(command, folder):
        return subprocess.run(
            ["sh", "-c", command], cwd=folder, env=variables, capture_output=True, encoding="utf-8", timeout=120
        )

    return line


@pytest.mark.skipif(os.name == "nt", reason="a Unix shell; grading needs Linux")
@pytest.mark.skipif(not GUIDE.is_file(), reason="CONTRIBUTING.md is in a clone, not in an installed package")
def test_every_command_of_the_guide_works(run, tmp_path):
    """Catches a command that the guide has and fls has not, and an exercise that a stranger cannot get graded."""
    text = GUIDE.read_text(encoding="utf-8").partition("## From an empty folder")[2]
    lines = re.search(r"```sh\n(.*?)```", text, re.DOTALL)[1].splitlines()
    assert sum(line.startswith("fls ") for line in lines) >= 6, (
        "no commands were found: does this test still read them?"
    )
    top = folder = tmp_path / "empty"
    folder.mkdir()
    for line in lines:
        command, _, comment = line.partition("#")
        if command.startswith("fls lint") and find_spec("mutmut") is None:  # an extra of its own
            continue
        if command.startswith("cd "):
            folder = (folder / command.split()[1]).resolve()
            continue
        done = run(command, folder)
        if done.returncode == 2 and "`fls doctor` says what is missing" in done.stderr:  # no sandbox here
            pytest.fail(done.stderr) if os.environ.get("CI") else pytest.skip(done.stderr)
        failing = comment.strip().startswith("0/")
        assert done.returncode == (1 if failing else 0), f"{line}\n{done.stdout}{done.stderr}"
        if points := re.search(r"\d/\d points", comment):
            assert points[0] in done.stdout, line
    with open(top / "marks" / "gradebook.csv", encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert row["score"] == row["max_score"] == "5"
    assert (top / "student-course" / "fls_teach/course_files/exercises/01_ridge/README.md").is_file()
