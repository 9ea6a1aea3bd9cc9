"""What the autograder costs, and whether it keeps its head: processor time, start-up, batches, memory, kill -9.

    python benchmarks/grading.py [--part a --part d ...] [--quick]

Measured on 2 cores of an AMD EPYC with bubblewrap (results/grading.md; a and c on 2026-11-30 while the machine was
quiet, e at load 11, the others at about 1):

a. A complete reference submission: 11.4 s of processor time, median of 5 (goal: less than 16), all with 100 of 100
   points. On an EPYC without AVX-512, where plain Python takes 2.9 times as long, it was 37.9 s.
b. A worker with numpy starts in 0.075 s, median of 20 (goal: less than 0.25).
c. 100 mixed submissions: 9.6 minutes with --jobs 2 (goal: less than 12), 1.86 times as fast as --jobs 1, one trial
   (goal: at least 1.7). All 60 honest submissions have all points. It was 12.9 minutes on 2026-11-27, on a machine of
   the same name, and 28 minutes on 2 cores of an Intel Xeon at 2.1 GHz.
d. The main process needs 52 MiB for 20 submissions and for 1,000 (goal: flat).
e. 1,000 small submissions survived ten kill -9 at random moments: every mark as in an undisturbed run (goal: the same).

Each part is saved when it is done, and a part that is not asked for stays as it was measured before.
"""

from provenance import provenance, table, write  # isort: skip  (before numpy: one BLAS thread)

import argparse
import contextlib
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import process_tree
import submissions
from batches import SMALL, chosen, grade, lost, part_c, part_d, part_e, scores, text_c, text_d, text_e

from fls_teach.autograder.record import read_record
from fls_teach.sandbox import Session
from fls_teach.sandbox.isolation.sandboxes import Bubblewrap, NoSandbox, ResourceLimits, SandboxError

FULL = {
    "trials": 5, "starts": 20, "honest": 60, "partial": 25, "hostile": 15, "speedup": 12, "memory": (20, 200, 1000),
    "killed": 1000, "kills": 10, "exercises": (),
}  # fmt: skip
QUICK = {
    "trials": 1, "starts": 2, "honest": 2, "partial": 1, "hostile": 1, "speedup": 2, "memory": (2, 4),
    "killed": 8, "kills": 2, "exercises": (SMALL,),
}  # fmt: skip


# ------------------------------------------------------------------ a. one complete submission


def part_a(size, work):
    """Processor time of one complete submission, by the process that uses it."""
    submissions.reference(work / "reference", chosen(size))
    start = worker_starts(1 if size is QUICK else 10)["bwrap"]["cpu"]
    trials, unlocked = [], []
    for k in range(size["trials"]):
        out = work / f"out-{k}"
        run = grade(work / "reference", "--out", out, "--jobs", 1, names=size["exercises"])
        ((name, mark),) = scores(out).items()
        known = {"mark": "/".join(mark), "lost": lost(read_record(out / name / "record.json"))}
        trials.append(_spent(run, float(np.median(start))) | known)
        plain = ("--isolation", "process")
        run = grade(work / "reference", "--out", f"{out}-plain", "--jobs", 1, *plain, names=size["exercises"])
        spent = {"total": run.seconds(run.processes), "rusage": run.rusage, "wall": run.wall}
        unlocked.append(spent | {"lost": lost(read_record(Path(f"{out}-plain") / name / "record.json"))})
    return {"trials": trials, "without_sandbox": unlocked}


def _spent(run, one_start):
    """Processor seconds by role."""
    graders = {pid for pid, each in run.processes.items() if "fls_teach.autograder.marking.grader" in each.command}
    workers = set().union(*map(run.below, graders)) - graders
    starts = sum(run.processes[pid].parent in graders for pid in workers)
    return {
        "total": run.seconds(run.processes),
        "main": run.seconds({run.root}),
        "self_test": run.seconds(run.below(run.root) - graders - workers),
        "grader": run.seconds(graders),
        "starts": one_start * starts,
        "calls": run.seconds(workers) - one_start * starts,
        "workers_started": starts,
        "rusage": run.rusage,
        "wall": run.wall,
    }


def text_a(numbers):
    """The section."""
    trials, plain = numbers["trials"], numbers["without_sandbox"]
    rows = [
        ("all", "total"),
        ("grader: Hypothesis, specification, reference, reports", "grader"),
        ("main process: imports, intake, self-test, gradebook, similarity", "main"),
        ("self-test: the probe in the sandbox", "self_test"),
        ("workers: starting them", "starts"),
        ("workers: loading the submission, its calls", "calls"),
    ]
    shares = table(["processor time", "s", "least", "most"], [[label, *_spread(trials, name)] for label, name in rows])
    marks = ", ".join(sorted({trial["mark"] for trial in trials}))
    seen = _median(plain, "total") / _median(plain, "rusage")
    each = [(name, what) for trial in (*trials, *plain) for name, what in trial.get("lost", {}).items()]
    gone = "".join(f"\n\nLost: {name} at seed {what['seed']}, {what['summary']}" for name, what in each)
    return f"""## a. A complete reference submission

**{_median(trials, "total"):.1f} s** of processor time (goal: less than 16), {_median(trials, "wall"):.1f} s by the
clock, mark {marks}. Medians of {len(trials)} trials, each followed by one without a sandbox
({_median(plain, "total"):.1f} s and {_median(plain, "wall"):.1f} s).{gone}

{shares}

{trials[0]["workers_started"]} workers were started. RUSAGE_CHILDREN would show {_median(trials, "rusage"):.1f} s: it
misses what runs in bubblewrap's namespace. Where it misses nothing, without a sandbox, the count here is {seen:.0%} of
it."""


# ------------------------------------------------------------------ b. the start of a worker


def worker_starts(count):
    """Seconds from a file to a worker that has loaded it, and back to nothing, by sandbox; interleaved."""
    source, package = b"import numpy as np\n", Path(process_tree.__file__).resolve().parents[1]
    makers = {"process": lambda: NoSandbox(ResourceLimits()), "bwrap": lambda: Bubblewrap([package])}
    found = {name: {"start": [], "end": [], "cpu": []} for name in makers}
    with contextlib.ExitStack() as stack:
        try:
            sandboxes = {name: stack.enter_context(contextlib.closing(make())) for name, make in makers.items()}
        except SandboxError as problem:
            raise SystemExit(f"this machine cannot run the benchmark: {problem}") from None
        for k in range(count + 1):
            for name, sandbox in sandboxes.items():
                session, begun = Session("nothing.py", source=source, sandbox=sandbox), time.perf_counter()
                if not session.load().ok:
                    raise SystemExit(f"a worker in '{name}' does not load an empty file: {session.load().message}")
                loaded, used = time.perf_counter(), process_tree.processor_seconds(session.worker_pid)
                session.close()
                times = {"start": loaded - begun, "end": time.perf_counter() - loaded, "cpu": used}
                for what, seconds in times.items() if k else ():  # the first finds a cold disk
                    found[name][what].append(seconds)
    return found


def part_b(size, work):
    """Start of a worker."""
    return {"starts": worker_starts(size["starts"])}


def text_b(numbers):
    """The section."""
    found = numbers["starts"]
    rows = [
        [f"`{name}`", *(f"{_of(times[what]):.3f} ({max(times[what]):.3f})" for what in ("start", "end", "cpu"))]
        for name, times in found.items()
    ]
    heads = ["isolation", "to the first answer, s", "until nothing is left, s", "processor time, s"]
    return f"""## b. The start of a worker with numpy

**{_of(found["bwrap"]["start"]):.3f} s** in bubblewrap, at most {max(found["bwrap"]["start"]):.3f} s (goal: less than
0.25).

{table(heads, rows)}

Median (most) of {len(found["bwrap"]["start"])} interleaved starts."""


# ------------------------------------------------------------------

PARTS = {
    "a": (part_a, text_a),
    "b": (part_b, text_b),
    "c": (part_c, text_c),
    "d": (part_d, text_d),
    "e": (part_e, text_e),
}


def _of(values):
    return float(np.median(values))


def _median(trials, name):
    return _of([trial[name] for trial in trials])


def _spread(trials, name):
    values = [trial[name] for trial in trials]
    return [f"{value:.2f}" for value in (_of(values), min(values), max(values))]


def text(numbers):
    """The report, in Markdown."""
    sections = []
    for name, (_, section) in PARTS.items():
        if name in numbers["parts"]:
            part = numbers["parts"][name]
            where = part["measured"]
            taken = f"{where['date']}, commit {where['commit']}, load {where['load'][0]} at the start"
            sections.append(f"{section(part)}\n\n*{taken}, {part['minutes']:.1f} minutes.*")
    note = "\n\n**A quick run on little: it says that the benchmark works, and no more.**" if numbers["quick"] else ""
    return "# What the autograder costs" + note + "\n\n" + "\n\n".join(sections)


def main():
    """Measure the parts that were asked for, and save after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder for the results; default: results/ beside this file")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this one; may be repeated")
    parser.add_argument("--killed", type=int, metavar="N", help="how many submissions part e has; default: 1,000")
    parser.add_argument("--quick", action="store_true", help="a small run of everything, into --out, which it needs")
    options = parser.parse_args()
    if options.quick and options.out is None:
        parser.error("--quick measures nothing worth keeping: name an --out for it")
    out, size = options.out or Path(__file__).parent / "results", QUICK if options.quick else FULL
    size = size | ({"killed": options.killed} if options.killed else {})
    numbers = {"quick": options.quick, "parts": {}}
    with contextlib.suppress(OSError, ValueError):
        before = json.loads((out / "grading.json").read_text(encoding="utf-8"))
        if before["quick"] == options.quick:
            numbers["parts"] = before["parts"]
    for name in options.part or PARTS:
        measured, started = provenance(), time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="fls-benchmark-") as work:
            part = PARTS[name][0](size, Path(work))
        minutes = (time.perf_counter() - started) / 60
        numbers["parts"][name] = part | {"measured": measured, "minutes": minutes}
        numbers["parts"] = dict(sorted(numbers["parts"].items()))
        write(out, "grading", numbers, text(numbers))


if __name__ == "__main__":
    main()
