"""Writing a zip atomically and readable only by its owner, because it holds secrets or marks."""

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
        An existing file is replaced.
    files : iterable of (str, bytes)
        Name and content of each file, consumed one by one.
    modes : dict of str to int
        Permissions of files, by name; by default 0o644.

    Raises
    ------
    CourseError
        If it cannot be written.
    """
    with refusal(f"cannot write '{target}'"), replacing(target) as temporary:
        # Created with these permissions before it has any content.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, data in files:
                add_to_zip(archive, name, data, (modes or {}).get(name, 0o644))
