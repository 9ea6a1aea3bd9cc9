"""`fls watch`: check an exercise whenever its file is saved, and run commands by single keys."""

import queue
import time

from fls_teach import terminal
from fls_teach.course.registry import CourseError, exercises, find_exercise
from fls_teach.course.workspace import actions
from fls_teach.course.workspace.keys import listening
from fls_teach.course.workspace.saves import Saves

_KEYS = "n next · h hint · l list · c check · x exit"
_ENDS = "x", "q", "\x03", "\x04"
_PAUSE = 0.3  # seconds between two checks for saved files


class Watch:
    """Watches a workspace.

    Parameters
    ----------
    workspace : Workspace
    exercise : Exercise, optional
        The exercise to begin with; default: the one that `fls check` checks first.
    """

    def __init__(self, workspace, exercise=None):
        self.workspace = workspace
        self.keys = queue.Queue()
        self.saves = Saves({each.name: workspace.file(each) for each in exercises()})
        self.exercise = exercise or (actions.chosen(workspace, ()) or exercises())[0]
        self.actions_by_key = {"n": self.next, "h": self.hint, "l": self.list, "c": self.check}

    def run(self, stdin):
        """Watch until x or Ctrl-C; return the exit code."""
        with listening(stdin, lambda key: self.keys.put(key.lower())) as reads_keys:
            self.help = _KEYS if reads_keys else "Ctrl-C ends"
            try:
                self.check()
                while self._handle_key():
                    for name in self.saves.look(time.monotonic()):
                        self.exercise = find_exercise(name)
                        self.check()
            except KeyboardInterrupt:
                terminal.say()
        return 0

    def _handle_key(self):
        """Wait for a key for `_PAUSE` seconds and act on it; return whether to continue."""
        try:
            key = self.keys.get(timeout=_PAUSE)
        except queue.Empty:
            return True
        if key in _ENDS:
            return False
        if key in self.actions_by_key:
            self.actions_by_key[key]()
        return True

    def check(self):
        """Check the current exercise."""
        from fls_teach.course.feedback.terminal import print_result

        self.saves.deal_with(self.exercise.name)  # before the check reads the file: a later save is a new one
        terminal.say()
        try:
            with terminal.progress(self.exercise.name) as progress:
                result = actions.check_one(self.workspace, self.exercise, progress=progress)
        except CourseError as problem:
            return self._say(str(problem))
        print_result(terminal.console(), result)
        passed = result.state == "passed"
        self._say("passed: press n for the next exercise" if passed and self.help == _KEYS else "")

    def next(self):
        """Go on to the next exercise that has not passed."""
        every = list(exercises())
        here = every.index(self.exercise)
        after = [each for each in every[here + 1 :] + every[:here] if self.workspace.state(each) != "passed"]
        if not after:
            return self._say("all other exercises have passed")
        self.exercise = after[0]
        self.check()

    def hint(self):
        """Give the next hint."""
        from fls_teach.course.feedback.terminal import print_hint

        try:
            given = actions.next_hint(self.workspace, self.exercise)
        except CourseError as problem:
            return self._say(str(problem))
        terminal.say()
        print_hint(terminal.console(), self.exercise, *given)
        self._say("")

    def list(self):
        """Show all exercises."""
        from fls_teach.course.feedback.terminal import print_listing

        print_listing(terminal.console(), actions.listing(self.workspace))
        self._say("")

    def _say(self, text):
        terminal.say((f"\n{text}\n" if text else "\n") + f"watching {self.exercise.name}   {self.help}")
