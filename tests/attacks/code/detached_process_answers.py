"""Hands the channel to a detached process that outlives the worker and answers in its place.

exercise: 08_bayes_error
verdict: tampered|crashed|wrong
"""

import contextlib
import gc
import os
import sys
import time

main = sys.modules["__main__"]


def linear_error(w, signal, kappa, sigma):
    channel = next(thing for thing in gc.get_objects() if type(thing).__name__ == "Channel")
    token = channel.pending[0]
    if os.fork() == 0:
        with contextlib.suppress(OSError):
            os.setsid()
        forged = main.ANSWER | {"kind": "value"}
        for _ in range(100):  # ten seconds at most
            main.protocol.write_message(channel.answers, token, forged, main.protocol.encode(0.5))
            time.sleep(0.1)
        os._exit(0)
    os._exit(0)
