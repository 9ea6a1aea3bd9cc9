"""The exercise file is a named pipe, on which whoever opens it waits for ever.

exercise: 08_bayes_error
verdict: missing
"""

import os


def build(folder):
    path = folder / "pipe_for_a_file"
    path.mkdir()
    os.mkfifo(path / "08_bayes_error.py")
    return path
