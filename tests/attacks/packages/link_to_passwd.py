"""The exercise file is a symbolic link to /etc/passwd, whose first line the syntax error would show.

exercise: 08_bayes_error
verdict: missing
"""


def build(folder):
    path = folder / "link_to_passwd"
    path.mkdir()
    (path / "08_bayes_error.py").symlink_to("/etc/passwd")
    return path
