"""What a run of `fls grade` is asked for, and what of it is saved beside the marks."""

import functools
import hashlib
import hmac
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fls_teach.autograder.selection import select
from fls_teach.course.registry import Exercise, exercises
from fls_teach.course.withheld import with_withheld

if TYPE_CHECKING:  # it imports numpy, which most commands need not
    from fls_teach.sandbox.isolation.sandboxes import ResourceLimits

TOTAL_LIMIT = 300.0
"""Seconds per submission, unless `fls grade` is told otherwise: honest ones take about 30."""

PURPOSES = "mark", "search", "card"
"""What time is spent on: the verdict, a smaller counterexample, its card. Each has its own, so that what is only for
the reader takes nothing of the time for marks."""

_EXERCISE_SHARE = 6  # times the limit of a call, for all calls of an exercise


@dataclass(frozen=True)
class TimeLimits:
    """Seconds that a submission may take. Those of its code count as `sandbox.proc.cpu_time.charged_seconds`.

    Attributes
    ----------
    call : float
        One call.
    exercise : float
        All calls of one exercise; what has not run by then counts as out of time.
    load : float
        Loading one file, which may import torch.
    slack : float
        How many times as long all these may take by the clock.
    grader : float
        Processor time of the grader itself for one exercise: to make examples, and to decode and compare answers. As
        much again to look for smaller counterexamples, and to draw cards. Beyond it no submission is at fault, unless
        its answers were huge.
    submission : float or None
        All of this for all exercises together, if there is such a limit. Half of it is shared out among the exercises,
        so that one which never ends leaves something to those after it.
    """

    call: float = 5.0
    exercise: float = 30.0
    load: float = 30.0
    slack: float = 3.0
    grader: float = 60.0
    submission: float | None = None

    def recorded(self, resources: "ResourceLimits | None") -> dict:
        """All limits of a submission, these and the sandbox's, for the record."""
        names = ["call", "exercise", "load", "grader"] + ["submission"] * (self.submission is not None)
        seconds = {f"{name}_seconds": getattr(self, name) for name in names}
        return seconds | {"slack": self.slack} | (vars(resources) if resources else {})

    def share(self, taken: float, later: int, count: int) -> float:
        """Seconds for one of `count` exercises, after others that have `taken` so many and before `later` ones."""
        return math.inf if self.submission is None else self.submission * (1 - 0.5 * later / count) - taken

    def code(self) -> float:
        """Seconds that the submission's code may take for an exercise, but for what the last calls go beyond them."""
        return self.load + len(PURPOSES) * self.exercise

    def longest(self, count: int) -> float:
        """Seconds on the clock that a submission of `count` exercises takes at most, on an idle machine."""
        whole = count * self._clock()
        return whole if self.submission is None else min(whole, self.slack * self.submission)

    def silence(self) -> float:
        """Seconds on the clock in which a grader that works has finished an exercise, even on a busy machine."""
        return 2 * self._clock()

    def _clock(self):
        return self.slack * self.code() + len(PURPOSES) * self.grader


@dataclass(frozen=True)
class RunSettings:
    """One run of `fls grade`: its options, and what is found out before the first mark.

    Attributes
    ----------
    paths : tuple of path
        What was handed in.
    out : Path
        The results folder.
    single : bool
        Each path is one submission.
    pattern : str or None
        A platform's name, or a regular expression for the paths of what was handed in.
    attempts : str
        "latest", "best" or "all".
    groups : path or None
        A CSV file of submissions and their members.
    jobs : int
        Submissions at a time.
    executor : str or None
        "dask://HOST:PORT" of a cluster that marks them, in place of processes here.
    isolation : str
        "auto", "bwrap", "uid" or "process"; never "auto" once a sandbox was seen to work.
    exercises : tuple of str
        Names, numbers or ranges; empty for all.
    key_file : path or None
    seed : int or None
        The seed to use instead of one derived from the course key.
    twice : bool
        Mark each submission twice, and note where the verdicts differ.
    against : path or None
        An earlier results folder.
    time_limit, total_limit : float
        Seconds per call, and per submission; None for no limit.
    load_limit : float
        Seconds to load one file.
    memory_mib : int
    extra_spec : path or None
        A folder of withheld properties.
    overrides : path or None
        A CSV file of corrected marks; else overrides.csv in `out`, if it is there.
    late, due : str or None
        "10%/day", and when the work was due.
    roster : path or None
        The platform's list of people, to be filled in.
    column : str or None
        Which column of it.
    key : str
        The course key in hexadecimal; "" until it is known, or if `seed` is given.
    hidden : tuple of str
        What a submission must not see.
    """

    paths: tuple
    out: Path
    single: bool = False
    pattern: str | None = None
    attempts: str = "latest"
    groups: str | Path | None = None
    jobs: int = 1
    executor: str | None = None
    isolation: str = "auto"
    exercises: tuple[str, ...] = ()
    key_file: str | Path | None = None
    seed: int | None = None
    twice: bool = False
    against: str | Path | None = None
    time_limit: float = TimeLimits.call
    total_limit: float | None = None
    load_limit: float = TimeLimits.load
    memory_mib: int = 2048
    extra_spec: str | Path | None = None
    overrides: str | Path | None = None
    late: str | None = None
    due: str | None = None
    roster: str | Path | None = None
    column: str | None = None
    key: str = ""
    hidden: tuple[str, ...] = ()

    @property
    def time_limits(self) -> TimeLimits:
        """The limits on the time of a submission."""
        exercise = _EXERCISE_SHARE * self.time_limit
        return TimeLimits(self.time_limit, exercise, self.load_limit, submission=self.total_limit)

    @property
    def own_files(self) -> dict:
        """The instructor's own files and folders by their options, None where there is none: no submission has them."""
        names = "out", "against", "key_file", "groups", "overrides", "roster", "extra_spec"
        return {f"--{name.replace('_', '-')}": getattr(self, name) for name in names}

    def sandbox_limits(self) -> "ResourceLimits":
        """The sandbox's `ResourceLimits`; that on processor time is never below what the calls may come to."""
        from fls_teach.sandbox.isolation.sandboxes import ResourceLimits

        needed = math.ceil(2 * self.time_limits.code())
        return ResourceLimits(memory_mib=self.memory_mib, cpu_seconds=max(ResourceLimits.cpu_seconds, needed))

    def recorded_limits(self) -> dict:
        """All limits, for the records."""
        return self.time_limits.recorded(self.sandbox_limits())

    @functools.cached_property
    def chosen(self) -> tuple[Exercise, ...]:
        """The exercises to grade with their withheld properties, as a tuple of Exercise."""
        return with_withheld(select(self.exercises, exercises()), self.extra_spec)

    def as_json(self) -> str:
        """These settings as JSON, for a grader process in another folder."""
        absolute = {"out": self.out.resolve(), "extra_spec": self.extra_spec and Path(self.extra_spec).absolute()}
        return json.dumps(asdict(self) | absolute, default=str)

    @classmethod
    def from_json(cls, text: str | bytes) -> "RunSettings":
        """The settings that `as_json` gave."""
        fields = json.loads(text)
        return cls(**fields | {"out": Path(fields["out"])})

    def saved(self, withheld: str = "") -> dict:
        """What the marks follow from, beside the submissions and the versions, as plain JSON.

        Parameters
        ----------
        withheld : str
            A digest of the withheld properties, or "".
        """
        key = hmac.new(bytes.fromhex(self.key), b"of an fls course key", hashlib.sha256).hexdigest()
        found = {
            "fls_grade": 1,
            "exercises": sorted(self.exercises),
            "course key": f"digest {key}" if self.key else "none",
            "seed": "from the course key" if self.seed is None else str(self.seed),
            "isolation": self.isolation,
            "time limit": f"{self.time_limit:.12g} s",
            "memory": f"{self.memory_mib} MiB",
        }
        if self.total_limit is not None:
            found["total limit"] = f"{self.total_limit:.12g} s"
        return found | ({"withheld properties": withheld} if withheld else {})
