"""Describe a failure beside its verdict: a one-line summary and, where wanted, the rows of a counterexample card."""

from fls_teach.course.checking import replays
from fls_teach.course.checking.search import StopSearch
from fls_teach.course.feedback.cards import make_card, summary
from fls_teach.course.feedback.pictures import save_picture


def described(failure, draw):
    """Return the summary of a failure and the rows of its card.

    Parameters
    ----------
    failure : search.Failure
    draw : callable
        Returns the rows. If it raises, the verdict stays and the exception becomes a note.

    Returns
    -------
    str
    tuple of (label, text)
    """
    text = "the answer cannot be shown"
    try:
        text = summary(failure)
        return text, draw()
    except (Exception, StopSearch) as problem:
        return text, (("note", f"there is no card: {' '.join(repr(problem).split())[:300]}"),)


def for_students(exercise, path, hidden, all_cards=False):
    """Return the function with which `check` describes failures to a student.

    Parameters
    ----------
    exercise : Exercise
    path : Path
        The student's file.
    hidden : Path
        Folder for cases to replay and for pictures.
    all_cards : bool
        Whether to make a card for every failure instead of only for the first.

    Returns
    -------
    callable
    """
    drawn = []

    def describe(item, failure, verdict):
        def draw():
            if drawn and not all_cards:
                return ()
            drawn.append(item)
            case = replays.keep(hidden / "replays", item.id, failure.inputs)
            command = f"fls check {exercise.number} --replay {case}" if case else ""
            picture = save_picture(exercise, item, failure, hidden / "pictures")
            return make_card(exercise, item, failure, path=path, replay=command, picture=picture).rows

        return described(failure, draw)

    return describe
