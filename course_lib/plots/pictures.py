"""Pictures: one, in rows, in tables, as a contact sheet.  All in [-1, 1]; small ones are enlarged with hard pixel edges."""

from collections.abc import Sequence
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_lib.checks import (
    check_as_many,
    check_count,
    check_is,
    check_named,
    check_number,
    check_tensors,
    check_text,
    check_texts,
    takes,
)
from course_lib.pictures.loading import as_seen
from course_lib.pictures.pixels import to_model_range
from course_lib.plots.style import as_typed

SIZE = partial(check_number, above=0)
TITLES = (check_texts, 0)


def _check_batch(images, name: str, shape: str = "N C H W") -> None:
    """A tensor of this shape, or a list, whose pictures are checked one by one when they are drawn."""
    if not isinstance(images, (list, tuple)) or not images:
        check_tensors(shape, **{name: images})


def to_pixels(images: Tensor) -> np.ndarray:
    """(..., C, H, W) in [-1, 1] -> (..., H, W, C) in [0, 1], as imshow wants it.  Values outside are cut off."""
    pixels = images.detach().cpu().float().clamp(-1, 1).movedim(-3, -1).numpy()
    return (pixels + 1) / 2


@takes(image="C H W", title=check_text)
def plot_image(image: Tensor, *, title: str = "", ax: Axes | None = None) -> Axes:
    """One picture.  image: (C, H, W) in [-1, 1]; one channel: 1 is black ink.

    Up to 64 pixels it is enlarged with hard pixel edges.  A larger one is often made smaller in its figure: that is done
    smoothly, for hard edges would leave out pixels.
    """
    if len(image) not in (1, 3):
        raise ValueError(
            f"The picture has shape {tuple(image.shape)}; it must be (C, H, W) with 1 or 3 channels."
        )
    ax = ax or plt.subplots(figsize=(2, 2))[1]
    pixels = to_pixels(image)
    if pixels.shape[-1] == 1:
        ax.imshow(pixels[..., 0], cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    else:
        ax.imshow(pixels, interpolation="nearest" if max(pixels.shape[:2]) <= 64 else "antialiased")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set(visible=True, color="#D5D7DC")
    ax.set_title(as_typed(title), fontsize=9.5, fontweight="normal", loc="center", pad=4)
    return ax


@takes(images=_check_batch, titles=TITLES, columns=check_count, size=SIZE)
def plot_image_grid(
    images: Tensor, titles: Sequence[str] = (), *, columns: int = 10, size: float = 0.8
) -> Figure:
    """Pictures in rows.  images: (N, C, H, W) in [-1, 1].  titles: one per picture, or none.  size: inches each."""
    check_as_many(len(titles) or len(images), len(images), "titles", "pictures")
    rows = -(-len(images) // columns)
    height = size * rows * (1.28 if titles else 1.06)
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns * 1.06, height), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes.flat, images)):
        ax.axis("on")
        plot_image(image, title=titles[i] if titles else "", ax=ax)
    return figure


@takes(images=(_check_batch, "R K C H W"), rows=check_texts, columns=check_texts, size=SIZE)
def plot_image_table(
    images: Tensor, rows: Sequence[str], columns: Sequence[str], *, size: float = 0.9
) -> Figure:
    """A table of pictures with a name on each row and column.  images: (R, C, channels, H, W) in [-1, 1]."""
    check_as_many(len(rows), len(images), "rows' names", "rows of pictures")
    for line in images:
        check_as_many(len(columns), len(line), "columns' names", "pictures in a row")
    figure, axes = plt.subplots(
        len(rows), len(columns), figsize=(size * len(columns) + 1.4, size * len(rows) + 0.35), squeeze=False
    )
    for r, row in enumerate(rows):
        for c, column in enumerate(columns):
            plot_image(images[r][c], title=column if r == 0 else "", ax=axes[r][c])
        axes[r][0].set_ylabel(as_typed(row), rotation=0, ha="right", va="center", labelpad=8)
    return figure


@takes(columns=(check_named, _check_batch), rows=check_texts, size=SIZE)
def plot_columns(columns: dict[str, Tensor], rows: Sequence[str] = ("", ""), *, size: float = 1.25) -> Figure:
    """One column of pictures per name, such as the values of one setting.

    columns: {name: (N, C, H, W) in [-1, 1]}; of each the first len(rows) are shown.  rows: a name for each row, or "".
    """
    for name, pictures in columns.items():
        if len(pictures) < len(rows):
            raise ValueError(
                f"There are {len(pictures)} pictures of {name!r}, but {len(rows)} rows to show: give fewer rows."
            )
    shown = torch.stack([pictures[: len(rows)] for pictures in columns.values()], dim=1)
    return plot_image_table(shown, rows, list(columns), size=size)


@takes(images=_check_batch, titles=TITLES, caption=check_text, size=SIZE)
def plot_fade(images: Tensor, titles: Sequence[str], caption: str = "", *, size: float = 1.0) -> Figure:
    """One row of pictures, from left to right in time.  images: (N, C, H, W) in [-1, 1]."""
    figure = plot_image_grid(images, titles, columns=len(images), size=size)
    if caption:
        figure.suptitle(as_typed(caption), x=0.01, ha="left", fontsize=11.5, fontweight="bold")
    return figure


def plot_step(xt: Tensor, x0: Tensor, t: int) -> Figure:
    """One moment of sampling: the noisy pictures above, the network's guess of the clean ones below.  (N, 1, H, W)."""
    return plot_image_table(
        torch.stack([xt, x0]), [f"x at t = {t}", "guess of x0"], [""] * len(xt), size=0.85
    )


def _check_pil(pictures, name: str) -> None:
    check_is(pictures, name, (list, tuple), "a list of PIL pictures, such as pipe(prompt).images")
    check_count(len(pictures), f"the number of {name}")
    for picture in pictures:
        check_is(picture, "each picture", "convert", "a PIL picture; tensors are drawn by plot_image_grid")


@takes(pictures=_check_pil, titles=TITLES, columns=check_count, size=SIZE)
def plot_pictures(
    pictures: Sequence, titles: Sequence[str] = (), *, columns: int = 4, size: float = 2.2
) -> Figure:
    """PIL pictures in rows.  titles: one per picture, or none.  size: inches each."""
    tensors = [
        to_model_range(torch.from_numpy(np.array(as_seen(picture))).movedim(-1, 0)) for picture in pictures
    ]
    return plot_image_grid(torch.stack(tensors), titles, columns=columns, size=size)


@takes(images=(check_named, _check_batch), columns=check_texts, size=SIZE)
def plot_contact_sheet(images: dict[str, Tensor], columns: Sequence[str], *, size: float = 0.95) -> Figure:
    """Every picture of a data set: one block of rows per class, one column per prompt.

    images: {class: (N, C, H, W) in [-1, 1]}; picture i stands in column i % len(columns).
    """
    rows = [(name, part) for name, all_of_it in images.items() for part in all_of_it.split(len(columns))]
    figure, axes = plt.subplots(
        len(rows), len(columns), figsize=(size * len(columns) + 1.4, size * len(rows) + 0.5), squeeze=False
    )
    seen = set()
    for line, (name, part) in zip(axes, rows):
        for ax in line:
            ax.axis("off")
        for ax, image, column in zip(line, part, columns):
            ax.axis("on")
            plot_image(image, title="" if seen else column, ax=ax)
        if name not in seen:
            line[0].set_ylabel(
                as_typed(name).replace(" ", "\n"), rotation=0, ha="right", va="center", labelpad=8
            )
        seen.add(name)
    return figure
