"""A conftest.py and settings files that let every test pass where pytest runs in the submission's folder.

exercise: 08_bayes_error
verdict: wrong
"""

from pathlib import Path

CONFTEST = """
import pathlib
pathlib.Path("/tmp/FLS-ATTACK-WAS-HERE-conftest").touch()

def pytest_runtest_makereport(item, call):
    call.excinfo = None
"""

SOURCES = Path(__file__).parents[1] / "sources"
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "conftest_and_settings"
    path.mkdir()
    (path / "08_bayes_error.py").write_text(WRONG)
    (path / "conftest.py").write_text(CONFTEST)
    (path / "pytest.ini").write_text("[pytest]\naddopts = -p conftest --deselect=test --maxfail=0\n")
    (path / "setup.cfg").write_text("[tool:pytest]\naddopts = --collect-only\n")
    (path / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--collect-only"\n')
    return path
