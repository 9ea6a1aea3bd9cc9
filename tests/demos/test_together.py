"""Several demos at once: what comes back is what one process gives."""

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
