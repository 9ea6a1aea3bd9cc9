"""`python -m fls_teach` is `fls`."""

import sys
from os.path import dirname

# `-m` imports from the current folder before any other, and there may lie what was handed in.
if sys.path[0] != dirname(dirname(__file__)) and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

from fls_teach.cli import main

main(prog_name="fls")
