"""What to do where no isolation works: the commonest causes on Linux, told from the kernel's settings."""

import os
import shutil
import sys
from pathlib import Path

_SETTINGS = Path("/proc/sys")
# A setting, the value at which only root can make user namespaces, another value, and what the setting is for.
_SWITCHES = (
    ("user/max_user_namespaces", "0", "15000", "user namespaces are off"),
    ("kernel/unprivileged_userns_clone", "0", "1", "only root may make user namespaces"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0", "AppArmor keeps programs from user namespaces"),
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
    told = "This machine cannot grade untrusted code" + (
        f" with --isolation {isolation}." if isolation != "auto" else "."
    )
    if not sys.platform.startswith("linux"):
        return f"{told} It takes Linux: on Windows WSL, on macOS a virtual machine or a container."
    ways = [_for_bubblewrap()] if isolation != "uid" else []
    if isolation != "bwrap":
        ways.append(
            "for uid, do what is said beside it: what is secret must be closed to other users (chmod -R go-rwx), "
            "what the worker needs open to them"
            if os.geteuid() == 0
            else "for uid, be root, in a container"
        )
    return f"{told} What to do: {'; or '.join(ways)}."


def _for_bubblewrap():
    if shutil.which("bwrap") is None:
        return (
            "for bwrap, install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap)"
        )
    for name, closed, opened, what in _SWITCHES if os.geteuid() else ():
        try:
            value = (_SETTINGS / name).read_text().strip()
        except OSError:  # this kernel has no such switch
            continue
        if value == closed:
            dotted = name.replace("/", ".")
            profile = "allow them to bwrap by a profile in /etc/apparmor.d, or " if "apparmor" in name else ""
            return f"for bwrap, {what} ({dotted} is {value}): {profile}sudo sysctl -w {dotted}={opened}"
    return (
        "for bwrap, grade where namespaces may be made: not in a container that forbids it, as Docker's does by default"
    )
