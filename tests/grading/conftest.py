"""Student files in a folder whose name would break careless code."""

import pytest

from fls_teach.grading import Session


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("work") / "Übung 5 – 日本 & co"
    path.mkdir()
    return path


@pytest.fixture
def session_for(folder):
    """Make a session for a source text; all are closed at the end."""
    opened = []

    def make(source, name="05_alignment.py", kind=Session, **options):
        path = folder / name
        path.write_bytes(source if isinstance(source, bytes) else source.encode("utf-8"))
        opened.append(kind(path, **options))
        return opened[-1]

    yield make
    for session in opened:
        session.close()
