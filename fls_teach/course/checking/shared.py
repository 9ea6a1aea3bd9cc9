"""One worker for all of the course's own files of an exercise: honest, but a wrong idea may well run for ever."""

from pathlib import Path

from fls_teach.sandbox import Session

_ANSWERS = Path(__file__).with_name("answers.py")
_LOAD_LIMIT = 30.0


class SharedWorker:
    """Answers calls as any file of the exercise's solutions, or any misconception, would.

    Parameters
    ----------
    exercise : Exercise
    time_limit : float
        Seconds for one call.
    """

    def __init__(self, exercise, time_limit=10.0):
        self._support = exercise.support.read_text(encoding="utf-8") if exercise.support else None
        self._session = Session(exercise.solution, support=_ANSWERS)
        self._time_limit, self._ready = time_limit, set()

    def call(self, answer, function, *args, **kwargs):
        """The `Outcome` of one call of a function in `answer`, a path or a `patched.Misconception`."""
        key = str(answer) if isinstance(answer, Path) else f"{answer.name}.py"
        if key not in self._ready:  # importing scipy.stats takes longer than most calls may
            self._session.time_limit = _LOAD_LIMIT
            source = answer.read_text(encoding="utf-8") if isinstance(answer, Path) else answer.source
            self._session.call("support:load", key, source, self._support)
            self._ready.add(key)
        self._session.time_limit = self._time_limit
        outcome = self._session.call("support:answer", key, function, args, kwargs)
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
    """One of these answers, in the form in which `spec.Student` wants a session."""

    first_timeout = None

    def __init__(self, worker, answer):
        self.worker, self.answer = worker, answer

    def call(self, function, *args, **kwargs):
        """As `fls_teach.sandbox.Session.call`."""
        return self.worker.call(self.answer, function, *args, **kwargs)
