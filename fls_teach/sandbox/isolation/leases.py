"""What one worker at a time may have on this machine: a user number, and a processor as long as there are enough.

A claim is an abstract socket, which nobody else can have and which vanishes with the process that holds it.
"""

import errno
import itertools
import os
import random
import socket

FIRST_USER, LAST_USER = 61_000, 61_183  # Debian leaves 60,000 to 64,999 to such uses, systemd's begin at 61,184
_NAMES = "fls-teach"


class NoUserLeft(RuntimeError):
    """Every number is taken."""


class UserClaim:
    """A user number that nobody else on this machine is using, until `close`.

    Only root can become another user, and no two workers may share one.

    Attributes
    ----------
    uid : int

    Raises
    ------
    NoUserLeft
        If all are taken.
    """

    def __init__(self):
        import pwd  # not on Windows

        taken = {entry.pw_uid for entry in pwd.getpwall()}
        for uid in range(FIRST_USER, LAST_USER):
            if uid not in taken and (held := _claimed(f"user-{uid}")):
                self._socket, self.uid = held, uid
                return
        raise NoUserLeft(f"no free user number between {FIRST_USER} and {LAST_USER}")

    def fileno(self):
        """A descriptor: nobody has the number until all its copies are closed."""
        return self._socket.fileno()

    def close(self):
        """Let others have it."""
        self._socket.close()


class ProcessorClaim:
    """A processor that this process may use and that as few other workers as possible have claimed, until `close`.

    Attributes
    ----------
    number : int
    """

    def __init__(self):
        processors = sorted(os.sched_getaffinity(0))
        # By chance: containers side by side do not see one another's claims, and must not all begin with the same.
        random.SystemRandom().shuffle(processors)
        for sharing in itertools.count():
            for number in processors:
                if held := _claimed(f"processor-{number}-{sharing}"):
                    self._socket, self.number = held, number
                    return

    def close(self):
        """Let others have it."""
        self._socket.close()


def _claimed(name):
    """The socket that holds this name, or None if another process has it."""
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        held.bind(f"\0{_NAMES}-{name}")
    except OSError as problem:
        held.close()
        if problem.errno != errno.EADDRINUSE:
            raise
        return None
    return held
