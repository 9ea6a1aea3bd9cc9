"""Run a command as on a processor without AVX-512: ``python tests/vision/older_processor.py COMMAND ...``."""

import os
import sys

import numpy as np


def environment():
    """Variables under which oneDNN, MKL, OpenBLAS, torch and numpy use AVX2 at most."""
    core = getattr(np, "_core", None) or np.core  # numpy 1 has no _core
    # numpy warns of names that it does not know; X86_V4 is what numpy 2.4 calls the first set of AVX-512.
    newer = [name for name in core._multiarray_umath.__cpu_dispatch__ if name.startswith(("AVX512", "X86_V4"))]
    return {
        **os.environ,
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "DNNL_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "ATEN_CPU_CAPABILITY": "avx2",
        "NPY_DISABLE_CPU_FEATURES": " ".join(newer),
    }


if __name__ == "__main__":
    os.execvpe(sys.argv[1], sys.argv[1:], environment())
