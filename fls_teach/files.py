"""Writing files so that a reader finds either the whole file or none, also after Ctrl-C or a full disk."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path):
    """A temporary path beside `path`, with its suffix, which replaces it if the block succeeds and is deleted if not.

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
    # Machines that share a folder may have processes of the same number.
    temporary = path.with_name(f".{os.getpid()}-{os.urandom(3).hex()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def replace_text(path, text):
    """Write a text file in UTF-8 as a whole, or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def add_to_zip(archive, name, data, mode=0o644):
    """Add a file to an open `zipfile.ZipFile` such that the same data give the same bytes, whatever the clock says."""
    import zipfile  # which most that write files do not need

    entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    entry.external_attr, entry.compress_type, entry.create_system = mode << 16, zipfile.ZIP_DEFLATED, 3
    archive.writestr(entry, data)


def because(problem):
    """Why a file could not be used, in a few words: the system's own for an `OSError`, else those of the exception."""
    return getattr(problem, "strerror", None) or str(problem)


def writable_folder(path):
    """`path` as an existing folder that files can be written to, made if need be.

    Raises
    ------
    ValueError
        If something in the way makes that impossible: found out before hours of work, not after.
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
