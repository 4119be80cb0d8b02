"""Places: the landscapes behind the animals, as gradients and parts in picture units (0..1, y points down)."""

import numpy as np

from course_lib.zoo import places_bright, places_shady
from course_lib.zoo.scenery import Backdrop


def backdrop(place: str, rng: np.random.Generator, y: float, flying: bool = False) -> Backdrop:
    """The landscape of `place`; `y` in 0..1 shifts the ground a little."""
    scenery = _SCENERY[place](rng)
    if scenery.perch and not flying:
        scenery.parts.append(scenery.perch)
        scenery.sharp += 1
    scenery.stand += (y - 0.5) * 0.05
    return scenery


_SCENERY = {
    "in a forest": places_shady.forest, "in the snow": places_shady.snow, "on a tree branch": places_bright.branch, "in a meadow": places_bright.meadow,
    "by the sea": places_bright.sea, "over a moonlit forest": places_shady.moonlit, "in the desert": places_bright.desert, "in a city at night": places_shady.city,
}  # fmt: skip
