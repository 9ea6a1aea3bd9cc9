"""The autograder: fair, repeatable marks from code nobody trusts.

A submission goes through these rooms::

    intake      what a platform packed         -> an Entry per person (people, by patterns), then a Submission (choice)
    marking     one Submission, in a sandbox   -> record (a verdict for every property), within its budget
    grader      a process that does this for one after another, and writes their files
    batch       several graders side by side; what is finished stays finished
    grade       all of it: course_key, a sandbox that was tried, the batch, what concerns all together, summary
    gradescope, junit, page, cohort, gradebook, against    draw on records alone
    settings    what an OUT was graded with, and that nothing made otherwise comes beside it
    similar     near-identical submissions: a flag for a person, never a mark
    release, bundle    the course for students, the autograder for Gradescope
    doctor, zoo        is this machine fit to grade, and do the attacks fail here?

Marks come from the specification (`fls_teach.course`), which asks the submission's functions through
`fls_teach.sandbox`: that package says what is trusted and what is not.

The record, OUT/NAME/record.json, is plain JSON without times, host names or paths of this machine: the same submission,
course key and versions give the same bytes. `record.check_record` has its fields. The verdict on a property is one of
`record.VERDICTS`; only "passed" earns its points. A "grader-fault" is ours: then the submission has no score at all,
and a person looks at it.
"""
