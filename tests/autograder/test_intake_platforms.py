"""What learning platforms really pack: a full batch in each of their layouts, and every person is found."""

import io
import random
import tarfile
import unicodedata
import zipfile

import pytest

from fls_teach.autograder.intake.collect import collect
from fls_teach.autograder.intake.patterns import moment
from fls_teach.course.registry import CourseError, exercises

EIGHT, NINE = "08_bayes_error", "09_decomposition"
FILE, OTHER = f"{EIGHT}.py", f"{NINE}.py"
CHOSEN = [exercise for exercise in exercises() if exercise.name in (EIGHT, NINE)]
COUNT = 500
PEOPLE = [f"{first} {last}" for last in ("Lovelace", "Çelik", "李", "O'Neil", "van der Berg") for first in
          (f"P{letter}{number}" for letter in "abcdefghij" for number in range(10))]  # fmt: skip


def work(k):
    """The files of a person, for their own exercises."""
    return {FILE: f"x = {k}\n", OTHER: f"y = {k}\n"}


def zipped(files):
    """The bytes of a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def tarred(files, mode="w:gz"):
    """The bytes of a tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def each(name, **more):
    """A layout with a path for each file of each person, `name` with {file}, {who}, {k} and others in it."""
    return {
        name.format(file=file, who=who, k=k, first=who.split(" ")[0], last=who.split(" ", 1)[1], **more): text
        for k, who in enumerate(PEOPLE)
        for file, text in work(k).items()
    }


def one_zip(name, inner="{}/{}"):
    """A layout with a zip of each person's."""
    return {
        name.format(who=who, k=k): zipped({inner.format(file[:-3], file): text for file, text in work(k).items()})
        for k, who in enumerate(PEOPLE)
    }


STAMP = "2025-03-04-10-{:02}-00"
LAYOUTS = {
    "folders": lambda: each("{who}/{file}"),
    "zips": lambda: one_zip("{who}.zip"),
    "canvas": lambda: each("p{k}x_{k}1_9{k}_{file}") | {"p0x_01_90_plot.png": "", "p1x_LATE_11_91_plot.png": ""},
    "moodle folders": lambda: each("{who}_{k}_assignsubmission_file_/{file}"),
    "moodle without a last dash": lambda: each("{who}_{k}_assignsubmission_file/{file}"),
    "moodle with texts": lambda: (
        each("{who}_{k}_assignsubmission_file_/{file}")
        | {f"{who}_{k}_assignsubmission_onlinetext_/onlinetext.html": "<p>" for k, who in enumerate(PEOPLE)}
    ),
    "moodle flat": lambda: each("{who}_{k}_assignsubmission_file_{file}"),
    "moodle zips": lambda: one_zip("{who}_{k}_assignsubmission_file_/submission.zip"),
    "moodle flat zips": lambda: one_zip("{who}_{k}_assignsubmission_file_submission.zip"),
    "moodle blind": lambda: each("Participant_{k}_assignsubmission_file_/{file}"),
    "blackboard": lambda: (
        each("Homework 1_u{k}_attempt_2025-03-04-10-00-00_{file}")
        | {f"Homework 1_u{k}_attempt_2025-03-04-10-00-00.txt": "Name: x" for k in range(COUNT)}
    ),
    "brightspace": lambda: each("{k}-62031 - {who} - Mar 4, 2025 1015 AM/{file}") | {"index.html": "<html>"},
    "brightspace flat": lambda: each("{k}-62031 - {who} - Mar 4, 2025 1015 AM - {file}"),
    "google": lambda: each("{who} - {file}"),
    "ilias": lambda: each("{last}_{first}_u{k}_{k}/20250304101500_{file}"),
    "ilias teams": lambda: each("Team_{k}/{last}_{first}_u{k}_{k}/{file}"),
    "github": lambda: each("hw1-submissions/hw1-u{k}/exercises/{file}"),
    "gradescope": lambda: (
        each("assignment_1_export/submission_1{k:04}/{file}") | {"assignment_1_export/submission_metadata.yml": ""}
    ),
    "sakai": lambda: (
        each("Homework 1/{last}, {first}(u{k})/Submission attachment(s)/{file}") | {"Homework 1/grades.csv": ""}
    ),
    "vpl": lambda: each("{who} u{k}/2025-03-04-10-15-00/{file}"),
    "open edx": lambda: each("course/block/u{k}/attachments/{file}"),
    "codegrade": lambda: each("2025-03-04 10:15:00 - {who}/{file}"),
    "takeout": lambda: each("Takeout/Classroom/Classes/Stats/Assignments/HW 1/{who} - {file}"),
    "attempts by folder": lambda: each("u{k}@example.org - attempt 2/{file}"),
    "logins with low lines": lambda: each("HW_1_{k}_smith_attempt_2025-03-04-10-00-00_{file}"),
    "the platform's zips of two sections": lambda: {
        f"section {s}.zip": zipped(
            {
                name: text
                for name, text in each("{who}_{k}_assignsubmission_file_/{file}").items()
                if int(name.split("_")[1]) % 2 == s
            }
        )
        for s in range(2)
    },
    "signs before names": lambda: each("🦄{who}_{file}"),
    "prefix": lambda: each("{first}_u{k}_{file}"),
    "prefix and time": lambda: each("{first}_u{k}_2025-03-04_{file}"),
    "glued prefix": lambda: each("s{k}u{file}"),
    "numbers like dates": lambda: {
        f"{2000 + k // 20}10{1 + k % 20:02}_{file}": text for k in range(COUNT) for file, text in work(k).items()
    },
    "suffix": lambda: {
        f"{file[:-3]}_{who}{k}.py": text for k, who in enumerate(PEOPLE) for file, text in work(k).items()
    },
    "zips with a time": lambda: one_zip("{who} (2025-03-04).zip"),
    "teams": lambda: each("Submitted files/{who}/Homework 1/Version 1/{file}"),
    "schoology": lambda: each("{last}, {first} - {k}/Revision 1 - On time/{file}"),
    "nbgrader": lambda: each("u{k}+hw1+2025-03-04 10:15:00 UTC/{file}"),
    "nbgrader collected": lambda: each("submitted/u{k}/hw1/{file}"),
    "brightspace without numbers": lambda: each("{who} - Mar 4, 2025 1015 AM/{file}"),
    "the platform's zip in a folder": lambda: {"hw1.zip": zipped(each("{who}_{k}_assignsubmission_file_{file}"))},
    "two sections": lambda: {
        f"section {k % 2}/{who}/{file}": text for k, who in enumerate(PEOPLE) for file, text in work(k).items()
    },
}


def lay(folder, files):
    """Write a layout."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if type(content) is bytes else content.encode())
    return folder


PACKED = "folders", "zips", "canvas", "moodle folders", "blackboard", "brightspace", "sakai", "gradescope"


@pytest.mark.parametrize("layout, packed", [*((name, False) for name in LAYOUTS), *((name, True) for name in PACKED)])
def test_every_person_of_a_full_batch_is_found(layout, packed, tmp_path):
    """In the folder that the instructor unpacked, and in the platform's own zip as it is."""
    files = LAYOUTS[layout]()
    if packed:
        (tmp_path / "bulk.zip").write_bytes(zipped(files))
    entries = collect([tmp_path / "bulk.zip" if packed else lay(tmp_path / "in", files)], CHOSEN)
    assert len(entries) == COUNT == len({entry.folder for entry in entries}) == len({entry.name for entry in entries})
    some = random.Random(layout).sample(entries, 12)
    numbers = set()
    for entry in some:
        submission = entry.read()
        assert set(submission.files) == {EIGHT, NINE}, (entry, submission.notes)
        one, other = (submission.files[name].decode().split()[-1] for name in (EIGHT, NINE))
        assert one == other, "the two files are of one person"
        assert not submission.about["review"]
        numbers.add(one)
    assert len(numbers) == len(some)


BLACKBOARD = "Homework 1_{}_attempt_{}_{}"


def test_of_several_attempts_the_latest_counts_and_a_receipt_is_no_file(tmp_path):
    """Two people and seven files used to be one submission with nothing in it; a receipt alone had others' work."""
    stamps = [f"2025-03-{day:02}-10-00-00" for day in (3, 12, 4)]
    files = {BLACKBOARD.format("bo02", stamp, FILE): stamp for stamp in stamps}
    files |= {f"Homework 1_{who}_attempt_{stamp}.txt": "Name:" for who in ("bo02", "cy03") for stamp in stamps[:1]}
    lay(tmp_path, files | {BLACKBOARD.format("al01", stamps[0], FILE): "x = 1"})
    entries = collect([tmp_path], CHOSEN)
    assert [(entry.name, entry.attempt, entry.attempts, entry.when) for entry in entries] == [
        ("al01", 1, 1, "2025-03-03 10:00:00"),
        ("bo02", 3, 3, "2025-03-12 10:00:00"),
        ("cy03", 1, 1, "2025-03-03 10:00:00"),
    ]
    read = [entry.read() for entry in entries]
    assert [each.files for each in read] == [{EIGHT: b"x = 1"}, {EIGHT: stamps[1].encode()}, {}]
    assert [each.about["review"] for each in read] == [[], [], []] and len(read[2].notes) == 1
    every = collect([tmp_path], CHOSEN, attempts="all")
    assert [(entry.name, entry.counts, entry.person) for entry in every[1:4]] == [
        ("bo02 (attempt 1)", False, 1),
        ("bo02 (attempt 2)", False, 1),
        ("bo02", True, 1),
    ]


@pytest.mark.parametrize("end", [".zip", ".tar"])
def test_a_person_without_a_file_is_named(end, tmp_path):
    """An empty folder, in a platform's archive as on a disk."""
    if end == ".zip":
        (tmp_path / "all.zip").write_bytes(zipped({"cy/": "", f"ada/{FILE}": "x = 1", f"bo/{FILE}": "x = 2"}))
    else:
        lay(tmp_path / "in", {f"ada/{FILE}": "x = 1", f"bo/{FILE}": "x = 2"})
        (tmp_path / "in/cy").mkdir()
        with tarfile.open(tmp_path / "all.tar", "w") as archive:
            archive.add(tmp_path / "in", ".")
    entries = {entry.name: entry.read() for entry in collect([tmp_path / f"all{end}"], CHOSEN)}
    assert entries.keys() == {"ada", "bo", "cy"} and entries["cy"].files == {} and not entries["cy"].about["review"]


def test_an_attempt_without_a_file_does_not_replace_one_with_a_file(tmp_path):
    lay(tmp_path, {BLACKBOARD.format("bo02", "2025-03-03-10-00-00", FILE): "x = 1"})
    lay(tmp_path, {"Homework 1_bo02_attempt_2025-03-04-10-00-00.txt": "Name:"})
    (entry,) = collect([tmp_path], CHOSEN)
    assert entry.read().files == {EIGHT: b"x = 1"} and entry.attempt == 1
    assert "holds no file, so an earlier one was taken" in entry.read().notes[0]


@pytest.mark.parametrize(
    "names",
    [
        [f"1-62031 - Ada L - {when}/{FILE}" for when in ("Mar 5, 2025 901 AM", "Mar 3, 2025 1130 PM")],
        [f"1-62031 - Ada L - {when} - {FILE}" for when in ("1 décembre 2025 9 h 01", "4 mars 2025 11 h 30")],
        [f"Ada L - {when}/{FILE}" for when in ("2025-03-05 09.01", "2025-03-03")],
        [f"{when}_Ada L/{FILE}" for when in ("20250305T090100", "20250303T233000")],
        [f"Ada L/{when}/{FILE}" for when in ("2025-03-05-09-01-00", "2025-03-03-23-30-00")],
        [f"Ada L/attempt {when}/{FILE}" for when in (10, 9)],
        [f"Ada L/{when}/{FILE}" for when in ("2025-03-05", "2025-03-04")],
        [f"Ada L_{when}_{FILE}" for when in ("2025-03-05", "2025-03-03")],
    ],
)
def test_times_and_numbers_of_attempts_are_read(names, tmp_path):
    """As text, "attempt 10" comes before "attempt 9", and March after December."""
    lay(tmp_path, {names[0]: "x = 2", names[1]: "x = 1", names[1].replace("Ada L", "Bo D").replace("1-", "2-", 1): ""})
    ada, bo = collect([tmp_path], CHOSEN)
    assert (ada.name, ada.attempt, ada.attempts) == ("Ada L", 2, 2) and (bo.name, bo.attempts) == ("Bo D", 1)
    assert ada.read().files == {EIGHT: b"x = 2"}


@pytest.mark.parametrize("text", ["", "tomorrow", "2025", "99999-99", "32 foo 2025", "\0" * 300, "Mar 4, 2025 9999 XM"])
def test_times_that_are_none_stay_text(text):
    assert type(moment(text)) is str


def test_a_pattern_says_what_no_platform_does(tmp_path):
    files = {f"{who}~{k}~{FILE}": f"x = {k}" for who in ("ada", "bo") for k in (1, 2)}
    lay(tmp_path, files)
    pattern = r"(?P<who>\w+)~(?P<attempt>\d+)~(?P<file>.+)"
    entries = collect([tmp_path], CHOSEN, pattern=pattern)
    assert [(entry.name, entry.attempts, entry.read().files[EIGHT]) for entry in entries] == [
        ("ada", 2, b"x = 2"),
        ("bo", 2, b"x = 2"),
    ]
    with pytest.raises(CourseError, match="--pattern fits nothing in"):
        collect([tmp_path], CHOSEN, pattern="moodle")


@pytest.mark.parametrize(
    "pattern, words",
    [
        ("(", "is neither a platform .moodle, .* nor a regular expression"),
        ("modle", "is no platform .moodle, "),
        ("(?P<who>.*)", "needs the groups"),
        ("(?P<file>.*)", "needs the groups"),
        ("(?P<who>a)" * 2, "nor a regular expression"),
        ("", "is no platform"),
    ],
)
def test_a_bad_pattern_is_refused_in_a_sentence(pattern, words, tmp_path):
    with pytest.raises(CourseError, match=words) as raised:
        collect([lay(tmp_path, {f"Ada/{FILE}": "", f"Bo/{FILE}": ""})], CHOSEN, pattern=pattern)
    assert "\n" not in str(raised.value)


def test_a_platform_can_be_named(tmp_path):
    lay(tmp_path, {f"a_{k}_assignsubmission_file_{FILE}": "" for k in range(3)} | {"x - y.zip": zipped({FILE: ""})})
    for name in ("moodle", "Moodle"):
        assert [entry.id for entry in collect([tmp_path], CHOSEN, pattern=name)] == ["0", "1", "2", ""]


def test_repositories_of_github_classroom_give_their_logins(tmp_path):
    lay(tmp_path, {f"hw-1-submissions/hw-1-{login}/{FILE}": login for login in ("ada-l", "bo", "cy-d")})
    entries = collect([tmp_path], CHOSEN, pattern="github")
    assert [(entry.name, entry.login) for entry in entries] == [
        ("hw-1-ada-l", "ada-l"),
        ("hw-1-bo", "bo"),
        ("hw-1-cy-d", "cy-d"),
    ]
    assert [entry.login for entry in collect([tmp_path], CHOSEN)] == [""] * 3


METADATA = """---
submission_1001:
  :submitters:
  - :name: Ada L
    :sid: '4711'
    :email: ada@example.org
  :created_at: 2025-03-04 10:15:00.000000000 Z
  :results:
    output: |-
      :name: Bo D
      :email: bo@example.org
  :history:
submission_1002:
  :submitters:
  - :name: "Bo D"
    :email: bo@example.org
  - :name: \x1b[2JCy
    :email: cy@example.org
"""


@pytest.mark.parametrize("packed", [False, True])
def test_gradescope_lists_the_names(packed, tmp_path):
    files = {f"export/submission_{k}/{FILE}": f"x = {k}" for k in (1001, 1002, 1003)}
    files["export/submission_metadata.yml"] = METADATA
    (tmp_path / "all.zip").write_bytes(zipped(files))
    entries = collect([tmp_path / "all.zip" if packed else lay(tmp_path / "in", files)], CHOSEN)
    assert [(entry.name, entry.id, entry.login, entry.when) for entry in entries] == [
        ("Ada L", "1001", "ada@example.org", "2025-03-04 10:15:00"),
        ("Bo D and ?[2JCy", "1002", "bo@example.org", ""),
        ("submission_1003", "1003", "", ""),
    ]


@pytest.mark.parametrize("count", [1, 2])
def test_a_platforms_zip_of_few_people_is_still_theirs(count, tmp_path):
    """At first one or two have handed in: their zip was then one submission, called as the zip."""
    files = {f"{who}_41{k}_assignsubmission_file_/{FILE}": f"x = {k}" for k, who in enumerate(PEOPLE[:count])}
    lay(tmp_path, {"STAT-1-homework-77.zip": zipped(files), "notes.txt": "to do"})
    assert [entry.name for entry in collect([tmp_path], CHOSEN)] == PEOPLE[:count]


def test_a_zip_with_names_of_others_in_it_stays_its_authors(tmp_path):
    """Beside zips of other people, no submission becomes several people's, whatever it holds."""
    lay(tmp_path, {"ada.zip": zipped({FILE: "x = 1"}), "bo.zip": zipped({FILE: "x = 2"})})
    lay(tmp_path, {"eve.zip": zipped({f"{who}_{k}_assignsubmission_file_/{FILE}": "" for k, who in enumerate(PEOPLE)})})
    assert [entry.name for entry in collect([tmp_path], CHOSEN)] == ["ada", "bo", "eve"]


def test_logins_that_end_alike_are_two_people(tmp_path):
    """Of Blackboard's HW_1_c_smith and HW_1_d_smith, "smith" would be one person with two answers."""
    lay(tmp_path, {f"HW_1_{who}_attempt_2025-03-04-10-00-00_{FILE}": who for who in ("c_smith", "d_smith")})
    assert [entry.login for entry in collect([tmp_path], CHOSEN)] == ["c_smith", "d_smith"]


def test_accents_in_two_forms_are_one_person(tmp_path):
    """A Mac takes letters apart; the two files of a person used to be two people's."""
    names = [unicodedata.normalize(form, "Zoë Löwe_7_assignsubmission_file_") for form in ("NFC", "NFD")]
    lay(tmp_path, {names[0] + FILE: "x = 1", names[1] + OTHER: "y = 1"})
    (entry,) = collect([tmp_path], CHOSEN)
    assert set(entry.read().files) == {EIGHT, NINE} and entry.name == "Zoë Löwe"


def test_names_that_look_the_same_in_two_alphabets_are_told_apart(tmp_path):
    """A Cyrillic "а" in "ada" used to give the bare name to both."""
    pytest.importorskip("confusable_homoglyphs")
    lay(tmp_path, {f"{name}/{FILE}": "" for name in ("ada", "\u0430da", "Ivan", "lvan", "Иван")})
    names = [entry.name for entry in collect([tmp_path], CHOSEN)]
    assert [name[-1] == "]" or name[-1] == "/" for name in names].count(True) == 4 and "Иван" in names


@pytest.mark.parametrize("mode, end", [("w", ".tar"), ("w:gz", ".tar.gz"), ("w:gz", ".tgz"), ("w:gz", ".zip")])
def test_tars_are_read_whatever_they_are_called(mode, end, tmp_path):
    (tmp_path / f"ada{end}").write_bytes(tarred({f"work/{EIGHT}/{FILE}": "x = 1", f"work/{NINE}/{OTHER}": "y"}, mode))
    (entry,) = collect([tmp_path], CHOSEN)
    assert (entry.name, set(entry.read().files), entry.read().notes) == ("ada", {EIGHT, NINE}, ())


def test_archives_lie_in_folders_of_platforms(tmp_path):
    """Two zips of a person: neither used to be opened; of a zip and a tar of other exercises, both are."""
    place = "Ada_411_assignsubmission_file_"
    lay(tmp_path, {f"{place}/a.zip": zipped({FILE: "x = 1"}), f"{place}/b.tar": tarred({OTHER: "y = 1"}, "w")})
    lay(tmp_path, {f"Bo_412_assignsubmission_file_/w{k}.zip": zipped({FILE: f"x = {k}"}) for k in ("", " (1)", " (2)")})
    lay(tmp_path, {f"Cy_413_assignsubmission_file_/{k}.zip": zipped({FILE: f"x = {k}"}) for k in "ab"})
    ada, bo, cy = (entry.read() for entry in collect([tmp_path], CHOSEN))
    assert set(ada.files) == {EIGHT, NINE} and not ada.notes
    assert bo.files == {EIGHT: b"x =  (2)"} and "was taken as 08_bayes_error, not 'w (1).zip/" in bo.notes[0]
    assert cy.files == {} and "'a.zip/08_bayes_error.py' and 'b.zip/08_bayes_error.py'" in cy.about["review"][0]


def test_the_unchanged_stub_does_not_compete(tmp_path):
    stub = CHOSEN[0].stub.read_bytes()
    lay(tmp_path, {f"ada/{FILE}": stub.replace(b"\n", b"\r\n"), f"ada/{EIGHT} (1).py": "x = 1", f"bo/{FILE}": stub})
    ada, bo = (entry.read() for entry in collect([tmp_path], CHOSEN))
    assert ada.files == {EIGHT: b"x = 1"} and f"'{FILE}' is the unchanged stub" in ada.notes[0]
    assert bo.files == {EIGHT: stub} and not bo.notes


def test_two_that_differ_are_shown_by_their_names(tmp_path):
    lay(tmp_path, {f"ada/{EIGHT} ({k}).py": f"x = {k}" for k in (1, 2)} | {f"ada/{OTHER}": ""})
    (entry,) = collect([tmp_path], CHOSEN)
    assert set(entry.read().files) == {NINE}
    assert f"'{EIGHT} (1).py' and '{EIGHT} (2).py' claim" in entry.read().about["review"][0]


def test_a_stray_exercise_of_somebodys_needs_review(tmp_path):
    lay(tmp_path, each("{who}_{k}_assignsubmission_file_{file}") | {FILE: "x = 1"})
    stray = [entry.read() for entry in collect([tmp_path], CHOSEN) if entry.problem]
    assert len(stray) == 1 and stray[0].about["review"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_person_may_be_called_as_hidden_folders_are(packed, tmp_path):
    """Catches a person who is passed over without a word, and a tool's folder that is taken for one."""
    names = ".ada", "bo", ".empty", ".git", ".history", "bo/.old"
    files = {f"{name}/{FILE if name != '.empty' else 'notes.txt'}": f"x = '{name}'" for name in names}
    said, path = [], tmp_path / "all.zip" if packed else lay(tmp_path / "in", files)
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    entries = collect([path], CHOSEN, remark=lambda *words: said.append(words))
    assert [(entry.name, entry.read().files) for entry in entries] == [
        (".ada", {EIGHT: b"x = '.ada'"}),
        ("bo", {EIGHT: b"x = 'bo'"}),
    ]
    assert said == [("hidden", ".empty")]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "layout",
    [
        {f"{file[:-3]}/{who}/{file}": who for who in ("Ada L", "Bo D") for file in (FILE, OTHER)},
        {f"{file[:-3]}/{who}_{file}": who for who in ("Ada L", "Bo D") for file in (FILE, OTHER)},
        {f"{EIGHT}/Ada L/{FILE}": "Ada L", f"{EIGHT}/Bo D/{FILE}": "Bo D", f"{NINE}/Bo D/{OTHER}": "Bo D"},
        {f"{EIGHT} (Ada L).py": "Ada L", f"{EIGHT}(Bo D).py": "Bo D"},
        {f"{EIGHT}_2400417.py": "2400417", f"{EIGHT}_2400418.py": "2400418"},
        {f"section {k % 3}/person {k}/{FILE}": f"person {k}" for k in range(5)},
        {f"{file[:-3]}/{who}.py": who for who in ("Ada L", "Bo D") for file in (FILE, OTHER)},
        {f"{EIGHT}/Ada L.py": "Ada L", f"{EIGHT}/Bo D.py": "Bo D", f"{NINE}/Bo D.py": "Bo D", f"{NINE}/README.md": ""},
        {f"{EIGHT}/{who}/solution.py": who for who in ("Ada L", "Bo D")},
        {f"{EIGHT} - Bayes/{who}_{FILE}": who for who in ("Ada L", "Bo D")},
        {f"{name[:2]}/{who}.py": who for who in ("Ada L", "Bo D") for name in (EIGHT, NINE)},
        {f"section {who[-1]}/{name}/{who}.py": who for who in ("A 1", "B 1", "A 2", "B 2") for name in (EIGHT, NINE)},
        {f"{who}/{name}/main.py": who for who in ("Ada L", "Bo D") for name in (EIGHT, NINE)},
        {f"{who}_{name}/main.py": who for who in ("Ada L", "Bo D") for name in (EIGHT, NINE)},
        {f"{name}-{who}/main.py": who for who in ("Ada L", "Bo D") for name in (EIGHT, NINE)},
        {f"multi_feedback_HW_77/L_{who}_{who.lower()}_{k}/{FILE}": f"L_{who}" for k, who in enumerate(("Ada", "Bo"))},
    ],
)
def test_a_class_by_exercise_or_by_section_is_no_single_submission(layout, packed, tmp_path):
    """Catches a class that becomes one row, or a section with one person in it that becomes a person."""
    path = tmp_path / "all.zip" if packed else lay(tmp_path / "in", layout)
    if packed:
        path.write_bytes(zipped(layout))
    entries = collect([path], CHOSEN)
    assert [entry.name for entry in entries] == sorted(set(layout.values()) - {""})
    for entry in entries:
        files, mine = entry.read().files, [path for path, who in layout.items() if who == entry.name]
        assert set(files.values()) == {entry.name.encode()} and len(files) == len(mine)


MOODLE = "{}_41{}_assignsubmission_file_/{}"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "archives",
    [
        {f"part {s}.zip": {MOODLE.format(f"{who} {s}", s, FILE): f"{who} {s}" for who in ("Ada", "Bo")} for s in "12"},
        {f"HW {k}.zip": {f"{who}/{file}": who for who in ("Ada", "Bo", "Cy")} for k, file in enumerate((FILE, OTHER))},
        {f"{EIGHT}.zip": {MOODLE.format(who, k, FILE): who for k, who in enumerate(("Ada", "Bo"))},
         f"{NINE}.zip": {MOODLE.format("Ada", 0, OTHER): "Ada"}},
        {f"course/{name}.zip": {f"{who}.py": who for who in ("Ada", "Bo")} for name in (EIGHT, NINE)},
    ],
)  # fmt: skip
def test_archives_by_section_or_by_exercise_hold_people(archives, packed, tmp_path):
    """Catches a class that becomes one row, a section that becomes one, and a person with a row per exercise."""
    wanted, files = {}, {name: zipped(inner) for name, inner in archives.items()}
    for name, inner in archives.items():
        for path, who in inner.items():
            wanted.setdefault(who, set()).add(NINE if OTHER in path or NINE in name else EIGHT)
    path = tmp_path / "all.zip" if packed else lay(tmp_path / "in", files)
    if packed:
        path.write_bytes(zipped(files))
    read = {entry.name: entry.read() for entry in collect([path], CHOSEN)}
    assert {who: set(each.files) for who, each in read.items()} == wanted
    assert all(set(each.files.values()) == {who.encode()} and not each.review for who, each in read.items())


def test_a_damaged_section_takes_nothing_else_with_it(tmp_path):
    """Catches two sections that become a row each, as a third zip cannot be opened."""
    lay(tmp_path, {f"part {s}.zip": zipped({f"{who} {s}/{FILE}": "x" for who in ("Ada", "Bo", "Cy")}) for s in "12"})
    lay(tmp_path, {"part 3.zip": b"PK"})
    read = {entry.name: entry.read() for entry in collect([tmp_path], CHOSEN)}
    assert [name for name, each in read.items() if each.review] == ["part 3"] and len(read) == 7


def test_a_person_in_a_folder_and_in_a_zip_has_one_row(tmp_path):
    """Catches a row per form: a file for one exercise, a zip for the other, and a class that lies there twice."""
    lay(
        tmp_path,
        {f"{EIGHT}/Ada.py": "x", f"{EIGHT}/Bo.py": "y", f"{NINE}/Ada.zip": zipped({OTHER: "x"}), f"{NINE}/Bo.py": "y"},
    )
    read = [entry.read() for entry in collect([tmp_path], CHOSEN)]
    assert [(each.name, len(each.files)) for each in read] == [("Ada", 2), ("Bo", 2)]
    files = {MOODLE.format(who, k, FILE): who for k, who in enumerate(("Ada", "Bo"))}
    lay(tmp_path / "twice", {"all.zip": zipped(files), **{f"all/{path}": who for path, who in files.items()}})
    read = [entry.read() for entry in collect([tmp_path / "twice"], CHOSEN)]
    assert [(each.name, len(each.files), each.review) for each in read] == [("Ada", 1, ()), ("Bo", 1, ())]


def test_what_lies_beside_the_folders_of_exercises_is_not_dropped(tmp_path):
    """Catches a person, or those who were late, of whom nothing is said; but what is not to be marked is no person."""
    lay(tmp_path, {f"{name}/{who}.py": who for name in (EIGHT, "10_ucurve") for who in ("Ada", "Bo")})
    lay(
        tmp_path, {f"Cy/{FILE}": "Cy", f"late/{EIGHT}/Di.py": "Di", "docs/x.txt": "", "Eve.py": "Eve", "grades.csv": ""}
    )
    read = {entry.name: entry.read() for entry in collect([tmp_path], CHOSEN)}
    assert {name: [*each.files.values()] for name, each in read.items()} == {
        **{name: [name.encode()] for name in ("Ada", "Bo", "Cy")},
        **{"Di": [b"Di"], "Eve.py": []},
    }


def test_an_exercise_that_only_an_earlier_attempt_holds_is_taken_from_there(tmp_path):
    """Catches work that is dropped without a word: the last attempt held another exercise."""
    times = {"2025-03-03-10-00-00": FILE, "2025-03-04-10-00-00": OTHER}
    lay(tmp_path, {BLACKBOARD.format("bo02", when, file): file for when, file in times.items()})
    lay(tmp_path, {BLACKBOARD.format("al01", when, FILE): when for when in times})
    al, bo = (entry.read() for entry in collect([tmp_path], CHOSEN))
    assert al.files == {EIGHT: b"2025-03-04-10-00-00"} and not al.notes
    assert bo.files == {EIGHT: FILE.encode(), NINE: OTHER.encode()} and bo.when == "2025-03-04 10:00:00"
    assert bo.notes == (f"From attempt 1 was taken what no later one holds: {EIGHT}.",)
    first, last = (entry.read().files for entry in collect([tmp_path], CHOSEN, attempts="all")[2:])
    assert first == {EIGHT: FILE.encode()} and last == bo.files


def test_what_lies_beside_attempts_is_before_them(tmp_path):
    """Catches a file in a person's folder of which nothing is said, as it lies in no folder of an attempt."""
    lay(tmp_path, {f"{who}/attempt {k}/{FILE}": f"{who} {k}" for who in ("ada", "bo") for k in (1, 2)})
    lay(tmp_path, {f"ada/{OTHER}": "ada", f"bo/final/{FILE}": "bo", "bo/plot.png": ""})
    ada, bo = (entry.read() for entry in collect([tmp_path], CHOSEN))
    assert (ada.attempts, ada.files, bo.files) == (3, {EIGHT: b"ada 2", NINE: b"ada"}, {EIGHT: b"bo 2"})
    assert ada.notes == (f"From attempt 1 was taken what no later one holds: {NINE}.",)


@pytest.mark.parametrize("path", ["{who}/{k}/{file}", "round {k}/{who}/{file}", "{who}/version {k}/{file}"])
def test_folders_with_a_number_are_attempts_and_not_people(path, tmp_path):
    """Catches rows called "1" and "2" with files of all people in each."""
    who = "ada", "bo", "cy"
    lay(tmp_path, {path.format(who=name, k=k, file=FILE): f"{name} {k}" for name in who for k in (9, 10)})
    read = {entry.name: entry.read() for entry in collect([tmp_path], CHOSEN)}
    assert {name: each.files for name, each in read.items()} == {name: {EIGHT: f"{name} 10".encode()} for name in who}


@pytest.mark.parametrize("packed", [False, True])
def test_two_people_of_one_name_in_two_sections_have_a_row_each(packed, tmp_path):
    """Catches the work of one that becomes the other's earlier attempt, and of which nobody hears."""
    for section, people in (("section 1", ("Ada", "Bo", "Dan")), ("section 2", ("Ada", "Cy", "Eve"))):
        files = {f"{who}/{FILE}": f"{section} {who}" for who in people}
        lay(tmp_path, {f"{section}.zip": zipped(files)} if packed else {f"{section}/{k}": v for k, v in files.items()})
    read = [entry.read() for entry in collect([tmp_path], CHOSEN)]
    assert sorted(entry.files[EIGHT].decode() for entry in read) == [
        f"section {k} {who}" for k, others in ((1, "Bo Dan"), (2, "Cy Eve")) for who in ("Ada", *others.split())
    ]
    assert {entry.name.strip("/") for entry in read} == {*"Bo Dan Cy Eve".split(), "section 1/Ada", "section 2/Ada"}
    assert {"section 1/Ada/report.html", "section 2/Ada/report.html"} < {entry.feedback() for entry in read}
    assert {entry.attempts for entry in read} == {1}


@pytest.mark.parametrize("name", ["{who}_{file}", "{file}_{who}", "{who} 2025-03-04 {file}"])
def test_a_file_without_a_name_among_those_of_people_is_no_single_submission(name, tmp_path):
    """Catches a class of which only the file counts that bears nobody's name; a person's old versions may lie there."""
    people = {name.format(who=who, file=EIGHT) + ".py": who for who in ("ada", "bo", "cy")}
    lay(tmp_path / "class", {FILE: "?"} | people)
    with pytest.raises(CourseError, match=f"{FILE}.*may be the work of others.*(ada|bo|cy).*--single"):
        collect([tmp_path / "class"], CHOSEN)
    assert len(collect([tmp_path / "class"], CHOSEN, single=True)) == 1
    old = {f"{EIGHT}_old.py": "o", f"{EIGHT}_v2.py": "v", f"test_{FILE}": "", f"{EIGHT} (1).py": "x"}
    lay(tmp_path / "one", {FILE: "x"} | old)
    (one,) = collect([tmp_path / "one"], CHOSEN)
    assert one.read().files == {EIGHT: b"x"}


@pytest.mark.parametrize("packed", [False, True])
def test_a_section_of_which_nobody_handed_in_takes_no_other_with_it(packed, tmp_path):
    """Catches sections that become a row each, as a third holds a text alone; of persons two may hold none."""
    for section in "AB":
        files = {f"{who}{section}_4{k}_assignsubmission_file_/{FILE}": who for k, who in enumerate("abc")}
        lay(tmp_path, {f"{section}.zip": zipped(files)} if packed else {f"{section}/{k}": v for k, v in files.items()})
    lay(tmp_path, {"C.zip": zipped({"readme.txt": ""})} if packed else {"C/readme.txt": ""})
    people = [entry.read() for entry in collect([tmp_path], CHOSEN)]
    assert [each.called for each in people if each.files] == ["aA", "aB", "bA", "bB", "cA", "cB"]
    assert [each.called for each in people if each.review] == ["C"]
    for who in ("ada", "bo"):
        lay(tmp_path / "folders", {f"{who}/readme.txt": "", f"cy/{who}/{FILE}": who})
    assert [entry.called for entry in collect([tmp_path / "folders"], CHOSEN)] == ["ada", "bo", "cy"]


def test_numbers_are_people_if_the_folders_around_them_are_rounds(tmp_path):
    """Catches a class of numbers that becomes two rows; and the file of person 9 taken for exercise 9."""
    numbers = [str(k) for k in range(1, 12)]
    lay(tmp_path, {f"round {k}/{who}/{FILE}": f"{who} {k}" for who in numbers for k in (1, 2)})
    read = {entry.name: entry.read() for entry in collect([tmp_path], CHOSEN)}
    assert {name: each.files for name, each in read.items()} == {who: {EIGHT: f"{who} 2".encode()} for who in numbers}
    (nine,) = collect([tmp_path / "round 1"], CHOSEN[1:])[10:]
    assert nine.name == "9" and nine.read().files == {}


def test_names_in_utf_8_that_no_flag_calls_so_are_read(tmp_path, monkeypatch):
    """Catches "Zo├½", as zipfile reads what zip on a Mac wrote; and names of old Windows, which are not UTF-8."""
    for encoding in ("utf-8", "cp437"):
        encoded = lambda self, encoding=encoding: (self.filename.encode(encoding), 0)  # noqa: E731
        monkeypatch.setattr(zipfile.ZipInfo, "_encodeFilenameFlags", encoded)
        (tmp_path / "all.zip").write_bytes(zipped({f"{who}/{FILE}": who for who in ("Zoë", "Jörg")}))
        assert [entry.name for entry in collect([tmp_path / "all.zip"], CHOSEN)] == ["Jörg", "Zoë"]


def test_files_in_an_exercises_folder_are_one_persons_if_one_is_the_exercise(tmp_path):
    """Catches helpers of a workspace that become people, or that compete with the exercise."""
    files = {f"{name}/{file}": name for name in (EIGHT, NINE) for file in (f"{name}.py", "plot.py", "draft.py")}
    (entry,) = collect([lay(tmp_path / "ada", files)], CHOSEN)
    assert set(entry.read().files) == {EIGHT, NINE} and not entry.read().notes
    lay(tmp_path / "all", {f"{who}/{EIGHT}/{file}.py": file for who in ("ada", "bo") for file in ("plot", "draft")})
    ada, bo = collect([tmp_path / "all"], CHOSEN)
    assert (ada.name, bo.name) == ("ada", "bo") and f"'{EIGHT}/plot.py' claim" in ada.read().review[0]


def test_versions_of_one_exercise_by_their_dates_are_one_persons(tmp_path):
    """Catches a date that is taken for a student's number."""
    files = {f"{EIGHT}_2025030{day}.py": f"x = {day}" for day in (3, 4)}
    (entry,) = collect([lay(tmp_path / "in", files)], CHOSEN)
    assert entry.read().files == {EIGHT: b"x = 4"}


@pytest.mark.parametrize("name", [".ada_{}", "._ada_{}"])
def test_a_hidden_file_is_named_unless_a_mac_has_made_it(name, tmp_path):
    said, files = [], {name.format(FILE): "x", f"bo_{FILE}": "y", f"cy_{FILE}": "z"}
    entries = collect([lay(tmp_path / "in", files)], CHOSEN, remark=lambda *words: said.append(words))
    assert [entry.name for entry in entries] == ["bo", "cy"]
    assert said == [("hidden", name.format(FILE))] * (name[1] != "_")


# ------------------------------------------------------------------ groups


def grouped(tmp_path, rows, files, **more):
    from fls_teach.autograder.intake import groups

    (tmp_path / "groups.csv").write_text("submission,member\n" + "\n".join(rows), encoding="utf-8")
    return collect([lay(tmp_path / "in", files)], CHOSEN, rows=groups.read(tmp_path / "groups.csv"), **more)


GROUP = {f"group7-ada/{FILE}": "x = 1", f"group7-bo/{FILE}": "x = 2", f"cy/{FILE}": "x = 3"}


@pytest.mark.parametrize("label", ["group7-ada", "group 7"])
def test_a_group_has_one_mark(label, tmp_path):
    """The submission that the file names counts, or the last of the members'; what another handed in is not marked."""
    members = ("group7-bo", "Di") if label in ("group7-ada",) else ("group7-bo", "group7-ada")
    entries = grouped(tmp_path, [f"{label},{member}" for member in members], GROUP)
    assert [(entry.name, entry.group) for entry in entries] == [("cy", ()), (label, members)]
    counting = {"group7-ada": b"x = 1", "group 7": b"x = 2"}[label]
    assert entries[1].read().files == {EIGHT: counting} and "is of this group" in entries[1].read().notes[0]


def test_of_a_group_the_latest_attempt_counts_where_times_are_known(tmp_path):
    times = {"ada": 5, "bo": 3}
    files = {BLACKBOARD.format(who, f"2025-03-{day:02}-10-00-00", FILE): who for who, day in times.items()}
    (entry,) = grouped(tmp_path, ["bo,ada"], files)
    assert (entry.name, entry.attempts, entry.read().files) == ("bo", 2, {EIGHT: b"ada"})


def test_a_member_whose_name_two_people_have_is_named_by_id(tmp_path):
    """Taking the first would give a stranger the group's mark."""
    files = {f"Ada L_{k}_assignsubmission_file_{FILE}": f"x = {k}" for k in (1, 2)} | {
        f"Bo D_3_assignsubmission_file_{FILE}": "x = 3"
    }
    with pytest.raises(CourseError, match="'Ada L' can be 2 people; give the platform's id"):
        grouped(tmp_path, ["Bo D,Ada L"], files)
    entries = grouped(tmp_path, ["Bo D,2"], files)
    assert [(entry.name, entry.id, entry.group) for entry in entries] == [("Ada L", "1", ()), ("Bo D", "3", ("2",))]


def test_members_of_whom_nothing_was_handed_in_are_named(tmp_path):
    """Catches a misspelt name, which leaves a person without the group's mark."""
    said = []
    rows = ["team 1,group7-ada", "team 1,Bow", "team 2,eve", "cy,group7-bo"]
    entries = grouped(tmp_path, rows, GROUP, remark=lambda *words: said.append(words))
    assert [entry.name for entry in entries] == ["cy", "team 1"]
    assert said == [("unknown_members", "Bow (team 1)"), ("unknown_members", "eve (team 2)")]


@pytest.mark.parametrize(
    "text, words",
    [
        (None, "cannot be read .No such file"),
        ("", "needs the columns"),
        ("a,b\n1,2", "needs the columns"),
        ("submission,member\nx,ada\ny,Ada", "puts 'Ada' into two groups .'x' and 'y'"),
        ("submission;member\nx;y", "names nothing that was handed in"),
        (b"\xff\xfe", "cannot be read .it is not UTF-8"),
    ],
)
def test_a_bad_file_of_groups_is_refused(text, words, tmp_path):
    from fls_teach.autograder.intake import groups

    if text is not None:
        (tmp_path / "g.csv").write_bytes(text if type(text) is bytes else text.encode())
    with pytest.raises(CourseError, match=words):
        rows = groups.read(tmp_path / "g.csv")
        collect([lay(tmp_path / "in", GROUP)], CHOSEN, rows=rows)
