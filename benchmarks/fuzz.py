"""Does anything that a submission sends or hands in break the grader? Coverage-guided fuzzing of what is read first.

    pip install atheris
    python benchmarks/fuzz.py --minutes 60                 # all targets, each for its share of the time
    python benchmarks/fuzz.py --minutes 1 value tar        # some of them

Targets: `value` (bytes of the protocol: refused, or exactly one value), `message` (what comes through a pipe), `zip`
and `tar` (archives of whatever bytes), `names` (what files and folders may be called). A target ends at the first input
that raises what it must not, takes more than 20 s or 2 GiB; that input is kept in results/fuzz-broken. The last long
run is in results/fuzz.md.
"""

from provenance import table, write  # isort: skip  (before numpy: one BLAS thread)

import argparse
import contextlib
import io
import os
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

SECONDS, MEBIBYTES = 20, 2048
EXERCISES = "01_mixture", "08_bayes_error"


def value(data):
    """Bytes are refused, or are the one encoding of a value."""
    with contextlib.suppress(protocol.ProtocolError):
        assert protocol.encode(protocol.decode(data)) == data


def message(data):
    """Whatever comes through the channel is a message, or an end of it."""
    reading, writing = os.pipe()
    try:
        os.write(writing, data[:60_000])
        os.close(writing)
        with contextlib.suppress(protocol.ProtocolError, EOFError):
            protocol.read_message(reading)
    finally:
        os.close(reading)


def zip_(data):
    """A zip of whatever bytes is a submission, or refused in a sentence."""
    _hand_in("a.zip", data)


def tar(data):
    """The same for a tar, plain or packed."""
    _hand_in("a.tar.gz" if data[:1] == b"\x1f" else "a.tar", data)


def names(data):
    """Whatever files are called: submissions have names and folders of their own that are safe to show and to write."""
    provider = atheris.FuzzedDataProvider(data)
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")  # that a name occurs twice
        for _ in range(provider.ConsumeIntInRange(1, 6)):
            name = provider.ConsumeUnicodeNoSurrogates(60)
            if provider.ConsumeBool():
                name += provider.PickValueInList([f"{each}.py" for each in EXERCISES] + [".zip", "/", "_1_2_"])
            with contextlib.suppress(ValueError):
                archive.writestr(zipfile.ZipInfo(name[:200] or "x"), b"x = 1\n")
    _hand_in("many.zip", packed.getvalue())


def _hand_in(name, data):
    path = Path(FOLDER, name)
    path.write_bytes(data)
    with contextlib.suppress(CourseError):
        entries = intake.collect([path], CHOSEN)
        assert len({entry.name for entry in entries}) == len({entry.folder for entry in entries}) == len(entries)
        for entry in entries:
            assert entry.name.isprintable() and re.fullmatch(r"[\w-]+", entry.folder, re.ASCII), entry
            with contextlib.suppress(Unreadable):
                entry.read()


TARGETS = {"value": value, "message": message, "zip": zip_, "tar": tar, "names": names}


def seeds(target):
    """Inputs to begin with: honest ones."""
    import numpy as np

    packed, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ada_1_2_08_bayes_error.py", "x = 1\n")
        archive.writestr("bo/01_mixture.py", "y = 2\n")
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("08_bayes_error/08_bayes_error.py"), io.BytesIO())
    values = [None, (1, -2.5, "é", b"x"), {"a": [True, 2**70]}, np.eye(3), np.float32(1), np.zeros((0, 3), "i2")]
    heads = [protocol.encode(each) for each in values]
    if target == "message":
        size = struct.calcsize(f"<4sII{protocol.TOKEN_BYTES}s")
        return [
            protocol.MAGIC + struct.pack("<II", len(each), len(each)) + bytes(size - 12) + each * 2 for each in heads
        ]
    return {"value": heads, "zip": [packed.getvalue()], "tar": [tarred.getvalue()]}.get(
        target, [b"ada08_bayes_error.py"]
    )


def fuzz(target, seconds, crashes):
    """Run one target in this process, until it breaks or time is up; libFuzzer ends the process."""
    with tempfile.TemporaryDirectory() as corpus:
        for k, data in enumerate(seeds(target)):
            Path(corpus, f"seed-{k}").write_bytes(data)
        options = [f"-max_total_time={seconds}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEBIBYTES}", "-max_len=65536"]
        options += [f"-artifact_prefix={crashes}/{target}-", "-print_final_stats=1"]
        atheris.Setup(["fuzz", *options, corpus], TARGETS[target])
        atheris.Fuzz()


def measure(target, seconds, crashes):
    """Run one target in a process of its own; what came of it as a dict."""
    started = time.monotonic()
    command = [sys.executable, __file__, "--only", target, "--seconds", str(seconds), "--crashes", str(crashes)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    said = done.stderr + done.stdout
    covered = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", said)
    executed = re.findall(r"stat::number_of_executed_units:\s*(\d+)|^#(\d+)\s", said, re.MULTILINE)
    broken = sorted(path.name for path in Path(crashes).glob(f"{target}-*"))
    if done.returncode and not broken:
        raise SystemExit(f"the fuzzer of {target} did not run:\n{said[-3000:]}")
    return {
        "runs": max((int(a or b) for a, b in executed), default=0),
        "edges": int(covered[-1][0]) if covered else 0,
        "inputs kept": int(covered[-1][2]) if covered else 0,
        "seconds": round(time.monotonic() - started),
        "broken": broken,
        "end": said[-3000:] if broken else "",
    }


def main():
    """Fuzz the targets that are asked for, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*TARGETS, []], help="targets; default: all")
    parser.add_argument("--minutes", type=float, default=60.0, help="for all of them together; default 60")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    for hidden in ("--only", "--seconds", "--crashes"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        fuzz(asked.only, int(asked.seconds), asked.crashes)
    chosen = asked.names or list(TARGETS)
    crashes = asked.out / "fuzz-broken"
    crashes.mkdir(parents=True, exist_ok=True)
    found = {}
    for target in chosen:
        found[target] = measure(target, max(int(60 * asked.minutes / len(chosen)), 1), crashes)
        print(target, found[target] | {"end": ""}, file=sys.stderr)
    with contextlib.suppress(OSError):  # not empty
        crashes.rmdir()
    shown = ("runs", "edges", "inputs kept", "seconds")
    rows = [
        [name, *(f"{each[key]:,}" for key in shown), ", ".join(each["broken"]) or "-"] for name, each in found.items()
    ]
    text = "# Fuzzing of the protocol's decoder and the intake\n\n" + table(["target", *shown, "broken by"], rows)
    write(asked.out, "fuzz", {"minutes": asked.minutes, "targets": found}, text)
    return 1 if any(each["broken"] for each in found.values()) else 0


if __name__ == "__main__":
    try:
        import atheris
    except ImportError:
        raise SystemExit("this takes atheris, which is not installed: python -m pip install atheris") from None
    with atheris.instrument_imports(include=["fls_teach.sandbox.decoding", "fls_teach.autograder.intake"]):
        from fls_teach.autograder.intake import collect as intake
        from fls_teach.autograder.intake.sources import Unreadable
        from fls_teach.sandbox import protocol
    from fls_teach.course.registry import CourseError, find_exercise

    CHOSEN = [find_exercise(name) for name in EXERCISES]
    FOLDER = tempfile.mkdtemp(prefix="fls-fuzz-")
    raise SystemExit(main())
