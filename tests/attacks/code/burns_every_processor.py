"""Takes the time of its neighbours: 28 burners of 20 seconds, in sessions of their own, on every processor.

exercise: 08_bayes_error
verdict: crashed|timeout
"""

import contextlib
import os
import time
from math import erfc, sqrt

import numpy as np

gained = []
for name, arguments in {
    "setsid": (),
    "sched_setaffinity": (0, range(os.cpu_count())),
    "sched_setscheduler": (0, 3, os.sched_param(0)),  # SCHED_BATCH
    "setpriority": (os.PRIO_PROCESS, 0, 1),
}.items():
    with contextlib.suppress(OSError):
        getattr(os, name)(*arguments)
        gained.append(name)
with contextlib.suppress(OSError):  # no more of them
    for _ in range(28):
        if os.fork() == 0:
            end = time.monotonic() + 20
            with contextlib.suppress(OSError):
                os.setsid()
            while time.monotonic() < end:
                pass
            os._exit(0)


def linear_error(w, signal, kappa, sigma):
    if not gained:
        raise PermissionError("nothing but its own processor")
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
