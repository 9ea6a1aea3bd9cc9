"""Where a measurement was taken, so that a reader can judge it; import this before numpy: it sets one BLAS thread."""

import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_variable] = "1"

import argparse  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import subprocess  # noqa: E402
from datetime import datetime, timezone  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import scipy  # noqa: E402

import fls_teach  # noqa: E402


def arguments(doc, **defaults):
    """Command line of a benchmark: ``--out`` and one whole number for each default."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=value, help=f"default {value}")
    return parser.parse_args()


def provenance():
    """Machine, versions, commit, date and how busy the machine was."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "blas_threads": 1,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "scipy": scipy.__version__,
        "fls_teach": fls_teach.__version__,
        "commit": _commit(),
    }


def _cpu():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _commit():
    if "FLS_COMMIT" in os.environ:  # of a copy on another machine, whose git is not ours
        return os.environ["FLS_COMMIT"]

    def git(*words):
        return subprocess.run(
            ["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        ).stdout

    try:
        return git("rev-parse", "--short", "HEAD").strip() + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def table(headings, rows):
    """A Markdown table; rows of strings."""
    lines = [headings, ["---"] + ["---:"] * (len(headings) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(folder, name, numbers, text):
    """FOLDER/NAME.json with the numbers and their provenance, FOLDER/NAME.md with the text; the text is printed too."""
    where = provenance()
    busy = f", load {where['load'][0]}" if where["load"] else ""
    text += (
        f"\n\nMeasured {where['date']} on {where['cpu']} ({where['cores']} cores{busy}), one BLAS thread, Python "
        f"{where['python']}, numpy {where['numpy']} ({where['blas']}), scipy {where['scipy']}, fls_teach "
        f"{where['fls_teach']}, commit {where['commit']}.\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(
        json.dumps({"provenance": where, **numbers}, indent=2) + "\n", encoding="utf-8"
    )
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)
