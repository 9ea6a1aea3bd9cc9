"""A headless Chromium in which the page and its engine run."""

import importlib
import os
import shutil

import pytest

BROWSERS = "chromium", "chromium-browser", "google-chrome"


def needed(module):
    """A module of the extra `test`; where it is missing the test is skipped, but not where CI is set."""
    return importlib.import_module(module) if os.environ.get("CI") else pytest.importorskip(module)


@pytest.fixture(scope="module")
def browser():
    """Chromium, closed after each module: while it is open no other test of this process may start an event loop."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None and not os.environ.get("CI"):
        pytest.skip(f"no browser ({', '.join(BROWSERS)}); Debian: apt-get install chromium")
    assert path, "CI is set, but there is no browser; .ci/run installs chromium"
    with needed("playwright.sync_api").sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def axe():
    """The accessibility checks."""
    return needed("axe_playwright_python.sync_playwright")
