"""Bodies of the owls and the hawk, in the units of `bodies`: about 1 high, the ground is y = 0, facing +x."""

import numpy as np

from course_lib.zoo.coats import Coat
from course_lib.zoo.shapes import Part, blob, ellipse, mirrored, mix, taper


def _feathers(
    c: Coat, shoulder: tuple, wrist: tuple, tip: tuple, drop: float, first: Part | None = None
) -> list[Part]:
    """A spread wing: long feathers that fan out from the arm, and the arm over them."""
    sx, sy = shoulder
    parts = []
    side = np.sign(tip[0] - sx)
    for k, t in enumerate(np.linspace(0.12, 1, 7)):
        x = sx + (wrist[0] - sx) * min(1, t * 1.25)
        y = sy + (wrist[1] - sy) * min(1, t * 1.25)
        angle = (1 - t) ** 1.4  # 1 hangs straight down, 0 points along the wing
        ex = x + (tip[0] - wrist[0]) * (1 - angle) + side * 0.02
        ey = y + (tip[1] - wrist[1]) * (1 - angle) - drop * angle
        colour = c.dark if k % 2 else mix(c.dark, c.main, 0.4)
        parts.append(
            Part(
                taper([(x, y), ((x + ex) / 2, (y + ey) / 2), (ex, ey)], [0.07, 0.075, 0.035]),
                colour,
                line=0.5,
            )
        )
    arm = [
        (sx, sy - 0.14),
        (sx, sy + 0.06),
        ((sx + wrist[0]) / 2, (sy + wrist[1]) / 2 + 0.09),
        (wrist[0] + side * 0.1, wrist[1] + 0.05),
    ]
    arm += [(wrist[0] + side * 0.06, wrist[1] - 0.08), ((sx + wrist[0]) / 2, (sy + wrist[1]) / 2 - 0.13)]
    return [*parts, Part(blob(arm), c.main, line=0.8)]


def _flying(c: Coat, spread: float, marks: list[Part], feet, head: tuple) -> tuple:
    """Seen from the front, banking: `spread` in 0..1 is how far the wings are raised."""
    parts = []
    wrist_y, tip_y = 0.5 + 0.3 * spread, 0.44 + 0.62 * spread
    for s in (-1, 1):
        parts += _feathers(c, (s * 0.14, 0.46), (s * 0.42, wrist_y), (s * 0.76, tip_y), 0.3)
    for k, angle in enumerate((-0.5, 0.5, 0.0)):
        end = (0.26 * np.sin(angle), 0.2 - 0.26 * np.cos(angle))
        parts.append(
            Part(taper([(0, 0.22), end], [0.05, 0.075]), mix(c.dark, c.main, 0.5 * (k == 2)), line=0.5)
        )
    parts.append(
        Part(blob(mirrored([(0, 0.66), (0.17, 0.56), (0.22, 0.36), (0.14, 0.16), (0, 0.08)])), c.main)
    )
    parts.append(
        Part(
            blob(mirrored([(0, 0.56), (0.12, 0.48), (0.155, 0.34), (0.1, 0.18), (0, 0.13)])),
            c.light,
            line=0.3,
        )
    )
    parts += marks
    for s in (-1, 1):
        parts.append(Part(ellipse(s * 0.085, 0.13, 0.05, 0.035), feet, line=0.5, accent=True))
    return parts, [], head


def _spots(c: Coat, rows: list, r: float = 0.03) -> list[Part]:
    return [Part(ellipse(x, y, r, r * 0.7), c.dark, line=0) for y, xs in rows for x in xs]


BREAST = [(0.4, (-0.09, 0.0, 0.09)), (0.3, (-0.05, 0.05)), (0.21, (-0.09, 0.0, 0.09))]


def owl_body(pose: str, c: Coat, spread: float, snowy: bool) -> tuple:
    """A round bird upright on its feet, or on broad wings."""
    feet = mix(c.inner, (250, 190, 60), 0.5) if not snowy else (226, 220, 214)
    breast = c.light if not snowy else mix(c.light, c.main, 0.3)
    if pose == "flying":
        return _flying(
            c._replace(dark=mix(c.dark, c.main, 0.5 * snowy)),
            spread,
            _spots(c, BREAST, 0.024),
            feet,
            (0, 0.72, 0.32, 0.0),
        )
    parts = [Part(taper([(0, 0.12), (0, -0.02)], [0.1, 0.12]), c.dark)]
    parts.append(Part(blob(mirrored([(0, 0.66), (0.2, 0.58), (0.29, 0.34), (0.22, 0.1), (0, 0.02)])), c.main))
    parts.append(
        Part(
            blob(mirrored([(0, 0.54), (0.16, 0.44), (0.19, 0.28), (0.13, 0.11), (0, 0.07)])), breast, line=0.3
        )
    )
    parts += _spots(c, BREAST, 0.03)
    wing_colour = mix(c.main, c.dark, 0.3) if snowy else c.dark
    for s in (-1, 1):
        wing = [(s * 0.16, 0.56), (s * 0.31, 0.44), (s * 0.35, 0.2), (s * 0.24, 0.02), (s * 0.19, 0.26)]
        parts.append(Part(blob(wing), wing_colour, line=0.8))
        if snowy:
            parts += _spots(c, [(0.36, (s * 0.28,)), (0.25, (s * 0.3,)), (0.16, (s * 0.27,))], 0.026)
        parts.append(Part(ellipse(s * 0.095, 0.02, 0.075, 0.04), feet, line=0.6, accent=True))
    return parts, [], (0, 0.74, 0.31, 0.0)


def hawk_body(pose: str, c: Coat, spread: float) -> tuple:
    """A slim upright bird with a long tail and a streaked breast."""
    feet = c.inner
    streaks = [
        (0.46, (-0.06, 0.06)),
        (0.38, (-0.09, 0.0, 0.09)),
        (0.29, (-0.05, 0.05)),
        (0.21, (-0.08, 0.08)),
    ]
    marks = [Part(ellipse(x, y, 0.016, 0.036), c.dark, line=0) for y, xs in streaks for x in xs]
    if pose == "flying":
        return _flying(c, spread, marks, feet, (0, 0.74, 0.25, 0.0))
    parts = [Part(taper([(-0.12, 0.2), (-0.22, -0.03)], [0.08, 0.1]), c.dark)]
    for t in (0.35, 0.7):
        x, y = -0.12 - 0.1 * t, 0.2 - 0.23 * t
        parts.append(
            Part(taper([(x - 0.07, y + 0.03), (x + 0.08, y - 0.03)], [0.015, 0.015]), c.light, line=0)
        )
    body = [
        (-0.06, 0.7),
        (0.14, 0.66),
        (0.25, 0.44),
        (0.2, 0.2),
        (0.06, 0.06),
        (-0.12, 0.12),
        (-0.22, 0.36),
        (-0.18, 0.6),
    ]
    parts.append(Part(blob(body), c.main))
    parts.append(
        Part(
            blob(
                [
                    (0.06, 0.62),
                    (0.19, 0.56),
                    (0.22, 0.4),
                    (0.16, 0.2),
                    (0.04, 0.12),
                    (-0.04, 0.3),
                    (-0.02, 0.5),
                ]
            ),
            c.light,
            line=0.3,
        )
    )
    parts += [m._replace(points=m.points + (0.09, 0.05)) for m in marks]
    wing = [(-0.12, 0.64), (0.02, 0.5), (0.0, 0.28), (-0.12, 0.1), (-0.28, 0.03), (-0.28, 0.3), (-0.24, 0.5)]
    parts.append(Part(blob(wing), c.dark, line=0.9))
    parts.append(Part(taper([(-0.16, 0.42), (-0.14, 0.24), (-0.22, 0.06)], [0.012] * 3), c.main, line=0))
    for x in (0.02, 0.16):
        parts.append(Part(taper([(x, 0.16), (x, 0.05)], [0.05, 0.035]), c.light, line=0.6))
        parts.append(Part(ellipse(x + 0.02, 0.02, 0.065, 0.035), feet, line=0.6, accent=True))
    return parts, [], (0.03, 0.8, 0.215, 0.0)
