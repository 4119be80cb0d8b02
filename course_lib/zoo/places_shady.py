"""Shady places: the forest, snow, a moonlit forest, a city at night."""

import numpy as np

from course_lib.zoo.scenery import Backdrop, fir, hill, stars, tufts
from course_lib.zoo.shapes import BUILDING, GROUND, LIGHT, PLANT, WOOD, Part, blob, ellipse, mix, taper


def forest(rng: np.random.Generator) -> Backdrop:
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
    parts += [hill(0.68, rng, 0.02, (126, 176, 84), GROUND), hill(0.78, rng, 0.02, (92, 150, 62), GROUND)]
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
    front = tufts(rng, 0.97, 12, (86, 160, 50))
    return Backdrop(((196, 226, 180), (226, 240, 196)), parts, front, 0.87, (255, 252, 214), (0.3, 0.0))


def snow(rng: np.random.Generator) -> Backdrop:
    """Blue shade on the hills, so that even a white animal stands out."""
    sky = ((88, 140, 204), (176, 208, 236)) if rng.random() < 0.6 else ((126, 128, 190), (238, 196, 200))
    parts = [hill(0.56, rng, 0.05, (150, 184, 222), GROUND, 0.5)]
    for x in (
        rng.uniform(0.02, 0.14),
        rng.uniform(0.2, 0.3),
        rng.uniform(0.74, 0.84),
        rng.uniform(0.88, 0.98),
    ):
        height = rng.uniform(0.3, 0.48)
        parts += fir(x, 0.7, height, (58, 112, 122))
        for low, high, w in ((0.55, 1.0, 0.08), (0.3, 0.6, 0.1)):
            cap = [
                (x - w * height, 0.7 - (low + 0.2) * height),
                (x, 0.7 - high * height),
                (x + w * height, 0.7 - (low + 0.2) * height),
            ]
            parts.append(Part(np.array(cap), (238, 246, 255), PLANT, 0.3))
    parts += [
        hill(0.68, rng, 0.025, (196, 218, 242), GROUND, 0.6),
        hill(0.8, rng, 0.015, (226, 238, 252), GROUND, 0.5),
    ]
    flakes = [
        Part(ellipse(rng.random(), rng.random(), r, r), (255, 255, 255), LIGHT, 0.3)
        for r in rng.uniform(0.007, 0.015, 22)
    ]
    parts += flakes[:18]
    return Backdrop(sky, parts, flakes[18:], 0.87, (255, 255, 255), (0.2, 0.0))


def moonlit(rng: np.random.Generator) -> Backdrop:
    """A great moon, stars, and the tops of the firs below."""
    sky = [((16, 22, 64), (62, 92, 150)), ((26, 18, 70), (98, 80, 156)), ((10, 34, 66), (50, 116, 142))][
        rng.integers(3)
    ]
    x, y, r = (
        rng.choice([rng.uniform(0.16, 0.3), rng.uniform(0.7, 0.84)]),
        rng.uniform(0.16, 0.26),
        rng.uniform(0.12, 0.16),
    )
    parts = stars(rng, 22, 0.55)
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
        parts += fir(tree_x, 0.98, rng.uniform(0.3, 0.42), far, 0.5)
    for tree_x in np.linspace(0.0, 1.0, 6) + rng.uniform(-0.04, 0.04, 6):
        parts += fir(tree_x, 1.05, rng.uniform(0.32, 0.4) * (0.75 + 0.6 * abs(tree_x - 0.5)), near, 0.7)
    rock = blob([(0.06, 1.1), (0.14, 0.94), (0.32, 0.87), (0.68, 0.87), (0.86, 0.94), (0.94, 1.1)])
    return Backdrop(
        sky,
        parts,
        [],
        0.89,
        (214, 226, 255),
        (x, y),
        True,
        perch=Part(rock, mix(near, (112, 124, 150), 0.6), GROUND, 0.8),
    )


def city(rng: np.random.Generator) -> Backdrop:
    """A skyline with lit windows, seen from a roof."""
    sky = [((36, 20, 84), (226, 92, 150)), ((14, 28, 80), (70, 120, 190)), ((40, 24, 70), (236, 134, 96))][
        rng.integers(3)
    ]
    parts = [
        *stars(rng, 10, 0.35),
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
