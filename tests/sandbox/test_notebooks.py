"""A notebook, or what a notebook leaves in a Python file, is answered with what to do."""

import json
import time

import pytest

from fls_teach.sandbox import InProcess, Session
from fls_teach.sandbox.notebooks import is_notebook, notebook_complaint

ANSWER = "import numpy as np\n\n\ndef f(x):\n    return x\n"


def notebook(count=None):
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": count, "source": ANSWER}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


@pytest.mark.parametrize("kind", [Session, InProcess])
@pytest.mark.parametrize(
    ("source", "words"),
    [
        (notebook(), "is a notebook, not a Python file: copy your functions, and nothing else, from its cells into"),
        (notebook(3), "is a notebook"),  # which is a Python expression, and would load
        (notebook()[:200], "is a notebook"),
        ("!pip install numpy\n" + ANSWER, "on line 1: delete that line (!pip install numpy)."),
        ('"""Untitled0.ipynb"""\n\n%matplotlib inline\n' + ANSWER, "on line 3: delete that line (%matplotlib inline)."),
        ("%%time\n" + ANSWER, "on line 1: delete that line (%%time)."),
        ("get_ipython().run_line_magic('matplotlib', 'inline')\n" + ANSWER, "on line 1: delete that line (get_ipython"),
    ],
)
def test_a_notebook_says_what_to_do(session_for, source, words, kind):
    """Catches "name 'null' is not defined", and a file of JSON that loads and then has no function."""
    outcome = session_for(source, kind=kind).call("f", 1)
    assert outcome.kind == "load_error"
    assert outcome.message.startswith("05_alignment.py ") and words in outcome.message
    assert outcome.message.count(". ") == 0 and "null" not in outcome.message


@pytest.mark.parametrize(
    "source",
    [
        '"""A note:\n!pip install numpy\n%matplotlib inline\n"""\n' + ANSWER,
        "n = (7\n%int(4))\n" + ANSWER,
        'shapes = {"cells": 1}\n' + ANSWER,
    ],
)
def test_what_only_looks_like_a_notebook_loads(session_for, source):
    """Catches a search that condemns ordinary Python."""
    assert session_for(source).call("f", 1).value == 1


def test_another_mistake_keeps_its_own_message(session_for):
    """Catches a notebook being blamed for any file that does not load."""
    assert "line 2: invalid syntax" in session_for('"""%time\n"""; x = = 1\n').load().message
    assert "raised ValueError" in session_for("raise ValueError('get_ipython() is missing')\n").load().message


def test_the_sentence_for_those_that_read_no_file():
    """Catches a notebook under its own name that is called anything else."""
    assert notebook_complaint("", "08_bayes_error.ipynb").endswith("into 08_bayes_error.py")
    assert notebook_complaint(ANSWER, "08_bayes_error.py") is None


def test_a_hostile_text_takes_no_time():
    """Catches a pattern that tries a long line from every place in it."""
    start = time.process_time()
    for text in (" " * 2**20 + "x", '"""' + "'" * 2**20, "%" * 2**20, "get_ipython(" * 2**16, "\n" * 2**20 + '"""'):
        assert notebook_complaint(text, "a.py") is None and not is_notebook(text)
    assert time.process_time() - start < 2
