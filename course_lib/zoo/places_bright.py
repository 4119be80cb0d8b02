"""Bright places: a branch in the sun, a meadow, the sea, the desert."""

import numpy as np

from course_lib.zoo.scenery import Backdrop, cloud, hill, tufts
from course_lib.zoo.shapes import BUILDING, GROUND, LIGHT, PLANT, WATER, WOOD, Part, blob, ellipse, mix, taper


def branch(rng: np.random.Generator) -> Backdrop:
    """A branch across the picture, leaves at the corners."""
    sky = [
        ((96, 178, 236), (204, 234, 250)),
        ((120, 196, 214), (246, 236, 200)),
        ((250, 178, 130), (255, 226, 170)),
    ][rng.integers(3)]
    parts = cloud(rng.uniform(0.1, 0.3), rng.uniform(0.15, 0.4), 0.12, mix(sky[1], (255, 255, 255), 0.6))
    parts += cloud(rng.uniform(0.7, 0.9), rng.uniform(0.1, 0.45), 0.13, mix(sky[1], (255, 255, 255), 0.6))
    bend, side = rng.uniform(-0.02, 0.02), rng.choice([-1, 1])
    path = [(-0.1, 0.86 - 0.05 * side), (0.25, 0.86 + bend), (0.6, 0.86 - bend), (1.1, 0.85 + 0.05 * side)]
    widths = [0.07, 0.055, 0.05, 0.035][::-side]
    twigs = [
        [(0.5 - 0.24 * side, 0.87), (0.5 - 0.36 * side, 0.72), (0.5 - 0.42 * side, 0.56)],
        [(0.5 + 0.3 * side, 0.87), (0.5 + 0.4 * side, 0.97)],
    ]
    wood, far = (112, 74, 46), len(parts)
    parts += [Part(taper(t, [0.028, 0.02, 0.012][: len(t)]), wood, WOOD, 0.8) for t in twigs]
    parts.append(Part(taper(path, widths), wood, WOOD, 1.0))
    parts.append(Part(taper([(x, y - 0.022) for x, y in path], [0.012] * 4), (160, 114, 74), WOOD, 0))
    leaves = [(0.5 - (0.36 + 0.1 * rng.random()) * side, rng.uniform(0.5, 0.76)) for _ in range(7)]
    leaves += [(0.5 + side * rng.uniform(0.3, 0.5), rng.uniform(0.9, 1.0)) for _ in range(4)]
    leaves += [(rng.choice([0.04, 0.96]) + rng.uniform(-0.06, 0.06), rng.uniform(0, 0.24)) for _ in range(7)]
    leaves += [(rng.random(), rng.uniform(0.92, 0.99)) for _ in range(4)]
    for x, y in leaves:
        colour = mix((70, 150, 60), (150, 196, 70), rng.random())
        parts.append(Part(ellipse(x, y, 0.055, 0.027, rng.uniform(-1, 1)), colour, PLANT, 0.6))
    return Backdrop(sky, parts, [], 0.835, (255, 250, 226), (0.2, 0.0), sharp=len(parts) - far)


def meadow(rng: np.random.Generator) -> Backdrop:
    """Rolling hills, a summer sky, flowers."""
    parts = cloud(rng.uniform(0.05, 0.35), 0.14, 0.12, (255, 255, 255)) + cloud(
        rng.uniform(0.65, 0.95), 0.24, 0.1, (255, 255, 255)
    )
    parts += [
        hill(0.5, rng, 0.05, (126, 186, 150), GROUND),
        hill(0.6, rng, 0.03, (134, 196, 88), GROUND),
        hill(0.73, rng, 0.02, (104, 178, 64), GROUND),
    ]
    petals = [(255, 92, 112), (255, 214, 60), (255, 255, 255), (190, 110, 230)]
    flowers = []
    for k in range(22):
        x, y = rng.random(), rng.uniform(0.68, 1.0)
        r = 0.012 + 0.022 * (y - 0.64) * 2
        flowers.append(Part(ellipse(x, y, r, r), petals[k % 4], PLANT, 0.5))
        flowers.append(
            Part(ellipse(x, y, r * 0.4, r * 0.4), (250, 180, 40) if k % 4 != 1 else (210, 120, 20), PLANT, 0)
        )
    near = [p for p in flowers if p.points[:, 1].mean() > 0.94]
    far = [p for p in flowers if p.points[:, 1].mean() <= 0.94]
    sky = ((92, 172, 240), (206, 234, 250))
    return Backdrop(
        sky, parts + far, tufts(rng, 0.98, 10, (90, 170, 50)) + near, 0.87, (255, 252, 224), (0.8, 0.0)
    )


def sea(rng: np.random.Generator) -> Backdrop:
    """Sea behind, sand in front, a sail far away."""
    warm = rng.random() < 0.35
    sky = ((250, 150, 120), (255, 220, 160)) if warm else ((110, 188, 240), (222, 240, 250))
    parts = [Part(ellipse(rng.uniform(0.1, 0.9), 0.16, 0.08, 0.08), (255, 244, 190), LIGHT, 0.6)]
    parts.append(
        Part(np.array([(-0.1, 0.46), (1.1, 0.46), (1.1, 1.1), (-0.1, 1.1)]), (36, 124, 186), WATER, 0.7)
    )
    x = rng.choice([rng.uniform(0.06, 0.2), rng.uniform(0.8, 0.94)])
    parts.append(Part(np.array([(x, 0.3), (x + 0.09, 0.44), (x, 0.44)]), (255, 255, 255), BUILDING, 0.7))
    parts.append(
        Part(np.array([(x - 0.01, 0.34), (x - 0.01, 0.44), (x - 0.07, 0.44)]), (250, 90, 80), BUILDING, 0.7)
    )
    parts.append(
        Part(
            blob([(x - 0.09, 0.45), (x + 0.1, 0.45), (x + 0.06, 0.485), (x - 0.05, 0.485)]),
            (110, 66, 50),
            BUILDING,
            0.7,
        )
    )
    for y in (0.53, 0.59, 0.65):
        for _ in range(3):
            wx, w = rng.random(), rng.uniform(0.04, 0.1)
            parts.append(
                Part(
                    taper([(wx - w, y), (wx, y - 0.01), (wx + w, y)], [0.004, 0.008, 0.004]),
                    (140, 208, 232),
                    WATER,
                    0,
                )
            )
    foam = hill(0.715, rng, 0.015, (244, 252, 255), WATER, 0.4)
    parts += [foam, foam._replace(points=foam.points + (0, 0.025), colour=(240, 212, 152), label=GROUND)]
    for _ in range(7):
        sx, sy = rng.random(), rng.uniform(0.82, 0.99)
        parts.append(
            Part(
                ellipse(sx, sy, 0.02, 0.012), mix((214, 178, 116), (250, 140, 120), rng.random()), GROUND, 0.4
            )
        )
    return Backdrop(sky, parts, [], 0.88, (255, 248, 222), (0.5, 0.0))


def desert(rng: np.random.Generator) -> Backdrop:
    """Dunes, a low sun, cacti."""
    sky = [((70, 160, 210), (250, 224, 176)), ((232, 104, 84), (255, 206, 130))][rng.integers(2)]
    x = rng.uniform(0.15, 0.85)
    parts = [Part(ellipse(x, 0.34, 0.12, 0.12), (255, 238, 170), LIGHT, 0.7)]
    parts += [hill(0.5, rng, 0.06, (226, 140, 84), GROUND), hill(0.62, rng, 0.04, (238, 168, 92), GROUND)]
    for cx, h in (
        (rng.uniform(0.06, 0.16), rng.uniform(0.3, 0.42)),
        (rng.uniform(0.84, 0.94), rng.uniform(0.26, 0.4)),
    ):
        green, base = (62, 138, 86), 0.76
        for s in (-1, 1):
            arm = [
                (cx, base - h * 0.4),
                (cx + s * 0.075, base - h * 0.42),
                (cx + s * 0.08, base - h * (0.66 + 0.1 * s)),
            ]
            parts.append(Part(taper(arm, [0.022, 0.024, 0.022]), green, PLANT, 0.7))
        parts.append(Part(taper([(cx, base), (cx, base - h)], [0.034, 0.03]), green, PLANT, 0.8))
        parts.append(
            Part(
                taper([(cx - 0.01, base - 0.02), (cx - 0.01, base - h)], [0.005] * 2),
                (118, 186, 110),
                PLANT,
                0,
            )
        )
    parts.append(hill(0.76, rng, 0.02, (248, 200, 120), GROUND))
    for y in (0.84, 0.93):
        rx = rng.random()
        parts.append(
            Part(
                taper([(rx - 0.2, y), (rx, y - 0.015), (rx + 0.2, y)], [0.004, 0.01, 0.004]),
                (228, 170, 92),
                GROUND,
                0.3,
            )
        )
    return Backdrop(sky, parts, [], 0.88, (255, 236, 190), (x, 0.2))
