"""Loading: a picture file as people see it, or one sentence that says why not.  Every picture comes in through here."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")  # none that runs a program
MOST_PIXELS = 64_000_000  # a phone's largest have 50 million; with twice as many a laptop runs out of memory


def load_picture(path: str | Path) -> Image.Image:
    """The picture in a file, read to its end, in RGB and as people see it.

    It is turned upright as its EXIF says, 16-bit grey becomes 8-bit, and transparent pixels are put on white.  Of an
    animation it is the first picture.  Colour profiles are not applied.  Its texts are in `info`.
    Raises ValueError, in one sentence, for a file that is missing, no picture, broken, of more than MOST_PIXELS, or of a
    mode that can't be shown.
    """
    path = _checked(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd picture is read or refused; a warning helps nobody
        with _opened(path) as picture:
            if picture.width * picture.height > MOST_PIXELS:  # only the header is read so far
                raise _too_large(path, f"{picture.width} x {picture.height} pixels, more")
            return _seen(picture, path)


def as_seen(picture: Image.Image) -> Image.Image:
    """A PIL picture of any mode, in RGB and as people see it, by the rules of `load_picture`.

    Raises ValueError, in one sentence, for something else, or a picture that can't be shown or is broken.
    """
    if not isinstance(picture, Image.Image):
        raise ValueError(f"A PIL picture is wanted, but this is a {type(picture).__name__}.")
    return _seen(picture, "The picture")


def _seen(picture: Image.Image, name: Path | str) -> Image.Image:
    bits_known = picture.mode.startswith("I;16") or picture.format in ("PNG", "PPM")  # older Pillow: "I"
    if picture.mode in ("I", "F") and not bits_known or picture.mode == "F":
        raise ValueError(
            f"{name} holds numbers of mode {picture.mode}, of which nobody knows which one is white: save it as an "
            "8-bit PNG or JPEG."
        )
    try:
        picture.load()
        upright = _upright(picture)
        eight = _eight_bits(upright) if upright.mode.startswith("I") else upright
        seen = _on_white(eight).convert("RGB")
    except Exception as error:  # a broken file can raise nearly anything
        raise _broken(name, error) from None
    seen.info = {key: value for key, value in upright.info.items() if key not in ("transparency", "exif")}
    return seen


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # where its EXIF is broken, everybody shows the picture as it lies
        return picture


def _eight_bits(picture: Image.Image) -> Image.Image:
    """16-bit grey as 8-bit: 65535 / 257 = 255."""
    grey = np.array(picture).astype(np.int64)
    if "transparency" in picture.info:
        grey[grey == picture.info["transparency"]] = 65535
    return Image.fromarray(((grey.clip(0, 65535) + 128) // 257).astype(np.uint8))


def _on_white(picture: Image.Image) -> Image.Image:
    if "transparency" not in picture.info and not set(picture.getbands()) & {"A", "a"}:
        return picture
    clear = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)


def _checked(path: str | Path) -> Path:
    """Asked before anything is opened: a pipe or a device could be read for ever."""
    if not isinstance(path, (str, Path)):
        raise ValueError(f"A picture is loaded from the path of a file, but this is a {type(path).__name__}.")
    try:
        if not Path(path).is_file():
            found = f"{path} is a folder" if Path(path).is_dir() else f"There is no file {path}"
            raise ValueError(f"{found}: check the name and where it is.")
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise _broken(path, error) from None
    return Path(path)


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=_formats())
    except UnidentifiedImageError:
        raise ValueError(
            f"{path} is not a picture of a common kind: choose a PNG, JPEG, WebP, GIF, BMP or TIFF file."
        ) from None
    except Image.DecompressionBombError:
        raise _too_large(path, "far more pixels") from None
    except Exception as error:
        raise _broken(path, error) from None


def _too_large(path: Path, how_many: str) -> ValueError:
    return ValueError(
        f"{path} has {how_many} than the {MOST_PIXELS // 10**6} million that are read here: make it smaller first."
    )


def _broken(name: Path | str, error: Exception) -> ValueError:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    reason = reason.split("\n")[0].rstrip(".")
    return ValueError(f"{name} cannot be read ({reason}): get a whole copy of it, or leave it out.")


def _formats() -> list[str]:
    """Those of FORMATS that this Pillow knows."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]
