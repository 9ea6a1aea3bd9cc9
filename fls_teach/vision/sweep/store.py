"""A sweep's folder: sweep.json with the runs that are wanted, runs/DIGEST.json for each that is finished (no torch).

Beside them lie times.jsonl, how long runs took (records hold no time, so that the same run gives the same bytes), and
leases/, which says which process is training what (see `fls_teach.vision.sweep.leases`), and checkpoints/ of long runs.
"""

import hashlib
import itertools
import json
import time
from pathlib import Path

from fls_teach.files import because, replace_text
from fls_teach.vision.run import Run
from fls_teach.vision.sweep.leases import Leases

FORMAT = "fls-teach run 1"
PLAN_FORMAT = "fls-teach sweep 1"
UNREADABLE = OSError, ValueError, KeyError, TypeError, RecursionError


def save(folder, record):
    """Write a finished run's record to FOLDER/runs/DIGEST.json; the same record gives the same bytes.

    Parameters
    ----------
    folder : path-like
    record : dict
        In plain JSON values, no time in it: "run" (`Run.parameters`), "trained" (those of its Trained), "images"
        (digest of its Data), "versions", "device" and "engine".

    Raises
    ------
    ValueError
        In one sentence, if it cannot be written.
    """
    text = json.dumps(record, sort_keys=True, allow_nan=False)
    path = _path(folder, Run(**record["run"]))
    _write(path, f"{_head(text.encode())}{text}}}\n")
    (checkpoints(folder) / f"{path.stem}.pt").unlink(missing_ok=True)


def checkpoints(folder):
    """Where long runs that are under way leave what they need to go on."""
    return Path(folder) / "checkpoints"


def load(folder, run):
    """The record of `run`, or None if it is missing, damaged or another run's: then it is to be done again."""
    found = _parse(_path(folder, run))
    return found[1] if found and found[0] == run else None


def read(folder):
    """All that is finished in `folder`, each file parsed once: a dict, Run -> record, in the order of digests."""
    return dict(filter(None, map(_parse, sorted(Path(folder, "runs").glob("[0-9a-f]*.json")))))


def plan(folder, runs, finished=None):
    """Add `runs` to those that the sweep in `folder` wants: all of them, the earlier ones first. Raises as `save`.

    Two sweeps that add to it at once do so one after the other, by a lease.
    """
    finished = read(folder) if finished is None else finished
    if _joined(folder, finished, runs) == _listed(folder):
        return _listed(folder)
    with Leases(folder) as leases:
        while not leases.take("sweep"):
            time.sleep(0.02)
        wanted = _joined(folder, finished, runs)
        lines = ",\n".join(json.dumps(run.parameters) for run in wanted)
        _write(Path(folder) / "sweep.json", f'{{"format": "{PLAN_FORMAT}", "runs": [\n{lines}\n]}}\n')
    return wanted


def _joined(folder, *more):
    return list(dict.fromkeys(itertools.chain(_listed(folder), *more)))


def planned(folder, finished=None):
    """The runs that the sweep in `folder` wants, finished or not; without a readable sweep.json the finished ones.

    Parameters
    ----------
    folder : path-like
    finished : dict, optional
        What `read` gave, where it was called already.

    Returns
    -------
    list of Run
        Empty if `folder` holds no sweep.
    """
    return list(dict.fromkeys([*_listed(folder), *(read(folder) if finished is None else finished)]))


def save_seconds(folder, runs, seconds):
    """Add a line per run to FOLDER/times.jsonl: runs of one stack share its `seconds`. Never fails: no result is lost.

    A line is one short write to the end of the file, so that several processes can add theirs.
    """
    lines = [{"run": run.digest, "seconds": round(seconds / len(runs), 3), "together": len(runs)} for run in runs]
    try:
        with Path(folder, "times.jsonl").open("a", encoding="utf-8", newline="\n") as file:
            file.write("".join(f"{json.dumps(line)}\n" for line in lines))
    except OSError:
        pass


def read_seconds(folder):
    """Seconds that finished runs took, by digest; the last word counts, and a damaged line counts for nothing."""
    seconds = {}
    try:
        lines = Path(folder, "times.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return seconds
    for line in lines:
        try:
            told = json.loads(line)
            seconds[str(told["run"])] = float(told["seconds"])
        except (ValueError, KeyError, TypeError):
            continue
    return seconds


def _listed(folder):
    """The runs of sweep.json."""
    try:
        whole = json.loads((Path(folder) / "sweep.json").read_bytes())
        return [Run(**fields) for fields in whole["runs"]] if whole["format"] == PLAN_FORMAT else []
    except UNREADABLE:
        return []


def _parse(path):
    """(Run, record) of an intact file under its own name, else None."""
    try:
        whole = path.read_bytes()
        text = whole[len(_head(b"")) : -2]  # json.dumps gives every record the same frame
        if whole != f"{_head(text)}".encode() + text + b"}\n":
            return None
        record = json.loads(text)
        run = Run(**record["run"])
        return (run, record) if path.stem == run.digest and not _is_superseded(run, record) else None
    except UNREADABLE:
        return None


def _head(text):
    return f'{{"format": "{FORMAT}", "sha256": "{hashlib.sha256(text).hexdigest()}", "record": '


def _is_superseded(run, record):
    """Earlier versions trained centred networks with batch norm against an f0 in another mode, which is not f0."""
    return run.centred and run.norm == "batch" and not record.get("calibrated")


def _path(folder, run):
    return Path(folder) / "runs" / f"{run.digest}.json"


def _write(path, text):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)
    except OSError as problem:  # a full disk, a folder that was taken away
        raise ValueError(f"cannot write '{path}' ({because(problem)}); finished runs are kept") from None
