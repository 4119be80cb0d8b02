"""A note in a folder of generated pictures that says how they were made, so that no others are mixed in."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from course_lib.learning.image_files import METADATA, REMEDY
from course_lib.pictures.folder_names import check_class_names, is_litter, listed
from course_lib.zoo.cache import write_whole

NOTE = "synthetic.json"
PICTURE = re.compile(r"\d{5,}\.png")


def claim_folder(folder: Path, settings: dict, write: bool = True) -> dict:
    """Leave a note of the settings in a folder; refuse one with other settings, or with anything that is not ours.

    settings: what decides the pictures, to be written as JSON; "prompts" holds {class: prompts}, and classes may be added.
    write: False only looks.  Returns the settings with the classes of both calls.
    Raises FileExistsError where it refuses, OSError where the note can't be written.
    """
    found = read_note(folder)
    if found:
        theirs, ours = found["prompts"], settings["prompts"]
        differing = [k for k in settings if k != "prompts" and found.get(k) != settings[k]]
        differing += [f"prompts of {k}" for k in ours if k in theirs and theirs[k] != ours[k]]
        if differing:
            raise FileExistsError(
                f"{folder} holds pictures made with other settings ({', '.join(differing)}): choose another folder, or "
                "move this one away."
            )
        settings = settings | {"prompts": theirs | ours}
        check_class_names(settings["prompts"])  # a new class may be the twin of an old one
    stranger = _stranger(folder, found["prompts"] if found else {})
    if stranger:
        raise FileExistsError(
            f"{stranger} is in the way and was not made by generate_folder: choose another folder, or move it."
        )
    if write:
        text = json.dumps(settings, indent=1, ensure_ascii=False)
        write_whole(folder / NOTE, lambda file: file.write(text.encode()), REMEDY)
    return settings


def read_note(folder: Path) -> dict | None:
    """The settings of a folder, or None where there is no note.  Raises FileExistsError where the note is damaged."""
    note = folder / NOTE
    try:
        found = json.loads(note.read_text(encoding="utf-8")) if note.exists() else None
        if not found:
            return None
        prompts = dict(found["prompts"])
        check_class_names(prompts)
        if all(isinstance(texts, list) and texts for texts in prompts.values()):
            return found | {"prompts": prompts}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    raise FileExistsError(
        f"{note} is damaged, so nobody knows how its pictures were made: choose another folder; this one stays as it is."
    )


def _stranger(folder: Path, labels: Iterable[str]) -> Path | None:
    """The first thing in the folder that `generate_folder` did not put there, or None."""
    files = (NOTE, METADATA) if labels else ()
    things = listed(folder) if folder.is_dir() else [folder] if folder.exists() else []
    for thing in things:
        ours = thing.is_dir() if thing.name in labels else thing.name in files and thing.is_file()
        if not ours and not is_litter(thing):
            return thing
        for file in listed(thing) if thing.name in labels else ():
            if not is_litter(file) and not (PICTURE.fullmatch(file.name) and file.is_file()):
                return file
    return None
