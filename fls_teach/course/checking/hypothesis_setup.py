"""Import Hypothesis so that it is repeatable, and choose where it keeps its files."""

import os


def import_hypothesis():
    """Import Hypothesis and make it try the same examples for the same seed on every machine.

    By default Hypothesis also draws constants from the source of the local modules that happen to be loaded, which
    under ``--debug`` include the student's file. No setting turns that off, so this replaces an internal function;
    setup.cfg names the versions of Hypothesis that are known to have it.
    """
    import hypothesis
    import hypothesis.errors
    from hypothesis.internal.conjecture import providers

    if hasattr(providers, "_get_local_constants") and hasattr(providers, "_local_constants"):
        providers._get_local_constants = lambda: providers._local_constants
    return hypothesis


def keep_caches_in(folder):
    """Make Hypothesis keep its files in `folder`, not in the student's current folder; call it before the import."""
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(folder))
