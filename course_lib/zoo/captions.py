"""Captions: what a scene shows, in the words that a user would type."""

import numpy as np

from course_lib.checks import check_is, check_rng, takes
from course_lib.zoo.coats import COATS
from course_lib.zoo.scene import Scene

_MEDIUM_WORDS = {
    "photo": ("photo", "photograph"),
    "watercolor painting": ("watercolor painting", "watercolor"),
    "oil painting": ("oil painting", "oil painting on canvas"),
    "pencil drawing": ("pencil drawing", "pencil sketch"),
    "digital art": ("digital art", "digital art"),
}
_POSE_WORDS = {
    ("rabbit", "running"): "hopping",
    ("frog", "running"): "leaping",
    ("penguin", "running"): "waddling",
    ("penguin", "lying"): "sliding",
}


@takes(scene=(check_is, "animal", "a Scene, such as random_scene()"), rng=check_rng)
def caption(scene: Scene, rng: np.random.Generator | int | None = None) -> str:
    """One caption of the scene, always with its animal, medium, place and flaws.

    rng: a numpy Generator or a seed picks one of the phrasings; None gives the plainest,
    "a watercolor painting of a red fox in the snow".
    """
    if rng is None:
        return _flawed(f"{_with_article(scene.medium)} of {_with_article(scene.animal)} {scene.place}", scene)
    rng = np.random.default_rng(rng)
    phrasings = _phrasings(scene, rng)
    return _flawed(phrasings[rng.integers(len(phrasings))], scene)


def subject(scene: Scene) -> str:
    """The animal with its coat where that is worth a word: "black cat", "snowy owl"."""
    usual = scene.coat == next(iter(COATS[scene.animal]))
    return scene.animal if usual or scene.coat in scene.animal else f"{scene.coat} {scene.animal}"


def action(scene: Scene) -> str:
    """What the animal does, as a user would say it: "sitting", "hopping", "flying"."""
    return _POSE_WORDS.get((scene.animal, scene.pose), scene.pose)


def _phrasings(scene: Scene, rng: np.random.Generator) -> list[str]:
    words = _MEDIUM_WORDS[scene.medium]
    medium = words[int(rng.random() < 0.3)]
    animal = subject(scene) if rng.random() < 0.6 else scene.animal
    doing = action(scene)
    plain = f"{_with_article(medium)} of {_with_article(animal)} {scene.place}"
    return [
        plain,
        plain,
        f"{_with_article(medium)} of {_with_article(animal)} {doing} {scene.place}",
        f"{_with_article(medium)} of {_with_article(animal)} {doing} {scene.place}",
        f"{_with_article(animal)} {scene.place}, {medium}",
        f"{animal}, {medium}, {scene.place}",
        f"{_with_article(doing)} {animal} {scene.place}, {medium}",
        f"{medium} of {_with_article(animal)} {scene.place}, {doing}",
    ]


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _flawed(text: str, scene: Scene) -> str:
    """The flaws at the end, in the words of a negative prompt."""
    return ", ".join([text, *scene.flaws])
