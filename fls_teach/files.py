"""Write files completely or not at all, also if a write is interrupted by Ctrl-C or by a full disk."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path):
    """Yield a temporary path beside `path`, which replaces `path` if the block succeeds and is deleted if it fails.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     [entry.name for entry in Path(folder).iterdir()]
    ['a.txt']
    """
    path = Path(path)
    # The random part is needed because machines that share a folder may have processes with the same number.
    temporary = path.with_name(f".{os.getpid()}-{os.urandom(3).hex()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def replace_text(path, text):
    """Write a text file in UTF-8, completely or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def add_to_zip(archive, name, data, mode=0o644):
    """Add a file to an open `zipfile.ZipFile` with a fixed date, so that the same data give the same bytes."""
    import zipfile  # imported here because most users of this module do not need it

    entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    entry.external_attr, entry.compress_type, entry.create_system = mode << 16, zipfile.ZIP_DEFLATED, 3
    archive.writestr(entry, data)


def because(problem):
    """Return why a file could not be used: the system's message of an `OSError`, else the text of the exception."""
    return getattr(problem, "strerror", None) or str(problem)


def writable_folder(path):
    """Make a folder if it does not exist, check that files can be written to it, and return it as a Path.

    Raises
    ------
    ValueError
        If that is impossible. Call this before long computations, so that the error does not come after them.
    """
    folder = Path(path)
    probe = folder / f".{os.getpid()}-probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except FileExistsError:
        raise ValueError(f"'{folder}' is a file; wanted a folder to write to") from None
    except (OSError, ValueError) as problem:  # ValueError: a NUL character in the path
        raise ValueError(f"cannot write to folder '{folder}' ({because(problem)}); name another one") from None
    return folder
