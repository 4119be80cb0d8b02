"""Draw: a Scene becomes a picture, a segmentation map, an outline."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from course_lib.checks import check_count, check_is, takes
from course_lib.zoo.animals import animal_parts, placed
from course_lib.zoo.flaws import spoil
from course_lib.zoo.media import PAINTERS
from course_lib.zoo.places import backdrop
from course_lib.zoo.raster import Stage, corners, lines, picture
from course_lib.zoo.scene import Scene
from course_lib.zoo.shapes import SKY

SIDE = 128  # pixels of a picture, each way, where nothing else is asked for; what the pocket model paints


@takes(scene=(check_is, "animal", "a Scene, such as random_scene()"), size=(check_count, 16, 256))
def stage(scene: Scene, size: int = SIDE, change: Callable = list) -> Stage:
    """Everything a painter needs to know. The shapes depend on the scene's seed, and not on its medium.

    change: what is done to the parts of the head, as in animal_parts.
    """
    shapes, paint = (np.random.default_rng([scene.seed, stream]) for stream in (0, 1))
    flying = scene.pose == "flying"
    scenery = backdrop(scene.place, shapes, scene.y, flying)
    animal = placed(animal_parts(scene, shapes, change), scene, scenery.stand)
    return Stage(scenery, animal, paint, size, flying)


def draw(scene: Scene, size: int = SIDE) -> np.ndarray:
    """The picture of a scene.

    size: side in pixels, 16 to 256.  Returns (size, size, 3) uint8, red, green, blue.
    The same scene gives the same picture.  Raises ValueError for a size out of range.
    """
    set_up = stage(scene, size)
    image = np.asarray(picture(PAINTERS[scene.medium](set_up)).reduce(2))
    return spoil(image, scene.flaws, np.random.default_rng([scene.seed, 2])) if scene.flaws else image


def segmentation(scene: Scene, size: int = SIDE) -> np.ndarray:
    """What is where: (size, size) uint8, each pixel the number of its class in CLASSES. Flaws don't change it."""
    set_up = stage(scene, size)
    image = Image.new("L", (set_up.large,) * 2, SKY)
    pen = ImageDraw.Draw(image)
    for part in [*set_up.backdrop.parts, *set_up.animal, *set_up.backdrop.front]:
        pen.polygon(corners(part, set_up.large), fill=part.label)
    return np.asarray(image)[2::4, 2::4].copy()


def outline(scene: Scene, size: int = SIDE) -> np.ndarray:
    """The lines of the drawing: (size, size) uint8, white (255) lines on black, thin behind and bold on the animal."""
    set_up = stage(scene, size)
    behind = lines(set_up.backdrop.parts, set_up.large, 3 * set_up.scale)
    image = lines(set_up.animal, set_up.large, 5 * set_up.scale, image=behind)
    return 255 - np.asarray(image.reduce(4))
