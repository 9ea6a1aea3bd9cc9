"""One worker process for all solutions and misconceptions: they are trusted, but a wrong answer may never return."""

from pathlib import Path

from fls_teach.sandbox import Session

_ANSWERS = Path(__file__).with_name("answers.py")
_LOAD_LIMIT = 30.0


class CourseProcess:
    """A process that several `SharedWorker` use, one after the other; a file stays loaded for the next one.

    Attributes
    ----------
    session : Session
    ready : set of str
        Keys of the loaded files.
    """

    def __init__(self):
        self.session, self.ready = Session(_ANSWERS, support=_ANSWERS), set()


class SharedWorker:
    """Answers a call as a given solution or misconception of the exercise does.

    Parameters
    ----------
    exercise : Exercise
    time_limit : float
        Seconds for one call.
    process : CourseProcess, optional
        A process that stays alive after this worker is closed. Starting a process and importing scipy in it takes
        longer than most calls of an exercise.
    """

    def __init__(self, exercise, time_limit=10.0, process=None):
        self._support = exercise.support.read_text(encoding="utf-8") if exercise.support else None
        self._folder, self._time_limit = exercise.solution.parent, time_limit
        self._process, self._keep_process = process or CourseProcess(), process is not None

    def call(self, answer, function, *args, **kwargs):
        """Return the `Outcome` of one call of a function in `answer`, a path or a `patched.Misconception`.

        If `answer` does not load, return the outcome of loading it; the next call tries again.
        """
        session, ready = self._process.session, self._process.ready
        key = str(answer) if isinstance(answer, Path) else str(self._folder / f"{answer.name}.py")
        if session.worker_pid is None:  # the worker has ended, and with it everything that it had loaded
            ready.clear()
        if key not in ready:  # importing scipy.stats takes longer than the time limit of most calls
            session.time_limit = _LOAD_LIMIT
            source = answer.read_text(encoding="utf-8") if isinstance(answer, Path) else answer.source
            loaded = session.call("support:load", key, source, self._support)
            if not loaded.ok:
                return loaded
            ready.add(key)
        session.time_limit = self._time_limit
        return session.call("support:answer", key, function, args, kwargs)

    def close(self):
        """End the process, unless the caller passed it in."""
        if not self._keep_process:
            self._process.session.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
