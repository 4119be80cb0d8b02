"""Figures.  Nothing here knows a model: every function takes numbers or pictures and draws them.

One colour per role, the same in every notebook, widget, slide and page; told apart by colour-blind readers too
(checked by lightness as well as hue).
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

DATA = "#0F6CBD"  # blue: real pictures, signal
NOISE = "#8A8D94"  # grey: noise
MODEL = "#D9480F"  # orange: what a network does or says
TEXT = "#0B8A6A"  # green: labels, prompts
GUIDANCE = "#7B4BB7"  # violet: guidance
INK = "#2B2D33"  # text and axes


def to_pixels(images: Tensor) -> np.ndarray:
    """(..., C, H, W) in [-1, 1] -> (..., H, W, C) in [0, 1], as imshow wants it.  Values outside are cut off."""
    pixels = images.detach().cpu().float().clamp(-1, 1).movedim(-3, -1).numpy()
    return (pixels + 1) / 2


def plot_image(image: Tensor, *, title: str = "", ax: Axes | None = None) -> Axes:
    """One picture, enlarged with hard pixel edges.  image: (C, H, W) in [-1, 1]; one channel: 1 is black ink."""
    ax = ax or plt.subplots(figsize=(2, 2))[1]
    pixels = to_pixels(image)
    if pixels.shape[-1] == 1:
        ax.imshow(pixels[..., 0], cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    else:
        ax.imshow(pixels, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set(visible=True, color="#D5D7DC")
    ax.set_title(title, fontsize=9.5, fontweight="normal", loc="center", pad=4)
    return ax


def plot_image_grid(
    images: Tensor, titles: Sequence[str] = (), *, columns: int = 10, size: float = 0.8
) -> Figure:
    """Pictures in rows.  images: (N, C, H, W) in [-1, 1].  titles: one per picture, or none.  size: inches each."""
    rows = -(-len(images) // columns)
    height = size * rows * (1.28 if titles else 1.06)
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns * 1.06, height), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes.flat, images)):
        ax.axis("on")
        plot_image(image, title=titles[i] if titles else "", ax=ax)
    return figure


def plot_image_table(
    images: Tensor, rows: Sequence[str], columns: Sequence[str], *, size: float = 0.9
) -> Figure:
    """A table of pictures with a name on each row and column.  images: (R, C, channels, H, W) in [-1, 1]."""
    figure, axes = plt.subplots(
        len(rows), len(columns), figsize=(size * len(columns) + 1.4, size * len(rows) + 0.35), squeeze=False
    )
    for r, row in enumerate(rows):
        for c, column in enumerate(columns):
            plot_image(images[r][c], title=column if r == 0 else "", ax=axes[r][c])
        axes[r][0].set_ylabel(row, rotation=0, ha="right", va="center", labelpad=8)
    return figure


def plot_loss(losses: Sequence[float], *, ax: Axes | None = None) -> Axes:
    """Training loss: every step in pale, and its running mean over about 25 steps."""
    ax = ax or plt.subplots()[1]
    losses = np.asarray(losses)
    width = max(1, min(25, len(losses) // 4))
    smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
    ax.plot(losses, color=MODEL, alpha=0.22, linewidth=1)
    ax.plot(np.arange(width - 1, len(losses)), smooth, color=MODEL)
    ax.set(xlabel="training step", ylabel="loss (mean squared error)", title="Training loss")
    return ax
