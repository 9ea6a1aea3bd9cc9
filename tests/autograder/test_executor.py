"""`fls grade --executor`: a real cluster on loopback, and a scripted one for what workers may do wrong."""

import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager

import pytest
from click.testing import CliRunner

from fls_teach.autograder.grade import grade
from fls_teach.autograder.marking import batch, cluster, cluster_worker
from fls_teach.autograder.record import read_record
from fls_teach.autograder.reports.summary import as_dict
from fls_teach.cli import main
from fls_teach.course.registry import CourseError
from fls_teach.sandbox.isolation.sandboxes import SandboxError

from .handed_in import KEY, contents, finish, graded_here, hand_in, options, records, solution, start, wait_for

pytestmark = pytest.mark.usefixtures("forked_graders")
PLACE = "dask://127.0.0.1:1"
BOTH = "tcp://one", "tcp://two"

# In each worker: self-tests and submissions are noted; the first worker to mark one is killed while it does.
PRELOAD = """
import os, signal, threading
from pathlib import Path
from fls_teach.autograder.marking import cluster_worker, grader

folder = Path({folder!r})

def noted_choose(*args, choose=cluster_worker.choose):
    (folder / f"selftest-{{os.getpid()}}-{{len(list(folder.iterdir()))}}").touch()
    return choose(*args)

def noted_mark(process, submission, seed, mark=grader.Grader.mark):
    (folder / f"mark-{{submission.name}}-{{os.getpid()}}").touch()
    try:
        (folder / "killed").touch(exist_ok=False)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()
    except FileExistsError:
        pass
    return mark(process, submission, seed)

if cluster_worker.choose.__name__ == "choose":  # dask runs this twice
    cluster_worker.choose, grader.Grader.mark = noted_choose, noted_mark
"""


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("FLS_COURSE_KEY", KEY)


@contextmanager
def started(environment, module, *args):
    """One of dask's processes, ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *map(str, args)],
        env={**environment, "DASK_DISTRIBUTED__WORKER__DAEMON": "false"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def missing():
    """Why no real cluster can be tried here, or ""."""
    if os.environ.get("CI"):  # where nothing may be missing
        return ""
    try:
        import distributed  # noqa: F401
    except ImportError:
        return "dask.distributed is not installed"
    return "" if shutil.which("bwrap") else "bubblewrap is not installed"


@pytest.mark.skipif(missing() != "", reason=missing())
def test_a_worker_that_is_killed_loses_nothing_and_the_bytes_are_those_of_one_machine(tmp_path, environment, capfd):
    """Catches a lost or doubled submission, a record that shows where it was made, and a worker without a self-test."""
    slowly = "import time\ntime.sleep(0.4)\n"
    wrong = "def linear_error(w, signal, kappa, sigma):\n    return object()\n"  # marked in a fifth of the time
    for name, text in (("ada", wrong), ("bo", solution("8"))):
        hand_in(tmp_path / "in" / name, {"8": f"{slowly}{text}# {name}\n"})
    noted, where = tmp_path / "noted", tmp_path / "scheduler.json"
    noted.mkdir()
    preload = tmp_path / "preload.py"
    preload.write_text(PRELOAD.format(folder=str(noted)))
    common = tmp_path / "in", "--exercise", "8", "--isolation", "bwrap"
    with ExitStack() as stack:
        here = "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", where
        stack.enter_context(started(environment, "dask_scheduler", *here))
        wait_for(lambda: where.exists() and where.read_text())
        alone = "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--preload", preload
        alone += "--scheduler-file", where, "--local-directory", tmp_path / "scratch"
        workers = [stack.enter_context(started(environment, "dask_worker", *alone)) for _ in range(2)]
        wait_for(lambda: len(list((tmp_path / "scratch").glob("dask-scratch-space*/worker-*.dirlock"))) == 2)
        address = json.loads(where.read_text())["address"].replace("tcp://", "dask://")
        over = *common, "--executor", address, "--out", tmp_path / "out"
        finish(start(environment, *over))
        assert sorted(worker.poll() is None for worker in workers) == [False, True], "one of them was killed"
        tests = [path.name.split("-")[1] for path in noted.glob("selftest-*")]
        assert sorted(tests) == sorted(str(worker.pid) for worker in workers), "one self-test per process"
        assert len(list(noted.glob("mark-*"))) == 3, "only the one that was lost is marked once more"
        before = records(tmp_path / "out")
        graded_here(capfd, *over)
        assert records(tmp_path / "out") == before, "what is finished stays"
    graded_here(capfd, *common, "--out", tmp_path / "here")
    assert contents(tmp_path / "out") == contents(tmp_path / "here")


# ------------------------------------------------------------------ a cluster without processes


class Future:
    """What `Client.submit` returns, as far as it is used."""

    def __init__(self, call):
        self._call = call

    def add_done_callback(self, callback):
        if self._call is not None:
            threading.Thread(target=callback, args=(self,)).start()

    def result(self, timeout):
        return self._call()

    def cancel(self):
        pass


class Scripted:
    """A client whose workers do their work here, but for what `script(worker, what is asked, request)` says instead."""

    def __init__(self, script, workers=BOTH):
        self.there, self.requests, self._script = dict.fromkeys(workers, 1), [], script

    def nthreads(self):
        return dict(self.there)

    def submit(self, function, request, workers, pure):
        asked = json.loads(request)
        what = "mark" if "submission" in asked else "examine"
        self.requests.append((workers[0], what, asked))
        said = self._script(workers[0], what, asked)
        if said == "dies":
            self.there.pop(workers[0], None)
            return Future(None)
        return Future(lambda: function(request) if said is None else json.dumps(said))


@pytest.fixture
def scripted(monkeypatch, tmp_path):
    """Have `fls grade --executor` work on a `Scripted` with this script, and return it."""
    monkeypatch.setattr(batch, "POLL", 0.01)
    monkeypatch.setattr(cluster_worker, "_private_folder", lambda: tmp_path)
    cluster_worker._tested.cache_clear()

    def script(*given):
        client = Scripted(*given)

        @contextmanager
        def connected(address):
            yield client

        monkeypatch.setattr(cluster, "connected", connected)
        return client

    yield script
    cluster_worker._tested.cache_clear()


WRONG = "def linear_error(*a, **k): return 2.0"


@pytest.fixture
def ada(tmp_path):
    return hand_in(tmp_path / "in/ada", {"8": WRONG})


@pytest.fixture(scope="module")
def mark(tmp_path_factory):
    """A worker's answer to the request to mark `ada`, made once: marking takes seconds."""
    folder = tmp_path_factory.mktemp("once")
    (folder / "key").write_text(KEY)
    grade(options([hand_in(folder / "in/ada", {"8": WRONG})], folder / "out", key_file=folder / "key"))
    made = read_record(folder / "out/ada/record.json")
    return {"record": {name: value for name, value in made.items() if name != "intake"}}


def over(paths, out, **more):
    return options(paths, out, executor=PLACE, **more)


WITHHELD = '''
from fls_teach.course.checking.spec import expect_close, graded

@graded(4, "a formula")
def test_secret(student):
    """A sentence"""
    expect_close(student.linear_error([1.0], [1.0], 1.0, 1.0), 2.0, because="of a reason")
'''


def test_bytes_travel_and_no_path_or_key_does(scripted, ada, tmp_path):
    """Catches a request that tells a worker, or a listener, other submissions' seeds; and a withheld folder's path."""
    (tmp_path / "withheld").mkdir()
    (tmp_path / "withheld/test_08_bayes_error.py").write_text(WITHHELD)
    client = scripted(lambda *given: None)
    assert grade(over([ada], tmp_path / "out", extra_spec=tmp_path / "withheld")).counted[0][1] == 4
    grade(options([ada], tmp_path / "here", extra_spec=tmp_path / "withheld"))
    assert contents(tmp_path / "out") == contents(tmp_path / "here")
    text = json.dumps(client.requests)
    assert [name for _, name, _ in client.requests] == ["examine", "examine", "mark"]
    assert KEY.encode().hex() not in text and KEY not in text and str(tmp_path) not in text


def test_a_worker_without_a_sandbox_is_named_and_takes_nothing(scripted, ada, tmp_path, mark):
    """Catches code of strangers on a machine that cannot lock it up."""
    bad, problem = BOTH[0], {"problem": "it has no working sandbox"}
    client = scripted(lambda worker, name, asked: problem if worker == bad else mark if name == "mark" else None)
    done = grade(over([ada], tmp_path / "out"))
    assert as_dict(done)["refused_workers"] == [f"{bad} (it has no working sandbox)"] and done.faults == []
    assert [name for worker, name, _ in client.requests if worker == bad] == ["examine"]


def test_if_no_worker_passes_nothing_is_graded(scripted, ada, tmp_path, monkeypatch):
    """Catches a batch without a sandbox, and a self-test that is repeated for each request."""

    def no_sandbox(*given):
        tried.append(given)
        raise SandboxError("bwrap: nothing of the kind")

    tried = []
    monkeypatch.setattr(cluster_worker, "choose", no_sandbox)
    scripted(lambda *given: None)
    with pytest.raises(CourseError, match=r"no worker of '.*' can be used: tcp://one \(it has no working sandbox"):
        grade(over([ada], tmp_path / "out", isolation="auto"))
    assert len(tried) == 1, "the self-test's result is kept for the process"
    assert not (tmp_path / "out/settings.json").exists()


def test_a_worker_with_other_versions_is_refused(scripted, ada, tmp_path, monkeypatch):
    """Catches marks of two versions of the course in one gradebook."""
    scripted(lambda *given: None)
    there = cluster_worker.versions
    monkeypatch.setattr(cluster_worker, "versions", lambda chosen: there(chosen) | {"numpy": "1.0"})
    with pytest.raises(CourseError, match=r"\(its numpy is 1\.0, but .* started the batch\) and 1 more"):
        grade(over([ada], tmp_path / "out"))


def test_workers_with_a_weaker_sandbox_than_others_are_left_out(scripted, ada, tmp_path, monkeypatch, mark):
    """Catches a batch of which some records say bwrap and some uid."""
    weak = {"isolation": "uid"}
    scripted(lambda worker, name, asked: mark if name == "mark" else weak if worker == BOTH[0] else None)
    monkeypatch.setattr(cluster_worker, "choose", lambda *given: "process")
    monkeypatch.setattr(cluster, "ISOLATIONS", ("process", "uid"))
    done = grade(over([ada], tmp_path / "out", isolation="auto"))
    assert done.isolation == "process" and f"{BOTH[0]} (its isolation is uid" in done.remarks["refused_workers"][0]


def test_a_submission_on_which_workers_end_is_a_fault_at_last(scripted, ada, tmp_path):
    """Catches a batch that kills one worker after the other, and a zero for what was not marked."""
    workers = [f"tcp://{k}" for k in range(5)]
    client = scripted(lambda worker, name, asked: "dies" if name == "mark" else None, workers)
    done = grade(over([ada], tmp_path / "out"))
    assert done.faults == ["ada"] and len(client.there) == len(workers) - cluster.ATTEMPTS
    message = read_record(tmp_path / "out/ada/record.json")["exercises"][0]["message"]
    assert (
        message.startswith("The grader could not mark this submission: tcp://") and "ended during the work" in message
    )


@pytest.mark.parametrize("fields", [{"score": 4}, {"seed": 7}, {"submission": "bo"}, {"isolation": "bwrap"}])
def test_another_record_than_the_one_asked_for_is_refused(scripted, ada, tmp_path, fields, monkeypatch, mark):
    """Catches a mark of somebody else's submission, or one that does not follow from its properties."""
    monkeypatch.setattr(cluster, "WITHOUT_WORKERS", 0.1)
    forged = {"record": mark["record"] | fields}
    scripted(lambda worker, name, asked: forged if name == "mark" else None, BOTH[:1])
    with pytest.raises(CourseError, match="is left; tcp://one: its record differs from the request"):
        grade(over([ada], tmp_path / "out"))
    assert not (tmp_path / "out/ada").exists()


def test_without_workers_it_says_so_and_goes_on_later(scripted, ada, tmp_path, monkeypatch, mark):
    """Catches a batch that waits for ever, or that cannot be resumed on another cluster."""
    scripted(lambda *given: None, ())
    with pytest.raises(CourseError, match="has no workers; start some: dask worker"):
        grade(over([ada], tmp_path / "out"))
    monkeypatch.setattr(cluster, "WITHOUT_WORKERS", 0.1)
    scripted(lambda worker, name, asked: "dies" if name == "mark" else None)
    with pytest.raises(CourseError, match="no worker of '.*' is left; finished submissions are kept"):
        grade(over([ada], tmp_path / "out"))
    scripted(lambda worker, name, asked: mark if name == "mark" else None)
    assert grade(over([ada], tmp_path / "out")).faults == []


def test_a_worker_that_comes_later_is_tested_and_used(scripted, ada, tmp_path, mark):
    """Catches a batch that waits for the workers of its beginning, which a nanny has started again elsewhere."""

    def script(worker, name, asked):
        if worker == BOTH[0] and name == "mark":
            client.there[BOTH[1]] = 1
            return "dies"
        return mark if name == "mark" else None

    client = scripted(script, BOTH[:1])
    assert grade(over([ada], tmp_path / "out")).faults == []
    asked = [(worker, name) for worker, name, _ in client.requests]
    assert asked[-2:] == [(BOTH[1], "examine"), (BOTH[1], "mark")]


def test_a_worker_that_is_lost_for_a_moment_is_used_again(scripted, ada, tmp_path, mark):
    """Catches a batch that waits for ever, as a scheduler that was busy has dropped its only worker and taken it again.

    The worker is dropped while it marks, and once more while it shows anew that it is fit.
    """
    asked = []

    def script(worker, name, asked_for):
        asked.append(name)
        if len(asked) in (2, 3):
            threading.Timer(0.1, client.there.update, ({worker: 1},)).start()
            return "dies"
        return mark if name == "mark" else None

    client = scripted(script, BOTH[:1])
    assert grade(over([ada], tmp_path / "out")).faults == []
    assert asked == ["examine", "mark", "examine", "examine", "mark"]


@pytest.mark.parametrize("said", [[], "record", {}, {"isolation": "none"}, {"isolation": "process"}, {"isolation": []}])
def test_an_answer_that_is_none_is_a_sentence(scripted, ada, tmp_path, said):
    """Catches a traceback, and a worker that talks the batch into grading without a sandbox."""
    scripted(lambda worker, name, asked: said, BOTH[:1])
    with pytest.raises(CourseError, match="no worker of '.*' can be used: tcp://one "):
        grade(over([ada], tmp_path / "out", isolation="auto"))


def test_a_worker_that_is_lost_and_found_has_no_more_threads_than_before():
    """Catches a worker of one thread that gets two submissions at a time, as its thread is counted anew."""
    client = Scripted(None, BOTH[:1])
    found = cluster.Cluster(client, PLACE)
    found._update_workers()
    found._isolation[BOTH[0]] = "bwrap"
    assert found.get() == BOTH[0]
    client.there = {}
    found._update_workers()
    client.there = {BOTH[0]: 1}
    found._update_workers()
    assert not found._free(), "its thread is still at work"
    found.put(BOTH[0])
    assert found._free() == [BOTH[0]]


def test_a_connection_that_closes_is_a_sentence(scripted, ada, tmp_path, monkeypatch, mark):
    """Catches a traceback of dask's, and one of ours where the last worker ended right after its self-test."""

    def closed(*given):
        raise RuntimeError("Tried sending message after closing")

    client = scripted(lambda worker, name, asked: closed() if name == "mark" else None)
    monkeypatch.setattr(cluster.Cluster, "slots", 0)
    with pytest.raises(CourseError, match="does not answer any more .RuntimeError.; finished submissions are kept"):
        grade(over([ada], tmp_path / "out"))
    assert client.requests[-1][1] == "mark"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--executor", "127.0.0.1:1"], "is not an address; wanted dask://HOST:PORT"),
        (["--executor", PLACE], "no dask scheduler answers at '127.0.0.1:1'"),
        (["--executor", PLACE, "--jobs", "2"], "--executor and --jobs do not go together"),
    ],
)
def test_what_cannot_be_reached_is_a_sentence(ada, tmp_path, words, sentence, monkeypatch):
    monkeypatch.setattr("fls_teach.scheduler.CONNECT_SECONDS", 0.3)
    if missing().startswith("dask") and "answers" in sentence:
        sentence = "pip install distributed"
    done = CliRunner().invoke(main, ["grade", str(ada), "--out", str(tmp_path / "out"), "--exercise", "8", *words])
    assert done.exit_code == 2 and sentence in " ".join(done.output.split())


def test_without_the_package_it_says_what_to_install(ada, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CourseError, match="pip install distributed"):
        grade(over([ada], tmp_path / "out"))
