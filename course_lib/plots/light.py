"""Pictures that are lit where a network looks."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_lib.checks import check_as_many, check_named, check_tensors, check_texts, takes
from course_lib.plots.pictures import SIZE, TITLES, plot_image, to_pixels
from course_lib.plots.style import as_typed


def _check_heat(heat, name: str) -> None:
    check_tensors("N h w", **{name: heat})


@takes(image="C H W", maps="N h w", words=check_texts, size=SIZE)
def plot_word_maps(image: Tensor, maps: Tensor, words: Sequence[str], *, size: float = 1.4) -> Figure:
    """A picture, and over it where each word was looked at: bright where much, dark where little.

    image: (3, H, W) in [-1, 1].  maps: (N, h, w), one per word, each scaled to its own highest value.
    """
    check_as_many(len(words), len(maps), "words", "maps")
    figure, axes = plt.subplots(1, len(words) + 1, figsize=(size * (len(words) + 1) * 1.06, size * 1.28))
    plot_image(image, title="picture", ax=axes[0])
    pixels = to_pixels(image)
    for ax, seen, word in zip(axes[1:], maps, words, strict=True):
        plot_image(image, title=word, ax=ax)
        light = (seen / seen.max()).float().cpu().numpy()
        light = np.kron(
            light, np.ones((pixels.shape[0] // light.shape[0], pixels.shape[1] // light.shape[1]))
        )
        ax.images[0].set_data((pixels * (0.15 + 0.85 * light[..., None])).astype(pixels.dtype))
    return figure


@takes(image="C H W", heat="h w")
def plot_heat(image: Tensor, heat: Tensor, *, title: str = "", ax: Axes | None = None) -> Axes:
    """A picture that is lit where a network looks: bright where much, dark where little.

    image: (3, H, W) in [-1, 1].  heat: (h, w), 0 to 1; it is enlarged smoothly to the picture's size.
    """
    ax = plot_image(image, title=title, ax=ax)
    light = torch.nn.functional.interpolate(
        heat[None, None].float(), size=image.shape[-2:], mode="bilinear", align_corners=False
    )[0, 0]
    pixels = to_pixels(image)
    ax.images[0].set_data((pixels * (0.2 + 0.8 * light[..., None].cpu().numpy())).astype(pixels.dtype))
    return ax


@takes(images="N C H W", heats=(check_named, _check_heat), titles=TITLES, size=SIZE)
def plot_heat_table(
    images: Tensor, heats: dict[str, Tensor], titles: Sequence[str] = (), *, size: float = 1.15
) -> Figure:
    """Pictures in the first row, and below them one row per name, lit where that network looks.

    images: (N, 3, H, W) in [-1, 1].  heats: {name: (N, h, w)}, 0 to 1.  titles: one per picture, or none.
    """
    rows, columns = 1 + len(heats), len(images)
    check_as_many(len(titles) or columns, columns, "titles", "pictures")
    for name, heat in heats.items():
        check_as_many(len(heat), columns, f"heat maps of {name!r}", "pictures")
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns + 1.4, size * rows + 0.35), squeeze=False
    )
    for c, image in enumerate(images):
        plot_image(image, title=titles[c] if titles else "", ax=axes[0][c])
    for axis, (name, heat) in zip(axes[1:], heats.items()):
        for ax, image, found in zip(axis, images, heat, strict=True):
            plot_heat(image, found, ax=ax)
        axis[0].set_ylabel(as_typed(name), rotation=0, ha="right", va="center", labelpad=8)
    return figure
