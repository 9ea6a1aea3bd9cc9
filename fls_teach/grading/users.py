"""User numbers for workers: only root can become another user, and no two workers may share one."""

import socket

FIRST_USER, LAST_USER = 61_000, 61_183  # Debian leaves 60,000 to 64,999 to such uses, systemd's begin at 61,184


class NoUserLeft(RuntimeError):
    """Every number is taken."""


class UserClaim:
    """A user number that nobody else on this machine is using, until `close`.

    Held by an abstract socket, which vanishes with the process that holds it.

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
            if uid in taken:
                continue
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                self._socket.bind(f"\0fls-teach-user-{uid}")
            except OSError:
                self._socket.close()
                continue
            self.uid = uid
            return
        raise NoUserLeft(f"no free user number between {FIRST_USER} and {LAST_USER}")

    def close(self):
        """Let others have it."""
        self._socket.close()
