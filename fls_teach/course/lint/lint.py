"""One exercise looked at from all sides: its stub, its honest and its wrong answers, every mutant, its texts."""

from collections import Counter

from fls_teach.course.feedback.misconceptions import CONSTANT
from fls_teach.course.lint.mutants import equivalent_mutants, mutants_of, sample
from fls_teach.course.lint.report import Report
from fls_teach.course.lint.texts import complaints
from fls_teach.course.lint.trials import ENDLESS, PASSED, Task, run_tasks
from fls_teach.course.registry import CourseError

TOGETHER = 8
"""Misconceptions that share a process, and a worker that looks for the likely one, which takes a second to start."""
FREE, TIMES = 3.0, 5.0
"""A mutant may take so many seconds more, and so many times as long, as the reference for a property."""


def lint(exercise, *, seeds=3, mutants=None, jobs=1, command_complaint=None, tell=None):
    """Look at one exercise from all sides.

    Parameters
    ----------
    exercise : Exercise
    seeds : int
        How many seeds honest answers must pass, and every wrong one must fail.
    mutants : int, optional
        How many of the mutants to try; default: all.
    jobs : int
        How many answers at a time.
    command_complaint : callable, optional
        What is wrong with the words of an `fls` command, or "".
    tell : callable, optional
        Told (fraction, sentence) as it goes.

    Returns
    -------
    Report

    Raises
    ------
    CourseError
        If the exercise cannot be tried at all: a module is missing, or a table of it cannot be read.
    """
    if not exercise.solution.exists():
        raise CourseError(f"{exercise.name} has no solution at '{exercise.solution}', so there is nothing to compare")
    exercise.check_needs()
    every = [] if mutants == 0 else mutants_of(_text(exercise.solution))  # at once: it may need what is not installed
    report = Report(exercise.name, seeds)
    for text in complaints(exercise, command_complaint):
        report.find("text", text)
    tell = tell or (lambda fraction, what: None)
    tell(0.0, "stub, solution and alternatives")
    _honest(exercise, report, seeds, jobs)
    if any(finding.about == "solution" for finding in report.findings):
        report.notes.append("neither misconceptions nor mutants were tried: first the solution has to pass")
        return report
    alone = _misconceptions(exercise, report, seeds, jobs, tell)
    if every:
        try_mutants(exercise, report, every, seeds=seeds, number=mutants, jobs=jobs, tell=tell, alone=alone)
    return report


def _honest(exercise, report, seeds, jobs):
    names = [item.id for item in exercise.properties]

    def all_seeds(attempt):
        for name in names:
            for seed in range(seeds):
                if not attempt(name, seed):
                    break

    def once(attempt):
        for name in names:
            attempt(name, 0)

    solutions = {("solution", exercise.solution), *(("alternative", path) for path in exercise.alternatives)}
    tasks = [Task(key, (_text(key[1]),), all_seeds) for key in sorted(solutions, key=lambda key: (key[0], key[1].name))]
    tasks.append(Task(("stub", exercise.stub), (_text(exercise.stub),), once))
    for task, steps in sorted(run_tasks(exercise, tasks, jobs), key=lambda pair: tasks.index(pair[0])):
        about, path = task.key
        for step in steps:
            if about == "stub":
                if step.state == PASSED:
                    report.find("stub", f"{step.property} passes the unchanged stub")
                elif f"exercise {exercise.number}" not in step.text:
                    report.find("stub", f"{step.property} fails with '{step.text}', which does not name the exercise")
            elif step.state != PASSED:
                report.find(about, f"{path.name} fails {step.property} at seed {step.seed}: {step.text}")
        if about == "solution":
            for name in names:
                spent = [step.seconds for step in steps if step.property == name]
                report.seconds[name] = sum(spent) / len(spent) if spent else 0.0


def _limit(report, longer=1):
    return lambda name: longer * (FREE + TIMES * report.seconds.get(name, FREE))


def _misconceptions(exercise, report, seeds, jobs, tell):
    """Returns the properties that are the only ones to catch some misconception."""
    points = {item.id: item.points for item in exercise.properties}
    names = list(points)

    def script(attempt):
        fails = [name for name in names if not attempt(name, 0)]
        for seed in range(1, seeds):
            # Those that failed come first: one is enough.
            all(attempt(name, seed) for name in sorted(names, key=lambda name: name not in fails))

    every, alone, done = exercise.misconceptions, set(), {}
    left = [every[k : k + TOGETHER] for k in range(0, len(every), TOGETHER)]
    while left:
        limit = _limit(report, longer=10)  # than for a mutant, which is not asked for a small counterexample
        tasks = [Task(some, tuple(each.source for each in some), script, limit, diagnose=True) for some in left]
        left = []
        for task, steps in run_tasks(exercise, tasks, jobs):
            tried = 1 + max((step.answer for step in steps), default=0)
            done |= {each: [step for step in steps if step.answer == k] for k, each in enumerate(task.key[:tried])}
            left += [task.key[tried:]] if tried < len(task.key) else []
            tell(len(done) / len(every) / 3, f"misconception {len(done)} of {len(every)}")
    for each in every:
        said, other = Counter(), {one.sentence for one in every} - {each.sentence}
        for step in done[each]:
            if step.state != PASSED and step.seed == 0:
                said[step.likely] += 1
                if step.likely in other:
                    wrong = f"'{each.name}' fails {step.property} and is taken for another: {step.likely}"
                    report.find("misconception", wrong)
        report.confusion[each.name] = dict(said)
        report.cost[each.name] = sum(
            points[step.property] for step in done[each] if step.state != PASSED and not step.seed
        )
        failed_steps = [step for step in done[each] if step.state != PASSED]
        failing = {seed: [step.property for step in failed_steps if step.seed == seed] for seed in range(seeds)}
        ended = any(step.state == ENDLESS for step in failed_steps)  # and nothing was tried after that
        for seed, failed in failing.items():
            if not failed and not ended:
                report.find("misconception", f"'{each.name}' passes at seed {seed}: {each.sentence}")
        if len(failing[0]) == 1 and not ended:
            alone.add(failing[0][0])
        if not said[each.sentence] and sum(said.values()):
            instead = " (constant answers)" if said[CONSTANT] else ""
            report.notes.append(f"no card names the misconception '{each.name}'{instead}")
    dear = [f"{name} {cost}" for name, cost in report.cost.items() if 2 * cost > exercise.points]
    if dear:
        report.notes.append(f"these misconceptions cost more than half of {exercise.points} points: {', '.join(dear)}")
    return alone


def try_mutants(exercise, report, every, *, seeds, number=None, jobs=1, tell=None, alone=()):
    """Find the mutants that pass with some seed, and enter them in a report.

    Parameters
    ----------
    exercise : Exercise
    report : Report
    every : list of Mutant
        All that there are.
    seeds, number, jobs, tell
        As in `lint`.
    alone : set of str
        Properties that are known to be the only ones to catch something.
    """
    names, alone, tell = [item.id for item in exercise.properties], set(alone), tell or (lambda fraction, what: None)
    reasons = equivalent_mutants(exercise)
    for diff in sorted(set(reasons) - {mutant.diff for mutant in every}):
        report.find("equivalent", "equivalent.toml lists a mutant that there is not", diff)
    chosen = sample(every, number, exercise.name)

    def script(attempt):
        likeliest = names
        for seed in range(seeds):
            first = next((name for name in likeliest if not attempt(name, seed)), None)
            if first and seed == 0 and number is None and first not in alone:  # is it the only one that fails?
                all(attempt(name, 0) for name in reversed(names[names.index(first) + 1 :]))
            likeliest = sorted(names, key=lambda name: name != first)

    tasks = (Task(mutant, (mutant.source,), script, _limit(report)) for mutant in chosen)
    survivors, disproved = {}, set()
    for done, (task, steps) in enumerate(run_tasks(exercise, tasks, jobs), 1):
        failed = [step for step in steps if step.state != PASSED]
        tell((1 + 2 * done / len(chosen)) / 3, f"mutant {done} of {len(chosen)}")
        at_first = [step.property for step in failed if step.seed == 0]
        if len(at_first) == 1 and failed[0].state != ENDLESS:
            alone.add(at_first[0])
        passes = {step.seed for step in steps} - {step.seed for step in failed}
        told_apart = any(step.state != ENDLESS for step in failed)  # an equivalent mutant may be slower
        if task.key.diff in reasons and not told_apart:
            report.equivalent += 1
        elif not passes:
            report.killed += 1
        else:
            survivors[task.key] = passes
        if told_apart:
            disproved.add(task.key.diff)
    report.mutants, report.survivors = len(chosen), len(survivors)
    for mutant in sorted(survivors, key=chosen.index):
        some = ", ".join(map(str, sorted(survivors[mutant]))) if len(survivors[mutant]) < seeds else ""
        text = f"{exercise.solution.name}:{mutant.line}: this mutant passes{' at seed ' if some else ''}{some}"
        report.find("mutant", text, mutant.diff)
    for diff in sorted(set(reasons) & disproved):
        report.find("equivalent", "equivalent.toml lists a mutant that a property kills", diff)
    if number is None:
        for name in names:
            if name not in alone:
                report.notes.append(f"{name} catches no mutant and no misconception that the others do not")


def _text(path):
    return path.read_text(encoding="utf-8")
