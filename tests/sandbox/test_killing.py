"""Endless loops and crashes cost one time-out or one worker, and say where."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fls_teach.sandbox import worker_process
from fls_teach.sandbox.isolation.sandboxes import NoSandbox, ResourceLimits
from fls_teach.sandbox.printed import Printed
from fls_teach.sandbox.proc.table import living, process, process_table

ROOT = Path(__file__).resolve().parents[2]

FATAL = """
import ctypes, os
def loops(x):
    print("starting")
    while True:
        x = x + 1
def sleeps():
    import time
    time.sleep(60)
def prints():
    while True:
        print("x" * 1000)
def blocks():
    return sum(range(10**12))
def faults():
    print("before")
    ctypes.string_at(0)
def exits():
    os._exit(3)
def closes():
    os.closerange(0, 200)
def fine():
    return 1
"""


def test_a_worker_that_cannot_be_watched_answers_no_more(session_for, monkeypatch):
    """Catches a worker whose memory is no longer counted, as the thread that does so has ended with a traceback."""
    monkeypatch.setattr(worker_process, "memory_of", lambda members: int("no number"))
    session = session_for(FATAL, time_limit=20.0, sandbox=NoSandbox(ResourceLimits()))
    with pytest.raises(ValueError, match="no number"):
        session.call("sleeps")
    monkeypatch.undo()
    assert session.call("fine").value == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are read from /proc")
def test_who_lives_among_some_is_what_the_table_of_all_says():
    """Catches a zombie that is waited for, and a process that is taken for an earlier one with its number."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as one:
        child, itself = process(one.pid), process(os.getpid())
        asked = {child, itself, child._replace(start=child.start - 1), process(2**22 + 1)}
        assert living(asked) == asked & process_table().keys() == {child, itself}
        one.kill()
        os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
        assert living(asked) == asked & process_table().keys() == {itself}


def test_an_endless_loop_costs_one_time_out(session_for):
    session = session_for(FATAL, time_limit=0.5)
    assert session.call("fine").value == 1 and session.first_timeout is None
    start = time.monotonic()
    outcome = session.call("loops", 1)
    assert time.monotonic() - start < 5
    assert outcome.kind == "timeout" and session.first_timeout is outcome
    assert outcome.message.startswith("loops() was still running after 0.5 s and was stopped")
    assert "in loops" in outcome.traceback and outcome.printed == "starting\n"
    assert session.call("fine").value == 1


@pytest.mark.parametrize("function", ["sleeps", "prints", "blocks"])
def test_other_ways_to_take_for_ever(session_for, function):
    """blocks() never lets the worker's own clock run: only ours can stop it."""
    session = session_for(FATAL, time_limit=0.3)
    session.load()
    start = time.monotonic()
    outcome = session.call(function)
    assert outcome.kind == "timeout" and time.monotonic() - start < 5
    assert len(outcome.printed) < 21_000


SLOW = """
import os, signal, subprocess, tempfile, threading, time
def works():
    end = time.process_time() + 2.5
    while time.process_time() < end:
        pass
    return 1
def shares():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    return 1
def sleeps():
    time.sleep(2.5)
    return 1
def sleeps_in_a_thread_and_a_child():
    threading.Thread(target=time.sleep, args=(2.5,)).start()
    subprocess.run(["sleep", "2.5"])
    return 1
def works_in_children(seconds):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in range(int(2.5 / seconds)):
        if child := os.fork():
            try:
                os.waitpid(child, 0)
            except ChildProcessError:
                pass
        else:
            end = time.process_time() + seconds
            while time.process_time() < end:
                pass
            os._exit(0)
    return 1
def waits_for_its_vfork():
    os.mkfifo(pipe := tempfile.mktemp())
    threading.Timer(2.5, os.open, (pipe, os.O_WRONLY)).start()
    os.posix_spawn("/bin/true", ["true"], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, pipe, os.O_RDONLY, 0)])
    return 1
"""


@contextlib.contextmanager
def busy_processor():
    """Two others that never rest on the first processor."""
    burn = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nwhile True: pass"
    # Each in a session of its own: to some kernels' schedulers all of one session are one.
    burners = [subprocess.Popen([sys.executable, "-S", "-c", burn], start_new_session=True) for _ in range(2)]
    yield
    for burner in burners:
        burner.kill()
        burner.wait()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processor time is read from /proc")
def test_with_slack_waiting_for_a_processor_does_not_count(session_for):
    """Three at once, so that each of them keeps the processor from the two others."""
    watched = session_for(SLOW, time_limit=0.5, slack=20.0, sandbox=NoSandbox(ResourceLimits()))
    unwatched, without_slack = session_for(SLOW, time_limit=0.5, slack=20.0), session_for(SLOW, time_limit=0.5)
    sessions = [watched, unwatched, without_slack]
    assert all(session.load().ok for session in sessions)
    with busy_processor(), ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda session: session.call("shares"), sessions))
    for outcome in outcomes[:2]:
        assert outcome.kind == "value" and outcome.cpu_seconds < 0.5 < outcome.seconds, outcome
    assert outcomes[2].kind == "timeout", "by the clock, where no slack is given"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processor time is read from /proc")
@pytest.mark.parametrize(
    "function, arguments",
    [
        *((name, ()) for name in ("works", "sleeps", "sleeps_in_a_thread_and_a_child", "waits_for_its_vfork")),
        *(("works_in_children", (seconds,)) for seconds in (0.25, 0.02)),
    ],
)
def test_with_slack_work_and_sleep_count(session_for, function, arguments):
    """Sleep used to have `slack` times as long, and so had children whose end is ignored: minutes of a batch."""
    session = session_for(SLOW, time_limit=0.5, slack=20.0, sandbox=NoSandbox(ResourceLimits()))
    outcome = session.call(function, *arguments)
    assert outcome.kind == "timeout" and outcome.cpu_seconds > 0.4


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processor time is read from /proc")
def test_the_processor_time_of_short_calls_is_not_lost(session_for):
    """Each is over before anybody looks; what is seen between two of them used to belong to neither."""
    session = session_for(FATAL, sandbox=NoSandbox(ResourceLimits()))
    session.call("fine")
    session._worker._tree_time.total += 100.0
    assert 100.0 <= session.call("fine").cpu_seconds < 110.0
    assert session.call("fine").cpu_seconds < 10.0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the grader's timer is POSIX")
def test_a_signal_as_the_time_is_over_does_not_make_the_wait_endless(session_for):
    """CPython's SimpleQueue.get(timeout) waits for ever then; once in a zoo of attacks, a grader did."""
    session = session_for(FATAL, time_limit=0.1)
    assert session.load().ok
    give_up = time.monotonic() + 10

    def busy(*signal_and_frame):
        assert time.monotonic() < give_up, "it waits for ever"
        time.sleep(0.02)

    before = signal.signal(signal.SIGALRM, busy)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.025)
    try:
        assert session.call("blocks").kind == "timeout"  # which a worker that sleeps would say itself
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_waiting_for_what_was_printed_counts(session_for, monkeypatch):
    take = Printed.take
    session = session_for(FATAL)
    assert session.load().ok
    monkeypatch.setattr(Printed, "take", lambda output: [time.sleep(0.4), take(output)][1])
    assert session.call("fine").seconds > 0.4


@pytest.mark.parametrize(
    "function, words",
    [
        ("faults", "segmentation fault" if os.name == "posix" else "access violation"),
        ("exits", "exit status 3"),
        ("closes", "(it "),
    ],
)
def test_a_crash_is_reported_as_one(session_for, function, words):
    session = session_for(FATAL)
    outcome = session.call(function)
    assert outcome.kind == "crash" and words in outcome.message
    assert outcome.message.startswith(f"{function}() crashed the Python interpreter")
    if function == "faults":
        assert outcome.printed == "before\n"
        line = FATAL.splitlines().index("    ctypes.string_at(0)") + 1
        assert outcome.traceback == f"05_alignment.py, line {line}, in faults"
    assert session.call("fine").value == 1


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_children_of_a_killed_worker_die_with_it(session_for, folder):
    source = """
import subprocess, sys
def f():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(child.pid)
    while True: pass
"""
    outcome = session_for(source, time_limit=0.5).call("f")
    child = int(outcome.printed)
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        with open(f"/proc/{child}/stat") if os.path.exists("/proc/self") else open(os.devnull) as f:
            if f.read().partition(")")[2].split()[:1] == ["Z"]:
                return  # dead; nobody has collected it yet
        time.sleep(0.05)
    pytest.fail("the child is still running")


@pytest.mark.skipif(os.name == "nt", reason="Windows gives orphans no other parent; there the time limit ends them")
def test_a_worker_does_not_outlive_its_parent(tmp_path):
    """Catches a student's endless loop that heats the laptop after the terminal was closed."""
    student = tmp_path / "student.py"
    student.write_text("import os\ndef me():\n    return os.getpid()\ndef loops():\n    while True: pass\n")
    parent = textwrap.dedent(f"""
        from fls_teach.sandbox import Session
        with Session({str(student)!r}, time_limit=60) as session:
            print(session.call("me").value, flush=True)
            session.call("loops")
    """)
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        worker = int(process.stdout.readline())
        time.sleep(0.2)
        process.kill()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and is_running(worker):
        time.sleep(0.05)
    assert not is_running(worker)


def is_running(pid):
    """Whether the process exists and is not just waiting to be reaped."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")
