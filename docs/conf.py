"""The documentation site: `make docs` builds it, every warning is an error, and nothing on it needs a network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for the two modules beside this file

from fls_teach import __version__

project = "fls-teach"
author = "The fls-teach authors"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "numpydoc",
    "site_pages",
    "site_math",
]
exclude_patterns = ["_build", "pictures"]
suppress_warnings = ["myst.header"]  # lessons begin with "01 ...", the glossary's words are third-level headings

myst_enable_extensions = ["dollarmath", "attrs_inline"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # numpydoc's "Parameters" have them, with shapes
autodoc_member_order = "bysource"
autodoc_mock_imports = ["torch", "safetensors"]
numpydoc_show_class_members = False
default_role = "code"
smartquotes = False  # "--out" is an option

html_theme = "furo"
html_title = "fls-teach"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
linkcheck_ignore = ["https?://"]  # links within the site are checked; others would need a network
