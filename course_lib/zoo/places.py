"""Places: the landscapes behind the animals, as gradients and parts in picture units (0..1, y points down)."""

from dataclasses import dataclass, field

import numpy as np

from course_lib.zoo.shapes import (
    BUILDING,
    GROUND,
    LIGHT,
    PLANT,
    SKY,
    WATER,
    WOOD,
    Colour,
    Part,
    blob,
    ellipse,
    mix,
    taper,
)


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
    perch: Part | None = None  # something to stand on, left away where the animal flies


def backdrop(place: str, rng: np.random.Generator, y: float, flying: bool = False) -> Backdrop:
    """The landscape of `place`; `y` in 0..1 shifts the ground a little."""
    scenery = _SCENERY[place](rng)
    if scenery.perch and not flying:
        scenery.parts.append(scenery.perch)
    scenery.stand += (y - 0.5) * 0.05
    return scenery


def _hill(
    y: float, rng: np.random.Generator, rough: float, colour: Colour, label: int, line: float = 0.7
) -> Part:
    """Everything below a wavy line at height `y`."""
    x = np.linspace(-0.1, 1.1, 7)
    heights = y + rng.uniform(-rough, rough, 7)
    ridge = blob([*zip(x, heights, strict=True), (1.2, 1.2), (-0.2, 1.2)])
    return Part(ridge, colour, label, line)


def _fir(x: float, base: float, height: float, colour: Colour, line: float = 0.6) -> list[Part]:
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


def _cloud(x: float, y: float, size: float, colour: Colour) -> list[Part]:
    puffs = ((-0.7, 0.05, 0.55), (0, -0.2, 0.75), (0.7, 0.08, 0.5))
    return [
        Part(ellipse(x + a * size, y + b * size, c * size, c * size * 0.62), colour, SKY, 0.35)
        for a, b, c in puffs
    ]


def _stars(rng: np.random.Generator, count: int, low: float) -> list[Part]:
    return [
        Part(ellipse(rng.random(), rng.random() * low, r, r), (255, 250, 220), LIGHT, 0.5)
        for r in rng.uniform(0.005, 0.011, count)
    ]


def _tufts(rng: np.random.Generator, y: float, count: int, colour: Colour, tall: float = 0.07) -> list[Part]:
    """Blades of grass; none in the middle, where the feet are."""
    parts = []
    for x in rng.random(count):
        lean = rng.uniform(-0.03, 0.03)
        height = tall * rng.uniform(0.6, 1.1) * (0.5 + abs(x - 0.5))
        base = y + rng.uniform(0, 0.1)
        points = [(x - 0.014, base), (x + lean, base - height), (x + 0.014, base)]
        parts.append(Part(np.array(points), mix(colour, (30, 90, 20), rng.random() * 0.5), PLANT, 0.4))
    return parts


def _forest(rng: np.random.Generator) -> Backdrop:
    """Pale trunks far away, dark ones near the edges, a clearing in the middle."""
    parts = []
    for x in np.linspace(0.02, 0.98, 9) + rng.uniform(-0.05, 0.05, 9):
        w = rng.uniform(0.012, 0.024)
        parts.append(
            Part(
                taper([(x, 0.0), (x + rng.uniform(-0.02, 0.02), 0.8)], [w, w * 1.2]),
                (122, 160, 112),
                WOOD,
                0.3,
            )
        )
    parts += [_hill(0.68, rng, 0.02, (126, 176, 84), GROUND), _hill(0.78, rng, 0.02, (92, 150, 62), GROUND)]
    for x in (
        rng.uniform(0.0, 0.12),
        rng.uniform(0.88, 1.0),
        rng.choice([0.22, 0.78]) + rng.uniform(-0.03, 0.03),
    ):
        w = rng.uniform(0.035, 0.055) if abs(x - 0.5) > 0.32 else 0.03
        parts.append(
            Part(taper([(x, -0.1), (x, 0.4), (x, 0.82)], [w, w * 0.9, w * 1.4]), (104, 70, 46), WOOD, 0.8)
        )
    for x in np.linspace(-0.05, 1.05, 7):
        y, r = rng.uniform(-0.06, 0.05), rng.uniform(0.13, 0.19)
        colour = mix((58, 128, 62), (100, 164, 70), rng.random())
        parts.append(Part(ellipse(x, y + 0.12 * abs(x - 0.5), r, r * 0.8), colour, PLANT, 0.6))
    front = _tufts(rng, 0.97, 12, (86, 160, 50))
    return Backdrop(((196, 226, 180), (226, 240, 196)), parts, front, 0.87, (255, 252, 214), (0.3, 0.0))


def _snow(rng: np.random.Generator) -> Backdrop:
    """Blue shade on the hills, so that even a white animal stands out."""
    sky = ((88, 140, 204), (176, 208, 236)) if rng.random() < 0.6 else ((126, 128, 190), (238, 196, 200))
    parts = [_hill(0.56, rng, 0.05, (150, 184, 222), GROUND, 0.5)]
    for x in (
        rng.uniform(0.02, 0.14),
        rng.uniform(0.2, 0.3),
        rng.uniform(0.74, 0.84),
        rng.uniform(0.88, 0.98),
    ):
        height = rng.uniform(0.3, 0.48)
        parts += _fir(x, 0.7, height, (58, 112, 122))
        for low, high, w in ((0.55, 1.0, 0.08), (0.3, 0.6, 0.1)):
            cap = [
                (x - w * height, 0.7 - (low + 0.2) * height),
                (x, 0.7 - high * height),
                (x + w * height, 0.7 - (low + 0.2) * height),
            ]
            parts.append(Part(np.array(cap), (238, 246, 255), PLANT, 0.3))
    parts += [
        _hill(0.68, rng, 0.025, (196, 218, 242), GROUND, 0.6),
        _hill(0.8, rng, 0.015, (226, 238, 252), GROUND, 0.5),
    ]
    flakes = [
        Part(ellipse(rng.random(), rng.random(), r, r), (255, 255, 255), LIGHT, 0.3)
        for r in rng.uniform(0.007, 0.015, 22)
    ]
    parts += flakes[:18]
    return Backdrop(sky, parts, flakes[18:], 0.87, (255, 255, 255), (0.2, 0.0))


def _branch(rng: np.random.Generator) -> Backdrop:
    """A branch across the picture, leaves at the corners."""
    sky = [
        ((96, 178, 236), (204, 234, 250)),
        ((120, 196, 214), (246, 236, 200)),
        ((250, 178, 130), (255, 226, 170)),
    ][rng.integers(3)]
    parts = _cloud(rng.uniform(0.1, 0.3), rng.uniform(0.15, 0.4), 0.12, mix(sky[1], (255, 255, 255), 0.6))
    parts += _cloud(rng.uniform(0.7, 0.9), rng.uniform(0.1, 0.45), 0.13, mix(sky[1], (255, 255, 255), 0.6))
    bend, side = rng.uniform(-0.02, 0.02), rng.choice([-1, 1])
    path = [(-0.1, 0.86 - 0.05 * side), (0.25, 0.86 + bend), (0.6, 0.86 - bend), (1.1, 0.85 + 0.05 * side)]
    widths = [0.07, 0.055, 0.05, 0.035][::-side]
    twigs = [
        [(0.5 - 0.24 * side, 0.87), (0.5 - 0.36 * side, 0.72), (0.5 - 0.42 * side, 0.56)],
        [(0.5 + 0.3 * side, 0.87), (0.5 + 0.4 * side, 0.97)],
    ]
    wood = (112, 74, 46)
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
    return Backdrop(sky, parts, [], 0.835, (255, 250, 226), (0.2, 0.0))


def _meadow(rng: np.random.Generator) -> Backdrop:
    """Rolling hills, a summer sky, flowers."""
    parts = _cloud(rng.uniform(0.05, 0.35), 0.14, 0.12, (255, 255, 255)) + _cloud(
        rng.uniform(0.65, 0.95), 0.24, 0.1, (255, 255, 255)
    )
    parts += [
        _hill(0.5, rng, 0.05, (126, 186, 150), GROUND),
        _hill(0.6, rng, 0.03, (134, 196, 88), GROUND),
        _hill(0.73, rng, 0.02, (104, 178, 64), GROUND),
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
        sky, parts + far, _tufts(rng, 0.98, 10, (90, 170, 50)) + near, 0.87, (255, 252, 224), (0.8, 0.0)
    )


def _sea(rng: np.random.Generator) -> Backdrop:
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
    foam = _hill(0.715, rng, 0.015, (244, 252, 255), WATER, 0.4)
    parts += [foam, foam._replace(points=foam.points + (0, 0.025), colour=(240, 212, 152), label=GROUND)]
    for _ in range(7):
        sx, sy = rng.random(), rng.uniform(0.82, 0.99)
        parts.append(
            Part(
                ellipse(sx, sy, 0.02, 0.012), mix((214, 178, 116), (250, 140, 120), rng.random()), GROUND, 0.4
            )
        )
    return Backdrop(sky, parts, [], 0.88, (255, 248, 222), (0.5, 0.0))


def _moonlit(rng: np.random.Generator) -> Backdrop:
    """A great moon, stars, and the tops of the firs below."""
    sky = [((16, 22, 64), (62, 92, 150)), ((26, 18, 70), (98, 80, 156)), ((10, 34, 66), (50, 116, 142))][
        rng.integers(3)
    ]
    x, y, r = (
        rng.choice([rng.uniform(0.16, 0.3), rng.uniform(0.7, 0.84)]),
        rng.uniform(0.16, 0.26),
        rng.uniform(0.12, 0.16),
    )
    parts = _stars(rng, 22, 0.55)
    parts += [
        Part(ellipse(x, y, r * k, r * k), mix(sky[1], (255, 248, 214), a), LIGHT, 0)
        for k, a in ((1.55, 0.14), (1.25, 0.3))
    ]
    parts.append(Part(ellipse(x, y, r, r), (255, 248, 214), LIGHT, 0.9))
    parts += [
        Part(ellipse(x + a * r, y + b * r, c * r, c * r), (234, 222, 184), LIGHT, 0.4)
        for a, b, c in ((-0.3, -0.2, 0.24), (0.35, 0.25, 0.18), (-0.1, 0.5, 0.13))
    ]
    far, near = mix(sky[0], sky[1], 0.42), mix(sky[0], (6, 30, 38), 0.6)
    for tree_x in np.linspace(-0.02, 1.02, 9) + rng.uniform(-0.03, 0.03, 9):
        parts += _fir(tree_x, 0.98, rng.uniform(0.3, 0.42), far, 0.5)
    for tree_x in np.linspace(0.0, 1.0, 6) + rng.uniform(-0.04, 0.04, 6):
        parts += _fir(tree_x, 1.05, rng.uniform(0.32, 0.4) * (0.75 + 0.6 * abs(tree_x - 0.5)), near, 0.7)
    rock = blob([(0.06, 1.1), (0.14, 0.94), (0.32, 0.87), (0.68, 0.87), (0.86, 0.94), (0.94, 1.1)])
    return Backdrop(
        sky,
        parts,
        [],
        0.89,
        (214, 226, 255),
        (x, y),
        True,
        Part(rock, mix(near, (112, 124, 150), 0.6), GROUND, 0.8),
    )


def _desert(rng: np.random.Generator) -> Backdrop:
    """Dunes, a low sun, cacti."""
    sky = [((70, 160, 210), (250, 224, 176)), ((232, 104, 84), (255, 206, 130))][rng.integers(2)]
    x = rng.uniform(0.15, 0.85)
    parts = [Part(ellipse(x, 0.34, 0.12, 0.12), (255, 238, 170), LIGHT, 0.7)]
    parts += [_hill(0.5, rng, 0.06, (226, 140, 84), GROUND), _hill(0.62, rng, 0.04, (238, 168, 92), GROUND)]
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
    parts.append(_hill(0.76, rng, 0.02, (248, 200, 120), GROUND))
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


def _city(rng: np.random.Generator) -> Backdrop:
    """A skyline with lit windows, seen from a roof."""
    sky = [((36, 20, 84), (226, 92, 150)), ((14, 28, 80), (70, 120, 190)), ((40, 24, 70), (236, 134, 96))][
        rng.integers(3)
    ]
    parts = [
        *_stars(rng, 10, 0.35),
        Part(ellipse(rng.uniform(0.1, 0.9), 0.13, 0.065, 0.065), (255, 244, 214), LIGHT, 0.8),
    ]
    x = -0.04
    while x < 1.0:
        w, top = rng.uniform(0.11, 0.17), rng.uniform(0.24, 0.52)
        wall = mix(mix(sky[0], (60, 56, 110), 0.5), sky[1], rng.uniform(0.05, 0.2))
        parts.append(Part(np.array([(x, top), (x + w, top), (x + w, 0.9), (x, 0.9)]), wall, BUILDING, 0.8))
        for row in range(4):
            for column in range(2):
                if rng.random() < 0.62:
                    wx, wy = x + w * (0.3 + 0.42 * column), top + 0.06 + row * 0.1
                    pane = [
                        (wx - 0.02, wy),
                        (wx + 0.02, wy),
                        (wx + 0.02, wy + 0.045),
                        (wx - 0.02, wy + 0.045),
                    ]
                    parts.append(
                        Part(np.array(pane), mix((255, 214, 96), (255, 244, 190), rng.random()), LIGHT, 0.5)
                    )
        x += w
    parts.append(
        Part(np.array([(-0.1, 0.8), (1.1, 0.8), (1.1, 1.1), (-0.1, 1.1)]), (104, 86, 122), GROUND, 0.9)
    )
    parts.append(
        Part(np.array([(-0.1, 0.8), (1.1, 0.8), (1.1, 0.835), (-0.1, 0.835)]), (148, 124, 160), GROUND, 0.5)
    )
    return Backdrop(sky, parts, [], 0.89, (255, 206, 180), (0.5, 0.1), True)


_SCENERY = {
    "in a forest": _forest, "in the snow": _snow, "on a tree branch": _branch, "in a meadow": _meadow,
    "by the sea": _sea, "over a moonlit forest": _moonlit, "in the desert": _desert, "in a city at night": _city,
}  # fmt: skip
