"""The course key: the secret from which every submission's seed is derived."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from fls_teach.autograder.results_folder import has_marks, saved_settings
from fls_teach.autograder.sentence import refusal
from fls_teach.course.registry import CourseError
from fls_teach.files import replacing

NAME, VARIABLE = "course.key", "FLS_COURSE_KEY"
KEY_BYTES = 32
SHORTEST_KEY, LARGEST_KEY = 8, 4096  # bytes of a key that is given


def seed_from(key: bytes, digest: str) -> int:
    """Return the seed of one submission, which cannot be predicted without the course key.

    Parameters
    ----------
    key : bytes
    digest : str
        Digest of the submission's files.

    Returns
    -------
    int
        From 0 to 2**63 - 1.
    """
    return int.from_bytes(hmac.new(key, digest.encode(), hashlib.sha256).digest()[:8], "big") >> 1


def course_key(out: Path, key_file: str | Path | None = None, older: str | Path | None = None) -> tuple[bytes, bool]:
    """Return the course key: from the file, the environment, this results folder, an earlier one, or a new one.

    Parameters
    ----------
    out : Path
    key_file : path, optional
    older : path, optional
        An earlier results folder.

    Returns
    -------
    key : bytes
    given : bool
        Whether it came from the file or the environment, and so need not be saved.

    Raises
    ------
    CourseError
        If it cannot be read, is not a valid key, or is missing although marks were made with it.
    """
    if key_file is not None:
        return _read_key(Path(key_file)), True
    if os.environ.get(VARIABLE):
        return _valid_key(os.fsencode(os.environ[VARIABLE]), f"the environment variable {VARIABLE}"), True
    for folder in (out,) if older is None else (out, older):
        path = Path(folder, NAME)
        if path.exists():
            return _read_key(path), False
        if has_marks(folder) and (saved_settings(folder) or {}).get("course key", "none") != "none":
            raise CourseError(
                f"'{folder}' was graded with a course key that is not kept there; "
                f"give the same one again, by --key-file or {VARIABLE}"
            )
    return secrets.token_hex(KEY_BYTES).encode(), False


def keep(out: Path, key: bytes) -> None:
    """Save a new key in the results folder, readable only by its owner."""
    path = Path(out, NAME)
    if not path.exists():
        with replacing(path) as temporary:
            temporary.touch(0o600)
            temporary.write_bytes(key + b"\n")


def _read_key(path):
    with refusal(f"cannot read the course key in '{path}'"), open(path, "rb") as file:
        return _valid_key(file.read(LARGEST_KEY + 1), f"'{path}'")


def _valid_key(key, where):
    if not SHORTEST_KEY <= len(key.strip()) <= len(key) <= LARGEST_KEY:
        size = f"{SHORTEST_KEY} to {LARGEST_KEY} bytes"
        raise CourseError(f"{where} does not hold a course key, which has {size}; give another one")
    return key.strip()
