"""What the page of `fls explore` costs: its size, the first picture, one run, a U-curve, and its longest frame.

    python benchmarks/explorer.py --out benchmarks/results

In headless Chromium on the machine at hand. A run and a seed of a U-curve are timed in the page's own thread; the
shortest of five counts, since other programs can only lengthen it. What the page does as a whole (first picture,
frames) is timed by the clock: on a busy machine it takes longer.
"""

from provenance import arguments, table, write  # isort: skip  (before numpy: one BLAS thread)

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from fls_teach.book.explorer import page_html, presets

ALPHAS = -12, -4, 3
TRIALS = 5
TIMES = """
    ({ setting, alphas, trials }) => {
        const shortest = (work) => {
            const times = Array.from({ length: trials }, () => {
                const begin = performance.now();
                work();
                return performance.now() - begin;
            });
            return Math.min(...times);
        };
        const drawn = drawCase(setting), noise = testNoise(setting, Math.ceil(240 / lines(setting).length));
        return {
            runs: alphas.map((alpha) => shortest(() => recordRun(setting, 2 ** alpha, 1e-4))),
            seed: shortest(() => SWEEP_ALPHAS.forEach((alpha) => errorsAt(setting, drawn, 2 ** alpha, 1e-3, noise))),
        };
    }
"""


def main():
    out = arguments(__doc__).out
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "explore.html")
        path.write_text(page_html(), encoding="utf-8")
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        found = {"bytes": path.stat().st_size, "chromium": chromium.version}
        found["first_picture_ms"] = min(first_picture(chromium, path) for _ in range(TRIALS))
        found["longest_frame_ms"] = longest_frame(chromium, path)
        page = chromium.new_page()
        page.goto(path.as_uri())
        page.wait_for_function("performance.getEntriesByName('picture-a').length")
        for name, setting in presets().items():
            setting = setting | {"start": "plain", "seed": 4}
            found[name] = page.evaluate(TIMES, {"setting": setting, "alphas": ALPHAS, "trials": TRIALS})
    rows = [
        [name, *(f"{each:.0f}" for each in found[name]["runs"]), f"{8 * found[name]['seed'] / 1000:.1f}"]
        for name in presets()
    ]
    longest = f"{found['longest_frame_ms']:.0f} ms" if found["longest_frame_ms"] else "less than 50 ms"
    text = f"""# What the page of `fls explore` costs

{found["bytes"] / 1000:.0f} kB. First picture after {found["first_picture_ms"]:.0f} ms; the longest task of the page's
thread while two pictures play takes {longest}.

One run by the page's tolerance, in ms, and a U-curve of 13 alphas and 8 seeds in one worker, in s:

{table(["preset", *(f"2^{alpha}" for alpha in ALPHAS), "U-curve"], rows)}
"""
    write(out, "explorer", found, text)


def first_picture(chromium, path):
    """Milliseconds from the address to the first drawn run."""
    page = chromium.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("performance.getEntriesByName('picture-a').length")
    time = page.evaluate("performance.getEntriesByName('picture-a')[0].startTime")
    page.close()
    return time


def longest_frame(chromium, path):
    """Milliseconds of the longest task of 50 ms or more while two pictures play; 0 for none."""
    page = chromium.new_page()
    page.goto(f"{path.as_uri()}#a.preset=separable&b.preset=separable&b.alpha=-12&time=0")
    page.wait_for_function("performance.getEntriesByName('picture-b').length")
    page.evaluate(
        """() => {
            window.longest = 0;
            const watch = (list) => list.getEntries().forEach((task) => (longest = Math.max(longest, task.duration)));
            new PerformanceObserver(watch).observe({ type: "longtask" });
            document.querySelector("[data-part=play]").click();
        }"""
    )
    page.wait_for_function("document.querySelector('[data-part=time]').value === '1000'")
    time = page.evaluate("longest")
    page.close()
    return time


if __name__ == "__main__":
    main()
