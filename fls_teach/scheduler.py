"""Connect to a dask.distributed scheduler by its address, for sweeps and for grading."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

CONNECT_SECONDS = 10


@contextmanager
def connected(address: str) -> Iterator:
    """Yield a `distributed.Client` of a scheduler, and close it after the block.

    Parameters
    ----------
    address : str
        ``dask://HOST:PORT``.

    Raises
    ------
    ValueError
        If the address is invalid, dask.distributed is missing or broken, or no scheduler answers; the message is one
        sentence.
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
        raise ValueError(f"executor '{address}' is not an address; wanted dask://HOST:PORT")
    try:
        from distributed import Client
    except Exception as problem:  # a broken package may raise anything
        raise ValueError(_no_client(problem)) from None
    _silence()
    try:
        return Client(f"tcp://{place}", timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise ValueError(f"no dask scheduler answers at '{place}' ({problem}); start one: dask scheduler") from None


def _no_client(problem):
    """Return why `distributed` could not be imported, and what to do."""
    if isinstance(problem, ModuleNotFoundError) and problem.name == "distributed":
        return "a dask executor needs dask.distributed; install it: python -m pip install distributed"
    reason = (str(problem).splitlines() or [""])[0]
    return (
        f"dask.distributed is installed, but importing it fails with {type(problem).__name__}: {reason}; repair it: "
        "python -m pip install --upgrade --force-reinstall distributed"
    )


def _silence():
    """Silence dask.distributed, which would log a traceback for each error that is reported here as a sentence.

    Every logger is silenced, because some of them have their own level.
    """
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
