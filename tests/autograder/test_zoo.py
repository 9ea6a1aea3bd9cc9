"""The zoo's headers are read without running an attack, and the attacks cover what they have to."""

import fnmatch
import importlib.util
from pathlib import Path

import pytest

from fls_teach.autograder.doctor.zoo import attacks
from fls_teach.course.registry import CourseError

ZOO = Path(__file__).parents[1] / "attacks"

REQUIRED = {
    "exit at import": "exits_at_import os_exits_at_import",
    "exit in a call": "exits_in_a_call os_exits_in_a_call",
    "pytest.skip, xfail, SkipTest": "raises_pytest_skip raises_pytest_xfail raises_unittest_skip",
    "KeyboardInterrupt, SystemExit": "raises_keyboard_interrupt raises_system_exit",
    "GeneratorExit, a BaseException": "raises_generator_exit raises_base_exception",
    "an exception whose str raises or is 100 MB": "raises_what_cannot_be_shown raises_100_megabytes",
    "hypothesis.reject, settings.load_profile": "raises_hypothesis_reject loads_a_hypothesis_profile",
    "monkeypatching": "patches_numpy patches_builtins patches_struct_and_json patches_time",
    "objects equal to everything": "equal_to_everything",
    "ndarray and float subclasses": "ndarray_subclass float_subclass",
    "__array__, __array_function__, __class__": "answers_array_protocol answers_array_function lies_about_its_class",
    "structured, object, masked arrays": "structured_array object_array masked_array",
    "memory-mapped results": "memory_mapped_result memory_map_cut_short",
    "NaN and inf": "nan_for_a_number infinity_for_a_number",
    "mutating its arguments": "mutates_its_arguments hides_a_mutation",
    "returning an alias of its argument": "returns_an_alias returns_its_argument",
    "state between calls, call count": "keeps_state_* answers_by_call_count",
    "memorising public examples": "memorises_public_examples",
    "detecting the grader": "detects_the_grader",
    "reading solutions, specification, reference": "reads_solutions imports_the_package",
    "reading other submissions": "reads_other_submissions link_to_a_neighbour",
    "the parent's memory and environment": "reads_the_parents_memory reads_environments attaches_as_a_debugger",
    "walking frames and gc": "walks_frames_and_gc",
    "importing fls_teach": "imports_the_package asks_the_package_to_grade",
    "shadow numpy.py, json.py, sitecustomize.py": "shadow_modules shadows_modules plants_sitecustomize",
    "conftest.py, pytest.ini": "conftest_and_settings",
    ".pth files": "pth_file",
    "a poisoned __pycache__": "poisoned_pycache poisons_pycache",
    "an entry-point dist-info": "entry_point installs_a_plugin",
    "writing results and files outside": "writes_results forged_results writes_everywhere",
    "forged frames and control bytes": "forges_* garbage_to_every_descriptor",
    "atexit, threads": "answers_from_atexit leaves_threads",
    "daemons, double fork and setsid": "outlives_the_grader outlives_and_holds_the_pipes",
    "fork bomb": "fork_bomb",
    "the processors and a channel of neighbours": "burns_every_processor whispers_to_a_neighbour",
    "ignoring TERM": "ignores_all_signals",
    "killing the parent and its siblings": "kills_its_parent kills_everybody",
    "memory, disk and output floods": "memory_flood disk_flood disk_by_* output_flood",
    "endless loops that swallow everything": "endless_loop_that_swallows_everything",
    "sleeping": "sleeps_for_ever sleeps_just_enough",
    "answers dear to show or to compare": "endless_parts_to_show memory_flood_by_text",
    "network and local sockets": "asks_the_network opens_local_sockets",
    "zip traversal, symlink, bomb, case clash": "zip_traversal zip_symlink zip_bomb zip_case_clash",
    "HTML, ANSI and CSV in messages": "injects_html injects_terminal_codes injects_formulas",
    "HTML, ANSI and CSV in names": "named_like_html named_in_control_codes named_like_a_formula",
    "deep recursion": "deep_recursion",
    "segmentation fault through ctypes": "segmentation_fault",
}


@pytest.fixture(scope="module")
def zoo():
    return {attack.name: attack for attack in attacks(ZOO)}


def test_every_attack_has_a_header(zoo):
    """Catches a file whose header is malformed or names no exercise, and a zoo that has shrunk."""
    assert len(zoo) >= 60
    for attack in zoo.values():
        assert attack.sentence.endswith("."), attack.name
        assert attack.verdicts.keys() >= {f"{attack.exercise[:2]}.1"}
        assert not any("grader-fault" in allowed for allowed in attack.verdicts.values()), attack.name


@pytest.mark.parametrize("names", REQUIRED.values(), ids=REQUIRED)
def test_the_zoo_covers(zoo, names):
    """Catches an attack that the course has promised and that is gone or renamed."""
    for name in names.split():
        assert fnmatch.filter(zoo, name), f"no attack is called {name}"


SLOW = "zip_of_a_hundred_thousand", "source_too_long", "zip_bomb"


def test_builders_build(zoo, tmp_path):
    """Every builder makes something inside the folder it is given, and nothing beside it."""
    builders = [attack for attack in zoo.values() if attack.builder and attack.name not in SLOW]
    for attack in builders:
        spec = importlib.util.spec_from_file_location(f"builder_{attack.name}", attack.path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        folder = tmp_path / attack.name
        folder.mkdir()
        path = module.build(folder)
        assert path.parent == folder and (path.exists() or path.is_symlink()), attack.name
    assert len(builders) >= 30
    assert {path.name for path in tmp_path.iterdir()} == {attack.name for attack in builders}


def test_what_an_attack_finds_is_told_from_what_it_looks_for(zoo):
    """A secret's name spelled out in an attack's own code would look like a leak in every traceback."""
    for attack in zoo.values():
        assert attack.builder or "FLS-CANARY" not in attack.path.read_text(encoding="utf-8"), attack.name


@pytest.fixture
def one(tmp_path):
    """Read a zoo of one attack with this header."""
    (tmp_path / "code").mkdir()
    path = tmp_path / "code" / "sneaky.py"

    def read(header, source='"""{}"""\n'):
        path.write_text(source.format(header), encoding="utf-8")
        return attacks(tmp_path)[0]

    return read


def test_one_verdict_for_all(one):
    attack = one("Tries.\n\nexercise: 08_bayes_error\nverdict: tampered|timeout\n")
    assert attack.verdicts == {f"08.{k}": ("tampered", "timeout") for k in range(1, 5)}
    assert (attack.name, attack.sentence, attack.honest, attack.builder) == ("sneaky", "Tries.", False, False)


def test_a_verdict_for_each(one):
    verdicts = "08.1 passed, 08.2 wrong|crashed, 08.3 wrong, 08.4 passed"
    attack = one(f"Tries.\n\nexercise: 08_bayes_error\nverdict: {verdicts}\nhonest: yes\n")
    assert attack.honest and attack.verdicts["08.1"] == ("passed",)
    assert attack.verdicts["08.2"] == ("wrong", "crashed")


def test_an_attack_is_not_run_when_its_header_is_read(one):
    header = "Tries.\n\nexercise: 08_bayes_error\nverdict: crashed\n"
    assert one(header, source='"""{}"""\nraise SystemExit\n').name == "sneaky"


GOOD = "Tries.\n\nexercise: 08_bayes_error\nverdict: crashed\n"
BAD = {
    "No option 'verdict'": GOOD.replace("verdict: crashed\n", ""),
    "No option 'exercise'": GOOD.replace("exercise: 08_bayes_error\n", ""),
    "names exercise '88_none', which the course does not have": GOOD.replace("08_bayes_error", "88_none"),
    "knows a verdict 'failed'": GOOD.replace("crashed", "failed"),
    "knows a verdict ''": GOOD.replace("crashed", "crashed|"),
    "has a line 'mood: ...'": GOOD + "mood: bad\n",
    "option 'verdict' in section 'header' already exists": GOOD + "verdict: wrong\n",
    "just text": GOOD + "just text\n",
    "Not a boolean: perhaps": GOOD + "honest: perhaps\n",
    "without 'honest: yes'": GOOD.replace("crashed", "passed"),
    "one verdict for each of 08.1, 08.2, 08.3, 08.4": GOOD.replace("crashed", "08.1 wrong, 08.3 wrong"),
    "in this order": GOOD.replace("crashed", "08.1, 08.2, 08.3, 08.4"),
}


@pytest.mark.parametrize(("message", "header"), BAD.items(), ids=BAD)
def test_a_bad_header_is_named_in_one_sentence(one, message, header):
    with pytest.raises(CourseError) as caught:
        one(header)
    text = str(caught.value)
    assert message in text and "code/sneaky.py" in text and "\n" not in text


def test_a_file_without_a_header(one, tmp_path):
    with pytest.raises(CourseError, match="No option 'exercise'"):
        one("", source="x = 1\n")
    with pytest.raises(CourseError, match="cannot be read"):
        one("", source="x = (\n")
    with pytest.raises(CourseError, match="there are no attacks in"):
        attacks(tmp_path / "code")


def test_two_attacks_of_one_name(one, tmp_path):
    one(GOOD)
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "sneaky.py").write_text(f'"""{GOOD}"""\n', encoding="utf-8")
    with pytest.raises(CourseError, match="two attacks are called sneaky"):
        attacks(tmp_path)
