"""One worker for all of the course's own files of an exercise: honest, but a wrong idea may well run for ever."""

from pathlib import Path

from fls_teach.sandbox import Session

_ANSWERS = Path(__file__).with_name("answers.py")
_LOAD_LIMIT = 30.0


class SharedWorker:
    """Answers calls as any file of the exercise's solutions would.

    Parameters
    ----------
    exercise : Exercise
    time_limit : float
        Seconds for one call.
    """

    def __init__(self, exercise, time_limit=10.0):
        self._support = str(exercise.support) if exercise.support else None
        self._session = Session(exercise.solution, support=_ANSWERS)
        self._time_limit, self._ready = time_limit, set()

    def call(self, path, function, *args, **kwargs):
        """The `Outcome` of one call of a function in `path`."""
        if path not in self._ready:  # importing scipy.stats takes longer than most calls may
            self._session.time_limit = _LOAD_LIMIT
            self._session.call("support:load", str(path), self._support)
            self._ready.add(path)
        self._session.time_limit = self._time_limit
        outcome = self._session.call("support:answer", str(path), self._support, function, args, kwargs)
        if outcome.kind in ("timeout", "crash", "protocol_error"):
            self._ready.clear()  # a new worker will answer the next call
        return outcome

    def close(self):
        """End the worker."""
        self._session.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class SharedSession:
    """One of these files, in the form in which `spec.Student` wants a session."""

    first_timeout = None

    def __init__(self, worker, path):
        self.worker, self.path = worker, path

    def call(self, function, *args, **kwargs):
        """As `fls_teach.sandbox.Session.call`."""
        return self.worker.call(self.path, function, *args, **kwargs)
