"""Scenery: a landscape, and the hills, firs, clouds, stars and grass it is made of."""

from dataclasses import dataclass, field

import numpy as np

from course_lib.zoo.shapes import LIGHT, PLANT, SKY, Colour, Part, blob, ellipse, mix


@dataclass
class Backdrop:
    """All that is behind, and a little that is in front of, the animal."""

    sky: tuple[Colour, Colour]  # colour at the top, colour at the horizon
    parts: list[Part] = field(default_factory=list)  # far to near
    front: list[Part] = field(default_factory=list)  # in front of the animal: grass, snowflakes
    stand: float = 0.86  # where the feet are
    light: Colour = (255, 250, 235)  # colour of the light, for highlights and rims
    lamp: tuple[float, float] = (0.2, 0.0)  # where the light comes from
    night: bool = False
    sharp: int = 0  # so many of the last parts are as near as the animal: a photo keeps them sharp
    perch: Part | None = None  # something to stand on, left away where the animal flies


def hill(
    y: float, rng: np.random.Generator, rough: float, colour: Colour, label: int, line: float = 0.7
) -> Part:
    """Everything below a wavy line at height `y`."""
    x = np.linspace(-0.1, 1.1, 7)
    heights = y + rng.uniform(-rough, rough, 7)
    ridge = blob([*zip(x, heights, strict=True), (1.2, 1.2), (-0.2, 1.2)])
    return Part(ridge, colour, label, line)


def fir(x: float, base: float, height: float, colour: Colour, line: float = 0.6) -> list[Part]:
    """A fir of three tiers."""
    parts = []
    for k, (low, high, width) in enumerate(((0.0, 0.55, 0.26), (0.28, 0.78, 0.2), (0.55, 1.0, 0.13))):
        points = [
            (x - width * height, base - low * height),
            (x, base - high * height),
            (x + width * height, base - low * height),
        ]
        parts.append(Part(np.array(points), mix(colour, (0, 0, 0), 0.08 * (2 - k)), PLANT, line))
    return parts


def cloud(x: float, y: float, size: float, colour: Colour) -> list[Part]:
    """Three puffs side by side.  x, y, size: in parts of the picture."""
    puffs = ((-0.7, 0.05, 0.55), (0, -0.2, 0.75), (0.7, 0.08, 0.5))
    return [
        Part(ellipse(x + a * size, y + b * size, c * size, c * size * 0.62), colour, SKY, 0.35)
        for a, b, c in puffs
    ]


def stars(rng: np.random.Generator, count: int, low: float) -> list[Part]:
    """`count` points of light above the height `low`, a part of the picture."""
    return [
        Part(ellipse(rng.random(), rng.random() * low, r, r), (255, 250, 220), LIGHT, 0.5)
        for r in rng.uniform(0.005, 0.011, count)
    ]


def tufts(rng: np.random.Generator, y: float, count: int, colour: Colour, tall: float = 0.07) -> list[Part]:
    """Blades of grass; none in the middle, where the feet are."""
    parts = []
    for x in rng.random(count):
        lean = rng.uniform(-0.03, 0.03)
        height = tall * rng.uniform(0.6, 1.1) * (0.5 + abs(x - 0.5))
        base = y + rng.uniform(0, 0.1)
        points = [(x - 0.014, base), (x + lean, base - height), (x + 0.014, base)]
        parts.append(Part(np.array(points), mix(colour, (30, 90, 20), rng.random() * 0.5), PLANT, 0.4))
    return parts
