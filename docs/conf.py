"""How the site is built: ``make docs``. Nothing is fetched from the network."""

from __future__ import annotations

import sys
from pathlib import Path

import imbsuite

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

project = "imbsuite"
author = "imbsuite developers"
project_copyright = "imbsuite developers"
release = version = imbsuite.__version__

extensions = [
    "myst_nb",  # includes myst_parser
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx_gallery.gen_gallery",
    # In docs/_extensions.
    "mathml",
    "notebooks",
    "pages",
    "public_members",
]

templates_path = ["_templates"]
exclude_patterns = ["changelog.d", "gallery", "auto_gallery/*.ipynb"]
# autosummary writes pages with the first suffix that it does not know to be another.
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb", ".ipynb": "myst-nb"}
# Their outputs are kept in the repository; make notebooks renews them.
nb_execution_mode = "off"

# Every reference must lead somewhere. There is no intersphinx: it would ask the network,
# so names of other libraries are written as code and not as references.
nitpicky = True
# Types in signatures would be references to NumPy's and typing's names, most of them Any;
# the numpydoc sections say in words what a parameter may be.
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autosummary_generate = True
extlinks = {"doi": ("https://doi.org/%s", "doi:%s")}
# MathJax would be loaded from the network, and LaTeX is more than can be asked for;
# browsers draw MathML by themselves.
html_math_renderer = "mathml"

# The template of a class lists its methods.
numpydoc_show_class_members = False

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
# Blocks without a language are the output of commands.
highlight_language = "none"
# Users type the quotation marks of defaults.
smartquotes = False

sphinx_gallery_conf = {
    "examples_dirs": ["gallery"],
    "gallery_dirs": ["auto_gallery"],
    "backreferences_dir": "api/backreferences",
    "doc_module": ("imbsuite",),
    "download_all_examples": False,
    "capture_repr": (),
    "min_reported_time": 60,
    "write_computation_times": False,
    "show_signature": False,
    "within_subsection_order": "ExampleTitleSortKey",
    "abort_on_example_error": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "imbsuite"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "imbsuite"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navigation_with_keys": False,
    "show_prev_next": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "changelog": [], "evidence": [], "design": []}
