"""What to do where no isolation works: the commonest causes on Linux, told from the kernel's settings."""

import contextlib
import os
import shutil
import sys
from pathlib import Path

_SETTINGS = Path("/proc/sys")
_AS_ROOT = (
    "do what is said beside it: what is secret must be closed to other users (chmod -R go-rwx), what the worker needs "
    "open to them"
)
_APPARMOR = (
    "AppArmor keeps programs from user namespaces: allow them to bwrap by a profile in /etc/apparmor.d, or sudo sysctl "
    "-w kernel.apparmor_restrict_unprivileged_userns=0"
)
# A setting, the value at which only root can make user namespaces, and what to do about it.
_SWITCHES = (
    ("user/max_user_namespaces", "0", "switch user namespaces on: sudo sysctl -w user.max_user_namespaces=15000"),
    ("kernel/unprivileged_userns_clone", "0", "let users have them: sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", _APPARMOR),
)


def advice(isolation: str) -> str:
    """What would let this machine grade untrusted code.

    Parameters
    ----------
    isolation : str
        "auto", or the one that is wanted and does not work.

    Returns
    -------
    str
        Sentences.
    """
    told = f"This machine cannot grade untrusted code{'' if isolation == 'auto' else f' with --isolation {isolation}'}."
    if not sys.platform.startswith("linux"):
        return f"{told} It takes Linux: on Windows WSL, on macOS a virtual machine or a container."
    ways = {"bwrap": _for_bubblewrap(), "uid": _AS_ROOT if os.geteuid() == 0 else "be root, in a container"}
    wanted = [f"for {name}, {what}" for name, what in ways.items() if isolation in ("auto", name)]
    return f"{told} What to do: {'; or '.join(wanted)}."


def _for_bubblewrap():
    if shutil.which("bwrap") is None:
        return "install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap)"
    for name, closed, what in _SWITCHES if os.geteuid() else ():
        with contextlib.suppress(OSError):  # this kernel has no such switch
            if (_SETTINGS / name).read_text().strip() == closed:
                return what
    return "grade where namespaces may be made: not in a container that forbids it, as Docker's does by default"
