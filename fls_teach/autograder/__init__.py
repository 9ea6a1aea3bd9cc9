"""The autograder: fair, repeatable marks for untrusted code.

The packages and modules, each of which uses only those above it::

    record      the record of a submission: its fields, its sums, its final marks
    settings    RunSettings: the options of a run; results_folder: keeps marks with different settings apart
    intake      what a platform packed -> one Submission per person, then its files
    reports     gradescope, junit, html, gradebook, batch_result, against: made from records alone; folder writes them
                similar: near-identical submissions, a flag for manual review and never a mark
    marking     mark: a Submission, in a sandbox and within its time limits -> a record with a verdict per property
                grader: a process that marks one submission after the other; cluster: machines that do
                batch: parallel graders, and the files of each submission; finished records are kept
    packaging   release: the course for students; bundle: a zip for Gradescope; feedback: a zip for other platforms
    grade       a whole run: course key, tested sandbox, batch; conclude: what depends on all submissions together
    doctor      is this machine fit to grade, and do the bundled attacks fail on it?

Marks come from the specification (`fls_teach.course`), which calls the submission's functions through
`fls_teach.sandbox`; that package describes what is trusted and what is not.

NAME/record.json in the results folder is plain JSON without times, host names or paths of this machine: the same
submission, course key and versions give the same bytes. `record.check_record` checks its fields. The verdict on a
property is one of `record.VERDICTS`; only "passed" earns its points. After a "grader-fault", which is never the
student's fault, the submission has no score at all and needs manual review.
"""
