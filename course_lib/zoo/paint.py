"""Paint: what the five media share. Pictures are (3, H, W) float32 in 0..1, masks (H, W)."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from course_lib.zoo.raster import Stage, array, fill, ink, lines, mask, picture
from course_lib.zoo.shapes import Part, bounds


def rgb(*values: float) -> np.ndarray:
    """A colour or a gain per channel, to be combined with pictures: (3, 1, 1) float32."""
    return np.array(values, np.float32)[:, None, None]


def over(under: np.ndarray, layer: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """`layer` on top of `under` where `cover` is 1."""
    return under + (layer - under) * cover


def blurred(values: np.ndarray, radius: float) -> np.ndarray:
    """Gaussian blur; in bytes, because Pillow's is ten times faster than any in float."""
    return array(softened(picture(values), radius))


def softened(image: Image.Image, radius: float) -> Image.Image:
    """Gaussian blur of an image; on fewer pixels the wider it is."""
    if radius < 1.5:
        return image.filter(ImageFilter.GaussianBlur(radius))
    fewer = 4 if radius > 6 else 2
    radius = (radius * radius - 0.3 * fewer * fewer) ** 0.5 / fewer  # the resizing blurs a little too
    return (
        image.reduce(fewer)
        .filter(ImageFilter.GaussianBlur(radius))
        .resize(image.size, Image.Resampling.BILINEAR)
    )


def grey(values: np.ndarray) -> np.ndarray:
    """How light a picture looks, (H, W)."""
    return 0.3 * values[0] + 0.59 * values[1] + 0.11 * values[2]


def saturated(values: np.ndarray, gain: float) -> np.ndarray:
    """Colours moved away from grey."""
    middle = (values[0] + values[1] + values[2]) * np.float32(1 / 3)
    return middle + (values - middle) * np.float32(gain)


def layer(stage: Stage, parts: list[Part], mode: str = "RGB") -> tuple[np.ndarray, np.ndarray]:
    """Parts in flat colours, or greys with mode "L", and where they are.

    The colour of the first part goes on past the edge, so that no seam shows.
    """
    image = fill(Image.new("RGB", (stage.large,) * 2, ink(parts[0].colour)), parts)
    return array(image.reduce(2).convert(mode)), array(mask(parts, stage.large), 2)


def split(stage: Stage) -> tuple[list[Part], list[Part]]:
    """The animal without its eyes, nose and beak; and these."""
    coat = [part for part in stage.animal if not part.accent]
    return coat, stage.animal[len(coat) :]


def creases(stage: Stage, parts: list[Part], width: float) -> np.ndarray:
    """1 on the seams between parts; `width` in pixels of a picture of 256."""
    return 1 - array(lines(parts, stage.large, width * stage.scale), 2)


def relief(stage: Stage, cover: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The animal as a cushion: how thick it is, about 0.5 at its edge, and how much it turns to the lamp."""
    thick = blurred(cover, 5 * stage.scale)
    step = max(1, round(2 * stage.scale))
    aside = step if stage.backdrop.lamp[0] <= 0.5 else -step
    return thick, np.roll(thick, (-step, -aside), (0, 1)) - np.roll(thick, (step, aside), (0, 1))


def around(stage: Stage, cover: np.ndarray, reach: float) -> np.ndarray:
    """1 on the animal and close to it, then falling to 0."""
    return np.clip(blurred(cover, reach * stage.scale) * 2.6, 0, 1)


def feet(stage: Stage) -> tuple[float, float, float]:
    """Middle, lowest point and half width of the animal."""
    left, _, right, low = bounds(stage.animal)
    return (left + right) / 2, low, (right - left) / 2


@lru_cache(maxsize=8)
def margin(side: int) -> np.ndarray:
    """Distance to the nearest edge of the canvas in pixels, (side, side) float32."""
    ramp = np.minimum(np.arange(side), np.arange(side)[::-1]).astype(np.float32)
    return np.minimum(ramp[:, None], ramp[None, :])


@lru_cache(maxsize=8)
def vignette(side: int) -> np.ndarray:
    """Light falling off towards the corners, (side, side) float32."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    return 1.04 - 0.6 * (x * x + y * y)
