"""A notebook as a page: its buttons, and what a reader without a kernel should see in place of controls."""

import re

from docutils import nodes

NO_KERNEL = "(Run this notebook to use the controls.)"  # what course_lib.widgets prints beside a control
CALLS = {"Predict, then run.": "predict", "Exercise": "task"}


def dress(app, doctree) -> None:
    """Change one lesson after it was read."""
    docname = app.env.docname
    if not (match := re.fullmatch(r"lessons/(day(\d\d)_\w+)", docname)):
        return
    # "02" before the question, in the lists of pages; the page's own heading stays the question alone.
    for title in (app.env.titles[docname], app.env.tocs[docname].next_node(nodes.reference)):
        title.insert(0, nodes.inline("", f"{match[2]} ", classes=["nav-day"]))
    doctree.next_node(nodes.title).parent.insert(1, buttons(app, match[1]))
    for paragraph in list(doctree.findall(nodes.paragraph)):
        first = next((part for part in paragraph.children if part.astext()), None)
        for words, name in CALLS.items():
            if isinstance(first, nodes.strong) and first.astext().startswith(words):
                paragraph["classes"].append(name)
    for block in list(doctree.findall(nodes.literal_block)):
        lines = [line for line in block.astext().splitlines() if line.strip()]
        if block.astext().strip() == NO_KERNEL:
            block.replace_self(
                nodes.paragraph("", "Controls: they work where the notebook runs.", classes=["controls"])
            )
        elif lines and all(line.startswith("✓ ") for line in lines):
            items = [nodes.list_item("", nodes.paragraph("", line[2:])) for line in lines]
            block.replace_self(nodes.bullet_list("", *items, classes=["gates"]))


def buttons(app, name: str) -> nodes.raw:
    """Download the notebook; open the slides where the day has some."""
    links = [f'<a href="../_sources/lessons/{name}.ipynb" download>Download notebook</a>']
    if (app.srcdir / "slides" / f"{name[:5]}.md").exists():
        links.append(f'<a href="../slides/{name[:5]}.html">Slides</a>')
    day = f'<span class="chip">Day {name[3:5]}</span>'
    return nodes.raw("", f'<div class="lesson-bar">{day}{"".join(links)}</div>', format="html")


def setup(app) -> dict:
    app.connect("doctree-read", dress, priority=900)  # after Sphinx has collected the titles
    return {"parallel_read_safe": True, "parallel_write_safe": True}
