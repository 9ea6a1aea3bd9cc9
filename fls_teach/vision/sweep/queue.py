"""Queue of the runs of a sweep that are still to be done; several processes may share its folder (no torch)."""

import time
from collections import deque
from contextlib import contextmanager
from itertools import groupby

from fls_teach.vision.own import is_own
from fls_teach.vision.sweep import leases, store
from fls_teach.vision.sweep.executors import GIVEN_UP
from fls_teach.vision.sweep.provenance import kind


class Queue:
    """A queue of units of work, which are lists of runs that share their images.

    Parameters
    ----------
    units : list of list of Run
    task : callable (runs, device)
        Returns a functools.partial that trains a unit; its first argument is `runs`.
    ledger : fls_teach.vision.sweep.ledger.Ledger
        Gets the outcome of every task.
    skips_needless : bool
        Leave out runs that can no longer change the result.
    """

    def __init__(self, units, task, ledger, skips_needless):
        self.task, self.ledger, self.skips_needless = task, ledger, skips_needless
        self.waiting, self.joined, self.elsewhere = deque(map(list, units)), [], []
        self._problem = None

    def take(self, device=None):
        """Return the next task and lease its runs; None if all others are done, needless or leased by others."""
        while self.waiting:
            free = [run for run in self.waiting.popleft() if self._is_to_be_done(run)]
            if free:
                return self.task(free, device)
        return None

    def more(self, runs):
        """Return (run, digests of its images) for the next run that can join a stack of `runs`; None if none can."""
        for unit in self.waiting:
            while unit and _may_join(unit[0], runs[0]):
                run = unit.pop(0)
                with self._no_fault_of_a_task():
                    is_free = self._is_to_be_done(run)
                if is_free:
                    self.joined.append(run)
                    return run, self.ledger.images.expected(run)
        return None

    def done(self, run, outcome, seconds):
        """Enter the outcome (record or error message) of one run of a stack, while the others are still training."""
        with self._no_fault_of_a_task():
            self.ledger.finished([run], outcome if isinstance(outcome, str) else [outcome], seconds)

    @contextmanager
    def _no_fault_of_a_task(self):
        """Context of calls from a running task: an error, such as a full disk, ends the sweep; no run has failed."""
        try:
            yield
        except Exception as problem:
            self._problem = problem
            raise

    def _is_to_be_done(self, run):
        if run.digest in self.ledger.leases.held:  # one half of a stack that failed as a whole
            return True
        if self.skips_needless and self.ledger.cells.is_needless(run):
            self.ledger.skip(run)
            return False
        if not self.ledger.leases.take(run.digest):
            self.elsewhere.append(run)
            return False
        if record := store.load(self.ledger.folder, run):
            self.ledger.leases.release(run.digest)
            self.ledger.found(run, record)
        return not record

    def ended(self, task, outcome, seconds):
        """Enter the outcome of `task`: its records, or an error message.

        One run that cannot be trained may end its whole stack, so the unfinished runs are tried again in two halves. A
        run that joined a stack which had no memory for its images and continued without it is tried again, too.
        """
        if self._problem:
            raise self._problem
        given, joined = ([run for run in runs if run in self.ledger.open] for runs in (task.args[0], self.joined))
        self.joined = []
        if isinstance(outcome, str) and len(given + joined) > 1 and outcome != GIVEN_UP:
            runs = given + joined
            self._again(runs[: len(runs) // 2], runs[len(runs) // 2 :])
            return
        if isinstance(outcome, str):
            given, joined = given + joined, []
        if given:  # runs already entered by `done` are no longer open
            self.ledger.finished(given, outcome, seconds)
        self._again(joined)

    def _again(self, *stacks):
        """Put the runs of `stacks` at the front of the queue, split into units of one seed."""
        units = [list(unit) for runs in stacks for _, unit in groupby(runs, lambda run: run.seed)]
        self.waiting.extendleft(reversed(units))

    def wait_for_others(self):
        """Wait until a run that another process had leased is finished or given up, and put it into the queue.

        Returns
        -------
        bool
            False if nothing is left to do because each remaining run's owner has refreshed its lease, and so is alive.
        """
        before = {run: self.ledger.leases.state(run.digest) for run in self.elsewhere}
        while self.elsewhere:
            states = {run: self.ledger.leases.state(run.digest) for run in self.elsewhere}
            given_up = [run for run, state in states.items() if state is None]
            if given_up:
                self.waiting.extend([run] for run in given_up)
                self.elsewhere = [run for run in self.elsewhere if states[run] is not None]
                return True
            if all(states[run] != before[run] for run in self.elsewhere):
                return False
            time.sleep(min(1.0, leases.REFRESH_SECONDS / 4))
        return False


def _may_join(run, other):
    """Return whether two runs can share a stack; the number of a user's images may depend on the seed."""
    return kind(run) == kind(other) and (run.seed == other.seed or not is_own(run.data))
