"""Cache: drawn pictures kept on disk, in shards that are written whole or not at all."""

import glob
import os
import secrets
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

REMEDY = "free some space there or set COURSE_CACHE to a folder you can write to"


def cache_folder() -> Path:
    """Where drawn pictures are kept: COURSE_CACHE, or noise-to-picture in the platform's cache folder."""
    if os.environ.get("COURSE_CACHE"):
        return Path(os.environ["COURSE_CACHE"]).expanduser()
    try:
        return _platform_folder() / "noise-to-picture"
    except RuntimeError:
        raise OSError(
            "This user has no home folder: set COURSE_CACHE to a folder you can write to."
        ) from None


def _platform_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def cached_shard(path: Path, shape: tuple[int, ...], make: Callable[[], np.ndarray]) -> np.ndarray:
    """The uint8 array stored at `path`, memory-mapped; made and stored first where it is missing or damaged.

    A checksum beside the file shows damage.  Raises OSError, in one sentence, where the folder can't be written.
    """
    stored = _read(path, shape)
    if stored is not None:
        return stored
    pixels = make()
    checksum = f"{zlib.crc32(pixels):08x}".encode()
    try:
        write_whole(path, lambda file: np.save(file, pixels), REMEDY)
        write_whole(_checksum_path(path), lambda file: file.write(checksum), REMEDY)
    except OSError:
        if (
            _read(path, shape) is None
        ):  # else another process was faster, and Windows keeps open files from change
            raise
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


def write_whole(path: Path, write: Callable, remedy: str) -> None:
    """Write a file under a passing name, then rename it: nobody ever sees half a file, even where two write the same.

    write: gets the open file.  The file can be read by whom the umask allows, as any other.
    Raises OSError, in one sentence that ends with the remedy, where it can't be written.
    """
    passing = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with writing_to(path, remedy):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with passing.open("xb") as file:
                write(file)
            passing.replace(path)
        finally:
            passing.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Remove what killed writers of this file have left.  Only for a file that nobody else is writing now."""
    for left in path.parent.glob(f"{glob.escape(path.name)}.*.part"):
        left.unlink(missing_ok=True)


@contextmanager
def writing_to(path: Path, remedy: str) -> Iterator[None]:
    """Turns the system's many errors into one OSError, in one sentence: what can't be written, why, and the remedy."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OSError(f"Cannot write {path.name} to {path.parent} ({reason}): {remedy}.") from None
