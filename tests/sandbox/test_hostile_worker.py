"""A worker that lies on the channel gets no further than returning a value."""

import time

import pytest

from fls_teach.sandbox.worker_process import WorkerProcess

# What an attacker would write at the top: the worker's own module, channel and protocol.
STOLEN = """
import gc, os, struct, sys, threading, time
main = sys.modules["__main__"]
protocol = main.protocol
channel = next(o for o in gc.get_objects() if type(o).__name__ == "Channel")
def write(token, data=protocol.encode("forged"), kind="value", **more):
    head = {**main.ANSWER, "kind": kind, **more}
    protocol.write_message(channel.answers, token, head, data)
def honest():
    return "honest"
"""


def test_answers_written_early_never_count(session_for):
    """An answer in the pipe before the call is made has none of the call's bytes."""
    session = session_for(STOLEN + "for i in range(3): write(os.urandom(16))\n")
    assert session.call("honest").kind == "protocol_error"
    assert session.call("honest").kind == "protocol_error"


def test_an_answer_to_an_earlier_call_does_not_count(session_for):
    source = """
def replay():
    token = channel.pending[0]
    def later():
        time.sleep(0.1)
        write(token)
    threading.Thread(target=later).start()
    return 1
"""
    session = session_for(STOLEN + source)
    assert session.call("replay").value == 1
    time.sleep(0.3)
    outcome = session.call("honest")
    assert outcome.kind == "protocol_error" and "another call" in outcome.message
    assert session.call("honest").value == "honest"


def test_a_forged_answer_to_this_call_is_worth_a_return_value(session_for):
    """The documented limit: forging is possible, and void for the call after."""
    session = session_for(STOLEN + "def forge():\n    write(channel.pending[0])\n    return 1\n")
    assert session.call("forge").value == "forged"
    assert session.call("honest").kind == "protocol_error"


FORGERIES = {
    "garbage": "os.write(channel.answers, b'garbage' * 10)",
    "head not a dict": "protocol.write_message(channel.answers, token, [1], b'')",
    "key missing": "protocol.write_message(channel.answers, token, {'kind': 'value'}, b'N')",
    "key too many": "write(token, seconds=0.0)",
    "kind unknown": "write(token, kind='passed')",
    "crash claimed": "write(token, kind='crash')",
    "wrong type": "write(token, detail=1)",
    "no name": "write(token, mutated=(1,))",
    "bad value": "write(token, b'X')",
    "no value": "write(token, b'')",
    "long body": "os.write(channel.answers, struct.pack('<4sII16s', b'FLS1', 0, 2**31, token))",
}


@pytest.mark.parametrize("line", FORGERIES.values(), ids=FORGERIES)
def test_what_is_not_an_answer_is_void(session_for, line):
    session = session_for(STOLEN + f"def f():\n    token = channel.pending[0]\n    {line}\n    return 1\n")
    outcome = session.call("f")
    assert outcome.kind == "protocol_error" and outcome.value is None
    assert outcome.message.startswith("f() sent the grader an invalid reply")


SILENT = {
    "half an answer": "os.write(channel.answers, b'FLS1'); time.sleep(60)",
    "dripping": "[(os.write(channel.answers, c), time.sleep(.1)) for c in [b'F',b'L',b'S']*99]",
    "flooding output": "[os.write(2, bytes(2**16)) for _ in iter(int, 1)]",
}


@pytest.mark.parametrize("line", SILENT.values(), ids=SILENT)
def test_a_worker_that_does_not_finish_is_stopped(session_for, line):
    session = session_for(STOLEN + f"def f():\n    channel.pending = None\n    {line}\n", time_limit=0.3)
    session.load()
    start = time.monotonic()
    assert session.call("f").kind == "timeout"
    assert time.monotonic() - start < 5


def test_a_worker_that_does_not_read_cannot_block_the_checker(session_for):
    """A question larger than the pipe, to a worker that reads no more than its beginning."""
    source = "def deaf():\n    protocol._read = lambda *all: time.sleep(60)\n    return 1\n"
    session = session_for(STOLEN + source, time_limit=0.3)
    assert session.call("deaf").value == 1
    start = time.monotonic()
    assert session.call("honest", bytes(2**24)).kind == "timeout"
    assert time.monotonic() - start < 5


def test_an_answer_after_the_limit_is_too_late(session_for):
    """Between the limit and the kill there is a moment; it is not a present."""
    source = "def late():\n    channel.pending = (channel.pending[0], 0)\n    time.sleep(0.5)\n"
    session = session_for(STOLEN + source, time_limit=0.3)
    assert session.call("late").kind == "timeout"


def test_flooding_the_channel_waits_in_the_workers_own_pipe(session_for, folder):
    """Catches a reader that takes in whatever comes, without being asked to."""
    source = """
def flood():
    def run():
        time.sleep(0.1)
        for count in range(10**9):
            open("count", "w").write(str(count))
            os.write(channel.answers, bytes(2**16))
    threading.Thread(target=run, daemon=True).start()
    return 1
"""
    session = session_for(STOLEN + source)
    assert session.call("flood").value == 1
    time.sleep(0.5)
    assert 0 <= int((folder / "count").read_text()) <= 16  # pieces of 64 KiB: a pipe's worth
    assert session.call("honest").kind == "protocol_error"


def test_threads_left_behind_end_with_the_session(session_for):
    session = session_for("import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n")
    assert session.load().ok
    process = session._worker._process
    start = time.monotonic()
    session.close()
    assert process.poll() is not None and time.monotonic() - start < 2


def test_an_interrupted_call_leaves_no_answer_for_the_next(session_for, monkeypatch):
    session = session_for("def f(x):\n    return x\n")
    assert session.call("f", 1).value == 1
    with monkeypatch.context() as patch:

        def interrupted(self, *arguments):
            self._questions.put((bytes(16), *arguments[:2]))
            raise KeyboardInterrupt

        patch.setattr(WorkerProcess, "ask", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.call("f", 2)
    assert session.call("f", 3).value == 3


def test_two_sessions_do_not_meet(session_for):
    source = "kept = []\ndef f(x):\n    kept.append(x)\n    return kept\n"
    one, two = session_for(source), session_for(source)
    assert (one.call("f", 1).value, two.call("f", 2).value) == ([1], [2])
    assert one.call("f", 3).value == [1, 3]
