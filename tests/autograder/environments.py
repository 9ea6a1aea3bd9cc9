"""Fresh environments without a network: a new venv that borrows this interpreter's numpy and the rest."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import fls_teach

ROOT = Path(fls_teach.__file__).resolve().parents[1]


def copy_of_clone(folder):
    """What the repository holds, as far as it is installed from, in a folder that a build may write to."""
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info", ".fls", "progress.json")
    for name in ("fls_teach", "exercises", "solutions", "tests/spec", "tests/attacks"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("*.png", "*.gif", "pictures"))
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "constraints.txt"):
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def clean_environment(**more):
    """Variables without anything that would lead a new process to this checkout."""
    ours = ("FLS_", "PYTHON", "PIP_", "VIRTUAL_ENV", "HYPOTHESIS_")
    return (
        {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        | {
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONUTF8": "1",
        }
        | more
    )


class Environment:
    """A new venv; what pip installs into it comes from `source` alone."""

    def __init__(self, folder):
        self.folder = Path(folder)
        venv.create(self.folder, with_pip=False, symlinks=os.name != "nt")
        programs = self.folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = programs / ("python.exe" if os.name == "nt" else "python")
        asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.packages = Path(self.run("-c", asked).stdout.strip())
        # A .pth in a folder that a .pth names is not read: an editable fls_teach stays behind.
        (self.packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def install(self, source):
        """pip install, without a network."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet", "--no-deps"]
        pip += ["--no-build-isolation", "--disable-pip-version-check", "--no-index", "--no-compile", str(source)]
        done = subprocess.run(pip, env=clean_environment(), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (self.packages / "fls_teach").is_dir()
        return self

    def run(self, *words, cwd=None, **more):
        """Run this environment's Python to its end."""
        return subprocess.run(
            [str(self.python), *map(str, words)],
            cwd=cwd or self.folder,
            env=clean_environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    def fls(self, *words, **more):
        """Run the installed command, not `python -m`."""
        done = self.run(self.python.with_name("fls"), *words, **more)
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return done
