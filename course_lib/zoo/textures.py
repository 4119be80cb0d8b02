"""Textures: paper, clouds of pigment, hatching and brush strokes, made once on first use and kept in memory.

Every texture is a tile that repeats, so a picture takes a window of it at a random place.
"""

from functools import lru_cache

import numpy as np
from scipy import ndimage

TILE = 512


@lru_cache(maxsize=16)
def clouds(grain: float) -> np.ndarray:
    """Smooth noise, (512, 512) float32 with mean 0 and deviation 1; `grain` is the size of a cloud in pixels."""
    rng = np.random.default_rng(int(grain * 10))
    noise = ndimage.gaussian_filter(rng.standard_normal((TILE, TILE)), grain, mode="wrap")
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)


@lru_cache(maxsize=4)
def fur(grain: float) -> np.ndarray:
    """Short vertical hairs, (512, 512) float32 with mean 0 and deviation 1."""
    noise = ndimage.gaussian_filter(np.random.default_rng(5).standard_normal((TILE, TILE)), (grain * 3, grain), mode="wrap")
    return (noise / noise.std()).astype(np.float32)


@lru_cache(maxsize=16)
def hatching(angle: int, pitch: float) -> np.ndarray:
    """Parallel pencil strokes, 1 on a stroke and 0 between, (512, 512) float32; `pitch` in pixels."""
    turns = np.round(TILE / pitch * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]))
    y, x = np.mgrid[:TILE, :TILE] / TILE
    phase = x * turns[0] + y * turns[1] + 0.11 * clouds(14.0)
    stroke = np.clip(1.3 * np.cos(2 * np.pi * phase) + 0.1 + 0.5 * clouds(6.0), 0, 1)
    return stroke.astype(np.float32)


@lru_cache(maxsize=8)
def strokes(length: float, width: float, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A tile covered by brush strokes.

    length, width: of a stroke, in pixels. kind: how the strokes run, "swirl", "level" or "upright".
    Returns where each pixel takes its colour from, (2, 512, 512) int32 steps (dy, dx) to the middle of its stroke;
    the lightness of its stroke, (512, 512); and the relief of the bristles, (512, 512), both with mean about 0.
    """
    rng = np.random.default_rng(int(length * 100 + width * 10))
    angle = {"swirl": 2.2 * clouds(40.0), "level": 0.35 * clouds(30.0), "upright": np.pi / 2 + 0.5 * clouds(24.0)}[kind]
    source, height = np.zeros((2, TILE, TILE), np.int32), np.zeros((TILE, TILE), np.float32)
    tone = np.zeros((TILE, TILE), np.float32)
    box = int(length / 2 + width) + 1
    v, u = np.mgrid[-box : box + 1, -box : box + 1].astype(np.float32)
    for y, x in rng.integers(0, TILE, (int(5 * TILE * TILE / (length * width)), 2)):
        c, s = np.cos(angle[y, x]), np.sin(angle[y, x])
        along, across = u * c + v * s, v * c - u * s + 0.06 * (u * c + v * s) ** 2 / length
        inside = (np.abs(along) < length / 2) & (np.abs(across) < width / 2 * (1 - (2 * along / length) ** 4))
        rows, columns = (v[inside].astype(int) + y) % TILE, (u[inside].astype(int) + x) % TILE
        source[0, rows, columns], source[1, rows, columns] = -v[inside], -u[inside]
        bristles = np.cos(across[inside] * (6.0 / width) * 2 + rng.uniform(0, 6)) * 0.4
        height[rows, columns] = bristles - (2 * across[inside] / width) ** 2 + rng.uniform(0, 0.5)
        tone[rows, columns] = rng.normal()
    relief = height - np.roll(height, (1, 1), (0, 1))
    return source, tone, np.clip(relief, -1, 1).astype(np.float32)


def window(texture: np.ndarray, rng: np.random.Generator, side: int) -> np.ndarray:
    """A (side, side) view of a (512, 512) texture at a random place; side up to 512."""
    y, x = rng.integers(0, TILE - side + 1, 2)
    return texture[y : y + side, x : x + side]
