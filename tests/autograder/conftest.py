"""What pytest is not to collect here, and graders that cost less than new interpreters."""

import subprocess
import sys

import pytest

from .forked import REAL, Template

collect_ignore = ["frozen_course"]  # the specification of a course that is data


@pytest.fixture(scope="session")
def template():
    """The processes that all graders and their workers are forked from."""
    template = Template()
    yield template
    template.close()


@pytest.fixture(scope="module")
def forked_graders(template):
    """Batches of this module fork their graders; `real_graders` for a test that is about processes."""
    with pytest.MonkeyPatch.context() as patch:
        if sys.platform == "linux":
            patch.setattr(subprocess, "Popen", template.popen)
        yield


@pytest.fixture(scope="module")
def forked_workers(forked_graders):
    """Workers of this module are forked, where no sandbox is around them."""


@pytest.fixture
def real_graders(monkeypatch):
    """Graders are new interpreters in this test."""
    monkeypatch.setattr(subprocess, "Popen", REAL)
