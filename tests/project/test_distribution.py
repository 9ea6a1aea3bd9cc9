"""The source distribution has what README, the tests and a registry need."""

import configparser
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import fls_teach

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = "fls_teach", "exercises", "solutions", "tests", "docs", "benchmarks"
FILES = (
    "Makefile README.md LICENSE CHANGELOG.md CITATION.cff CONTRIBUTING.md SECURITY.md MANIFEST.in setup.cfg setup.py"
)
FILES = {*FILES.split(), "pyproject.toml", "constraints.txt", "ruff.toml"}
NOT_OURS = shutil.ignore_patterns("_pages", "__pycache__", "*.pyc", ".*", "*.bak-*", "progress.json*", "submission.zip")
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """The source tree that was packed, and the names in the archive, both relative to their top folder."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=NOT_OURS)
    for name in FILES:
        shutil.copyfile(ROOT / name, source / name)
    wanted = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    command = [sys.executable, "setup.py", "-q", "sdist", "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=100)
    (archive,) = target.iterdir()
    with tarfile.open(archive) as packed:
        return wanted, {member.name.partition("/")[2] for member in packed if member.isfile()}


def test_the_sdist_has_all_code_tests_and_pages(sdist):
    """Catches a folder that MANIFEST.in does not name: the tests of an unpacked sdist would fail, or be missing."""
    wanted, found = sdist
    assert not sorted(wanted - found)


def test_pictures_and_pages_that_readme_names_are_in_the_sdist(sdist):
    """Catches a link that an unpacked sdist cannot follow."""
    links = re.findall(r"\]\(([^):#]+)[^):]*\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links and not set(links) - sdist[1]


def test_the_citation_names_this_version():
    assert f"\nversion: {fls_teach.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_every_python_version_of_the_constraints_has_a_classifier():
    """Catches a version that pip may use and that the registry's page does not name."""
    versions = re.findall(r"Python :: (3\.\d+)", SETUP["metadata"]["classifiers"])
    assert f">={versions[0]}" == SETUP["options"]["python_requires"].replace(" ", "")
    assert len(versions) > 1 and versions == [f"3.{10 + number}" for number in range(len(versions))]


def test_every_requirement_has_a_lower_bound():
    """Catches a requirement without a lower bound, which `make test-lowest` could not install."""
    lines = [line for line in SETUP["options"]["install_requires"].splitlines() if line]
    assert lines and not [
        line for line in lines if not re.fullmatch(r"[a-z0-9-]+ >= [\d.]+(, < \d+)?(; python_version.*)?", line)
    ]
