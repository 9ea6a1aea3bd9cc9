"""Leaves a detached process that holds the channel and the output open after the worker itself has died.

exercise: 08_bayes_error
verdict: crashed
"""

import contextlib
import os
import sys

SLEEP = "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 3, 15)]; time.sleep(300)"


def linear_error(w, signal, kappa, sigma):
    if os.fork() == 0:
        with contextlib.suppress(OSError):
            os.setsid()
        if os.fork() == 0:
            for fd in range(3, 64):
                try:
                    os.set_inheritable(fd, True)
                except OSError:
                    continue
            os.execv(sys.executable, [sys.executable, "-S", "-c", SLEEP, "FLS-ATTACK-SURVIVOR"])
        os._exit(0)
    os._exit(0)
