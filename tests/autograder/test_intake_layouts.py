"""Layouts that no platform makes: each is read by the rules, and a class never becomes one row without a word."""

import random
from collections import Counter

import pytest

from fls_teach.autograder.intake.collect import collect
from fls_teach.autograder.intake.file_names import names_a_part
from fls_teach.course.registry import CourseError

from .test_intake_platforms import CHOSEN, EIGHT, FILE, MOODLE, NINE, OTHER, lay, zipped


def nested(layout):
    """A layout in which the content of a zip is a layout."""
    return {name: zipped(nested(inner)) if isinstance(inner, dict) else inner for name, inner in layout.items()}


def read(layout, packed, tmp_path, chosen=CHOSEN, name="in"):
    """Name -> submission, read, of a layout in a folder or in a zip."""
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / f"{name}.zip" if packed else lay(tmp_path / name, nested(layout))
    if packed:
        path.write_bytes(zipped(nested(layout)))
    return {entry.name: entry.read() for entry in collect([path], chosen)}


both = pytest.mark.parametrize("packed", [False, True])


@both
def test_files_called_by_people_are_of_the_only_exercise(packed, tmp_path):
    """Catches a class in one row, as no file bears an exercise's name; a notebook is somebody's, too."""
    found = read({"ada.py": "ada", "ben.py": "ben", "Cy.ipynb": "{}"}, packed, tmp_path, CHOSEN[:1])
    assert {name: each.files for name, each in found.items()} == {
        "ada": {EIGHT: b"ada"},
        "ben": {EIGHT: b"ben"},
        "Cy": {},
    }
    assert not found["ada"].notes and "it is a notebook" in found["Cy"].notes[-1]
    beside = read({"ada.py": "ada", "ben.py": "ben", f"cy/{FILE}": "cy"}, packed, tmp_path / "beside", CHOSEN[:1])
    assert {name: each.files for name, each in beside.items()} == {
        who: {EIGHT: who.encode()} for who in ("ada", "ben", "cy")
    }
    mine = read({f"src/{FILE}": "x", "train.py": "", "model.py": ""}, packed, tmp_path / "mine", CHOSEN[:1], "ada")
    assert not packed or [*mine] == ["ada"], "beside what is called as a part, these are its author's"


def test_a_file_that_is_named_is_the_only_exercise(tmp_path):
    paths = [lay(tmp_path, {"ada.py": "ada", "ben.py": "ben"}) / name for name in ("ada.py", "ben.py")]
    found = [entry.read() for entry in collect(paths, CHOSEN[:1])]
    assert [(each.name, each.files) for each in found] == [("ada", {EIGHT: b"ada"}), ("ben", {EIGHT: b"ben"})]


@both
def test_files_called_by_people_are_asked_about_if_they_can_be_of_several_exercises(packed, tmp_path):
    with pytest.raises(CourseError, match=r"'ada.py' and 'ben.py'.*--exercise NN.*--single"):
        read({"ada.py": "", "ben.py": "", "list.csv": ""}, packed, tmp_path)
    found = read({"main.py": "", "helper.py": "", "ada.py": ""}, packed, tmp_path, name="ada")
    assert [*found] == ["ada"] and found["ada"].review, "called as parts are: one person's"


@both
def test_notebooks_called_by_people_in_an_exercises_folder(packed, tmp_path):
    found = read({f"{EIGHT}/Ada.ipynb": "{}", f"{EIGHT}/Ben.ipynb": "{}", f"{NINE}/Ben.py": "ben"}, packed, tmp_path)
    assert {name: each.files for name, each in found.items()} == {"Ada": {}, "Ben": {NINE: b"ben"}}
    assert "it is a notebook" in found["Ada"].notes[-1] and found["Ada"].review


@pytest.mark.parametrize("around", [0, 1, 2, 3])
def test_archives_lie_in_archives(around, tmp_path):
    """Three deep was a row for each section; deeper than is looked into needs a person, and says so."""
    sections = {f"part {k}.zip": {f"{who}.zip": {FILE: who} for who in people} for k, people in ((1, "ab"), (2, "cd"))}
    for k in range(around):
        sections = {f"all {k}.zip": sections}
    found = read(sections, False, tmp_path)
    if around < 3:
        assert {name: each.files for name, each in found.items()} == {who: {EIGHT: who.encode()} for who in "abcd"}
    else:
        assert [*found] == ["part 1", "part 2"] and not any(each.files for each in found.values())
        assert all("archives in it lie more than 4 deep" in each.review[0] for each in found.values())


@both
@pytest.mark.parametrize("around", ["", "hw1/", "hw1.zip"])
def test_three_folders_are_three_people_though_one_holds_an_exercise(around, packed, tmp_path):
    """Catches one green row for all, called as the zip."""
    layout = {f"ada/{FILE}": "ada", "bo/notes.txt": "", "cy/notes.txt": ""}
    layout = {around: layout} if around.endswith("zip") else {f"{around}{path}": text for path, text in layout.items()}
    found = read(layout, packed, tmp_path)
    assert {name: each.files for name, each in found.items()} == {"ada": {EIGHT: b"ada"}, "bo": {}, "cy": {}}


@both
def test_folders_called_as_parts_are_one_persons(packed, tmp_path):
    """Catches rows called "src" and "data"."""
    found = read({f"src/{FILE}": "x", "data/x.csv": "", "docs/x.txt": ""}, packed, tmp_path, name="ada")
    assert {name: each.files for name, each in found.items()} == {"ada": {EIGHT: b"x"}}
    assert not found["ada"].review
    assert names_a_part("Old version (2)") and not any(map(names_a_part, ("u1", "2", "Berg", "Alt", "", "srcs")))


@pytest.mark.parametrize("around", ["all.zip", "Homework 1", "all.zip/hw.zip"])
@both
def test_a_class_of_two_whose_names_differ_in_a_number(around, packed, tmp_path):
    """Catches one green row, with the work of the second, taken for the later version."""
    layout = {f"u{k}/{name}/{name}.py": f"{k}" for k in (1, 2) for name in (EIGHT, NINE)}
    for part in reversed(around.split("/")):
        layout = {part: layout} if part.endswith("zip") else {f"{part}/{path}": text for path, text in layout.items()}
    found = read(layout, packed, tmp_path)
    assert {name: each.files for name, each in found.items()} == {
        f"u{k}": dict.fromkeys((EIGHT, NINE), b"%d" % k) for k in (1, 2)
    }


@both
def test_of_files_that_canvas_numbered_the_last_counts(packed, tmp_path):
    """They are what was handed in again; without Canvas, a number says nothing of time."""
    files = {f"adal_1_{k}_{EIGHT}{end}.py": end for k, end in ((20, ""), (30, "-1"), (4, "-10"), (50, "-2"))}
    found = read(files | {f"bo_2_60_{FILE}": "bo", f"bo_2_61_{EIGHT}-1_old.py": "old"}, packed, tmp_path)
    assert found["adal"].files == {EIGHT: b"-10"} and not found["adal"].review
    assert f"'{EIGHT}-10.py' was taken as {EIGHT}, not" in found["adal"].notes[0]
    assert found["bo"].files == {EIGHT: b"bo"}


@both
def test_platforms_zips_per_exercise_of_which_each_holds_one_person(packed, tmp_path):
    archives = {
        f"HW {k}.zip": {MOODLE.format(who, k, file): who} for k, who, file in ((1, "Ada", FILE), (2, "Bo", OTHER))
    }
    found = read(archives, packed, tmp_path)
    assert {name: each.files for name, each in found.items()} == {"Ada": {EIGHT: b"Ada"}, "Bo": {NINE: b"Bo"}}
    same = {f"{who}.zip": {f"HW 1 - {FILE}": who} for who in ("ada", "bo")}
    assert [*read(same, packed, tmp_path / "same")] == ["ada", "bo"], "what all files say alike is nobody's name"


@both
def test_a_file_and_a_folder_are_two_people(packed, tmp_path):
    """Catches one row, with the folder's work, as of two names a pattern reads one."""
    found = read({f"hw1/Ada_{FILE}": "ada", f"hw1/Bo/{FILE}": "bo", f"hw1/Bo/{OTHER}": "bo"}, packed, tmp_path)
    assert {name: [*each.files.values()] for name, each in found.items()} == {"Ada": [b"ada"], "Bo": [b"bo", b"bo"]}


def test_versions_of_a_file_are_no_people(tmp_path):
    """Catches rows called "v1" and "final"."""
    files = {f"ada/{EIGHT}_{version}.py": version for version in ("v1", "final")}
    (ada,) = read(files, False, tmp_path).values()
    assert ada.name == "ada" and "none was taken" in ada.review[0]


def test_what_the_first_person_called_freely_makes_no_people(tmp_path):
    """Catches rows called as the files of the only person who has handed in, whose name the folder has."""
    found = read({f"ada/{EIGHT}/bayes.py": "1", f"ada/{NINE}/parts_of_it.py": "2"}, False, tmp_path)
    assert {name: each.files for name, each in found.items()} == {"ada": {EIGHT: b"1", NINE: b"2"}}


@both
def test_parts_of_people_are_no_people(packed, tmp_path):
    """Catches rows called as the two zips, or the folders, that each person has handed in."""
    for parts in (["part1.zip", "part2.zip"], ["x.zip", "y.zip"]):
        layout = {f"{who}/{part}": {FILE: who} for who in ("ada", "bo") for part in parts}
        found = read(layout, packed, tmp_path, name=parts[0])
        assert {name: each.files for name, each in found.items()} == {
            who: {EIGHT: who.encode()} for who in ("ada", "bo")
        }


def test_what_may_be_several_peoples_needs_review(tmp_path):
    """Two folders of a zip that hold different exercises may be one person's, or two people's who did one each."""
    for layout in (
        {f"alpha/{FILE}": "1", f"beta/{OTHER}": "2"},
        {f"ada/alpha/{FILE}": "1", f"ada/beta/{OTHER}": "2"},
        {f"beta/{FILE}": "1", "alpha.py": "2", "gamma.py": "3"},
    ):
        found = read(layout, True, tmp_path)
        assert "may be the work of several people ('" in found["in"].review[0] and found["in"].files
    for layout in ({FILE: "", f"alpha/{OTHER}": ""}, {f"src/{FILE}": "", f"old/{OTHER}": ""}, {f"alpha/{FILE}": "1"}):
        assert not read(layout, True, tmp_path)["in"].review


# Layout -> person -> the exercises that are theirs. A file's text says whose it is.
TEN = "10_ucurve"
CLASS = ("ada", "bo", "cy")
HARD = {
    "several exercises in flat files, of which two are graded": (
        {f"{who}_{name}.py": who for who in CLASS for name in (EIGHT, TEN)},
        {who: [EIGHT] for who in CLASS},
    ),
    "the name after the exercise, as forms write it": (
        {f"{name} - {who}.py": who for who in CLASS for name in (EIGHT, TEN)},
        {who: [EIGHT] for who in CLASS},
    ),
    "flat files of another exercise": ({f"{TEN}_{who}.py": who for who in CLASS}, {who: [] for who in CLASS}),
    "numbers of four digits": (
        {f"{EIGHT}_100{k}.py": f"100{k}" for k in range(3)},
        {f"100{k}": [EIGHT] for k in range(3)},
    ),
    "names in upper case": ({f"{who}_{FILE.upper()}": who for who in CLASS}, {who: [EIGHT] for who in CLASS}),
    "an address before a version": (
        {f"{who}@x.edu_{k}_{FILE}": who if k == 10 else "old" for who in ("ada", "bo") for k in (1, 2, 10)},
        {"ada": [EIGHT], "bo": [EIGHT]},
    ),
    "a text and a link in Canvas": (
        {f"ada_1_11_{FILE}": "ada", "bo_2_text.html": "", "cy_LATE_3_link.html": ""},
        {"ada": [EIGHT], "bo": [], "cy": []},
    ),
    "an archive beside what it was unpacked to": (
        {"ada.zip": {FILE: "ada"}, "bo.zip": {FILE: "bo"}, f"ada/{FILE}": "ada"},
        {"ada": [EIGHT], "bo": [EIGHT]},
    ),
    "the platform's archive beside what it was unpacked to": (
        {f"STAT-1/{who}/{FILE}": who for who in CLASS} | {"STAT-1.zip": {f"{who}/{FILE}": who for who in CLASS}},
        {who: [EIGHT] for who in CLASS},
    ),
    "the platform's archive among what was unpacked from it": (
        {MOODLE.format(who, k, FILE): who for k, who in enumerate(CLASS)}
        | {"STAT-1.zip": {MOODLE.format(who, k, FILE): who for k, who in enumerate(CLASS)}},
        {who: [EIGHT] for who in CLASS},
    ),
    "those who were late": (
        {f"{who}/{FILE}": who for who in CLASS} | {f"late/di/{FILE}": "di"},
        {who: [EIGHT] for who in (*CLASS, "di")},
    ),
    "those who were late, in archives": (
        {f"{who}.zip": {FILE: who} for who in CLASS} | {f"Nachzügler/{who}.zip": {FILE: who} for who in ("di", "ed")},
        {who: [EIGHT] for who in (*CLASS, "di", "ed")},
    ),
    "two assignments of Moodle's, which numbers people anew": (
        {
            f"STAT-HW{h}.zip": {MOODLE.format(who, 100 * h + k, file): who for k, who in enumerate(CLASS)}
            for h, file in ((8, FILE), (9, OTHER))
        },
        {who: [EIGHT, NINE] for who in CLASS},
    ),
    "people by their numbers in a list": (
        {f"{k:02}/{FILE}": f"{k:02}" for k in range(1, 13)},
        {f"{k:02}": [EIGHT] for k in range(1, 13)},
    ),
    "groups by numbers": (
        {f"{k:02}/{who}{k}/{FILE}": f"{who}{k}" for k in range(1, 13) for who in "ab"},
        {f"{who}{k}": [EIGHT] for k in range(1, 13) for who in "ab"},
    ),
    "parts of a large download": (
        {f"HW8-20250304T101500Z-00{k}.zip": {f"HW8/{who}/{FILE}": who} for k, who in ((1, "ada"), (2, "cy"))},
        {"ada": [EIGHT], "cy": [EIGHT]},
    ),
    "an archive per person and homework": (
        {f"{who}_hw{h}.zip": {file: who} for who in CLASS for h, file in ((8, FILE), (9, OTHER))},
        {who: [EIGHT, NINE] for who in CLASS},
    ),
    "a folder per homework and person": (
        {f"hw{h}_{who}/{file}": who for who in CLASS for h, file in ((8, FILE), (9, OTHER))},
        {who: [EIGHT, NINE] for who in CLASS},
    ),
    "versions of an archive": (
        {"ada.zip": {FILE: "old"}, "ada (1).zip": {FILE: "ada"}, "bo.zip": {FILE: "bo"}},
        {"ada": [EIGHT], "bo": [EIGHT]},
    ),
    "versions of a file": (
        {f"{EIGHT}_ada.py": "old", f"{EIGHT}_ada_v2_FINAL.py": "ada", f"{EIGHT}_bo.py": "bo"},
        {"ada": [EIGHT], "bo": [EIGHT]},
    ),
    "versions with a word": (
        {f"ada{k}/{FILE}": "old" for k in ("", " - Copy", "_v2")} | {f"ada (late)/{FILE}": "ada", f"bo/{FILE}": "bo"},
        {"ada": [EIGHT], "bo": [EIGHT]},
    ),
    "rounds by date": (
        {f"2025-03-04/{who}/{FILE}": "old" if who == "bo" else who for who in ("ada", "bo")}
        | {f"2025-03-11/{who}/{FILE}": who for who in ("bo", "di")},
        {"ada": [EIGHT], "bo": [EIGHT], "di": [EIGHT]},
    ),
    "a resit of some": (
        {f"round 1/{who}/{FILE}": "old" if who == "bo" else who for who in ("ada", "bo")}
        | {f"round 2/{who}/{FILE}": who for who in ("bo", "di")},
        {"ada": [EIGHT], "bo": [EIGHT], "di": [EIGHT]},
    ),
    "those who were late, of whom some had been on time": (
        {f"on time/{who}/{FILE}": "old" if who == "bo" else who for who in ("ada", "bo")}
        | {f"late/{who}/{FILE}": who for who in ("bo", "di")},
        {"ada": [EIGHT], "bo": [EIGHT], "di": [EIGHT]},
    ),
    "a download that was repeated": (
        {f"hw{mark}.zip": {f"{who}/{FILE}": who if mark else "old" for who in CLASS} for mark in ("", " (1)")},
        {who: [EIGHT] for who in CLASS},
    ),
    "a library of Teams'": (
        {f"Submitted files/{who}/HW 8/Version 1/{FILE}": who for who in CLASS}
        | {f"Working files/{who}/HW 8/{FILE}": "draft" for who in CLASS},
        {who: [EIGHT] for who in CLASS},
    ),
    "a file, an archive and a folder": (
        {f"ada_{FILE}": "ada", "bo.zip": {FILE: "bo"}, f"cy/{FILE}": "cy"},
        {who: [EIGHT] for who in CLASS},
    ),
    "a file, an archive and a folder in an exercise's": (
        {f"{EIGHT}/ada.py": "ada", f"{EIGHT}/bo.zip": {FILE: "bo"}, f"{EIGHT}/cy/{FILE}": "cy"},
        {who: [EIGHT] for who in CLASS},
    ),
}  # fmt: skip


@both
@pytest.mark.parametrize("name", HARD)
def test_each_person_has_one_row(name, packed, tmp_path):
    """Catches, one by one, a class or a person in no row, in two, or in another's."""
    layout, wanted = HARD[name]
    found = read(layout, packed, tmp_path, name="STAT-101 Bayes")
    assert {each.called.removesuffix("@x.edu").casefold(): [*each.files] for each in found.values()} == wanted
    for each in found.values():
        assert all(data.decode() == each.called.removesuffix("@x.edu").casefold() for data in each.files.values())
        assert not each.review or not each.files


SECOND = {"bo/hw8.pdf": ""}, {f"bo/{EIGHT}.ipynb": "{}"}, {"bo/x.py": ""}, {"bo.rar": "Rar!"}, {f"bo/{TEN}.py": ""}


@pytest.mark.parametrize("second", SECOND)
def test_of_two_people_one_without_work_is_not_forgotten(second, tmp_path):
    """Catches one green row, called as the archive, where the second person handed in nothing that is graded."""
    found = read({f"ada/{FILE}": "ada"} | second, True, tmp_path, name="STAT-101 Bayes")
    assert "may be the work of several people ('ada' and 'bo" in found["STAT-101 Bayes"].review[0]
    files = {f"{EIGHT}_2024010{k}.py": str(k) for k in (1, 2, 3)}
    assert "several people" in read(files, True, tmp_path, name="numbers or dates")["numbers or dates"].review[0]


@both
def test_a_later_attempt_at_another_exercise_needs_no_review(packed, tmp_path):
    """Catches a red row of everybody who handed in the next homework as well, where only the first is graded."""
    files = {
        f"HW{h}.zip": {f"HW{h}_{who}_attempt_2025-03-0{h}-10-00-00_{file}": who for who in CLASS}
        for h, file in ((8, FILE), (9, f"{TEN}.py"))
    }
    found = read(files, packed, tmp_path)
    assert {name: (each.files, each.review) for name, each in found.items()} == {
        who: ({EIGHT: who.encode()}, ()) for who in CLASS
    }


def test_what_is_unassigned_or_in_several_paths_is_said(tmp_path):
    """Catches a person who handed in a document, and two rows of one person, of which nothing is said."""
    said = []
    lay(tmp_path / "hw8", {f"ada - {FILE}": "ada", f"bo - {FILE}": "bo", "cy.pdf": "", "Thumbs.db": ""})
    lay(tmp_path / "hw9", {f"{who}/{OTHER}": who for who in ("ada", "di")})
    found = collect([tmp_path / "hw8", tmp_path / "hw9"], CHOSEN, remark=lambda *each: said.append(each))
    assert len(found) == 4 and said == [("unassigned", "cy.pdf"), ("in_several_paths", "ada")]
    said.clear()
    copies = {f"{who}/{FILE}": who for who in CLASS}
    lay(tmp_path / "all", {f"hw/{path}": who for path, who in copies.items()} | {"hw.zip": zipped(copies)})
    assert len(collect([tmp_path / "all"], CHOSEN, remark=lambda *each: said.append(each))) == 3
    assert said == [("unassigned", "hw.zip")]


# ------------------------------------------------------------------ by chance

NAMES = ["Ada", "Bo", "Cy", "Di Mann", "Zoë Löwe", "u1", "u2", "u3", "O'Neil", "van der Berg", "li", "s4711"]
OWN = "{file}", "{name}/{file}", "work/{file}", "a/b/{file}", "{name} (1).py", "{name}/main.py", "src/{file}"
PATHS = [
    *("{who}/{own}", "section {s}/{who}/{own}", "round {r}/{who}/{own}", "{who}/attempt {r}/{own}"),
    *("{who}_41{k}_assignsubmission_file_/{own}", "{k}-62031 - {who} - Mar 4, 2025 1015 AM/{own}"),
    *("{name}/{who}.py", "{name}/{who}/{file}", "{who}_{file}", "{who} - {file}", "{who}.zip/{own}"),
    *(
        "section {s}.zip/{who}/{own}",
        "section {s}.zip/{who}.zip/{own}",
        "{name}.zip/{who}_4{k}_assignsubmission_file_{file}",
    ),
]


def by_chance(chance):
    """The names of some people, each with their exercises, and a layout of these."""
    who = chance.sample(NAMES, chance.randint(3, 7))
    path, layout, around = chance.choice(PATHS), {}, chance.choice(["", "", "hw1/", "bulk.zip/"])
    wanted = {each: chance.choice([[EIGHT], [EIGHT, NINE], [EIGHT, NINE]]) for each in who}
    for k, each in enumerate(who):
        own = chance.choice(OWN)
        for name in wanted[each]:
            inner = own.format(name=name, file=f"{name}.py")
            for r in (1, 2):
                whole = path.format(who=each, own=inner, name=name, file=f"{name}.py", k=k, s=k % 2, r=r)
                folder, (*parts, last) = layout, (around + whole).replace(".zip/", ".zip//").split("//")
                for part in parts:
                    folder = folder.setdefault(part, {})
                folder[last] = each
    return wanted, layout


@both
@pytest.mark.parametrize("seed", range(4))
def test_every_person_of_a_class_by_chance_has_one_row(seed, packed, tmp_path):
    """Whatever the layout, nobody is lost, and no row holds the work of another."""
    chance, wrong = random.Random(f"{seed} {packed}"), Counter()
    for k in range(12):
        wanted, layout = by_chance(chance)
        found = read(layout, packed, tmp_path / str(k))
        got = sorted((*{*each.files.values()}, len(each.files)) for each in found.values())
        wrong[repr(layout)] += got != sorted((who.encode(), len(names)) for who, names in wanted.items())
    assert not +wrong
