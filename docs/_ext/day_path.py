"""`{day} 02`: one stop on the landing page's path, with its question, a picture from its notebook, and its links.

It belongs on a page in docs/ itself: the links start from there.
"""

from docutils import nodes
from docutils.parsers.rst import directives
from pictures import find_lesson, image_node, lessons_folder, named_picture, pictures
from sphinx.addnodes import pending_xref
from sphinx.util.docutils import SphinxDirective

from course_lib.lessons.days import QUESTIONS


class Day(SphinxDirective):
    """The content says in a sentence what happens; `:picture: name` chooses a picture, else it is the first."""

    required_arguments = 1
    has_content = True
    option_spec = {"picture": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        day = f"day{self.arguments[0]}"
        if day not in QUESTIONS:
            raise self.error(f"{day} is no day of the course.")
        stop = nodes.container(classes=["day"])
        text = nodes.container(classes=["day-text"])
        stop += [nodes.paragraph("", day[3:], classes=["day-number"]), text]
        try:
            notebook = find_lesson(lessons_folder(self.env), day)
        except ValueError:
            stop["classes"].append("day-to-come")
            text += nodes.paragraph("", QUESTIONS[day], classes=["day-question"])
            text += self.parse_content_to_nodes()
            return [stop]
        self.env.note_dependency(str(notebook))
        text += nodes.paragraph(
            "", "", link(self.env, notebook.stem, QUESTIONS[day]), classes=["day-question"]
        )
        text += self.parse_content_to_nodes()
        text += self.links(day, notebook.stem)
        try:
            stop += self.picture(day, notebook)
        except ValueError as error:
            raise self.error(str(error)) from None
        return [stop]

    def picture(self, day: str, notebook) -> nodes.container:
        name = self.options.get("picture", "")
        png, alt = named_picture(notebook, name) if name else pictures(notebook)[0][1:]
        image = image_node(self.env, f"{day}-{name or 'first'}.png", png, alt)
        # Sphinx's own links hold no pictures.  The title beside it is the link for the keyboard.
        start = f'<a href="lessons/{notebook.stem}.html" tabindex="-1">'
        inside = (nodes.raw("", start, format="html"), image, nodes.raw("", "</a>", format="html"))
        return nodes.container("", *inside, classes=["day-picture"])

    def links(self, day: str, stem: str) -> nodes.paragraph:
        lessons = lessons_folder(self.env)
        html = f'<a href="_sources/lessons/{stem}.ipynb" download>Notebook</a>'
        if (lessons.parent / "slides" / f"{day}.md").exists():
            html = f'<a href="slides/{day}.html">Slides</a>{html}'
        read = link(self.env, stem, "Read")
        return nodes.paragraph("", "", read, nodes.raw("", html, format="html"), classes=["day-links"])


def link(env, stem: str, shown: str) -> pending_xref:
    """A link to a lesson."""
    kind = {"refdomain": "std", "reftype": "doc", "refexplicit": True, "refwarn": True, "refdoc": env.docname}
    return pending_xref("", nodes.inline("", shown), reftarget=f"/lessons/{stem}", **kind)


def setup(app) -> dict:
    app.add_directive("day", Day)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
