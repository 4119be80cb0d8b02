"""Names of folders and classes: what every file system can hold, so that a data set survives its way to another computer."""

import re
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}  # Windows keeps these for devices
RESERVED |= {device + number for device in ("COM", "LPT") for number in "0123456789¹²³"}
LONGEST = 255  # bytes
OURS = ("metadata.jsonl", "synthetic.json")  # stand beside the class folders
LITTER = ("Thumbs.db", "desktop.ini")  # what file managers leave behind; names with a dot in front, too
REMEDY = "choose a name of letters, digits, spaces and -"


def as_folder(folder: str | Path, name: str = "folder") -> Path:
    """Returns the folder as a Path.  Raises ValueError, in one sentence, where no folder of this system has such a name."""
    if not isinstance(folder, (str, Path)) or not str(folder):
        raise ValueError(f"{name} is {folder!r}, but must be the path of a folder, such as 'data/train'.")
    path = Path(folder)
    for part in path.parts[bool(path.anchor) :]:
        fault = _fault(part) if sys.platform == "win32" and part != ".." else _fault_anywhere(part)
        if fault:
            raise ValueError(f"{part[:60]!r} cannot be the name of a folder ({fault}): {REMEDY}.")
    return path


def check_class_names(names: Iterable[str]) -> None:
    """Raises ValueError, in one sentence, unless each class can have a folder of its name, in every file system.

    Refused are names that Windows can't hold, hidden ones, and twins that some systems take for one: "Cat" and "cat", or
    one word typed with an accent as a letter, and with the accent apart.
    """
    taken: dict[str, str] = {}
    for name in names:
        fault = _fault(name) if isinstance(name, str) else "it is no text"
        if not fault and (is_litter(Path(name)) or name.lower() in OURS):
            fault = "the course keeps such names for other files"
        if fault:
            raise ValueError(
                f"The class {str(name)[:60]!r} cannot be the name of a folder ({fault}): {REMEDY}."
            )
        twin = taken.setdefault(_as_merged(name), name)
        if twin != name:
            raise ValueError(
                f"The classes {twin!r} and {name!r} would share one folder on some computers: rename one of them."
            )


def listed(folder: Path) -> list[Path]:
    """What is in a folder, sorted by name.  Raises ValueError, in one sentence, where it can't be opened."""
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)  # as every system sorts them
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(
            f"The folder {folder} cannot be opened ({reason}): check its name and rights."
        ) from None


def is_litter(path: Path) -> bool:
    """Whether a file or folder is not the user's: hidden, or left behind by a file manager or a write that broke off."""
    return path.name.startswith(".") or path.name in LITTER or path.suffix == ".part"


def _fault(name: str) -> str | None:
    """What keeps a name from being a folder's on Windows, or anywhere else."""
    if found := re.search(r'[\\/:*?"<>|]', name):
        return f"it holds {found[0]}"
    if not name or name[-1] in ". ":
        return "it ends with a dot or a space" if name else "it is empty"
    if name.split(".")[0].rstrip().upper() in RESERVED:
        return "Windows keeps it for a device"
    return _fault_anywhere(name)


def _fault_anywhere(name: str) -> str | None:
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        return "it holds a character that no name can have"
    if (length := len(name.encode())) > LONGEST:
        return f"it is {length} bytes long, and {LONGEST} are possible"
    return None


def _as_merged(name: str) -> str:
    """Equal for names that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
