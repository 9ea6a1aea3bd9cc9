"""Lint one exercise: try its stub, solutions, misconceptions and mutants on its specification, and check its texts."""

from collections import Counter

from fls_teach.course.feedback.misconceptions import CONSTANT
from fls_teach.course.lint.mutants import equivalent_mutants, mutants_of, sample
from fls_teach.course.lint.report import Report
from fls_teach.course.lint.texts import complaints
from fls_teach.course.lint.trials import ENDLESS, PASSED, Task, run_tasks
from fls_teach.course.registry import CourseError

TOGETHER = 8
"""Misconceptions per process; each process needs a worker for the diagnosis, which takes a second to start."""
EXTRA_SECONDS, TIMES = 3.0, 5.0
"""Time limit of a mutant for a property: EXTRA_SECONDS + TIMES * the time of the reference."""


def lint(exercise, *, seeds=3, mutants=None, jobs=1, command_complaint=None, tell=None):
    """Lint one exercise.

    Parameters
    ----------
    exercise : Exercise
    seeds : int
        Number of seeds with which correct solutions must pass and wrong ones must fail.
    mutants : int, optional
        Number of mutants to try; default: all.
    jobs : int
        Number of processes that run at the same time.
    command_complaint : callable, optional
        Given the words of an `fls` command, returns what is wrong with them, or "".
    tell : callable, optional
        Called with (fraction, sentence) as the work proceeds.

    Returns
    -------
    Report

    Raises
    ------
    CourseError
        If the exercise cannot be tried: a module is missing, or one of its tables cannot be read.
    """
    if not exercise.solution.exists():
        raise CourseError(f"{exercise.name} has no solution at '{exercise.solution}', so there is nothing to compare")
    exercise.check_needs()
    # First of all, because it raises if a package is not installed.
    all_mutants = [] if mutants == 0 else mutants_of(_text(exercise.solution))
    report = Report(exercise.name, seeds)
    for text in complaints(exercise, command_complaint):
        report.find("text", text)
    tell = tell or (lambda fraction, what: None)
    tell(0.0, "stub, solution and alternatives")
    _try_solutions_and_stub(exercise, report, seeds, jobs)
    if any(finding.about == "solution" for finding in report.findings):
        report.notes.append("neither misconceptions nor mutants were tried: first the solution has to pass")
        return report
    needed = _try_misconceptions(exercise, report, seeds, jobs, tell)
    if all_mutants:
        try_mutants(exercise, report, all_mutants, seeds=seeds, number=mutants, jobs=jobs, tell=tell, needed=needed)
    return report


def _try_solutions_and_stub(exercise, report, seeds, jobs):
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
                seconds = [step.seconds for step in steps if step.property == name]
                report.seconds[name] = sum(seconds) / len(seconds) if seconds else 0.0


def _limit(report, longer=1):
    return lambda name: longer * (EXTRA_SECONDS + TIMES * report.seconds.get(name, EXTRA_SECONDS))


def _try_misconceptions(exercise, report, seeds, jobs, tell):
    """Try all misconceptions; return the properties each of which is the only one to catch some misconception."""
    points = {item.id: item.points for item in exercise.properties}
    names = list(points)

    def script(attempt):
        fails = [name for name in names if not attempt(name, 0)]
        for seed in range(1, seeds):
            # The properties that failed with seed 0 come first, because one failure is enough.
            all(attempt(name, seed) for name in sorted(names, key=lambda name: name not in fails))

    misconceptions, needed, steps_of = exercise.misconceptions, set(), {}
    groups = [misconceptions[k : k + TOGETHER] for k in range(0, len(misconceptions), TOGETHER)]
    while groups:
        limit = _limit(report, longer=10)  # longer than for a mutant, because the counterexample is made small
        tasks = [Task(group, tuple(each.source for each in group), script, limit, diagnose=True) for group in groups]
        groups = []
        for task, steps in run_tasks(exercise, tasks, jobs):
            tried = 1 + max((step.answer for step in steps), default=0)
            steps_of |= {each: [step for step in steps if step.answer == k] for k, each in enumerate(task.key[:tried])}
            groups += [task.key[tried:]] if tried < len(task.key) else []
            tell(len(steps_of) / len(misconceptions) / 3, f"misconception {len(steps_of)} of {len(misconceptions)}")
    for each in misconceptions:
        failed_steps = [step for step in steps_of[each] if step.state != PASSED]
        failed_by_seed = {seed: [step for step in failed_steps if step.seed == seed] for seed in range(seeds)}
        others = {other.sentence for other in misconceptions} - {each.sentence}
        diagnoses = Counter(step.likely for step in failed_by_seed[0])
        for step in failed_by_seed[0]:
            if step.likely in others:
                wrong = f"'{each.name}' fails {step.property} and is taken for another: {step.likely}"
                report.find("misconception", wrong)
        report.confusion[each.name] = dict(diagnoses)
        report.cost[each.name] = sum(points[step.property] for step in failed_by_seed[0])
        endless = any(step.state == ENDLESS for step in failed_steps)  # nothing was tried after such a step
        for seed, failed in failed_by_seed.items():
            if not failed and not endless:
                report.find("misconception", f"'{each.name}' passes at seed {seed}: {each.sentence}")
        if len(failed_by_seed[0]) == 1 and not endless:
            needed.add(failed_by_seed[0][0].property)
        if not diagnoses[each.sentence] and sum(diagnoses.values()):
            instead = " (constant answers)" if diagnoses[CONSTANT] else ""
            report.notes.append(f"no card names the misconception '{each.name}'{instead}")
    costly = [f"{name} {cost}" for name, cost in report.cost.items() if 2 * cost > exercise.points]
    if costly:
        listed = ", ".join(costly)
        report.notes.append(f"these misconceptions cost more than half of {exercise.points} points: {listed}")
    return needed


def try_mutants(exercise, report, mutants, *, seeds, number=None, jobs=1, tell=None, needed=()):
    """Find the mutants that pass with some seed, and add them to a report.

    Parameters
    ----------
    exercise : Exercise
    report : Report
    mutants : list of Mutant
        All mutants of the solution.
    seeds, jobs, tell
        As in `lint`.
    number : int, optional
        Number of mutants to try; default: all.
    needed : set of str
        Properties that are already known to catch something that no other property catches.
    """
    names, needed = [item.id for item in exercise.properties], set(needed)
    tell = tell or (lambda fraction, what: None)
    reasons = equivalent_mutants(exercise)
    for diff in sorted(set(reasons) - {mutant.diff for mutant in mutants}):
        report.find("equivalent", "equivalent.toml lists a mutant that does not exist", diff)
    chosen = sample(mutants, number, exercise.name)

    def script(attempt):
        ordered = names
        for seed in range(seeds):
            first = next((name for name in ordered if not attempt(name, seed)), None)
            if first and seed == 0 and number is None and first not in needed:  # is it the only one that fails?
                all(attempt(name, 0) for name in reversed(names[names.index(first) + 1 :]))
            ordered = sorted(names, key=lambda name: name != first)

    tasks = (Task(mutant, (mutant.source,), script, _limit(report)) for mutant in chosen)
    survivors, disproved = {}, set()
    for done, (task, steps) in enumerate(run_tasks(exercise, tasks, jobs), 1):
        failed = [step for step in steps if step.state != PASSED]
        tell((1 + 2 * done / len(chosen)) / 3, f"mutant {done} of {len(chosen)}")
        at_first = [step.property for step in failed if step.seed == 0]
        if len(at_first) == 1 and failed[0].state != ENDLESS:
            needed.add(at_first[0])
        passes = {step.seed for step in steps} - {step.seed for step in failed}
        differs = any(step.state != ENDLESS for step in failed)  # an equivalent mutant may run out of time
        if task.key.diff in reasons and not differs:
            report.equivalent += 1
        elif not passes:
            report.killed += 1
        else:
            survivors[task.key] = passes
        if differs:
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
            if name not in needed:
                report.notes.append(f"{name} catches no mutant and no misconception that the others do not")


def _text(path):
    return path.read_text(encoding="utf-8")
