"""What a worker in a sandbox can see, reach, use and leave behind: each promise tried from inside."""

import contextlib
import dataclasses
import importlib.machinery
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from fls_teach.sandbox import selftest
from fls_teach.sandbox.isolation import leases, other_user, sandboxes, view
from fls_teach.sandbox.isolation.leases import FIRST_USER, KILLERS_BELOW, LAST_USER, lease_processor, lease_user
from fls_teach.sandbox.isolation.other_user import OtherUser
from fls_teach.sandbox.isolation.sandboxes import Bubblewrap, ResourceLimits, SandboxError
from fls_teach.sandbox.proc.ending import killer_of
from fls_teach.sandbox.proc.table import descendants, process_table
from fls_teach.sandbox.worker_process import WorkerProcess

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox is for Linux")
locked = pytest.mark.parametrize("name", ["bwrap", "uid"])

STUDENT = """
import ctypes, mmap, os, signal, socket, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def tried(action, *arguments):
    try:
        action(*arguments)
    except OSError:
        return False
    return True

def reads(paths):
    return [path for path in paths if tried(lambda: open(path, "rb").read(1))]

def lists(paths):
    return [path for path in paths if tried(os.listdir, path)]

def writes(folders):
    return [folder for folder in folders if tried(lambda: open(os.path.join(folder, "mine"), "w").close())]

def view():
    return {"environment": dict(os.environ), "folder": os.getcwd(), "user": os.getuid(), "groups": os.getgroups(),
            "descriptors": [fd for fd in range(64) if tried(os.fstat, fd)], "terminal": tried(os.open, "/dev/tty", 2)}

def command_lines():
    found = []
    for pid in os.listdir("/proc"):
        if pid.isdigit() and int(pid) != os.getpid():
            with open(f"/proc/{pid}/cmdline") as file:
                found.append(file.read())
    return found

def refused():
    calls = {"unshare": (272, 0x10000000), "ptrace": (101, 0), "memfd": (319, b"x", 0), "keyctl": (250, 0, 0)}
    refused = [libc.syscall(*call) == -1 for call in calls.values()]
    refused.append(libc.prctl(1, 0, 0, 0, 0) == -1)  # PR_SET_PDEATHSIG, by which it ends with its grader
    refused.append(libc.prctl(62, 1, 0, 0, 0) == -1 and ctypes.get_errno() == 1)  # PR_SCHED_CORE, not unknown: refused
    return all(refused), tried(socket.socket), tried(socket.socketpair)

def terminal():
    return tried(os.openpty) or tried(os.open, "/dev/ptmx", os.O_RDWR)

def spread(count):
    for _ in range(count):
        if os.fork() == 0:
            tried(os.setsid)
            tried(os.sched_setaffinity, 0, range(os.cpu_count()))
            time.sleep(20)
            os._exit(0)
    return True

def burn(count, seconds):
    for _ in range(count):
        if os.fork() == 0:
            while time.process_time() < seconds:
                pass
            os._exit(0)
    for _ in range(count):
        os.wait()
    return True

def page_tables(gib):
    kept = mmap.mmap(-1, gib << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)
    for k in range(0, gib << 30, 2 << 20):
        kept[k]
    time.sleep(0.5)
    return True

def children_with(count, mib, ends_first_thread):
    def keep():
        kept = b"x" * (mib << 20)
        time.sleep(8)
        os._exit(len(kept) % 1)
    for _ in range(count):
        if os.fork() == 0:
            libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: what it uses exactly is only for root to see
            if ends_first_thread:
                thread = threading.Thread(target=keep)
                thread.start()
                libc.syscall(60, 0)  # exit: of this thread alone
            keep()
    time.sleep(8)
    return True

def empty_files(count):
    for k in range(count):
        open(os.path.join(os.environ["TMPDIR"], str(k)), "w").close()
    time.sleep(8)
    return True

def daemons(count, stop):
    for _ in range(count):
        if os.fork() == 0:
            tried(os.setsid)
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                while True:
                    if stop:
                        with_nobody = tried(os.kill, -1, signal.SIGSTOP)
            os._exit(0)
    for _ in range(count):
        os.wait()
    return True

def forever():
    while True:
        pass

def takes_over(pids):
    return [pid for pid in {*pids, os.getppid()} - {os.getpid()} if tried(os.open, f"/proc/{pid}/mem", os.O_WRONLY)]

def family(count):
    for _ in range(count):
        if os.fork() == 0:
            break
    time.sleep(60)

def leave(with_child):
    if with_child and os.fork() == 0:
        if os.fork() == 0:
            time.sleep(6)
        os._exit(0)
    os._exit(0)
"""


@pytest.fixture
def inside(sandbox_for, session_for):
    """A session with `STUDENT` in a sandbox."""

    def make(name, hidden=(), **limits):
        sandbox = sandbox_for(name, hidden, ResourceLimits(**limits))
        return session_for(STUDENT, sandbox=sandbox, time_limit=10), sandbox

    return make


@locked
def test_the_worker_sees_nothing_of_the_grader(inside, name, monkeypatch, tmp_path):
    monkeypatch.setenv("FLS_COURSE_KEY", "hush")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    secret = tmp_path / "key"
    secret.write_text("hush")
    secret.chmod(0o600)
    session, sandbox = inside(name, [tmp_path])
    seen = session.call("view").value
    assert "hush" not in str(seen) and "PYTHONPATH" not in seen["environment"]
    assert seen["environment"]["HOME"] == seen["environment"]["TMPDIR"] == seen["folder"] == sandbox.scratch
    assert not seen["terminal"] and seen["groups"] in ([], [65534], [os.getgid()])
    assert max(seen["descriptors"]) <= 7  # 0, 1, 2, the channel's four and the listing itself
    if os.geteuid() == 0:
        assert seen["user"] >= 61_000
    hidden = [str(secret), view.__file__, f"/proc/{os.getpid()}/environ", "/etc/shadow"]
    assert session.call("reads", hidden).value == []
    outside = ["/", "/usr", "/etc", "/dev", "/var", "/dev/shm", str(Path.home()), str(tmp_path), sys.prefix]
    assert session.call("writes", outside).value == []
    assert session.call("writes", [seen["folder"]]).value == [seen["folder"]]


@locked
def test_dangerous_calls_are_refused(inside, name):
    if os.uname().machine != "x86_64":
        pytest.skip("these numbers are x86_64's")
    assert inside(name)[0].call("refused").value == (True, False, False)


def test_bubblewrap_shows_one_command_line_and_no_path_of_this_machine(inside, tmp_path):
    lines = inside("bwrap", [tmp_path])[0].call("command_lines").value
    assert len(lines) == 1 and str(tmp_path) not in lines[0] and "fls_teach" not in lines[0]


def test_nothing_secret_is_on_a_command_line(sandbox_for, monkeypatch, tmp_path):
    """All users of a machine can read them."""
    monkeypatch.setenv("FLS_COURSE_KEY", "hush")
    for name in ("bwrap", "uid"):
        with contextlib.suppress(pytest.skip.Exception):
            sandbox = sandbox_for(name, [tmp_path])
            command, descriptors = sandbox.command([sys.executable, str(view.WORKER)])
            for descriptor in descriptors:
                os.close(descriptor)
            words = " ".join(command)
            assert "hush" not in words and str(tmp_path) not in words and "fls_teach" not in words


def test_packages_that_are_links_are_shown_where_they_lie(tmp_path, monkeypatch):
    """Catches a worker without numpy where an installer has made links into a cache of its own."""
    for name in ("here", "there/numpy"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "here/numpy").symlink_to(tmp_path / "there/numpy")
    spec = importlib.machinery.ModuleSpec("numpy", None, origin=str(tmp_path / "here/numpy/__init__.py"))
    monkeypatch.setattr(view.importlib.util, "find_spec", {"numpy": spec}.get)
    assert view.library_folders() == [str(tmp_path / "here"), str(tmp_path / "there")]


def test_what_lies_among_the_packages_can_be_hidden(inside):
    package = Path(np.__file__).parent
    file, folder = package / "conftest.py", package / "tests"
    if not (file.exists() and folder.exists()):
        pytest.skip("this numpy has no tests to hide")
    session, _ = inside("bwrap", [file, folder])
    assert session.call("reads", [str(file), str(package / "version.py")]).value == [str(package / "version.py")]
    assert session.call("reads", [str(folder / "__init__.py")]).value == []
    assert session.call("writes", [str(folder)]).value == []


def test_bubblewrap_shows_no_terminal_and_no_installation_of_ours(inside, monkeypatch, tmp_path):
    names = ["fls_teach-9.dist-info", "__editable__.fls_teach-9.pth", "__editable___fls_teach_9_finder.py"]
    for name in names:
        (tmp_path / name).touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert {tmp_path / name for name in names} <= set(view._ours([]))
    other = tmp_path / "base" / "lib" / "python3.12" / "site-packages" / "fls_teach"
    other.mkdir(parents=True)
    assert other in view._ours([str(tmp_path / "base")]), "a copy of another interpreter's, that no import finds"
    packages = Path(np.__file__).parents[1]
    files = [path / "METADATA" if path.is_dir() else path for path in packages.iterdir() if "fls_teach" in path.name]
    session, _ = inside("bwrap")
    assert session.call("reads", [str(path) for path in files if path.exists()]).value == []
    assert session.call("terminal").value is False


def test_masks_cover_every_name_of_what_they_hide(tmp_path):
    """Catches a tree that is shown by a name that is a link, while the secret is known by the other."""
    real, link = tmp_path / "python-3.11", tmp_path / "python"
    (real / "lib" / "secret").mkdir(parents=True)
    link.symlink_to(real)
    (real / "lib" / "secret" / "inner").touch()
    secret = real / "lib" / "secret"
    both = [str(link / "lib" / "secret"), str(secret)]
    assert view.to_hide([secret], [str(link), str(real)]) == both
    assert view.to_hide([link / "lib" / "secret"], [str(real)]) == [str(secret)]
    assert view.to_hide([secret, secret / "inner", tmp_path / "elsewhere", "/etc"], [str(real)]) == [str(secret)]
    (real / "alias").symlink_to(real / "lib")
    assert view.to_hide([real / "alias/secret"], [str(real)]) == [str(secret)], "bubblewrap mounts nothing on a link"


def test_a_home_folder_is_never_shown_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    with pytest.raises(SandboxError, match=r"installed in .* cannot be shown"):
        view.interpreter_trees()
    monkeypatch.setenv("HOME", "/nowhere")
    assert str(tmp_path) in view.interpreter_trees()


@locked
@pytest.mark.parametrize("trick", [False, True])
def test_memory_of_all_processes_counts(inside, name, trick):
    """The trick: a process whose first thread has ended looks like a zombie without memory."""
    session, _ = inside(name, memory_mib=128)
    outcome = session.call("children_with", 5, 40, trick)
    assert outcome.kind == "memory", outcome  # not a value, after the 8 s that they live


@locked
def test_page_tables_count_as_memory(inside, name):
    """They grow with what is mapped, though reading allocates nothing else."""
    session, _ = inside(name, memory_mib=128, address_mib=300_000)
    assert session.call("page_tables", 1).ok
    assert session.call("page_tables", 200).kind == "memory"


@locked
def test_time_of_all_processes_counts(inside, name):
    """Each of them stays below what the kernel would end it for."""
    session, sandbox = inside(name)
    session.time_limit = 60
    session.load()
    sandbox.limits = dataclasses.replace(sandbox.limits, cpu_seconds=session._worker.cpu_seconds + 0.4)
    outcome = session.call("burn", 4, 0.3)
    assert outcome.kind == "timeout"
    assert "all calls together took more time" in outcome.message, "60 s have nothing to do with it"


@locked
def test_all_of_a_worker_stays_on_one_processor(inside, name):
    session, sandbox = inside(name)
    assert session.call("spread", 4).ok
    members = [pid for pid, _ in sandbox.members(session.worker_pid) if _name(pid) != "bwrap"]
    assert len(members) == 5
    assert {frozenset(os.sched_getaffinity(pid)) for pid in members} == {frozenset([sandbox._processor.number])}


def _name(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()


def test_workers_share_a_processor_only_if_they_must(monkeypatch, tmp_path):
    monkeypatch.setattr(leases, "_TOPS", [str(tmp_path)])  # whatever else is graded here
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {2, 5, 7})
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(contextlib.closing(lease_processor())) for _ in range(7)]
        numbers = [each.number for each in made]
        assert sorted(numbers[:3]) == sorted(numbers[3:6]) == [2, 5, 7]
        made[1].close()
        assert stack.enter_context(contextlib.closing(lease_processor())).number == numbers[1]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root takes numbers of users")
def test_another_user_cannot_take_all_numbers_first(monkeypatch, tmp_path):
    """Names that are free for all, as those of abstract sockets, let a local user who holds them stop every grading."""
    monkeypatch.setattr(leases, "LAST_USER", FIRST_USER + 4)
    first, second = tmp_path / "run", tmp_path / "tmp"
    first.mkdir()
    second.mkdir()
    monkeypatch.setattr(leases, "_TOPS", [str(first), str(second)])
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(contextlib.closing(lease_user()))
        with pytest.raises(SandboxError, match="no free user number"):
            lease_user()
        assert len(list((first / "fls-teach-0").iterdir())) == 4 and not list(second.iterdir())
    (first / "fls-teach-0").chmod(0o777)  # not root's alone any more: not to be trusted
    (second / "fls-teach-0").mkdir()
    os.chown(second / "fls-teach-0", 1234, 1234)  # made by another user, before root has been here
    with pytest.raises(SandboxError, match="root have a folder of its own, 'fls-teach-0'"):
        lease_user()
    with pytest.raises(SandboxError, match="root have a folder of its own"):
        OtherUser()


def test_without_a_folder_an_ordinary_user_grades_all_the_same(monkeypatch, tmp_path):
    """A neighbour who has taken the folder's name costs no more than a processor that two workers may share."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / "fls-teach-1000").touch()
    monkeypatch.setattr(leases, "_TOPS", [str(tmp_path)])
    for _ in range(3):
        with contextlib.closing(lease_processor()) as lease:
            assert lease.number in os.sched_getaffinity(0)


def test_containers_side_by_side_do_not_all_choose_the_same_processor(monkeypatch, tmp_path):
    """They share the machine's processors, but each has a network of its own, in which no lease of another is seen."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)))
    numbers = set()
    for k in range(20):
        (tmp_path / str(k)).mkdir()
        monkeypatch.setattr(leases, "_TOPS", [str(tmp_path / str(k))])
        with contextlib.closing(lease_processor()) as lease:
            numbers.add(lease.number)
    assert len(numbers) > 5  # fewer by chance: once in 10^15


@locked
def test_many_files_are_too_many(inside, name):
    outcome = inside(name, scratch_files=300)[0].call("empty_files", 400)
    assert outcome.kind == "output"
    assert "wrote to files" in outcome.message


def test_a_bubblewrap_that_cannot_limit_tmp_is_watched(inside, need, tmp_path, monkeypatch):
    """Ubuntu 22.04 has 0.6.1."""
    need("bwrap")
    old_bubblewrap(tmp_path, "0.6.1", monkeypatch)
    session, sandbox = inside("bwrap", scratch_mib=8)
    assert "--size" not in sandbox._arguments
    probe = selftest.PROBE.read_text()
    session = session.__class__("probe.py", source=probe.encode(), sandbox=sandbox, time_limit=10)
    with session:
        assert session.call("fill", 2**20, 4).ok
        assert session.call("fill", 2**20, 12).kind == "output"


@pytest.mark.parametrize("version, words", [("0.4.1", "is bubblewrap 0.4; 0.5 or newer is needed"), ("", "0.0")])
def test_an_ancient_bubblewrap_is_refused(tmp_path, monkeypatch, version, words):
    old_bubblewrap(tmp_path, version, monkeypatch)
    with pytest.raises(SandboxError, match=words):
        Bubblewrap()


def old_bubblewrap(folder, version, monkeypatch):
    program, real = folder / "bwrap", sandboxes.shutil.which("bwrap")
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap {version} && exit\nexec {real} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@locked
def test_nothing_is_written_into_another_process(inside, name):
    """bubblewrap's own first process is the same user as the worker, if that is no root's, and has no filter."""
    session, _ = inside(name)
    assert session.call("takes_over", [1, os.getpid()]).value == []


@locked
@pytest.mark.parametrize("stop", [False, True])
def test_nothing_is_left_of_a_worker(inside, name, stop):
    """Daemons in sessions of their own, which in `uid` stop every process that they may, over and over."""
    session, sandbox = inside(name)
    if name == "bwrap" and stop:
        pytest.skip("there it stops itself as well")
    session.time_limit = 0.5 if stop else 10  # they stop it as well
    session.call("daemons", 3, stop)
    members = sandbox.members(session.worker_pid) if not stop else set()
    assert stop or len(members) > 3
    start = time.monotonic()
    session.close()
    assert time.monotonic() - start < 5
    assert not members & process_table().keys()
    if name == "uid":  # not even a zombie, which would count as one of the next submission's processes
        assert not [entry for entry in Path("/proc").glob("[0-9]*") if _owner(entry) == sandbox._lease.number]


@locked
@pytest.mark.parametrize("end", ["closed", "too much", "by itself"])
def test_no_zombie_is_left_of_a_worker(inside, name, end):
    """The first process of a container, which inherits what is left, may be one that waits for nobody."""
    before, (session, _) = _zombies(), inside(name, memory_mib=128)
    if end == "too much":
        assert session.call("children_with", 5, 40, False).kind == "memory"
    elif end == "by itself":
        assert session.call("leave", False).kind == "crash"
    else:
        assert session.call("terminal").ok
    session.close()
    assert _zombies() <= before


def _zombies():
    """Those whose parent we are."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_bytes().rpartition(b")")[2].split()
            if (fields[0], int(fields[1])) == (b"Z", os.getpid()):
                found.add(path)
    return found


@locked
def test_a_worker_that_ended_is_seen_to_have(inside, name):
    """Also where a process that it left holds the channel open."""
    session, _ = inside(name)
    session.load()
    start = time.monotonic()
    assert session.call("leave", True).kind == "crash"
    assert time.monotonic() - start < 4.0


def _owner(path):
    with contextlib.suppress(OSError):
        return path.stat().st_uid


def test_folders_too_deep_for_python_are_removed():
    """shutil.rmtree ends with a RecursionError there, and would do so before every later submission."""
    quick = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=quick) as top:
        folder = os.open(top, os.O_RDONLY)
        for _ in range(1200):
            os.mkdir("d", dir_fd=folder)
            inner = os.open("d", os.O_RDONLY, dir_fd=folder)
            os.close(folder)
            folder = inner
        os.close(folder)
        assert other_user._holds_more([top], 300, 2**30) and not other_user._holds_more([top], 3000, 2**30)
        other_user._remove([f"{top}/d"])
        assert os.listdir(top) == []


def test_what_is_in_a_folder_is_counted(tmp_path):
    (tmp_path / "inner").mkdir()
    for k in range(4):
        (tmp_path / "inner" / str(k)).write_bytes(b"x" * 100_000)
    assert not other_user._holds_more([tmp_path], 6, 2**20)
    assert other_user._holds_more([tmp_path], 5, 2**20) and other_user._holds_more([tmp_path], 6, 300_000)
    (tmp_path / "link").symlink_to("inner")
    single = [tmp_path / "inner/1", tmp_path / "inner/2", tmp_path / "link"]
    assert other_user._holds_more(single, 2, 2**20) and not other_user._holds_more(single, 3, 300_000)
    assert other_user._holds_more(single, 3, 150_000)
    assert not other_user._holds_more([tmp_path / "gone"], 1, 0)


def test_files_left_in_common_folders_are_swept(need, tmp_path, monkeypatch):
    """Where the kernel has no Landlock, a worker can write there."""
    need("uid")
    common = tmp_path / "var/spool/common"
    common.mkdir(parents=True)
    common.chmod(0o1777)
    monkeypatch.setattr(other_user, "landlock", lambda: 0)
    monkeypatch.setattr(other_user, "_TOPS", (str(tmp_path / "var"), str(tmp_path / "none")))
    with contextlib.closing(OtherUser(ResourceLimits(scratch_mib=1))) as sandbox:
        theirs, ours = common / "theirs", common / "ours"
        for folder in (theirs, ours):
            (folder / "inner").mkdir(parents=True)
        os.chown(theirs, sandbox._lease.number, sandbox._lease.number)
        assert not sandbox.overflows(0, set())
        (theirs / "large").write_bytes(b"x" * 2**21)
        assert sandbox.overflows(0, set())
        sandbox.sweep()
        assert [path.name for path in common.iterdir()] == ["ours"]


@locked
def test_a_worker_ends_with_its_grader(need, name, tmp_path):
    """Killed so that it cannot clean up; and so does what the worker has started."""
    need(name)
    student = tmp_path / "student.py"
    student.write_text(STUDENT)
    grader = textwrap.dedent(f"""
        from fls_teach.sandbox import Session
        from fls_teach.sandbox.selftest import make_sandbox
        with Session({str(student)!r}, sandbox=make_sandbox({name!r}), time_limit=60) as session:
            session.load()
            print(session.worker_pid, flush=True)
            session.call("family", 3)
    """)
    with subprocess.Popen(
        [sys.executable, "-c", grader], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as process:
        worker = int(process.stdout.readline())
        deadline = time.monotonic() + 5
        while len(members := descendants(worker)) < 4:
            assert time.monotonic() < deadline, members
        process.kill()
    deadline = time.monotonic() + 5
    while alive := members & process_table().keys():
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)


ROOT = Path(sandboxes.__file__).resolve().parents[3]


@locked
def test_nothing_leaks_over_many_starts(sandbox_for, name):
    sandbox = sandbox_for(name)

    def held():
        return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), len(descendants(os.getpid()))

    WorkerProcess("/", sandbox).kill()
    before = held()
    for _ in range(3):
        WorkerProcess("/", sandbox).kill()
    deadline = time.monotonic() + 10.0  # a pipe that somebody still reads is closed a moment later
    while any(now > then for now, then in zip(held(), before, strict=True)):
        assert time.monotonic() < deadline, (held(), before)
        time.sleep(0.1)


def test_a_missing_program_is_named(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(other_user.shutil, "which", lambda program: None)
    with pytest.raises(SandboxError, match="'rm' is not installed .*coreutils"):
        OtherUser()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
def test_the_end_of_one_worker_does_not_end_the_helper_that_ends_another():
    """Two runs that swept at once could leave processes of one of them, whose helper the other had killed."""
    with contextlib.closing(lease_user()) as one, contextlib.closing(lease_user()) as other:
        become = f"os.setresuid({one.number - KILLERS_BELOW}, {one.number}, {one.number - KILLERS_BELOW})"
        about_to_kill = f"import os, time; {become}; print(flush=True); time.sleep(60)"
        command = [sys.executable, "-I", "-S", "-c", about_to_kill]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as helper:
            assert helper.stdout.readline()
            for lease, ends in ((other, False), (one, True)):
                killer = killer_of(lease.number, lease.number - KILLERS_BELOW, lease.file.fileno())
                killer.communicate()
                if ends:  # the control: what has this uid is reached
                    assert helper.wait(10) == -signal.SIGKILL
                assert ends or helper.poll() is None


def test_two_sandboxes_never_share_a_user():
    if os.geteuid() != 0:
        pytest.skip("only root has workers with users of their own")
    with contextlib.closing(lease_user()) as one, contextlib.closing(lease_user()) as other:
        assert one.number != other.number
        assert FIRST_USER <= one.number < LAST_USER
        taken = one.number
    with contextlib.closing(lease_user()) as again:
        assert again.number <= taken  # given back


DISK = ROOT / "tests" / "attacks" / "code"


@locked
def test_a_reservation_is_refused(sandbox_for, session_for, name):
    """By its ioctl, fallocate takes the disk at once, whatever the limit on a file's size: before anything looks."""
    source = (DISK / "disk_by_reservation.py").read_text()
    session = session_for(source, sandbox=sandbox_for(name, (), ResourceLimits(scratch_mib=1000)), time_limit=10)
    outcome = session.call("linear_error", np.ones(2), np.ones(2), 1.0, 1.0)
    assert outcome.exception == "PermissionError", outcome


@locked
@pytest.mark.parametrize("attack", ["disk_by_unnamed_mapped_files", "disk_by_unnamed_open_files", "disk_by_fallocate"])
def test_files_without_a_name_fill_no_disk(sandbox_for, session_for, name, attack):
    """What is unlinked but open or mapped is counted by bwrap's own file system, and cannot be unlinked in uid."""
    sandbox = sandbox_for(name, (), ResourceLimits(scratch_mib=32))
    session = session_for((DISK / f"{attack}.py").read_text(), sandbox=sandbox, time_limit=10)
    outcome = session.call("linear_error", np.ones(2), np.ones(2), 1.0, 1.0)
    assert outcome.kind in ("output", "exception"), outcome
    assert outcome.kind == "output" or outcome.exception in ("PermissionError", "OSError"), outcome


def test_another_user_needs_an_interpreter_that_it_can_read(run_in_container, tmp_path):
    """One sentence that says what to do, not a traceback of the import system."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    # A folder of packages that only root may enter, in front of the others.
    script = f"""if True:
        import sys
        sys.path.append({str(closed)!r})
        from fls_teach.sandbox import selftest, worker_process
        worker_process.library_folders = lambda: [{str(closed)!r}]
        print(selftest.weaknesses(selftest.make_sandbox("uid")))
    """
    done = run_in_container(sys.executable, "-c", script)
    assert f"other users may not read '{closed}'" in done.stdout, done.stdout + done.stderr
    assert "/usr/bin/python3" in done.stdout and "Traceback" not in done.stdout


def test_the_same_as_another_user_in_a_container(same_tests_inside):
    printed = same_tests_inside(__file__, "(uid or swept) and not container")
    assert " passed" in printed and int(printed.rsplit(" passed")[0].rsplit()[-1]) >= 9, printed


def test_the_same_without_root(same_tests_inside):
    printed = same_tests_inside(__file__, "(nothing or memory or many_files or ends_with) and bwrap", user=65534)
    assert " passed" in printed and int(printed.rsplit(" passed")[0].rsplit()[-1]) >= 5, printed
