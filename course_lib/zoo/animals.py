"""Animals: body, head and coat put together, placed in the picture."""

from collections.abc import Callable

import numpy as np

from course_lib.zoo import bird_heads, birds, bodies, heads, mammal_heads, water_birds
from course_lib.zoo.coats import COATS, Coat
from course_lib.zoo.frog_body import frog_body
from course_lib.zoo.scene import Scene
from course_lib.zoo.shapes import Part, bounds, moved

HEADS = {
    "red fox": mammal_heads.fox, "golden retriever": mammal_heads.dog, "cat": mammal_heads.cat, "rabbit": mammal_heads.rabbit,
    "panda": mammal_heads.panda, "elephant": mammal_heads.elephant, "frog": heads.frog, "owl": bird_heads.owl,
    "snowy owl": bird_heads.snowy_owl, "hawk": bird_heads.hawk, "penguin": bird_heads.penguin, "duck": bird_heads.duck,
}  # fmt: skip


def animal_parts(
    scene: Scene, rng: np.random.Generator, change: Callable[[list[Part]], list[Part]] = list
) -> list[Part]:
    """The animal of the scene in body units: about 1 high, ground at y = 0, y up. Accents come last.

    change: what is done to the parts of the head, in head units, before it is set on the body.
    """
    coat = _tinted(COATS[scene.animal][scene.coat], rng)
    spread, nod, sway = rng.random(), rng.uniform(-0.07, 0.07), rng.uniform(-0.03, 0.03)
    back, front, (x, y, radius, tilt) = _body(scene, coat, spread)
    flip = -1.0 if scene.facing == "left" else 1.0
    yaw = {"front": 0.0, "left": -0.52, "right": 0.52}[scene.look] * flip  # in the body's own frame
    if scene.pose in ("standing", "running", "lying") and scene.look == "front":
        yaw = 0.2  # a body seen from the side never shows a perfectly frontal face
    head = change(HEADS[scene.animal](heads.Turn(yaw + sway, blink=rng.uniform(0.92, 1.05)), coat))
    parts = back + moved(head, x + 0.03 * np.sin(yaw), y, radius, radius, tilt + nod) + front
    parts = moved(parts, 0, 0, flip, 1, sway)
    return [p for p in parts if not p.accent] + [p for p in parts if p.accent]


def _body(scene: Scene, coat: Coat, spread: float) -> tuple:
    animal, pose = scene.animal, scene.pose
    if animal in bodies.BUILDS:
        return bodies.body(animal, pose, coat)
    if animal == "frog":
        return frog_body(pose, coat)
    if animal in ("owl", "snowy owl"):
        return birds.owl_body(pose, coat, spread, animal == "snowy owl")
    if animal == "penguin":
        return water_birds.penguin_body(pose, coat)
    return {"hawk": birds.hawk_body, "duck": water_birds.duck_body}[animal](pose, coat, spread)


def _tinted(coat: Coat, rng: np.random.Generator) -> Coat:
    """No two animals have exactly the same colours."""
    shift = rng.uniform(-9, 9) + rng.uniform(-5, 5, 3)
    return coat._replace(
        main=tuple(np.clip(np.array(coat.main) + shift, 0, 255)),
        dark=tuple(np.clip(np.array(coat.dark) + shift, 0, 255)),
    )


def placed(parts: list[Part], scene: Scene, stand: float) -> list[Part]:
    """The animal moved into the picture: 0..1 from left to right and from top to bottom, its feet at `stand`."""
    left, bottom, right, top = bounds(parts)
    scale = scene.size / max((right - left) * 0.86, (top - bottom) * 1.02)  # a long animal may fill the width
    scale = min(scale, 0.94 / (right - left), 0.9 / (top - bottom))
    half = (right - left) * scale / 2
    middle = float(np.clip(scene.x, 0.04 + half, 0.96 - half)) if half < 0.46 else 0.5
    if scene.pose == "flying":
        height = (top - bottom) * scale
        stand = 0.05 + height + (0.8 - height) * (0.25 + 0.5 * scene.y)
    x = middle - (left + right) / 2 * scale
    ground = bottom if scene.pose == "flying" else max(bottom, -0.02)
    y = max(stand + ground * scale, 0.03 + top * scale)
    return moved(parts, x, y, scale, -scale)
