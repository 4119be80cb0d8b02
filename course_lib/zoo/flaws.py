"""Flaws: four ways to spoil a picture, so that a negative prompt has something true to push away from."""

import io

import numpy as np
from PIL import Image, ImageFilter

# Capital letters, five rows of three pixels each; without F and U, so that no rude word comes up by chance.
_LETTERS = {
    "A": "010101111101101", "D": "110101101101110", "E": "111100110100111",
    "H": "101101111101101", "L": "100100100100111", "M": "101111111101101", "N": "111101101101101",
    "O": "111101101101111", "P": "110101110100100", "R": "110101110101101", "S": "011100010001110",
    "T": "111010010010010", "Y": "101101010010010", "Z": "111001010100111",
}  # fmt: skip


def spoil(image: np.ndarray, flaws: tuple[str, ...], rng: np.random.Generator) -> np.ndarray:
    """The picture with its flaws, in the order of FLAWS. image: (H, W, 3) uint8; returns the same."""
    for flaw in ("distorted", "text", "blurry", "low quality"):
        if flaw in flaws:
            image = {"blurry": _blurry, "low quality": _low_quality, "distorted": _distorted, "text": _text}[
                flaw
            ](image, rng)
    return image


def _blurry(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    radius = rng.uniform(0.03, 0.042) * image.shape[0]
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def _low_quality(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Few pixels, then JPEG at its worst."""
    side = image.shape[0]
    few = int(side * rng.uniform(0.38, 0.48))
    small = Image.fromarray(image).resize((few, few), Image.Resampling.BOX)
    packed = io.BytesIO()
    small.resize((side, side), Image.Resampling.NEAREST).save(
        packed, "JPEG", quality=int(rng.integers(5, 11))
    )
    return np.asarray(Image.open(packed).convert("RGB"))


def _distorted(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture seen through moving water."""
    side = image.shape[0]
    y, x = np.mgrid[:side, :side] / side
    a, b = rng.uniform(0.075, 0.11, 2) * rng.choice([-1, 1], 2)
    p, q = rng.uniform(0, 6.3, 2)
    twist = a * np.sin(2 * np.pi * 1.6 * y + p) + 0.5 * b * np.sin(2 * np.pi * 3.1 * x + q)
    swell = b * np.sin(2 * np.pi * 1.4 * x + q) + 0.5 * a * np.cos(2 * np.pi * 2.7 * y + p)
    rows = np.clip((y + swell) * side, 0, side - 1).astype(int)
    columns = np.clip((x + twist) * side, 0, side - 1).astype(int)
    return image[rows, columns]


def _text(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A line or two of capital letters, as of a stamp or a caption."""
    image = image.copy()
    side = image.shape[0]
    dot = max(1, round(side / 64 * rng.choice([2, 2, 3])))
    for row in range(int(rng.integers(1, 3))):
        count = side // (4 * dot) - int(rng.integers(0, 3))
        word = rng.choice(list(_LETTERS), count)
        bits = np.concatenate([np.pad(_glyph(letter), ((1, 1), (0, 1))) for letter in word], axis=1)
        bits = np.kron(bits, np.ones((dot, dot), bool))
        top = (
            int(rng.integers(1, side // 6))
            if row == 0
            else side - bits.shape[0] - int(rng.integers(1, side // 6))
        )
        left = (side - bits.shape[1]) // 2
        area = image[top : top + bits.shape[0], left : left + bits.shape[1]]
        light = area.mean() < 128
        shade = np.roll(bits, (1, 1), (0, 1)) & ~bits
        area[shade] = 0 if light else 255
        area[bits] = 255 if light else 16
    return image


def _glyph(letter: str) -> np.ndarray:
    return np.array([c == "1" for c in _LETTERS[letter]]).reshape(5, 3)
