"""Bodies of the penguin and the duck, in the units of `bodies`."""

import numpy as np

from course_lib.zoo.coats import WHITE, Coat
from course_lib.zoo.shapes import Part, blob, ellipse, mirrored, mix, taper


def penguin_body(pose: str, c: Coat) -> tuple:
    """Upright in a dinner jacket; waddling with wings out; or sliding on its belly."""
    feet = c.inner if c.inner[0] > 200 else (70, 66, 76)
    if pose == "lying":
        parts = [Part(ellipse(-0.54, 0.1, 0.12, 0.05, 0.3), feet, line=0.7)]
        parts.append(
            Part(
                blob(
                    [(-0.5, 0.12), (-0.36, 0.32), (0, 0.38), (0.3, 0.32), (0.4, 0.1), (0.2, 0.0), (-0.2, 0.0)]
                ),
                c.main,
            )
        )
        parts.append(
            Part(
                blob([(-0.4, 0.06), (0, 0.16), (0.36, 0.2), (0.38, 0.06), (0.2, 0.0), (-0.2, 0.0)]),
                c.light,
                line=0.3,
            )
        )
        parts.append(
            Part(taper([(0.02, 0.26), (-0.14, 0.3), (-0.34, 0.46)], [0.06, 0.07, 0.025]), c.dark, line=0.8)
        )
        return parts, [], (0.34, 0.42, 0.27, -0.08)
    lift = 0.34 if pose == "running" else 0.06
    parts = []
    for s in (-1, 1):
        y = 0.06 if pose == "running" and s > 0 else 0.02
        parts.append(Part(ellipse(s * 0.13, y, 0.12, 0.045, s * 0.2 * (y > 0.03)), feet, line=0.7))
    parts.append(
        Part(blob(mirrored([(0, 0.66), (0.2, 0.58), (0.29, 0.32), (0.22, 0.08), (0, 0.02)])), c.main)
    )
    parts.append(
        Part(blob(mirrored([(0, 0.6), (0.14, 0.5), (0.21, 0.3), (0.16, 0.1), (0, 0.05)])), c.light, line=0.3)
    )
    for s in (-1, 1):
        wing = [
            (s * 0.2, 0.52),
            (s * (0.3 + lift * 0.3), 0.36 + lift * 0.2),
            (s * (0.32 + lift * 0.55), 0.14 + lift * 0.9),
        ]
        parts.append(Part(taper(wing, [0.06, 0.07, 0.025]), c.dark, line=0.8))
    return parts, [], (0, 0.76, 0.27, 0.1 if pose == "running" else 0.0)


def duck_body(pose: str, c: Coat, spread: float) -> tuple:
    """A boat of a body; standing, running with open wings, sitting, or flying with its neck stretched."""
    if pose == "flying":
        return _duck_flying(c, spread)
    legs = {"sitting": 0.0, "standing": 0.17, "running": 0.17}[pose]
    parts = []
    stride = 0.14 if pose == "running" else 0.0
    if legs:
        for x, s in ((-0.06, -1), (0.1, 1)):
            fx, fy = x + s * stride, 0.02 + 0.05 * (stride > 0) * (s < 0)
            parts.append(Part(taper([(x, legs + 0.08), (fx, fy + 0.02)], [0.032, 0.028]), c.inner, line=0.6))
            parts.append(
                Part(
                    blob([(fx - 0.05, fy - 0.02), (fx + 0.14, fy - 0.03), (fx + 0.05, fy + 0.05)]),
                    c.inner,
                    line=0.6,
                )
            )
    y = legs
    parts.append(
        Part(
            blob(
                [
                    (-0.58, 0.42 + y),
                    (-0.42, 0.3 + y),
                    (-0.1, 0.3 + y),
                    (0.14, 0.44 + y),
                    (0.34, 0.32 + y),
                    (0.32, 0.1 + y),
                    (0.06, 0.0 + y),
                    (-0.28, 0.03 + y),
                    (-0.46, 0.18 + y),
                ]
            ),
            c.main,
        )
    )
    parts.append(
        Part(
            blob(
                [
                    (0.1, 0.32 + y),
                    (0.3, 0.28 + y),
                    (0.29, 0.1 + y),
                    (0.06, 0.03 + y),
                    (-0.2, 0.05 + y),
                    (0.02, 0.12 + y),
                ]
            ),
            c.light,
            line=0.2,
        )
    )
    if c.hood:  # the drake's white collar
        parts.append(Part(ellipse(0.22, 0.42 + y, 0.16, 0.05), WHITE, line=0.3))
    if pose == "running":
        wing = [(-0.02, 0.28 + y), (-0.1, 0.46 + y), (-0.36, 0.66 + y), (-0.4, 0.46 + y), (-0.28, 0.24 + y)]
    else:
        wing = [
            (0.1, 0.26 + y),
            (-0.1, 0.32 + y),
            (-0.42, 0.34 + y),
            (-0.34, 0.16 + y),
            (-0.1, 0.1 + y),
            (0.06, 0.14 + y),
        ]
    parts.append(Part(blob(wing), c.dark, line=0.8))
    return parts, [], (0.24, 0.58 + y, 0.25, 0.0)


def _duck_flying(c: Coat, spread: float) -> tuple:
    """From the side: one wing behind, one in front, both raised."""
    rise = 0.22 * spread
    parts = [Part(_raised(0.24, rise + 0.04, 0.85), mix(c.main, c.dark, 0.6), line=0.8)]
    parts.append(
        Part(
            blob(
                [
                    (-0.62, 0.44),
                    (-0.44, 0.47),
                    (-0.1, 0.5),
                    (0.2, 0.52),
                    (0.48, 0.6),
                    (0.5, 0.44),
                    (0.18, 0.24),
                    (-0.2, 0.26),
                ]
            ),
            c.main,
        )
    )
    parts.append(
        Part(blob([(0.42, 0.44), (0.16, 0.27), (-0.2, 0.28), (-0.1, 0.35), (0.1, 0.37)]), c.light, line=0.2)
    )
    if c.hood:
        parts.append(Part(ellipse(0.42, 0.5, 0.05, 0.12, 0.4), WHITE, line=0.3))
    parts.append(Part(_raised(0.0, rise, 1.0), c.dark, line=0.9))
    arm = [(0.14, 0.42), (0.06, 0.66 + rise), (-0.04, 0.84 + rise), (-0.1, 0.62 + rise), (-0.2, 0.44)]
    parts.append(Part(blob(arm), mix(c.main, c.light, 0.3), line=0.5))
    foot = taper([(-0.3, 0.3), (-0.46, 0.27), (-0.56, 0.29)], [0.03, 0.03, 0.05])
    return [Part(foot, c.inner, line=0.6), *parts], [], (0.54, 0.66, 0.25, 0.0)


def _raised(x: float, rise: float, reach: float) -> np.ndarray:
    """A wing held up, its rear edge in feather tips."""
    edge = [
        (0.16, 0.4),
        (0.1, 0.74),
        (-0.02, 0.96),
        (-0.3, 1.14),
        (-0.24, 0.98),
        (-0.42, 0.96),
        (-0.32, 0.82),
        (-0.48, 0.76),
        (-0.34, 0.64),
        (-0.44, 0.56),
        (-0.26, 0.4),
    ]
    return blob([(x + a * reach, 0.4 + (b - 0.4) * reach + rise * (b > 0.6)) for a, b in edge])
