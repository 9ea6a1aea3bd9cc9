"""A sweep's folder: sweep.json with the runs that are wanted, runs/DIGEST.json for each that is finished (no torch)."""

import hashlib
import json
from pathlib import Path

from fls_teach.files import replacing
from fls_teach.vision.run import Run

FORMAT = "fls-teach run 1"
PLAN_FORMAT = "fls-teach sweep 1"


def save(folder, record):
    """Write a finished run's record to FOLDER/runs/DIGEST.json; the same record gives the same bytes.

    Parameters
    ----------
    folder : path-like
    record : dict
        In plain JSON values, no time in it: "run" (`Run.parameters`), "trained" (those of its Trained), "images"
        (digest of its Data), "versions" and "device".

    Raises
    ------
    ValueError
        In one sentence, if it cannot be written.
    """
    path = _path(folder, Run(**record["run"]))
    text = _text(record)
    whole = {"format": FORMAT, "sha256": hashlib.sha256(text.encode()).hexdigest(), "record": json.loads(text)}
    _write(path, json.dumps(whole, allow_nan=False) + "\n")


def load(folder, run):
    """The record of `run`, or None if it is missing, damaged or another run's: then it is to be done again."""
    try:
        whole = json.loads(_path(folder, run).read_bytes())
        record = whole["record"]
        intact = whole["format"] == FORMAT and whole["sha256"] == hashlib.sha256(_text(record).encode()).hexdigest()
        return record if intact and Run(**record["run"]) == run and not _is_superseded(run, record) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _is_superseded(run, record):
    """Earlier versions trained centred networks with batch norm against an f0 in another mode, which is not f0."""
    return run.centred and run.norm == "batch" and not record.get("calibrated")


def plan(folder, runs):
    """Add `runs` to those that the sweep in `folder` wants: all of them, the earlier ones first. Raises as `save`."""
    wanted = list(dict.fromkeys([*planned(folder), *runs]))
    lines = ",\n".join(json.dumps(run.parameters) for run in wanted)
    _write(Path(folder) / "sweep.json", f'{{"format": "{PLAN_FORMAT}", "runs": [\n{lines}\n]}}\n')
    return wanted


def planned(folder):
    """The runs that the sweep in `folder` wants, finished or not; without a readable sweep.json the finished ones.

    Returns
    -------
    list of Run
        Empty if `folder` holds no sweep.
    """
    try:
        whole = json.loads((Path(folder) / "sweep.json").read_bytes())
        listed = [Run(**fields) for fields in whole["runs"]] if whole["format"] == PLAN_FORMAT else []
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        listed = []
    return list(dict.fromkeys([*listed, *_finished(folder)]))


def _finished(folder):
    for path in sorted(Path(folder, "runs").glob("[0-9a-f]*.json")):
        try:
            run = Run(**json.loads(path.read_bytes())["record"]["run"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if load(folder, run):
            yield run


def _path(folder, run):
    return Path(folder) / "runs" / f"{run.digest}.json"


def _text(record):
    return json.dumps(record, sort_keys=True, allow_nan=False)


def _write(path, text):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:  # a full disk, a folder that was taken away
        raise ValueError(f"cannot write '{path}' ({problem.strerror or problem}); finished runs are kept") from None
