"""The mark of the course: a band of pixels that is noise at the left and a landscape at the right."""

import math
import random
from pathlib import Path

from course_lib.plots import DATA, GUIDANCE, MODEL, TEXT

ROWS, COLUMNS = 10, 80
WHITE = "#ffffff"


def mix(a: str, b: str, share: float) -> str:
    """A colour between two: share 0 is a, 1 is b."""
    pairs = ((int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in pairs)


def landscape(row: int, column: int) -> str:
    """The colour of one pixel: a sky, a low sun, hills behind hills."""
    x, depth = column / ROWS, row + 0.5
    if math.hypot(x - 6.4, depth / ROWS - 0.36) < 0.27:
        return mix(MODEL, WHITE, 0.1)
    if depth > 8.2 + 1.1 * math.sin(1.7 * x):
        return mix(TEXT, WHITE, 0.05)
    if depth > 6.9 + 1.6 * math.sin(1.1 * x + 2.4):
        return mix(TEXT, WHITE, 0.35)
    if depth > 5.6 + 2.2 * math.sin(0.9 * x + 4.6):
        return mix(GUIDANCE, WHITE, 0.3)
    return mix(DATA, WHITE, 0.12 + 0.75 * depth / ROWS)


def band(seed: int = 4) -> str:
    """The band as SVG.  Each column holds the landscape with a probability that grows to the right."""
    chance, squares = random.Random(seed), []
    for column in range(COLUMNS):
        way = min(max((column / COLUMNS - 0.06) / 0.6, 0), 1)
        signal = way * way * (3 - 2 * way)  # slow at both ends, like the cosine schedule
        for row in range(ROWS):
            grey = chance.randint(0x6C, 0xEC)
            color = (
                landscape(row, column) if chance.random() < signal else f"#{grey:02x}{grey:02x}{grey + 3:02x}"
            )
            squares.append(f'<path fill="{color}" d="M{column} {row}h1v1h-1z"/>')
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
