"""`fls start`: a new workspace, or one completed."""

from dataclasses import dataclass
from pathlib import Path

from fls_teach.course.registry import CourseError, course_root, course_title, exercises, own_root, pages
from fls_teach.course.workspace.folder import COURSE_NOTE, Workspace, is_clone, noted_course
from fls_teach.course.workspace.notebook import lesson_notebook
from fls_teach.course.workspace.progress import Progress
from fls_teach.files import replacing, writable_folder

_SOLUTION = "    fls solution {number}      our solution, once yours has passed\n"
_PAGES = """\
`science.md` has the formulas, what is known and how: [P], [D] and [M] are explained at its top, and a reference such as
`science.md#phase-1` names the place in it. `glossary.md` says what the words mean.

"""
_README = """\
# {title}

{count}, {points} points. In each folder: `README.md` is the lesson, `NN_name.py` the file that you edit.

    fls list             what there is, and how far you are
    fls check {number}         does my function do what theory demands?
    fls check            the same for whatever you are working on
    fls watch            checks whenever you save
    fls hint {number}          one step of help; ask again for the next
{solution}    fls reset {number}         the empty exercise again; your file is kept beside it
    fls submit           packs your work into one zip

Begin with `{first}/README.md`. The exercises need nothing from one another: skip what you like.

{pages}`specification/` is a copy, for reading, of the properties that are checked; changing it changes nothing.
`progress.json` remembers points and hints. `python -m fls_teach` does what `fls` does, if that is not found.

The Tab key completes commands and exercises once the shell was told so, best in its start-up file:

    eval "$(_FLS_COMPLETE=bash_source fls)"        bash
    eval "$(_FLS_COMPLETE=zsh_source fls)"         zsh
    _FLS_COMPLETE=fish_source fls | source         fish
"""


@dataclass(frozen=True)
class Started:
    """What `start` did: files written, and names of exercises with the student's work, left as they were."""

    folder: Path
    written: list
    kept: list
    new: bool


def start(folder, notebooks=False):
    """Make a workspace, or complete one; a file that exists is never written.

    Parameters
    ----------
    folder : path
    notebooks : bool
        Beside each lesson also the same as a Jupyter notebook, with the student's file in a cell.

    Returns
    -------
    Started

    Raises
    ------
    CourseError
        If the folder holds something else, or work and everything that belongs there.
    """
    if not str(folder).strip():
        raise CourseError("an empty name is no folder; name one: fls start work")
    folder = Path(folder)
    try:
        new = not (folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()))
        if folder.name == "exercises" and is_clone(folder.absolute().parent):
            raise CourseError(f"'{folder}' belongs to a clone of the repository and can be used as it is")
        if not new and not any((folder / exercise.name).is_dir() for exercise in exercises()):
            raise CourseError(f"'{folder}' holds other files; name a new or an empty folder")
        folder = writable_folder(folder)
        if noted_course(folder) not in (None, course_root()):  # the course has moved, and was named
            (folder / COURSE_NOTE).unlink()
        workspace = Workspace(folder)
        kept = [each.name for each in exercises() if workspace.file(each).exists() and not workspace.untouched(each)]
        written = [
            target
            for target, put in _contents(folder, notebooks).items()
            if not target.exists() and _written(target, put)
        ]
    except OSError as error:
        raise CourseError(f"cannot use '{error.filename or folder}' ({error.strerror or error})") from None
    except ValueError as problem:
        raise CourseError(str(problem)) from None
    if kept and not written:
        raise CourseError(
            f"'{folder}' already holds your work on {', '.join(kept)} and nothing is missing, so nothing was changed; "
            "go on there with `fls check`, or name another folder"
        )
    return Started(folder, written, kept, new)


def _contents(folder, notebooks):
    """Path in the workspace -> what writes it there."""
    every = exercises()
    solution = _SOLUTION if every[0].solution.exists() else ""  # a student distribution has none
    total = sum(each.points for each in every)
    readme = _README.format(
        title=course_title(),
        count="1 exercise" if len(every) == 1 else f"{len(every)} exercises",
        number=every[0].number,
        points=total,
        first=every[0].name,
        solution=solution.format(number=every[0].number),
        pages=_PAGES if pages() else "",
    )
    # First an exercise, by which a start that was interrupted is recognised when it is repeated.
    wanted = {folder / every[0].name / f"{every[0].name}.py": _copy(every[0].stub)}
    wanted[folder / "progress.json"] = lambda path: Progress(path).save()
    if course_root() != own_root():
        wanted[folder / COURSE_NOTE] = lambda path: path.write_text(f"{course_root()}\n", encoding="utf-8")
    wanted[folder / "README.md"] = lambda path: path.write_text(readme, encoding="utf-8")
    wanted |= {folder / page.name: _copy(page) for page in pages()}
    for exercise in every:
        for source in exercise.handout:
            wanted[folder / exercise.name / source.name] = _copy(source)
        if notebooks:
            wanted[folder / exercise.name / f"{exercise.name}.ipynb"] = _notebook(exercise)
        wanted[folder / "specification" / exercise.specification.name] = _copy(exercise.specification)
    return wanted


def _notebook(exercise):
    def put(target):
        file = target.parent / exercise.stub.name  # written before: the stub, or the student's work
        target.write_text(lesson_notebook(exercise, file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")

    return put


def _copy(source):
    return lambda target: target.write_bytes(source.read_bytes())


def _written(target, put):
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replacing(target) as temporary:  # half a file would pass for the student's own
            put(temporary)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    return True
