"""Lessons as notebooks: run by Jupyter's own client, without a window, and checked by the same `fls check`."""

import json
import os
import sys
from pathlib import Path

import pytest

from fls_teach.course.registry import exercises, find_exercise
from fls_teach.course.workspace.notebook import lesson_notebook
from fls_teach.course.workspace.start import start

ROOT = Path(__file__).parents[2]
EXERCISE = find_exercise("08")


@pytest.fixture
def jupyter(monkeypatch, tmp_path):
    """Run a notebook in its folder, as a student would; what each code cell printed."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    script = tmp_path / "bin" / "fls"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m fls_teach \"$@\"\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")

    def run(notebook, folder):
        nbformat.validate(notebook)
        client = nbclient.NotebookClient(
            notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        return ["".join(out.get("text", "") for out in cell.outputs) for cell in code]

    run.read = lambda path: nbformat.read(path, as_version=4)
    return run


def test_a_lesson_is_done_and_checked_within_its_notebook(tmp_path, jupyter):
    """Catches a cell that writes another file than the one that is checked, and a notebook that Jupyter refuses."""
    start(tmp_path / "work", notebooks=True)
    folder = tmp_path / "work" / EXERCISE.name
    notebook = jupyter.read(folder / f"{EXERCISE.name}.ipynb")
    work = next(cell for cell in notebook.cells if cell.source.startswith("%%writefile"))
    assert work.source == f"%%writefile {EXERCISE.stub.name}\n{EXERCISE.stub.read_text().rstrip()}\n"
    work.source = f"%%writefile {EXERCISE.stub.name}\n{EXERCISE.solution.read_text()}"
    written, checked, hint = jupyter(notebook, folder)
    assert (folder / EXERCISE.stub.name).read_text() == EXERCISE.solution.read_text()
    assert "━" not in checked, "a progress bar, whose every state stays in the cell"
    assert f"{EXERCISE.points}/{EXERCISE.points}" in checked and "hint" in hint.lower()


def test_the_notebook_that_needs_nothing_installed_reaches_a_counterexample(tmp_path, jupyter, monkeypatch):
    """Catches a first notebook that breaks off, or whose mistake is no longer found. pip is a stand-in here."""
    monkeypatch.setenv("FLS_PACKAGE", "pip")  # there already: nothing is fetched
    installed, made, listed, before, written, after = jupyter(
        jupyter.read(ROOT / "docs" / "first_check.ipynb"), tmp_path
    )
    assert "Made 'my-work'" in made and "17_controls" in listed
    assert "08_bayes_error.py does not contain your work yet" in before
    assert "expected" in after and "you" in after


def test_every_lesson_becomes_a_notebook_with_its_whole_text():
    """Catches a lesson whose text or stub is cut, and bytes that differ from one start to the next."""
    for exercise in exercises():
        text = lesson_notebook(exercise, exercise.stub.read_text())
        assert text == lesson_notebook(exercise, exercise.stub.read_text())
        cells = json.loads(text)["cells"]
        assert "".join(cells[0]["source"]) == (exercise.stub.parent / "README.md").read_text()
        assert cells[3]["source"] == [f"!fls check {exercise.number}"]


def test_a_workspace_with_work_gets_notebooks_that_hold_it(desk):
    """Catches a notebook that would write the stub over a student's work, or a start that does."""
    desk.file.write_text("def linear_error(w, signal, kappa, sigma):\n    return 0.25\n")
    done = desk.fls("start", str(desk.folder), "--notebook")
    assert done.returncode == 0 and "08_bayes_error.ipynb" in done.stdout
    assert "return 0.25" in desk.file.with_suffix(".ipynb").read_text() and "0.25" in desk.file.read_text()


def test_a_notebook_that_has_not_written_its_file_is_named(desk):
    """Catches a check that says "not started" where work is in a notebook's cell, or that takes an unchanged cell for
    one that has not run."""
    desk.fls("start", str(desk.folder), "--notebook")
    done = desk.fls("check", "08")
    said = " ".join(done.stdout.split())  # the terminal wraps it
    assert "08_bayes_error.py does not contain your work yet: complete the cell of 08_bayes_error.ipynb" in said
