"""Advice for a machine on which no isolation works: the commonest causes on Linux, found in the kernel's settings."""

import contextlib
import os
import shutil
import sys
from pathlib import Path

_SETTINGS = Path("/proc/sys")
_AS_ROOT = (
    "fix what is listed for it: close secret files to other users (chmod -R go-rwx), and let them read what the worker "
    "needs"
)
_APPARMOR = (
    "AppArmor forbids user namespaces: allow them for bwrap by a profile in /etc/apparmor.d, or sudo sysctl "
    "-w kernel.apparmor_restrict_unprivileged_userns=0"
)
# (setting, its value with which only root can create user namespaces, what to do)
_SWITCHES = (
    ("user/max_user_namespaces", "0", "enable user namespaces: sudo sysctl -w user.max_user_namespaces=15000"),
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "let all users create them: sudo sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", _APPARMOR),
)


def advice(isolation: str) -> str:
    """Return sentences on what would let this machine grade untrusted code.

    Parameters
    ----------
    isolation : str
        "auto", or the requested isolation, which does not work.
    """
    option = "" if isolation == "auto" else f" with --isolation {isolation}"
    problem = f"This machine cannot grade untrusted code{option}."
    if not sys.platform.startswith("linux"):
        return f"{problem} It needs Linux: on Windows WSL, on macOS a virtual machine or a container."
    remedies = {"bwrap": _for_bubblewrap(), "uid": _AS_ROOT if os.geteuid() == 0 else "be root, in a container"}
    steps = [f"for {name}, {remedy}" for name, remedy in remedies.items() if isolation in ("auto", name)]
    return f"{problem} What to do: {'; or '.join(steps)}."


def _for_bubblewrap():
    if shutil.which("bwrap") is None:
        return "install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap)"
    for name, root_only, remedy in _SWITCHES if os.geteuid() else ():
        with contextlib.suppress(OSError):  # this kernel has no such setting
            if (_SETTINGS / name).read_text().strip() == root_only:
                return remedy
    return "grade where namespaces can be created, which Docker's containers forbid by default"
