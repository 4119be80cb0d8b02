"""Heads: faces drawn on a ball, so that they can be turned; and the frog's, which is most of the frog.

Head units: the ball has radius 1 and sits at the origin, y points up. `Turn` is the yaw of the head: a feature at
depth z moves by z * sin(yaw), so a nose travels further than an eye, and an ear behind the ball travels backwards.
"""

import numpy as np

from course_lib.zoo.coats import INK, WHITE, Coat
from course_lib.zoo.shapes import EYE, Part, blob, ellipse, mirrored, mix, taper


class Turn:
    """A head turned to its right (yaw > 0) or left (yaw < 0), in radians."""

    def __init__(self, yaw: float, blink: float = 1.0):
        self.sin, self.cos, self.open = float(np.sin(yaw)), float(np.cos(yaw)), blink

    def x(self, x: float, z: float) -> float:
        """Where a feature at (x, depth z) is seen."""
        return x * self.cos + z * self.sin

    def path(self, points: list, z: float) -> list:
        """A flat outline at depth z, turned."""
        return [(self.x(x, z), y) for x, y in points]

    def oval(
        self, x: float, y: float, rx: float, ry: float, tilt: float = 0.0, z: float | None = None
    ) -> np.ndarray:
        """An ellipse lying on the ball; narrower the further it is turned away."""
        depth = np.sqrt(max(0.15, 1 - x * x - y * y)) if z is None else z
        facing = np.clip((depth * self.cos - x * self.sin) / depth, 0.55, 1.12)
        return ellipse(self.x(x, depth), y, rx * facing, ry, tilt)


def eyes(t: Turn, x: float, y: float, r: float, iris=None, white: float = 0.0, ring=None) -> list[Part]:
    """Two big eyes with a light in each; `white` draws that much of a white rim around them."""
    parts = []
    for side in (-1, 1):
        ry = r * 1.18 * t.open
        if ring is not None:
            parts.append(Part(t.oval(side * x, y, r * 1.75, r * 1.85), ring, EYE, 0.5, True))
        if white:
            parts.append(Part(t.oval(side * x, y, r + white, ry + white), WHITE, EYE, 0.7, True))
        if iris is not None:
            parts.append(Part(t.oval(side * x, y, r, ry), iris, EYE, 0.8, True))
            parts.append(Part(t.oval(side * x, y, r * 0.62, ry * 0.78), INK, EYE, 0, True))
        else:
            parts.append(Part(t.oval(side * x, y, r, ry), INK, EYE, 0, True))
        shine = ellipse(t.x(side * x, 0.85) - 0.3 * r, y + 0.4 * ry, r * 0.36, r * 0.36)
        parts.append(Part(shine, (255, 255, 255), EYE, 0, True))
    return parts


def nose(t: Turn, y: float, rx: float, ry: float, colour=INK, z: float = 1.15) -> list[Part]:
    """A soft triangle of a nose with a mouth line below it."""
    x = t.x(0, z)
    tip = blob([(x - rx, y + ry * 0.6), (x, y + ry), (x + rx, y + ry * 0.6), (x, y - ry)])
    line = mix(colour, INK, 0.5)
    mouth = [
        Part(taper([(x, y - ry), (x + s * 0.1, y - ry - 0.16), (x + s * 0.26, y - ry - 0.1)], [0.035] * 3), line, line=0,
             accent=True)
        for s in (-1, 1)
    ]  # fmt: skip
    return [*mouth, Part(tip, colour, line=0, accent=True)]


def ears(t: Turn, outer: list, inner: list, colour, inside, z: float = -0.15) -> list[Part]:
    """A pair of ears from the outline of the right one."""
    parts = []
    for side in (-1, 1):
        parts.append(Part(blob(t.path([(side * x, y) for x, y in outer], z)), colour))
        parts.append(Part(blob(t.path([(side * x, y) for x, y in inner], z)), inside, line=0.4))
    return parts


def frog(t: Turn, c: Coat) -> list[Part]:
    """Eyes on top of a flat head, and the widest mouth."""
    parts = [Part(ellipse(t.x(s * 0.62, 0.2), 0.62, 0.42, 0.42), c.main) for s in (-1, 1)]
    parts.append(
        Part(
            blob(mirrored([(0, 0.58), (0.7, 0.56), (1.18, 0.02), (1.1, -0.42), (0.6, -0.72), (0, -0.78)])),
            c.main,
        )
    )
    jaw = [(-1.02, -0.1), (-0.5, -0.3), (0, -0.35), (0.5, -0.3), (1.02, -0.1), (0.9, -0.44), (0.5, -0.66), (0, -0.72),
           (-0.5, -0.66), (-0.9, -0.44)]  # fmt: skip
    parts.append(Part(blob(t.path(jaw, 0.2)), c.light, line=0.3))
    mouth = t.path([(-0.98, -0.06), (-0.5, -0.27), (0, -0.32), (0.5, -0.27), (0.98, -0.06)], 0.25)
    parts.append(Part(taper(mouth, [0.05] * 5), mix(c.dark, INK, 0.6), line=0, accent=True))
    for s in (-1, 1):
        parts.append(Part(ellipse(t.x(s * 0.16, 0.9), 0.12, 0.05, 0.04), c.dark, line=0, accent=True))
        cheek = ellipse(t.x(s * 0.82, 0.35), -0.2, 0.14, 0.1)
        parts.append(Part(cheek, mix(c.main, (255, 130, 120), 0.6), line=0))
        x = t.x(s * 0.62, 0.45)
        parts.append(Part(ellipse(x, 0.66, 0.3, 0.3), WHITE, EYE, 0.7, True))
        parts.append(Part(ellipse(x + t.sin * 0.1, 0.65, 0.19, 0.21 * t.open), INK, EYE, 0, True))
        parts.append(Part(ellipse(x + t.sin * 0.1 - 0.06, 0.73, 0.075, 0.075), (255, 255, 255), EYE, 0, True))
    return parts
