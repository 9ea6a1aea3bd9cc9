"""A headless Chromium in which the page and its engine run."""

import os
import shutil

import pytest

BROWSERS = "chromium", "chromium-browser", "google-chrome"


@pytest.fixture(scope="module")
def browser():
    """Chromium, closed after each module: while it is open no other test of this process may start an event loop."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None and not os.environ.get("CI"):
        pytest.skip(f"no browser ({', '.join(BROWSERS)}); Debian: apt-get install chromium")
    assert path, "CI is set, but there is no browser; .ci/run installs chromium"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path)
        yield chromium
        chromium.close()
