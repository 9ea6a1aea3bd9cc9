"""The devcontainer: its file has the form that editors ask for, and what it runs once made ends in a workspace."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / ".devcontainer" / "devcontainer.json"


def test_the_file_has_the_form_of_the_schema():
    """Catches a misspelled property, which editors ignore without a word, and a value of a wrong kind.

    The kinds are those that the published schema (containers.dev, devContainer.base) gives the properties in use.
    """
    found = json.loads(FILE.read_text(encoding="utf-8"))
    assert {name: type(value) for name, value in found.items()} == {
        "name": str, "image": str, "postCreateCommand": str, "customizations": dict,
    }  # fmt: skip
    extensions = found["customizations"]["vscode"]["extensions"]
    assert extensions and all(extension.count(".") == 1 for extension in extensions), "publisher.name"


def test_what_it_runs_ends_in_a_workspace_of_notebooks(tmp_path):
    """Catches an extra, constraints or an option of `fls start` that are gone. apt-get and pip are stand-ins."""
    for path in ("constraints.txt", "setup.cfg"):
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    stand_ins = {
        "apt-get": 'echo apt-get "$@" >> said',
        "python": 'test "$1 $2 $3" = "-m pip install" && echo "$@" >> said',
        "fls": f"exec '{sys.executable}' -m fls_teach \"$@\"",
    }
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, line in stand_ins.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    env = os.environ | {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
    }
    command = json.loads(FILE.read_text(encoding="utf-8"))["postCreateCommand"]
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = (tmp_path / "said").read_text()
    assert "install -y -qq bubblewrap" in said and "-c constraints.txt -e .[grade] notebook" in said
    extras = (ROOT / "setup.cfg").read_text(encoding="utf-8").partition("[options.extras_require]")[2]
    assert "\ngrade =" in extras
    assert (tmp_path / "my-work" / "01_mixture" / "01_mixture.ipynb").is_file()


def test_readme_reaches_the_first_check_in_five_lines():
    """Catches a sixth command between a clone and the first checked exercise."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8").partition("From a clone to the first checked exercise")[2]
    lines = readme.partition("```sh\n")[2].partition("```")[0].splitlines()
    assert len(lines) == 5 and lines[-1].startswith("fls check 01"), lines
