"""Several demos at once: what comes back is what one process gives."""

import multiprocessing
import os
import subprocess
import sys
import time

import pytest

from fls_teach.demos.framework import together
from fls_teach.demos.framework.report import run_demo


def test_another_process_gives_the_same_bytes_and_claims(tmp_path):
    """Catches a report that cannot be sent back, and a child whose numbers depend on its process."""
    options = None, None, ("n_steps=20",)
    seen = []
    with together.started(["equivalence"], "quick", 3, tmp_path / "there", *options) as futures:
        report, seconds = together.result("equivalence", futures, lambda fraction, what: seen.append(fraction))
    here = run_demo("equivalence", "quick", 3, tmp_path / "here", *options)
    assert report.claims == here.claims and seconds > 0 and set(seen) == {0.0}
    for kind in ("result", "parameters", "figure"):
        assert report.files[kind].read_bytes() == here.files[kind].read_bytes()


def test_an_interrupt_gives_up_what_has_begun(tmp_path):
    """Catches Ctrl-C that waits until running demos, or those handed out already, have finished."""
    before = set(multiprocessing.active_children())
    with (
        pytest.raises(KeyboardInterrupt),
        together.started(["equivalence", "stability", "alignment"], "quick", 0, tmp_path, None, None, ()) as futures,
    ):
        assert set(multiprocessing.active_children()) - before
        raise KeyboardInterrupt
    assert all(future.cancelled() or future.exception() for future in futures.values())
    assert set(multiprocessing.active_children()) <= before and not list(tmp_path.iterdir())


PARENT = """
import multiprocessing, sys, time
from fls_teach.demos.framework import together
options = "quick", 0, sys.argv[1], None, None, ("n_steps=20",)
with together.started(["equivalence"], *options) as futures:
    futures["equivalence"].result()
    print(*(worker.pid for worker in multiprocessing.active_children()), flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked for in /proc")
def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    """Catches workers that wait for ever for another demo, and keep what they have imported in memory."""
    with subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True) as parent:
        workers = parent.stdout.readline().split()
        assert workers and all(os.path.exists(f"/proc/{pid}") for pid in workers)
        parent.kill()
    deadline = time.monotonic() + 10
    while alive := [pid for pid in workers if runs(pid)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
