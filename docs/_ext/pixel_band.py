"""The mark of the course: a band of pixels that is noise at the left and a landscape at the right."""

import math
import random
from pathlib import Path

from course_lib.plots import DATA, GUIDANCE, MODEL, TEXT

ROWS, COLUMNS = 6, 64


def mix(a: str, b: str, share: float) -> str:
    """A colour between two: share 0 is a, 1 is b."""
    pairs = ((int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in pairs)


def landscape(row: int, column: int) -> str:
    """The colour of one pixel: a sky, two rows of hills and a low sun."""
    x, y = column / COLUMNS, row / (ROWS - 1)
    if math.hypot((x - 0.86) * COLUMNS / ROWS, y - 0.42) < 0.34:
        return MODEL
    if y > 0.72 + 0.16 * math.sin(19 * x):
        return mix(TEXT, "#ffffff", 0.12 * (row % 2))
    if y > 0.5 + 0.2 * math.sin(11 * x + 1):
        return mix(GUIDANCE, DATA, x)
    return mix(DATA, "#ffffff", 0.3 + 0.5 * y)


def band(seed: int = 4) -> str:
    """The band as SVG.  Each column holds the landscape with a probability that grows to the right."""
    chance, squares = random.Random(seed), []
    for column in range(COLUMNS):
        signal = (column / (COLUMNS - 1)) ** 1.3
        for row in range(ROWS):
            grey = chance.randint(0x70, 0xE8)
            color = (
                landscape(row, column) if chance.random() < signal else f"#{grey:02x}{grey:02x}{grey + 4:02x}"
            )
            squares.append(f'<rect x="{column}" y="{row}" width="1.02" height="1.02" fill="{color}"/>')
    size = f'viewBox="0 0 {COLUMNS} {ROWS}" preserveAspectRatio="none" shape-rendering="crispEdges"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(squares)}</svg>'


def write(app) -> None:
    for static in app.config.html_static_path or app.config.revealjs_static_path:
        folder = Path(app.srcdir, static).resolve()
        if (folder / "course.css").exists():
            (folder / "pixels.svg").write_text(band(), encoding="utf-8")


def setup(app) -> dict:
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
