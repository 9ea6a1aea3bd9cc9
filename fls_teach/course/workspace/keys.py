"""Single keys from a terminal, without waiting for Enter, on Windows and elsewhere."""

import contextlib
import os
import threading


@contextlib.contextmanager
def listening(stream, put):
    """Call `put(character)` from a thread for each key, while the with-block lasts.

    Parameters
    ----------
    stream : file
        Standard input. If it is not a terminal, nothing is read from it.
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
    read, restore = _windows() if os.name == "nt" else _elsewhere(stream.fileno())

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


def _elsewhere(descriptor):
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)  # not raw: line ends and Ctrl-C stay as they are

    def read():
        try:
            return os.read(descriptor, 1).decode("ascii", "replace")
        except OSError:  # the terminal went away
            return ""

    return read, lambda: termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
