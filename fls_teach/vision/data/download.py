"""Download CIFAR from its authors' page."""

import contextlib
import hashlib
import http.client
import tarfile
import urllib.request
from pathlib import Path

from fls_teach.files import replacing, writable_folder
from fls_teach.vision.data.cifar import LAYOUTS, where_from

LARGEST = 250_000_000
"""Number of bytes after which a download is aborted; the official archives have 170,000,000."""


def download_cifar(name, data_dir, progress=None):
    """Download the official files of a data set into `data_dir`; existing files are left alone.

    Parameters
    ----------
    name : {"cifar10", "cifar100"}
    data_dir : path-like
        Folder, created if it does not exist.
    progress : callable, optional
        Called with the fraction that has arrived and a description.

    Raises
    ------
    ValueError
        If there is no network, the archive is not the official one, or the folder cannot be written. The message says
        which files to put where by hand.
    """
    layout, data_dir = LAYOUTS[name], Path(data_dir)
    files = (*layout.train, *layout.test)
    if all((data_dir / layout.folder / file).exists() for file in files):
        return
    folder = writable_folder(data_dir / layout.folder)
    try:
        with _temporary(folder / Path(layout.url).name) as archive:
            _fetch(layout, archive, progress or (lambda fraction, what="": None))
            with tarfile.open(archive) as tar:
                for file in files:  # only these, whatever other paths and links the archive contains
                    member = tar.extractfile(f"{layout.folder}/{file}")
                    if member is None:
                        raise ValueError(f"{file} is not a file")
                    with replacing(folder / file) as temporary:
                        temporary.write_bytes(member.read())
    except (OSError, http.client.HTTPException, tarfile.TarError, KeyError, EOFError, ValueError) as problem:
        reason = getattr(problem, "reason", None) or getattr(problem, "strerror", None) or problem
        raise ValueError(f"cannot download {layout.url} ({reason}); {where_from(layout, data_dir)}") from None


@contextlib.contextmanager
def _temporary(path):
    path = path.with_name(f".{path.name}")
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _fetch(layout, path, progress):
    digest, arrived = hashlib.md5(usedforsecurity=False), 0
    with urllib.request.urlopen(layout.url, timeout=30) as response, open(path, "wb") as file:
        total = int(response.headers.get("Content-Length") or LARGEST)
        while chunk := response.read(1 << 20):
            arrived += len(chunk)
            if arrived > LARGEST:
                raise ValueError(f"more than {LARGEST:,} bytes")
            digest.update(chunk)
            file.write(chunk)
            progress(min(1.0, arrived / total), f"{arrived / 1e6:.0f} MB of {Path(layout.url).name}")
    if digest.hexdigest() != layout.url_md5:
        raise ValueError(f"{arrived:,} bytes with another md5 than {layout.url_md5}")
