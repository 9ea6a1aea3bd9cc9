"""The course of training, the same for every engine: epochs, evaluations when they are due, and each run's end."""

import math
import time
from typing import NamedTuple

from fls_teach.vision.training.outcome import Evaluation, is_dead, is_finite, is_near, status_after, summary


class Epoch(NamedTuple):
    """The steps of one run in one epoch, each seen before its update."""

    losses: list
    """Mean of the batch, divided by c."""
    slopes: list
    """Largest absolute value in the gradient."""
    hits: list
    """Images of the batch that were classified right."""
    sizes: list
    """Images of the batch."""


def follow(runs, engine, progress=None, checkpoint=None, more=None, done=None):
    """Train `runs` side by side to their ends, and others in the places of those that ended.

    Parameters
    ----------
    runs : list of Run
    engine : object
        What trains them: ``epoch(epochs)`` takes the steps of one epoch of each, whose numbers are counted from 0, and
        gives an `Epoch` for each run; ``evaluate(part, places)`` gives (accuracy, risk) for those at `places` on its
        images of "train", "test" or "validation", None where it has none; ``moved()`` says of each whether a weight
        differs from what it was before the epoch; ``keep(places)`` forgets all runs but those at `places`.
    progress : callable (fraction, what), optional
        Told of the first run.
    checkpoint : fls_teach.vision.training.checkpoint.Checkpoint, optional
        Of a single run, whose engine has ``state()`` and ``restore(state)``: where it goes on, with the same result.
    more : callable, optional
        Gives the next Run to begin in a place that is free, or None. The engine then has ``seat(runs)``, which has runs
        begin in the places of ended ones: a dict of place and Run.
    done : callable (number, outcome, seconds), optional
        Told at once of the end of a run, by its number in the order in which they began: its Trained, or the sentence
        with which it could not begin; its share of the time.

    Returns
    -------
    list of Trained
        In the order in which the runs began; None for one that could not.

    Raises
    ------
    ValueError
        In one sentence, if c f overflows before training and there is no `done` to be told.
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
    """The places of an engine: `taken` are the courses in them, `courses` all that there were."""

    def __init__(self, runs, engine, more, done):
        self.courses = [_Course(run, number) for number, run in enumerate(runs)]
        self.taken, self.engine, self.more, self.done = list(self.courses), engine, more, done

    def begin(self, places):
        """Evaluate the runs at `places` before their training."""
        _evaluate(self.taken, self.engine, places)
        for place in places:
            if self.taken[place].status == "diverged" and not self.done:
                raise ValueError(self.taken[place].outcome)

    def train(self):
        """An epoch of every run."""
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
        """Give the places of ended runs to new ones, as long as there are more, and have the engine forget the rest."""
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
    """One run so far; `status` once it has ended."""

    def __init__(self, run, number):
        self.run, self.number, self.history, self.steps, self.seconds = run, number, [], 0, 0.0
        self.status = self.diverged_at = self.batches = None
        self.dead = False

    @property
    def epoch(self):
        """Whole epochs done."""
        return len(self.history) - 1

    @property
    def outcome(self):
        """The Trained of a run that has ended, or the sentence with which it could not begin."""
        if not self.history:
            return f"the risk is not finite before training; c is {self.run.c:g}, choose a smaller one"
        return summary(self.history, self.status, self.steps, self.diverged_at)

    def state(self):
        """What `restore` takes, between epochs."""
        return {"history": [list(evaluation) for evaluation in self.history], "steps": self.steps}

    def restore(self, state):
        """Go on from another course's `state`."""
        self.history, self.steps = [Evaluation(*each) for each in state["history"]], state["steps"]

    def take(self, epoch):
        """The steps of an epoch."""
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
        """Whether the training images are to be evaluated now, rather than taken from the epoch's batches."""
        ends = self.batches is None or self.dead or len(self.history) == self.run.epochs
        return self.run.evaluate == "every" or ends or is_near(*self.batches, self.run.stop, self.run.target)

    @property
    def test_is_due(self):
        """Whether the test images are to be evaluated now, `judge` having said whether this is the end."""
        return self.status is not None or len(self.history) % self.run.test_every == 0

    @property
    def validation_decides(self):
        return self.run.stop == "validation-risk"

    def judge(self, train, validation):
        """The evaluation of the training images, and of the validation images where they decide; None if not due."""
        self.current = Evaluation(*(train if self.train_is_due else self.batches), None, None, validation)
        if not is_finite(self.current):
            self._diverge()
        elif self.dead:
            self.status = "dead"
        else:
            self.status = status_after([*self.history, self.current], self.run.stop, self.run.target, self.run.epochs)

    def close(self, test, validation):
        """The evaluation of the other images, which are None if no run wants them."""
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
    """Complete an epoch of the runs at `places`: evaluate what is due.

    Training images come first, for they may decide that this is the end.
    """
    going = [place for place in places if seats[place].status != "diverged"]

    def see(part, is_due):
        """What the engine finds on `part`: place -> (accuracy, risk), of the runs for which it is due."""
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
