"""Sphinx reads this from the staged copy of docs/, beside the lessons: see course_lib/site.py."""

import hashlib
import sys
from pathlib import Path

import course_lib

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "Noise to Picture"
author = "The authors of Noise to Picture"
copyright = "2026, the authors. MIT licence"
version = release = course_lib.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "day_path",
    "docstrings",
    "guide",
    "katex_math",
    "lesson_pages",
    "pictures",
    "pixel_band",
    "slides",
    "terms",
]
exclude_patterns = ["slides/**", "_pictures/**", "images/README.md"]

# Notebooks: the stored outputs are the course's reference; nothing is run, nothing is fetched.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "dollarmath"]
myst_update_mathjax = False
html_math_renderer = "katex"

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_inherit_docstrings = False
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries = False

highlight_language = "none"

html_theme = "pydata_sphinx_theme"
html_title = "Noise to Picture"
html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["course.css", "site.css"]
html_domain_indices = html_use_index = False
html_show_sourcelink = False
html_copy_source = True  # a lesson's "source" is its notebook: that is what the download button gives
html_sourcelink_suffix = ""
html_sidebars = {page: [] for page in ("index", "glossary", "benchmarks", "slides_for_teachers", "search")}
html_sidebars |= {f"{folder}**": ["sidebar-nav-bs"] for folder in ("lessons", "api/", "guide/")}
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "Noise to Picture", "image_light": "_static/logo.svg", "image_dark": "_static/logo.svg"},
    "navbar_align": "left",
    "navbar_persistent": ["search-button-field"],
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "search_bar_text": "Search the course",
    "secondary_sidebar_items": {"**": ["page-toc"], "index": [], "glossary": [], "slides_for_teachers": []},
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "github-light-high-contrast",
    "pygments_dark_style": "github-dark-high-contrast",
}

# The extensions' own code: Sphinx reads every page again where it has changed.
our_code = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted((HERE / "_ext").glob("*.py")))
).hexdigest()


def setup(app) -> None:
    app.add_config_value("our_code", "", "env")
