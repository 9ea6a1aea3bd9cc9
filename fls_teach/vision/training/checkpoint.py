"""Checkpoints of a long run: its weights and history, saved every few minutes, from which a killed run is resumed."""

import time
from pathlib import Path

import torch

from fls_teach.files import replacing

MINUTES = 10.0


class Checkpoint:
    """The checkpoint file of one run; it is replaced atomically.

    Parameters
    ----------
    path : path-like
    identity : str
        Everything that the state depends on; a file with another identity is ignored.
    """

    def __init__(self, path, identity):
        self.path, self.identity, self.written = Path(path), identity, time.monotonic()

    def load(self):
        """Return the state last saved; None if there is none, or the file is damaged or has another identity."""
        try:
            # Only plain values and tensors are read; no code is run. The device's number may have changed.
            whole = torch.load(self.path, weights_only=True, map_location="cpu")
            return whole["state"] if whole["identity"] == self.identity else None
        except Exception:  # torch does not document what a damaged file raises; the run then starts again
            return None

    def save(self, state):
        """Save `state()` if the last save was at least `MINUTES` ago. Errors, such as a full disk, are ignored."""
        if time.monotonic() - self.written < 60 * MINUTES:
            return
        try:
            self.path.parent.mkdir(exist_ok=True)
            with replacing(self.path) as temporary:
                torch.save({"identity": self.identity, "state": state()}, temporary)
        except (OSError, RuntimeError):
            pass
        self.written = time.monotonic()
