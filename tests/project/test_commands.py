"""The Makefile's test commands: README names the same, and a test that ends its process is named."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CRASH = """
import os, pytest

@pytest.mark.parametrize("number", range(8))
def test_before(number): pass

def test_that_ends_its_process(): os.abort()

@pytest.mark.parametrize("number", range(8))
def test_after(number): pass
"""


def recipe(target):
    """The lines of a target's recipe."""
    return re.search(rf"^{target}:[^\n]*\n((?:\t[^\n]*\n)+)", MAKEFILE, re.MULTILINE)[1].splitlines()


def test_readme_names_the_command_of_make_test():
    """Without make a reader types what README says: catches one changed without the other."""
    (command,) = recipe("test")
    assert command.strip().replace("$(BIN)/python", "\npython") + "\n" in (ROOT / "README.md").read_text(
        encoding="utf-8"
    )


def test_a_test_that_ends_its_process_is_named_and_the_others_run(tmp_path):
    """Catches a --dist of pytest-xdist that answers with an INTERNALERROR, or runs the test again until it hangs."""
    (tmp_path / "test_crash.py").write_text(CRASH)
    _, *words = shlex.split(recipe("test")[0])
    words += ["-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert "crashed while running 'test_crash.py::test_that_ends_its_process'" in done.stdout, done.stdout + done.stderr
    assert "1 failed, 16 passed" in done.stdout and "INTERNALERROR" not in done.stdout and done.returncode == 1
