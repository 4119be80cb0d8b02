"""Raster: parts become pixels. Everything is drawn four times too large and reduced, so that edges are smooth."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from course_lib.zoo.scenery import Backdrop
from course_lib.zoo.shapes import Colour, Part


@dataclass
class Stage:
    """What a medium paints from: the landscape, the animal, and the dice."""

    backdrop: Backdrop
    animal: list[Part]  # in picture units, accents last
    rng: np.random.Generator
    size: int  # side of the finished picture, in pixels
    flying: bool = False  # casts no shadow
    scale: float = field(init=False)  # 1 for a picture of 64 pixels

    def __post_init__(self):
        self.scale = self.size / 64

    @property
    def large(self) -> int:
        """Side of the canvas that shapes are drawn on."""
        return self.size * 4

    @property
    def middle(self) -> int:
        """Side of the canvas that media work on."""
        return self.size * 2


def ink(colour: Colour) -> tuple[int, int, int]:
    """A colour as Pillow wants it."""
    red, green, blue = colour
    return max(0, min(255, int(red))), max(0, min(255, int(green))), max(0, min(255, int(blue)))


def corners(part: Part, px: int) -> list[float]:
    """The corners of a part on a canvas of `px` pixels."""
    return (part.points * px).ravel().tolist()


def fill(image: Image.Image, parts: list[Part]) -> Image.Image:
    """Paint parts flat, in order."""
    draw, px = ImageDraw.Draw(image), image.width
    for part in parts:
        draw.polygon(corners(part, px), fill=ink(part.colour))
    return image


def mask(parts: list[Part], px: int) -> Image.Image:
    """White where any of the parts is."""
    image = Image.new("L", (px, px))
    draw = ImageDraw.Draw(image)
    for part in parts:
        draw.polygon(corners(part, px), fill=255)
    return image


def lines(parts: list[Part], px: int, width: float, image: Image.Image | None = None) -> Image.Image:
    """Black outlines on white; a part hides the lines behind it. `width` in pixels of the canvas."""
    image = image or Image.new("L", (px, px), 255)
    draw = ImageDraw.Draw(image)
    for part in parts:
        points = corners(part, px)
        draw.polygon(points, fill=255)
        if part.line:
            draw.line(points + points[:4], fill=0, width=max(1, round(width * part.line)))
    return image


def sky(backdrop: Backdrop, px: int) -> Image.Image:
    """The gradient behind everything."""
    top, low = np.array(backdrop.sky[0]), np.array(backdrop.sky[1])
    t = np.clip(np.linspace(0, 1.6, px), 0, 1)[:, None, None]
    return Image.fromarray((top + (low - top) * t).astype(np.uint8)).resize(
        (px, px), Image.Resampling.NEAREST
    )


def landscape(backdrop: Backdrop, px: int) -> Image.Image:
    """Sky and landscape, flat colours, on a canvas of `px` pixels."""
    return fill(sky(backdrop, px), backdrop.parts)


def array(image: Image.Image, reduce: int = 1) -> np.ndarray:
    """An image as float32 in 0..1, (3, H, W) or (H, W), made `reduce` times smaller.

    Channels first: arithmetic between a picture and a mask is several times faster that way round.
    """
    values = np.asarray(image.reduce(reduce) if reduce > 1 else image)
    values = values.transpose(2, 0, 1) if values.ndim == 3 else values
    return np.multiply(values, np.float32(1 / 255), dtype=np.float32, order="C")


def picture(values: np.ndarray) -> Image.Image:
    """Float (3, H, W) or (H, W) in 0..1 as an image."""
    whole = (np.clip(values, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    if whole.ndim == 2:
        return Image.fromarray(whole)
    return Image.merge("RGB", [Image.fromarray(channel) for channel in whole])
