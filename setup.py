"""Copies exercises/, solutions/ and the specification into the wheel; everything else is in setup.cfg.

Not the attacks: no hostile program comes with what a student installs. They are in a clone and in a source archive.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

COURSE = "exercises", "solutions", "tests/spec"
PAGES = "docs/science.md", "docs/glossary.md"  # what lessons and claims refer to; `fls start` copies them
METADATA = "setup.cfg", "pyproject.toml", "LICENSE", "constraints.txt"  # for `fls release` and `fls bundle`
NOT_OURS = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*.bak*", "progress.json", "*.zip", "conftest.py")


class BuildWithCourse(build_py):
    """build_py, and the course."""

    def run(self):
        super().run()
        if self.editable_mode:  # then the package is used where it lies
            return
        target = Path(self.build_lib, "fls_teach", "course_files")
        shutil.rmtree(target, ignore_errors=True)  # what an earlier build left in build/
        for name in COURSE:
            shutil.copytree(name, target / name, ignore=NOT_OURS)
        (target / "docs").mkdir()
        for name in (*METADATA, *PAGES):
            shutil.copyfile(name, target / name)


setup(cmdclass={"build_py": BuildWithCourse})
