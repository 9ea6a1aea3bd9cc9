"""The settings of a run of `fls grade`, and those of them that are saved with the marks."""

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

if TYPE_CHECKING:  # avoids the import of numpy, which most commands do not need
    from fls_teach.sandbox.isolation.sandboxes import ResourceLimits

TOTAL_LIMIT = 300.0
"""Default limit of `fls grade` in seconds per submission; honest ones take about 30."""

PURPOSES = "mark", "search", "card"
"""Purposes with separate time limits: the verdict, the search for a smaller counterexample, and its card. So what only
serves the reader takes no time from the marks."""

_CALLS_PER_EXERCISE = 6  # the limit on all calls of an exercise, as a multiple of that on one call


@dataclass(frozen=True)
class TimeLimits:
    """Time limits of a submission in seconds; its code is charged as by `sandbox.proc.cpu_time.charged_seconds`.

    Attributes
    ----------
    call : float
        One call.
    exercise : float
        All calls of one exercise; what has not run by then counts as a time-out.
    load : float
        Loading one file, which may import torch.
    slack : float
        Factor by which wall-clock time may exceed the limits on the code.
    grader : float
        Processor time of the grader itself per exercise, to make examples and to decode and compare answers; as much
        again for the search for smaller counterexamples, and for cards. Exceeding it is a grader fault, unless the
        answers were huge.
    submission : float or None
        All of this for all exercises together, or None. Half of it is divided among the exercises, so that one that
        never ends leaves time for the next ones.
    """

    call: float = 5.0
    exercise: float = 30.0
    load: float = 30.0
    slack: float = 3.0
    grader: float = 60.0
    submission: float | None = None

    def recorded(self, resources: "ResourceLimits | None") -> dict:
        """Return all limits of a submission, including the sandbox's, for the record."""
        names = ["call", "exercise", "load", "grader"] + ["submission"] * (self.submission is not None)
        seconds = {f"{name}_seconds": getattr(self, name) for name in names}
        return seconds | {"slack": self.slack} | (vars(resources) if resources else {})

    def share(self, taken: float, later: int, count: int) -> float:
        """Return the seconds for the next of `count` exercises, if `taken` seconds are used and `later` ones follow."""
        return math.inf if self.submission is None else self.submission * (1 - 0.5 * later / count) - taken

    def code(self) -> float:
        """Return the seconds for the submission's code per exercise; the last calls may exceed them."""
        return self.load + len(PURPOSES) * self.exercise

    def worst_case(self, count: int) -> float:
        """Return the longest wall-clock time in seconds for a submission of `count` exercises on an idle machine."""
        longest = count * self._exercise_clock()
        return longest if self.submission is None else min(longest, self.slack * self.submission)

    def exercise_timeout(self) -> float:
        """Return the wall-clock seconds in which a grader finishes an exercise even on a busy machine."""
        return 2 * self._exercise_clock()

    def _exercise_clock(self):
        return self.slack * self.code() + len(PURPOSES) * self.grader


@dataclass(frozen=True)
class RunSettings:
    """One run of `fls grade`: its options, and what is determined before the first mark.

    Attributes
    ----------
    paths : tuple of path
        The submissions.
    out : Path
        The results folder.
    single : bool
        Whether each path is one submission.
    pattern : str or None
        A platform's name, or a regular expression for the paths of submissions.
    attempts : str
        "latest", "best" or "all".
    groups : path or None
        A CSV file of submissions and their members.
    jobs : int
        Submissions that are marked at the same time.
    executor : str or None
        "dask://HOST:PORT" of a cluster that marks them; by default, processes on this machine.
    isolation : str
        "auto", "bwrap", "uid" or "process"; replaced by the one that passed the self-test.
    exercises : tuple of str
        Names, numbers or ranges; empty for all.
    key_file : path or None
    seed : int or None
        The seed of all submissions; by default, derived from the course key.
    twice : bool
        Whether to mark each submission twice and record where the verdicts differ.
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
        A CSV file of corrected marks; by default overrides.csv in `out`, if it exists.
    late, due : str or None
        "10%/day", and when the work was due.
    roster : path or None
        The platform's list of people, to be filled in.
    column : str or None
        Heading of the roster's column for the marks.
    key : str
        The course key in hexadecimal; "" until it is known, or if `seed` is given.
    hidden : tuple of str
        Paths that a submission must not see.
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
        """The time limits of a submission."""
        exercise = _CALLS_PER_EXERCISE * self.time_limit
        return TimeLimits(self.time_limit, exercise, self.load_limit, submission=self.total_limit)

    @property
    def own_files(self) -> dict:
        """The instructor's own files and folders by their options, or None; a submission must not supply them."""
        names = "out", "against", "key_file", "groups", "overrides", "roster", "extra_spec"
        return {f"--{name.replace('_', '-')}": getattr(self, name) for name in names}

    def sandbox_limits(self) -> "ResourceLimits":
        """Return the sandbox's limits; that on processor time always leaves room for the calls."""
        from fls_teach.sandbox.isolation.sandboxes import ResourceLimits

        needed = math.ceil(2 * self.time_limits.code())
        return ResourceLimits(memory_mib=self.memory_mib, cpu_seconds=max(ResourceLimits.cpu_seconds, needed))

    def recorded_limits(self) -> dict:
        """Return all limits, for the records."""
        return self.time_limits.recorded(self.sandbox_limits())

    @functools.cached_property
    def chosen(self) -> tuple[Exercise, ...]:
        """The exercises to grade, with their withheld properties."""
        return with_withheld(select(self.exercises, exercises()), self.extra_spec)

    def as_json(self) -> str:
        """Return these settings as JSON, for a grader process in another folder."""
        absolute = {"out": self.out.resolve(), "extra_spec": self.extra_spec and Path(self.extra_spec).absolute()}
        return json.dumps(asdict(self) | absolute, default=str)

    @classmethod
    def from_json(cls, text: str | bytes) -> "RunSettings":
        """Return the settings of a text from `as_json`."""
        fields = json.loads(text)
        return cls(**fields | {"out": Path(fields["out"])})

    def saved(self, withheld: str = "") -> dict:
        """Return, for JSON, the settings on which marks depend; they also depend on the submissions and the versions.

        Parameters
        ----------
        withheld : str
            A digest of the withheld properties, or "".
        """
        key = hmac.new(bytes.fromhex(self.key), b"of an fls course key", hashlib.sha256).hexdigest()
        saved = {
            "fls_grade": 1,
            "exercises": sorted(self.exercises),
            "course key": f"digest {key}" if self.key else "none",
            "seed": "from the course key" if self.seed is None else str(self.seed),
            "isolation": self.isolation,
            "time limit": f"{self.time_limit:.12g} s",
            "memory": f"{self.memory_mib} MiB",
        }
        if self.total_limit is not None:
            saved["total limit"] = f"{self.total_limit:.12g} s"
        return saved | ({"withheld properties": withheld} if withheld else {})
