"""Contact sheets: many Zoo pictures on one page, with labels."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from course_lib.lessons.small_png import small_png
from course_lib.zoo.coats import ANIMALS, COATS
from course_lib.zoo.draw import SIDE, draw
from course_lib.zoo.scene import ANIMAL_POSES, LOOKS, MEDIA, PLACES, Scene, random_scene

PAPER, TEXT = (255, 255, 255), (52, 56, 70)


def contact_sheet(
    rows: Sequence[Sequence[Scene | np.ndarray]],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    size: int = SIDE,
    enlarge: int = 1,
    gap: int = 6,
) -> Image.Image:
    """Scenes, or pictures that are there already, in rows, as one picture on white.

    rows: Scenes, or (size, size, 3) uint8 arrays.  size: pixels each scene is drawn with.  enlarge: whole times each is then enlarged, with hard pixels.
    row_labels, column_labels: one text per row and column, or none.  Rows may differ in length.
    Raises ValueError where there is no scene, or labels don't match.
    """
    columns = max((len(row) for row in rows), default=0)
    if not columns:
        raise ValueError("contact_sheet got no scenes; give at least one row with at least one scene.")
    if row_labels and len(row_labels) != len(rows) or column_labels and len(column_labels) != columns:
        raise ValueError(
            f"contact_sheet has {len(rows)} rows and {columns} columns, but {len(row_labels)} and {len(column_labels)} labels."
        )
    side, font = size * enlarge, ImageFont.load_default(max(10, size * enlarge // 8))
    left = gap + (max(int(font.getlength(text)) for text in row_labels) + 2 * gap if row_labels else 0)
    top = gap + (max(_lines(text) for text in column_labels) * (font.size + 4) + gap if column_labels else 0)
    page = Image.new("RGB", (left + columns * (side + gap), top + len(rows) * (side + gap)), PAPER)
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            pixels = draw(cell, size) if isinstance(cell, Scene) else cell
            tile = np.kron(pixels, np.ones((enlarge, enlarge, 1), np.uint8))
            page.paste(Image.fromarray(tile), (left + c * (side + gap), top + r * (side + gap)))
    pen = ImageDraw.Draw(page)
    for r, text in enumerate(row_labels):
        pen.text(
            (left - 2 * gap, top + r * (side + gap) + side / 2), text, TEXT, font, anchor="rm", align="right"
        )
    for c, text in enumerate(column_labels):
        pen.multiline_text(
            (left + c * (side + gap) + side / 2, top - gap), text, TEXT, font, anchor="md", align="center"
        )
    return page


def _lines(text: str) -> int:
    return text.count("\n") + 1


def animals_by_media(size: int = 128, seed: int = 0) -> Image.Image:
    """Every animal in every medium; places and poses vary."""
    rows = [[_choice(seed, a, m) for a in range(len(ANIMALS))] for m in range(len(MEDIA))]
    return contact_sheet(
        rows,
        row_labels=[m.replace(" ", "\n") for m in MEDIA],
        column_labels=[a.replace(" ", "\n") for a in ANIMALS],
        size=size,
    )


def _choice(seed: int, a: int, m: int) -> Scene:
    """Places and poses spread evenly over the sheet."""
    animal, poses = ANIMALS[a], ANIMAL_POSES[ANIMALS[a]]
    pose = poses[(a + m) % len(poses)]
    place = PLACES[(3 * a + 5 * m + seed) % len(PLACES)]
    return random_scene(
        [seed, a, m],
        animal=animal,
        medium=MEDIA[m],
        place=place,
        pose=pose,
        coat=next(iter(COATS[animal])),
        size=0.86,
        x=0.5,
    )


def places_by_media(size: int = 128, seed: int = 0) -> Image.Image:
    """Every place in every medium; animals vary."""
    rows = [
        [random_scene([seed, m, p], animal=ANIMALS[(5 * m + p + 3 * (p // 4)) % len(ANIMALS)], medium=MEDIA[m], place=PLACES[p], size=0.82) for p in range(len(PLACES))]
        for m in range(len(MEDIA))
    ]  # fmt: skip
    columns = [place.replace(" a ", " a\n", 1).replace("the ", "the\n", 1) for place in PLACES]
    return contact_sheet(
        rows, row_labels=[m.replace(" ", "\n") for m in MEDIA], column_labels=columns, size=size
    )


def poses(size: int = 128, seed: int = 0) -> Image.Image:
    """Every animal in every pose it has and in several coats; one medium after the other."""
    rows = []
    for a, animal in enumerate(ANIMALS):
        row = []
        for k in range(8):
            pose = ANIMAL_POSES[animal][k % len(ANIMAL_POSES[animal])]
            coat = list(COATS[animal])[k % len(COATS[animal])]
            look = LOOKS[(k + k // len(ANIMAL_POSES[animal])) % 3]
            row.append(
                random_scene(
                    [seed, a, k],
                    animal=animal,
                    pose=pose,
                    coat=coat,
                    look=look,
                    medium=MEDIA[(a + k) % len(MEDIA)],
                    size=0.86,
                    x=0.5,
                )
            )
        rows.append(row)
    return contact_sheet(rows, row_labels=[a.replace(" ", "\n") for a in ANIMALS], size=size)


def save(page: Image.Image, path: Path) -> None:
    """Save as a small PNG file."""
    path.write_bytes(small_png(page))


if __name__ == "__main__":  # python -m course_lib.zoo.sheets docs/images
    target = Path(sys.argv[1])
    save(animals_by_media(112), target / "zoo.png")
    save(places_by_media(128), target / "zoo_places.png")
    save(poses(88), target / "zoo_poses.png")
