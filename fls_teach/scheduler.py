"""A dask.distributed scheduler found by its address, for sweeps and for grading."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

CONNECT_SECONDS = 10


@contextmanager
def connected(address: str) -> Iterator:
    """A `distributed.Client` of a scheduler, for the block.

    Parameters
    ----------
    address : str
        ``dask://HOST:PORT``.

    Raises
    ------
    ValueError
        In one sentence, if that is no address, dask.distributed is not there or broken, or no scheduler answers.
    """
    client = _client(address)
    try:
        yield client
    finally:
        client.close()


def _client(address):
    scheme, _, place = address.partition("://")
    host, _, port = place.rpartition(":")
    if scheme != "dask" or not host or not port.isdigit():
        raise ValueError(f"executor '{address}' is no address; wanted dask://HOST:PORT")
    try:
        from distributed import Client
    except Exception as problem:  # a package that does not load may raise anything
        raise ValueError(_no_client(problem)) from None
    _silence()
    try:
        return Client(f"tcp://{place}", timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise ValueError(f"no dask scheduler answers at '{place}' ({problem}); start one: dask scheduler") from None


def _no_client(problem):
    """Why `distributed` was not imported."""
    if isinstance(problem, ModuleNotFoundError) and problem.name == "distributed":
        return "a dask executor needs dask.distributed; install it: python -m pip install distributed"
    reason = (str(problem).splitlines() or [""])[0]
    return (
        f"dask.distributed is installed, but importing it fails with {type(problem).__name__}: {reason}; mend it: "
        "python -m pip install --upgrade --force-reinstall distributed"
    )


def _silence():
    """The library logs in tracebacks what is told here in sentences; some of its loggers have levels of their own."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
