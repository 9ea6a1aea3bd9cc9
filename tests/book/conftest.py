"""A headless Chromium in which the page and its engine run."""

import importlib
import os
import shutil

import pytest

from fls_teach.book.explorer import page_html

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


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page as `fls explore --out` writes it, on a disk."""
    path = tmp_path_factory.mktemp("explore") / "page.html"
    path.write_text(page_html(), encoding="utf-8")
    return path.as_uri()


WITHOUT_CURVES = """
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message) {
        if (message.task !== "seed") post.call(this, message);
    };
"""
"""Keeps from the workers what they are to do for the U-curve: it takes a core as long as the page is open."""


@pytest.fixture
def visit(browser, address):
    """Open the page; at the end of the test no console message and no error may have come.

    The U-curve is computed in the background only with ``curves=True``.
    """
    contexts, troubles = [], []

    def opened(hash_="#a.preset=plane&a.n=4&a.h=8&a.alpha=-6", curves=False, **options):
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}))
        if not curves:
            contexts[-1].add_init_script(WITHOUT_CURVES)
        contexts[-1].set_default_timeout(120_000)  # a busy machine is no failure
        page = contexts[-1].new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "request",
            lambda request: request.url.startswith(("file:", "blob:", "data:")) or troubles.append(request.url),
        )
        page.goto(address + hash_)
        page.wait_for_function("performance.getEntriesByName('picture-a').length")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not troubles
