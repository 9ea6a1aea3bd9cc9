"""Batches of submissions: a mixed one, the main process's memory, and kill -9 (parts c to e of `grading`)."""

import contextlib
import csv
import math
import os
import random
import signal
import subprocess
import time

import process_tree
import submissions
from process_tree import fls
from provenance import table

from fls_teach.autograder.record import properties, read_record
from fls_teach.course.registry import exercises, find_exercise

SMALL = "08"  # the cheapest exercise


def grade(*arguments, names=(), **options):
    """``fls grade`` with bubblewrap on some exercises, all by default."""
    only = [word for name in names for word in ("--exercise", name)]
    return fls("grade", *arguments, *only, *(() if "--isolation" in arguments else ("--isolation", "bwrap")), **options)


def chosen(size):
    """The exercises of a size."""
    return [find_exercise(name) for name in size["exercises"]] or list(exercises())


def scores(out):
    """Submission -> (score, of what) from the gradebook."""
    with open(out / "gradebook.csv", newline="", encoding="utf-8-sig") as file:
        return {row["submission"]: (row["score"], row["max_score"]) for row in csv.DictReader(file)}


def lost(record):
    """What a right submission lost, with the seed that loses it again: property -> verdict, summary, example."""
    found = {
        item["id"]: {name: item[name] for name in ("verdict", "summary", "card")} | {"seed": record["seed"]}
        for _, item in properties(record)
        if item["verdict"] != "passed"
    }
    for name, what in found.items():
        rows = [f"  {label}: {text}" for label, text in what["card"] or ()]
        print(f"{name} is lost at seed {what['seed']}: {what['verdict']}, {what['summary']}", *rows, sep="\n")
    return found


# ------------------------------------------------------------------ c. a mixed batch


def part_c(size, work):
    """A mixed batch, and what a second job gains."""
    every, batch, few = chosen(size), work / "batch", work / "few"
    for k in range(size["honest"]):
        submissions.honest(batch / f"honest-{k:03}", every, k)
    for k in range(size["partial"]):
        submissions.partial(batch / f"partial-{k:03}", every, k)
    attacked = submissions.hostile(batch, every, size["hostile"])
    for k in range(size["speedup"]):
        submissions.honest(few / f"honest-{k:03}", every, k)
    out = work / "out"
    run = grade(batch, "--out", out, "--jobs", 2, names=size["exercises"], interval=1.0)
    marks, gained, kept = scores(out), {}, {}
    for name, (exercise, allowed) in attacked.items():
        record = read_record(out / name / "record.json")
        wrong = [item["id"] for owner, item in properties(record)
                 if owner["name"] == exercise and item["verdict"] not in allowed[item["id"]]]  # fmt: skip
        if wrong:
            gained[name] = wrong
    for name in marks:
        if name.startswith("honest") and (wrong := lost(read_record(out / name / "record.json"))):
            kept[name] = wrong
    walls = {}
    for jobs in (1, 2):
        walls[str(jobs)] = grade(
            few, "--out", work / f"out-{jobs}", "--jobs", jobs, names=size["exercises"], interval=1.0
        ).wall
    return {
        "submissions": len(marks),
        "wall": run.wall,
        "honest": size["honest"],
        "honest_full": sum(score == of for name, (score, of) in marks.items() if name.startswith("honest")),
        "honest_lost": kept,
        "partial": [int(score or -1) for name, (score, _) in marks.items() if name.startswith("partial")],
        "hostile": len(attacked),
        "hostile_verdicts_not_allowed": gained,
        "faults": sorted(name for name, (score, _) in marks.items() if score == ""),
        "speedup_submissions": size["speedup"],
        "speedup_walls": walls,
    }


def text_c(numbers):
    """The section."""
    walls, wrong = numbers["speedup_walls"], numbers["hostile_verdicts_not_allowed"]
    partial = numbers["partial"] or [0]
    return f"""## c. A mixed batch

**{numbers["wall"] / 60:.1f} minutes** for {numbers["submissions"]} submissions with `--jobs 2` (goal: less than 12 for
100), {numbers["wall"] / numbers["submissions"]:.1f} s each.

- {numbers["honest"]} honest ones, of solutions and alternatives: {numbers["honest_full"]} have all points.
- {len(partial)} partial ones, with misconceptions, stubs and missing files: {min(partial)} to {max(partial)} points.
- {numbers["hostile"]} hostile ones, with attacks from all over the zoo: {len(wrong)} got a verdict that the attack's
  header does not allow.
- Without a mark, by a fault of the grader's: {len(numbers["faults"])}.

**{walls["1"] / walls["2"]:.2f} times** as fast with `--jobs 2` as with `--jobs 1` (goal: at least 1.7):
{numbers["speedup_submissions"]} honest submissions in {walls["2"]:.0f} s and {walls["1"]:.0f} s, one trial."""


# ------------------------------------------------------------------ d. memory of the main process


def part_d(size, work):
    """Peak memory of the main process."""
    rows = []
    for count in size["memory"]:
        submissions.small(work / f"batch-{count}", find_exercise(SMALL), count)
        run = grade(work / f"batch-{count}", "--out", work / f"out-{count}", "--jobs", 2, names=[SMALL], interval=0.1)
        rows.append({"submissions": count, "peak_mib": run.peak_mib, "wall": run.wall})
    return {"rows": rows}


def text_d(numbers):
    """The section."""
    rows = numbers["rows"]
    first, last = rows[0], rows[-1]
    growth = 1024 * (last["peak_mib"] - first["peak_mib"]) / (last["submissions"] - first["submissions"])
    cells = [[f"{row['submissions']:,}", f"{row['peak_mib']:.1f}", f"{row['wall']:.0f}"] for row in rows]
    return f"""## d. Memory of the main process

**{growth:.1f} KiB** for each more submission of exercise {SMALL} (goal: flat), `--jobs 2`.

{table(["submissions", "peak, MiB", "s by the clock"], cells)}"""


# ------------------------------------------------------------------ e. kill -9


SEED = 20261129
LATEST = 2.0  # seconds


def part_e(size, work):
    """The same batch undisturbed, and killed at random moments.

    A moment is drawn in two steps, so that each is reached on a machine of any speed, and none is tied to the writing
    of a record: so many submissions are finished, and then up to `LATEST` seconds pass. Where a moment comes soon
    after the one before, the batch is killed while it starts.
    """
    count, batch, key = size["killed"], work / "batch", work / "key"
    submissions.small(batch, find_exercise(SMALL), count)
    key.write_text("a course key for the benchmark\n")
    rest = ("--jobs", 2, "--key-file", key, "--isolation", "bwrap", "--exercise", SMALL)
    calm = fls("grade", batch, "--out", work / "calm", *rest, interval=1.0)
    kills, out, draw = [], work / "killed", random.Random(SEED)
    for goal in sorted(draw.randrange(count * 9 // 10) for _ in range(size["kills"])):
        process, began = process_tree.start("grade", batch, "--out", out, *rest), time.monotonic()
        while process.poll() is None and len(_records(out)) < goal:
            time.sleep(0.005)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(draw.uniform(0, LATEST))
        if process.poll() is not None:
            raise SystemExit("the batch was done, or refused, before it could be killed; take more submissions")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills.append({"seconds": time.monotonic() - began, "finished": _records(out)})
    fls("grade", batch, "--out", out, *rest, interval=1.0)
    after = _records(out)
    if _versions(work / "calm", after) != _versions(out, after):
        raise SystemExit("a file of the course was edited between the two runs, so they cannot be compared")
    redone = [sum(after[name] != stamp for name, stamp in each["finished"].items()) for each in kills]
    same = {
        name: (work / "calm" / name / "record.json").read_bytes() == (out / name / "record.json").read_bytes()
        for name in after
    }
    return {
        "submissions": count,
        "seed": SEED,
        "seconds_until_kill": [round(each["seconds"], 2) for each in kills],
        "finished_at_kill": [len(each["finished"]) for each in kills],
        "redone_after_kill": redone,
        "records": len(after),
        "records_that_differ": sorted(name for name, equal in same.items() if not equal),
        "same_gradebook": (work / "calm" / "gradebook.csv").read_bytes() == (out / "gradebook.csv").read_bytes(),
        "wall_undisturbed": calm.wall,
    }


def _versions(out, names):
    return [read_record(out / name / "record.json")["versions"] for name in names]


def _records(out):
    """Finished records: folder -> what changes when a file is written again."""
    found = {}
    for path in out.glob("*/record.json"):
        with contextlib.suppress(OSError):
            stat = path.stat()
            found[path.parent.name] = stat.st_ino, stat.st_mtime_ns
    return found


def text_e(numbers):
    """The section."""
    same, differ = numbers["same_gradebook"], numbers["records_that_differ"]
    finished, redone = numbers["finished_at_kill"], numbers["redone_after_kill"]
    count, seconds = len(finished), numbers.get("seconds_until_kill", [math.nan] * len(finished))
    few = "" if numbers["submissions"] >= 1000 else " (a full run has 1,000; `--killed` asked for fewer)"
    cells = [[f"{a:,}", f"{b:.1f}", f"{c}"] for a, b, c in zip(finished, seconds, redone, strict=True)]
    heads = ["finished when it was killed", "s since it was started", "finished ones done again later"]
    return f"""## e. kill -9

{numbers["submissions"]:,} submissions of exercise {SMALL}{few}, `--jobs 2`; the process
group was killed {count} times, at random moments (seed {numbers.get("seed")}), and the same command
started again at once. The gradebook is **{"byte for byte" if same else "NOT"}** that of an
undisturbed run; {len(differ)} of {numbers["records"]:,}
records differ. Undisturbed, it takes {numbers["wall_undisturbed"]:.0f} s by the clock.

{table(heads, cells)}"""
