"""The autograder: fair, repeatable marks for code that is not trusted.

A submission goes through these rooms; each uses only what stands above it::

    record      the record of a submission: its fields, its sums, what counts in the end
    settings    RunSettings: what is asked for; results_folder: no marks made otherwise are mixed in
    intake      what a platform packed         -> a Submission per person (people, patterns), then its files (choice)
    reports     gradescope, junit, html, gradebook, batch_result, against draw on records alone; folder writes them
                similar: near-identical submissions, a flag for manual review and never a mark
    marking     mark: one Submission, in a sandbox -> record (a verdict for every property), within its time limits
                grader: a process that does this for one after another; cluster: machines that do
                batch: several of these side by side, and the files of a submission; what is finished stays
    packaging   release, bundle, feedback: the course for students, the autograder for Gradescope, what goes back
    grade       all of it: course_key, a sandbox that was tried, the batch; conclude: what concerns all together
    doctor      is this machine fit to grade, and do the attacks of the zoo fail here?

Marks come from the specification (`fls_teach.course`), which asks the submission's functions through
`fls_teach.sandbox`: that package says what is trusted and what is not.

NAME/record.json in the results folder is plain JSON without times, host names or paths of this machine: the same
submission, course key and versions give the same bytes. `record.check_record` has its fields. The verdict on a
property is one of `record.VERDICTS`; only "passed" earns its points. A "grader-fault" is ours: then the submission has
no score at all, and needs manual review.
"""
