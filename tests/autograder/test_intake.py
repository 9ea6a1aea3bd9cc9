"""Submissions are found, named and read: what honest people hand in, in every form in which it arrives."""

import dataclasses
import os
import re
import subprocess
import sys
import unicodedata
import zipfile

import pytest

from fls_teach.autograder.intake.collect import collect
from fls_teach.autograder.intake.file_names import is_work
from fls_teach.autograder.intake.sources import FolderTree
from fls_teach.autograder.intake.submission import Submission
from fls_teach.course.registry import CourseError, exercises
from fls_teach.course.workspace import folder, submit
from fls_teach.course.workspace.start import start

EIGHT, NINE = "08_bayes_error", "09_decomposition"


def put(folder, *paths, data=None):
    """Write files whose content is their own path, or `data`."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode() if data is None else data)
    return folder


def pack(path, *names):
    """The same as a zip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def only(path):
    """The one submission at `path`, read."""
    (entry,) = collect([path], exercises())
    return entry.read()


FLAT = (f"{EIGHT}.py", f"{NINE}.py")
IN_FOLDERS = tuple(f"{name}/{name}.py" for name in (EIGHT, NINE))
LAYOUTS = [FLAT, IN_FOLDERS, (FLAT[0], IN_FOLDERS[1])]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_folder_and_its_zips_give_the_same_files(layout, tmp_path):
    folder = only(put(tmp_path / "folder", *layout, "README.md", "helper.py", "progress.json"))
    plain = only(pack(tmp_path / "plain.zip", *layout, "notes.txt"))
    assert folder.files == plain.files == {path.split("/")[-1][:-3]: path.encode() for path in layout}
    assert folder.digest == plain.digest and not folder.notes and not plain.notes
    top = only(pack(tmp_path / "top.zip", "work/", *(f"work/{path}" for path in layout), "__MACOSX/._work"))
    assert set(top.files) == {EIGHT, NINE} and not top.notes
    assert set(only(pack(tmp_path / "dot.zip", *(f"./{path}" for path in layout))).files) == {EIGHT, NINE}


def test_a_single_file_is_taken_byte_by_byte(tmp_path):
    data = b"\xff\xfe\r\n\0 not decoded here"
    put(tmp_path, f"{EIGHT}.py", f"{NINE}.py", data=data)
    assert only(tmp_path / f"{EIGHT}.py").files == {EIGHT: data}


def test_what_fls_start_makes_and_fls_submit_packs(tmp_path):
    space = folder.Workspace(start(tmp_path / "work").folder)
    for exercise in exercises():
        space.file(exercise).write_bytes(b"x = 1\n")
    submit.pack(space, tmp_path / "handed in.zip")
    unpacked, packed = only(space.folder), only(tmp_path / "handed in.zip")
    assert unpacked.files == packed.files == {exercise.name: b"x = 1\n" for exercise in exercises()}
    assert not unpacked.notes and not packed.notes and packed.name == "handed in"


def test_a_batch_of_folders_and_zips_is_sorted_and_complete(tmp_path):
    put(tmp_path / "all", "zoe/" + FLAT[0], "alice/" + IN_FOLDERS[0], "dora/work/" + FLAT[0], "empty/x.txt", "list.csv")
    pack(tmp_path / "all" / "bob.zip", *FLAT)
    pack(tmp_path / "all" / "moodle_file_" / "my work.zip", *IN_FOLDERS)
    put(tmp_path / "all", "carl.tar.gz", ".git/config", "__MACOSX/x")
    read = [entry.read() for entry in collect([tmp_path / "all"], exercises())]
    assert [(each.name, len(each.files)) for each in read] == [
        ("alice", 1),
        ("bob", 2),
        ("carl", 0),
        ("dora", 1),
        ("empty", 0),
        ("moodle_file_", 2),
        ("zoe", 1),
    ]
    assert [each.notes != () for each in read] == [False, False, True, False, True, False, False]
    assert "not a tar or a damaged one" in read[2].notes[1]


def test_order_is_that_of_the_command_line_and_nothing_counts_twice(tmp_path):
    put(tmp_path, "all/b/" + FLAT[0], "all/a/" + FLAT[0], "c/" + FLAT[0])
    paths = [tmp_path / "c", str(tmp_path / "all" / "b"), tmp_path / "all", tmp_path / "all" / "b" / ".." / "a"]
    assert [entry.name for entry in collect(paths, exercises())] == ["c", "b", "a"]
    assert os.listdir(tmp_path / "all") and collect([], exercises()) == []


def test_the_current_folder_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(put(tmp_path / "alice", FLAT[0]))
    (entry,) = collect(["."], exercises())
    monkeypatch.chdir(tmp_path)
    assert entry.name == "alice" and entry.read().files == {EIGHT: FLAT[0].encode()}


def test_nothing_is_read_before_its_turn(tmp_path):
    (entry,) = collect([put(tmp_path / "alice", FLAT[0])], exercises())
    put(tmp_path / "alice", FLAT[0], data=b"later")
    assert entry.read().files == {EIGHT: b"later"}


@pytest.mark.parametrize(
    "name, words",
    [
        ("nothing", "does not exist"),
        ("", "empty name"),
        ("a.txt", "neither a folder nor a .py file nor a zip"),
        ("pipe.zip", "neither a folder"),
        ("link", "is a link"),
        ("link.zip", "is a link"),
        ("a\0b", "cannot be read"),
        ("x" * 300, "cannot be read"),
    ],
)
def test_a_path_that_cannot_be_a_submission_stops_everything(name, words, tmp_path):
    put(tmp_path, "a.txt", "alice/" + FLAT[0])
    pack(tmp_path / "b.zip", *FLAT)
    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "link").symlink_to("alice")
    (tmp_path / "link.zip").symlink_to("b.zip")
    with pytest.raises(CourseError, match=re.escape(words)) as raised:
        collect([tmp_path / "alice", f"{tmp_path}/{name}" if name else ""], exercises())
    assert str(raised.value).isprintable()


HARD_NAMES = [
    "Ünal Çelik",
    "李雷",
    "韩梅梅",
    "CON",
    "con",
    "nul",
    "com1.x",
    "gradebook.csv",
    "cohort.html",
    "course.key",
    "a\u202egnp.exe",
    "a\x1b[2J\nb",
    "x" * 250,
    "x" * 249 + "y",
    "-rf",
    "=1+1",
    "<b>",
    "e\u0301",
    "\u00e9",
    "   ",
    "alice",
    "ALICE",
    "alice-2",
    "bob.smith",
    "bob",
    os.fsdecode(b"caf\xe9"),
]


def test_names_are_unique_printable_and_safe(tmp_path):
    for name in HARD_NAMES:
        (tmp_path / "all" / name).mkdir(parents=True)
    pack(tmp_path / "all" / "bob.zip", *FLAT)  # what the folder "bob" was unpacked from
    entries = collect([tmp_path / "all"], exercises())
    assert len(entries) == len(HARD_NAMES)
    names, folders = [entry.name for entry in entries], [entry.folder for entry in entries]
    assert all(name.isprintable() and name.strip() and len(name) <= 100 for name in names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}", folder) for folder in folders)
    assert not {folder.lower() for folder in folders} & {"con", "nul", "com1", "prn", "aux"}
    for each in (names, folders):
        assert len({unicodedata.normalize("NFC", text).casefold() for text in each}) == len(each)
    assert {"Ünal Çelik", "bob.smith", "bob", "caf\\xe9"} <= set(names)
    assert {"Unal-Celik", "bob-smith"} <= set(folders)


@pytest.mark.parametrize("twins", [("ada", "ada "), ("\u00e9va", "e\u0301va"), ("ada", "ADA", "Ada"), ("a b", "a  b")])
def test_nobody_bears_the_name_of_another(twins, tmp_path):
    """Whoever comes later, or first: none of those who look alike has the bare name, and all keep what they have."""
    for name in (*twins, "somebody else"):
        put(tmp_path / "all" / name, FLAT[0])
    paths = [tmp_path / "all" / name for name in twins]
    each = {entry.path.name: (entry.name, entry.folder) for entry in collect([tmp_path / "all"], exercises())}
    turned = {entry.path.name: (entry.name, entry.folder) for entry in collect(reversed(paths), exercises())}
    assert {name: each[name] for name in twins} == turned
    for name in twins:
        one_line, folder = each[name]
        bare = unicodedata.normalize("NFC", " ".join(name.split()))
        assert re.fullmatch(re.escape(bare) + r" \[[0-9a-f]{8}\]", one_line) and re.search("-[0-9a-f]{8}$", folder)


def test_what_nobody_sees_in_a_name_is_shown(tmp_path):
    put(tmp_path, *(f"ada{letter}/{FLAT[0]}" for letter in ("", "\ufe0f", "\U000e0100")))
    names = [entry.name for entry in collect([tmp_path], exercises())]
    assert names[0] == "ada" and [name[:6] for name in names[1:]] == ["ada? ["] * 2


def test_a_name_made_to_look_like_another_ones_mark_is_moved_away(tmp_path):
    for name in ("ada", "Ada"):
        (tmp_path / "all" / name).mkdir(parents=True)
    marked = [(entry.name, entry.folder) for entry in collect([tmp_path / "all"], exercises())]
    for name, _ in marked:
        (tmp_path / "all" / name).mkdir()
    entries = collect([tmp_path / "all"], exercises())
    assert len({entry.name.casefold() for entry in entries}) == len({entry.folder.casefold() for entry in entries}) == 4
    assert not {name for name, _ in marked} & {entry.name for entry in entries if "[" in entry.path.name}


def test_names_are_utf_8_whatever_the_locale_says(tmp_path, environment):
    """As in cron, or a container without a locale."""
    (tmp_path / "all" / "Ünal").mkdir(parents=True)
    (tmp_path / "all" / os.fsdecode(b"caf\xe9")).mkdir()
    code = (
        "import sys; from fls_teach.autograder.intake.collect import collect\n"
        "from fls_teach.course.registry import exercises\n"
        "print(ascii([(each.name, each.folder) for each in collect([sys.argv[1]], exercises())]))"
    )
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "all"], env=environment | ascii_only, capture_output=True, text=True
    )
    assert done.stdout.strip() == ascii([("caf\\xe9", "caf-xe9"), ("Ünal", "Unal")]), done.stderr


def test_equal_names_are_told_apart_by_their_folders(tmp_path):
    for person in ("alice", "bob"):
        put(tmp_path, f"{person}/{FLAT[0]}")
    pack(tmp_path / "carl" / "submission.zip", *FLAT)
    pack(tmp_path / "dora" / "submission.zip", *FLAT)
    paths = [tmp_path / "alice" / FLAT[0], tmp_path / "bob" / FLAT[0], tmp_path / "carl", tmp_path / "dora"]
    assert [entry.name for entry in collect(paths, exercises())] == [
        f"alice/{FLAT[0]}",
        f"bob/{FLAT[0]}",
        "carl/submission.zip",
        "dora/submission.zip",
    ]


COPIES = [
    "08_bayes_error (1).py",
    "08_bayes_error-1.py",
    "08_bayes_error_2.py",
    "08_bayes_error 2.py",
    "Copy of 08_bayes_error.py",
    "Kopie von 08_bayes_error.py",
    "Copie de 08_bayes_error.py",
    "Copia de 08_bayes_error (2).py",
    "Kopie – 08_bayes_error.py",
    "08_bayes_error - Copy.py",
    "08_bayes_error - Kopie (2).py",
    "08_bayes_error (copy).py",
    "08_bayes_error copy 3.py",
    "08_bayes_error.py.txt",
    "08_bayes_error.txt.py",
    "08_bayes_error.py (1).txt",
    "08_bayes_error.PY",
    "08_Bayes_Error.py",
    "08_Bayes_Error/08_bayes_error.py",
    "20250303110000_08_bayes_error.py",
    "2025-03-03 11.00.00 - 08_bayes_error.py",
    "08_bayes_error_2025-03-03T11-00.py",
    "old/08_bayes_error.py",
    "submission/submission/08_bayes_error/08_bayes_error.py",
    "8_bayes_error.py",
    "Bayes-Error.py",
    "08-bayes-error.py",
    "08_bayes_error_Löwe.py",
    "08_bayes_error_" + unicodedata.normalize("NFD", "Löwe") + ".py",
    "ada_08_bayes_error_final.py",
    "08_bayes_error.py ",
]


@pytest.mark.parametrize("name", COPIES)
def test_the_only_file_that_can_be_an_exercise_is_taken(name, tmp_path):
    """A browser's, a system's or a platform's new name used to lose a student the exercise; the note says it."""
    folder = only(put(tmp_path / "folder", FLAT[1], name, data=b"own work"))
    (tmp_path / "packed").mkdir()
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr(FLAT[1], "own work")
        archive.writestr(name, "own work")
    packed = only(tmp_path / "packed.zip")
    assert folder.files == packed.files == {EIGHT: b"own work", NINE: b"own work"}
    assert folder.notes == packed.notes and not folder.about["review"]
    exact = name.rpartition("/")[2] == FLAT[0]
    wanted = f"'{unicodedata.normalize('NFC', name)}' was taken as {EIGHT}."
    assert folder.notes == (() if exact else (wanted,))


@pytest.mark.parametrize(
    "name, words",
    [
        ("8.py", f"its name must be {EIGHT}.py"),
        ("08_bayes_error.ipynb", f"it is a notebook, not a Python file: copy your functions, .* into {EIGHT}.py"),
        ("homework.ipynb", "it is a notebook, not a Python file: .* into NN_name.py"),
        ("more.zip", "it is not a zip or a damaged one"),
        ("more.rar", "it is not a zip or a damaged one"),
    ],
)
def test_what_looks_meant_is_named_in_a_note(name, words, tmp_path):
    """Silence about a file with nearly the right name is how a student loses an exercise unheard."""
    folder = only(put(tmp_path / "folder", FLAT[1], name))
    packed = only(pack(tmp_path / "packed.zip", FLAT[1], name))
    assert set(folder.files) == set(packed.files) == {NINE}
    assert folder.notes == packed.notes and len(folder.notes) == 1
    assert re.match(f"'{re.escape(name)}' was not taken: {words}", folder.notes[0])


JUNK = [
    "__MACOSX/._08_bayes_error.py",
    "._08_bayes_error.py",
    ".DS_Store",
    "Thumbs.db",
    "__pycache__/08_bayes_error.py",
]


@pytest.mark.parametrize(
    "name", [*JUNK, ".git/08_bayes_error.py", f"{EIGHT}/{EIGHT}.py.bak-1", f"specification/test_{EIGHT}.py", "plot.png"]
)
def test_what_tools_leave_behind_is_not_worth_a_note(name, tmp_path):
    folder, packed = only(put(tmp_path / "a", FLAT[1], name)), only(pack(tmp_path / "a.zip", FLAT[1], name))
    assert set(folder.files) == set(packed.files) == {NINE} and not folder.notes and not packed.notes


@pytest.mark.parametrize(
    "names",
    [
        (FLAT[0], IN_FOLDERS[0]),
        (FLAT[0], "08_Bayes_Error.py"),
        (IN_FOLDERS[0], f"{EIGHT}/08_BAYES_ERROR.PY"),
        (IN_FOLDERS[0], "08_BAYES_error/08_bayes_error.py"),
    ],
)
def test_of_two_files_for_one_exercise_neither_is_taken(names, tmp_path):
    """Taking either would let the order of a listing, or the file system, decide the mark."""
    folder = only(put(tmp_path / "folder", *names, FLAT[1]))
    packed = only(pack(tmp_path / "packed.zip", *names, FLAT[1]))
    assert folder.files == packed.files == {NINE: FLAT[1].encode()}
    assert folder.notes == packed.notes and len(folder.notes) == 1
    assert all(f"'{name}'" in folder.notes[0] for name in names) and "not handed in" in folder.notes[0]


def test_of_two_folders_with_exercises_neither_is_taken(tmp_path):
    pack(tmp_path / "all" / "packed.zip", f"old/{FLAT[0]}", f"new/{FLAT[0]}")
    packed = only(tmp_path / "all")
    assert packed.files == {} and f"'new/{FLAT[0]}' and 'old/{FLAT[0]}' claim" in packed.notes[0]
    assert packed.about["review"] == [packed.notes[0]], "whose mark depends on it needs a person"


def test_a_workspace_is_found_below_other_folders_but_not_without_end(tmp_path):
    deep = f"a/b/{IN_FOLDERS[0]}"
    assert only(pack(tmp_path / "packed.zip", deep)).files == {EIGHT: deep.encode()}
    put(tmp_path / "all", f"alice/{deep}", "alice/" + "x/" * 200 + FLAT[0])
    assert only(tmp_path / "all").files == {EIGHT: f"alice/{deep}".encode()}


def test_nothing_found_is_still_a_submission(tmp_path):
    (tmp_path / "all" / "nobody").mkdir(parents=True)
    empty = only(tmp_path / "all")
    assert empty.files == {} and empty.digest == Submission(files={}).digest
    assert empty.notes == ("No file of an exercise was found; such files are called 01_mixture.py and so on.",)


@pytest.mark.parametrize("inside", [[], [".DS_Store", "__MACOSX/x"]])
def test_an_empty_path_is_nobodys_zero(inside, tmp_path):
    """But a slip: the wrong folder, or a download that failed."""
    (tmp_path / "week-3").mkdir()
    put(tmp_path / "week-3", *inside)
    with pytest.raises(CourseError, match="no submissions in .*week-3"):
        collect([tmp_path / "week-3"], exercises())


def test_results_of_an_earlier_run_are_no_submission(tmp_path):

    def results_in(folder):
        return "holds results" if folder.name == "marks" else ""

    put(tmp_path / "all", "alice/" + FLAT[0], "marks/alice/report.html")
    found = collect([tmp_path / "all"], exercises(), results_in)
    assert [entry.name for entry in found] == ["alice"]
    with pytest.raises(CourseError, match="marks' holds results; name"):
        collect([tmp_path / "all" / "marks"], exercises(), results_in)
    put(tmp_path / "rest", "marks/alice/report.html", "list.csv")
    with pytest.raises(CourseError, match="no submissions in"):
        collect([tmp_path / "rest"], exercises(), results_in)


def test_notes_are_counted_beyond_the_first_twenty(tmp_path):
    notes = only(put(tmp_path / "a", FLAT[0], FLAT[1].upper(), *(f"8 ({k}).py" for k in range(30)))).notes
    assert len(notes) == 21 and notes[-1] == "... and 11 more" and NINE in notes[0]


def test_a_folder_of_misnamed_files_is_one_submission(tmp_path):
    submission = only(put(tmp_path / "alice", "08 (1).py", "notes.ipynb"))
    assert submission.name == "alice" and len(submission.notes) == 3


def test_what_was_handed_in_instead_is_named_and_two_versions_are_no_missing_file(tmp_path):
    """Catches a reason for review that names nothing, and "No file was found" above the names of two."""
    other = only(put(tmp_path / "alice", "answer.pdf"))
    assert other.about["review"][0].endswith("Other files were handed in, such as 'answer.pdf'.")
    put(tmp_path / "all", "ada/" + FLAT[0], "bob/08_bayes_error_v1.py", "bob/08_bayes_error_final.py")
    _, two = (entry.read() for entry in collect([tmp_path / "all"], exercises()))
    assert [*two.notes] == [*two.about["review"]] and "claim to be the same exercise" in two.notes[0]


def test_a_zip_beside_exercises_is_opened_and_neither_wins(tmp_path):
    """A loose file used to win over a zip in silence, and a second zip closed both."""
    put(tmp_path / "all" / "alice", FLAT[0], data=b"other work")
    pack(tmp_path / "all" / "alice" / "spare.zip", *FLAT)
    submission = only(tmp_path / "all")
    assert set(submission.files) == {NINE}
    assert f"'{FLAT[0]}' and 'spare.zip/{FLAT[0]}' claim to be the same exercise" in submission.about["review"][0]
    put(tmp_path / "all" / "alice", FLAT[0], data=FLAT[0].encode())
    same = only(tmp_path / "all")
    assert set(same.files) == {EIGHT, NINE} and not same.notes


PEOPLE = ("ada/" + FLAT[0], "bob/" + FLAT[0])


def test_work_of_others_beside_an_exercise_is_not_passed_over(tmp_path):
    """One file of one person's at the top used to turn a whole batch into one submission."""
    put(tmp_path, FLAT[0], *PEOPLE)
    with pytest.raises(CourseError, match=r"work of others \('ada' and 'bob'\).*--single"):
        collect([tmp_path], exercises())
    (entry,) = collect([tmp_path], exercises(), single=True)
    assert set(entry.read().files) == {EIGHT}
    put(tmp_path, f"bob/{NINE}.py")
    (tmp_path / FLAT[0]).rename(tmp_path / "ada" / FLAT[1])
    put(tmp_path, IN_FOLDERS[0])
    with pytest.raises(CourseError, match=f"holds an exercise .'{EIGHT}'."):
        collect([tmp_path], exercises())


@pytest.mark.parametrize("zips", [("ada.zip",), ("ada.zip", "bob.zip")])
def test_one_zip_beside_an_exercise_is_its_authors_and_two_are_not(zips, tmp_path):
    put(tmp_path, FLAT[0])
    for name in zips:
        pack(tmp_path / name, *FLAT)
    if len(zips) == 1:
        assert set(only(tmp_path).files) == {EIGHT, NINE}
    else:
        with pytest.raises(CourseError, match="'ada.zip' and 'bob.zip'"):
            collect([tmp_path], exercises())


def test_a_person_may_keep_an_old_version(tmp_path):
    assert set(only(put(tmp_path, FLAT[0], "old/" + FLAT[0], "data/numbers.csv")).files) == {EIGHT}


def test_a_hidden_zip_is_somebodys(tmp_path):
    put(tmp_path, "ada/" + FLAT[0], "._bob.zip", ".DS_Store")
    pack(tmp_path / ".bob.zip", *FLAT)
    assert [entry.name for entry in collect([tmp_path], exercises())] == [".bob", "ada"]


CANVAS = (
    *("lovelaceada_4711_90210_08_bayes_error.py", "lovelaceada_4711_90211_09_decomposition-2.py"),
    *("babbagecharles_LATE_4712_90300_08_bayes_error.py", "babbagecharles_LATE_4712_90301_plot.png"),
    *("anon_x7Gf2_90400_08_bayes_error.py", "hoppergrace_4713_90500_8.py"),
)


def test_files_as_canvas_packs_them(tmp_path):
    put(tmp_path, *CANVAS)
    pack(tmp_path / "turingalan_4714_90600_submission.zip", *FLAT)
    entries = collect([tmp_path], exercises())
    found = {entry.name: entry.read() for entry in entries}
    taken = {name: sorted(each.files) for name, each in found.items()}
    assert taken == {
        "anon_x7Gf2": [EIGHT],
        "babbagecharles": [EIGHT],
        "hoppergrace": [],
        "lovelaceada": [EIGHT, NINE],
        "turingalan": [EIGHT, NINE],
    }
    assert [(entry.id, entry.late) for entry in entries] == [
        *(("", ""), ("4712", "LATE"), ("4713", ""), ("4711", ""), ("4714", ""))
    ]
    assert found["lovelaceada"].files[NINE] == CANVAS[1].encode()
    assert "its name must be 08_bayes_error.py" in found["hoppergrace"].notes[-1]
    assert len({entry.folder for entry in entries}) == 5


def test_a_file_of_canvas_stands_for_its_person(tmp_path):
    put(tmp_path, *CANVAS)
    of_all = {entry.name: entry.read() for entry in collect([tmp_path], exercises())}
    (alone,) = collect([tmp_path / CANVAS[0], tmp_path / CANVAS[1]], exercises())
    among_all = of_all["lovelaceada"]
    assert dataclasses.replace(alone.read(), person=among_all.person) == among_all


def test_a_folder_is_read_once_however_many_of_its_files_are_named(tmp_path, monkeypatch):
    """Catches time that grows with the square of a class: `fls grade inbox/*` took minutes for a thousand files."""
    listed, children = [], FolderTree.children
    monkeypatch.setattr(FolderTree, "children", lambda tree, *where: listed.append(where) or children(tree, *where))
    put(tmp_path, *CANVAS)
    named = [path for path in sorted(tmp_path.iterdir()) if is_work(path.name)]
    assert len(named) == 5 and len(collect(named, exercises())) == 4
    assert len(listed) == 1


def test_whoever_handed_in_something_in_canvas_is_in_the_gradebook(tmp_path):
    odd = "bob_3_4_08_bayes_error.py~", "dora_7_8_08_bayes_error.py.txt", "eve_9_10_plot.png", "anon_LATE_5_6_x.pdf"
    odd = *odd, "gus_14_15_08_bayes_error"
    put(tmp_path, CANVAS[0], *odd)
    pack(tmp_path / "fay_11_12_all.zip", *FLAT)
    put(tmp_path, "fay_11_13_plot.png")
    taken = {entry.name: sorted(entry.read().files) for entry in collect([tmp_path], exercises())}
    nothing = dict.fromkeys(("anon", "bob", "eve"), [])
    assert taken == nothing | {"dora": [EIGHT], "gus": [EIGHT], "fay": [EIGHT, NINE], "lovelaceada": [EIGHT]}


def test_an_exercise_among_files_of_canvas_swallows_nobody(tmp_path):
    put(tmp_path, *CANVAS, FLAT[0])
    entries = {entry.name: entry.read() for entry in collect([tmp_path], exercises())}
    assert len(entries) == 5 and entries[FLAT[0]].about["review"], "whose it is, a person has to find out"


def test_a_folder_called_like_a_person_of_canvas_is_another_submission(tmp_path):
    """A file whose name was made for it used to take the folder's place."""
    put(tmp_path, f"Participant_17/{FLAT[0]}", f"Participant_17_1_{FLAT[0]}", "x_18_2_" + FLAT[0])
    entries = collect([tmp_path], exercises())
    assert [entry.name for entry in entries] == ["Participant", "Participant_17", "x"]
    assert len({entry.read().digest for entry in entries}) == len({entry.folder for entry in entries}) == 3


@pytest.mark.parametrize("planted", ["folder", "link"])
@pytest.mark.parametrize(
    "theirs",
    [CANVAS[:3], ("ada_17_assignsubmission_file_/work.zip", "bob_18_assignsubmission_file_/work.zip"), ("bob/8.py",)],
)
def test_what_only_looks_like_an_exercise_hides_nobody(planted, theirs, tmp_path):
    put(tmp_path, *theirs)
    (tmp_path / EIGHT).mkdir() if planted == "folder" else (tmp_path / EIGHT).symlink_to("nowhere")
    names = [entry.name for entry in collect([tmp_path], exercises())]
    assert EIGHT in names and len(names) == 1 + len({name.split("_")[0].split("/")[0] for name in theirs})


def test_of_two_versions_in_canvas_the_later_is_taken(tmp_path):
    put(tmp_path, CANVAS[0], CANVAS[0].replace("error", "error-1"))
    assert "error-1.py' was taken as 08_bayes_error, not '08_bayes_error.py'" in only(tmp_path).notes[-1]
