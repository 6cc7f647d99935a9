"""Sphinx: the guides beside this file, and the reference from the docstrings of `core`. `make docs` builds it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.version import VERSION

project = "EnerV2Gize"
author = "The EnerV2Gize authors"
copyright = "2026, The EnerV2Gize authors"
release = VERSION
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
templates_path = ["templates"]
exclude_patterns = ["screenshots", "templates"]
suppress_warnings = ["ref.python"]  # two modules may call a class alike; the reader sees which is meant
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "sidebar_width": "260px"}

# Docstrings write `name` for code, as Markdown does.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# Names of arrays stay as they are written; `reference.md` says what they stand for.
autodoc_type_aliases = {name: name for name in ("Floats", "Ints", "Bools", "Singles")}
# A package's page shows what the package holds; names that it passes on are described where they are defined.
autodoc_default_options = {"members": True, "undoc-members": False, "ignore-module-all": True}
autosummary_ignore_module_all = True
autosummary_imported_members = False
numpydoc_show_class_members = False
myst_heading_anchors = 3
