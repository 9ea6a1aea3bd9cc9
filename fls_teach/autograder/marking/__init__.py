"""Submissions to records: one after the other in a grader, many graders in a batch."""
