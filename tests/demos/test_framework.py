"""Results that survive the disk, claims that cannot be vague, figures from files alone."""

import ast
import json
import subprocess
import sys
import zipfile
from dataclasses import is_dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fls_teach import demos
from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, above, below, count, within
from fls_teach.demos.framework.report import redraw, run_demo
from fls_teach.demos.framework.result import Result, load, plain, save
from fls_teach.statistics import Interval, interval

names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
dtypes = st.sampled_from(["f8", "f4", "i8", "u1", "?", "<U3"])
arrays = dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_dims=3)))


@pytest.fixture
def saved(tmp_path):
    return save(
        Result("toy", {"n": 3}, 7, {"x": np.arange(3.0), "word": np.array(["a", "bc"])}, {"note": "hi"}), tmp_path
    )


@given(st.dictionaries(names, arrays, max_size=3))
def test_a_loaded_result_is_the_saved_one(tmp_path_factory, content):
    """Catches lost dtypes, shapes (0-d, empty), NaN payloads, or names."""
    folder = tmp_path_factory.mktemp("result")
    result = Result("toy", {"steps": (1, 2), "rate": np.float64(0.5)}, 2**40, content, {"k": None})
    save(result, folder)
    for suffix in (".npz", ".json"):
        loaded = load(folder / f"toy{suffix}")
        assert (loaded.name, loaded.params, loaded.seed, loaded.metadata) == ("toy", result.params, 2**40, {"k": None})
        assert list(loaded.arrays) == list(content)
        for name, value in content.items():
            assert loaded.arrays[name].dtype == value.dtype and loaded.arrays[name].shape == value.shape
            np.testing.assert_array_equal(loaded.arrays[name], value)


def test_same_result_same_bytes(tmp_path):
    """Catches a clock, a host name or memory order inside the files; a zip keeps time in steps of two seconds."""
    x = np.arange(6.0).reshape(2, 3)
    first, second = tmp_path / "a", tmp_path / "b"
    for folder, value in ((first, x), (second, np.asfortranarray(x))):
        folder.mkdir()
        save(Result("toy", {}, 0, {"x": value}), folder)
    with zipfile.ZipFile(first / "toy.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    for name in ("toy.npz", "toy.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_numpy_reads_the_file_without_us(saved):
    with np.load(saved["result"], allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["x"], [0, 1, 2])
    versions = json.loads(saved["parameters"].read_text())["versions"]
    assert versions.keys() == {"fls_teach", "source", "numpy", "scipy", "python"}


def test_no_temporary_files_stay(saved, tmp_path):
    assert {path.name for path in tmp_path.iterdir()} == {"toy.npz", "toy.json"}


def test_an_interrupted_save_leaves_the_old_files(saved, tmp_path, monkeypatch):
    """Catches writing in place: after a full disk the old result must still load."""

    def full_disk(path, data):
        with open(path, "wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        save(Result("toy", {}, 8, {"x": np.zeros(3)}), tmp_path)
    assert load(saved["result"]).seed == 7
    assert {path.name for path in tmp_path.iterdir()} == {"toy.npz", "toy.json"}


def _corrupt(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def _edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


DAMAGE = {
    "no data": lambda data, text: data.unlink(),
    "no description": lambda data, text: text.unlink(),
    "one bit": lambda data, text: _corrupt(data),
    "cut off": lambda data, text: data.write_bytes(data.read_bytes()[:40]),
    "empty": lambda data, text: data.write_bytes(b""),
    "not JSON": lambda data, text: text.write_text("{"),
    "JSON of another kind": lambda data, text: text.write_text("[1, 2]"),
    "not UTF-8": lambda data, text: text.write_bytes(b"\xff\xfe{"),
    "too deep": lambda data, text: text.write_text("[" * 100_000),
    "another format": lambda data, text: _edit(text, format="fls-teach result 99"),
    "seed in words": lambda data, text: _edit(text, seed="seven"),
    "params not a dict": lambda data, text: _edit(text, params=[1]),
    "a path as a name": lambda data, text: _edit(text, name="../toy"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_result_is_one_clear_sentence(saved, damage):
    """Catches a traceback from zipfile, json or numpy, and silence about a file that is not what it was."""
    DAMAGE[damage](saved["result"], saved["parameters"])
    for path in saved.values():
        with pytest.raises(ValueError, match=r"toy\.") as raised:
            load(path)
        assert "\n" not in str(raised.value)


def test_a_pickle_is_refused(saved):
    """An array of objects would run code when loaded."""
    import hashlib

    np.savez(saved["result"], x=np.array([object()], dtype=object))
    _edit(saved["parameters"], sha256=hashlib.sha256(saved["result"].read_bytes()).hexdigest())
    with pytest.raises(ValueError, match="holds no arrays"):
        load(saved["result"])


@pytest.mark.parametrize("bad", [{"x": np.array([object()])}, {"x/y": np.zeros(1)}, {"": np.zeros(1)}])
def test_a_result_that_could_not_be_saved_cannot_be_made(bad):
    with pytest.raises(ValueError):
        Result("toy", {}, 0, bad)


def test_plain_numbers_are_valid_json():
    value = {"a": (np.inf, -np.inf, np.nan, np.float32(1.5)), "b": np.arange(2), "c": np.bool_(True), "d": None}
    assert json.loads(json.dumps(plain(value), allow_nan=False)) == {
        "a": [None, None, None, 1.5],
        "b": [0, 1],
        "c": True,
        "d": None,
    }
    with pytest.raises(TypeError, match="object"):
        plain({"x": object()})


@pytest.mark.parametrize(
    "change",
    [
        {"holds": 1},
        {"holds": "yes"},
        {"measured": 0.1},
        {"measured": "0.1"},
        {"tolerance": "e"},
        {"tolerance": 0.1},
        {"id": ""},
    ],
)
def test_a_claim_is_words_numbers_and_a_verdict(change):
    """Catches an empty tolerance, and a truthy number taken for a verdict."""
    good = dict(id="a", statement="b", source="c", predicted="d", holds=np.bool_(True))
    good |= dict(measured=Measured(1), tolerance=Tolerance(0, "e"))
    assert Claim(**good).holds is True
    with pytest.raises(TypeError):
        Claim(**{**good, **change})


def test_an_interval_decides_a_claim():
    """Catches a verdict by the mean alone, and a sign or an end of the interval confused."""
    found = Interval(0.3, 0.1, 0.5, n=20)
    assert above("a", "b", "c", found).holds and not above("a", "b", "c", found, 0.2, why="d").holds
    assert below("a", "b", "c", found, 0.6, why="d").holds and not below("a", "b", "c", found, 0.4, why="d").holds
    for claim in (above, below):  # a bound without a reason
        with pytest.raises(TypeError, match="the bound 0.2 has no reason"):
            claim("a", "b", "c", found, 0.2)
    assert within("a", "b", "c", found, 0.3, 0.21, "d").holds and not within("a", "b", "c", found, 0.4, 0.21, "d").holds
    unknown = Interval(np.nan, np.nan, np.nan, n=1)
    assert not any(claim("a", "b", "c", unknown).holds for claim in (above, below))
    assert above("a", "b", "c", unknown).measured.value is None
    assert count("a", "b", "c", 0, 3, "runs").holds and not count("a", "b", "c", 0, 0, "runs").holds


def test_the_chance_of_failure_is_that_of_other_seeds():
    """Catches a wrong standard error or tail: 2,000 repetitions of a claim with a true mean of 1 at 12 seeds."""
    draws = 1 + 1.3 * np.random.default_rng(0).standard_normal((2000, 12))
    claims = [above("a", "b", "c", interval(row)) for row in draws]
    failed = np.mean([not claim.holds for claim in claims])
    typical = above("a", "b", "c", interval(1 + 1.3 * np.sqrt(11 / 12) * np.repeat([-1, 1], 6))).chance_of_failure
    assert typical == pytest.approx(failed, abs=0.07)


def test_the_demo_in_the_docstring_works(halving, tmp_path):
    report = run_demo("halving", folder=tmp_path)
    assert [claim.id for claim in report.claims] == ["small"] and report.holds
    assert {path.name for path in tmp_path.iterdir()} == {"halving.npz", "halving.json", "halving.png"}


def test_a_figure_is_redrawn_to_the_same_bytes_without_running(halving, tmp_path, monkeypatch):
    """Catches a plot that needs more than the saved arrays."""
    report = run_demo("halving", "full", 3, tmp_path)
    before = report.files["figure"].read_bytes()
    monkeypatch.delattr(halving, "run")
    again = redraw(report.files["parameters"], tmp_path / "elsewhere")
    assert again.files["figure"].read_bytes() == before and again.claims == report.claims


def test_a_result_of_another_version_is_named_as_that(halving, tmp_path):
    """Catches a traceback for a parameter, an array or its shape or kind that this version does not have."""
    for params, arrays in (
        ({"gone": 1}, {"value": np.ones(2)}),
        ({"steps": 1}, {"other": np.ones(2)}),
        ({"steps": 1}, {"value": np.array(1.0)}),
        ({"steps": 1}, {"value": np.array(["one", "two"])}),
    ):
        files = save(Result("halving", params, 0, arrays), tmp_path)
        with pytest.raises(ValueError, match="another version"):
            redraw(files["result"])


def test_the_style_leaves_matplotlib_as_it_was(halving, tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    run_demo("halving", folder=tmp_path)
    assert dict(matplotlib.rcParams) == before


def test_names_are_found_and_near_misses_named():
    with pytest.raises(ValueError, match="did you mean 'ucurve'"):
        demos.demo_module("Ucurv")
    with pytest.raises(ValueError, match="there are ucurve"):
        demos.demo_module("../etc")


def test_the_registry_imports_nothing_heavy(environment):
    code = "import sys, fls_teach.demos; print(*(set(sys.modules) & {'numpy', 'scipy', 'matplotlib', 'torch', 'rich'}))"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip() == ""


@pytest.mark.parametrize("name", demos.NAMES)
def test_every_demo_has_what_the_framework_asks_for(name):
    """Catches a demo without presets, words for its parameters, or a summary that fits `fls demo --list`."""
    module = demos.demo_module(name)
    assert is_dataclass(module.Params) and module.Params.__dataclass_params__.frozen
    assert set(module.PRESETS) == {"quick", "full"}
    assert all(callable(getattr(module, function)) for function in ("run", "claims", "plot"))
    assert 20 < len(demos.summary(name)) <= 120
    source = Path(sys.modules[module.Params.__module__].__file__)
    tree = ast.parse(source.read_text(encoding="utf-8"))
    (params,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Params"]
    fields = [node for node in params.body if isinstance(node, ast.AnnAssign)]
    described = {
        field.target.id
        for field, after in zip(params.body, params.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }
    assert fields and {field.target.id for field in fields} == described
