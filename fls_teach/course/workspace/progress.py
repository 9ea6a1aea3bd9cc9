"""A student's progress: one readable JSON file that may be edited, damaged or deleted without breaking a command."""

import json
import re
from pathlib import Path

from fls_teach.course.registry import CourseError
from fls_teach.files import replacing

_NOTE = "fls-teach: written by `fls check` and `fls hint`; deleting it forgets points and hints, nothing else"
_FIRST = {"points": 0, "of": 0, "passed": False, "hints": 0, "file": "", "properties": {}}
_STATES = "passed", "failed", "not run"
_DIGEST = re.compile("[0-9a-f]{0,64}")


class Progress:
    """The progress file of one workspace.

    Parameters
    ----------
    path : path

    Attributes
    ----------
    problem : str
        One sentence if the file could not be read, else "". The first save then renames the damaged file.
    """

    def __init__(self, path):
        self.path, self.problem, self._data = Path(path), "", {}
        try:
            data = json.loads(self.path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            data = {}
        except OSError as error:
            data = self._unreadable(error.strerror or error)
        except json.JSONDecodeError as error:
            data = self._unreadable(f"line {error.lineno}: {error.msg}")
        except (ValueError, RecursionError):  # not UTF-8; nested too deeply
            data = self._unreadable("it is not JSON text")
        if not isinstance(data, dict) or not isinstance(data.get("exercises", {}), dict):
            data = self._unreadable("it was not written by fls")
        self._data = data

    def _unreadable(self, reason):
        self.problem = f"{self.path.name} cannot be read ({reason}): your points start at 0; your files are unchanged"
        return {}

    def record(self, name):
        """Return the record of an exercise as a dict: points, of, passed, hints, file (a digest), properties.

        Fields that are missing or have the wrong type get their initial value.
        """
        found = self._data.get("exercises", {}).get(name)
        found = found if isinstance(found, dict) else {}
        return _FIRST | {
            key: value for key, value in found.items() if key not in _FIRST or type(value) is type(_FIRST[key])
        }

    def canonical(self, exercises):
        """Return the file as `fls submit` packs it: the records of these exercises, and nothing else.

        Parameters
        ----------
        exercises : iterable of Exercise

        Returns
        -------
        bytes
            JSON; the same records give the same bytes, whatever else the file contains.
        """
        known = {}
        for exercise in exercises:
            if exercise.name in self._data.get("exercises", {}):
                record = {name: value for name, value in self.record(exercise.name).items() if name in _FIRST}
                record["file"] = record["file"] if _DIGEST.fullmatch(record["file"]) else ""
                states = {item.id: record["properties"].get(item.id) for item in exercise.properties}
                record["properties"] = {name: state for name, state in states.items() if state in _STATES}
                known[exercise.name] = record
        return (json.dumps({"version": 1, "exercises": known}, indent=2, sort_keys=True) + "\n").encode()

    def update(self, name, **fields):
        """Change fields of an exercise's record and save the file, with everything else in it unchanged.

        Raises
        ------
        CourseError
            If the file cannot be written.
        """
        every = self._data.setdefault("exercises", {})
        known = every.get(name)
        every[name] = (known if isinstance(known, dict) else {}) | fields
        self.save()

    def save(self):
        """Write the file completely or not at all."""
        data = {"about": _NOTE, "version": 1} | self._data
        data["exercises"] = dict(sorted(data.get("exercises", {}).items()))
        try:
            if self.problem and self.path.is_file():
                self.path.replace(unused_name(self.path))
                self.problem = ""
            with replacing(self.path) as temporary:
                temporary.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise CourseError(f"cannot write '{self.path}' ({error.strerror or error})") from None


def unused_name(path):
    """Return `path` with the first unused ending of .bak-1, .bak-2, ..."""
    number = 1
    while (candidate := path.with_name(f"{path.name}.bak-{number}")).exists():
        number += 1
    return candidate
