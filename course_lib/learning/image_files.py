"""Image files: reading a folder of labelled pictures, and the metadata file beside them.

The layout is that of torchvision's ImageFolder, folder/{class name}/{picture}.  metadata.jsonl, one line per picture, is what
Hugging Face datasets read.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from course_lib.pictures.pixels import to_model_range
from course_lib.zoo.cache import write_whole

METADATA = "metadata.jsonl"
REMEDY = "free some space there, or choose a folder you can write to, then call this again: it goes on where it stopped"
LITTER = ("Thumbs.db", "desktop.ini")  # what file managers leave behind; names with a dot in front, too


def class_folders(folder: str | Path) -> list[Path]:
    """The folders of the classes, sorted by name as torchvision sorts them.

    Raises ValueError where there is no such folder, no class in it, or only one.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}: generate the pictures first, or check the path.")
    found = sorted(path for path in folder.iterdir() if path.is_dir() and not is_litter(path))
    if not found:
        raise ValueError(
            f"{folder} holds no class folders: put the pictures of each class into a folder of its name."
        )
    if len(found) == 1:
        raise ValueError(
            f"{folder} holds one class only, {found[0].name!r}: a classifier needs two or more; add the other's folder."
        )
    return found


def picture_names(folder: str | Path) -> list[str]:
    """The names of all files of all classes, "red fox/00000.png", in the order in which `load_folder` reads them.

    Raises ValueError as `class_folders` does, and where a class is empty.
    """
    names = []
    for home in class_folders(folder):
        files = sorted(path.name for path in home.iterdir() if not is_litter(path))
        if not files:
            raise ValueError(f"The class folder {home} is empty: fill it, or delete it.")
        names += [f"{home.name}/{file}" for file in files]
    return names


def load_folder(folder: str | Path, size: int | None = None) -> tuple[Tensor, Tensor, list[str]]:
    """Every picture of a folder of class folders, in memory: for some thousand small pictures, not for millions.

    size: pixels per side to bring all pictures to, cut to a square; None: as they are, if they are all of one size.
    Returns images (N, 3, H, W) in [-1, 1], labels (N,) int64, and the sorted names of the classes.
    Raises ValueError as `picture_names` does, and where files are no pictures or sizes differ.
    """
    folder, names = Path(folder), picture_names(folder)
    pictures = [_read(folder / name, size) for name in names]
    broken = [name for name, picture in zip(names, pictures) if picture is None]
    if broken:
        told = ", ".join(broken[:3]) + (f" and {len(broken) - 3} more" if len(broken) > 3 else "")
        raise ValueError(
            f"{folder} holds {len(broken)} of {len(names)} files that cannot be read as pictures ({told}): delete them; "
            "pictures that were generated are made again by the same call."
        )
    shapes = sorted({tuple(picture.shape[1:]) for picture in pictures})
    if len(shapes) > 1:
        raise ValueError(
            f"The pictures in {folder} have different sizes, such as {shapes[0]} and {shapes[-1]}: give a size for all, "
            "such as size=64."
        )
    classes = [home.name for home in class_folders(folder)]
    labels = torch.tensor([classes.index(name.split("/")[0]) for name in names])
    return to_model_range(torch.stack(pictures)), labels, classes


def _read(file: Path, size: int | None) -> Tensor | None:
    """The picture, (3, H, W) uint8, or None where the file is no whole picture."""
    from torchvision.transforms.v2.functional import center_crop, resize

    try:
        with warnings.catch_warnings(), Image.open(file) as image:
            warnings.simplefilter(
                "ignore"
            )  # a huge or odd picture is read or refused; a warning helps nobody
            pixels = torch.from_numpy(np.array(image.convert("RGB"))).movedim(-1, 0)
    except Exception:  # a broken file can raise nearly anything
        return None
    if size is None or pixels.shape[1:] == (size, size):
        return pixels
    return center_crop(resize(pixels, [size], antialias=True), [size, size])


def read_metadata(folder: str | Path) -> list[dict]:
    """The lines of folder/metadata.jsonl, one dict per picture, in the order in which `load_folder` reads the pictures.

    Raises ValueError, in one sentence, where the file is missing or a line of it is damaged.
    """
    file = Path(folder) / METADATA
    if not file.exists():
        raise ValueError(f"There is no {file}: generate the pictures first, or check the path.")
    entries = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entries.append(json.loads(line))
            entries[-1]["file_name"]
        except (ValueError, KeyError, TypeError):
            raise ValueError(
                f"Line {number} of {file} is damaged: delete the file, and generate again; only what is missing is made."
            ) from None
    return entries


def write_metadata(folder: str | Path, entries: list[dict]) -> None:
    """Write folder/metadata.jsonl whole, sorted by file_name.  Raises OSError where it can't be written."""
    lines = [json.dumps(entry, ensure_ascii=False) for entry in sorted(entries, key=lambda e: e["file_name"])]
    text = "".join(line + "\n" for line in lines)
    write_whole(Path(folder) / METADATA, lambda file: file.write(text.encode()), REMEDY)


def write_scores(folder: str | Path, scores: dict[str, float]) -> None:
    """Add "score" to the metadata: what a judge thinks of each picture.  The other lines stay as they are.

    scores: {file_name: score}.  Raises ValueError for a picture that is not in the metadata, or a score that is no number.
    """
    entries = {entry["file_name"]: entry for entry in read_metadata(folder)}
    for name, score in scores.items():
        if name not in entries:
            raise ValueError(
                f"{name!r} is not in the metadata of {folder}: use its names, as read_metadata gives them."
            )
        if not math.isfinite(score):
            raise ValueError(f"The score of {name!r} is {score}; it must be a number.")
        entries[name]["score"] = float(score)
    write_metadata(folder, list(entries.values()))


def is_litter(path: Path) -> bool:
    """Whether a file or folder is not the user's: hidden, or left behind by a file manager or a write that broke off."""
    return path.name.startswith(".") or path.name in LITTER or path.suffix == ".part"
