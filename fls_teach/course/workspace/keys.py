"""Read single keys from a terminal without waiting for Enter, on Windows and on other systems."""

import contextlib
import os
import threading


@contextlib.contextmanager
def listening(stream, put):
    """Call `put(character)` from a thread for each key, while the with-block lasts.

    Parameters
    ----------
    stream : file
        Standard input. Nothing is read if it is not a terminal.
    put : callable

    Yields
    ------
    bool
        Whether keys are read.
    """
    try:
        terminal = stream.isatty()
    except (AttributeError, ValueError):  # no stdin at all, or a closed one
        terminal = False
    if not terminal:
        yield False
        return
    read, restore = _windows() if os.name == "nt" else _posix(stream.fileno())

    def pump():
        while key := read():
            put(key)

    threading.Thread(target=pump, daemon=True).start()
    try:
        yield True
    finally:
        restore()


def _windows():
    import msvcrt

    return msvcrt.getwch, lambda: None


def _posix(descriptor):
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)  # not raw mode, which would also change line ends and Ctrl-C

    def read():
        try:
            return os.read(descriptor, 1).decode("ascii", "replace")
        except OSError:  # the terminal was closed
            return ""

    return read, lambda: termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
