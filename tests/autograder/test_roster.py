"""The platform's list of people: filled in by id, nobody mistaken for another, nobody left out."""

import csv
from pathlib import Path

import pytest

from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.reports.roster import Roster
from fls_teach.course.registry import CourseError

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (991),Final Score
    Points Possible,,,,,100,
"Lovelace, Ada",41,s1,ada1,A,,88
"Diddley, Bo",42,s2,bo2,A,7,
"Hausdörfer, Jörg",43,s3,jo3,A,,
"""
MOODLE = """Identifier,"Full name","Email address",Status,Grade,"Maximum grade"
"Participant 411","Ada Lovelace",ada@example.org,Submitted,,100
"Participant 412","Bo Diddley",bo@example.org,,,100
"""


def entry(name, **more):
    return Submission(name=name, folder=name, path=Path(name), kind="folder", **more)


def matched(tmp_path, text, entries, marks, column=None):
    source = tmp_path / "given.csv"
    source.write_text(text, encoding="utf-8")
    roster = Roster.read(source, column)
    absent = roster.match(entries)
    roster.fill(tmp_path / "roster.csv", marks)
    with open(tmp_path / "roster.csv", encoding="utf-8-sig", newline="") as file:
        return [*csv.reader(file)], absent, roster


def filled(*given):
    rows, absent, roster = matched(*given)
    assert not roster.unclear
    return rows, absent, roster.strangers


def test_canvas_by_its_number_whatever_the_name(tmp_path):
    """Catches marks that go to the person of the same name, and columns or people that get lost on the way."""
    people = [entry("diddleybo", id="41"), entry("someone", id="43", who="X")]
    rows, absent, strangers = filled(tmp_path, CANVAS, people, {"diddleybo": 80, "someone": 12.5})
    assert [row[5] for row in rows] == ["Homework 1 (991)", "100", "80", "7", "12.5"]
    assert [row[6] for row in rows] == ["Final Score", "", "88", "", ""]
    assert absent == ["Diddley, Bo"] and strangers == []


def test_moodle_by_its_participant(tmp_path):
    rows, absent, _ = filled(tmp_path, MOODLE, [entry("Bo Diddley", id="412")], {"Bo Diddley": 9})
    assert [row[4] for row in rows] == ["Grade", "", "9"] and absent == ["Ada Lovelace"]


@pytest.mark.parametrize(
    "who", [{"login": "bo2"}, {"who": "Bo Diddley"}, {"who": "BO DIDDLEY"}, {"who": "bo2"}, {"who": "Diddley, Bo"}]
)
def test_by_login_or_name_where_there_is_no_number(tmp_path, who):
    rows, _, strangers = filled(tmp_path, CANVAS, [entry("x", **who)], {"x": 3})
    assert rows[3][5] == "3" and not strangers


def test_two_of_one_name_are_not_guessed(tmp_path):
    text = CANVAS + '"Diddley, Bo",44,s4,bo4,B,,\n'
    rows, absent, roster = matched(tmp_path, text, [entry("x", who="Bo Diddley")], {"x": 3})
    assert (roster.strangers, roster.unclear) == ([], ["x"]), "who fits two rows is on the roster"
    assert absent.count("Diddley, Bo") == 2 and "3" not in [row[5] for row in rows]


@pytest.mark.parametrize("turned", [False, True])
def test_a_namesake_gets_nothing_where_a_number_says_whose_row_it_is(tmp_path, turned):
    """Catches the mark of a person who is not on the roster in the row of another one of the same name."""
    people = [entry("bo", id="42", who="Bo Diddley"), entry("guest", id="999", who="Bo Diddley")]
    rows, absent, strangers = filled(tmp_path, CANVAS, people[::-1] if turned else people, {"bo": 3, "guest": 90})
    assert rows[3][5] == "3" and strangers == ["guest"] and "Diddley, Bo" not in absent


def test_two_submissions_for_one_row_are_not_guessed(tmp_path):
    """Catches a mark that depends on which of two is met last, without a word."""
    people = [entry("a", id="42"), entry("b", id="42")]
    rows, absent, roster = matched(tmp_path, CANVAS, people, {"a": 3, "b": 90})
    assert rows[3][5] == "7" and (roster.strangers, roster.unclear) == ([], ["a", "b"]) and "Diddley, Bo" not in absent


@pytest.mark.parametrize("own, other", [({"id": "999"}, {"id": "41"}), ({"login": "zz9"}, {"login": "ada1"})])
def test_a_number_that_is_not_on_the_roster_is_not_replaced_by_a_name(tmp_path, own, other):
    """Catches the mark of a guest in the row of a namesake who handed in nothing."""
    people = [entry("guest", who="Bo Diddley", **own), entry("ada", **other)]
    rows, absent, strangers = filled(tmp_path, CANVAS, people, {"guest": 90, "ada": 5})
    assert [row[5] for row in rows][2:] == ["5", "7", ""] and strangers == ["guest"] and "Diddley, Bo" in absent


def test_numbers_of_another_kind_say_nothing_but_that_is_said(tmp_path):
    """Catches a whole class that is not on the roster, because the platform counts people otherwise than the school."""
    people = [entry("x", id="412", who="Bo Diddley"), entry("y", id="7", who="Ada Lovelace"), entry("z", who="Zed")]
    rows, _, roster = matched(tmp_path, CANVAS, people, {"x": 3, "y": 4, "z": 5})
    assert [row[5] for row in rows][2:] == ["4", "3", ""]
    assert (roster.strangers, roster.by_name) == (["z"], ["x", "y"])
    assert matched(tmp_path, "Name,Grade\nBo Diddley,\n", people[:1], {})[2].by_name == [], "it has no numbers at all"


def test_a_name_is_found_although_a_number_stands_beside_it(tmp_path):
    """Catches names that were compared with "Bo Diddley 412", as Moodle's folders tell people apart."""
    both = {"who": "Bo Diddley 412", "called": "Bo Diddley", "id": "412"}
    rows, _, strangers = filled(tmp_path, CANVAS, [entry("Bo Diddley", **both)], {"Bo Diddley": 3})
    assert rows[3][5] == "3" and not strangers


def test_who_is_not_on_it_is_named_and_a_group_gets_one_mark(tmp_path):
    people = [entry("team 1", group=("Ada Lovelace", "bo2", "Zoe")), entry("zed", who="Zed")]
    rows, absent, strangers = filled(tmp_path, CANVAS, people, {"team 1": 50, "zed": 1})
    assert [row[5] for row in rows][2:] == ["50", "50", ""]
    assert absent == ["Hausdörfer, Jörg"] and strangers == ["team 1: Zoe", "zed"]


def test_a_mark_that_is_open_changes_nothing(tmp_path):
    rows, absent, _ = filled(tmp_path, CANVAS, [entry("x", id="42")], {"x": None})
    assert rows[3][5] == "7" and "Diddley, Bo" not in absent


@pytest.mark.parametrize("who", [{"who": "Ada King Lovelace"}, {"login": "ada1"}, {"who": "x", "login": "77"}])
def test_a_name_in_two_columns_and_a_sign_before_a_number(tmp_path, who):
    """Catches lists such as Brightspace's, on which nobody would be found by name or by number."""
    text = (
        "OrgDefinedId,Username,Last Name,First Name,HW 1 Points\n#77,#ada1,Lovelace,Ada King,\n#78,#bo2,Diddley,Bo,\n"
    )
    rows, absent, strangers = filled(tmp_path, text, [entry("x", **who)], {"x": 3}, "HW 1")
    assert rows[1] == ["#77", "#ada1", "Lovelace", "Ada King", "3"] and not strangers and absent == ["Diddley Bo"]


def test_which_column_has_to_be_clear(tmp_path):
    two = CANVAS.replace("Final Score", "Homework 2 (992)")
    with pytest.raises(CourseError, match=r"several \(Homework 1 \(991\), Homework 2 \(992\)\); name it with --column"):
        filled(tmp_path, two, [], {})
    assert filled(tmp_path, two, [entry("x", id="41")], {"x": 2}, "Homework 2")[0][2][6] == "2"
    for text, words in (("a,b\n1,2\n", "no column that says who is who"), ("ID,b\n1,2\n", "none like it among")):
        with pytest.raises(CourseError, match=words):
            filled(tmp_path, text, [], {})
    with pytest.raises(CourseError, match="cannot be read"):
        Roster.read(tmp_path / "missing.csv")
