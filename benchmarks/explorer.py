"""What the page of `fls explore` costs: its size, the first picture, one run, a U-curve, and a frame.

On one core of an AMD EPYC, busy: 104 kB; first picture after half a second; a run of preset separable 13 to 31 ms,
its U-curve 1.0 s and that of XOR 8.3 s in all; a frame of two playing pictures 13 ms. See results/explorer.md.

    python benchmarks/explorer.py --out benchmarks/results

In headless Chromium on the machine at hand. Runs, the seeds of a U-curve and frames are done in the page's own thread
and measured in its processor time, the least of five. The first picture is timed by the clock, which a busy machine
lengthens.
"""

from provenance import arguments, table, write  # isort: skip  (before numpy: one BLAS thread)

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from fls_teach.book.explorer import page_html, presets

ALPHAS = -12, -4, 3
TRIALS = 5
RUN = "({ setting, alpha }) => { recordRun(setting, 2 ** alpha, 1e-4); }"
SEED = """
    ({ setting }) => {
        const drawn = drawCase(setting), noise = testNoise(setting, Math.ceil(240 / lines(setting).length));
        SWEEP_ALPHAS.forEach((alpha) => errorsAt(setting, drawn, 2 ** alpha, 1e-3, noise));
    }
"""
PLAY = """
    () => {
        window.seen = 0;
        const count = () => (seen++, requestAnimationFrame(count));
        requestAnimationFrame(count);
        document.querySelector("[data-part=play]").click();
    }
"""


class Page:
    """The page, opened afresh, and its thread's clock."""

    def __init__(self, chromium, address):
        self.page = chromium.new_page()
        self.page.goto(address)
        self.page.wait_for_function("performance.getEntriesByName('picture-a').length")
        self.session = self.page.context.new_cdp_session(self.page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds(self):
        """Processor time of the page's thread."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    def cost(self, script, **values):
        """Processor time of a script in ms, the least of five."""
        times = []
        for _ in range(TRIALS):
            before = self.seconds()
            self.page.evaluate(script, values)
            times.append(1000 * (self.seconds() - before))
        return min(times)


def main():
    out = arguments(__doc__).out
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "explore.html")
        path.write_text(page_html(), encoding="utf-8")
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        found = {"bytes": path.stat().st_size, "chromium": chromium.version}
        found["first_picture_ms"] = min(first_picture(chromium, path.as_uri()) for _ in range(TRIALS))
        found["frame_ms"] = frame(chromium, path.as_uri())
        page = Page(chromium, f"{path.as_uri()}#a.preset=plane&a.h=2&a.n=2")  # little to do in the background
        for name, setting in presets().items():
            setting = setting | {"start": "plain", "seed": 1}
            runs = [page.cost(RUN, setting=setting, alpha=alpha) for alpha in ALPHAS]
            found[name] = {"runs_ms": runs, "seed_ms": page.cost(SEED, setting=setting)}
    rows = [
        [name, *(f"{each:.0f}" for each in found[name]["runs_ms"]), f"{8 * found[name]['seed_ms'] / 1000:.1f}"]
        for name in presets()
    ]
    text = f"""# What the page of `fls explore` costs

{found["bytes"] / 1000:.0f} kB. First picture after {found["first_picture_ms"]:.0f} ms. A frame in which two pictures
play takes {found["frame_ms"]:.1f} ms of processor time.

Processor time of one run at the page's tolerance, in ms, and of a U-curve of 13 alphas and 8 seeds, in s, which the
page spreads over its workers (Chromium {found["chromium"]}):

{table(["preset", *(f"2^{alpha}" for alpha in ALPHAS), "U-curve"], rows)}
"""
    write(out, "explorer", found, text)


def first_picture(chromium, address):
    """Milliseconds from the address to the first drawn run."""
    page = Page(chromium, address).page
    time = page.evaluate("performance.getEntriesByName('picture-a')[0].startTime")
    page.close()
    return time


def frame(chromium, address):
    """Mean processor time of a frame while two pictures play, in ms."""
    timed = Page(chromium, f"{address}#a.preset=separable&b.preset=separable&b.alpha=-12&time=0")
    timed.page.wait_for_function("performance.getEntriesByName('picture-b').length")
    timed.page.evaluate(PLAY)
    before, first = timed.seconds(), timed.page.evaluate("seen")
    timed.page.wait_for_timeout(4000)
    spent, frames = timed.seconds() - before, timed.page.evaluate("seen") - first
    timed.page.close()
    return 1000 * spent / frames


if __name__ == "__main__":
    main()
