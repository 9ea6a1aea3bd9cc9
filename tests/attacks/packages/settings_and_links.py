"""Settings, as if this were the results of an earlier run, and links that nobody can look behind, beside honest work.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "settings_and_links"
    path.mkdir()
    (path / "08_bayes_error.py").write_text(HONEST)
    (path / "settings.json").write_text('{"fls_grade": 1, "exercises": ["08_bayes_error"]}')
    (path / "long").symlink_to("x" * 300)
    (path / "zip").symlink_to("zip")
    for k in range(300):
        (path / f"circle-{k}").symlink_to(".")
    return path
