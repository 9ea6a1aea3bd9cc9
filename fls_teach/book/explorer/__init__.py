"""The page of `fls explore`: one HTML file that needs no network and no build step, made from the sources here.

The sources are JavaScript modules. `engine/` trains and measures networks, in worker threads and, for tests, in the
page; `page/` draws. `page_html` joins the modules in the order below into one script, which needs no `import` lines and
no `export`, so both are removed.
"""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).parent
ENGINE = tuple(f"engine/{name}.js" for name in "vectors random mixtures network step flow errors measures run".split())
"""Modules of the page and of its workers; each imports only from earlier ones."""
WORKER = ("engine/worker.js",)
"""Modules of the workers only."""
PAGE = tuple(
    f"page/{name}.js"
    for name in "svg settings plane curves bars ucurve numbers workers phases picture tour main".split()
)
"""Modules of the page only; each imports from ENGINE and from earlier ones."""

_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def page_html() -> str:
    """Return the whole page.

    Returns
    -------
    str
        HTML with styles, scripts and the presets of `fls_teach.demos`; every call returns the same text.
    """
    parts = {
        "style": (FOLDER / "page.css").read_text(encoding="utf-8"),
        "engine": script(ENGINE),
        "worker": script(WORKER),
        "page": script(PAGE),
        "presets": json.dumps(presets(), indent=1),
    }
    html = (FOLDER / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda blank: parts[blank[1]], html)


def script(names) -> str:
    """Join modules into one classic script.

    Parameters
    ----------
    names : iterable of str
        Paths below this folder; a module may import only from earlier ones.

    Returns
    -------
    str
    """
    modules = [(FOLDER / name).read_text(encoding="utf-8") for name in names]
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", module)) for module in modules)


def presets() -> dict:
    """Return the settings that the page offers: those of the demos, and a mixture in the plane.

    Returns
    -------
    dict of str to dict
        Name -> data, network and target, with the engine's names.
    """
    from fls_teach.demos.alignment.run import Params
    from fls_teach.demos.shared.settings import SETTINGS
    from fls_teach.theory import ClassMixture, XorMixture

    kinds = {ClassMixture: "classes", XorMixture: "xor"}
    found = {}
    for name, setting in SETTINGS.items():
        mixture = setting.mixture
        found[name] = {
            "title": setting.title,
            "mixture": kinds.get(type(mixture), "gaussian"),
            "classes": getattr(mixture, "n_classes", 2),
            "kappa": mixture.kappa,
            "n": setting.n_samples,
            "d": mixture.n_features,
            "h": setting.n_neurons,
            "targetRisk": setting.target_risk,
            "separable": setting.separable,
        }
    plane = Params()
    found["plane"] = found["separable"] | {
        "title": "two Gaussians, in the plane",
        "kappa": plane.movie_kappa,
        "n": plane.movie_samples,
        "d": 2,
        "h": plane.movie_neurons,
        "targetRisk": plane.target_risk,
    }
    return found
