"""`fls watch`: check on every save, help at the touch of a key."""

import queue
import threading
import time

from fls_teach import terminal
from fls_teach.course.registry import CourseError, exercises
from fls_teach.course.workspace import actions
from fls_teach.course.workspace.keys import listening

_KEYS = "n next · h hint · l list · c check · x exit"
_SAVING = 0.3  # seconds that an editor may take between deleting the old file and putting the new one in place


class Watch:
    """Watches a workspace.

    Parameters
    ----------
    workspace : Workspace
    exercise : Exercise, optional
        What to begin with; by default what `fls check` would check first.
    """

    def __init__(self, workspace, exercise=None):
        self.workspace = workspace
        self.events = queue.Queue()
        self.exercise = exercise or (actions.chosen(workspace, ()) or exercises())[0]
        self.doing = {"n": self.next, "h": self.hint, "l": self.list, "c": self.check}

    def run(self, stdin):
        """Watch until x or Ctrl-C; return the exit code."""
        stop = threading.Event()
        watching = threading.Thread(target=self._watch_files, args=(stop,), daemon=True)
        watching.start()
        with listening(stdin, lambda key: self.events.put(("key", key.lower()))) as keys:
            self.help = _KEYS if keys else "Ctrl-C ends"
            try:
                self.check()
                while self._one_event():
                    pass
            except KeyboardInterrupt:
                terminal.say()
            finally:
                stop.set()
                watching.join(timeout=2)
        return 0

    def _watch_files(self, stop):
        import watchfiles

        known = self._stamps()
        try:
            # Folders that exist, not the whole tree: in .fls we write ourselves.
            folders = [path for each in exercises() if (path := self.workspace.folder / each.name).is_dir()]
            # Notifications only wake us, every half second at the latest: a save made before they are installed counts.
            options = {"debounce": 300, "step": 50, "rust_timeout": 500, "yield_on_timeout": True}
            for _ in watchfiles.watch(*folders, watch_filter=None, stop_event=stop, raise_interrupt=False, **options):
                seen = self._stamps()
                for exercise in exercises():
                    if seen[exercise.name] != known[exercise.name]:
                        self.events.put(("saved", exercise))
                known = seen
        except Exception as problem:  # no more file notifications: say so instead of waiting for ever
            self.events.put(("broken", problem))

    def _stamps(self):
        """When each exercise file was last written, and its size; None for one that is not there."""
        stamps = {}
        for each in exercises():
            try:
                status = self.workspace.file(each).stat()
                stamps[each.name] = status.st_mtime_ns, status.st_size
            except OSError:
                stamps[each.name] = None
        return stamps

    def _one_event(self):
        try:
            kind, what = self.events.get(timeout=0.2)  # a wait without end would not see Ctrl-C on Windows
        except queue.Empty:
            return True
        if kind == "saved":
            self.exercise = what
            self.check()
        elif kind == "broken":
            raise CourseError(f"cannot watch for saved files any more ({what}); use `fls check`")
        elif what in ("x", "q", "\x03", "\x04"):
            return False
        elif what in self.doing:
            self.doing[what]()
        return True

    def check(self):
        """Check the current exercise."""
        from fls_teach.course.feedback.terminal import print_result

        path, until = self.workspace.file(self.exercise), time.monotonic() + _SAVING
        while not path.is_file() and time.monotonic() < until:
            time.sleep(0.05)
        terminal.say()
        try:
            with terminal.progress(self.exercise.name) as progress:
                result = actions.check_one(self.workspace, self.exercise, progress=progress)
        except CourseError as problem:
            return self._say(str(problem))
        print_result(terminal.console(), result)
        passed = result.state == "passed"
        self._say("passed: n goes on to the next" if passed and self.help == _KEYS else "")

    def next(self):
        """Go on to the next exercise that has not passed."""
        every = list(exercises())
        here = every.index(self.exercise)
        after = [each for each in every[here + 1 :] + every[:here] if self.workspace.state(each) != "passed"]
        if not after:
            return self._say("there is no other exercise left")
        self.exercise = after[0]
        self.check()

    def hint(self):
        """Give the next hint."""
        try:
            heading, text, step, steps = actions.next_hint(self.workspace, self.exercise)
            self._say(f"{self.exercise.name}: {heading}\n\n{text}\n\nHint {step} of {steps}")
        except CourseError as problem:
            self._say(str(problem))

    def list(self):
        """Show all exercises."""
        from fls_teach.course.feedback.terminal import print_listing

        rows = actions.listing(self.workspace)
        print_listing(terminal.console(), rows, sum(row[3] for row in rows), sum(row[4] for row in rows))
        self._say("")

    def _say(self, text):
        terminal.say((f"\n{text}\n" if text else "\n") + f"watching {self.exercise.name}   {self.help}")
