"""What every command shares: quick, light, quiet when nobody listens."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from fls_teach import __version__, terminal
from fls_teach.cli import COMMANDS, GROUPS, main

HEAVY = {"torch", "matplotlib", "scipy", "numpy", "rich", "jinja2", "hypothesis"}


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["demo", "--help"]])
def test_help_imports_nothing_heavy(args, environment):
    """Half a second of imports before the first word is what a newcomer remembers."""
    code = f"""
import sys
from fls_teach.cli import main
try:
    main({args!r}, prog_name="fls")
finally:
    print(*sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stderr.strip() == "" and done.stdout


def test_version(fls):
    assert fls("--version", check=0).stdout.split()[-1] == __version__


def test_every_command_of_the_table_exists():
    done = CliRunner().invoke(main, ["--help"])
    assert done.exit_code == 0
    for name in COMMANDS:
        assert f"  {name} " in done.stdout
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_help_groups_every_command_and_cuts_no_sentence():
    """Catches a command that `fls --help` leaves out, or whose sentence ends in dots on a narrow terminal."""
    assert sorted(name for names in GROUPS.values() for name in names if name in COMMANDS) == sorted(COMMANDS)
    done = CliRunner().invoke(main, ["--help"], terminal_width=60)
    assert "..." not in done.stdout.replace("[ARGS]...", "")
    assert all(f"{heading}:" in done.stdout for heading, names in GROUPS.items() if set(names) & set(COMMANDS))


@pytest.mark.parametrize(
    "args, words", [(["dmo"], "did you mean 'demo'"), (["--nope"], "--nope"), (["zzz"], "there are")]
)
def test_an_unknown_command_is_one_sentence(fls, args, words):
    done = fls(*args, check=2)
    assert words in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""


def test_no_arguments_show_help(fls):
    done = fls(check=2)
    assert "Students:" in done.stdout + done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a pipe closed by its reader is reported differently on Windows")
@pytest.mark.parametrize("args", [["--help"], ["demo", "--list"], ["demo", "--list", "--json"]])
def test_a_closed_pipe_is_silent(args, environment):
    """`fls ... | true`: no traceback, no "Exception ignored", and not exit code 1, which means a claim that fails."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "fls_teach", *args]
    process = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, env=environment, timeout=60)
    os.close(write)
    assert process.stderr == b"" and process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_one_sentence(environment):
    command = [sys.executable, "-m", "fls_teach", "--help"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=60)
    assert done.returncode == 2 and "no space" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="a shell's >&-")
@pytest.mark.parametrize("words", ["--help", "demo --list"])
def test_a_closed_stdout_is_no_error(words, environment):
    command = f"{sys.executable} -m fls_teach {words} >&-"
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True, env=environment, timeout=60)
    assert done.stderr == "" and done.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the current folder from being deleted")
@pytest.mark.parametrize("words", ["list", "check 1"])
def test_a_deleted_current_folder_is_one_sentence(words, environment, tmp_path):
    command = f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m fls_teach {words}"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment, timeout=60
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_a_terminal_gets_a_bar(capsys, monkeypatch):
    """On stderr, and gone when the work is done: stdout stays clean."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with terminal.progress("work") as step:
        step(0.5, "half")
    captured = capsys.readouterr()
    assert "half" in captured.err and "work" in captured.err and captured.out == ""


def test_a_log_gets_lines(capsys):
    with terminal.progress("work", seconds_between_lines=0.0) as step:
        step(0.5, "half")
    captured = capsys.readouterr()
    assert captured.err == "work:  50% half\n" and captured.out == ""


def test_a_log_is_not_flooded(capsys):
    with terminal.progress("work", seconds_between_lines=3600) as step:
        for k in range(1000):
            step(k / 1000)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "text, plain",
    [
        ("ψ ≥ 2⁻¹² ± ½", "psi >= 2^-12 +- 1/2"),
        ("λ Λ", "lambda Lambda"),
        ("café", "cafe"),
        ("中", "?"),
        ("ascii", "ascii"),
    ],
)
def test_plain_text(text, plain):
    assert terminal.plain_text(text) == plain


def completions(*words, environment):
    """What click offers for the last word in bash, as a set."""
    line = {"COMP_WORDS": " ".join(["fls", *words]), "COMP_CWORD": str(len(words)), "_FLS_COMPLETE": "bash_complete"}
    code = "from fls_teach.cli import main; main(prog_name='fls')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**environment, **line}
    )
    return {line.partition(",")[2] for line in done.stdout.splitlines() if line}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("check", "08"), {"08_bayes_error"}),
        (("hint", "bay"), {"bayes_error"}),
        (("check", "08_bayes_error", "09"), {"09_decomposition"}),
        (("demo", "uc"), {"ucurve"}),
        (("wat",), {"watch"}),
        (("check", "zzz"), set()),
    ],
)
def test_a_shell_completes_exercises_and_demos(words, offered, environment):
    """Catches an argument that completes to nothing, or to files."""
    assert completions(*words, environment=environment) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_of_each_shell_is_printed(shell, environment):
    """Catches a group whose own way to end swallows click's script; bash runs it to look at its version."""
    code = "from fls_teach.cli import main; main(prog_name='fls')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**environment, "_FLS_COMPLETE": f"{shell}_source"},
    )
    assert done.returncode == 0 and "_FLS_COMPLETE" in done.stdout
