"""The course of training, common to all engines: epochs, evaluations when they are due, and the end of each run."""

import math
import time
from typing import NamedTuple

from fls_teach.vision.training.outcome import Evaluation, is_dead, is_finite, is_near, status_after, summary


class Epoch(NamedTuple):
    """The steps of one run in one epoch, with values before each update."""

    losses: list
    """Mean loss of each batch, divided by c."""
    slopes: list
    """Largest absolute value in each gradient."""
    hits: list
    """Number of correctly classified images of each batch."""
    sizes: list
    """Number of images of each batch."""


def follow(runs, engine, progress=None, checkpoint=None, more=None, done=None):
    """Train `runs` side by side until they end, and further runs in the places of those that have ended.

    Parameters
    ----------
    runs : list of Run
    engine : object
        An object with these methods. ``epoch(epochs)`` trains each run for one epoch, whose number counts from 0, and
        returns an `Epoch` per run. ``evaluate(part, places)`` returns (accuracy, risk) of each run at `places` on its
        images of `part`, "train", "test" or "validation"; None if it has none. ``moved()`` returns for each run whether
        a weight has changed in the epoch. ``keep(places)`` drops all runs but those at `places`.
    progress : callable (fraction, what), optional
        Called with the progress of the first run.
    checkpoint : fls_teach.vision.training.checkpoint.Checkpoint, optional
        Checkpoint of a single run, which resumes from it, with the same result. The engine then needs ``state()`` and
        ``restore(state)``.
    more : callable, optional
        Returns the next Run to start in a free place, or None. The engine then needs ``seat(runs)``, which starts runs,
        a dict of place -> Run, in the places of ended ones.
    done : callable (number, outcome, seconds), optional
        Called as soon as a run ends, with its number in the order of starting; its Trained, or a message if it could
        not be started; and its share of the time.

    Returns
    -------
    list of Trained
        In the order in which the runs were started; None for a run that could not be started.

    Raises
    ------
    ValueError
        If c f overflows before training and `done` is None.
    """
    seats = _Seats(runs, engine, more, done)
    first = seats.courses[0]
    if checkpoint and (state := checkpoint.load()):
        first.restore(state["course"])
        engine.restore(state["engine"])
    else:
        seats.begin(range(len(runs)))
    seats.clear()
    while seats.taken:
        seats.train()
        if progress and first.status != "diverged":
            progress(first.epoch / first.run.epochs, f"train accuracy {first.history[-1].train_accuracy:.3f}")
        seats.clear()
        if checkpoint and seats.taken:
            checkpoint.save(lambda: {"course": first.state(), "engine": engine.state()})
    return [course.outcome if course.history else None for course in seats.courses]


class _Seats:
    """The places of an engine: `taken` are the courses now in them, `courses` all courses so far."""

    def __init__(self, runs, engine, more, done):
        self.courses = [_Course(run, number) for number, run in enumerate(runs)]
        self.taken, self.engine, self.more, self.done = list(self.courses), engine, more, done

    def begin(self, places):
        """Evaluate the runs at `places` before they are trained."""
        _evaluate(self.taken, self.engine, places)
        for place in places:
            if self.taken[place].status == "diverged" and not self.done:
                raise ValueError(self.taken[place].outcome)

    def train(self):
        """Train every run for one epoch."""
        start, epochs = time.perf_counter(), [course.epoch for course in self.taken]
        for course, seen in zip(self.taken, self.engine.epoch(epochs), strict=True):
            course.take(seen)
        if any(course.dead for course in self.taken):
            for course, moved in zip(self.taken, self.engine.moved(), strict=True):
                course.dead &= not moved
        _evaluate(self.taken, self.engine, range(len(self.taken)))
        for course in self.taken:
            course.seconds += (time.perf_counter() - start) / len(self.taken)

    def clear(self):
        """Give the places of ended runs to new runs; when there are no more, have the engine drop the free places."""
        while ended := [place for place, course in enumerate(self.taken) if course.status]:
            fresh, free = {}, []
            for place in ended:
                course = self.taken[place]
                if self.done:
                    self.done(course.number, course.outcome, course.seconds)
                if self.more and (run := self.more()):
                    fresh[place] = run
                    self.taken[place] = _Course(run, len(self.courses))
                    self.courses.append(self.taken[place])
                else:
                    free.append(place)
            if fresh:
                self.engine.seat(fresh)
                self.begin(list(fresh))
            if free:
                self._forget(free)

    def _forget(self, free):
        going = [place for place in range(len(self.taken)) if place not in free]
        self.taken = [self.taken[place] for place in going]
        if going:
            self.engine.keep(going)


class _Course:
    """The state of one run; `status` is None until it ends."""

    def __init__(self, run, number):
        self.run, self.number, self.history, self.steps, self.seconds = run, number, [], 0, 0.0
        self.status = self.diverged_at = self.batches = None
        self.dead = False

    @property
    def epoch(self):
        """Number of complete epochs."""
        return len(self.history) - 1

    @property
    def outcome(self):
        """The Trained of a run that has ended, or a message if it could not be started."""
        if not self.history:
            return f"the risk is not finite before training; c is {self.run.c:g}, choose a smaller one"
        return summary(self.history, self.status, self.steps, self.diverged_at)

    def state(self):
        """Return the state between epochs, for `restore`."""
        return {"history": [list(evaluation) for evaluation in self.history], "steps": self.steps}

    def restore(self, state):
        """Continue from a `state`."""
        self.history, self.steps = [Evaluation(*each) for each in state["history"]], state["steps"]

    def take(self, epoch):
        """Enter the steps of an epoch."""
        finite = [math.isfinite(loss) for loss in epoch.losses]
        self.steps += finite.index(False) if False in finite else len(finite)
        if not all(finite):
            self._diverge()
            return
        n, weighted = sum(epoch.sizes), (loss * size for loss, size in zip(epoch.losses, epoch.sizes, strict=True))
        self.batches = sum(epoch.hits) / n, self.run.c * sum(weighted) / n
        self.dead = is_dead(epoch.losses, epoch.slopes)

    @property
    def train_is_due(self):
        """Whether to evaluate the training images now, instead of using the epoch's batches."""
        ends = self.batches is None or self.dead or len(self.history) == self.run.epochs
        return self.run.evaluate == "every" or ends or is_near(*self.batches, self.run.stop, self.run.target)

    @property
    def test_is_due(self):
        """Whether to evaluate the test images now; valid after `judge`, which determines whether the run ends."""
        return self.status is not None or len(self.history) % self.run.test_every == 0

    @property
    def validation_decides(self):
        return self.run.stop == "validation-risk"

    def judge(self, train, validation):
        """Determine the status from evaluations of the training images, and of the validation images if they decide.

        An evaluation that is not due is None.
        """
        self.current = Evaluation(*(train if self.train_is_due else self.batches), None, None, validation)
        if not is_finite(self.current):
            self._diverge()
        elif self.dead:
            self.status = "dead"
        else:
            self.status = status_after([*self.history, self.current], self.run.stop, self.run.target, self.run.epochs)

    def close(self, test, validation):
        """Complete the epoch with evaluations of the other images, which are None if no run needs them."""
        if self.test_is_due:
            self.current = self.current._replace(test_accuracy=test[0], test_risk=test[1])
            if not self.validation_decides:
                self.current = self.current._replace(validation_risk=validation)
        if is_finite(self.current):
            self.history.append(self.current)
        else:
            self._diverge()

    def _diverge(self):
        self.status, self.diverged_at = "diverged", self.steps


def _evaluate(seats, engine, places):
    """Complete an epoch of the runs at `places` by the evaluations that are due.

    Training images are evaluated first, because they may determine that a run ends.
    """
    going = [place for place in places if seats[place].status != "diverged"]

    def see(part, is_due):
        """Evaluate `part` for the runs for which it is due; return place -> (accuracy, risk)."""
        due = [place for place in going if seats[place].status != "diverged" and is_due(seats[place])]
        return dict(zip(due, engine.evaluate(part, due), strict=True)) if due else {}

    train = see("train", lambda course: course.train_is_due)
    validation = see("validation", lambda course: course.validation_decides)
    for place in going:
        seats[place].judge(train.get(place), validation[place][1] if place in validation else None)
    test = see("test", lambda course: course.test_is_due)
    others = see("validation", lambda course: course.test_is_due and not course.validation_decides)
    for place in going:
        if seats[place].status != "diverged":
            seats[place].close(test.get(place), others[place][1] if others.get(place) else None)
