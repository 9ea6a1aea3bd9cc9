"""The Makefile's test commands: README names the same, and a test that ends its process is named."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

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


def test_quick_has_a_part_of_every_folder():
    """Catches a new folder of tests that `make quick` passes over, and a file that has moved."""
    files = re.search(r"^QUICK := ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)[1].replace("\\\n", " ").split()
    assert not [name for name in files if not (ROOT / name).is_file()]
    rooms = {path.parent for path in (ROOT / "tests").glob("**/test_*.py")} - {ROOT / "tests" / "spec"}
    rooms = {room for room in rooms if not {"attacks", "frozen_course"} & set(room.parts)}  # material
    assert rooms == {(ROOT / name).parent for name in files}


def test_a_test_that_ends_its_process_is_named_and_the_others_run(tmp_path, environment):
    """Catches a --dist of pytest-xdist that answers with an INTERNALERROR, or runs the test again until it hangs."""
    (tmp_path / "test_crash.py").write_text(CRASH)
    _, *words = shlex.split(recipe("test")[0])
    words += ["-p", "conftest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    env = {**environment, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])}
    done = subprocess.run([sys.executable, *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=200)
    assert "crashed while running 'test_crash.py::test_that_ends_its_process'" in done.stdout, done.stdout + done.stderr
    assert "1 failed, 16 passed" in done.stdout and "INTERNALERROR" not in done.stdout and done.returncode == 1


def test_a_command_to_a_process_that_has_ended_is_no_error(pytestconfig):
    """Catches the INTERNALERROR of the above where the process ends just before it is sent more tests."""

    def sendcommand(name, **arguments):
        raise OSError("cannot send (already closed?)")

    (ours,) = (
        plugin
        for plugin in pytestconfig.pluginmanager.get_plugins()
        if getattr(plugin, "__file__", None) == str(ROOT / "tests" / "conftest.py")
    )
    node = SimpleNamespace(sendcommand=sendcommand)
    ours.pytest_configure_node(node)
    node.sendcommand("runtests", indices=[1])
