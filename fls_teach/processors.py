"""The number of available processors."""

import os


def cores() -> int:
    """Return how many processors this process may use; in a container often fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
