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
