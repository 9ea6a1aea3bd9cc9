"""Tries to leave compiled code beside every module of the worker, of numpy and of Python.

exercise: 08_bayes_error
verdict: wrong
"""

import contextlib
import sys
from math import erfc, sqrt
from pathlib import Path

import numpy as np

NAME = "FLS-ATTACK-WAS-HERE"  # never a real module's name: a grader without a sandbox must survive this zoo
files = {getattr(module, "__file__", None) or "/" for module in list(sys.modules.values())} - {__file__}
written = []
for folder in {Path(file).parent for file in files}:
    with contextlib.suppress(OSError):
        cache = folder / "__pycache__"
        cache.mkdir(exist_ok=True)
        written.append(cache.joinpath(f"{NAME}.{sys.implementation.cache_tag}.pyc").write_bytes(b"poison"))


def linear_error(w, signal, kappa, sigma):
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2 if written else 0.75
