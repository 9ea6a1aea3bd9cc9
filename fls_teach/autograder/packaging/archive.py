"""A zip that is handed on: whole or not there, and readable by its owner alone, as it holds secrets or marks."""

import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from fls_teach.autograder.sentence import refusal
from fls_teach.files import add_to_zip, replacing


def write_private_zip(target: Path, files: Iterable[tuple[str, bytes]], modes: Mapping[str, int] | None = None) -> None:
    """Write a zip; the same files give the same bytes.

    Parameters
    ----------
    target : path
        One that is there is replaced.
    files : iterable of (str, bytes)
        Name and content of each, taken one by one.
    modes : dict of str to int
        Of the files that are not simply readable by all.

    Raises
    ------
    CourseError
        If it cannot be written.
    """
    with refusal(f"cannot write '{target}'"), replacing(target) as temporary:
        # Made before the first byte is in it, and closed to others from the start.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, data in files:
                add_to_zip(archive, name, data, (modes or {}).get(name, 0o644))
