"""What every command shares: quick, light, quiet when nobody listens."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from fls_teach import __version__, terminal
from fls_teach.cli import COMMANDS, main

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


@pytest.mark.parametrize(
    "args, words", [(["dmo"], "did you mean 'demo'"), (["--nope"], "--nope"), (["zzz"], "there are")]
)
def test_an_unknown_command_is_one_sentence(fls, args, words):
    done = fls(*args, check=2)
    assert words in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""


def test_no_arguments_show_help(fls):
    done = fls(check=2)
    assert "Commands:" in done.stdout + done.stderr


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
