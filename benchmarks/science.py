"""Every measured number of docs/science.md, anew: one table for each section.

    python benchmarks/science.py                      # all sections, 8 minutes on one core
    python benchmarks/science.py phase-1 equivalence  # some of them
    python benchmarks/science.py --page docs/science.md --out benchmarks/results   # and bring the page up to date

The page holds the tables between two comments; tests/test_science_page.py says whether it holds what was recorded.
"""

from provenance import provenance  # isort: skip  (before numpy: one BLAS thread)

import argparse
import json
import re
import time
from pathlib import Path

from measured import errors, phases, real_images, rules, ucurve

SECTIONS = {
    "phase-1": phases.phase_one,
    "phase-2": phases.phase_two,
    "errors": errors.errors,
    "u-curve": ucurve.u_curve,
    "causes": ucurve.causes,
    "equivalence": rules.equivalence,
    "discrete-training": rules.discrete_training,
    "mixtures": rules.mixtures,
    "real-images": real_images.real_images,
}


def main():
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--page", type=Path, help="page to bring up to date, docs/science.md")
    parser.add_argument("--out", type=Path, help="folder for science.json and science.md, the record of all sections")
    asked = parser.parse_args()
    unknown = set(asked.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    record = Path(asked.out, "science.json") if asked.out else None
    known = json.loads(record.read_text(encoding="utf-8")) if record and record.exists() else {}
    for name in asked.sections or SECTIONS:
        start = time.process_time()
        text = SECTIONS[name]()
        seconds = time.process_time() - start
        where = provenance()
        known[name] = {"text": text, "seconds": round(seconds, 1), "provenance": where}
        print(f"## {name}\n\n{text}\n\n({seconds:.0f} s of processor time, {where['date'][:10]})\n", flush=True)
        if record:
            write(record, known)
        if asked.page:
            page = with_block(asked.page.read_text(encoding="utf-8"), name, block(known[name], name))
            asked.page.write_text(page, encoding="utf-8")


def write(record, known):
    """The record, and the same for readers beside it."""
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    parts = [f"## {name}\n\n{block(known[name], name)}\n" for name in SECTIONS if name in known]
    machine = next(iter(known.values()))["provenance"]
    where = f"{machine['cpu']}, Python {machine['python']}, numpy {machine['numpy']}, scipy {machine['scipy']}"
    head = f"# What docs/science.md shows as measured\n\n{where}."
    record.with_suffix(".md").write_text("\n\n".join([head, *parts]), encoding="utf-8")


def block(entry, name):
    """What the page shows of one recorded section."""
    where = entry["provenance"]
    repeat = f"`python benchmarks/science.py {name}`, {entry['seconds']:.0f} s of processor time, {where['date'][:10]}"
    return f"**[M]** {entry['text']}\n\nRepeat: {repeat}."


def with_block(page, name, text):
    """The page with the measured block of a section replaced."""
    pattern = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"the page has no block <!-- measured: {name} --> ... <!-- end -->")
    return pattern.sub(lambda match: f"{match[1]}{text}\n{match[2]}", page)


if __name__ == "__main__":
    main()
