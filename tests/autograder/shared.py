"""What is made once for all test processes of a run, each of which would else make its own."""

import contextlib
import os
import shutil


def made_once(tmp_path_factory, name, make):
    """The folder `name` of this run, which the first test process that asks fills by `make(folder)`; others wait."""
    top = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        top = top.parent
    folder, finished = top / name, top / f"{name}-finished"
    with _locked(top / f"{name}-lock"):
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed, or was ended
            folder.mkdir()
            make(folder)
            finished.touch()
    return folder


@contextlib.contextmanager
def _locked(path):
    import fcntl  # not on Windows, where what needs it is skipped

    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
