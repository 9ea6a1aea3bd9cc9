"""One worker for all of the course's own files: honest, but a wrong idea may well run for ever."""

from pathlib import Path

from fls_teach.sandbox import Session

_ANSWERS = Path(__file__).with_name("answers.py")
_LOAD_LIMIT = 30.0


class CourseProcess:
    """A process in which one `SharedWorker` after the other asks its files; what one has loaded stays for the next.

    Attributes
    ----------
    session : Session
    ready : set of str
        What it has loaded.
    """

    def __init__(self):
        self.session, self.ready = Session(_ANSWERS, support=_ANSWERS), set()


class SharedWorker:
    """Answers calls as any file of the exercise's solutions, or any misconception, would.

    Parameters
    ----------
    exercise : Exercise
    time_limit : float
        Seconds for one call.
    process : CourseProcess, optional
        One that goes on after this worker is closed: starting another and importing scipy there takes longer than most
        of the questions of an exercise.
    """

    def __init__(self, exercise, time_limit=10.0, process=None):
        self._support = exercise.support.read_text(encoding="utf-8") if exercise.support else None
        self._folder, self._time_limit = exercise.solution.parent, time_limit
        self._process, self._lent = process or CourseProcess(), process is not None

    def call(self, answer, function, *args, **kwargs):
        """The `Outcome` of one call of a function in `answer`, a path or a `patched.Misconception`.

        Where `answer` does not load, it is the outcome of loading it; the next call tries again.
        """
        session, ready = self._process.session, self._process.ready
        key = str(answer) if isinstance(answer, Path) else str(self._folder / f"{answer.name}.py")
        if session.worker_pid is None:  # ended, with all that it had loaded
            ready.clear()
        if key not in ready:  # importing scipy.stats takes longer than most calls may
            session.time_limit = _LOAD_LIMIT
            source = answer.read_text(encoding="utf-8") if isinstance(answer, Path) else answer.source
            loaded = session.call("support:load", key, source, self._support)
            if not loaded.ok:
                return loaded
            ready.add(key)
        session.time_limit = self._time_limit
        return session.call("support:answer", key, function, args, kwargs)

    def close(self):
        """End the process, unless it was lent."""
        if not self._lent:
            self._process.session.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
