"""Write a lesson as a Jupyter notebook: its text, a cell that writes the exercise's file, and a cell that checks it."""

import json

from fls_teach.course.registry import Exercise

_WORK = """\
## Your work

Complete the code of the next cell, and run it after every change: it writes `{file}`,
the file that is checked and handed in.
"""
_HELP = "Run the next cell for a hint; run it again for the next hint."


def lesson_notebook(exercise: Exercise, code: str) -> str:
    """Return the notebook of an exercise, in nbformat 4.5.

    Parameters
    ----------
    exercise : Exercise
    code : str
        Content of the cell for the student's work: the stub, or the student's file.

    Returns
    -------
    str
        JSON; the same exercise and code give the same text.
    """
    lesson = (exercise.stub.parent / "README.md").read_text(encoding="utf-8")
    number, file = exercise.number, exercise.stub.name
    cells = [
        _cell("markdown", lesson),
        _cell("markdown", _WORK.format(file=file)),
        _cell("code", f"%%writefile {file}\n{code.rstrip()}\n"),
        _cell("code", f"!fls check {number}"),
        _cell("markdown", _HELP),
        _cell("code", f"!fls hint {number}"),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": [{"id": f"cell-{k}", **cell} for k, cell in enumerate(cells, 1)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cell(kind, text):
    cell = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def is_lesson(text: str, file: str) -> bool:
    """Whether `text` is a notebook as `lesson_notebook` makes it, with a cell that writes `file`."""
    return f'"%%writefile {file}\\n"' in text
