"""Cache: drawn pictures kept on disk, in shards that are written whole or not at all."""

import os
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

REMEDY = "free some space there or set COURSE_CACHE to a folder you can write to"


def cache_folder() -> Path:
    """Where drawn pictures are kept: COURSE_CACHE, or noise-to-picture in the platform's cache folder."""
    if os.environ.get("COURSE_CACHE"):
        return Path(os.environ["COURSE_CACHE"]).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "noise-to-picture"


def cached_shard(path: Path, shape: tuple[int, ...], make: Callable[[], np.ndarray]) -> np.ndarray:
    """The uint8 array stored at `path`, memory-mapped; made and stored first where it is missing or damaged.

    A checksum beside the file shows damage.  Raises OSError, in one sentence, where the folder can't be written.
    """
    stored = _read(path, shape)
    if stored is not None:
        return stored
    pixels = make()
    write_whole(path, lambda file: np.save(file, pixels))
    write_whole(_checksum_path(path), lambda file: file.write(f"{zlib.crc32(pixels):08x}".encode()))
    return pixels


def _read(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """The shard, or None where it is missing, cut short, of another shape, or has a wrong checksum."""
    try:
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
        expected = _checksum_path(path).read_text(encoding="utf-8")
    except (OSError, ValueError, EOFError):
        return None
    whole = pixels.shape == shape and pixels.dtype == np.uint8 and f"{zlib.crc32(pixels):08x}" == expected
    return pixels if whole else None


def _checksum_path(path: Path) -> Path:
    return path.with_suffix(".crc32")


def write_whole(path: Path, write: Callable, remedy: str = REMEDY) -> None:
    """Write a file under a passing name, then rename it: nobody ever sees half a file.

    write: gets the open file.  Raises OSError, in one sentence that ends with the remedy, where the folder can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, passing = tempfile.mkstemp(dir=path.parent, suffix=".part")
    except OSError as error:
        raise _unwritable(path.parent, error, remedy) from None
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        os.replace(passing, path)
    except OSError as error:
        raise _unwritable(path.parent, error, remedy) from None
    finally:
        Path(passing).unlink(missing_ok=True)


def _unwritable(folder: Path, error: OSError, remedy: str) -> OSError:
    return OSError(f"Cannot write to the folder {folder} ({error.strerror or error}): {remedy}.")
