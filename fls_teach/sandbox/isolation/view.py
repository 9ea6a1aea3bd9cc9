"""The files of this machine that a sandboxed worker may see: an interpreter, its packages, and the worker's own."""

import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from fls_teach.sandbox.isolation import SandboxError

_SANDBOX = Path(__file__).resolve().parents[1]
PACKAGE = _SANDBOX.parent
WORKER = _SANDBOX / "worker.py"
WORKER_FILES = WORKER, *(_SANDBOX / name for name in ("protocol.py", "decoding.py", "isolation/confine.py"))

# Paths that programs, the dynamic linker and the C library need; those that do not exist are left out.
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime"),
)


def library_folders() -> list[str]:
    """Return the folders in which this interpreter finds the packages that exercises use.

    A worker gets them as arguments, since it does not see PYTHONPATH.
    """
    specs = [importlib.util.find_spec(name) for name in ("numpy", "scipy", "torch")]
    files = [spec.origin for spec in specs if spec and spec.origin]
    # Both the path and its real path, because an installer may have made links.
    return list(dict.fromkeys(str(Path(path).parents[1]) for each in files for path in (each, os.path.realpath(each))))


def interpreter_trees() -> list[str]:
    """Return the folders of the interpreter and its packages that are not below /usr or one another, shortest first.

    Raises
    ------
    SandboxError
        If one of them contains the user's whole home folder.
    """
    program = os.path.realpath(sys.executable)
    folders = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *library_folders()]
    folders += [os.path.dirname(os.path.dirname(program))]
    folders += [os.path.realpath(path) for path in folders]
    home = os.path.realpath(os.path.expanduser("~"))
    trees = ["/usr"]
    for path in sorted({os.path.abspath(path) for path in folders}, key=lambda path: (len(path), path)):
        if any(_lies_in(path, tree) for tree in trees):
            continue
        if path == "/" or _lies_in(home, path):
            raise SandboxError(f"this Python is installed in '{path}', which cannot be shown without all that is there")
        trees.append(path)
    return trees[1:]


def bubblewrap_view(hidden: Iterable[str | Path], inside: str, scratch_bytes: int | None = None) -> list[str]:
    """Return bubblewrap's arguments for the visible files; later mounts cover earlier ones.

    Parameters
    ----------
    hidden : sequence of path
        Files and folders that must not be visible, wherever they are.
    inside : str
        The folder in which the worker's own files appear.
    scratch_bytes : int, optional
        Size of /tmp; by default as much as the machine allows.
    """
    size = [] if scratch_bytes is None else ["--size", str(scratch_bytes)]
    # Process 1 is bubblewrap, which runs as the same user without filter and limits: nothing may write to /proc/1/mem.
    arguments = ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]
    # No terminals, because each takes kernel memory that no limit counts.
    arguments += ["--tmpfs", "/dev/pts", "--remount-ro", "/dev/pts", "--remount-ro", "/dev"]
    arguments += [*size, "--perms", "1777", "--tmpfs", "/tmp"]
    arguments += ["--perms", "0755", "--dir", "/etc"]
    for path in SYSTEM:
        if os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            arguments += ["--ro-bind", path, path]
    trees = interpreter_trees()
    # Create the parents first: bubblewrap would create them with permissions for root alone.
    parents = {str(parent) for tree in trees for parent in Path(tree).parents} - {"/", "/tmp"}
    for path in sorted(parents, key=len):
        arguments += ["--perms", "0755", "--dir", path]
    for tree in trees:
        arguments += ["--ro-bind", tree, tree]
    for path in to_hide((*hidden, *_ours(trees)), ["/usr", *trees]):
        arguments += (
            ["--tmpfs", path, "--remount-ro", path] if os.path.isdir(path) else ["--ro-bind", "/dev/null", path]
        )
    arguments += ["--perms", "0755", "--dir", inside]
    for file in WORKER_FILES:
        arguments += ["--ro-bind", str(file), f"{inside}/{file.name}"]
    return [*arguments, "--remount-ro", "/", "--chdir", "/tmp"]


def to_hide(hidden: Iterable[str | Path], trees: Sequence[str]) -> list[str]:
    """Return the paths in `trees` at which `hidden` would be visible, without those below another one."""
    paths = {function(os.path.abspath(path)) for path in hidden for function in (str, os.path.realpath)}
    targets = {tree: os.path.realpath(tree) for tree in trees}  # the name of a tree may be a link
    for tree, target in targets.items():
        paths |= {tree + path[len(target) :] for path in paths if _lies_in(path, target)}
    kept = []
    for path in sorted(filter(os.path.exists, paths), key=lambda path: (len(path), path)):
        real = os.path.realpath(path)
        # A path through a link below a tree needs no mask of its own: its real path is masked.
        no_link = any(_lies_in(path, tree) and real == target + path[len(tree) :] for tree, target in targets.items())
        if no_link and not any(_lies_in(path, other) for other in kept):
            kept.append(path)
    return kept


def _ours(trees):
    """Return this package, every other visible copy of it, and the clone that contains it, with its history.

    Also the files that say where it is installed, because their names would tell a submission what to look for.
    """
    ours = [PACKAGE]
    # Including other interpreters' packages, for example those of the one that a virtual environment was made from.
    patterns = (f"{prefix}lib*/python3*/*-packages" for prefix in ("", "local/"))
    folders = [path for pattern in patterns for tree in ("/usr", *trees) for path in Path(tree).glob(pattern)]
    for folder in dict.fromkeys(Path(folder) for folder in (*sys.path, *library_folders(), *folders) if folder):
        ours += [path for pattern in ("", "__pycache__/") for path in folder.glob(f"{pattern}*fls?teach*")]
    clone = PACKAGE.parent
    if (clone / ".git").exists() and not any(_lies_in(tree, str(clone)) for tree in (*trees, sys.prefix)):
        ours.append(clone)
    return ours


def _lies_in(path, tree):
    return path == tree or path.startswith(tree.rstrip("/") + "/")
