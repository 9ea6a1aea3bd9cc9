"""A sweep's folder: sweep.json lists the runs of the sweep; each finished run has a file runs/DIGEST.json (no torch).

The folder also contains times.jsonl with the seconds that runs took (records contain no time, so that the same run
gives the same bytes), leases/, which says which process is training which run (see `fls_teach.vision.sweep.leases`),
and checkpoints/ of long runs.
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
        Plain JSON values, without times: "run" (`Run.parameters`), "trained" (the fields of its Trained), "images"
        (digests of its Data), "versions", "device" and "engine".

    Raises
    ------
    ValueError
        If it cannot be written.
    """
    text = json.dumps(record, sort_keys=True, allow_nan=False)
    path = _path(folder, Run(**record["run"]))
    _write(path, f"{_head(text.encode())}{text}}}\n")
    (checkpoints(folder) / f"{path.stem}.pt").unlink(missing_ok=True)


def checkpoints(folder):
    """Return the folder of the checkpoints of long unfinished runs."""
    return Path(folder) / "checkpoints"


def load(folder, run):
    """Return the record of `run`, or None if it is missing, damaged or of another run: then the run is repeated."""
    found = _parse(_path(folder, run))
    return found[1] if found and found[0] == run else None


def read(folder):
    """Return all finished runs in `folder` as a dict, Run -> record, in the order of digests."""
    return dict(filter(None, map(_parse, sorted(Path(folder, "runs").glob("[0-9a-f]*.json")))))


def plan(folder, runs, finished=None):
    """Add `runs` to the sweep in `folder`; return all its runs, earlier ones first. Raises as `save`.

    A lease ensures that two sweeps that add runs at the same time do so one after the other.
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
    """Return the runs of the sweep in `folder`, finished or not; if sweep.json cannot be read, the finished ones.

    Parameters
    ----------
    folder : path-like
    finished : dict, optional
        The result of `read`, if it was already called.

    Returns
    -------
    list of Run
        Empty if `folder` contains no sweep.
    """
    return list(dict.fromkeys([*_listed(folder), *(read(folder) if finished is None else finished)]))


def save_seconds(folder, runs, seconds):
    """Add a line per run to FOLDER/times.jsonl; the runs of one stack share its `seconds`. Errors are ignored.

    A line is one short write to the end of the file, so that several processes can append lines.
    """
    lines = [{"run": run.digest, "seconds": round(seconds / len(runs), 3), "together": len(runs)} for run in runs]
    try:
        with Path(folder, "times.jsonl").open("a", encoding="utf-8", newline="\n") as file:
            file.write("".join(f"{json.dumps(line)}\n" for line in lines))
    except OSError:
        pass


def read_seconds(folder):
    """Return the seconds that finished runs took, by digest; a run's last line counts, damaged lines are ignored."""
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
    """Return the runs of sweep.json."""
    try:
        whole = json.loads((Path(folder) / "sweep.json").read_bytes())
        return [Run(**fields) for fields in whole["runs"]] if whole["format"] == PLAN_FORMAT else []
    except UNREADABLE:
        return []


def _parse(path):
    """Return (Run, record) of a file that is intact and named by its run's digest, else None."""
    try:
        whole = path.read_bytes()
        text = whole[len(_head(b"")) : -2]  # the head has the same length for every record
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
    """Return whether an earlier version trained a centred network with batch norm while its f0 was in another mode."""
    return run.centred and run.norm == "batch" and not record.get("calibrated")


def _path(folder, run):
    return Path(folder) / "runs" / f"{run.digest}.json"


def _write(path, text):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)
    except OSError as problem:  # such as a full disk or a deleted folder
        raise ValueError(f"cannot write '{path}' ({because(problem)}); finished runs are kept") from None
