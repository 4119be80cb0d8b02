"""`{picture} day02#fade`: a picture from a lesson's stored outputs, found by its name.

A code cell names its picture by a tag: `picture:fade`.  The alt text is the cell's own, `mystnb.image.alt`.
What is renamed or gone stops the build, so a page can't show an old picture.
"""

import base64
import io
import re
from pathlib import Path

import nbformat
import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from PIL import Image
from sphinx.util.docutils import SphinxDirective

ROOM = 1136, 440  # width and height, in pixels of a slide, that its title and a sentence leave for a picture
BESIDE = (
    760,
    500,
)  # the same where the sentence stands beside it: pictures less wide than NARROW times their height
NARROW = 1.85
ADDRESS = re.compile(r"day\d\d#[a-z0-9-]+")


def find_lesson(lessons: Path, day: str) -> Path:
    """The notebook of a day such as "day02".  Raises ValueError where there is none."""
    found = sorted(lessons.glob(f"{day}_*.ipynb"))
    if not found:
        raise ValueError(f"There is no notebook of {day}.")
    return found[0]


def pictures(notebook: Path) -> list[tuple[str, bytes, str]]:
    """Every stored picture of a lesson: (its name or "", PNG, alt text)."""
    found = []
    for cell in nbformat.read(notebook, as_version=4).cells:
        names = [
            t.removeprefix("picture:") for t in cell.metadata.get("tags", []) if t.startswith("picture:")
        ]
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                found.append((names[0] if names else "", base64.b64decode(output.data["image/png"]), alt))
    return found


def named_picture(notebook: Path, name: str) -> tuple[bytes, str]:
    """(PNG, alt text) of the one picture with that name.  Raises ValueError, naming the names, where it is not one."""
    named = [(found, png, alt) for found, png, alt in pictures(notebook) if found]
    fitting = [(png, alt) for found, png, alt in named if found == name]
    if len(fitting) != 1:
        names = ", ".join(found for found, _, _ in named) or "none"
        raise ValueError(
            f"{notebook.name} has {len(fitting)} pictures named {name!r}, not one; its names are: {names}. "
            f"Name a picture by the tag picture:{name} on its code cell."
        )
    if not fitting[0][1]:
        raise ValueError(f"The picture {name!r} of {notebook.name} has no alt text in mystnb.image.alt.")
    return fitting[0]


def broken(png: bytes, rows: int) -> bytes:
    """A strip of pictures broken into rows, each cut where the strip is blank from top to bottom."""
    strip = Image.open(io.BytesIO(png)).convert("RGB")
    inked = (np.asarray(strip) < 255).any(axis=(0, 2))  # (width,): is there anything in this column?
    blank = np.flatnonzero(~inked)
    edges = [
        0,
        *(int(blank[abs(blank - strip.width * k / rows).argmin()]) for k in range(1, rows)),
        strip.width,
    ]
    spans = [
        left + np.flatnonzero(inked[left:right])[[0, -1]] + (0, 1) for left, right in zip(edges, edges[1:])
    ]
    page = Image.new("RGB", (max(int(right - left) for left, right in spans), strip.height * rows), "white")
    for row, (left, right) in enumerate(spans):
        page.paste(strip.crop((int(left), 0, int(right), strip.height)), (0, row * strip.height))
    page.save(file := io.BytesIO(), "PNG")
    return file.getvalue()


def lessons_folder(env) -> Path:
    """Where the staged notebooks are: beside the pages, and above the slides."""
    here = Path(env.srcdir)
    return (here if (here / "lessons").exists() else here.parent) / "lessons"


def image_node(env, file_name: str, png: bytes, alt: str) -> nodes.image:
    """An image node of a PNG, which is written beside the sources so that Sphinx copies it."""
    target = Path(env.srcdir) / "_pictures" / file_name
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(png)
    return nodes.image(uri=f"/_pictures/{file_name}", alt=alt, classes=["notebook-picture"])


class Picture(SphinxDirective):
    """The directive, for slides: as large as there is room for, or `:size:` percent of that.  What is said below a
    narrow picture is put beside it (`slides.put_beside`).

    `:rows: 2` breaks a long strip of pictures in two, so that they can be larger.
    """

    required_arguments = 1
    option_spec = {"size": directives.percentage, "rows": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        address = self.arguments[0]
        try:
            if not ADDRESS.fullmatch(address):
                raise ValueError(f"{address!r} is not the address of a picture, such as day02#fade.")
            day, name = address.split("#")
            notebook = find_lesson(lessons_folder(self.env), day)
            self.env.note_dependency(str(notebook))
            png, alt = named_picture(notebook, name)
        except ValueError as error:
            raise self.error(str(error)) from None
        if rows := self.options.get("rows"):
            png = broken(png, rows)
        width, height = Image.open(io.BytesIO(png)).size
        narrow = width < NARROW * height
        room = BESIDE if narrow else ROOM
        fitting = min(room[0], room[1] * width / height) * self.options.get("size", 100) / 100
        image = image_node(self.env, f"{day}-{name}.png", png, alt)
        image["classes"] += ["narrow"] if narrow else []
        image["width"] = f"{fitting:.0f}px"
        return [image]


def setup(app) -> dict:
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
