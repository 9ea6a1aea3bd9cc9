"""`fls start`: make a workspace, or add missing files to an existing one."""

from dataclasses import dataclass
from pathlib import Path

from fls_teach.course.registry import CourseError, course_root, course_title, exercises, own_root, pages
from fls_teach.course.workspace.folder import COURSE_NOTE, Workspace, is_clone, noted_course
from fls_teach.course.workspace.notebook import lesson_notebook
from fls_teach.course.workspace.progress import Progress
from fls_teach.files import replacing, writable_folder

_SOLUTION = "    fls solution {number}      our solution, after yours has passed\n"
_PAGES = """\
`science.md` has the formulas and says how each result is known: the marks [P], [D] and [M] are explained at its top. A
reference such as `science.md#phase-1` names a section of it. `glossary.md` explains the terms.

"""
_README = """\
# {title}

{count}, {points} points. In each folder: `README.md` is the lesson, `NN_name.py` the file that you edit.

    fls list             all exercises, and your progress
    fls check {number}         does your function do what the theory demands?
    fls check            the same for the exercises that you are working on
    fls watch            check whenever you save a file
    fls hint {number}          one hint; run it again for the next one
{solution}    fls reset {number}         start the exercise again; your file is kept beside the new one
    fls submit           pack your work into one zip

Begin with `{first}/README.md`. No exercise needs the solution of another one, so you may skip any of them.

{pages}`specification/` is a copy of the properties that are checked, for reading; changing it has no effect.
`progress.json` stores your points and hints. If the command `fls` is not found, use `python -m fls_teach` instead.

For completion of commands and exercises with the Tab key, put one of these lines into your shell's start-up file:

    eval "$(_FLS_COMPLETE=bash_source fls)"        bash
    eval "$(_FLS_COMPLETE=zsh_source fls)"         zsh
    _FLS_COMPLETE=fish_source fls | source         fish
"""


@dataclass(frozen=True)
class Started:
    """What `start` did: the files written, and the names of exercises whose files with work were left unchanged."""

    folder: Path
    written: list
    kept: list
    new: bool


def start(folder, notebooks=False):
    """Make a workspace, or add missing files to one; an existing file is never overwritten.

    Parameters
    ----------
    folder : path
    notebooks : bool
        Whether to write each lesson also as a Jupyter notebook, with the student's file in a cell.

    Returns
    -------
    Started

    Raises
    ------
    CourseError
        If the folder contains other files, or is a complete workspace with work in it.
    """
    if not str(folder).strip():
        raise CourseError("the name of the folder is empty; name one: fls start work")
    folder = Path(folder)
    try:
        new = not (folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()))
        if folder.name == "exercises" and is_clone(folder.absolute().parent):
            raise CourseError(f"'{folder}' belongs to a clone of the repository and is already a workspace")
        if not new and not any((folder / exercise.name).is_dir() for exercise in exercises()):
            raise CourseError(f"'{folder}' holds other files; name a new or an empty folder")
        folder = writable_folder(folder)
        if noted_course(folder) not in (None, course_root()):  # the course was moved, and --course names its new place
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
            f"'{folder}' already holds your work on {', '.join(kept)} and no file is missing, so nothing was "
            "changed; continue there with `fls check`, or name another folder"
        )
    return Started(folder, written, kept, new)


def _contents(folder, notebooks):
    """Return a dict from each path of the workspace to the function that writes it."""
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
    # An exercise comes first: by it, `start` recognises its folder when it is repeated after an interruption.
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
        file = target.parent / exercise.stub.name  # the stub, written before the notebook, or the student's work
        target.write_text(lesson_notebook(exercise, file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")

    return put


def _copy(source):
    return lambda target: target.write_bytes(source.read_bytes())


def _written(target, put):
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replacing(target) as temporary:  # a partial file would be taken for the student's work
            put(temporary)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    return True
