"""What `fls doctor` says of a machine that lacks something, by what it lacks."""

import json
import re

import pytest
from click.testing import CliRunner

from fls_teach.autograder.doctor import advice, checks
from fls_teach.cli import main
from fls_teach.course.registry import exercises


def test_without_torch_the_other_exercises_can_be_graded(monkeypatch, capsys):
    tried = []
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    monkeypatch.setattr(checks, "isolation_problems", lambda *given: tried.append(given[1].modules[2:]) or [])
    found = checks.examine("auto")
    assert found.fit
    checks.print_examined(found, "auto")
    printed = capsys.readouterr().out
    assert tried == [[], []]
    assert "Exercises 13, 14 cannot be graded, because torch is missing (python -m pip install torch)" in printed
    assert printed.endswith("This machine can grade untrusted code.\n")


def test_nothing_is_said_of_torch_where_it_is(monkeypatch, capsys):
    tried = []
    monkeypatch.setattr(checks, "find_spec", lambda name: name)
    monkeypatch.setattr(checks, "isolation_problems", lambda *given: tried.append(given[1].modules[2:]) or ["it leaks"])
    found = checks.examine("auto")
    assert not found.fit
    checks.print_examined(found, "auto")
    printed = capsys.readouterr().out
    assert tried == [["torch"], ["torch"]] and "- it leaks" in printed and "Exercises" not in printed


@pytest.mark.parametrize("installed", [None, "torch"])
def test_nothing_is_asked_of_torch_where_no_exercise_needs_it(monkeypatch, capsys, installed):
    """Catches "Exercises  cannot be graded", and a self-test that imports torch for a course without it."""
    tried = []
    monkeypatch.setattr(checks, "exercises", lambda: [each for each in exercises() if not each.needs])
    monkeypatch.setattr(checks, "find_spec", lambda name: installed)
    monkeypatch.setattr(checks, "isolation_problems", lambda *given: tried.append(given[1].modules[2:]) or [])
    checks.print_examined(checks.examine("auto"), "auto")
    assert tried == [[], []] and "Exercises" not in capsys.readouterr().out


def test_json_is_one_object_with_the_same_exit_code(monkeypatch):
    """Catches words on stdout beside the object, and a machine that is unfit in words only."""
    monkeypatch.setattr(checks, "isolation_problems", lambda name, *more: ["it leaks"] if name == "uid" else [])
    for isolation, fit in (("auto", True), ("uid", False)):
        done = CliRunner().invoke(main, ["doctor", "--json", "--isolation", isolation])
        said = json.loads(done.stdout)
        assert said["fit"] == fit and done.exit_code == (0 if fit else 1)
        assert said["problems"] == {"bwrap": [], "uid": ["it leaks"]} and bool(said["advice"]) != fit


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A Linux on which bubblewrap is installed, for a user; with these settings of the kernel."""

    def make(settings=(), bubblewrap="/usr/bin/bwrap", user=1000, platform="linux"):
        monkeypatch.setattr(advice, "_SETTINGS", tmp_path)
        monkeypatch.setattr(advice.shutil, "which", lambda program: bubblewrap)
        monkeypatch.setattr(advice.os, "geteuid", lambda: user)
        monkeypatch.setattr(advice.sys, "platform", platform)
        for name, value in dict(settings).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(f"{value}\n")

    return make


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"user/max_user_namespaces": 0}, "sudo sysctl -w user.max_user_namespaces=15000"),
        ({"kernel/unprivileged_userns_clone": 0}, "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
        ({"kernel/apparmor_restrict_unprivileged_userns": 1}, "AppArmor .* profile in /etc/apparmor.d, or sudo sysctl"),
        ({"user/max_user_namespaces": 9000, "kernel/apparmor_restrict_unprivileged_userns": 0}, "Docker"),
    ],
)
def test_advice_follows_the_cause(machine, settings, words):
    machine(settings)
    assert advice.advice("auto").startswith("This machine cannot grade untrusted code. What to do: for bwrap, ")
    assert re.search(words, advice.advice("auto"))


def test_advice_where_bubblewrap_is_missing_or_not_wanted(machine):
    machine({"user/max_user_namespaces": 0}, bubblewrap=None)
    said = advice.advice("bwrap")
    assert "with --isolation bwrap. What to do: for bwrap, install bubblewrap" in said and "for uid" not in said
    machine({"user/max_user_namespaces": 0}, user=0)  # root needs no user namespace
    assert "sysctl" not in advice.advice("auto") and "chmod -R go-rwx" in advice.advice("uid")
    machine(platform="darwin")
    assert "It needs Linux" in advice.advice("auto")


def test_a_listing_reads_past_links_that_lead_nowhere(tmp_path):
    """`fls doctor --attack` ended with a traceback there under Debian's Python 3.11.2."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_text("x")
    for name, target in {"long": "x" * 300, "circle": ".", "itself": "itself"}.items():
        (tmp_path / name).symlink_to(target)
    found = {str(path.relative_to(tmp_path)) for path, _ in checks._listing(tmp_path)}
    assert found == {"inner", "inner/file", "long", "circle", "itself"}
