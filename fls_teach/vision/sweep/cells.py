"""Which runs of a sweep can change nothing any more (no torch)."""

FAILED = "diverged", "dead", "budget"


class Cells:
    """The cells (c, learning rate) of a sweep, and how their seeds fared.

    A learning rate counts at a c if every seed reached its target with it (see `fls_teach.vision.sweep.table.RULE`).
    One failed seed and the rate is out; as long as another rate is sound, more seeds at it tell nothing.

    Parameters
    ----------
    runs : iterable of Run
        In the order in which they are asked for.
    statuses : dict
        Run -> status, of those that are finished.
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
        """`run` is finished."""
        self._status[_place(run), run.lr, run.seed] = status

    def is_needless(self, run):
        """Whether an earlier seed failed in the cell of `run`, while another rate reached the target with all of those.

        What is needless stays so when more runs finish: each of them can be judged as soon as it is to begin.
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
    """All that runs at one c share; plain values are ten times as fast as a Run."""
    return tuple(value for name, value in vars(run).items() if name not in ("lr", "seed"))
