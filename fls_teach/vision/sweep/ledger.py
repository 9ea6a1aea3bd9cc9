"""Keep the results of a sweep, on disk first and then in memory, and report its progress and failures (no torch)."""

import time
from collections import Counter

from fls_teach.vision.sweep import store


class Ledger:
    """The finished, failed, skipped and open runs of one sweep.

    Parameters
    ----------
    folder : path-like
    runs : list of Run
        The runs that are still to be done.
    images : fls_teach.vision.sweep.provenance.Images
        The images that every new record must have.
    cells : fls_teach.vision.sweep.cells.Cells
        Gets the status of every finished run.
    leases : fls_teach.vision.sweep.leases.Leases
        Releases the lease of every run that ends.
    progress, say : callable
    """

    def __init__(self, folder, runs, images, cells, leases, progress, say):
        self.folder, self.images, self.cells, self.leases = folder, images, cells, leases
        self.progress, self.say = progress, say
        self.open = dict.fromkeys(runs)  # an ordered set
        self.records, self.failures, self.skipped = {}, Counter(), []
        self.start, self.pace = time.monotonic(), Pace()

    def finished(self, runs, outcome, seconds):
        """Enter the outcome of `runs`, which took `seconds` together: their records, or an error message."""
        if isinstance(outcome, str):
            self._failed(runs, outcome)
        else:
            store.save_seconds(self.folder, runs, seconds)
            for run, record in zip(runs, outcome, strict=True):
                self._keep(run, record, seconds / len(runs))
        for run in runs:
            self.leases.release(run.digest)
        self.show()

    def found(self, run, record):
        """Enter the `record` that another process has meanwhile saved for `run`."""
        try:
            self.images.check(record)
        except ValueError as problem:
            self._failed([run], str(problem))
        else:
            self._enter(run, record)
        self.show()

    def skip(self, run):
        """Leave out `run`, which can no longer change the result."""
        self.skipped.append(run)
        self.open.pop(run, None)

    def _keep(self, run, record, seconds):
        try:
            self.images.check(record)
        except ValueError as problem:
            self._failed([run], str(problem))
            return
        store.save(self.folder, record)
        self.pace.add(run, seconds)
        self._enter(run, record)

    def _enter(self, run, record):
        self.records[run] = record
        self.cells.add(run, record["trained"].get("status"))
        self.open.pop(run, None)

    def _failed(self, runs, sentence):
        first = runs[0]
        if not self.failures[sentence]:  # identical failures are reported once, with a count at the end
            self.say(f"failed: c = {first.c:g}, lr = {first.lr:g}, seed {first.seed}: {sentence}")
        self.failures[sentence] += len(runs)
        for run in runs:
            self.open.pop(run, None)

    def show(self, share=0.0):
        """Report the progress of the sweep; `share` is the finished fraction of the current run."""
        done = len(self.records) + self.failures.total()
        total = done + len(self.open)
        fraction = (done + share) / total if total else 1.0
        if self.progress and fraction:
            self.progress(fraction, f"{done} of {total} runs, about {_duration(self._left(fraction, share))} left")

    def _left(self, fraction, share):
        """Estimate the seconds left from the times of similar runs and the number of runs at a time so far."""
        elapsed = time.monotonic() - self.start
        if not self.pace.total:
            return elapsed * (1 - fraction) / fraction
        begun = share * self.pace.expected(next(iter(self.open))) if share else 0.0
        left = sum(map(self.pace.expected, self.open)) - begun
        return left * elapsed / (self.pace.total + begun)

    def close(self):
        """Report how often each failure occurred."""
        for reason, count in self.failures.items():
            if count > 1:
                self.say(f"{count} runs failed like that: {reason}")


class Pace:
    """Estimate of a run's time: the mean over finished runs at its c and learning rate, else at its c, else over all.

    Small c and small rates need more epochs, so a mean over all runs would mislead.

    Examples
    --------
    >>> from fls_teach.vision.run import Run
    >>> pace = Pace()
    >>> pace.add(Run(c=0.5), 9.0); pace.add(Run(c=2.0), 1.0)
    >>> [pace.expected(run) for run in (Run(c=0.5, seed=1), Run(c=2.0, lr=0.3), Run(c=8.0))]
    [9.0, 1.0, 5.0]
    """

    def __init__(self):
        self.total, self._sums = 0.0, {}

    def add(self, run, seconds):
        """Enter the `seconds` that `run` took."""
        self.total += seconds
        for kind in _kinds(run):
            before = self._sums.get(kind, (0.0, 0))
            self._sums[kind] = before[0] + seconds, before[1] + 1

    def expected(self, run):
        """Return the estimated seconds of `run`; None before any run has finished."""
        for kind in _kinds(run):
            if kind in self._sums:
                return self._sums[kind][0] / self._sums[kind][1]
        return None


def _kinds(run):
    return (run.c, run.lr), (run.c,), ()


def _duration(seconds):
    unit, name = next((pair for pair in ((1, "s"), (60, "min")) if seconds < 100 * pair[0]), (3600, "h"))
    return f"{seconds / unit:.0f} {name}"
