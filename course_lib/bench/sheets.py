"""Pages of painted pictures for people to look at: `course bench sheets`."""

from itertools import product

import numpy as np
from PIL import Image
from torch import Tensor

from course_lib.bench.lcm import side_by_side
from course_lib.bench.painting import SAMPLES, N, generate, zoo
from course_lib.lessons.days import HOME
from course_lib.models import load_text_to_image
from course_lib.pictures.pixels import to_bytes
from course_lib.zoo import ANIMALS, MEDIA, PLACES, caption, contact_sheet, random_scene
from course_lib.zoo.sheets import save

IMAGES = HOME / "docs" / "images"
SHOWN = 200  # pictures on the page that is looked through for bad ones


def main() -> None:
    """Paint every animal and every place in every medium, for docs/images; 200 numbered samples and the LCM-LoRA's, for runs/bench."""
    pipe = load_text_to_image("pocket", device="cpu")
    pipe.set_progress_bar_config(disable=True)
    save(painted(pipe, "animal", ANIMALS), IMAGES / "pocket_animals.png")
    save(painted(pipe, "place", PLACES), IMAGES / "pocket_places.png")
    SAMPLES.mkdir(parents=True, exist_ok=True)
    samples(pipe).save(SAMPLES / "samples.png")
    side_by_side(pipe).save(SAMPLES / "lcm.png")


def painted(pipe, field: str, words: tuple[str, ...]) -> Image.Image:
    """Each of `words` in every medium, one picture for each prompt, none thrown away."""
    # The other words vary with the seed, as they do in the Zoo.
    scenes = [
        random_scene([k, 77], **{field: word, "medium": medium})
        for k, (medium, word) in enumerate(product(MEDIA, words))
    ]
    pictures = arrays(generate(pipe, [caption(scene) for scene in scenes]))
    rows = [pictures[i : i + len(words)] for i in range(0, len(pictures), len(words))]
    return contact_sheet(
        rows,
        row_labels=[medium.replace(" ", "\n") for medium in MEDIA],
        column_labels=[word.replace(" ", "\n", 1) for word in words],
    )


def samples(pipe) -> Image.Image:
    """The first pictures that `course bench pocket` measures, in the order of their prompts, ten in a row."""
    _, scenes = zoo(N, "train")
    pictures = arrays(generate(pipe, [caption(scene) for scene in scenes]))[:SHOWN]
    rows = [pictures[i : i + 10] for i in range(0, SHOWN, 10)]
    labels = [str(i) for i in range(0, SHOWN, 10)]
    return contact_sheet(rows, row_labels=labels, column_labels=list("0123456789"))


def arrays(images: Tensor) -> list[np.ndarray]:
    """(N, 3, H, W) in [-1, 1] to N pictures of (H, W, 3) uint8."""
    return list(to_bytes(images).movedim(1, -1).numpy())
