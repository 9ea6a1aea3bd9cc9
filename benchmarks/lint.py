"""Is the graded specification strong enough? Every mutant of the solutions, every misconception and alternative.

    python benchmarks/lint.py --jobs 2            # all exercises
    python benchmarks/lint.py 09 10 --seeds 20    # some of them, anew; the others stay as they were recorded

Written after each exercise, so a run that is stopped loses one. `fls lint` shows the same with the survivors' diffs.
"""

from provenance import provenance, table  # isort: skip  (before numpy: one BLAS thread)

import argparse
import hashlib
import json
import resource
import sys
import time
from pathlib import Path

from fls_teach.cli.lint import command_complaint
from fls_teach.course.lint.lint import lint
from fls_teach.course.registry import exercises, find_exercise

COLUMNS = "mutants", "killed", "equivalent", "survivors", "misconceptions", "named", "confused", "alternatives"


def main():
    """Look at each exercise and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="EX", help="exercises; default: all")
    parser.add_argument("--seeds", type=int, default=3, help="default 3")
    parser.add_argument("--jobs", type=int, default=1, help="how many answers at a time; default 1")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the results")
    asked = parser.parse_args()
    record = asked.out / "lint.json"
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    for exercise in [find_exercise(name) for name in asked.names] or exercises():
        known[exercise.name] = measure(exercise, asked.seeds, asked.jobs)
        asked.out.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")
        record.with_suffix(".md").write_text(page(known), encoding="utf-8")
        print(exercise.name, known[exercise.name]["counts"], file=sys.stderr)
    print(page(known))


def measure(exercise, seeds, jobs):
    """The counts of one exercise, what is to be mended in it, and what it took."""
    clock, before = time.perf_counter(), processor_seconds()
    report = lint(exercise, seeds=seeds, jobs=jobs, command_complaint=command_complaint)
    sentences = {each.name: each.sentence for each in exercise.misconceptions}
    counts = {name: getattr(report, name) for name in ("mutants", "killed", "equivalent", "survivors")}
    counts |= {
        "misconceptions": len(sentences),
        "named": sum(bool(said.get(sentences[name])) for name, said in report.confusion.items()),
        "confused": sum(
            bool(set(said) & set(sentences.values()) - {sentences[name]}) for name, said in report.confusion.items()
        ),
        "alternatives": len(exercise.alternatives),
    }  # fmt: skip
    return {
        "counts": counts,
        "seeds": seeds,
        "check": {name: round(seconds, 3) for name, seconds in report.seconds.items()},
        "findings": [[finding.about, finding.text, finding.diff] for finding in report.findings],
        "notes": report.notes,
        "processor_seconds": round(processor_seconds() - before, 1),
        "clock_seconds": round(time.perf_counter() - clock, 1),
        "course": digest(exercise),
        "provenance": provenance(),
    }


def processor_seconds():
    """Of this process and all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def digest(exercise):
    """Which state of an exercise was looked at."""
    files = [exercise.stub, exercise.specification, exercise.solution, *exercise.alternatives]
    files += [*exercise.misconception_files, exercise.solution.parent / "equivalent.toml"]
    every = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files if path.exists())
    return hashlib.sha256(every).hexdigest()[:12]


def page(known):
    """What was recorded, for readers."""
    rows = [
        [name, *(str(entry["counts"][column]) for column in COLUMNS)]
        + [f"{sum(entry['check'].values()):.2f}", f"{entry['processor_seconds']:.0f}"]
        for name, entry in sorted(known.items())
    ]
    total = [sum(entry["counts"][column] for entry in known.values()) for column in COLUMNS]
    seconds = sum(entry["processor_seconds"] for entry in known.values())
    rows.append(["all", *map(str, total), "", f"{seconds:.0f}"])
    places = sorted({entry["provenance"]["cpu"] for entry in known.values()})
    dates = sorted(entry["provenance"]["date"][:10] for entry in known.values())
    loads = [entry["provenance"]["load"][0] for entry in known.values() if entry["provenance"]["load"]]
    seeds = sorted({entry["seeds"] for entry in known.values()})
    missing = [exercise.name for exercise in exercises() if exercise.name not in known]
    unrecorded = f"Not recorded yet: {', '.join(missing)}." if missing else ""
    left = [
        f"- {name}: {about}: {text}" for name, entry in sorted(known.items()) for about, text, _ in entry["findings"]
    ]
    return f"""# How strong the graded specification is

Each exercise's solution is changed in one place at a time, by the operators of mutmut and three more
(fls_teach/course/lint/operators.py). A mutant is killed where, with each of {" or ".join(map(str, seeds))} seeds, a
property fails; equivalent ones are listed with their reason in solutions/*/equivalent.toml. Misconceptions are *named*
where a card says which it is, and *confused* where a card names another. The alternatives pass with every seed.

{table(["exercise", *COLUMNS, "one check, s", "all this, s"], rows)}

Seconds are of processor time: of one check of the reference, mean of the seeds, and of all that the row took.
{unrecorded}

{len(left)} left to mend{":" if left else "."}

{chr(10).join(left)}

Measured {" to ".join(sorted({dates[0], dates[-1]}))} on {", ".join(places)}, load {min(loads, default=0)} to
{max(loads, default=0)} at the end of a row; lint.json has the rest.
"""


if __name__ == "__main__":
    main()
