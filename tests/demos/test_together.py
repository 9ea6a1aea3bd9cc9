"""Several demos at once: what comes back is what one process gives."""

import multiprocessing

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
