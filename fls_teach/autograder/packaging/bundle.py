"""The zip that Gradescope makes an autograder of.

What is documented there: https://gradescope-autograders.readthedocs.io/en/latest/specs/ and .../troubleshooting/. The
scripts in bundled/ say what they do; the course inside is this one, with whatever exercises it has.
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
    """What `bundle_gradescope` wrote.

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
    """Write the autograder's zip, readable by its owner alone: it holds the solutions and the key.

    Parameters
    ----------
    target : path
    key : str, optional
        The course's key; if not given, that of the bundle which is replaced, or else a new one. The same course and
        key give the same bytes.
    minutes : int
        The time limit of the assignment on Gradescope, 2 to 40; its own default is 10.
    torch_index : str
        The address of the package index to get torch from; "" for the usual one.
    extra_spec : path, optional
        A folder of withheld properties, which the zip then holds too.

    Returns
    -------
    Bundled

    Raises
    ------
    CourseError
        If the solutions are not here, the key is short or not one line, the index is no address, or the zip cannot be
        written.
    """
    target = Path(target)
    if target.is_dir():
        raise CourseError(f"'{target}' is a folder; name the zip to write, such as '{target / 'autograder.zip'}'")
    key = _key_of(target) if key is None else key
    new = key is None
    key = secrets.token_hex(16) if new else key.strip()
    if len(key) not in _KEY_LENGTHS or not key.isprintable():
        raise CourseError("a course key is one line of 8 to 1000 printable characters; give another --key")
    if torch_index and not re.fullmatch(r"https://[\w./+~-]+", torch_index):
        raise CourseError(f"'{torch_index}' is not the address of a package index; it begins with https://")
    every = exercises()
    if extra_spec is not None:
        check_folder(extra_spec, every)
    every = with_withheld(every, extra_spec)
    check_specifications(every)
    files = _files(every, minutes, torch_index) | {"course.key": key.encode() + b"\n"}
    write_private_zip(target, sorted(files.items()), dict.fromkeys(SCRIPTS, 0o755) | {"course.key": 0o600})
    return Bundled(target, key, new, target.stat().st_size, len(every), sum(each.points for each in every))


def _key_of(path):
    """The key in an earlier bundle: with another one, a submission that is graded again may get another mark."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("course.key") as file:
            return file.read(_KEY_LENGTHS.stop).decode()
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _files(every, minutes, torch_index):
    files = {f"fls-teach/{name}": data for name, data in distribution(solutions=True).items()}
    files["fls-teach/README.md"] = b"fls-teach with its course, as it was bundled for grading.\n"
    for name in SCRIPTS:
        files[name] = _text(name).encode()
    files |= {f"withheld/{each.withheld.name}": each.withheld.read_bytes() for each in every if each.withheld}
    said = {"exercises": len(every), "points": sum(each.points for each in every), "version": fls_teach.__version__}
    limit = 30 * minutes - 15  # seconds for a submission: half, for half a processor is common there
    said |= {"minutes": minutes, "limit": limit}
    files["README.md"] = _text("README.md").format(**said).encode()
    torch = "yes" if any("torch" in each.needs for each in every) else "no"
    # Ends before Gradescope would: where its own limit is reached, it gives a zero.
    settings = {"seconds": 60 * minutes - 30, "submission_seconds": limit, "torch": torch}
    settings["torch_index"] = f"'{torch_index}'"
    files["settings.sh"] = "".join(f"{name}={value}\n" for name, value in settings.items()).encode()
    return files


def _text(name):
    """Of a file in bundled/, with the line ends that bash wants, whatever git made of them."""
    return (PACKAGE / "autograder" / "packaging" / "bundled" / name).read_text(encoding="utf-8")
