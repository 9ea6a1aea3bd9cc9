"""The part that runs on a worker of a cluster: it tests the worker's sandbox and marks one submission per request.

Requests and replies are JSON texts. dask finds `answer` by its import path, so each worker runs the package installed
there; the reply is {"problem": sentence} if its version is not the required one.
"""

import contextlib
import functools
import json
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import fls_teach
from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.marking.batch import Graders, record_by
from fls_teach.autograder.marking.mark import versions
from fls_teach.autograder.settings import RunSettings
from fls_teach.course.registry import CourseError, course_root
from fls_teach.sandbox.isolation.sandboxes import ResourceLimits, SandboxError
from fls_teach.sandbox.selftest import Demands, choose

_one_at_a_time = threading.Lock()


def answer(request: str) -> str:
    """Test whether this worker may mark for a batch, or mark one submission with a grader process.

    Parameters
    ----------
    request : str
        {"settings": fields of `RunSettings` that affect marks, "withheld": {file name: text}, "versions": those on the
        machine that started the batch}; and, to mark, "submission": fields of `Submission`, with the seed in the
        settings.

    Returns
    -------
    str
        {"isolation": name} of a sandbox that passed the self-test in this process, or {"record": ...}.
    """
    try:
        with tempfile.TemporaryDirectory(dir=_private_folder()) as scratch:
            fields = json.loads(request)
            settings = _local_settings(fields, Path(scratch))
            if "submission" not in fields:
                return json.dumps({"isolation": settings.isolation})
            with contextlib.closing(Graders(settings)) as crew:
                record = record_by(crew, Submission.from_json(fields["submission"]), settings.seed)
            return json.dumps({"record": record})
    except Exception as problem:  # sent as text, because dask may fail to send the exception
        kind = "" if isinstance(problem, CourseError) else f"{type(problem).__name__}: "
        return json.dumps({"problem": f"{kind}{problem}"[:1000]})


def _local_settings(request, scratch):
    """Return the `RunSettings` of a request for this worker; raise `CourseError` if it cannot meet them."""
    fields = request["settings"] | {"exercises": tuple(request["settings"]["exercises"])}
    settings = RunSettings(paths=(), out=scratch / "out", hidden=tuple(_hidden()), **fields)
    if request["withheld"]:
        (scratch / "withheld").mkdir()
        for name, text in request["withheld"].items():
            (scratch / "withheld" / Path(name).name).write_bytes(text.encode())
        settings = replace(settings, extra_spec=scratch / "withheld")
    chosen = settings.chosen
    for each in chosen:
        each.check_needs()
    installed = versions(chosen)
    for name, required in request["versions"].items():
        if (found := installed.get(name, "missing")) != required:
            raise CourseError(f"its {name} is {found}, but {required} on the machine that started the batch")
    modules = "numpy", "scipy", *sorted({name for each in chosen for name in each.needs})
    with _one_at_a_time:
        isolation, problem = _tested(settings.isolation, settings.memory_mib, modules)
    if problem:
        raise CourseError(f"it has no working sandbox ({problem})")
    return replace(settings, isolation=isolation)


@functools.lru_cache
def _tested(isolation, memory_mib, modules):
    """Return (name of an isolation that passes the self-test in this process, ""), or ("", problem)."""
    limits = ResourceLimits(memory_mib=memory_mib)
    try:
        return choose(isolation, Demands(_hidden(), [_private_folder()], modules, limits)), ""
    except SandboxError as problem:
        return "", str(problem)


def _hidden():
    """Return the paths that a submission must not see on this worker."""
    root = course_root()
    paths = Path(fls_teach.__path__[0]), root / "solutions", root / "tests", _private_folder()
    return [str(path.resolve()) for path in paths if path.exists()]


def _private_folder():
    """Return this worker's dask folder, closed to other users because it may hold other submissions."""
    from distributed import get_worker

    folder = Path(get_worker().local_directory)
    folder.chmod(0o700)
    return folder
