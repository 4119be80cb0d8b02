"""Image files: reading a folder of labelled pictures, and the metadata file beside them.

The layout is that of torchvision's ImageFolder, folder/{class name}/{picture}.  metadata.jsonl, one line per picture, is what
Hugging Face datasets read.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_lib.checks import check_count, check_is, check_number, takes
from course_lib.pictures.folder_names import as_folder, is_litter, listed
from course_lib.pictures.loading import load_picture
from course_lib.pictures.pixels import to_model_range
from course_lib.zoo.cache import write_whole

METADATA = "metadata.jsonl"
REMEDY = "free some space there, or choose a folder you can write to, then call this again: it goes on where it stopped"


def class_folders(folder: str | Path) -> list[Path]:
    """The folders of the classes, sorted by name as torchvision sorts them.

    Raises ValueError where there is no such folder, no class in it, or only one.
    """
    folder = as_folder(folder)
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}: generate the pictures first, or check the path.")
    found = [path for path in listed(folder) if path.is_dir() and not is_litter(path)]
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

    Raises ValueError as `class_folders` does, and where a class is empty or holds a folder.
    """
    names = []
    for home in class_folders(folder):
        files = [path for path in listed(home) if not is_litter(path)]
        if not files:
            raise ValueError(f"The class folder {home} is empty: put pictures into it, or take it away.")
        for path in files:
            if path.is_dir():
                raise ValueError(
                    f"{home.name}/{path.name} in {folder} is a folder, but a class folder holds pictures only: move its "
                    f"pictures up into {home.name}, or move it out of there."
                )
        names += [f"{home.name}/{path.name}" for path in files]
    return names


@takes(size=check_count)
def load_folder(folder: str | Path, size: int | None = None) -> tuple[Tensor, Tensor, list[str]]:
    """Every picture of a folder of class folders, in memory: for some thousand small pictures, not for millions.

    size: pixels per side to bring all pictures to, cut to a square; None: as they are, if they are all of one size.
    Returns images (N, 3, H, W) in [-1, 1], labels (N,) int64, and the sorted names of the classes.
    Raises ValueError as `picture_names` does, where files can't be loaded (see `load_picture`), and where sizes differ.
    """
    folder, names = as_folder(folder), picture_names(folder)
    pictures, broken = [], {}
    for name in names:
        try:
            pictures.append(_pixels(folder / name, size))
        except ValueError as error:
            broken[name] = error
    if broken:
        raise _not_loaded(folder, len(names), broken)
    shapes = sorted({tuple(picture.shape[1:]) for picture in pictures})
    if len(shapes) > 1:
        raise ValueError(
            f"The pictures in {folder} have different sizes, such as {shapes[0]} and {shapes[-1]}: give a size for all, "
            "such as size=64."
        )
    classes = [home.name for home in class_folders(folder)]
    labels = torch.tensor([classes.index(name.split("/")[0]) for name in names])
    return to_model_range(torch.stack(pictures)), labels, classes


def _pixels(file: Path, size: int | None) -> Tensor:
    """The picture, (3, H, W) uint8; with a size its middle, (3, size, size)."""
    from torchvision.transforms.v2.functional import center_crop, resize

    pixels = torch.from_numpy(np.array(load_picture(file))).movedim(-1, 0)  # (3, H, W)
    if size is None or pixels.shape[1:] == (size, size):
        return pixels
    # Cut first: a picture of 1 x 1,000,000 pixels would become 1,000,000 times as large.
    return resize(center_crop(pixels, [min(pixels.shape[1:])]), [size], antialias=True)


def _not_loaded(folder: Path, n: int, broken: dict[str, ValueError]) -> ValueError:
    (name, error), *others = broken.items()
    if not others:
        return error
    told = ", ".join(list(broken)[:3]) + (f" and {len(broken) - 3} more" if len(broken) > 3 else "")
    return ValueError(
        f"{len(broken)} of {n} files in {folder} cannot be loaded ({told}): mend them, or move them out of there; what "
        f"generate_folder made it makes again.  The first: {error}"
    )


def read_metadata(folder: str | Path) -> list[dict]:
    """The lines of folder/metadata.jsonl, one dict per picture, in the order in which `load_folder` reads the pictures.

    Raises ValueError, in one sentence, where the file is missing or a line of it is damaged.
    """
    file = as_folder(folder) / METADATA
    if not file.exists():
        raise ValueError(f"There is no {file}: generate the pictures first, or check the path.")
    entries = []
    for number, line in enumerate(_text(file).split("\n"), 1):  # splitlines would cut a prompt at U+2028
        if line.strip():
            entries.append(_entry(line, f"Line {number} of {file}"))
    return entries


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")  # an editor may have put its mark in front
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read ({error}): {_AGAIN}.") from None


_AGAIN = "mend it, or move that file away and generate again: only what is missing is made, but scores are not kept"


def _entry(line: str, where: str) -> dict:
    try:
        entry = json.loads(line)
        if isinstance(entry["file_name"], str):
            return entry
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise ValueError(f"{where} is damaged: {_AGAIN}.")


def _check_entries(entries: list[dict], name: str) -> None:
    check_is(entries, name, list, "a list of dicts, as read_metadata gives")
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("file_name"), str):
            raise ValueError(
                f'Entry {place} of {name} is no dict with a "file_name": take what read_metadata gives.'
            )


@takes(folder=as_folder, entries=_check_entries)
def write_metadata(folder: str | Path, entries: list[dict]) -> None:
    """Write folder/metadata.jsonl whole, sorted by file_name.

    Raises ValueError for lines that can't be written, OSError where the file can't be.
    """
    try:
        lines = [
            json.dumps(entry, ensure_ascii=False, allow_nan=False)
            for entry in sorted(entries, key=lambda entry: entry["file_name"])
        ]
        text = "".join(line + "\n" for line in lines).encode()
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The metadata cannot be written ({error}): use text, numbers, True and False only."
        ) from None
    write_whole(Path(folder) / METADATA, lambda file: file.write(text), REMEDY)


@takes(scores=(check_is, dict, "a dict of file names and scores, such as {'cat/00000.png': 0.3}"))
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
        check_number(score, f"The score of {name!r}")
        entries[name]["score"] = float(score)
    write_metadata(folder, list(entries.values()))
