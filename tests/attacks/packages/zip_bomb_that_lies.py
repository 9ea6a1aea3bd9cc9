"""A zip bomb whose directory claims that the exercise file has 100 bytes.

exercise: 08_bayes_error
verdict: missing
"""

import zipfile


def build(folder):
    path = folder / "zip_bomb_that_lies.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("08_bayes_error.py", b"#" * 2**26)
    data = path.read_bytes()
    assert data.count((2**26).to_bytes(4, "little")) == 2  # in the entry and in the directory
    path.write_bytes(data.replace((2**26).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    return path
