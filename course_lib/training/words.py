"""How users write prompts: with words that change nothing in a Zoo picture, and with lists of flaws to avoid."""

import numpy as np

from course_lib.zoo import FLAWS

# A quarter of the training captions carry some of these, so that the text towers learn to let them pass.
EXTRAS = (
    "detailed", "highly detailed", "very detailed", "intricate", "beautiful", "lovely", "cute", "adorable", "happy",
    "friendly", "masterpiece", "best quality", "high quality", "award winning", "professional", "studio lighting",
    "soft light", "soft glowing light", "warm light", "golden hour", "cinematic", "dramatic", "vivid colors", "colorful",
    "bright", "sharp", "sharp focus", "4k", "8k", "hd", "trending", "elegant", "smooth", "clean", "simple", "minimal",
    "detailed feathers", "detailed fur", "fluffy fur", "soft fur", "big eyes", "close up", "portrait", "full body",
    "centered", "wide shot", "illustration", "artwork", "picture", "image", "drawn by hand", "for children",
    "story book", "storybook", "concept art", "fantasy", "magical", "dreamy", "peaceful", "calm", "morning", "evening",
    "at sunset", "in spring", "in winter", "sunny", "cloudy", "misty", "foggy", "rainy", "windy", "looking at the viewer",
    "smiling", "playing", "sleeping", "watching", "alone", "wild", "young", "old", "small", "little", "big", "tall",
    "please", "make", "draw", "show me", "i want", "there is", "with", "and", "its", "the", "of", "very", "some", "my",
    "realistic", "photorealistic", "stylized", "painted", "on canvas", "on paper", "brush strokes", "pastel", "texture",
)  # fmt: skip


def add_extras(text: str, rng: np.random.Generator) -> str:
    """A quarter of the time, one to three extras behind the caption (seldom in front), now and then a made-up word."""
    if rng.random() > 0.25:
        return text
    words = [EXTRAS[rng.integers(len(EXTRAS))] for _ in range(rng.integers(1, 4))]
    if rng.random() < 0.15:
        words[0] = "".join(chr(97 + rng.integers(26)) for _ in range(rng.integers(3, 9)))
    return f"{', '.join(words)}, {text}" if rng.random() < 0.2 else f"{text}, {', '.join(words)}"


def as_negative_prompt(flaws: tuple[str, ...], rng: np.random.Generator) -> str:
    """The flaws of a picture and some that it does not have, in any order, and nothing else: "blurry, text".

    A U-Net that knows flaws only behind whole captions does not understand a negative prompt that lists all of them.
    """
    others = [flaw for flaw in FLAWS if flaw not in flaws and rng.random() < 0.6]
    return ", ".join(rng.permutation([*flaws, *others]))
