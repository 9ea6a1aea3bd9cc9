"""Layers are right on processors without AVX-512, for which torch has other kernels."""

import subprocess
import sys
from pathlib import Path

from .older_processor import environment


def test_layers_pass_their_tests_without_avx512():
    """In a process of its own, which a write past a buffer ends. Catches a layer whose kernels for AVX2 are wrong."""
    env, layers = environment(), Path(__file__).with_name("test_layers.py")
    older = "import torch; assert 'AVX512' not in torch.backends.cpu.get_cpu_capability()"
    subprocess.run([sys.executable, "-c", older], env=env, check=True, timeout=120)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(layers)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
