"""A zip whose exercise file is a symbolic link to /etc/passwd, and another entry that goes through a linked folder.

exercise: 08_bayes_error
verdict: missing
"""

import stat
import zipfile


def build(folder):
    path = folder / "zip_symlink.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, target in (("08_bayes_error.py", "/etc/passwd"), ("way", "/tmp")):
            link = zipfile.ZipInfo(name)
            link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, target)
        archive.writestr("way/FLS-ATTACK-WAS-HERE-link", "written through a link")
    return path
