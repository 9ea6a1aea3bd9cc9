"""`python -m fls_teach` is `fls`."""

from fls_teach.cli import main

main(prog_name="fls")
