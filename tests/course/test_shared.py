"""The worker that answers as the course's own files would: what does not load is not asked."""

from types import SimpleNamespace

import pytest

from fls_teach.course.checking import shared
from fls_teach.course.checking.shared import CourseProcess, SharedWorker
from fls_teach.course.registry import find_exercise


@pytest.fixture
def worker():
    with SharedWorker(find_exercise("08"), time_limit=5.0) as worker:
        yield worker


@pytest.fixture
def answer(tmp_path):
    """Write a file to be asked."""

    def write(source):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.py"
        path.write_text(source)
        return path

    return write


def test_a_file_that_does_not_load_in_time_is_not_taken_for_loaded(worker, answer, monkeypatch):
    """The next call would meet a worker that never heard of the file, whose KeyError looks like the file's answer."""
    good, endless = answer("def f(x):\n    return x + 1\n"), answer("while True:\n    pass\n")
    assert worker.call(good, "f", 1).value == 2
    monkeypatch.setattr(shared, "_LOAD_LIMIT", 0.3)
    assert [worker.call(endless, "f", 1).kind for _ in range(2)] == ["timeout", "timeout"]
    monkeypatch.undo()
    assert worker.call(good, "f", 1).value == 2, "loaded anew in the next worker"


def test_a_file_that_raises_as_it_loads_answers_with_that(worker, answer):
    """Not with the KeyError of a file that is not there."""
    broken = answer("raise ValueError('at the top')\n")
    assert [worker.call(broken, "f", 1).exception for _ in range(2)] == ["ValueError", "ValueError"]


def test_files_are_loaded_again_after_a_worker_has_ended(worker, answer):
    """Whatever ended it: a time-out, a crash, or the terminal's Ctrl-C."""
    good = answer("import os\ndef f(x):\n    return x + 1\ndef dies():\n    os._exit(3)\n")
    assert worker.call(good, "f", 1).value == 2
    assert worker.call(good, "dies").kind == "crash"
    assert worker.call(good, "f", 1).value == 2
    worker._process.session.restart()
    assert worker.call(good, "f", 1).value == 2


def test_a_process_that_is_lent_keeps_what_it_has_loaded_and_tells_exercises_apart(tmp_path):
    """Catches a process for each exercise of each submission, and a misconception answered by another's namesake."""
    process, pids = CourseProcess(), set()
    for k in (1, 2, 1):
        exercise = SimpleNamespace(solution=tmp_path / str(k) / "f.py", support=None)
        with SharedWorker(exercise, 5.0, process) as worker:
            assert worker.call(SimpleNamespace(name="a", source=f"f = ({k}).__add__"), "f", 1).value == k + 1
        pids.add(process.session.worker_pid)
    assert len(pids) == 1 and None not in pids
    assert len(process.ready) == 2
    process.session.close()
