"""What the page of `fls explore` costs: its size, the first picture, one run, a U-curve, a frame, and the longest task.

On one core of an AMD EPYC, busy: 110 kB; first picture after 0.4 s; a run of preset separable 12 to 32 ms, its U-curve
1.0 s and that of XOR 7.9 s in all; a frame of two playing pictures 12 ms, and no task of the page's thread over 30 ms
in eight things that a reader does. See results/explorer.md.

    python benchmarks/explorer.py --out benchmarks/results

In headless Chromium on the machine at hand. Runs, the seeds of a U-curve and frames are done in the page's own thread
and measured in its processor time, the least of five. The longest task of the page's thread, for which a frame may have
to wait, comes from a trace of what a reader does, in processor time too (benchmarks/browser_tasks.py). The first
picture is timed by the clock, which a busy machine lengthens.
"""

from provenance import arguments, table, write  # isort: skip  (before numpy: one BLAS thread)

import shutil
import tempfile
from pathlib import Path

from browser_tasks import LONG_TASKS, longest_task
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


TWO_XOR = "a.preset=xor&b.preset=xor&b.alpha=-12&a.h=120&b.h=120&a.n=60&b.n=60"
SWEPT = "document.querySelector('[data-part=curve-note]').textContent.includes('all done')"


def play(page):
    """From the start to the end of the training."""
    page.click("[data-part=play]")
    page.wait_for_function("document.querySelector('[data-part=time]').value === '1000'")


def switch(page):
    """Every preset and every start."""
    for part in ("preset", "start"):
        for name in page.eval_on_selector_all(f"[data-part={part}] option", "all => all.map((each) => each.value)"):
            page.select_option(f"[data-part={part}]", name)
            page.wait_for_timeout(1000)


def drag(page):
    """Alpha from 2^-16 to 2^4, a new run at each step."""
    page.focus("[data-part=alpha]")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(50)
    page.wait_for_timeout(1000)


def tour(page):
    """All eight steps."""
    page.click("#tour-open")
    for _ in range(8):
        page.wait_for_timeout(1000)
        page.click("#tour-next")


SCENES = {
    "training: alpha from 2^-16 to 2^4": ("a.preset=hard&a.alpha=-16", drag),
    "playing, two pictures": ("a.preset=separable&b.preset=separable&b.alpha=-12&time=0", play),
    "playing, two of XOR with h = 120 and n = 60": (f"{TWO_XOR}&time=0", play),
    "sweeping: a whole U-curve": ("a.preset=separable", lambda page: page.wait_for_function(SWEPT)),
    "switching presets and starts": ("a.preset=plane", switch),
    "comparing two settings": ("a.preset=three_classes", lambda page: (page.click("#compare"), settle(page))),
    "the guided tour": ("a.preset=separable", tour),
}
"""What a reader does: the address to begin at, and what is traced from then on."""


def settle(page):
    """Until both pictures have come."""
    page.wait_for_function("performance.getEntriesByName('picture-b').length")
    page.wait_for_timeout(1000)


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
        found["longest_task"] = {name: scene(chromium, path.as_uri(), *each) for name, each in SCENES.items()}
        found["longest_task"]["opening the page"] = opening(chromium, path.as_uri())
        page = Page(chromium, f"{path.as_uri()}#a.preset=plane&a.h=2&a.n=2")  # little to do in the background
        for name, setting in presets().items():
            setting = setting | {"start": "plain", "seed": 1}
            runs = [page.cost(RUN, setting=setting, alpha=alpha) for alpha in ALPHAS]
            found[name] = {"runs_ms": runs, "seed_ms": page.cost(SEED, setting=setting)}
    rows = [
        [name, *(f"{each:.0f}" for each in found[name]["runs_ms"]), f"{8 * found[name]['seed_ms'] / 1000:.1f}"]
        for name in presets()
    ]
    tasks = [
        [name, *(f"{each[key]:.0f}" if key in each else "" for key in ("ms", "tasks", "long", "gap"))]
        for name, each in sorted(found["longest_task"].items(), key=lambda item: -item[1]["ms"])
    ]
    text = f"""# What the page of `fls explore` costs

{found["bytes"] / 1000:.0f} kB. First picture after {found["first_picture_ms"]:.0f} ms. A frame in which two pictures
play takes {found["frame_ms"]:.1f} ms of processor time.

The longest task of the page's thread while a reader does this, in ms of the thread's processor time, of so many tasks
in the trace. Beside it, by the clock and therefore larger where the machine is busy: how many long tasks (over 50 ms)
the page's own PerformanceObserver saw, and the longest gap between two frames in ms.

{table(["what goes on", "longest task", "tasks", "long by the clock", "longest gap by the clock"], tasks)}

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


def scene(chromium, address, hash_, action):
    """Longest task in ms, number of tasks, and what the page saw by the clock, while `action(page)` goes on."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(300_000)
    page = context.new_page()
    page.goto(f"{address}#{hash_}")
    page.wait_for_function("performance.getEntriesByName('picture-a').length")
    if "b.preset" in hash_:
        settle(page)
    page.evaluate(LONG_TASKS)
    ms, tasks = longest_task(page, lambda: action(page))
    long, gap = page.evaluate("[long.length, Math.max(...gaps)]")
    context.close()
    return {"ms": ms, "tasks": tasks, "long": long, "gap": gap}


def opening(chromium, address):
    """The same from the empty tab to two pictures of the dearest data."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    ms, tasks = longest_task(page, lambda: (page.goto(f"{address}#{TWO_XOR}"), settle(page)))
    context.close()
    return {"ms": ms, "tasks": tasks}


if __name__ == "__main__":
    main()
