"""What a worker prints: kept up to a limit, thrown away beyond it, and whole before an answer is believed."""

import os
import threading
from collections.abc import Callable

from fls_teach.sandbox import protocol

MAX_PRINTED_BYTES = 20_000


class Printed:
    """The text that comes through `fd`, collected by `drain` in a thread of its own.

    Parameters
    ----------
    fd : int
        The end of a pipe to read from.
    limit : int, optional
        Bytes that may be printed between two times of `take`.
    flooded : callable (reason), optional
        Called with "output" when it prints more.
    """

    def __init__(self, fd: int, limit: int | None = None, flooded: Callable[[str], None] | None = None) -> None:
        self._fd, self._limit, self._flooded = fd, limit, flooded
        self._changed = threading.Condition()
        self._kept, self._dropped = bytearray(), 0
        self._tokens, self._complete, self._closed, self._patience = [], True, False, 0.5

    def expect(self, token: bytes) -> None:
        """Wait, in the next `take`, for the token that ends a call's output."""
        with self._changed:
            self._tokens.append(token)
            self._complete = False

    def take(self) -> str:
        """Return the text since the last time and forget it."""
        with self._changed:
            # Half a second at most, and half as long each further time, for a student who closed the descriptor.
            if not self._changed.wait_for(lambda: self._complete or self._closed, self._patience):
                self._patience /= 2
            data, dropped = bytes(self._kept), self._dropped
            for token in self._tokens:
                if token not in data and dropped:
                    dropped -= len(token)
                data = data.replace(token, b"")
            self._kept, self._dropped = bytearray(), 0
            # One that is overdue may still come, and must not be shown then.
            self._tokens = [] if self._complete else self._tokens[-1:]
        dropped += max(0, len(data) - MAX_PRINTED_BYTES)
        text = data[:MAX_PRINTED_BYTES].decode("utf-8", "replace")
        return f"{text}\n... ({dropped} more bytes not shown)" if dropped > 0 else text

    def drain(self) -> None:
        """Read until the pipe closes."""
        tail = b""
        while True:
            chunk = os.read(self._fd, 2**16)
            with self._changed:
                # Room for tokens too, so that `take` finds them whole or beyond the limit.
                room = MAX_PRINTED_BYTES + protocol.TOKEN_BYTES * len(self._tokens)
                kept = chunk[: max(0, room - len(self._kept))]
                self._kept += kept
                self._dropped += len(chunk) - len(kept)
                window = tail + chunk
                tail = window[1 - protocol.TOKEN_BYTES :]
                if not self._complete and self._tokens[-1] in window:
                    self._complete = True
                self._closed = not chunk
                if self._complete or self._closed:
                    self._changed.notify()
                printed = len(self._kept) + self._dropped
            if self._limit and self._flooded and printed > self._limit:
                self._flooded("output")
            if not chunk:
                return
