"""A student's workspace: the folder that `fls start` makes, and the commands that work in it."""
