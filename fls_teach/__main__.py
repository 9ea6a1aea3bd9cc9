"""`python -m fls_teach` is `fls`."""

import sys
from os.path import dirname

# `-m` puts the current folder first on the path, but that folder may contain submissions.
if sys.path[0] != dirname(dirname(__file__)) and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

from fls_teach.cli import main

main(prog_name="fls")
