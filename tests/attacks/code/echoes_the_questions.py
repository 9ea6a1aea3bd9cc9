"""Becomes the program cat, which sends every question back as its own answer, the right token included.

exercise: 08_bayes_error
verdict: tampered|crashed
"""

import gc
import os


def linear_error(w, signal, kappa, sigma):
    channel = next(thing for thing in gc.get_objects() if type(thing).__name__ == "Channel")
    os.dup2(channel.questions, 0)
    os.dup2(channel.answers, 1)
    # The question in progress has been read already: send something like it, and let cat answer the next.
    os.write(1, b"FLS1" + bytes(8) + channel.pending[0])
    os.execv("/bin/cat", ["cat"])
