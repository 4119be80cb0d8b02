"""Gallery: pictures kept as PNG files that carry the settings they were painted with, so that they can be painted again."""

import io
import itertools
import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from course_lib.checks import check_count, check_is, check_number, takes
from course_lib.pictures.folder_names import as_folder, listed
from course_lib.pictures.loading import load_picture
from course_lib.zoo.cache import write_whole, writing_to

FOLDER = Path("my_pictures")  # beside where the notebook runs
REMEDY = "make room there, or choose another folder for your pictures"
KEY = "noise-to-picture"  # the name of our text chunk in the PNG


@dataclass(frozen=True)
class Settings:
    """All that decides a picture.  The same settings paint the same picture again, with the same model on this machine.

    Raises ValueError where a field has the wrong type, or is out of range.
    """

    prompt: str
    negative: str = ""
    guidance: float = 7.5  # 1 or less: off
    steps: int = 25
    sampler: str = "DDIM"  # one of prompting.SAMPLERS
    seed: int = 0  # 0 or more; never -1: what was drawn by chance stands here
    tier: str = "pocket"  # which model

    def __post_init__(self):
        for field in fields(self):
            kinds = (int, float) if field.type is float else field.type
            check_is(getattr(self, field.name), field.name, kinds, f"of type {field.type.__name__}")
        check_number(self.guidance, "guidance")
        check_count(self.steps, "steps")
        check_count(self.seed, "seed", 0, 2**64 - 1)

    def __str__(self) -> str:
        without = f", without {self.negative!r}" if self.negative else ""
        return f"{self.prompt!r}{without}, guidance {self.guidance:g}, {self.steps} steps, {self.sampler}, seed {self.seed}"


@takes(
    picture=(check_is, Image.Image, "a PIL picture, as to_pil_image(to_bytes(x)) gives"),
    settings=(check_is, Settings, 'Settings, such as Settings("a fox", seed=7)'),
)
def save_picture(picture: Image.Image, settings: Settings, folder: str | Path = FOLDER) -> Path:
    """Keep a picture with its settings as folder/00001-first-words-of-the-prompt.png, or the next free number.

    No earlier file is ever written over, and no half file is left behind.  Returns the path.
    Raises OSError, in one sentence, where the folder can't be written or the disk is full; ValueError for bad arguments.
    """
    folder, content = as_folder(folder), _as_png(picture, settings)
    path = _reserve(folder, settings.prompt)
    try:
        write_whole(path, lambda file: file.write(content), REMEDY)
    except BaseException:  # an interruption too: the claimed name must not stay as an empty file
        path.unlink(missing_ok=True)
        raise
    return path


def load_settings(path: str | Path) -> Settings:
    """The settings that a saved picture carries.

    Raises ValueError, in one sentence, for a file without our settings, or as `load_picture` does.
    """
    told = load_picture(path).info.get(KEY)
    if told is None:
        raise ValueError(
            f"{path} carries no settings: it was not saved by this course's gallery, or another program took them out."
        )
    try:
        return Settings(**json.loads(told))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"The settings in {path} cannot be read ({str(error).rstrip('.')}): they were changed by hand, or by another version."
        ) from None


def saved_pictures(folder: str | Path = FOLDER) -> list[Path]:
    """The PNG files of the gallery, the newest first; empty where there is no folder yet.

    Raises ValueError, in one sentence, where the folder can't be opened.
    """
    folder = as_folder(folder)
    found = listed(folder) if folder.exists() else []
    return [
        path for path in reversed(found) if path.suffix == ".png" and path.is_file() and path.stat().st_size
    ]


def _as_png(picture: Image.Image, settings: Settings) -> bytes:
    """Made before any file is: what can't be kept in a PNG leaves nothing behind."""
    info, file = PngInfo(), io.BytesIO()
    info.add_itxt(KEY, json.dumps(asdict(settings), ensure_ascii=False))
    try:
        picture.save(file, "PNG", pnginfo=info)
    except Exception as error:
        raise ValueError(
            f"This picture of mode {picture.mode} cannot be kept as PNG ({error}): use as_seen of course_lib.pictures.loading."
        ) from None
    return file.getvalue()


def _reserve(folder: Path, prompt: str) -> Path:
    """Claim the next free number with an empty file, so that two notebooks never take the same name."""
    words = re.sub(r"[^a-z0-9]+", "-", prompt.lower())[:40].strip("-") or "picture"
    with writing_to(folder / f"{words}.png", REMEDY):
        folder.mkdir(parents=True, exist_ok=True)
        taken = [int(found[0]) for path in folder.iterdir() if (found := re.match(r"\d+", path.name))]
        for number in itertools.count(max(taken, default=0) + 1):
            path = folder / f"{number:05}-{words}.png"
            try:
                path.touch(exist_ok=False)
                return path
            except FileExistsError:
                continue
