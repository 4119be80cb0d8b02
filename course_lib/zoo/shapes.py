"""Shapes: the closed curves every animal and every landscape of the Zoo is made of."""

from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np

Colour = tuple[float, float, float]

# The classes of the segmentation map, in the order of their numbers.
CLASSES = ("sky", "ground", "water", "plant", "wood", "building", "light", "animal", "eye")
SKY, GROUND, WATER, PLANT, WOOD, BUILDING, LIGHT, ANIMAL, EYE = range(len(CLASSES))


class Part(NamedTuple):
    """One filled shape. Parts are painted in order, so a later part hides an earlier one."""

    points: np.ndarray  # (N, 2) corners of a closed polygon, x to the right
    colour: Colour  # red, green, blue in 0..255
    label: int = ANIMAL  # class in the segmentation map
    line: float = 1.0  # weight of the outline; 0 draws none
    accent: bool = False  # eyes, nose, beak: painted last, and kept sharp in every medium


def mix(one: Colour, other: Colour, amount: float) -> Colour:
    """`amount` = 0 gives one colour, 1 the other."""
    a, b, c = one
    d, e, f = other
    return (a + (d - a) * amount, b + (e - b) * amount, c + (f - c) * amount)


@lru_cache(maxsize=8)
def _circle(corners: int) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0) -> np.ndarray:
    """An ellipse turned by `turn` radians, as (28, 2) points."""
    points = _circle(28) * (rx, ry)
    if turn:
        c, s = np.cos(turn), np.sin(turn)
        points = points @ np.array([[c, s], [-s, c]])
    return points + (x, y)


@lru_cache(maxsize=64)
def _spline_matrix(corners: int, closed: bool, steps: int) -> np.ndarray:
    """(P, corners) weights that turn control points into points of a Catmull-Rom spline."""
    spans = corners if closed else corners - 1
    t = np.linspace(0, 1, steps, endpoint=False)
    weights = (
        np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], 1) / 2
    )
    matrix = np.zeros((spans * steps, corners))
    for span in range(spans):
        for k in range(4):
            corner = span + k - 1
            corner = corner % corners if closed else min(max(corner, 0), corners - 1)
            matrix[span * steps : (span + 1) * steps, corner] += weights[:, k]
    if not closed:
        matrix = np.vstack([matrix, np.eye(corners)[-1]])
    return matrix


def blob(points: list) -> np.ndarray:
    """A smooth closed curve through the control points."""
    points = np.asarray(points, dtype=float)
    return _spline_matrix(len(points), True, 5) @ points


def mirrored(points: list) -> list:
    """A half outline (x >= 0, from top to bottom) completed with its mirror image."""
    return list(points) + [(-x, y) for x, y in reversed(points) if abs(x) > 1e-9]


def taper(path: list, widths: list) -> np.ndarray:
    """A band along a smooth path, `widths` (half widths) at the control points: limbs, tails, twigs."""
    path, widths = np.asarray(path, dtype=float), np.asarray(widths, dtype=float)
    matrix = _spline_matrix(len(path), False, 5)
    centre, half = matrix @ path, matrix @ widths
    along = np.empty_like(centre)
    along[1:-1] = centre[2:] - centre[:-2]
    along[0], along[-1] = centre[1] - centre[0], centre[-1] - centre[-2]
    along *= (half / (np.hypot(along[:, 0], along[:, 1]) + 1e-9))[:, None]
    side = np.stack([-along[:, 1], along[:, 0]], axis=1)
    start = centre[0] - along[0] * 0.8
    end = centre[-1] + along[-1] * 0.8
    return np.vstack([start, centre + side, end, (centre - side)[::-1]])


def moved(parts: list[Part], x: float, y: float, sx: float, sy: float, tilt: float = 0.0) -> list[Part]:
    """All parts turned by `tilt` radians, scaled by (sx, sy), then moved by (x, y)."""
    c, s = np.cos(tilt), np.sin(tilt)
    matrix = np.array([[c * sx, s * sy], [-s * sx, c * sy]])
    points = np.concatenate([part.points for part in parts]) @ matrix + (
        x,
        y,
    )  # all at once: many times faster
    ends = accumulate(len(part.points) for part in parts)
    return [
        Part(points[end - len(p.points) : end], p.colour, p.label, p.line, p.accent)
        for p, end in zip(parts, ends, strict=True)
    ]


def bounds(parts: list[Part]) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of all the parts."""
    points = np.concatenate([part.points for part in parts])
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    return left, low, right, high
