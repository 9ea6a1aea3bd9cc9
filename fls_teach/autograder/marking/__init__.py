"""Marking: a grader process turns submissions into records one at a time; a batch uses many graders."""
