"""Scene: what is in one picture of the Tiny Zoo, with nothing left to chance."""

from dataclasses import dataclass, fields

import numpy as np

from course_lib.checks import check_count, check_number, check_rng, check_texts, check_word, takes
from course_lib.zoo.coats import ANIMALS, COATS

# Raise this whenever a drawing changes: caches are keyed by it.
ZOO_VERSION = 3

MEDIA = ("photo", "watercolor painting", "oil painting", "pencil drawing", "digital art")
PLACES = ("in a forest", "in the snow", "on a tree branch", "in a meadow", "by the sea", "over a moonlit forest", "in the desert", "in a city at night")  # fmt: skip
POSES = ("sitting", "standing", "running", "lying", "flying")
LOOKS = ("front", "left", "right")
FACINGS = ("left", "right")
FLAWS = ("blurry", "low quality", "distorted", "text")

_GROUND_POSES = ("sitting", "standing", "running", "lying")
ANIMAL_POSES = {animal: _GROUND_POSES for animal in ANIMALS} | {
    "frog": ("sitting", "running"),
    "owl": ("sitting", "flying"),
    "snowy owl": ("sitting", "flying"),
    "hawk": ("sitting", "flying"),
    "penguin": ("standing", "running", "lying"),
    "duck": ("sitting", "standing", "running", "flying"),
}


@dataclass(frozen=True)
class Scene:
    """One picture. Two equal scenes draw the same picture, on any machine.

    Raises ValueError where a field holds a word the Zoo does not know.
    """

    animal: str = "red fox"  # one of ANIMALS
    medium: str = "photo"  # one of MEDIA
    place: str = "in a forest"  # one of PLACES
    pose: str = "sitting"  # one of ANIMAL_POSES[animal]
    coat: str = ""  # one of COATS[animal]; "" is its usual coat
    look: str = "front"  # where the head turns: one of LOOKS, as seen in the picture
    facing: str = "right"  # where the body points: one of FACINGS
    size: float = 0.8  # longest side of the animal, as a part of the picture, 0.3 to 0.95
    x: float = 0.5  # middle of the animal, 0 (left) to 1 (right)
    y: float = 0.5  # 0 (highest) to 1 (lowest) of the heights that the place allows
    seed: int = 0  # everything else: leaves, clouds, brush strokes
    flaws: tuple[str, ...] = ()  # any of FLAWS

    def __post_init__(self):
        for field, words in (("animal", ANIMALS), ("medium", MEDIA), ("place", PLACES), ("pose", POSES), ("look", LOOKS), ("facing", FACINGS)):  # fmt: skip
            check_word(field, getattr(self, field), words)
        check_word(f"pose of the {self.animal}", self.pose, ANIMAL_POSES[self.animal])
        object.__setattr__(self, "coat", self.coat or next(iter(COATS[self.animal])))
        check_word(f"coat of the {self.animal}", self.coat, tuple(COATS[self.animal]))
        flaws = (self.flaws,) if isinstance(self.flaws, str) else tuple(check_texts(self.flaws, "flaws", 0))
        for flaw in flaws:
            check_word("flaw", flaw, FLAWS)
        object.__setattr__(self, "flaws", tuple(sorted(set(flaws), key=FLAWS.index)))
        for field, low, high in (("size", 0.3, 0.95), ("x", 0, 1), ("y", 0, 1)):
            check_number(getattr(self, field), field, low, high)
        check_count(self.seed, "seed", 0)

    @property
    def composition(self) -> tuple[str, str, str]:
        """(animal, medium, place): what the held-out split is made of."""
        return self.animal, self.medium, self.place


@takes(rng=check_rng)
def random_scene(rng: np.random.Generator | int | None = None, **fixed) -> Scene:
    """A scene drawn at random; `fixed` names fields that are not left to chance.

    rng: a numpy Generator, or a seed. The same state gives the same scene.
    Raises ValueError for an unknown field or word.
    """
    rng = np.random.default_rng(rng)
    names = tuple(field.name for field in fields(Scene))
    for name in fixed:
        check_word("field of a scene", name, names)
    chosen = _draw_fields(rng, fixed) | fixed
    if "pose" not in fixed:
        chosen["pose"] = _random_pose(rng.random(), chosen["animal"], chosen["place"])
    if "coat" not in fixed:
        chosen["coat"] = _random_coat(rng.random(), chosen["animal"])
    return Scene(**chosen)


def _draw_fields(rng: np.random.Generator, fixed: dict) -> dict:
    """Every field that depends on no other. Always the same number of draws, so fixing one moves no other."""
    animal, medium, place = (words[rng.integers(len(words))] for words in (ANIMALS, MEDIA, PLACES))
    look, facing = (words[rng.integers(len(words))] for words in (LOOKS, FACINGS))
    chosen = {"animal": animal, "medium": medium, "place": place, "look": look, "facing": facing}
    check_word("animal", fixed.get("animal", animal), ANIMALS)
    chosen |= {
        "size": float(rng.uniform(0.7, 0.92)),
        "x": float(rng.uniform(0.38, 0.62)),
        "y": float(rng.random()),
    }
    chosen["seed"] = int(rng.integers(2**31))
    return chosen | {name: fixed[name] for name in ("animal", "place") if name in fixed}


def _random_pose(draw: float, animal: str, place: str) -> str:
    poses = ANIMAL_POSES[animal]
    if "flying" in poses and place == "over a moonlit forest" and draw < 0.8:
        return "flying"
    return poses[int(draw * len(poses))]


def _random_coat(draw: float, animal: str) -> str:
    """The usual coat half of the time."""
    usual, *others = COATS[animal]
    return usual if draw < 0.5 or not others else others[int((draw - 0.5) * 2 * len(others))]


# Compositions that no training picture ever shows, so that generalisation can be measured.
# A lattice rather than a lottery: each animal, medium and place gives up about a tenth.
_ALWAYS_TRAINED = {
    (animal, "watercolor painting", place) for animal in ("red fox", "golden retriever") for place in PLACES
}
_ALWAYS_TRAINED |= {("snowy owl", "digital art", "over a moonlit forest")}

HELD_OUT = frozenset(
    (animal, medium, place)
    for a, animal in enumerate(ANIMALS)
    for m, medium in enumerate(MEDIA)
    for p, place in enumerate(PLACES)
    if (a + 2 * m + 3 * p) % 10 == 7 and (animal, medium, place) not in _ALWAYS_TRAINED
)


def is_held_out(scene: Scene) -> bool:
    """True where training never shows this animal in this medium in this place."""
    return scene.composition in HELD_OUT
