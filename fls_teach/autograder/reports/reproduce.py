"""The command that gives a submission the marks of its record once more."""

from fls_teach.autograder.record import Record
from fls_teach.autograder.selection import selected
from fls_teach.autograder.settings import TOTAL_LIMIT, TimeLimits
from fls_teach.course.registry import course_root, exercises, own_root
from fls_teach.sandbox.isolation.sandboxes import ResourceLimits

_OPTIONS = (
    ("--time-limit", "call_seconds", TimeLimits.call, TimeLimits.call),
    ("--total-limit", "submission_seconds", TOTAL_LIMIT, 0),
    ("--memory", "memory_mib", ResourceLimits.memory_mib, ResourceLimits.memory_mib),
)


def reproduce_command(record: Record) -> str:
    """``fls grade FILE --out FOLDER --seed ...`` with all that the marks depend on and that is not usual.

    Parameters
    ----------
    record : dict

    Returns
    -------
    str
    """
    words = ["fls grade FILE --out FOLDER --seed", str(record["seed"])]
    graded, every = {each["name"] for each in record["exercises"]}, exercises()
    if graded != {exercise.name for exercise in every}:
        words.append(f"--exercise {selected([each for each in every if each.name in graded], every)}")
    if course_root() != own_root():
        words.append("--course FOLDER")
    if "withheld properties" in record["versions"]:
        words.append("--extra-spec FOLDER")
    for option, name, usual, absent in _OPTIONS:
        if (value := record["limits"].get(name, absent)) != usual:
            words.append(f"{option} {value:g}")
    return " ".join(words)
