"""The course: its exercises, the student's workspace, and the check that tells a student what to learn next."""
