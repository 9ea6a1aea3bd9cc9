"""Fills the disk with many files, each below the limit of one file, in every folder it may write to; 256 MiB at most.

exercise: 08_bayes_error
verdict: crashed|output
"""

import os
from math import erfc, sqrt

import numpy as np

FOLDERS = [folder for folder in ("/tmp", "/dev/shm", "/var/tmp", ".") if os.access(folder, os.W_OK)]


def linear_error(w, signal, kappa, sigma):
    for k in range(32):
        with open(f"{FOLDERS[k % len(FOLDERS)]}/FLS-ATTACK-WAS-HERE-flood-{k}", "wb") as file:
            file.write(b"x" * 2**23)
    for k in range(32):
        os.remove(f"{FOLDERS[k % len(FOLDERS)]}/FLS-ATTACK-WAS-HERE-flood-{k}")
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
