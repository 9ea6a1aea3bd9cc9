"""Store failing inputs, so that one command runs exactly the same case again."""

import hashlib
import re

from fls_teach.course.registry import CourseError
from fls_teach.files import replacing, writable_folder
from fls_teach.sandbox import protocol

_ID = re.compile(r"(\d{1,2})\.(\d{1,2})-([0-9a-f]{4,})")
KEPT = 200


def keep(folder, property_id, inputs):
    """Store the inputs of a failing example; return its short id, such as "9.3-5f0c", or "" if it cannot be stored.

    Parameters
    ----------
    folder : Path
    property_id : str
        "09.3".
    inputs : dict
        Plain values.
    """
    try:
        data = protocol.encode(inputs)
        case = f"{property_id.lstrip('0')}-{hashlib.sha256(data).hexdigest()[:4]}"
        with replacing(writable_folder(folder) / f"{case}.bin") as temporary:
            temporary.write_bytes(data)
        for old in sorted(folder.glob("*.bin"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    except (protocol.NotPlain, ValueError, OSError):  # a full disk must not hide the counterexample itself
        return ""
    return case


def recall(folder, case, exercise):
    """Return the property and the inputs of a stored case.

    Parameters
    ----------
    folder : Path
    case : str
        As printed on the card.
    exercise : Exercise

    Returns
    -------
    item : registry.Property
    inputs : dict

    Raises
    ------
    CourseError
        If `case` is no case of this exercise, or is not stored.
    """
    parts = _ID.fullmatch(case.strip())
    if not parts:
        raise CourseError(f"'{case}' is not the name of a case; such a name looks like {int(exercise.number)}.1-5f0c")
    if int(parts[1]) != int(exercise.number):
        raise CourseError(f"case {case} belongs to exercise {parts[1]}, not to {exercise.name}")
    found = [item for item in exercise.properties if item.id.endswith(f".{int(parts[2])}")]
    path = folder / f"{case.strip()}.bin"
    try:
        inputs = protocol.decode(path.read_bytes())
    except (OSError, protocol.ProtocolError):
        inputs = None
    if not found or not isinstance(inputs, dict):
        raise CourseError(f"case {case} is not stored here; run `fls check {exercise.number}` to get a new case")
    return found[0], inputs
