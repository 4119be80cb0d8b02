"""Textures: paper, clouds of pigment, hatching and brush strokes, made once on first use and kept in memory.

Every texture is a tile that repeats, so a picture takes a window of it at a random place.
"""

from functools import lru_cache

import numpy as np

TILE = 512


@lru_cache(maxsize=16)
def clouds(grain: float) -> np.ndarray:
    """Smooth noise, (512, 512) float32 with mean 0 and deviation 1; `grain` is the size of a cloud in pixels."""
    rng = np.random.default_rng(int(grain * 10))
    return _blurred_noise(rng, grain, grain)


@lru_cache(maxsize=4)
def fur(grain: float) -> np.ndarray:
    """Short vertical hairs, (512, 512) float32 with mean 0 and deviation 1."""
    return _blurred_noise(np.random.default_rng(5), grain * 3, grain)


def _blurred_noise(rng: np.random.Generator, down: float, across: float) -> np.ndarray:
    """Noise under a Gaussian blur of `down` x `across` pixels that wraps around the edges, by Fourier transform."""
    y, x = np.fft.fftfreq(TILE)[:, None] * down, np.fft.rfftfreq(TILE)[None, :] * across
    spectrum = np.fft.rfft2(rng.standard_normal((TILE, TILE))) * np.exp(-2 * np.pi**2 * (y * y + x * x))
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, (TILE, TILE))
    return (noise / noise.std()).astype(np.float32)


@lru_cache(maxsize=16)
def hatching(across: int, down: int, pitch: float) -> np.ndarray:
    """Parallel pencil strokes, 1 on a stroke and 0 between, (512, 512) float32.

    across, down: how many strokes a line of `pitch` pixels meets, to the right and downwards.
    """
    y, x = np.mgrid[:TILE, :TILE] / pitch
    phase = x * across + y * down + 0.05 * clouds(14.0)
    stroke = np.clip(1.3 * np.cos(2 * np.pi * phase) + 0.1 + 0.5 * clouds(12.0), 0, 1)
    return stroke.astype(np.float32)


@lru_cache(maxsize=8)
def strokes(length: float, width: float, kind: str, tile: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A tile covered by brush strokes.

    length, width: of a stroke, in pixels. kind: how the strokes run, "swirl" or "upright". tile: side in pixels, to 512.
    Returns where each pixel takes its colour from, (2, tile, tile) int32 steps (dy, dx) to the middle of its stroke;
    the lightness of its stroke, (tile, tile), with mean 0; and the relief of the bristles, (tile, tile), in -1..1.
    """
    rng = np.random.default_rng(int(length * 100 + width * 10))
    angle = 2.2 * clouds(40.0) if kind == "swirl" else np.pi / 2 + 0.5 * clouds(24.0)
    source, height = np.zeros((2, tile, tile), np.int32), np.zeros((tile, tile), np.float32)
    tone = np.zeros((tile, tile), np.float32)
    for y, x in rng.integers(0, tile, (int(4 * tile * tile / (length * width)), 2)):
        v, u, across = _stroke(length, width, float(np.round(angle[y, x] % np.pi, 1)))
        rows, columns = (v + y) % tile, (u + x) % tile
        source[0, rows, columns], source[1, rows, columns] = -v, -u
        bristles = 0.4 * np.cos(across * 6 + rng.uniform(0, 6))
        height[rows, columns] = bristles - across**2 + rng.uniform(0, 0.5)
        tone[rows, columns] = rng.normal()
    relief = height - np.roll(height, (1, 1), (0, 1))
    return source, tone, np.clip(relief, -1, 1).astype(np.float32)


@lru_cache(maxsize=256)
def _stroke(length: float, width: float, angle: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pixels of one slightly bent stroke around (0, 0), and how far each is from its spine, in -1..1."""
    box = int(length / 2 + width) + 1
    v, u = np.mgrid[-box : box + 1, -box : box + 1]
    c, s = np.cos(angle), np.sin(angle)
    along = (u * c + v * s) / (length / 2)
    across = (v * c - u * s) / (width / 2) + 0.03 * along**2 * length / width
    inside = (np.abs(along) < 1) & (np.abs(across) < 1 - along**4)
    return v[inside], u[inside], across[inside]


def window(texture: np.ndarray, rng: np.random.Generator, side: int, every: int = 1) -> np.ndarray:
    """A (side, side) view of a (512, 512) texture at a random place, a multiple of `every`; side up to 512."""
    y, x = rng.integers(0, (TILE - side) // every + 1, 2) * every
    return texture[y : y + side, x : x + side]
