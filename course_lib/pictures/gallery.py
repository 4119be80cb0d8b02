"""Gallery: pictures kept as PNG files that carry the settings they were painted with, so that they can be painted again."""

import itertools
import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from course_lib.zoo.cache import write_whole

FOLDER = Path("my_pictures")  # beside where the notebook runs
KEY = "noise-to-picture"  # the name of our text chunk in the PNG


@dataclass(frozen=True)
class Settings:
    """All that decides a picture.  The same settings paint the same picture again, with the same model on this machine.

    Raises ValueError where a field has the wrong type.
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
            value, wanted = getattr(self, field.name), (int, float) if field.type is float else field.type
            if isinstance(value, bool) or not isinstance(value, wanted):
                raise ValueError(
                    f"The setting {field.name!r} is {value!r}, but must be of type {field.type.__name__}."
                )

    def __str__(self) -> str:
        without = f", without {self.negative!r}" if self.negative else ""
        return f"{self.prompt!r}{without}, guidance {self.guidance:g}, {self.steps} steps, {self.sampler}, seed {self.seed}"


def save_picture(picture: Image.Image, settings: Settings, folder: str | Path = FOLDER) -> Path:
    """Keep a picture with its settings as folder/00001-first-words-of-the-prompt.png, or the next free number.

    No earlier file is ever written over, and no half file is left behind.  Returns the path.
    Raises OSError, in one sentence, where the folder can't be written or the disk is full.
    """
    folder, info = Path(folder), PngInfo()
    info.add_itxt(KEY, json.dumps(asdict(settings), ensure_ascii=False))
    try:
        path = _reserve(folder, settings.prompt)
    except OSError as error:
        raise _not_saved(folder, error) from None
    try:
        write_whole(path, lambda file: picture.save(file, "PNG", pnginfo=info))
    except BaseException as error:  # an interruption too: the claimed name must not stay as an empty file
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _not_saved(folder, error.__context__ or error) from None
        raise
    return path


def load_settings(path: str | Path) -> Settings:
    """The settings that a saved picture carries.

    Raises ValueError, in one sentence, for a file that is missing, broken, no PNG, or a PNG without our settings.
    """
    picture = load_picture(path)
    told = picture.text.get(KEY)
    if told is None:
        raise ValueError(
            f"{path} carries no settings: it was not saved by this course's gallery, or another program took them out."
        )
    try:
        return Settings(**json.loads(told))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The settings in {path} cannot be read ({error}): they were changed by hand, or by another version."
        ) from None


def load_picture(path: str | Path) -> Image.Image:
    """A saved picture, read to its end.  Raises ValueError, in one sentence, for a missing or broken file, or no PNG."""
    try:
        picture = Image.open(path)
        if picture.format != "PNG":
            raise ValueError(f"{path} is a {picture.format} file; settings are only kept in PNG files.")
        picture.load()
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}: check its name and folder.") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path} is not a picture; choose a PNG file that the gallery saved.") from None
    except (OSError, SyntaxError) as error:  # Pillow's word for a damaged chunk is SyntaxError
        raise ValueError(f"{path} is broken ({error}): delete it, and paint the picture again.") from None
    return picture


def saved_pictures(folder: str | Path = FOLDER) -> list[Path]:
    """The PNG files of the gallery, the newest first; empty where there is no folder yet."""
    return sorted((path for path in Path(folder).glob("*.png") if path.stat().st_size), reverse=True)


def _reserve(folder: Path, prompt: str) -> Path:
    """Claim the next free number with an empty file, so that two notebooks never take the same name."""
    folder.mkdir(parents=True, exist_ok=True)
    words = re.sub(r"[^a-z0-9]+", "-", prompt.lower())[:40].strip("-") or "picture"
    taken = [int(found[0]) for path in folder.iterdir() if (found := re.match(r"\d+", path.name))]
    for number in itertools.count(max(taken, default=0) + 1):
        path = folder / f"{number:05}-{words}.png"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path


def _not_saved(folder: Path, error: BaseException) -> OSError:
    reason = getattr(error, "strerror", None) or error
    return OSError(
        f"The picture could not be saved in {folder} ({reason}): make room there, or choose another folder."
    )
