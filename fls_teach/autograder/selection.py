"""Selections of exercises as text: "06", "08_bayes_error", "01-12,16"."""

import itertools
import re
from collections.abc import Sequence

from fls_teach.course.registry import CourseError, Exercise, find_exercise


def select(words: Sequence[str], every: Sequence[Exercise]) -> tuple[Exercise, ...]:
    """Return the selected exercises in the course's order; all if there are no words.

    Parameters
    ----------
    words : sequence of str
        Each a number, a name, a range of numbers, or several of these separated by commas.
    every : sequence of Exercise
        All exercises of the course.

    Returns
    -------
    tuple of Exercise

    Raises
    ------
    CourseError
        If a word selects none.
    """
    names = set()
    for word in map(str.strip, ",".join(words).split(",") if words else ()):
        ends = re.fullmatch(r"(\d{1,9})-(\d{1,9})", word)
        if ends:
            low, high = map(int, ends.groups())
            found = {each.name for each in every if low <= int(each.number) <= high}
            if not found:
                raise CourseError(f"there is no exercise from {low} to {high}; `fls list` shows them")
        else:
            found = {find_exercise(word, every).name}
        names |= found
    return tuple(each for each in every if not names or each.name in names)


def selection_text(exercises: Sequence[Exercise], every: Sequence[Exercise]) -> str:
    """Return the shortest text from which `select` returns these exercises."""
    places = [k for k, each in enumerate(every) if each in exercises]
    words = []
    # The difference between a place and its rank is constant within a run of consecutive exercises.
    for _, run in itertools.groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
        numbers = [every[place].number for _, place in run]
        words += [f"{numbers[0]}-{numbers[-1]}"] if len(numbers) > 2 else numbers
    return ",".join(words)
