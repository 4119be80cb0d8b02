"""Bird heads: faces with beaks, in the head units of `heads`."""

import numpy as np

from course_lib.zoo.coats import INK, Coat
from course_lib.zoo.heads import Turn, eyes
from course_lib.zoo.shapes import EYE, Part, blob, ellipse, mirrored, mix, taper


def beak(t: Turn, y: float, width: float, length: float, colour, z: float = 1.0) -> list[Part]:
    """A short beak that points down, and to the side when the head is turned."""
    x = t.x(0, z)
    tip = (x + t.sin * length * 0.9, y - length * (1 - 0.35 * abs(t.sin)))
    return [
        Part(blob([(x - width, y), (x, y + width * 0.7), (x + width, y), tip]), colour, line=0.7, accent=True)
    ]


def owl(t: Turn, c: Coat) -> list[Part]:
    """Two face discs with huge yellow eyes, and ear tufts."""
    parts = []
    for s in (-1, 1):
        tuft = [(0.3, 0.7), (0.66, 1.0), (0.98, 1.42), (1.06, 0.9), (0.9, 0.3)]
        parts.append(Part(blob(t.path([(s * x, y) for x, y in tuft], -0.1)), c.dark))
    parts.append(
        Part(
            blob(mirrored([(0, 0.82), (0.6, 0.86), (1.04, 0.36), (1.04, -0.3), (0.64, -0.78), (0, -0.86)])),
            c.main,
        )
    )
    for s in (-1, 1):
        parts.append(Part(t.oval(s * 0.46, 0.02, 0.52, 0.56), c.light, line=0.5))
    parts.append(
        Part(
            blob(t.path([(-0.5, 0.82), (0.5, 0.82), (0.1, 0.3), (0, -0.06), (-0.1, 0.3)], 0.7)),
            c.dark,
            line=0,
        )
    )
    return parts + eyes(t, 0.44, 0.04, 0.32, iris=c.eye) + beak(t, -0.26, 0.15, 0.36, c.inner)


def snowy_owl(t: Turn, c: Coat) -> list[Part]:
    """A round white head without tufts, grey freckles, golden eyes."""
    parts = [
        Part(
            blob(mirrored([(0, 0.96), (0.6, 0.82), (1.0, 0.26), (1.02, -0.34), (0.62, -0.8), (0, -0.88)])),
            c.main,
        )
    ]
    for x, y in ((-0.4, 0.72), (0, 0.78), (0.4, 0.72), (-0.2, 0.56), (0.2, 0.56)):
        parts.append(Part(t.oval(x, y, 0.085, 0.06), c.dark, line=0))
    for s in (-1, 1):
        parts.append(Part(t.oval(s * 0.44, 0.0, 0.5, 0.5), mix(c.light, (214, 222, 240), 0.55), line=0.3))
    return parts + eyes(t, 0.42, 0.04, 0.29, iris=c.eye) + beak(t, -0.24, 0.13, 0.34, c.inner)


def hawk(t: Turn, c: Coat) -> list[Part]:
    """A flat brow, a fierce eye, a hooked beak: seen from the side as soon as the head turns."""
    if abs(t.sin) < 0.3:
        return _hawk_front(t, c)
    s = float(np.sign(t.sin))
    crown = [
        (-0.86, -0.5),
        (-1.0, 0.14),
        (-0.66, 0.72),
        (0, 0.9),
        (0.62, 0.66),
        (0.92, 0.16),
        (0.8, -0.3),
        (0.2, -0.9),
    ]
    throat = [(0.0, -0.12), (0.5, 0.0), (0.86, -0.06), (0.76, -0.4), (0.3, -0.94), (-0.3, -0.9)]
    parts = [Part(blob(_flip(crown, s)), c.main), Part(blob(_flip(throat, s)), c.light, line=0.3)]
    hook = [(0.7, 0.34), (1.16, 0.34), (1.52, 0.0), (1.5, -0.46), (1.26, -0.14), (0.78, -0.16)]
    tip = [(1.3, 0.2), (1.52, 0.0), (1.5, -0.46), (1.3, -0.14)]
    parts.append(Part(blob(_flip(hook, s)), c.inner, line=0.8, accent=True))
    parts.append(Part(blob(_flip(tip, s)), INK, line=0, accent=True))
    parts.append(Part(ellipse(s * 0.4, 0.24, 0.25, 0.25), c.eye, EYE, 0.8, True))
    parts.append(Part(ellipse(s * 0.44, 0.24, 0.16, 0.17), INK, EYE, 0, True))
    parts.append(Part(ellipse(s * 0.4 - 0.03, 0.32, 0.07, 0.07), (255, 255, 255), EYE, 0, True))
    brow = _flip([(0.02, 0.6), (0.4, 0.5), (0.8, 0.3)], s)
    parts.append(Part(taper(brow, [0.06, 0.11, 0.05]), c.dark, line=0, accent=True))
    return parts


def _flip(points: list, side: float) -> list:
    return [(x * side, y) for x, y in points]


def _hawk_front(t: Turn, c: Coat) -> list[Part]:
    parts = [
        Part(
            blob(mirrored([(0, 0.86), (0.6, 0.7), (0.92, 0.2), (0.86, -0.3), (0.5, -0.8), (0, -0.9)])), c.main
        )
    ]
    parts.append(
        Part(
            blob(t.path([(0, -0.1), (0.5, -0.3), (0.4, -0.78), (0, -0.9), (-0.4, -0.78), (-0.5, -0.3)], 0.4)),
            c.light,
            line=0.3,
        )
    )
    parts += eyes(t, 0.44, 0.12, 0.22, iris=c.eye)
    for s in (-1, 1):
        brow = t.path([(s * 0.16, 0.22), (s * 0.46, 0.4), (s * 0.84, 0.42)], 0.6)
        parts.append(Part(taper(brow, [0.07, 0.1, 0.04]), c.dark, line=0, accent=True))
    parts += beak(t, -0.14, 0.22, 0.5, c.inner)
    x = t.x(0, 1.0) + t.sin * 0.3
    return [*parts, Part(blob([(x - 0.09, -0.42), (x + 0.09, -0.42), (x, -0.68)]), INK, line=0, accent=True)]


def penguin(t: Turn, c: Coat) -> list[Part]:
    """A dark hood, a white heart of a face, an orange beak."""
    parts = [
        Part(
            blob(mirrored([(0, 0.96), (0.6, 0.82), (0.98, 0.26), (1.0, -0.34), (0.66, -0.8), (0, -0.9)])),
            c.main,
        )
    ]
    face = [(0, 0.3), (0.36, 0.62), (0.74, 0.36), (0.82, -0.3), (0.46, -0.74), (0, -0.82)]
    parts.append(Part(blob(t.path(mirrored(face), 0.35)), c.light, line=0.3))
    for s in (-1, 1):
        parts.append(Part(t.oval(s * 0.62, -0.38, 0.14, 0.1, z=0.6), (255, 176, 160), line=0))
    return parts + eyes(t, 0.4, 0.1, 0.19) + beak(t, -0.2, 0.21, 0.34, c.inner)


def duck(t: Turn, c: Coat) -> list[Part]:
    """A ball of a head with a broad flat bill."""
    hood = c.hood or c.main
    parts = [
        Part(
            blob(mirrored([(0, 0.94), (0.58, 0.8), (0.92, 0.24), (0.9, -0.34), (0.56, -0.78), (0, -0.88)])),
            hood,
        )
    ]
    parts += eyes(t, 0.46, 0.18, 0.2, white=0.05 if c.hood else 0.0)
    x, w = t.x(0, 1.0), 0.46 - 0.1 * abs(t.sin)
    lower = blob([(x - w * 0.8, -0.3), (x + w * 0.8, -0.3), (x + t.sin * 0.7, -0.62)])
    upper = [(x - w, -0.3), (x - w * 0.5, -0.1), (x, -0.04), (x + w * 0.5, -0.1), (x + w, -0.3)]
    upper = blob([*upper, (x + t.sin * 0.9, -0.44 + 0.1 * abs(t.sin))])
    parts.append(Part(lower, mix(c.inner, (120, 40, 20), 0.45), line=0.5, accent=True))
    parts.append(Part(upper, c.inner, line=0.8, accent=True))
    return parts
