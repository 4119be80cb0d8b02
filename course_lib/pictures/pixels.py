"""Pictures as tensors: bytes from 0 to 255 for files and screens, numbers from -1 to 1 for diffusion models."""

import torch
from torch import Tensor

from course_lib.checks import check_tensors, takes


def _check_bytes(pixels: Tensor, name: str) -> None:
    check_tensors("int ...", **{name: pixels})
    if pixels.min() < 0 or pixels.max() > 255:
        raise ValueError(
            f"{name} runs from {pixels.min()} to {pixels.max()}, but bytes from 0 to 255 are wanted."
        )


@takes(pixels=_check_bytes)
def to_model_range(pixels: Tensor) -> Tensor:
    """Bytes to the numbers that diffusion models want: 0 becomes -1, 255 becomes 1.

    x = pixels / 127.5 - 1        pixels: any shape, uint8.  Returns the same shape, float32.
    Raises ValueError for anything else.
    """
    return pixels.float() / 127.5 - 1


@takes(images="...")
def to_bytes(images: Tensor) -> Tensor:
    """Back to bytes; what lies outside [-1, 1] is cut off, and the rest is rounded to the nearest whole number.

    images: any shape, in [-1, 1].  Returns the same shape, uint8.  Raises ValueError for what holds no numbers.
    """
    return ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


@takes(images="B 3 H W")
def mean_colour(images: Tensor) -> Tensor:
    """The average red, green and blue of each picture.  images: (B, 3, H, W).  Returns (B, 3).

    Raises ValueError for anything else.
    """
    return images.mean(dim=(2, 3))
