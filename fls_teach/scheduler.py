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
        In one sentence, if that is no address, dask.distributed is not installed, or no scheduler answers.
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
    except ImportError:
        raise ValueError(
            "a dask executor needs dask.distributed; install it: python -m pip install distributed"
        ) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # tells in tracebacks what we tell in sentences
    try:
        return Client(f"tcp://{place}", timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise ValueError(f"no dask scheduler answers at '{place}' ({problem}); start one: dask scheduler") from None
