"""The /autograder layout of Gradescope in a private name space.

Nothing is installed from a network: `apt-get` is one that only writes down what it was asked for, and the new
environment borrows this interpreter's packages. Everything else is what Gradescope would run.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from .environments import clean_environment

BORROWED = sysconfig.get_path("purelib")


def _name_spaces():
    """How to run a program with another root folder, or None."""
    program = shutil.which("bwrap")
    words = [program, "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"]
    return program and subprocess.run(words, capture_output=True).returncode == 0


on_the_layout = pytest.mark.skipif(
    not _name_spaces() and not os.environ.get("CI"), reason="needs bubblewrap for a private /autograder"
)


class Gradescope:
    """A container: `folder` is /autograder in it, and nowhere else."""

    def __init__(self, folder, bundle):
        self.folder = folder
        for name in ("source", "submission", "results", "programs"):
            (folder / name).mkdir(parents=True)
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(folder / "source")  # without the modes, as Gradescope may
        shutil.copyfile(folder / "source" / "run_autograder", folder / "run_autograder")
        self.program("apt-get", f'echo "$*" >> {folder}/apt.log')
        borrowed = (
            f"for packages in \"$3\"/lib/python*/site-packages; do echo '{BORROWED}' > $packages/borrowed.pth; done"
        )
        self.program("python3", f'{interpreter()} "$@" --without-pip\n{borrowed}')  # asked for `-m venv FOLDER` only

    @classmethod
    def copy_of(cls, folder, other):
        """A container like another one, of which the folder is given."""
        container = cls.__new__(cls)
        container.folder = shutil.copytree(other, folder, symlinks=True)
        return container

    def program(self, name, text):
        path = self.folder / "programs" / name
        path.write_text(f"#!/bin/sh -e\n{text}\n")
        path.chmod(0o755)

    def run(self, *words, **more):
        """Run a program in the container to its end, in /autograder."""
        view = [word for entry in sorted(Path("/").iterdir()) for word in _bound(entry)]
        inside = ["--bind", str(self.folder), "/autograder", "--chdir", "/autograder"]
        as_root = ["--cap-add", "ALL"] if os.geteuid() == 0 else ["--unshare-user", "--uid", "0", "--gid", "0"]
        pip = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_QUIET": "1"}
        path = f"/autograder/programs{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [shutil.which("bwrap"), *as_root, *view, *inside, "--die-with-parent", *words],
            env=clean_environment(PATH=path, **pip, **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
        )

    @property
    def results(self):
        path = self.folder / "results" / "results.json"
        return json.loads(path.read_text()) if path.exists() else None

    def grade(self, files):
        """Submit files (path -> text) and run the autograder."""
        shutil.rmtree(self.folder / "submission")
        for name, text in {"": None, **files}.items():
            path = self.folder / "submission" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.mkdir(exist_ok=True)
            else:
                path.write_text(text, encoding="utf-8")
        (self.folder / "submission_metadata.json").write_text('{"users": [{"name": "Ada"}]}')
        return self.run("bash", "/autograder/run_autograder")

    def fails(self, files, because):
        """Submit, and expect that the autograder says why it gives no mark, not even an old one."""
        (self.folder / "results" / "results.json").write_text('{"score": 100}')
        done = self.grade(files)
        assert done.returncode == 1, done.stdout
        assert self.results is None
        assert "fls-teach gave no mark: " in done.stdout.splitlines()[-1]
        assert because in done.stdout
        return done


def interpreter():
    """The system's Python, which other users may run too, if our packages are made for it; else this one."""
    system = "/usr/bin/python3"
    asked = [system, "-c", "import sys, venv; print(sys.version_info[:2])"]
    same = os.path.exists(system) and subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    return system if same == str(sys.version_info[:2]) else sys._base_executable


def open_to_others(path):
    return all(parent.stat().st_mode & 0o001 for parent in (Path(path), *Path(path).parents))


def _bound(entry):
    if entry.name == "autograder":
        return []
    if entry.is_symlink():
        return ["--symlink", os.readlink(entry), str(entry)]
    return ["--dev-bind", str(entry), str(entry)]
