"""Exercise 10: the U-curve, from finished runs to evidence."""

import numpy as np


# TODO: two functions, a few lines each
def errors_at_target(risks: np.ndarray, errors: np.ndarray, target_risk: float) -> np.ndarray:
    """Test error of every run at its stopping time t_eta, the first time with training risk <= target_risk.

    Parameters
    ----------
    risks, errors : ndarray (seeds, alphas, times)
        Training risk and test error of every run along its way; each run has its own clock, and reaches the target.
    target_risk : float
        eta, in the unit of `risks`.

    Returns
    -------
    ndarray (seeds, alphas)
    """
    raise NotImplementedError("exercise 10: errors_at_target")


def evidence(errors: np.ndarray, alphas: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The best alpha, chosen on rows 0, 2, 4, …, and how much worse every alpha is, judged on rows 1, 3, 5, …

    Parameters
    ----------
    errors : ndarray (seeds, alphas)
        Test errors, a row for each seed; at least four rows.
    alphas : ndarray (alphas,)

    Returns
    -------
    best_alpha : float
        The alpha with the smallest mean over the choosing rows.
    difference, standard_error : ndarray (alphas,), ndarray (alphas,)
        Over the K judging rows: mean of e_k(alpha) - e_k(best_alpha), and their standard deviation (divisor K - 1) / √K.
    """
    raise NotImplementedError("exercise 10: evidence")
