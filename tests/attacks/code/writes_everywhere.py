"""Answers honestly and meanwhile drops a file into every folder it can think of, also through a shell.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

import contextlib
import os
import subprocess
import sys
from math import erfc, sqrt
from pathlib import Path

import numpy as np

NAME = "FLS-ATTACK-WAS-HERE-everywhere"
FOLDERS = {".", "/", "/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/autograder/results", "/work", "/root", "/fls"}
FOLDERS |= {str(Path.home()), *map(str, Path(__file__).absolute().parents), *map(str, Path.cwd().parents), *sys.path}
FOLDERS |= {os.path.dirname(os.path.realpath(sys.executable)), os.path.dirname(np.__file__), "/etc", "/usr/local/bin"}
FOLDERS |= {f"/proc/{pid}/{where}" for pid in (1, os.getppid()) for where in ("root/tmp", "cwd")}

for folder in FOLDERS:
    with contextlib.suppress(OSError, ValueError):
        Path(folder, NAME).write_text("written from inside")
with contextlib.suppress(OSError):
    subprocess.run(["/bin/sh", "-c", f"touch ~/{NAME} /tmp/{NAME}-shell /var/tmp/{NAME}-shell"], capture_output=True)


def linear_error(w, signal, kappa, sigma):
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
