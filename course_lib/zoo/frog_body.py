"""The body of the frog, in the units of `bodies`."""

from course_lib.zoo.coats import Coat
from course_lib.zoo.shapes import Part, blob, ellipse, mix, taper


def frog_body(pose: str, c: Coat) -> tuple[list[Part], list[Part], tuple]:
    """The frog squats or leaps; units and returns as `body`."""
    foot = mix(c.main, c.dark, 0.3)
    parts, front = [], []
    if pose == "running":
        for lift in (0.1, 0.0):
            knee = [(-0.26, 0.3 + lift), (-0.5, 0.16 + lift), (-0.34, 0.04 + lift), (-0.72, -0.08 + lift)]
            parts.append(
                Part(taper(knee, [0.1, 0.075, 0.05, 0.045]), mix(c.main, c.dark, 4 * lift), line=0.8)
            )
            parts.append(Part(ellipse(-0.76, -0.1 + lift, 0.11, 0.045, 0.5), foot, line=0.7))
        parts.append(Part(ellipse(-0.04, 0.38, 0.36, 0.2, 0.5), c.main))
        parts.append(Part(ellipse(0.04, 0.31, 0.27, 0.12, 0.5), c.light, line=0.3))
        for x, y in ((0.56, 0.34), (0.44, 0.2)):
            parts.append(
                Part(taper([(0.22, 0.4), (0.34, 0.28), (x, y)], [0.06, 0.05, 0.04]), c.main, line=0.8)
            )
            parts.append(Part(ellipse(x + 0.03, y, 0.07, 0.04), foot, line=0.7))
        return parts, front, (0.26, 0.66, 0.33, 0.2)
    for s in (-1, 1):
        parts.append(
            Part(
                blob([(s * 0.2, 0.36), (s * 0.44, 0.38), (s * 0.54, 0.14), (s * 0.4, 0.0), (s * 0.2, 0.02)]),
                mix(c.main, c.dark, 0.35),
            )
        )
        parts.append(Part(ellipse(s * 0.46, 0.025, 0.15, 0.04), foot, line=0.7))
    parts.append(Part(ellipse(0, 0.25, 0.32, 0.26), c.main))
    parts.append(Part(ellipse(0, 0.2, 0.23, 0.19), c.light, line=0.3))
    for s in (-1, 1):
        parts.append(
            Part(
                taper([(s * 0.2, 0.34), (s * 0.24, 0.18), (s * 0.16, 0.03)], [0.06, 0.05, 0.045]),
                c.main,
                line=0.8,
            )
        )
        parts.append(Part(ellipse(s * 0.16, 0.015, 0.1, 0.035), foot, line=0.7))
    return parts, front, (0.0, 0.36 + 0.24, 0.38, 0.0)
