"""Spoiled faces: twins of Zoo drawings, one right and one with a single thing wrong about the face.

A flaw is a change of the head's parts before they are drawn (spoiled_heads.py), or of the picture after it: looks blended,
features half there, a smudge.  The second are what a diffusion model does where it can't decide.
"""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter

from course_lib.training.spoiled_heads import DRAWN, fits, middle, spoiled
from course_lib.zoo import LOOKS, Scene, random_scene
from course_lib.zoo.draw import SIDE, stage
from course_lib.zoo.media import PAINTERS
from course_lib.zoo.raster import Stage, picture
from course_lib.zoo.shapes import EYE, Part, bounds

BLENDED = "looks blended"
PAINTED = (BLENDED, "half there", "smudged", "warped")
KINDS = (*DRAWN, *PAINTED)
RIGHT = "right"
OFTEN_BLENDED = 0.35  # part of the flaws that are two looks at once, the commonest one in painted pictures
ELSEWHERE = (
    0.25  # part of the right pictures that are smudged or warped away from the face, which is no flaw of it
)
SEEN, ENOUGH = (
    40,
    0.0012,
)  # a flaw shows where a colour differs by more than SEEN of 255, on this part of the picture


def face_pair(seed: int, index: int, side: int = SIDE) -> tuple[np.ndarray, Scene, str]:
    """Twins: the same scene drawn right and with one flaw that can be seen.  The same for the same numbers.

    Returns pictures and the places of their flaws, (2, side, side, 4) uint8: red, green, blue, and 255 where the face is
    flawed, the right one first; the scene; and the kind of flaw, one of KINDS.
    """
    rng = np.random.default_rng([seed, index])
    while True:  # an ear hidden by the head can be lost unseen
        scene = random_scene(rng)
        others = [kind for kind in KINDS if kind != BLENDED and fits(kind, scene)]
        kind = BLENDED if rng.random() < OFTEN_BLENDED else str(rng.choice(others))
        set_up = stage(scene, side)
        right = paint(scene, set_up)
        wrong = wrong_face(scene, set_up, right, kind, rng)
        flaw = (np.abs(right.astype(int) - wrong).max(2) > SEEN)[:, :, None]
        if flaw.mean() >= ENOUGH:
            break
    if rng.random() < ELSEWHERE:
        right = harmed_elsewhere(right, middle(eyes_in(set_up)), rng)
    twins = [np.dstack([right, 0 * flaw]), np.dstack([wrong, 255 * flaw])]
    return np.stack(twins).astype(np.uint8), scene, kind


def wrong_face(
    scene: Scene, set_up: Stage, right: np.ndarray, kind: str, rng: np.random.Generator
) -> np.ndarray:
    """The scene drawn with a flaw of this kind, which must fit, (side, side, 3) uint8.

    set_up: the stage of the scene; right: the picture painted from it.
    """
    side = len(right)
    if kind == BLENDED:
        return blended(scene, set_up, rng)
    if kind in HARM:
        return HARM[kind](right, *_a_place(eyes_in(set_up), side, rng), rng)
    if kind in DRAWN:
        return paint(scene, stage(scene, side, lambda head: spoiled(head, scene.animal, kind, rng)))
    other = str(rng.choice([drawn for drawn in DRAWN if fits(drawn, scene)]))
    return mixed(right, wrong_face(scene, set_up, right, other, rng), rng.uniform(0.45, 0.8))


def paint(scene: Scene, set_up: Stage) -> np.ndarray:
    """What `draw` makes of a stage, (side, side, 3) uint8."""
    return np.asarray(picture(PAINTERS[scene.medium](set_up)).reduce(2))


def eyes_in(set_up: Stage) -> list[Part]:
    """The parts of the eyes, in picture units."""
    return [part for part in set_up.animal if part.label == EYE]


def mixed(one: np.ndarray, other: np.ndarray, share) -> np.ndarray:
    """`share` of the other picture over one, a number or (side, side, 1)."""
    return (one + (other.astype(float) - one) * share).round().astype(np.uint8)


def blended(scene: Scene, set_up: Stage, rng: np.random.Generator) -> np.ndarray:
    """Two looks of the same head, one on either side of a soft line through the face, or both half seen."""
    side = set_up.size
    other = replace(scene, look=str(rng.choice([look for look in LOOKS if look != scene.look])))
    two = stage(other, side)
    eyes = [*eyes_in(set_up), *eyes_in(two)]
    left, low, right, high = bounds(eyes)
    centre = (middle(eyes) + rng.uniform(-0.25, 0.25, 2) * (right - left, high - low)) * side
    angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 6.0)
    y, x = np.mgrid[:side, :side]
    across = np.cos(angle) * (x - centre[0]) + np.sin(angle) * (y - centre[1])
    share = 1 / (1 + np.exp(-np.clip(across / soft, -30, 30)))
    if rng.random() < 0.45:
        share = np.full_like(share, rng.uniform(0.35, 0.65))
    set_up = stage(scene, side)  # painting uses up its dice
    return mixed(paint(scene, set_up), paint(other, two), share[:, :, None])


def _a_place(eyes: list[Part], side: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Where to harm a face, and how far: about one eye, or more of the face.  Pixels."""
    eye = eyes[: len(eyes) // 2] if rng.random() < 0.5 else eyes[len(eyes) // 2 :]
    left, _, right, _ = bounds(eye)
    wide = max(0.03, right - left)
    if rng.random() < 0.6:
        return middle(eye) * side, wide * rng.uniform(0.6, 1.0) * side
    return (middle(eyes) + rng.uniform(-0.5, 0.5, 2) * wide) * side, wide * rng.uniform(1.2, 2.2) * side


def harmed_elsewhere(image: np.ndarray, face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Smudged or warped away from the face, which is at `face`, (2,) in 0..1."""
    side, place = len(image), face
    while np.hypot(*(place - face)) < 0.36:
        place = rng.uniform(0.05, 0.95, 2)
    harm = list(HARM.values())[rng.integers(len(HARM))]
    return harm(image, place * side, rng.uniform(0.03, 0.07) * side, rng)


def bump(side: int, centre: np.ndarray, reach: float) -> np.ndarray:
    """1 at a place (x, y), falling smoothly to 0 about `reach` pixels away; (side, side, 1)."""
    y, x = np.mgrid[:side, :side]
    near = np.clip(1.5 - np.hypot(x - centre[0], y - centre[1]) / reach, 0, 1)
    return (near**2 * (3 - 2 * near))[:, :, None]


def smudged(image: np.ndarray, centre: np.ndarray, reach: float, rng: np.random.Generator) -> np.ndarray:
    """A wet finger on one place: what is there melts into what is around it."""
    soft = Image.fromarray(image).filter(ImageFilter.GaussianBlur(float(reach * rng.uniform(0.5, 1.0))))
    return mixed(image, np.asarray(soft), rng.uniform(0.75, 1.0) * bump(len(image), centre, reach))


def warped(image: np.ndarray, centre: np.ndarray, reach: float, rng: np.random.Generator) -> np.ndarray:
    """One place seen through bad glass: turned and pushed aside."""
    side = len(image)
    amount = bump(side, centre, reach * 1.3)[:, :, 0]
    y, x = np.mgrid[:side, :side].astype(float)
    turn, way = rng.uniform(1.2, 2.6) * rng.choice([-1, 1]) * amount, rng.uniform(0, 2 * np.pi)
    push = rng.uniform(0.3, 0.9) * reach * np.array([np.cos(way), np.sin(way)])
    dx, dy = x - centre[0], y - centre[1]
    new_x = centre[0] + np.cos(turn) * dx - np.sin(turn) * dy + push[0] * amount
    new_y = centre[1] + np.sin(turn) * dx + np.cos(turn) * dy + push[1] * amount
    rows, columns = (np.clip(v.round(), 0, side - 1).astype(int) for v in (new_y, new_x))
    return image[rows, columns]


HARM = {"smudged": smudged, "warped": warped}
