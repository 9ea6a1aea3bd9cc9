"""`fls demo` keeps its contract: exit codes, one JSON object, sentences instead of tracebacks."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from fls_teach.cli import main
from fls_teach.demos.framework.claim import Claim, Measured, Tolerance
from fls_teach.demos.framework.result import Result, load, save

KEYS = {"id", "statement", "source", "predicted", "measured", "tolerance", "holds", "chance_of_failure"}
NUMBERS = {"value", "low", "high", "n", "unit", "words", "detail"}


@pytest.fixture
def call(halving, tmp_path, monkeypatch):
    """`fls demo ARGS` inside this process, where `halving` is the only demo."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, ["demo", *map(str, args)])


def forge(halving, monkeypatch, **change):
    """Replace the demo's claims by a single one."""
    numbers = dict(measured=Measured(2.0, 1.5, 2.5, n=9, unit="s"), tolerance=Tolerance(0.1, "t"))
    fields = dict(id="x", statement="s", source="p", predicted="1", holds=False) | numbers
    monkeypatch.setattr(halving, "claims", lambda result: [Claim(**{**fields, **change})])


def test_a_run_prints_claims_files_and_time(call, tmp_path):
    done = call("halving")
    assert done.exit_code == 0, done.output
    assert "the last value is small" in done.stdout and "1 of 1 claims hold" in done.stdout
    assert "out/halving.png" in done.stdout.replace("\\", "/") and " s\n" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"halving.png", "halving.npz", "halving.json"}


def test_the_page_that_sources_name_is_shown_where_it_is(call, halving, monkeypatch):
    """Catches a legend that leads nowhere, and one without a source that needs it."""
    forge(halving, monkeypatch, source="[M]")
    assert "science.md" not in call("halving").stdout
    forge(halving, monkeypatch, source="[D] science.md#dynamics", holds=True)
    (line,) = [line for line in call("halving").stdout.splitlines() if line.startswith("science.md: ")]
    assert '<a id="dynamics">' in Path(line.removeprefix("science.md: ")).read_text(encoding="utf-8")


def test_a_claim_that_does_not_hold_is_exit_code_1(call, halving, monkeypatch):
    forge(halving, monkeypatch)
    for flags in ([], ["--json"]):
        assert call("halving", *flags).exit_code == 1
    assert call("--all").exit_code == 1
    assert "NO" in call("halving").stdout


def test_json_is_one_object_and_nothing_else(call):
    done = call("halving", "--json", "--seed", 5, "--out", "here")
    record = json.loads(done.stdout)
    assert set(record) == {"name", "params", "seed", "claims", "files"}
    assert (record["name"], record["params"], record["seed"]) == ("halving", {"steps": 10}, 5)
    (claim,) = record["claims"]
    assert set(claim) == KEYS and claim["holds"] is True
    assert set(claim["measured"]) == NUMBERS and set(claim["tolerance"]) == {"value", "words"}
    assert claim["measured"]["value"] == 0.5**10 and claim["measured"]["low"] is None
    assert load(record["files"]["result"]).seed == 5
    everything = json.loads(call("--all", "--json").stdout)
    assert [each["name"] for each in everything["demos"]] == ["halving"]
    assert json.loads(call("--list", "--json").stdout)["demos"][0]["name"] == "halving"


def test_json_has_no_infinities(call, halving, monkeypatch):
    """JSON knows no NaN: a parameter that is infinite must become null."""
    from dataclasses import make_dataclass

    params = make_dataclass("Params", [("steps", float)], frozen=True)
    monkeypatch.setattr(halving, "PRESETS", {"quick": params(float("inf"))})
    monkeypatch.setattr(
        halving, "run", lambda params, seed, progress: Result("halving", params, seed, {"value": [0.001]})
    )

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    assert json.loads(call("halving", "--json").stdout, parse_constant=refuse)["params"] == {"steps": None}


def test_from_redraws_without_running(call, halving, monkeypatch, tmp_path):
    call("halving", "--seed", 3)
    (tmp_path / "out" / "halving.png").unlink()
    monkeypatch.delattr(halving, "run")
    for path in ("out/halving.npz", "out/halving.json"):
        done = call("--from", path, "--json")
        assert done.exit_code == 0 and json.loads(done.stdout)["seed"] == 3
    assert (tmp_path / "out" / "halving.png").exists()
    assert call("halving", "--from", "out/halving.npz", "--out", "there").exit_code == 0
    assert (tmp_path / "there" / "halving.png").exists()


def test_from_judges_the_file_and_not_a_memory_of_it(call, tmp_path):
    """A saved result whose numbers contradict the claim is exit code 1."""
    save(Result("halving", {"steps": 1}, 0, {"value": np.array([1.0, 0.5])}), tmp_path)
    assert call("--from", "halving.npz").exit_code == 1


def test_json_gives_numbers_and_words(call, halving, monkeypatch):
    """Catches numbers that a program would have to read out of prose."""
    forge(halving, monkeypatch)
    measured = json.loads(call("halving", "--json").stdout)["claims"][0]["measured"]
    assert (measured["value"], measured["low"], measured["high"], measured["n"]) == (2.0, 1.5, 2.5, 9)
    assert measured["words"] == "2.00 ± 0.50 s (n = 9)"


def test_set_changes_a_parameter(call, tmp_path):
    record = json.loads(call("halving", "--set", "steps=12", "--json").stdout)
    assert record["params"] == {"steps": 12} and load(record["files"]["result"]).arrays["value"].shape == (13,)


def test_all_goes_on_where_it_was(call, halving, monkeypatch):
    """Catches a finished demo that is run again, and one of another seed or code, or a damaged one, that is not."""
    runs, run = [], halving.run
    monkeypatch.setattr(halving, "run", lambda params, seed, progress: (runs.append(seed), run(params, seed))[1])
    before = call("--all", "--json")
    again = call("--all", "--json")
    assert before.exit_code == 0 and again.stdout == before.stdout and runs == [0]
    call("--all", "--again")
    call("--all", "--seed", 1)
    assert runs == [0, 0, 1]
    call("halving", "--seed", 1)  # asked for by its name
    monkeypatch.setattr("fls_teach.demos.framework.result._source_digest", lambda: "another")
    call("--all", "--seed", 1)
    Path("out/halving.npz").write_bytes(b"")
    call("--all", "--seed", 1)
    assert runs == [0, 0, 1, 1, 1, 1]


def test_the_list_names_what_a_demo_is_about(call):
    assert json.loads(call("--list", "--json").stdout)["demos"][0]["group"] == "mechanism"
    assert call("--list").stdout.splitlines()[0] == "mechanism"


MISUSE = {
    "again for one demo": (["halving", "--again"], "--again would have no effect"),
    "again for a list": (["--list", "--again"], "--again would have no effect"),
    "set without a value": (["halving", "--set", "steps"], "'steps' sets nothing"),
    "set of something unknown": (["halving", "--set", "stops=3"], "did you mean 'steps'"),
    "set twice": (["halving", "--set", "steps=3", "--set", "steps=4"], "'steps' is set twice"),
    "set to words": (["halving", "--set", "steps=many"], "wanted a whole number"),
    "set out of range": (["halving", "--set", "steps=-2"], "steps is -2"),
    "set for all": (["--all", "--set", "steps=3"], "--set would have no effect"),
    "set of a saved result": (["--from", "good.npz", "--set", "steps=3"], "--set would have no effect"),
    "nothing": ([], "which demo"),
    "a near miss": (["halvin"], "did you mean 'halving'"),
    "unknown": (["zzz"], "no demo 'zzz'"),
    "empty name": ([""], "no demo ''"),
    "negative seed": (["halving", "--seed", "-1"], "-1 is not in the range"),
    "seed in words": (["halving", "--seed", "one"], "'one' is not a valid"),
    "enormous seed": (["halving", "--seed", "1" * 30], "not in the range"),
    "unknown preset": (["halving", "--preset", "huge"], "'huge' is not one of"),
    "unknown option": (["halving", "--sed", "1"], "--sed"),
    "two jobs": (["halving", "--all"], "--all and NAME do not go together"),
    "two more jobs": (["--list", "--all"], "do not go together"),
    "real images for all": (["--all", "--data-dir", "."], "--data-dir would have no effect"),
    "real images where none are used": (["halving", "--data-dir", "."], "'halving' makes its own data"),
    "seed without a run": (["--from", "good.npz", "--seed", "1"], "--seed would have no effect"),
    "out is a file": (["halving", "--out", "file"], "'file' is a file"),
    "out is below a file": (["halving", "--out", "file/below"], "cannot write to folder"),
    "out has a NUL": (["halving", "--out", "a\0b"], "cannot write to folder"),
    "from nowhere": (["--from", "absent.npz"], "cannot read 'absent"),
    "from a folder": (["--from", "."], "not a saved result"),
    "from nothing": (["--from", ""], "not a saved result"),
    "from a picture": (["--from", "halving.png"], "not a saved result"),
    "from a corrupt file": (["--from", "bad.npz"], "'bad.json' is damaged"),
    "from another demo": (["halving", "--from", "good.npz"], "of the demo 'good', not of 'halving'"),
    "from an unknown demo": (["--from", "good.npz"], "no demo 'good'"),
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_exit_code_2_and_one_sentence(call, tmp_path, case):
    (tmp_path / "file").touch()
    save(Result("good", {}, 0, {}), tmp_path)
    (tmp_path / "bad.json").write_text("{}")
    (tmp_path / "bad.npz").write_bytes(b"PK")
    args, words = MISUSE[case]
    done = call(*args)
    assert done.exit_code == 2, done.output
    assert done.stdout == "" and words in done.stderr
    assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1


def test_without_torch(call, halving, monkeypatch):
    """--all runs what can be run and says what it left out; a demo that needs torch says how to get it."""
    monkeypatch.setattr("fls_teach.cli.demo._has_torch", lambda: False)
    monkeypatch.setattr("fls_teach.demos.NAMES", ("halving", "heatmap"))
    done = call("--all")
    assert done.exit_code == 0 and "Skipped (torch is not installed)" in done.stderr
    done = call("heatmap")
    assert done.exit_code == 2 and done.stderr.count("\n") == 1 and "pip install torch safetensors" in done.stderr


def test_a_full_disk_is_a_sentence(call, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fls_teach.demos.framework.report.save", full)
    done = call("halving")
    assert done.exit_code == 2 and "No space left on device" in done.stderr


def test_a_defect_of_ours_is_not_dressed_up_as_misuse(call, halving, monkeypatch):
    """Catches a blanket except: a bug in a demo must show where it is."""

    def broken(*_):
        raise ValueError("a bug")

    monkeypatch.setattr(halving, "run", broken)
    assert isinstance(call("halving").exception, ValueError)


def test_ctrl_c_is_one_sentence_and_130(call, halving, monkeypatch, tmp_path):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(halving, "plot", interrupted)
    done = call("halving")
    assert done.exit_code == 130 and "Stopped" in done.stderr
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


def test_words_of_a_claim_are_never_markup(call, halving, monkeypatch):
    """rich reads [P] and [/red] as its own language unless told not to."""
    forge(halving, monkeypatch, statement="[bold]not markup[/red]", source="[P] Prop. B.1", holds=True)
    done = call("halving")
    assert done.exit_code == 0 and "[P] Prop. B.1" in done.stdout and "[/red]" in done.stdout


def test_no_colour_codes_in_a_file(call):
    assert "\x1b" not in call("halving").output


def test_a_real_process_from_run_to_forgery(fls, tmp_path):
    """The installed thing, end to end, on a real demo that is made short: run, redraw, forge, redraw."""
    done = fls("demo", "equivalence", "--set", "n_steps=300", "--json", check=0)
    record = json.loads(done.stdout)
    assert all(claim["holds"] for claim in record["claims"])
    assert all((tmp_path / path).exists() for path in record["files"].values())
    again = json.loads(fls("demo", "--from", record["files"]["result"], "--json", check=0).stdout)
    assert again["claims"] == record["claims"]

    result = load(tmp_path / record["files"]["result"])
    result.arrays["sgd_multiplied"][0, 5] *= 1.01
    save(result, tmp_path)
    forged = json.loads(fls("demo", "--from", "equivalence.json", "--json", check=1).stdout)
    assert [claim["id"] for claim in forged["claims"] if not claim["holds"]] == ["sgd-exact"]


def test_narrow_encodings_and_colour_switches(fls, tmp_path):
    """Windows' cp1252 has no Greek and no superscript minus: the table must still come out."""
    save(load_small_equivalence(), tmp_path)
    done = fls("demo", "--from", "equivalence.npz", PYTHONIOENCODING="cp1252", NO_COLOR="1", check=0)
    assert "claims hold" in done.stdout
    assert "ascii" not in fls("demo", "--from", "equivalence.npz", PYTHONIOENCODING="ascii", check=0).stderr


def load_small_equivalence():
    from dataclasses import replace

    from fls_teach.demos import equivalence

    return equivalence.run(replace(equivalence.Params(), n_steps=300), seed=0)


def test_python_m_and_console_script_are_the_same_program():
    from importlib.metadata import entry_points

    found = entry_points(group="console_scripts", name="fls")
    if not found:
        pytest.skip("fls-teach is not installed here, so there is no console script")
    assert next(iter(found)).load() is main
    assert sys.modules["fls_teach.cli"].main is main
