"""What a worker of a cluster does: show that it is fit to grade, and mark one submission per request.

Requests and replies are JSON texts. dask finds `answer` by its import path, so that each worker runs the package that
is installed there; a reply is {"problem": sentence} where that is not the one wanted.
"""

import contextlib
import functools
import json
import sysconfig
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
    """Show that this worker may mark for a batch, or mark one submission by a grader process of its own.

    Parameters
    ----------
    request : str
        {"settings": those fields of `RunSettings` that marks follow from, "withheld": {file name: text},
        "versions": those where the batch was started}, and to mark, {"submission": fields of `Submission`}; the seed is
        then in the settings.

    Returns
    -------
    str
        {"isolation": name} of a sandbox that was seen to work in this process, or {"record": ...}.
    """
    try:
        with tempfile.TemporaryDirectory(dir=_private_folder()) as scratch:
            asked = json.loads(request)
            settings = _prepared(asked, Path(scratch))
            if "submission" not in asked:
                return json.dumps({"isolation": settings.isolation})
            with contextlib.closing(Graders(settings)) as crew:
                record = record_by(crew, Submission.from_json(asked["submission"]), settings.seed)
            return json.dumps({"record": record})
    except Exception as problem:  # which may not survive the way back
        kind = "" if isinstance(problem, CourseError) else f"{type(problem).__name__}: "
        return json.dumps({"problem": f"{kind}{problem}"[:1000]})


def _prepared(asked, scratch):
    """The `RunSettings` of a request as they are carried out here; raise `CourseError` where they cannot be."""
    fields = asked["settings"] | {"exercises": tuple(asked["settings"]["exercises"])}
    settings = RunSettings(paths=(), out=scratch / "out", hidden=tuple(_hidden()), **fields)
    if asked["withheld"]:
        (scratch / "withheld").mkdir()
        for name, text in asked["withheld"].items():
            (scratch / "withheld" / Path(name).name).write_bytes(text.encode())
        settings = replace(settings, extra_spec=scratch / "withheld")
    chosen = settings.chosen
    for each in chosen:
        each.check_needs()
    here = versions(chosen)
    for name, wanted in asked["versions"].items():
        if here.get(name) != wanted:
            raise CourseError(f"its {name} is {here.get(name, 'missing')}, and {wanted} where the batch was started")
    modules = "numpy", "scipy", *sorted({name for each in chosen for name in each.needs})
    with _one_at_a_time:
        isolation, problem = _tested(settings.isolation, settings.memory_mib, modules)
    if problem:
        raise CourseError(f"it has no working sandbox ({problem})")
    return replace(settings, isolation=isolation)


@functools.lru_cache
def _tested(isolation, memory_mib, modules):
    """The name of a sandbox that passes the self-test in this process, or "" and what is wrong."""
    folders = [_private_folder(), fls_teach.__path__[0], Path.home(), Path.cwd(), sysconfig.get_path("purelib")]
    try:
        return choose(isolation, Demands(_hidden(), folders, modules, ResourceLimits(memory_mib=memory_mib))), ""
    except SandboxError as problem:
        return "", str(problem)


def _hidden():
    """What a submission must not see on this worker."""
    root = course_root()
    found = Path(fls_teach.__path__[0]), root / "solutions", root / "tests", _private_folder()
    return [str(path.resolve()) for path in found if path.exists()]


def _private_folder():
    """dask's folder of this worker, closed to other users: it may hold what others handed in."""
    from distributed import get_worker

    folder = Path(get_worker().local_directory)
    folder.chmod(0o700)
    return folder
