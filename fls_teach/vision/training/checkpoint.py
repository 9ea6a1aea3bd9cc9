"""Where a long run goes on after its process was killed: its weights and history, written every few minutes."""

import time
from pathlib import Path

import torch

from fls_teach.files import replacing

MINUTES = 10.0


class Checkpoint:
    """The file of one run, of which a reader finds the whole or nothing.

    Parameters
    ----------
    path : path-like
    identity : str
        All that the state depends on; a file of another identity is not used.
    """

    def __init__(self, path, identity):
        self.path, self.identity, self.written = Path(path), identity, time.monotonic()

    def load(self):
        """The state last saved; None if there is none, or it is damaged or another's."""
        try:
            # Plain values and tensors: nothing in it is run. The device that wrote it may have another number now.
            whole = torch.load(self.path, weights_only=True, map_location="cpu")
            return whole["state"] if whole["identity"] == self.identity else None
        except Exception:  # what a damaged file raises is not documented; the run then begins anew
            return None

    def save(self, state):
        """Write what `state()` gives, if the last time was `MINUTES` ago. A disk that is full costs no run."""
        if time.monotonic() - self.written < 60 * MINUTES:
            return
        try:
            self.path.parent.mkdir(exist_ok=True)
            with replacing(self.path) as temporary:
                torch.save({"identity": self.identity, "state": state()}, temporary)
        except (OSError, RuntimeError):
            pass
        self.written = time.monotonic()
