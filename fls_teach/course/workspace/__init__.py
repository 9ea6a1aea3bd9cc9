"""A student's folder: what `fls start` makes and what the student's commands do in it."""
