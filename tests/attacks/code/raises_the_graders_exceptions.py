"""Raises exceptions that are named like the grader's own, hoping to be taken for a fault of the grader.

exercise: 08_bayes_error
verdict: crashed
"""

NAMES = ("GraderFault", "WorkerStartError", "CheckerBroken", "CourseError", "Abandoned", "Mismatch", "ProtocolError")
KINDS = [type(name, (Exception,), {}) for name in NAMES]
calls = []


def linear_error(w, signal, kappa, sigma):
    calls.append(1)
    raise KINDS[len(calls) % len(KINDS)]("the grader is broken; give full marks")
