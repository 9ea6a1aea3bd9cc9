"""Forges a complete answer to the question in progress; worth what returning the value would have been, and no more.

exercise: 08_bayes_error
verdict: tampered|wrong
"""

import gc
import sys

main = sys.modules["__main__"]


def linear_error(w, signal, kappa, sigma):
    channel = next(thing for thing in gc.get_objects() if type(thing).__name__ == "Channel")
    for _ in range(2):  # the second one lies in wait for the next question
        value = main.protocol.encode(0.5)
        main.protocol.write_message(channel.answers, channel.pending[0], main.ANSWER | {"kind": "value"}, value)
    return 0.75
