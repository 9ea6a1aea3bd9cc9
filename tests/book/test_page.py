"""The page of `fls explore`: one file, its controls, its pictures against the theory's numbers, and its manners."""

import re

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import t as t_distribution

from fls_teach.book.explorer import ENGINE, FOLDER, PAGE, WORKER, page_html, presets
from fls_teach.cli import main
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.theory import balanced_init, gradient_flow, separability

SMALL = "#a.preset=plane&a.n=4&a.h=8&a.alpha=-6"
"""Little to compute."""


def test_a_module_imports_what_it_uses_from_earlier_ones():
    """Joined into one script a name may come from anywhere: catches a missing import, and two things of one name."""
    exports, names = {}, []
    for name in (*ENGINE, *PAGE, *WORKER):
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert text.startswith("// "), f"{name} does not begin with what it is for"
        imported = []
        for words, source in re.findall(r"^import \{([^}]*)\} from \"(.*?)\";", text, re.M):
            target = str((FOLDER / name).parent.joinpath(source).resolve().relative_to(FOLDER.resolve()))
            words = [word.strip() for word in words.split(",") if word.strip()]
            assert target in exports, f"{name} imports from {target}, which comes later"
            assert set(words) <= exports[target], f"{name}: {words} from {target}"
            imported += words
        body = re.sub(r"^import .*?;\n", "", text, flags=re.M | re.S)
        assert [word for word in imported if not re.search(rf"\b{word}\b", body)] == [], f"{name} imports too much"
        own = re.findall(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", text, re.M)
        code = re.sub(r"//.*|\"[^\"\n]*\"|(?<=\.)\w+", "", body)
        elsewhere = set().union(*exports.values()) - set(imported) - set(own)
        used = {word for word in elsewhere if re.search(rf"(?<![\w.'-]){word}\(", code)}
        defined = r"\b(?:const|let)\b[^;=]*\b{0}\b|\b{0} = |\b{0}\([^()]*\) \{{"
        local = {word for word in used if re.search(defined.format(word), body)}
        assert used <= local, f"{name} uses {used - local} without importing it"
        exports[name] = set(re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", text, re.M))
        names += own
    assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)


def test_the_page_is_one_file_of_the_same_bytes():
    """Catches a page that outgrows 400 KB, asks for a network, or changes from run to run."""
    page = page_html()
    assert page == page_html() and len(page.encode()) < 400_000
    assert not re.search(r"https?:|\{\{|src=|@import|^import |^export ", page, re.M)


def test_presets_are_those_of_the_demos():
    """Catches a preset of the page that is no longer the setting of which science.md speaks."""
    found = presets()
    assert set(found) == {*SETTINGS, "plane"}
    for name, setting in SETTINGS.items():
        numbers = (setting.mixture.kappa, setting.n_samples, setting.mixture.n_features, setting.n_neurons)
        assert tuple(found[name][key] for key in ("kappa", "n", "d", "h")) == numbers
        assert found[name]["targetRisk"] == setting.target_risk and found[name]["separable"] == setting.separable


def test_fls_explore_writes_or_opens_the_page(tmp_path, monkeypatch):
    """Catches a command that opens a browser although a file was asked for, and a mistake that ends in a traceback."""
    opened = []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    run = CliRunner().invoke
    done = run(main, ["explore", "--out", str(tmp_path / "page.html")])
    assert done.exit_code == 0 and done.output == f"{tmp_path / 'page.html'}\n" and not opened
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page_html()
    assert run(main, ["explore"]).exit_code == 0 and opened[0].startswith("file:///")
    for bad in (tmp_path, tmp_path / "missing" / "page.html", "nul\0"):
        done = run(main, ["explore", "--out", str(bad)])
        assert done.exit_code == 2 and len(done.output.strip().splitlines()[-1]) < 250, done.output


def test_neurons_are_drawn_where_the_theory_has_them(visit):
    """The picture against numbers: catches a plane, a frame or a marker that is not where Python's neurons point."""
    page = visit("#a.preset=plane&a.alpha=-8&a.seed=3")
    setting = presets()["plane"] | {"start": "plain", "seed": 3}
    drawn = page.evaluate(
        """setting => {
            const { X, y, unitStart } = drawCase(setting);
            const plus = classSum(X, y, setting.d, 1);
            return { X: Array.from(X), y, W: Array.from(unitStart.W), plus: Array.from(plus) };
        }""",
        setting,
    )
    X, y, W0 = np.reshape(drawn["X"], (-1, 2)), np.array(drawn["y"], float), np.reshape(drawn["W"], (-1, 2))
    assert separability(X, y) > 0
    _, signs = balanced_init(len(W0), 2, 1.0, 0)
    flow = gradient_flow(X, y, 2.0**-8 * W0, signs, target_risk=setting["targetRisk"])
    # The second axis of the plane points to the side on which x_+ lies.
    flip = [1, 1 if drawn["plus"][1] > 0 else -1]
    expected = flow.W / np.linalg.norm(flow.W, axis=1)[:, None] * flip
    places = page.eval_on_selector_all(
        "#pictures .neuron", "all => all.map(e => [e.transform.baseVal[0].matrix.e, e.transform.baseVal[0].matrix.f])"
    )
    x, y, r = page.eval_on_selector("#pictures .rim", "e => ['cx', 'cy', 'r'].map(k => Number(e.getAttribute(k)))")
    found = (np.array(places) - [x, y]) / r * [1, -1]
    large = np.linalg.norm(flow.W, axis=1) > 0.05 * np.linalg.norm(flow.W, axis=1).max()
    assert large.sum() > 3 and np.abs(found - expected)[large].max() < 0.02


def test_the_wedge_is_where_every_neuron_is_off(visit):
    """Catches a shaded sector that is not where f = 0, and a dead neuron that closes the wedge."""
    page = visit()
    turned = np.radians([10, 130, 220])
    neurons = [[np.cos(t), np.sin(t), size, 1] for t, size in zip(turned, (1, 2, 0), strict=True)]
    ((low, high),) = page.evaluate("neurons => silentSectors(neurons)", np.ravel(neurons).tolist())
    assert np.allclose(np.degrees([low, high]), [220, 280], atol=0.51)  # behind both by a right angle or more


def test_a_link_restores_the_state(visit):
    """Catches a control that the address forgets, and an address that breaks the page."""
    hash_ = "#a.preset=xor&a.alpha=-6.5&a.start=twins&a.n=8&a.seed=7&b.preset=plane&b.alpha=2&b.h=6&time=0.250&tour=2"
    page = visit(hash_)
    values = "all => all.map(e => e.value)"
    assert page.eval_on_selector_all("[data-part=preset]", values) == ["xor", "plane"]
    assert page.eval_on_selector_all("[data-part=alpha]", values) == ["-6.5", "2"]
    assert page.eval_on_selector_all("[data-part=time]", values) == ["250", "250"]
    assert page.eval_on_selector_all("[data-part=start]", values) == ["twins", "plain"]
    assert page.eval_on_selector_all("[data-key=n], [data-key=h]", values) == ["8", "60", "6", "6"]
    assert page.evaluate("location.hash") == hash_
    page.evaluate("location.hash = '#a.preset=nonsense&a.alpha=1e999&a.n=-3&b.kappa=x&time=9&tour=99&%E0%A4%A'")
    page.wait_for_function("document.querySelectorAll('.picture').length === 1")
    assert page.eval_on_selector("[data-part=preset]", "e => e.value") == "separable"


@pytest.mark.parametrize(
    "hash_",
    [
        "#a.preset=constructor",
        "#a.preset=__proto__&a.start=toString",
        "#__proto__.preset=xor",
        "#alpha=abc&%00<script>",
    ],
)
def test_a_link_of_nonsense_shows_the_first_preset(visit, hash_):
    """Catches a word of JavaScript's own objects that is taken for a preset, a start or a picture."""
    page = visit(hash_)
    assert page.eval_on_selector_all("[data-part=preset]", "all => all.map(e => e.value)") == ["separable"]
    assert page.evaluate("location.hash") == "#a.preset=separable&a.alpha=-4"


def test_each_class_has_an_example(visit):
    """Catches a class without examples, whose class sum has no direction to draw."""
    page = visit("#a.preset=three_classes&a.n=2&a.d=2&a.h=2")
    assert page.eval_on_selector_all("[data-key=n], [data-key=d]", "all => all.map(e => e.value)") == ["3", "3"]


def test_a_setting_without_separable_data_shows_no_run(visit):
    """Catches charts and numbers of the setting before, beside the sentence that this one has no data, and an error."""
    page = visit()
    page.evaluate("location.hash = '#a.preset=separable&a.n=60&a.d=2&a.kappa=0.5'")
    page.wait_for_function("document.querySelector('[data-part=note]').textContent.startsWith('No data set')")
    assert page.inner_text("[data-part=numbers]") == "" and page.locator("#pictures .neuron").count() == 0
    page.evaluate("location.hash = '#a.preset=plane&a.n=4&a.h=8'")
    page.wait_for_function("document.querySelectorAll('#pictures .neuron').length === 8")


def test_intervals_of_the_u_curve_are_those_of_few_seeds(visit):
    """Catches intervals of the normal distribution, too narrow for eight seeds, a wrong quantile, and an
    interval of two or three."""
    page, draws = visit(), [0.3, 0.1, 0.4, 0.15, 0.9, 0.2, 0.6, 0.5]
    for n in range(1, 9):
        found = page.evaluate("values => meanOf({ 0: values.map(v => ({ v })) }, 0, 'v')", draws[:n])
        half = t_distribution.ppf(0.975, n - 1) * np.std(draws[:n], ddof=1) / np.sqrt(n) if n >= 4 else 0
        assert found["n"] == n and np.allclose([found["mean"], found["half"]], [np.mean(draws[:n]), half], rtol=1e-3)


def test_no_labels_of_the_plane_overlap(visit):
    """Catches two names on one spot where a class sum lies along the signal."""
    page = visit("#a.preset=plane", viewport={"width": 375, "height": 800})
    boxes = page.eval_on_selector_all(
        "[data-part=plane] .fixed text",
        "all => all.map(e => e.getBoundingClientRect()).map(r => [r.left, r.right, r.top, r.bottom])",
    )
    pairs = [(a, b) for k, a in enumerate(boxes) for b in boxes[:k]]
    assert len(pairs) == 3
    assert not [1 for a, b in pairs if a[0] < b[1] and b[0] < a[1] and a[2] < b[3] - 4 and b[2] < a[3] - 4]


def test_the_keyboard_moves_alpha_and_time(visit):
    """Catches a control that only a mouse can use, and a picture that does not follow."""
    page = visit()
    page.focus("[data-part=alpha]")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash.includes('alpha=-5.5')")
    page.focus("[data-part=time]")
    page.keyboard.press("Home")
    page.wait_for_function("document.querySelector('[data-part=phase]').textContent.startsWith('Phase 1')")
    page.focus("[data-part=play]")
    page.keyboard.press("Space")
    page.wait_for_function("Number(document.querySelector('[data-part=time]').value) > 20")
    page.keyboard.press("Space")
    assert page.inner_text("[data-part=play]") == "Play"


def test_the_tour_has_eight_steps(visit):
    """Catches a step without words or with a setting that does not run, and a tour that does not end."""
    page = visit()
    page.click("#tour-open")
    seen = []
    for _ in range(8):
        seen.append(page.inner_text("#tour-title"))
        assert len(page.inner_text("#tour-words")) > 150
        assert page.evaluate("document.activeElement.id") == "tour-title"
        page.click("#tour-next")
    assert page.is_hidden("#tour") and len(set(seen)) == 8
    assert [title.split(":")[0] for title in seen] == [f"{k} of 8" for k in range(1, 9)]


def test_without_motion_playing_takes_ten_steps(visit):
    """Catches an animation for readers who asked their system for none."""
    page = visit(f"{SMALL}&time=0", reduced_motion="reduce")
    page.evaluate(
        """() => {
            window.seen = new Set();
            new MutationObserver(() => seen.add(document.querySelector("[data-part=time]").value))
                .observe(document.querySelector("[data-part=time-value]"), { childList: true });
            document.querySelector("[data-part=play]").click();
        }"""
    )
    page.wait_for_function("document.querySelector('[data-part=time]').value === '1000'")
    assert 1 < page.evaluate("seen.size") <= 11


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violation(visit, axe, width, scheme):
    """axe finds nothing, with the tour and the fields open and two pictures; and nothing is wider than the window."""
    hash_ = f"{SMALL}&b.preset=three_classes&b.n=3&b.h=4&b.d=3&tour=3"
    page = visit(hash_, curves=True, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.wait_for_function("performance.getEntriesByName('picture-b').length")
    page.eval_on_selector_all("details", "all => all.forEach(each => (each.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_u_curve_is_computed_in_the_background(visit):
    """Catches a sweep that does not end, points that are not means over the eight seeds, and a curve that only the
    second of two pictures of one setting is told of."""
    both = "#a.preset=plane&a.n=4&a.h=4&a.targetRisk=0.3&b.preset=plane&b.n=4&b.h=4&b.targetRisk=0.3&b.alpha=2"
    page = visit(both, curves=True)
    notes = "[...document.querySelectorAll('[data-part=curve-note]')]"
    page.wait_for_function(f"{notes}.every(note => note.textContent.includes('all done'))")
    assert page.locator(".number.network .point").count() == 2 * (13 + 1)  # and the samples in the tables
    found = page.evaluate("() => [...curves.values()][0].found")
    assert {len(values) for values in found.values()} == {8} and len(found) == 13
    assert {each["status"] for values in found.values() for each in values} <= {"reached", "stalled"}
