"""The Tiny Zoo: an endless data set of captioned pictures, drawn from a description of the scene."""

from typing import TYPE_CHECKING

from course_lib.zoo.captions import caption
from course_lib.zoo.coats import ANIMALS, COATS
from course_lib.zoo.draw import draw, outline, segmentation
from course_lib.zoo.scene import (
    ANIMAL_POSES,
    FACINGS,
    FLAWS,
    HELD_OUT,
    LOOKS,
    MEDIA,
    PLACES,
    POSES,
    ZOO_VERSION,
    Scene,
    is_held_out,
    random_scene,
)
from course_lib.zoo.shapes import CLASSES

if TYPE_CHECKING:
    from course_lib.zoo.dataset import ZooDataset
    from course_lib.zoo.image_folder import write_image_folder
    from course_lib.zoo.sheets import contact_sheet

__all__ = [
    "ANIMALS", "ANIMAL_POSES", "CLASSES", "COATS", "FACINGS", "FLAWS", "HELD_OUT", "LOOKS", "MEDIA", "PLACES", "POSES",
    "ZOO_VERSION", "Scene", "ZooDataset", "caption", "contact_sheet", "draw", "is_held_out", "outline", "random_scene",
    "segmentation", "write_image_folder",
]  # fmt: skip

# Loaded on first use, so that drawing a picture does not wait for torch.
_LATER = {"ZooDataset": "dataset", "write_image_folder": "image_folder", "contact_sheet": "sheets"}


def __getattr__(name: str):
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
