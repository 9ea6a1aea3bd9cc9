"""Stops every clock of its process and then computes for ever.

exercise: 08_bayes_error
verdict: timeout
"""

import threading
import time

for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    setattr(time, name, lambda: 0.0)
time.sleep = lambda seconds: None
threading.Event.wait = lambda self, timeout=None: True


def linear_error(w, signal, kappa, sigma):
    while True:
        pass
