"""How the documentation is built: `./dev docs`, without a network; every number and figure on it comes from a run."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from femwgm import __version__  # noqa: E402 - the extension beside this file comes first

project = "femwgm"
author = "the femwgm developers"
project_copyright = "the femwgm developers"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "executed",
    "formulas",
]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
html_math_renderer = "matplotlib"
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["site"]
nitpicky = False
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_class_signature = "separated"
napoleon_numpy_docstring = True
napoleon_use_rtype = False
autodoc_default_options = {"exclude-members": "__init__"}
suppress_warnings = ["myst.header", "ref.python"]

html_theme = "pydata_sphinx_theme"
html_title = f"femwgm {release}"
html_static_path = [str(HERE / "static")]
html_extra_path = [str(HERE / "extra")]
html_css_files = ["femwgm.css"]
html_sidebars = {"**": []}
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
    "header_links_before_dropdown": 5,
}
