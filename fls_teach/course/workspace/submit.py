"""Pack a student's work into one zip; the same files give the same bytes."""

import os
import zipfile

from fls_teach.course.registry import CourseError, exercises
from fls_teach.course.workspace.actions import notebook_beside
from fls_teach.files import add_to_zip, replacing


def pack(workspace, target):
    """Write the files of all exercises that were begun, and the progress file, into a zip.

    Parameters
    ----------
    workspace : Workspace
    target : Path

    Returns
    -------
    packed : list of Exercise
    left_out : list of (Exercise, str)
        With the reason: "missing", "not started", or a sentence on a notebook in the folder.

    Raises
    ------
    CourseError
        If no exercise was begun, a file is a link, or the zip cannot be written.
    """
    packed, left_out, notebooks = [], [], []
    for exercise in exercises():
        state = workspace.state(exercise)
        if state in ("missing", "not started"):
            problem = notebook_beside(workspace.file(exercise))
            notebooks += [problem.removesuffix(".")] if problem else []
            left_out.append((exercise, problem or state))
        else:
            _refuse_links(workspace, workspace.file(exercise))
            packed.append(exercise)
    if not packed:
        raise CourseError("; ".join(["no exercise has been begun, so there is nothing to submit", *notebooks]))
    try:
        with replacing(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for exercise in packed:
                path = workspace.file(exercise)
                add_to_zip(archive, f"{exercise.name}/{path.name}", path.read_bytes())
            if workspace.progress.path.is_file():
                add_to_zip(archive, "progress.json", workspace.progress.canonical(exercises()))
    except OSError as error:
        raise CourseError(f"cannot write '{target}' ({error.strerror or error})") from None
    except ValueError:  # the name is "/", or contains a NUL character
        raise CourseError(f"'{target}' cannot be the name of a file") from None
    return packed, left_out


def _refuse_links(workspace, path):
    """Raise `CourseError` for a link: it may point to any file of this computer, which would then be handed in."""
    for each in (path, path.parent):
        if each.is_symlink():
            shown, target = workspace.shown(each), os.readlink(each)
            raise CourseError(
                f"'{shown}' is a link to '{target}', and a submission may contain only files: replace it by a copy"
            )
