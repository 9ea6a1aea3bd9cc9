"""The course of training, the same for every engine: epochs, evaluations when they are due, and each run's end."""

import math
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


def follow(runs, engine, data, progress=None, checkpoint=None):
    """Train `runs` side by side to their ends.

    Parameters
    ----------
    runs : list of Run
    engine : object
        What trains them: ``epoch(k)`` takes the steps of epoch k, counted from 0, and gives an `Epoch` for each run;
        ``evaluate(images)`` gives (accuracy, risk) for each; ``moved()`` says of each whether a weight differs from
        what it was before the epoch; ``keep(places)`` forgets all runs but those at `places`.
    data : Data
    progress : callable (fraction, what), optional
        Told of the first run.
    checkpoint : fls_teach.vision.training.checkpoint.Checkpoint, optional
        Of a single run, whose engine has ``state()`` and ``restore(state)``: where it goes on, with the same result.

    Returns
    -------
    list of Trained

    Raises
    ------
    ValueError
        In one sentence, if c f overflows before training.
    """
    courses, epoch = [_Course(run) for run in runs], 0
    if checkpoint and (state := checkpoint.load()):
        epoch = courses[0].restore(state["course"])
        engine.restore(state["engine"])
    else:
        _evaluate(courses, engine, data)
    for course in courses:
        if course.status == "diverged":
            raise ValueError(f"the risk is not finite before training; c is {course.run.c:g}, choose a smaller one")
    training = _compact(courses, engine)
    while training:
        for course, seen in zip(training, engine.epoch(epoch), strict=True):
            course.take(seen)
        if any(course.dead for course in training):
            for course, moved in zip(training, engine.moved(), strict=True):
                course.dead &= not moved
        if not all(course.status for course in training):
            _evaluate(training, engine, data)
        if progress and courses[0].status != "diverged":
            last = courses[0].history[-1]
            progress((epoch + 1) / runs[0].epochs, f"train accuracy {last.train_accuracy:.3f}")
        training, epoch = _compact(training, engine), epoch + 1
        if checkpoint and training:
            checkpoint.save(lambda: {"course": courses[0].state(), "engine": engine.state()})
    return [summary(each.history, each.status, each.steps, each.diverged_at) for each in courses]


class _Course:
    """One run so far; `status` once it has ended."""

    def __init__(self, run):
        self.run, self.history, self.steps = run, [], 0
        self.status = self.diverged_at = self.batches = None
        self.dead = False

    def state(self):
        """What `restore` takes, between epochs."""
        return {"history": [list(evaluation) for evaluation in self.history], "steps": self.steps}

    def restore(self, state):
        """Go on from another course's `state`; how many epochs it had done."""
        self.history, self.steps = [Evaluation(*each) for each in state["history"]], state["steps"]
        return len(self.history) - 1

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


def _evaluate(courses, engine, data):
    """Complete an epoch: evaluate what is due, training images first, for they may decide that this is the end."""

    def see(images, due):
        return engine.evaluate(images) if images is not None and due else [None] * len(courses)

    def going():
        return [course for course in courses if course.status != "diverged"]

    train = see(data.train, any(course.train_is_due for course in going()))
    validation = see(data.validation, any(course.validation_decides for course in going()))
    for course, *seen in zip(courses, train, validation, strict=True):
        if course.status != "diverged":
            course.judge(seen[0], seen[1] and seen[1][1] if course.validation_decides else None)
    test = see(data.test, any(course.test_is_due for course in going()))
    validation = see(data.validation, any(course.test_is_due and not course.validation_decides for course in going()))
    for course, *seen in zip(courses, test, validation, strict=True):
        if course.status != "diverged":
            course.close(seen[0], seen[1] and seen[1][1])


def _compact(courses, engine):
    """The runs that go on; `engine` keeps only theirs."""
    places = [place for place, course in enumerate(courses) if course.status is None]
    if len(places) < len(courses):
        engine.keep(places)
    return [courses[place] for place in places]
