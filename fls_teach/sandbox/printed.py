"""The text that a worker prints: kept up to a limit, and complete before the call's outcome is reported."""

import os
import threading
from collections.abc import Callable

from fls_teach.sandbox import protocol

MAX_PRINTED_BYTES = 20_000


class Printed:
    """The text that arrives at `fd`, collected by `drain` in a thread of its own.

    Parameters
    ----------
    fd : int
        The reading end of a pipe.
    limit : int, optional
        Bytes that may be printed between two calls of `take`.
    flooded : callable (reason), optional
        Called with "output" when more is printed.
    """

    def __init__(self, fd: int, limit: int | None = None, flooded: Callable[[str], None] | None = None) -> None:
        self._fd, self._limit, self._flooded = fd, limit, flooded
        self._changed = threading.Condition()
        self._kept, self._dropped = bytearray(), 0
        self._tokens, self._complete, self._closed, self._timeout = [], True, False, 0.5

    def expect(self, token: bytes) -> None:
        """Make the next `take` wait for the token that ends a call's output."""
        with self._changed:
            self._tokens.append(token)
            self._complete = False

    def take(self) -> str:
        """Return the text since the last call, once it is complete, and clear it."""
        with self._changed:
            # At most half a second, halved after each time-out: student code may have closed the descriptor.
            if not self._changed.wait_for(lambda: self._complete or self._closed, self._timeout):
                self._timeout /= 2
            data, dropped = bytes(self._kept), self._dropped
            for token in self._tokens:
                if token not in data and dropped:
                    dropped -= len(token)
                data = data.replace(token, b"")
            self._kept, self._dropped = bytearray(), 0
            # An overdue token may still arrive, and must then be removed from the text.
            self._tokens = [] if self._complete else self._tokens[-1:]
        dropped += max(0, len(data) - MAX_PRINTED_BYTES)
        text = data[:MAX_PRINTED_BYTES].decode("utf-8", "replace")
        return f"{text}\n... ({dropped} more bytes not shown)" if dropped > 0 else text

    def drain(self) -> None:
        """Read until the pipe is closed."""
        tail = b""
        while True:
            chunk = os.read(self._fd, 2**16)
            with self._changed:
                # With room for the tokens, so that `take` finds each one whole, or it lies beyond the limit.
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
