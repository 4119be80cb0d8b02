"""Sphinx reads this from the staged copy of docs/slides: see course_lib/site.py."""

import hashlib
import sys
from pathlib import Path

EXTENSIONS = Path(__file__).parents[1] / "_ext"
sys.path.insert(0, str(EXTENSIONS))

project = "Noise to Picture"
extensions = ["myst_nb", "sphinx_revealjs", "katex_math", "pictures", "pixel_band", "slides"]
exclude_patterns = ["README.md", "_pictures/**"]
suppress_warnings = ["toc.not_included"]  # each deck stands alone
smartquotes = False

nb_execution_mode = "off"
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "dollarmath"]
myst_update_mathjax = False
html_math_renderer = "katex"
html_copy_source = False
html_scaled_image_link = False
html_favicon = "../_static/logo.svg"
highlight_language = "none"
pygments_style = "github-light-high-contrast"

revealjs_html_theme = "revealjs-simple"  # without the scripts of Sphinx's own pages
revealjs_static_path = ["../_static"]
revealjs_style_theme = "course.css"
revealjs_css_files = ["katex/katex.min.css", "pygments.css", "slides.css"]
revealjs_js_files = ["theme.js"]
# The plug-ins of the reveal.js 5.2 that sphinx-revealjs brings along; reveal.js 6 has another place for the notes.
revealjs_script_plugins = [{"src": "revealjs/plugin/notes/notes.js", "name": "RevealNotes"}]
revealjs_script_conf = {
    "width": 1280,
    "height": 720,
    "margin": 0,
    "center": False,
    "display": "flex",
    "hash": True,
    "controls": False,
    "progress": False,
    "slideNumber": "c/t",
    "transition": "none",
    "defaultTiming": 180,
    "pdfSeparateFragments": False,
    "pdfMaxPagesPerSlide": 1,
}

# The extensions' own code: Sphinx reads every deck again where it has changed.
our_code = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(EXTENSIONS.glob("*.py")))).hexdigest()


def setup(app) -> None:
    app.add_config_value("our_code", "", "env")
