"""Image folder: Zoo pictures as files, laid out as torchvision's ImageFolder reads them."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from course_lib.checks import check_word
from course_lib.zoo.cache import write_whole
from course_lib.zoo.draw import draw
from course_lib.zoo.scene import ANIMALS, MEDIA, ZOO_VERSION, random_scene

MANIFEST = "zoo.json"


def write_image_folder(
    folder: str | Path, classes: list[str], n_per_class: int, medium: str | None = None, seed: int = 0
) -> Path:
    """Write `n_per_class` pictures of each animal to folder/{class}/00000.png and so on.

    classes: names from ANIMALS.  medium: one of MEDIA, or None for all of them.  seed: which pictures.
    A second call with the same medium and seed writes only what is missing, so it resumes after an interruption
    and can add classes or pictures. Returns the folder as a Path.
    Raises ValueError for unknown words, FileExistsError where a file in the way was not written by this function with
    these settings, OSError where the folder can't be written.
    """
    folder = Path(folder)
    for animal in classes:
        check_word("animal", animal, ANIMALS)
    if medium is not None:
        check_word("medium", medium, MEDIA)
    if isinstance(n_per_class, bool) or not isinstance(n_per_class, int) or n_per_class < 1:
        raise ValueError(
            f"n_per_class is {n_per_class!r}, but must be a whole number of pictures, 1 or more."
        )
    _claim(
        folder, classes, {"made by": "course_lib.zoo", "version": ZOO_VERSION, "medium": medium, "seed": seed}
    )
    jobs = [(animal, index) for animal in classes for index in range(n_per_class)]
    for animal, index in tqdm(jobs, desc=f"writing {folder.name}", unit="picture"):
        path = folder / animal / f"{index:05}.png"
        if not path.exists():
            _write(path, animal, medium, seed, index)
    return folder


def _claim(folder: Path, classes: list[str], settings: dict) -> None:
    """Refuse a folder with files of somebody else; leave a note of the settings in a new one."""
    note = folder / MANIFEST
    try:
        found = json.loads(note.read_text(encoding="utf-8")) if note.exists() else None
    except ValueError:
        found = "unreadable"
    if found == settings:
        return
    if found is not None:
        raise FileExistsError(
            f"{folder} holds pictures made with other settings ({found}): choose another folder or delete it."
        )
    taken = [path for animal in classes for path in (folder / animal).glob("*")]
    if taken:
        raise FileExistsError(
            f"{taken[0]} is in the way and was not written by the Zoo: choose another folder."
        )
    write_whole(note, lambda file: file.write(json.dumps(settings, indent=1).encode()))


def _write(path: Path, animal: str, medium: str | None, seed: int, index: int) -> None:
    rng = np.random.default_rng([seed, ANIMALS.index(animal), index])
    scene = (
        random_scene(rng, animal=animal)
        if medium is None
        else random_scene(rng, animal=animal, medium=medium)
    )
    image = Image.fromarray(draw(scene))
    write_whole(path, lambda file: image.save(file, "PNG"))
