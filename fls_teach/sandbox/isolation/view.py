"""Which files of this machine a sandboxed worker may see: an interpreter with its packages, and our three."""

import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from fls_teach.sandbox.isolation import SandboxError

_ROOM = Path(__file__).resolve().parents[1]
_PACKAGE = _ROOM.parent
WORKER = _ROOM / "worker.py"
WORKER_FILES = WORKER, *(_ROOM / name for name in ("protocol.py", "decoding.py", "isolation/confine.py"))

# What the dynamic linker and the C library need beside /usr; absent ones are left out.
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime"),
)


def library_folders() -> list[str]:
    """Folders from which the worker imports: where this interpreter found the packages that exercises use.

    They may have come from PYTHONPATH, which a worker does not see.

    Returns
    -------
    list of str
    """
    found = [importlib.util.find_spec(name) for name in ("numpy", "scipy", "torch")]
    files = [spec.origin for spec in found if spec and spec.origin]
    # Both where they are found and where they lie: an installer may have made links.
    return list(dict.fromkeys(str(Path(path).parents[1]) for each in files for path in (each, os.path.realpath(each))))


def interpreter_trees() -> list[str]:
    """Folders that hold the interpreter and its packages and are not below /usr or one another, shortest first.

    Raises
    ------
    SandboxError
        If one of them holds everything of this user's.
    """
    program = os.path.realpath(sys.executable)
    wanted = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *library_folders()]
    wanted += [os.path.dirname(os.path.dirname(program))]
    wanted += [os.path.realpath(path) for path in wanted]
    home = os.path.realpath(os.path.expanduser("~"))
    trees = ["/usr"]
    for path in sorted({os.path.abspath(path) for path in wanted}, key=lambda path: (len(path), path)):
        if any(_lies_in(path, tree) for tree in trees):
            continue
        if path == "/" or _lies_in(home, path):
            raise SandboxError(f"this Python is installed in '{path}', which cannot be shown without all that is there")
        trees.append(path)
    return trees[1:]


def bubblewrap_view(hidden: Iterable[str | Path], inside: str, scratch_bytes: int | None = None) -> list[str]:
    """bubblewrap's arguments for what can be seen; later ones lie on top of earlier ones.

    Parameters
    ----------
    hidden : sequence of path
        What must not be seen, wherever it lies.
    inside : str
        Where the worker's own files appear.
    scratch_bytes : int, optional
        The size of /tmp; as much as the machine allows where it is left out.

    Returns
    -------
    list of str
    """
    size = [] if scratch_bytes is None else ["--size", str(scratch_bytes)]
    # Its first process is bubblewrap, the same user, without filter and limits: no process may write to /proc/1/mem.
    arguments = ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]
    # No terminals: each would be memory of the kernel's that no limit counts.
    arguments += ["--tmpfs", "/dev/pts", "--remount-ro", "/dev/pts", "--remount-ro", "/dev"]
    arguments += [*size, "--perms", "1777", "--tmpfs", "/tmp"]
    arguments += ["--perms", "0755", "--dir", "/etc"]
    for path in SYSTEM:
        if os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            arguments += ["--ro-bind", path, path]
    trees = interpreter_trees()
    # bubblewrap would make the folders above as closed as root's own are.
    above = {str(parent) for tree in trees for parent in Path(tree).parents} - {"/", "/tmp"}
    for path in sorted(above, key=len):
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
    """Those of `hidden` that would be visible in `trees`, by every name they have there, the outermost only."""
    paths = {name(os.path.abspath(path)) for path in hidden for name in (str, os.path.realpath)}
    for tree in trees:  # one may be shown by a name that is a link
        target = os.path.realpath(tree)
        paths |= {tree + path[len(target) :] for path in paths if _lies_in(path, target)}
    # A name that leads through a link below a tree needs no mask of its own: it ends at another one of these.
    ways = [(tree, os.path.realpath(tree)) for tree in trees]
    kept = []
    for path in sorted(filter(os.path.exists, paths), key=lambda path: (len(path), path)):
        straight = any(_lies_in(path, tree) and os.path.realpath(path) == end + path[len(tree) :] for tree, end in ways)
        if straight and not any(_lies_in(path, other) for other in kept):
            kept.append(path)
    return kept


def _ours(trees):
    """Our package, every other copy of it that could be seen, and the clone around it with its history.

    And what says that it is installed, and where: names of files would tell a submission what to look for.
    """
    ours = [_PACKAGE]
    # Of other interpreters too, for example the one that a virtual environment was made from.
    installed = (f"{where}lib*/python3*/*-packages" for where in ("", "local/"))
    folders = [path for pattern in installed for tree in ("/usr", *trees) for path in Path(tree).glob(pattern)]
    for folder in dict.fromkeys(Path(folder) for folder in (*sys.path, *library_folders(), *folders) if folder):
        ours += [path for pattern in ("", "__pycache__/") for path in folder.glob(f"{pattern}*fls?teach*")]
    clone = _PACKAGE.parent
    if (clone / ".git").exists() and not any(_lies_in(tree, str(clone)) for tree in (*trees, sys.prefix)):
        ours.append(clone)
    return ours


def _lies_in(path, tree):
    return path == tree or path.startswith(tree.rstrip("/") + "/")
