"""The zip from which Gradescope makes an autograder for this course.

Gradescope's documentation: https://gradescope-autograders.readthedocs.io/en/latest/specs/ and .../troubleshooting/. The
scripts in bundled/ describe themselves.
"""

import re
import secrets
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import fls_teach
from fls_teach.autograder.marking.course_key import SHORTEST_KEY
from fls_teach.autograder.packaging.archive import write_private_zip
from fls_teach.autograder.packaging.distribution import PACKAGE, distribution
from fls_teach.course.checking.check import check_specifications
from fls_teach.course.registry import CourseError, exercises
from fls_teach.course.withheld import check_folder, with_withheld

SCRIPTS = "setup.sh", "run_autograder"
_KEY_LENGTHS = range(SHORTEST_KEY, 1001)


@dataclass(frozen=True)
class Bundled:
    """The result of `bundle_gradescope`.

    Attributes
    ----------
    path : Path
    key : str
    key_is_new : bool
    size : int
        Bytes of the zip.
    exercises, points : int
    """

    path: Path
    key: str
    key_is_new: bool
    size: int
    exercises: int
    points: int


def bundle_gradescope(
    target: str | Path,
    key: str | None = None,
    minutes: int = 10,
    torch_index: str = "",
    extra_spec: str | Path | None = None,
) -> Bundled:
    """Write the zip for Gradescope, readable only by its owner because it holds the solutions and the key.

    Parameters
    ----------
    target : path
    key : str, optional
        The course key; by default that of the bundle which is replaced, else a new one. The same course and key give
        the same bytes.
    minutes : int
        The time limit of the assignment on Gradescope, 2 to 40; Gradescope's default is 10.
    torch_index : str
        Address of the package index from which to install torch; "" for the usual one.
    extra_spec : path, optional
        A folder of withheld properties, to be included in the zip.

    Returns
    -------
    Bundled

    Raises
    ------
    CourseError
        If there are no solutions here, the key is short or not one line, the index is not an address, or the zip cannot
        be written.
    """
    target = Path(target)
    if target.is_dir():
        raise CourseError(f"'{target}' is a folder; name the zip to write, such as '{target / 'autograder.zip'}'")
    key = _earlier_key(target) if key is None else key
    new = key is None
    key = secrets.token_hex(16) if new else key.strip()
    if len(key) not in _KEY_LENGTHS or not key.isprintable():
        raise CourseError("a course key is one line of 8 to 1000 printable characters; give another --key")
    if torch_index and not re.fullmatch(r"https://[\w./+~-]+", torch_index):
        raise CourseError(f"'{torch_index}' is not the address of a package index; it begins with https://")
    bundled = exercises()
    if extra_spec is not None:
        check_folder(extra_spec, bundled)
    bundled = with_withheld(bundled, extra_spec)
    check_specifications(bundled)
    files = _files(bundled, minutes, torch_index) | {"course.key": key.encode() + b"\n"}
    write_private_zip(target, sorted(files.items()), dict.fromkeys(SCRIPTS, 0o755) | {"course.key": 0o600})
    return Bundled(target, key, new, target.stat().st_size, len(bundled), sum(each.points for each in bundled))


def _earlier_key(path):
    """Return the key in an earlier bundle, or None.

    With another key, a submission that is graded again may get another mark.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open("course.key") as file:
            return file.read(_KEY_LENGTHS.stop).decode()
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _files(bundled, minutes, torch_index):
    files = {f"fls-teach/{name}": data for name, data in distribution(solutions=True).items()}
    files["fls-teach/README.md"] = b"fls-teach with its course, as it was bundled for grading.\n"
    for name in SCRIPTS:
        files[name] = _text(name).encode()
    files |= {f"withheld/{each.withheld.name}": each.withheld.read_bytes() for each in bundled if each.withheld}
    limit = 30 * minutes - 15  # seconds per submission: half, because half a processor is common there
    points = sum(each.points for each in bundled)
    fields = {"exercises": len(bundled), "points": points, "version": fls_teach.__version__}
    files["README.md"] = _text("README.md").format(**fields, minutes=minutes, limit=limit).encode()
    torch = "yes" if any("torch" in each.needs for each in bundled) else "no"
    # The run ends before Gradescope's own limit, at which Gradescope gives a zero.
    settings = {"seconds": 60 * minutes - 30, "submission_seconds": limit, "torch": torch}
    settings["torch_index"] = f"'{torch_index}'"
    files["settings.sh"] = "".join(f"{name}={value}\n" for name, value in settings.items()).encode()
    return files


def _text(name):
    """Return the text of a file in bundled/, with the line ends that bash needs even if git has converted them."""
    return (PACKAGE / "autograder" / "packaging" / "bundled" / name).read_text(encoding="utf-8")
