"""The HTML pages: whatever a student writes is text, nothing is loaded, and a fault is never a zero."""

import json
import random
import re
import tracemalloc
from html.parser import HTMLParser

import pytest

from fls_teach.autograder.record import VERDICTS
from fls_teach.autograder.reports.batch_result import BatchResult, others
from fls_teach.autograder.reports.html import _TEMPLATES, LISTED, cohort_page, report_page
from fls_teach.autograder.reports.similar import Pair
from fls_teach.characters import printable

from .records import HOSTILE, every_verdict, exercise, hostile, item, record

VOID = {"meta"}


class Page(HTMLParser):
    """What a browser would see: the tags with their attributes, and the text; every tag is closed in turn."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self._open = [], [], []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self):
        """All text, with single spaces."""
        return " ".join(" ".join(self.texts).split())


def batch_of(*records, **more):
    """What comes of a batch of these records; `more` are fields of it."""
    batch = BatchResult(**more)
    for each in records:
        batch.add(each)
    return batch


def both(made):
    """Both pages of one record."""
    pair = Pair(made["submission"], made["submission"], "08_bayes_error", 0.95)
    safe = made | {"folder": "s1"}  # a folder's name is ours
    return report_page(made), cohort_page(batch_of(safe, pairs=[pair], note=made["submission"]))


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_of_a_student_changes_nothing_but_text(text):
    for page, harmless in zip(both(hostile(text)), both(hostile("harmless")), strict=True):
        tags, wanted = (Page(each.replace('<dd tabindex="0">', "<dd>")).tags for each in (page, harmless))
        assert tags == wanted, "a long text may have its own box to scroll in, and that is all"
        assert " ".join(printable(text[:100]).split()) in Page(page).text
        page.encode("utf-8")
        assert not re.search("[\x00\u202a-\u202e\u2066-\u2069\u200b\ud800]", page)


@pytest.mark.parametrize("page", both(every_verdict()))
def test_nothing_runs_and_nothing_is_loaded(page):
    tags = Page(page).tags
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in tags}
    for _, attributes in tags:
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("src", "srcset", "action")
            assert name != "href" or value.startswith("#") or value == "s1/report.html"
            assert "url(" not in (value or "")
    metas = [dict(attributes) for tag, attributes in tags if tag == "meta"]
    (policy,) = [meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert "url(" not in page and "@import" not in page and "http" not in page.replace("http-equiv", "")


def test_the_report_says_everything():
    card = [["input", "phi = 0.5"], ["off", "by 1"], ["theory", "twice"], ["printed", "a\n  b"]]
    items = [item("08.1", of=3), item("08.2", "wrong", likely="you clipped", card=card), item("08.3", "timeout")]
    page = report_page(record(exercises=[exercise(items=items, title="The error")], notes=["a note"]))
    text = Page(page).text
    assert "3 of 7 points" in text and "1 of 3 properties passed" in text and "a note" in text
    assert "Your code gave a wrong answer: got 0.31, expected 0 Likely: you clipped input phi = 0.5" in text
    assert "difference by 1 you printed a b" in text and "twice" not in text
    assert "Your code ran out of time" in text
    assert "fls grade FILE --out FOLDER --seed 1234567890123 --exercise 08 --memory 4096" in text
    assert "sha256:" + "a" * 64 in text and "numpy 2.1.0" in text and "isolation bwrap" in text
    assert "limit: memory mib 4096" in text
    assert "width: 42.86%" in page


def test_only_what_was_passed_is_folded():
    parts = [exercise("06_phase_one_bound"), exercise(items=[item(verdict="missing")])]
    folds = [
        dict(attributes) for tag, attributes in Page(report_page(record(exercises=parts))).tags if tag == "details"
    ]
    assert [("open" in each) for each in folds] == [False, True]


def absent(name, message="", items=1):
    """An exercise that was not handed in, or whose stub was."""
    return exercise(name, [item(f"{name[:2]}.{k}", "missing") for k in range(items)], state="missing", message=message)


def test_what_was_not_handed_in_is_folded_and_says_so():
    parts = [absent("01_mixture", "01_mixture.py was not handed in."), absent("02_forward"), exercise()]
    page = Page(report_page(record(exercises=parts)))
    folds = [dict(attributes) for tag, attributes in page.tags if tag == "details"]
    assert [("open" in each) for each in folds] == [False, False, False]
    heads = [part.split("points")[0] for part in page.text.split("mixture ")[1:]]
    assert "not handed in" in heads[0] and "1 exercise was not handed in" in page.text
    assert "forward not written yet" in page.text


def test_the_cohort_counts_those_who_handed_it_in():
    """A week in which the last exercises are not due must not show them as the hardest."""
    one = [absent("01_mixture"), exercise(items=[item("08.1", "wrong")]), exercise("09_decomposition", [item("09.1")])]
    two = [absent("01_mixture"), absent("08_bayes_error"), exercise("09_decomposition", [item("09.1", "crashed")])]
    two[1]["properties"][0]["id"] = "08.1"
    three = [absent("01_mixture"), exercise(items=[item("08.1")]), absent("09_decomposition", "not handed in")]
    three[2]["properties"][0]["id"] = "09.1"
    cohort = batch_of(record("a", exercises=one), record("b", exercises=two), record("c", exercises=three))
    assert [(row.id, row.passed, row.judged, others(row.verdicts)) for row in cohort.hardest()] == [
        ("08.1", 1, 2, [("wrong", 1), ("not handed in", 1)]),
        ("09.1", 1, 2, [("crashed", 1), ("not handed in", 1)]),
    ]
    text = Page(cohort_page(cohort)).text
    assert "1 of 2 50% 1 wrong, 1 not handed in" in text and "01.0" not in text
    assert "Not begun in any submission: mixture" in text


def test_a_fault_is_for_a_person_and_no_zero():
    parts = [exercise("06_phase_one_bound"), exercise(items=[item(verdict="grader-fault")])]
    text = Page(report_page(record(exercises=parts))).text
    assert "Needs manual review" in text and "no mark" in text
    assert "of 4 points" not in text and "0/2" not in text
    text = Page(cohort_page(batch_of(record(exercises=parts), record("bob", exercises=parts[:1])))).text
    assert "Needs manual review: 1 submission without a score" in text
    assert "Median 2 of 4 points, mean 2.0, lowest 2" in text


def test_every_verdict_is_said_in_words():
    text = Page(report_page(every_verdict())).text
    assert all(name == "missing" or sentence in text for name, sentence in VERDICTS.items())
    assert "Your code" not in Page(report_page(record(exercises=[exercise(items=[item(verdict="missing")])]))).text


def test_a_file_that_does_not_load_says_why_once():
    broken = exercise(items=[item(verdict="crashed", summary="a tab")], state="unusable", message="a tab")
    text = Page(report_page(record(exercises=[broken]))).text
    assert text.count("a tab") == 1 and "raised an exception" not in text


def test_the_cohort_shows_what_stops_most_people_first():
    def one(name, *verdicts, **more):
        return record(name, [exercise(items=[item(f"08.{k}", verdict, **more) for k, verdict in enumerate(verdicts)])])

    records = [
        one("a", "passed", "wrong", likely="the wrong axis"),
        one("b", "passed", "timeout"),
        one("c", "wrong", "wrong"),
    ]
    cohort = batch_of(*records, one("d", "grader-fault", "passed"))
    assert [(row.id, row.passed, row.judged, others(row.verdicts)) for row in cohort.hardest()] == [
        ("08.1", 1, 4, [("wrong", 2), ("timeout", 1)]),
        ("08.0", 2, 3, [("wrong", 1), ("grader-fault", 1)]),
    ]
    assert cohort.commonest() == [(1, ["08.0", "08.1"], "the wrong axis")]
    cohort.pairs = [Pair("a", "b", "08_bayes_error", 1.0), Pair("a", "c", "x", 0.949)]
    text = Page(cohort_page(cohort)).text
    assert text.index("08.1") < text.index("08.0") and "25%" in text and "67%" in text
    assert "a b 08_bayes_error identical" in text and "a c x 95%" in text


def test_the_middle_and_the_columns_of_the_scores():
    def scored(passed, name="a"):
        return record(name, [exercise(items=[item(f"08.{k}", "passed" if k < passed else "wrong") for k in range(5)])])

    cohort = batch_of(*(scored(n) for n in (0, 1, 1, 3, 5, 5)))
    assert (cohort.median, cohort.mean) == (4.0, 5.0)
    assert [number for _, number in cohort.distribution()] == [1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]
    assert [label for label, _ in cohort.distribution()][::5] == ["0–9", "50–59", "100"]
    assert batch_of(scored(1), scored(1), scored(5)).median == 2


def test_what_people_corrected_and_lateness_took_off_is_in_the_scores():
    """Catches a page whose mean and columns are those of the grader alone, beside a list with other marks."""
    late = {"late": {"days": 3, "rule": "10% per day", "kept": 0.7}}
    by_hand = {"overrides": [{"item": "08.1", "points": 1.5, "reason": "x"}]}
    judged = {"overrides": [{"item": "08_bayes_error", "points": 1, "reason": "x"}]}
    fault = [exercise(items=[item(verdict="grader-fault")])]
    cohort = batch_of(record() | late, record() | by_hand, record(exercises=fault) | judged, record(exercises=fault))
    assert cohort.scores == [1, 1.4, 1.5] and cohort.mean == pytest.approx(1.3) and cohort.median == 1.4
    assert {label: number for label, number in cohort.distribution() if number} == {"50–59": 1, "70–79": 2}
    text = Page(cohort_page(cohort)).text
    assert "Median 1.4 of 2 points, mean 1.3, lowest 1, highest 1.5" in text and "review: 1 submission without" in text


def test_no_share_falls_below_its_column():
    """Catches a tenth of the points that floats make a little less than that, and all points in the column of 90%."""
    for points in range(1, 40):
        full = record(exercises=[exercise(items=[item(of=points)])])
        kept = [{"late": {"days": 1, "rule": "x", "kept": tenths / 10}} for tenths in range(11)]
        cohort = batch_of(*(full | each for each in kept))
        assert [number for _, number in cohort.distribution()] == [1] * 11, points


def test_the_order_of_the_records_does_not_matter():
    records = [hostile(text) | {"submission": f"s{k}"} for k, text in enumerate(HOSTILE)]
    records += [every_verdict(f"v{k}", fault=k % 2) for k in range(5)]
    records = [each | {"digest": f"sha256:{k}"} for k, each in enumerate(records)]
    shuffled = random.Random(0).sample(records, len(records))
    assert cohort_page(batch_of(*records)) == cohort_page(batch_of(*shuffled))


def test_a_batch_keeps_a_line_of_each_submission_and_no_record():
    """Catches records that are held together, and lists on the page that grow with the class."""
    made = [every_verdict(f"s{k:03}") | {"notes": ["a note"]} for k in range(3 * LISTED)]
    tracemalloc.start()
    batch = batch_of(*(json.loads(json.dumps(each)) for each in made))
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert size / len(made) < 2000 < len(json.dumps(made[0])) / 2
    text = Page(cohort_page(batch)).text
    assert f"Needs manual review: {3 * LISTED} submissions" in text
    assert text.count(f"and {2 * LISTED} more") == 2, "faults and notes"


def test_no_submissions_at_all_and_nobody_who_looked_for_copies():
    assert "0 submissions" in Page(cohort_page(BatchResult(pairs=[]))).text
    assert (
        "The search was not done. It was not asked for."
        in Page(cohort_page(BatchResult(note="It was not asked for."))).text
    )


def test_the_cohort_lists_all_submissions_with_their_reports():
    """Catches a submission that is not on the page, a link that leads nowhere, and a review that is not shown."""
    odd = exercise(items=[item(verdict="wrong"), item("08.2", "timeout"), item("08.3")])
    fault = exercise(items=[item(verdict="grader-fault")])
    records = [record("Zoe", [odd], folder="Zoe-1"), record("ada", [fault], folder="ada")]
    records.append(record("Bo", [exercise()], intake={"review": ["two files claim to be 08"]}, folder="Bo"))
    batch = BatchResult()
    for each in records:
        batch.add(each, counts=each["submission"] != "Zoe")
    page = Page(cohort_page(batch))
    links = [dict(attributes)["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == ["ada/report.html", "Bo/report.html", "Zoe-1/report.html"], "in the order of their names"
    assert "ada no score grader failed 0 1 grader-fault" in page.text
    assert "Bo 2 of 2 review two files claim to be 08 1" in page.text
    assert "Zoe (does not count) 2 of 6 1 1 wrong, 1 timeout" in page.text


def test_the_list_of_a_whole_class_is_complete():
    """Catches a list that stops where the others on the page do."""
    names = [f"s{k:04}" for k in range(500)]
    text = cohort_page(batch_of(*(record(name) for name in names)))
    assert all(f'href="{name}/report.html"' in text for name in names)


# ------------------------------------------------------------------ for everybody: keyboard, screen reader, paper


def accessible_pages():
    """Both pages with all their parts, long texts among them."""
    card = [["input", "x " * 900], ["printed", "a line\n" * 60], ["you", "short"]]
    parts = [
        exercise(f"{k:02}_part", [item(f"{k:02}.1", "wrong", card=card, likely="the wrong axis")]) for k in range(20)
    ]
    made = [record(name, parts, notes=["a note"], intake={"review": ["two files"]}) for name in ("ada", "bo")]
    pair = Pair("ada", "bo", "08_bayes_error", 0.95)
    return report_page(made[0]), cohort_page(batch_of(*made, pairs=[pair]))


@pytest.mark.parametrize("page", accessible_pages(), ids=["report", "cohort"])
def test_the_structure_can_be_heard(page):
    """Catches a skipped level of headings, a page without a language or landmarks, and a header cell of nothing."""
    tags = Page(page).tags
    names = [tag for tag, _ in tags]
    assert ("html", [("lang", "en")]) in tags and {"title", "header", "main", "footer"} <= set(names)
    levels = [int(name[1]) for name in names if name in ("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in zip(levels, levels[1:], strict=False))
    for tag, attributes in tags:
        assert tag != "th" or dict(attributes).get("scope") in ("row", "col")
        assert tag != "nav" or dict(attributes).get("aria-label")
    ids = [value for _, attributes in tags for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_whatever_scrolls_can_be_reached_by_keyboard():
    """Catches a table or a long value that only a mouse can scroll."""
    report, cohort = (Page(page).tags for page in accessible_pages())
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    scrolling = re.findall(r"^([^{}@]*)\{[^}]*overflow(?:-[xy])?: auto", style, re.MULTILINE)
    assert {name.strip() for name in scrolling} == {"dd[tabindex]", ".wide", ".tall"}
    regions = [dict(attributes) for tag, attributes in cohort if "wide" in (dict(attributes).get("class") or "")]
    assert len(regions) == [tag for tag, _ in cohort].count("table") >= 4
    assert all(each["tabindex"] == "0" and each["role"] == "region" for each in regions)
    assert len({each["aria-label"] for each in regions}) == len(regions)
    texts = [dict(attributes).get("tabindex") for tag, attributes in report if tag == "dd"]
    assert texts.count("0") == 2 * 20 and texts.count(None) > 20, "long values alone stop the tab key"


def test_a_heading_is_not_left_alone_at_the_foot_of_a_page():
    """Catches a print style without the rules that keep headings with what follows, and what is folded or scrolls."""
    printed = (_TEMPLATES / "style.css").read_text(encoding="utf-8").partition("@media print")[2]
    kept = re.search(r"([^{}/]*)\{ break-after: avoid; \}", printed)[1]
    assert {"h1", "h2", "h3", "summary"} <= {name.strip() for name in kept.split(",")}
    assert "details::details-content { content-visibility: visible" in printed
    assert re.search(r"dd\[tabindex\], \.tall \{ max-height: none; overflow: visible", printed)


def _luminance(colour):
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_has_the_contrast_that_wcag_asks_for():
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    schemes = [dict(re.findall(r"--([\w-]+): (#\w{6});", part)) for part in style.split("@media")[:2]]
    pairs = [(ink, paper) for ink in ("ink", "soft", "good", "bad") for paper in ("paper", "sheet", "faint")]
    pairs += [(name, f"{name}-back") for name in ("good", "bad", "odd")] + [("ink", "odd-back"), ("soft", "odd-back")]
    pairs += [("ink", "note-back"), ("note", "sheet"), ("odd", "sheet")]
    for scheme in schemes:
        for ink, paper in pairs:
            one, other = sorted((_luminance(scheme[ink]), _luminance(scheme[paper])))
            assert (other + 0.05) / (one + 0.05) >= 4.5, (ink, paper, scheme[ink], scheme[paper])
