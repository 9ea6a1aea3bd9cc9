"""A zip of 250 kB whose exercise file is 256 MiB long once unpacked.

exercise: 08_bayes_error
verdict: missing
"""

import zipfile


def build(folder):
    path = folder / "zip_bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("08_bayes_error.py", "w") as file:
        for _ in range(64):
            file.write(b"#" * 2**22)
    return path
