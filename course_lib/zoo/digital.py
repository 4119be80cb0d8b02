"""Digital art: the medium of flat vivid shapes."""

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from course_lib.zoo.paint import blurred, over, rgb, saturated
from course_lib.zoo.raster import Stage, array, corners, ink, landscape, mask
from course_lib.zoo.shapes import Colour, mix

NIGHT_INK: Colour = (24, 16, 50)


def digital(stage: Stage) -> np.ndarray:
    """Flat vivid vector shapes, a bold outline, one hard shadow, a glow behind the animal."""
    k, rng, side = stage.scale, stage.rng, stage.middle
    flat = np.clip(saturated(array(landscape(stage.backdrop, stage.large), 2), 1.5), 0, 1)
    y = np.linspace(0, 1, side, dtype=np.float32)[:, None]
    neon = over(rgb(0.16, 0.34, 1.0), rgb(1.0, 0.3, 0.62), y * np.float32(rng.uniform(0.4, 1.0)))
    flat = over(flat, neon, np.float32(0.2))
    whole = mask(stage.animal, stage.large)
    cover = array(whole, 2)
    glow = rgb(0.55, 0.95, 1.0) if stage.backdrop.night else rgb(1.0, 0.96, 0.74)
    flat = over(flat, glow, np.clip(blurred(cover, 7 * k) * 1.3, 0, 0.75))
    body = _shaded(stage, array(_vector(stage), 2), whole, cover, glow)
    out = over(flat, rgb(*NIGHT_INK) / 255, array(_thickened(stage, whole), 2))
    return over(out, body, cover)


def _vector(stage: Stage) -> Image.Image:
    """The animal in flat vivid colours, with thin lines between its parts."""
    canvas = Image.new("RGB", (stage.large,) * 2, NIGHT_INK)
    pen = ImageDraw.Draw(canvas)
    width = max(1, round(2.6 * stage.scale))
    for part in stage.animal:
        points, colour = corners(part, stage.large), _vivid(part.colour)
        pen.polygon(points, fill=ink(colour))
        if part.line >= 0.5:
            pen.line(points + points[:4], fill=ink(mix(colour, NIGHT_INK, 0.75)), width=width)
    return canvas


def _thickened(stage: Stage, whole: Image.Image) -> Image.Image:
    """The animal and a bold outline around it."""
    edge = whole.copy()
    pen, width = ImageDraw.Draw(edge), round(7 * stage.scale)
    for part in stage.animal:
        if not part.accent and part.line >= 0.5:
            points = corners(part, stage.large)
            pen.line(points + points[:4], fill=255, width=width)
    return edge


def _shaded(
    stage: Stage, body: np.ndarray, whole: Image.Image, cover: np.ndarray, glow: np.ndarray
) -> np.ndarray:
    """A hard shadow on the side away from the lamp, a rim of light on the other; never on the eyes."""
    aside = stage.scale if stage.backdrop.lamp[0] <= 0.5 else -stage.scale
    calm = 1 - array(mask([p for p in stage.animal if p.accent], stage.large), 2)
    away = array(ImageChops.offset(whole, round(-10 * aside), round(-4 * stage.scale)), 2)
    towards = array(ImageChops.offset(whole, round(5 * aside), round(5 * stage.scale)), 2)
    body = body * over(np.float32(1), rgb(0.7, 0.62, 0.86), np.clip(cover - away, 0, 1) * calm)
    return over(body, glow, 0.55 * np.clip(cover - towards, 0, 1) * calm)


def _vivid(colour: Colour) -> Colour:
    middle = sum(colour) / 3
    return tuple(min(255, max(0, middle + (c - middle) * 1.3 + 4)) for c in colour)
