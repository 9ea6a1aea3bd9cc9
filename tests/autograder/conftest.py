"""What pytest is not to collect here: the specification of a course that is data."""

collect_ignore = ["frozen_course"]
