"""Find the runs of a sweep that can no longer change its result (no torch)."""

FAILED = "diverged", "dead", "budget"


class Cells:
    """The cells (c, learning rate) of a sweep, with the statuses of their seeds.

    A learning rate counts at a c if every seed reached its target with it (`fls_teach.vision.sweep.selection.RULE`).
    One failed seed excludes the rate; more seeds at this rate are then needless as long as another rate has no failure.

    Parameters
    ----------
    runs : iterable of Run
        All runs of the sweep, in order.
    statuses : dict
        Run -> status of the finished runs.
    """

    def __init__(self, runs, statuses=()):
        self._seeds, self._rates, self._status = {}, {}, {}
        for run in runs:
            place = _place(run)
            self._seeds.setdefault(place, {})[run.seed] = None
            self._rates.setdefault(place, {})[run.lr] = None
        for run, status in dict(statuses).items():
            self.add(run, status)

    def add(self, run, status):
        """Record the status of a finished run."""
        self._status[_place(run), run.lr, run.seed] = status

    def is_needless(self, run):
        """Return whether an earlier seed failed in the cell of `run`, while all reached the target at another rate.

        A needless run stays needless when more runs finish, so it can be skipped at the time when it would start.
        """
        place = _place(run)
        seeds = list(self._seeds[place])
        earlier = seeds[: seeds.index(run.seed)]

        def statuses(lr):
            return [self._status.get((place, lr, seed)) for seed in earlier]

        return any(status in FAILED for status in statuses(run.lr)) and any(
            all(status == "reached" for status in statuses(lr)) for lr in self._rates[place]
        )


def _place(run):
    """Return the fields that all runs at one c share; as a tuple they are ten times as fast as a Run."""
    return tuple(value for name, value in vars(run).items() if name not in ("lr", "seed"))
