"""Spoiled heads: the parts of a Zoo animal's head with one of them missing, moved, doubled or out of proportion."""

import numpy as np

from course_lib.zoo import Scene
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
