"""The exercise file is a symbolic link to /dev/zero, which can be read for ever.

exercise: 08_bayes_error
verdict: missing
"""


def build(folder):
    path = folder / "link_to_dev_zero"
    path.mkdir()
    (path / "08_bayes_error.py").symlink_to("/dev/zero")
    return path
