"""What the course needs of a machine to keep its files: asked before the work, and said in one sentence."""

import os
from pathlib import Path

from course_lib.lessons.days import HOME

OWN_COPY = "copy the course into a folder of your own and start it there"


def writable(folder: Path, remedy: str) -> None:
    """Raise ValueError, with the remedy, where nothing can be written into the folder; one that is missing may be made."""
    place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    probe = place / f".course-{os.getpid()}"
    try:
        probe.write_bytes(b"x" * 4096)  # something, so that a full disk shows
        probe.unlink()
    except OSError as error:
        raise ValueError(
            f"The folder {folder} cannot be written ({error.strerror or error}): {remedy}."
        ) from None


def writable_course(*parts: str) -> None:
    """The same for folders of the course itself, such as "runs"; none: the course's own folder."""
    for part in parts or ("",):
        writable(HOME / part, OWN_COPY)


def writable_home() -> None:
    """The same for the folders in which Jupyter keeps its settings and the addresses of its kernels."""
    from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir

    variable = "USERPROFILE" if os.name == "nt" else "HOME"
    remedy = f"set {variable} to a folder that you may write to"
    try:
        folders = {jupyter_config_dir(), jupyter_data_dir(), jupyter_runtime_dir()}
    except RuntimeError as error:  # no HOME, and a user who is not in the system's list
        raise ValueError(f"Your home folder cannot be found ({error}): {remedy}.") from None
    for folder in sorted(folders):
        writable(Path(folder), remedy)
