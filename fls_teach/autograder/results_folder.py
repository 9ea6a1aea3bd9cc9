"""The results folder of `fls grade`: private, used by one process at a time, with marks made by the same settings."""

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fls_teach.autograder.record import Record
from fls_teach.autograder.sentence import refusal
from fls_teach.characters import one_line, printable
from fls_teach.course.registry import CourseError
from fls_teach.files import replace_text, writable_folder

NAME = "settings.json"
_LARGEST = 1 << 16  # bytes; typical ones have some hundred


def private_folder(path: Path) -> Path:
    """Create the results folder if needed, closed to other users because it holds the key and all marks."""
    with refusal():
        new = not os.path.exists(path)
        folder = writable_folder(path)
    if new:
        folder.chmod(0o700)
    return folder


@contextlib.contextmanager
def exclusive_use(folder: Path) -> Iterator[None]:
    """Keep another `fls grade` from using the same results folder during the block."""
    import fcntl

    with refusal(f"cannot write to '{folder}/.lock'", "name another --out"):
        file = open(folder / ".lock", "w")  # noqa: SIM115 (closed below)
    with file:
        with refusal(f"another fls grade is writing to '{folder}'", "wait for it, or name another --out"):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def saved_settings(folder: str | Path) -> Record | None:
    """Return the settings saved in a results folder (see `RunSettings.saved`), or None if it is not one.

    Raises
    ------
    CourseError
        If the settings cannot be read, or were not written by `fls grade`.
    """
    path = Path(folder, NAME)
    what = f"'{one_line(str(path), 200)}' does not hold the settings of an fls grade"
    with refusal(what, "name another --out"), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ValueError("it is not an ordinary file")
        with open(path, "rb") as file:
            settings = json.loads(file.read(_LARGEST))
        if type(settings) is not dict or settings.get("fls_grade") != 1 or type(settings.get("exercises")) is not list:
            raise ValueError("they have another form")
        return settings
    return None


def is_results_folder(folder: str | Path) -> bool:
    """Return whether a folder holds valid settings of `fls grade`."""
    with contextlib.suppress(CourseError):
        return saved_settings(folder) is not None
    return False


def has_marks(folder: str | Path) -> bool:
    """Return whether a folder holds the record of any submission."""
    return any(Path(folder).glob("*/record.json"))


def save_settings(out: Path, settings: Record) -> None:
    """Save settings in the results folder, before its first mark.

    Raises
    ------
    CourseError
        If it holds marks that were made with other settings; nothing is written then.
    """
    before = saved_settings(out)
    if before == settings:
        return
    if has_marks(out):
        others = "; ".join(differing(before, settings)) if before else f"there is no {NAME} to say with which"
        raise CourseError(
            f"'{out}' holds marks that were made with other settings ({others}); "
            "name another --out, or give the same settings again"
        )
    replace_text(Path(out, NAME), json.dumps(settings, indent=1) + "\n")


def differing(old: Record, new: Record) -> list[str]:
    """Return the differences between two saved settings, as a list of "name: old -> new"."""
    names = [name for name in new | old if old.get(name) != new.get(name)]
    return [f"{name}: {_short_text(old, name)} -> {_short_text(new, name)}" for name in names]


def _short_text(values, name):
    value = values.get(name, "none")
    if name == "exercises":
        return " ".join(str(each)[:2] for each in value)
    return printable(str(value))[:19]
