"""Random bytes that are called .zip.

exercise: 08_bayes_error
verdict: missing
"""


def build(folder):
    path = folder / "not_a_zip.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 10)
    return path
