"""Media: five ways to paint the same scene.

Each takes a Stage and returns the picture, (3, 2 size, 2 size) float32 in 0..1; `draw` halves it.
"""

import numpy as np

from course_lib.zoo import textures
from course_lib.zoo.digital import digital
from course_lib.zoo.paint import (
    around,
    blurred,
    creases,
    feet,
    grey,
    layer,
    margin,
    over,
    relief,
    rgb,
    saturated,
    softened,
    split,
    vignette,
)
from course_lib.zoo.raster import Stage, array, landscape, lines, mask
from course_lib.zoo.shapes import Part, ellipse


def photo(stage: Stage) -> np.ndarray:
    """Soft light on a plush animal, a blurred distance, a shadow on the ground, grain and vignette."""
    k, rng, side = stage.scale, stage.rng, stage.middle
    ground = array(softened(landscape(stage.backdrop, side), 2.4 * k))
    if stage.backdrop.sharp:
        ground = over(ground, *layer(stage, stage.backdrop.parts[-stage.backdrop.sharp :]))
    x, y, half = feet(stage)
    if not stage.flying:
        shade = mask([Part(ellipse(x, y - 0.015, half * 0.9, 0.05), (0, 0, 0))], side)
        ground *= 1 - 0.5 * blurred(array(shade), 2.5 * k)
    coat, accents = split(stage)
    fur, cover = layer(stage, coat)
    out = over(ground, _plush(stage, fur, cover, coat), cover)
    out = over(out, *layer(stage, accents))
    if stage.backdrop.front:
        near, where = layer(stage, stage.backdrop.front)
        out = over(out, near, 0.8 * where)
    grain = 0.01 * textures.window(textures.clouds(0.8), rng, side)
    return (out + grain) * vignette(side)


def _plush(stage: Stage, fur: np.ndarray, cover: np.ndarray, coat: list[Part]) -> np.ndarray:
    """Round shading: light from the lamp, dark creases between the parts, short hair, a rim of light."""
    k, night = stage.scale, stage.backdrop.night
    thick, lit = relief(stage, cover)
    shade = (0.88 if night else 1.0) * (0.7 + 0.36 * thick) + 0.6 * lit
    shade -= 0.5 * blurred(creases(stage, coat, 3.2), 1.3 * k)
    shade += 0.035 * textures.window(textures.fur(0.9 * k), stage.rng, stage.middle)
    rim = np.clip((0.74 - thick) * 2.4, 0, 0.6) * np.clip(lit * 5, 0, 1) * (1.0 if night else 0.6)
    tint = rgb(0.9, 0.95, 1.1) if night else rgb(1.03, 1.0, 0.96)
    light = rgb(*stage.backdrop.light) / 255
    return over(np.clip(fur * shade * tint, 0, 1), light, rim)


def watercolor(stage: Stage) -> np.ndarray:
    """Transparent washes on white paper: pigment gathers at the edges, blooms, a white border."""
    k, rng, side = stage.scale, stage.rng, stage.middle
    wash = array(softened(landscape(stage.backdrop, side), 1.5 * k))
    ground = _pigment(wash + 0.15 * (1 - wash), rng, k, 0.4)
    coat, accents = split(stage)
    fur, cover = layer(stage, coat)
    fur = _pigment(fur, rng, k, 0.32)
    fur *= 1 - 0.5 * creases(stage, coat, 3.0)
    ground = over(ground, np.float32(0.985), 0.75 * around(stage, cover, 1.4))
    out = over(np.float32(1), ground, _border(stage))
    out = over(over(out, fur, cover), *layer(stage, accents))
    paper = 1 + 0.012 * textures.window(textures.clouds(1.0), rng, side)
    return out * paper * rgb(0.995, 0.985, 0.955)


def _pigment(colour: np.ndarray, rng: np.random.Generator, k: float, bloom: float) -> np.ndarray:
    """Flat colour as a wash: its density varies, and is higher where two washes meet."""
    side = colour.shape[1]
    rich = np.clip(saturated(colour, 1.3), 0.02, 1)
    edge = blurred(grey(rich), 1.5 * k) - grey(rich)
    more = bloom * textures.window(textures.clouds(float(round(9 * k))), rng, side)
    more = more + 0.07 * textures.window(textures.clouds(2.0), rng, side) + 3.5 * np.abs(edge)
    return np.clip(rich - np.clip(more, -0.7, 1.2) * rich * (1.06 - rich), 0, 1)  # about rich ** (1 + more)


def _border(stage: Stage) -> np.ndarray:
    """1 inside the painted field, 0 on the bare paper, with a ragged and darker rim."""
    side, k = stage.middle, stage.scale
    rough = 2.4 * textures.window(textures.clouds(float(round(7 * k))), stage.rng, side)
    rough = rough + 0.7 * textures.window(textures.clouds(2.0), stage.rng, side)
    field = margin(side) / k - 6.5 + rough
    return np.clip(field / 1.5, 0, 1) * (1 + 0.25 * np.clip(1.5 - np.abs(field - 2.0), 0, 1))


def oil(stage: Stage) -> np.ndarray:
    """Thick strokes that follow sky, ground and fur, with bristles in relief; eyes and beak are set on top."""
    k, rng, side = stage.scale, stage.rng, stage.middle
    flat = array(landscape(stage.backdrop, side))
    ground, bumps = _stroked(flat, rng, 16 * k, 6.5 * k, "swirl", 0.09)
    coat, accents = split(stage)
    fur, cover = layer(stage, coat)
    thick, lit = relief(stage, cover)
    fur = fur * (0.74 + 0.34 * thick + 0.75 * lit)
    fur, fine = _stroked(fur, rng, 9 * k, 3.8 * k, "upright", 0.06)
    fur *= 1 - 0.55 * creases(stage, coat, 2.8)
    ground *= 1 - 0.4 * np.clip(blurred(cover, 1.5 * k) * 2 * (1 - cover), 0, 1)
    details, where = layer(stage, accents)
    out = over(over(ground, fur, cover), details, where)
    bumps = over(bumps, 0.75 * fine, cover) * (1 - 0.8 * where)
    out = out * (1 + 0.1 * bumps) + 0.02 * bumps
    return saturated(out, 1.28) * rgb(1.03, 0.99, 0.92)


def _stroked(
    flat: np.ndarray, rng: np.random.Generator, length: float, width: float, kind: str, vary: float
) -> tuple:
    """A flat picture re-painted in strokes, each in the colour of its middle; and the relief."""
    side = flat.shape[1]
    tile = min(2 * side, textures.TILE)
    source, tone, bumps = textures.strokes(length, width, kind, tile)
    y, x = rng.integers(0, tile - side + 1, 2)
    here = (slice(y, y + side), slice(x, x + side))
    steps = np.arange(side)
    rows = np.clip(steps[:, None] + source[0][here], 0, side - 1)
    columns = np.clip(steps[None, :] + source[1][here], 0, side - 1)
    painted = flat.reshape(3, -1).take(rows * side + columns, axis=1)
    return painted * (1 + vary * tone[here]), bumps[here]


def pencil(stage: Stage) -> np.ndarray:
    """Graphite on paper: outlines of varied weight, hatching that is denser where the scene is darker."""
    k, rng, side = stage.scale, stage.rng, stage.middle
    far = array(softened(landscape(stage.backdrop, side).convert("L"), 1.5 * k))
    coat, accents = split(stage)
    fur, cover = layer(stage, coat, "L")
    _, lit = relief(stage, cover)
    near = around(stage, cover, 2.2)
    far = over(0.25 + 0.75 * far, np.float32(1), 0.8 * near)
    shade = np.clip(0.16 + 0.84 * fur + 0.6 * lit, 0, 1)
    graphite = over(0.6 * _hatched(np.minimum(far + 0.1, 1), rng, k, 1), _hatched(shade, rng, k, -1), cover)
    thin = _sketch(stage, stage.backdrop.parts, 2.2, 0.8) * (1 - cover) * (1 - 0.6 * near)
    bold = _sketch(stage, stage.animal, 6.0, 1.0)
    graphite = np.maximum(np.maximum(graphite, thin), bold)
    details, where = layer(stage, accents, "L")
    graphite *= 1 - 0.75 * around(stage, where, 0.8)  # bare paper around the eyes
    dark = np.clip(1.35 - 2.4 * details, 0, 1)
    graphite = over(graphite, np.maximum(dark, bold), where)
    grain = 0.86 + 0.14 * textures.window(textures.clouds(0.7), rng, side)
    paper = 0.97 + 0.012 * textures.window(textures.clouds(1.0), rng, side)
    fade = np.maximum(np.clip(margin(side) / (8 * k), 0, 1), cover)
    out = paper - (paper - 0.12) * np.clip(graphite * grain, 0, 1) * fade
    return out * rgb(1.0, 0.99, 0.965)


def _hatched(tone: np.ndarray, rng: np.random.Generator, k: float, turn: int) -> np.ndarray:
    """Hatching, 0..1: one set of strokes in the half tones, a second one across it in the darks.

    The strokes keep to a grid of 8 pixels of the finished picture, so that a network can learn to draw them.
    turn: 1 or -1, which way the strokes lean.
    """
    dark, side, grid = 1 - tone, tone.shape[0], round(16 * k)
    one = textures.window(textures.hatching(2, turn, grid), rng, side, grid)
    two = textures.window(textures.hatching(1, -2 * turn, grid), rng, side, grid)
    light = np.clip(dark * 1.15 - 0.12, 0, 0.75) * one
    return light + np.clip(dark - 0.4, 0, 0.6) * 1.4 * two + 0.34 * np.clip(dark - 0.2, 0, 1)


def _sketch(stage: Stage, parts: list[Part], width: float, strength: float) -> np.ndarray:
    """Outlines drawn by a hand that presses now more, now less, 0..1."""
    weight = stage.rng.uniform(0.75, 1.2, len(parts))
    moved = [part._replace(line=part.line * w) for part, w in zip(parts, weight, strict=True)]
    drawn = 1 - array(lines(moved, stage.large, width * stage.scale), 2)
    return strength * drawn * (0.94 + 0.12 * textures.window(textures.clouds(6.0), stage.rng, stage.middle))


PAINTERS = {
    "photo": photo, "watercolor painting": watercolor, "oil painting": oil, "pencil drawing": pencil, "digital art": digital,
}  # fmt: skip
