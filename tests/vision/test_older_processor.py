"""Layers are right on processors without AVX-512, for which torch has other kernels."""

import re
import subprocess
import sys
from pathlib import Path

from .older_processor import environment


def test_layers_pass_their_tests_without_avx512():
    """In a process of its own, which a write past a buffer ends. Catches a layer whose kernels for AVX2 are wrong."""
    layers = str(Path(__file__).with_name("test_layers.py"))
    older = "assert 'AVX512' not in torch.backends.cpu.get_cpu_capability()"
    command = [
        sys.executable,
        "-c",
        f"import sys, pytest, torch; {older}; sys.exit(pytest.main())",
        "-q",
        "-p",
        "no:cacheprovider",
        layers,
    ]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]


def test_what_kernels_can_change_is_asked_once_more():
    """Catches a new file of tests of networks or training that .ci/run does not run as on an older processor."""
    of_numbers = re.compile(r"^from fls_teach\.vision\.(models|training|data\.(biggan|latent|two_nn))\b", re.MULTILINE)
    texts = {path.name: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")}
    found = {name for name, text in texts.items() if of_numbers.search(text)}
    assert len(found) >= 12 and not [name for name in found if "pytest.mark.kernels" not in texts[name]]
