"""Bodies of the four-legged animals: one body plan, four poses.

Body units: the animal is about 1 high, the ground is y = 0, x = 0 is the middle, and it faces +x.
"""

from dataclasses import dataclass

from course_lib.zoo.coats import Coat
from course_lib.zoo.shapes import Part, blob, ellipse, mix, taper


@dataclass(frozen=True)
class Build:
    """What tells one four-legged animal's body from another's."""

    leg: float = 0.06  # half width of a leg
    bulk: float = 1.0  # how thick the body is
    head: float = 0.3  # radius of the head
    tail: str = "long"  # bushy, plume, long, puff or tuft
    legs: str = "main"  # colour of the legs
    paws: str = "main"  # colour of the paws
    chest: bool = True  # a light chest


BUILDS = {
    "red fox": Build(leg=0.052, bulk=0.94, tail="bushy", paws="dark"),
    "golden retriever": Build(leg=0.066, bulk=1.08, tail="plume", paws="light"),
    "cat": Build(leg=0.052, bulk=0.92, head=0.31, paws="light"),
    "rabbit": Build(leg=0.056, bulk=0.98, head=0.27, tail="puff", paws="light"),
    "panda": Build(leg=0.085, bulk=1.18, head=0.32, tail="none", legs="dark", paws="dark", chest=False),
    "elephant": Build(leg=0.092, bulk=1.2, head=0.29, tail="tuft", paws="light", chest=False),
}


def body(animal: str, pose: str, coat: Coat) -> tuple[list[Part], list[Part], tuple]:
    """Parts behind the head, parts in front of it, and (x, y, radius, tilt) of the head."""
    return {"sitting": _sitting, "standing": _standing, "running": _running, "lying": _lying}[pose](
        BUILDS[animal], coat
    )


def _tail(build: Build, c: Coat, path: list) -> list[Part]:
    """A tail along `path`, root first."""
    (x0, y0), (x1, y1) = path[0], path[-1]
    if build.tail == "none":
        return []
    if build.tail == "puff":
        return [Part(ellipse(x0 * 1.1, y0 + 0.05, 0.095, 0.09), c.light)]
    if build.tail == "tuft":
        x, y = x0 + (x1 - x0) * 0.5, y0 + (y1 - y0) * 0.4
        return [
            Part(taper([(x0, y0), (x, y)], [0.025, 0.018]), c.dark),
            Part(ellipse(x, y, 0.045, 0.045), c.dark),
        ]
    if build.tail == "long":
        return [Part(taper(path, [0.05, 0.05, 0.048, 0.04]), c.dark)]
    widths = [0.05, 0.115, 0.12, 0.02] if build.tail == "bushy" else [0.05, 0.08, 0.085, 0.02]
    parts = [Part(taper(path, widths), c.main if build.tail == "bushy" else c.dark)]
    if build.tail == "bushy":
        (xa, ya), (xb, yb) = path[2], path[3]
        start = (xa * 0.72 + xb * 0.28, ya * 0.72 + yb * 0.28)
        parts.append(
            Part(
                taper([start, ((start[0] + xb) / 2, (start[1] + yb) / 2), (xb, yb)], [0.1, 0.085, 0.02]),
                c.light,
                line=0.4,
            )
        )
    return parts


def _leg(
    build: Build, c: Coat, top: tuple, foot: tuple, far: bool = False, forward: float = 0.03
) -> list[Part]:
    """A leg from hip to foot, with a paw; far legs are darker."""
    shade = 0.35 if far else 0.0
    leg, paw = (mix(getattr(c, role), c.dark, shade) for role in (build.legs, build.paws))
    w = build.leg
    middle = ((top[0] + foot[0]) / 2 + 0.02, (top[1] + foot[1]) / 2)
    parts = [Part(taper([top, middle, foot], [w * 1.25, w, w * 0.9]), leg, line=0.7)]
    return [*parts, Part(ellipse(foot[0] + forward, foot[1] + 0.005, w * 1.3, w * 0.78), paw, line=0.7)]


def _sitting(build: Build, c: Coat) -> tuple:
    b, w = build.bulk, build.leg
    parts = _tail(build, c, [(0.16, 0.07), (0.36, 0.06), (0.5, 0.16), (0.52, 0.4)])
    half = [(0, 0.64), (0.15 * b, 0.56), (0.21 * b, 0.36), (0.27 * b, 0.14), (0.2 * b, 0.01)]
    parts.append(Part(blob([*half, *[(-x, y) for x, y in reversed(half[1:])]]), c.main))
    haunch = c.dark if build.legs == "dark" else c.main
    for s in (-1, 1):
        parts.append(Part(ellipse(s * 0.2 * b, 0.1, 0.105 * b, 0.12), haunch, line=0.6))
        parts.append(
            Part(ellipse(s * (0.22 * b + 0.02), 0.03, 0.08, 0.045), getattr(c, build.paws), line=0.6)
        )
    if build.legs == "dark":  # a band over the shoulders
        parts.append(
            Part(
                blob([(-0.19 * b, 0.58), (0.19 * b, 0.58), (0.235 * b, 0.34), (-0.235 * b, 0.34)]),
                c.dark,
                line=0.3,
            )
        )
    for s in (-1, 1):
        parts += _leg(build, c, (s * 0.09, 0.34), (s * (0.06 + w * 0.55), 0.03), forward=0)
    if build.chest:  # a bib that hides where the legs begin
        bib = [
            (-0.13, 0.56),
            (0.13, 0.56),
            (0.155, 0.42),
            (0.1, 0.3),
            (0.04, 0.29),
            (0, 0.23),
            (-0.04, 0.29),
            (-0.1, 0.3),
            (-0.155, 0.42),
        ]
        parts.append(Part(blob(bib), c.light, line=0.4))
    return parts, [], (0.0, 0.7, build.head, 0.0)


def _standing(build: Build, c: Coat) -> tuple:
    b = 0.14 * build.bulk
    parts = _tail(build, c, [(-0.34, 0.44), (-0.48, 0.46), (-0.58, 0.56), (-0.58, 0.76)])
    parts += _leg(build, c, (-0.2, 0.34), (-0.17, 0.03), far=True) + _leg(
        build, c, (0.2, 0.34), (0.25, 0.03), far=True
    )
    points = [
        (-0.4, 0.4),
        (-0.3, 0.4 + b),
        (0, 0.38 + b),
        (0.24, 0.42 + b),
        (0.36, 0.44),
        (0.28, 0.4 - b),
        (0, 0.38 - b),
        (-0.32, 0.4 - b),
    ]
    parts.append(Part(blob(points), c.main))
    parts += _shoulder(build, c, 0.2, 0.4, b)
    parts += _leg(build, c, (-0.29, 0.34), (-0.32, 0.03)) + _leg(build, c, (0.16, 0.34), (0.13, 0.03))
    return parts, [], (0.27, 0.7, build.head * 1.08, 0.0)


def _shoulder(build: Build, c: Coat, x: float, y: float, b: float) -> list[Part]:
    """A light chest below the head, or the panda's dark band."""
    if build.legs == "dark":
        return [
            Part(
                blob([(x - 0.1, y + b), (x + 0.12, y + b), (x + 0.13, y - b), (x - 0.1, y - b * 1.05)]),
                c.dark,
                line=0.3,
            )
        ]
    if build.chest:
        return [
            Part(
                blob([(x, y + 0.06), (x + 0.14, y + 0.08), (x + 0.12, y - 0.08), (x + 0.02, y - 0.1)]),
                c.light,
                line=0.3,
            )
        ]
    return []


def _running(build: Build, c: Coat) -> tuple:
    b = 0.13 * build.bulk
    parts = _tail(build, c, [(-0.34, 0.46), (-0.46, 0.54), (-0.58, 0.54), (-0.72, 0.64)])
    parts += _leg(build, c, (-0.26, 0.38), (-0.5, 0.18), far=True, forward=-0.02)
    parts += _leg(build, c, (0.22, 0.38), (0.5, 0.2), far=True)
    points = [
        (-0.42, 0.42),
        (-0.32, 0.44 + b),
        (0, 0.42 + b),
        (0.26, 0.45 + b),
        (0.38, 0.46),
        (0.28, 0.42 - b),
        (0, 0.42 - b),
        (-0.34, 0.4 - b),
    ]
    parts.append(Part(blob(points), c.main))
    parts += _shoulder(build, c, 0.24, 0.43, b)
    parts += _leg(build, c, (-0.3, 0.36), (-0.44, 0.06), forward=-0.01) + _leg(
        build, c, (0.18, 0.36), (0.36, 0.07), forward=0.04
    )
    return parts, [], (0.34, 0.68, build.head * 1.1, -0.1)


def _lying(build: Build, c: Coat) -> tuple:
    b = build.bulk
    points = [
        (-0.48, 0.12),
        (-0.4, 0.3 * b),
        (-0.1, 0.34 * b),
        (0.18, 0.34 * b),
        (0.32, 0.2),
        (0.3, 0.02),
        (-0.1, 0.0),
        (-0.42, 0.0),
    ]
    parts = [Part(blob(points), c.main)]
    haunch = c.dark if build.legs == "dark" else c.main
    parts.append(Part(ellipse(-0.29, 0.15 * b, 0.16, 0.15 * b), haunch, line=0.7))
    parts += _tail(build, c, [(-0.44, 0.08), (-0.5, 0.03), (-0.3, 0.03), (-0.08, 0.04)])
    if build.legs == "dark":
        parts.append(
            Part(blob([(0.02, 0.35 * b), (0.24, 0.33 * b), (0.3, 0.1), (0.06, 0.02)]), c.dark, line=0.3)
        )
    for x, y, far in ((0.44, 0.075, True), (0.36, 0.04, False)):
        parts += _leg(build, c, (0.12, y + 0.05), (x, y - 0.01), far=far, forward=0.02)
    return parts, [], (0.25, 0.45, build.head * 1.02, 0.0)
