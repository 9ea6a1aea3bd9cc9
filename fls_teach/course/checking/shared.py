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
        """The `Outcome` of one call of a function in `answer`, a path or a `patched.Misconception`.

        Where `answer` does not load, it is the outcome of loading it; the next call tries again.
        """
        key = str(answer) if isinstance(answer, Path) else f"{answer.name}.py"
        if self._session.worker_pid is None:  # ended, with all that it had loaded
            self._ready.clear()
        if key not in self._ready:  # importing scipy.stats takes longer than most calls may
            self._session.time_limit = _LOAD_LIMIT
            source = answer.read_text(encoding="utf-8") if isinstance(answer, Path) else answer.source
            loaded = self._session.call("support:load", key, source, self._support)
            if not loaded.ok:
                return loaded
            self._ready.add(key)
        self._session.time_limit = self._time_limit
        return self._session.call("support:answer", key, function, args, kwargs)

    def close(self):
        """End the worker."""
        self._session.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
