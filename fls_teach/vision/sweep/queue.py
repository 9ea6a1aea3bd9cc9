"""The work of a sweep that waits to be done, shared with other processes that work on the same folder (no torch)."""

import time
from collections import deque
from contextlib import contextmanager
from itertools import groupby

from fls_teach.vision.own import is_own
from fls_teach.vision.sweep import leases, store
from fls_teach.vision.sweep.executors import GIVEN_UP
from fls_teach.vision.sweep.provenance import kind


class Queue:
    """Units of work: lists of runs that share their images.

    Parameters
    ----------
    units : list of list of Run
    task : callable (runs, device)
        A partial of a unit, whose first argument is `runs`.
    ledger : fls_teach.vision.sweep.ledger.Ledger
        Told how every task ended.
    skips_needless : bool
        Leave out runs that can change nothing any more.
    """

    def __init__(self, units, task, ledger, skips_needless):
        self.task, self.ledger, self.skips_needless = task, ledger, skips_needless
        self.waiting, self.joined, self.elsewhere = deque(map(list, units)), [], []
        self._problem = None

    def take(self, device=None):
        """The next task, its runs leased; None if the rest is done, needless, or another process's."""
        while self.waiting:
            free = [run for run in self.waiting.popleft() if self._is_to_be_done(run)]
            if free:
                return self.task(free, device)
        return None

    def more(self, runs):
        """The next run that can take a place in a stack of `runs`: (run, digests of its images); None if none can."""
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
        """`outcome` of one run of a stack that goes on: its record, or the sentence that it failed with."""
        with self._no_fault_of_a_task():
            self.ledger.finished([run], outcome if isinstance(outcome, str) else [outcome], seconds)

    @contextmanager
    def _no_fault_of_a_task(self):
        """For what a task calls while it trains: a full disk, say, ends the sweep, and no run has failed."""
        try:
            yield
        except Exception as problem:
            self._problem = problem
            raise

    def _is_to_be_done(self, run):
        if run.digest in self.ledger.leases.held:  # half of a stack that failed together
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
        """`outcome` is the records of `task`, or the sentence that it failed with.

        One run that cannot be trained may take its stack with it: halves of what is not done are tried again. So is a
        run that joined a stack without room for its images, which went on without it.
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
        if given:  # those that `done` was told of are no longer open
            self.ledger.finished(given, outcome, seconds)
        self._again(joined)

    def _again(self, *stacks):
        """Have the runs of `stacks`, which may have images of several seeds, wait in front of all others."""
        units = [list(unit) for runs in stacks for _, unit in groupby(runs, lambda run: run.seed)]
        self.waiting.extendleft(reversed(units))

    def wait_for_others(self):
        """Wait until something that another process had taken is finished or given up: it waits here then, or is kept.

        Returns
        -------
        bool
            False if nothing is left to do: every owner of the rest was seen to live, by a refreshed lease.
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
    """Whether they can share a stack; one's own images may be more or fewer for another seed."""
    return kind(run) == kind(other) and (run.seed == other.seed or not is_own(run.data))
