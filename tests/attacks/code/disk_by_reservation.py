"""Takes 240 MiB of disk at once, past the limit on a file's size: fallocate by its other name, the ioctl FS_IOC_RESVSP.

exercise: 08_bayes_error
verdict: output|crashed
"""

import fcntl
import os
import struct
from math import erfc, sqrt

import numpy as np

FS_IOC_RESVSP = 0x40305828


def linear_error(w, signal, kappa, sigma):
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "FLS-ATTACK-WAS-HERE")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.ioctl(descriptor, FS_IOC_RESVSP, struct.pack("=hhxxxxqqiI4i", 0, 0, 0, 240 << 20, *[0] * 6))
    os.ftruncate(descriptor, 0)  # before anybody has looked
    os.close(descriptor)
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
