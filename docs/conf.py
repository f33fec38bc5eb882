"""How the documentation becomes a site: `make docs`. No page of it needs the network."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

project = "rnn-grader"
extensions = ["myst_parser"]
root_doc = "docs/index"
# The source folder is the repository's, so that links between its pages hold here and there.
include_patterns = [
    "README.md",
    "docs/*.md",
    "assignments/*/README.md",
    "benchmarks/results.md",
]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = "rnn-grader"
html_math_renderer = "mathml"  # the browser's own: nothing to load, and a screen reader reads it
html_copy_source = html_show_sourcelink = False
html_show_copyright = html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["site"]  # an index.html above all folders
templates_path: list[str] = []
suppress_warnings = ["myst.header"]  # a handout begins where its notebook does


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _display(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(convert(node.astext(), display="block"))
    raise nodes.SkipNode


def _accessible(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """What the theme leaves out: how deep captions are; what scrolls can be reached by keys."""
    for part, old, new in (
        ("furo_navigation_tree", 'role="heading"', 'role="heading" aria-level="2"'),
        ("body", "<pre>", '<pre tabindex="0">'),
        ("body", '<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
        ("body", '<div class="math-wrapper', '<div tabindex="0" class="math-wrapper'),
    ):
        if part in context:
            context[part] = context[part].replace(old, new)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", _accessible, priority=900)  # after the theme
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
