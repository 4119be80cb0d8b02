"""Spoiled faces: Zoo drawings with one thing wrong about the face, and drawings that are right, to tell them apart.

A kind of flaw is a change of the head's parts before they are drawn (an eye too many, a beak too low), or of the picture
after it (an eye smudged, two looks of a head blended): the second are what a diffusion model does where it can't decide.
"""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter

from course_lib.zoo import LOOKS, Scene, random_scene
from course_lib.zoo.draw import SIDE, stage
from course_lib.zoo.media import PAINTERS
from course_lib.zoo.raster import Stage, picture
from course_lib.zoo.shapes import EYE, Part, bounds

# Which parts of a head are its left ear, in the order they are drawn; the right ear's come next, as many.
EARS = {
    "red fox": (0, 1), "golden retriever": (1,), "cat": (0, 1), "rabbit": (0, 1), "panda": (0,), "elephant": (0, 1),
    "owl": (0,),
}  # fmt: skip
AROUND_EYE = {
    "panda": (3, 4),
    "frog": (0, 1),
}  # the patch or mound that goes with the left eye, and with the right
TRUNK = range(5, 11)  # the elephant's, and its tusks

DRAWN = (
    "eye missing", "eye moved", "eye extra", "eyes merged", "eyes unequal", "mouth missing", "mouth moved", "mouth doubled",
    "ear missing", "ear extra",
)  # fmt: skip
PAINTED = ("looks blended", "eye smudged", "eye warped")
KINDS = (*DRAWN, *PAINTED)
RIGHT = "right"
ELSEWHERE = (
    0.25  # part of the right pictures that are smudged or warped away from the face, which is no flaw of it
)


def middle(parts: list[Part]) -> np.ndarray:
    """The middle of the box around some parts, (2,)."""
    left, low, right, high = bounds(parts)
    return np.array([left + right, low + high]) / 2


def eyes_of(animal: str, head: list[Part]) -> list[list[int]]:
    """Part numbers of each eye: two, or one where a hawk is seen from the side."""
    numbers = [i for i, part in enumerate(head) if part.label == EYE]
    half = len(numbers) // 2
    if np.ptp([middle([head[i]])[0] for i in numbers]) < 0.3:
        return [numbers]
    around = AROUND_EYE.get(animal, (None, None))
    pairs = zip(around, (numbers[:half], numbers[half:]), strict=True)
    return [eye if patch is None else [patch, *eye] for patch, eye in pairs]


def mouth_of(animal: str, head: list[Part]) -> list[int]:
    """Part numbers of nose and mouth, beak or trunk; no brows."""
    if animal == "elephant":
        return list(TRUNK)
    accents = (i for i, part in enumerate(head) if part.accent and part.label != EYE)
    return [i for i in accents if middle([head[i]])[1] < 0.2]


def ears_of(animal: str) -> list[list[int]]:
    """Part numbers of the two ears; an empty list for an animal that shows none."""
    left = EARS.get(animal, ())
    return [list(left), [i + len(left) for i in left]] if left else []


def fits(kind: str, scene: Scene) -> bool:
    """True where the head has what this kind of flaw spoils: some have no ears, and a hawk's profile has one eye."""
    if kind.startswith("ear "):
        return scene.animal in EARS
    return not kind.startswith("eyes ") or scene.animal != "hawk" or scene.look == "front"


def changed(head: list[Part], numbers: list[int], scale: float, step: np.ndarray) -> dict[int, Part]:
    """Some parts scaled about their middle and moved by `step`, (2,) in head units; {part number: part}."""
    centre = middle([head[i] for i in numbers])
    return {i: head[i]._replace(points=(head[i].points - centre) * scale + centre + step) for i in numbers}


def a_step(rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    """A step of this length in any direction, (2,)."""
    angle = rng.uniform(0, 2 * np.pi)
    return rng.uniform(low, high) * np.array([np.cos(angle), np.sin(angle)])


def spoiled(head: list[Part], animal: str, kind: str, rng: np.random.Generator) -> list[Part]:
    """The head with a flaw of one of the DRAWN kinds, which must fit.  Head units."""
    what, how = kind.split()
    eyes = eyes_of(animal, head)
    if what == "eyes":
        return _both_eyes(head, eyes, how, rng)
    choices = {"eye": eyes, "mouth": [mouth_of(animal, head)], "ear": ears_of(animal)}[what]
    numbers = choices[rng.integers(len(choices))]
    if how == "missing":
        return [part for i, part in enumerate(head) if i not in numbers]
    if how == "moved":
        new = changed(head, numbers, 1.0, a_step(rng, 0.28, 0.6))
        return [new.get(i, part) for i, part in enumerate(head)]
    step = a_step(rng, 0.4, 0.8)
    if what == "eye" and rng.random() < 0.7:  # as of another look: beside the first
        step = np.array([rng.choice([-1, 1]) * rng.uniform(0.35, 0.75), rng.uniform(-0.06, 0.06)])
    new = changed(head, numbers, rng.uniform(0.75, 1.0), step)
    return [again for i, part in enumerate(head) for again in ([part, new[i]] if i in new else [part])]


def _both_eyes(head: list[Part], eyes: list[list[int]], how: str, rng: np.random.Generator) -> list[Part]:
    """Eyes that run into one another, or one much larger than the other."""
    if how == "unequal":
        scale = rng.uniform(0.3, 0.6) if rng.random() < 0.7 else rng.uniform(1.5, 1.9)
        new = changed(head, eyes[rng.integers(2)], scale, np.zeros(2))
    else:
        left, right = (middle([head[i] for i in eye]) for eye in eyes)
        nearer, share = (right - left) * rng.uniform(0.5, 1.0), rng.random()
        new = changed(head, eyes[0], 1.0, nearer * share)
        new |= changed(head, eyes[1], 1.0, -nearer * (1 - share))
    return [new.get(i, part) for i, part in enumerate(head)]


def face_scene(seed: int, index: int) -> tuple[Scene, str, np.random.Generator]:
    """Scene `index` of an endless set, half of it spoiled; its kind, one of KINDS or RIGHT; and the dice to draw it with."""
    rng = np.random.default_rng([seed, index])
    scene = random_scene(rng)
    kind = str(rng.choice([kind for kind in KINDS if fits(kind, scene)]))
    return scene, kind if rng.random() < 0.5 else RIGHT, rng


def face_picture(scene: Scene, kind: str, rng: np.random.Generator, side: int = SIDE) -> np.ndarray:
    """The scene drawn with a flaw of this kind, or without one where it is RIGHT; (side, side, 3) uint8."""
    if kind in DRAWN:
        return paint(scene, stage(scene, side, lambda head: spoiled(head, scene.animal, kind, rng)))
    if kind == "looks blended":
        return blended(scene, side, rng)
    set_up = stage(scene, side)
    image, eyes = paint(scene, set_up), [part for part in set_up.animal if part.label == EYE]
    if kind == RIGHT:
        return _harmed_elsewhere(image, middle(eyes), rng) if rng.random() < ELSEWHERE else image
    eye = eyes[: len(eyes) // 2] if rng.random() < 0.5 else eyes[len(eyes) // 2 :]
    left, _, right, _ = bounds(eye)
    reach = max(0.02, (right - left) * rng.uniform(0.6, 1.0)) * side
    return HARM[kind](image, middle(eye) * side, reach, rng)


def paint(scene: Scene, set_up: Stage) -> np.ndarray:
    """What `draw` makes of a stage, (side, side, 3) uint8."""
    return np.asarray(picture(PAINTERS[scene.medium](set_up)).reduce(2))


def _harmed_elsewhere(image: np.ndarray, face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Smudged or warped away from the face, which is at `face`, (2,) in 0..1."""
    side, place = len(image), face
    while np.hypot(*(place - face)) < 0.36:
        place = rng.uniform(0.05, 0.95, 2)
    harm = list(HARM.values())[rng.integers(len(HARM))]
    return harm(image, place * side, rng.uniform(0.03, 0.07) * side, rng)


def bump(side: int, centre: np.ndarray, reach: float) -> np.ndarray:
    """1 at a place (x, y), falling smoothly to 0 about `reach` pixels away; (side, side)."""
    y, x = np.mgrid[:side, :side]
    far = np.hypot(x - centre[0], y - centre[1]) / reach
    return np.clip(1.5 - far, 0, 1) ** 2 * (3 - 2 * np.clip(1.5 - far, 0, 1))


def smudged(image: np.ndarray, centre: np.ndarray, reach: float, rng: np.random.Generator) -> np.ndarray:
    """A wet finger on one place: what is there melts into what is around it."""
    soft = Image.fromarray(image).filter(ImageFilter.GaussianBlur(float(reach * rng.uniform(0.5, 1.0))))
    amount = rng.uniform(0.75, 1.0) * bump(len(image), centre, reach)[:, :, None]
    return (image + (np.asarray(soft) - image.astype(float)) * amount).round().astype(np.uint8)


def warped(image: np.ndarray, centre: np.ndarray, reach: float, rng: np.random.Generator) -> np.ndarray:
    """One place seen through bad glass: turned and pushed aside."""
    side = len(image)
    amount = bump(side, centre, reach * 1.3)
    y, x = np.mgrid[:side, :side].astype(float)
    turn = rng.uniform(1.2, 2.6) * rng.choice([-1, 1]) * amount
    push = a_step(rng, 0.3, 0.9) * reach
    dx, dy = x - centre[0], y - centre[1]
    new_x = centre[0] + np.cos(turn) * dx - np.sin(turn) * dy + push[0] * amount
    new_y = centre[1] + np.sin(turn) * dx + np.cos(turn) * dy + push[1] * amount
    rows, columns = (np.clip(v.round(), 0, side - 1).astype(int) for v in (new_y, new_x))
    return image[rows, columns]


HARM = {"eye smudged": smudged, "eye warped": warped}


def blended(scene: Scene, side: int, rng: np.random.Generator) -> np.ndarray:
    """Two looks of the same head, one on either side of a soft line through the face, or both half-seen."""
    other = replace(scene, look=str(rng.choice([look for look in LOOKS if look != scene.look])))
    one, two = stage(scene, side), stage(other, side)
    eyes = [part for set_up in (one, two) for part in set_up.animal if part.label == EYE]
    left, top, right, low = bounds(eyes)
    centre = (middle(eyes) + rng.uniform(-0.25, 0.25, 2) * (right - left, low - top)) * side
    angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 4.0)
    y, x = np.mgrid[:side, :side]
    across = np.cos(angle) * (x - centre[0]) + np.sin(angle) * (y - centre[1])
    share = 1 / (1 + np.exp(-np.clip(across / soft, -30, 30)))
    if rng.random() < 0.35:
        share = np.full_like(share, rng.uniform(0.35, 0.65))
    a, b = paint(scene, one).astype(float), paint(other, two)
    return (a + (b - a) * share[:, :, None]).round().astype(np.uint8)
