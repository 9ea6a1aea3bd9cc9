"""The course: its exercises, the student's workspace, and the check of a student's work against a specification."""
