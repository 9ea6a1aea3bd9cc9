"""Batches of submissions to measure with, made from the course's own files: the same for the same arguments."""

import random
import shutil

from fls_teach.autograder.doctor.zoo import attacks
from fls_teach.course.registry import course_root


def reference(folder, exercises):
    """All solutions, as one submission."""
    for each in exercises:
        _hand_in(folder, each, each.solution.read_bytes())


def honest(folder, exercises, number):
    """Solutions and alternatives in a mixture of its own; a comment makes every digest, and so every seed, another."""
    draw = random.Random(f"honest {number}")
    for each in exercises:
        _hand_in(folder, each, draw.choice(_right(each)), number)


def partial(folder, exercises, number):
    """More than half of the exercises right, others with a misconception, as the stub, or missing."""
    draw = random.Random(f"partial {number}")
    for each in exercises:
        kind = draw.choices(("right", "wrong", "stub", "missing"), (60, 20, 10, 10))[0]
        if kind != "missing":
            sources = {"right": _right(each), "wrong": _wrong(each), "stub": [each.stub.read_bytes()]}[kind]
            _hand_in(folder, each, draw.choice(sources), number)


def hostile(folder, exercises, count):
    """Attacks of the zoo, from all over it, each with the solutions of the other exercises.

    Returns
    -------
    dict
        Name of a submission -> (exercise attacked, verdicts that each of its properties may get).
    """
    names = {each.name: each for each in exercises}
    found = [one for one in attacks(course_root() / "tests" / "attacks") if not one.builder and one.exercise in names]
    chosen = [found[k * len(found) // count] for k in range(count)]
    for number, one in enumerate(chosen):
        home = folder / f"hostile-{one.name}"
        honest(home, [each for each in exercises if each.name != one.exercise], f"beside {number}")
        home.mkdir(exist_ok=True)
        shutil.copyfile(one.path, home / f"{one.exercise}.py")
    return {f"hostile-{one.name}": (one.exercise, one.verdicts) for one in chosen}


def small(folder, exercise, count):
    """Submissions of one exercise, right and wrong ones, no two with the same digest."""
    sources = [*_right(exercise), *_wrong(exercise)]
    for number in range(count):
        _hand_in(folder / f"small-{number:04}", exercise, sources[number % len(sources)], number)


def _right(exercise):
    return [path.read_bytes() for path in (exercise.solution, *exercise.alternatives)]


def _wrong(exercise):
    return [each.source.encode() for each in exercise.misconceptions]


def _hand_in(folder, exercise, source, number=None):
    folder.mkdir(parents=True, exist_ok=True)
    comment = b"" if number is None else f"\n# submission {number}\n".encode()
    (folder / f"{exercise.name}.py").write_bytes(source + comment)
