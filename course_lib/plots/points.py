"""Many values at once: clouds, spreads, a table of similarities."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_lib.checks import check_as_many, check_named, check_numbers, check_text, check_texts, takes
from course_lib.plots.bars import check_colors
from course_lib.plots.colors import INK, MODEL
from course_lib.plots.style import as_typed


@takes(points="N 2", colors=check_numbers)
def plot_cloud(points: Tensor, colors: Tensor, *, title: str = "", ax: Axes | None = None) -> Axes:
    """Points in the plane, coloured by where they came from.  points: (N, 2).  colors: (N,)."""
    check_as_many(len(colors), len(points), "colors", "points")
    ax = ax or plt.subplots(figsize=(3, 3))[1]
    ax.scatter(*points.T.numpy(), c=colors, s=5, cmap="viridis", linewidths=0)
    ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="#D5D7DC")
    ax.set_title(as_typed(title), fontsize=9.5, fontweight="normal", loc="center", pad=4)
    return ax


@takes(z="N 2", labels="int N")
def plot_latents(z: Tensor, labels: Tensor, *, title: str = "", ax: Axes | None = None) -> Axes:
    """Digits as points of a two-number latent space, each group named at its centre.  z: (N, 2).  labels: (N,)."""
    ax = ax or plt.subplots(figsize=(4.3, 4.3))[1]
    ax.scatter(*z.T.numpy(), c=labels, s=9, cmap="turbo", alpha=0.55, linewidths=0)
    box = dict(boxstyle="circle,pad=0.15", facecolor="white", edgecolor="none", alpha=0.8)
    for digit in labels.unique().tolist():
        group = z[labels == digit]
        # The point of the group nearest to its middle: the middle itself may lie between two halves.
        x, y = group[(group - group.median(dim=0).values).norm(dim=1).argmin()].tolist()
        ax.text(x, y, digit, ha="center", va="center", fontsize=11, fontweight="bold", color=INK, bbox=box)
    ax.set(xlabel="first number", ylabel="second number", title=as_typed(title))
    return ax


@takes(values=(check_named, check_numbers), colors=check_texts, xlabel=check_text)
def plot_spread(values: dict[str, Tensor], colors: Sequence[str], *, xlabel: str) -> Figure:
    """How numbers are spread: one small histogram per name on one axis, with its mean marked and written.

    values: {name: (N,) numbers}.  colors: one each.
    """
    check_as_many(len(colors), len(values), "colors", "names")
    figure, axes = plt.subplots(
        len(values), 1, figsize=(6.5, 0.95 * len(values) + 0.5), sharex=True, squeeze=False
    )
    low, high = (float(f(torch.stack([f(v) for v in values.values()]))) for f in (torch.min, torch.max))
    for ax, (name, found), color in zip(axes[:, 0], values.items(), colors, strict=True):
        ax.hist(found.numpy(), bins=np.linspace(low, high, 41), color=color, alpha=0.75)
        ax.axvline(found.mean().item(), color=INK, linewidth=1.5)
        ax.text(0.99, 0.7, f"mean {found.mean():.2f}", transform=ax.transAxes, ha="right", fontsize=9)
        ax.set_ylabel(as_typed(name), rotation=0, ha="right", va="center", labelpad=8)
        ax.set_yticks([])
        ax.grid(False)
    axes[-1, 0].set_xlabel(xlabel)
    return figure


@takes(groups=(check_named, check_numbers), colors=check_colors)
def plot_strips(
    groups: dict[str, Sequence[float]], colors: Sequence[str] | str = MODEL, *, ax: Axes | None = None
) -> Axes:
    """One row of dots per name, the first on top, with a line at their mean and its value at the right.

    groups: {name: any number of values}.  colors: one for all, or one each.  Dots are spread upwards and downwards only so
    that they can be seen.
    """
    ax = ax or plt.subplots(figsize=(7.5, 0.6 + 0.5 * len(groups)))[1]
    colors = [colors] * len(groups) if isinstance(colors, str) else colors
    check_as_many(len(colors), len(groups), "colors", "names")
    rows = [np.asarray(values, dtype=float) for values in groups.values()]
    right = max(values.max() for values in rows)
    for row, (values, color) in enumerate(zip(rows, colors, strict=True)):
        spread = (np.arange(len(values)) * 0.618034 % 1 - 0.5) * 0.5
        size = 16 if len(values) > 40 else 40
        ax.scatter(values, row + spread, color=color, s=size, alpha=0.45, linewidths=0)
        ax.plot([values.mean()] * 2, [row - 0.38, row + 0.38], color=INK, linewidth=2)
        ax.annotate(
            f"{values.mean():.2f}", (right, row), xytext=(12, 0), textcoords="offset points", va="center"
        )
    ax.set(
        yticks=range(len(groups)),
        yticklabels=[as_typed(name) for name in groups],
        ylim=(len(groups) - 0.4, -0.6),
    )
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    return ax


@takes(similarity="N M")
def plot_similarity(similarity: Tensor, *, ax: Axes | None = None) -> Axes:
    """A table of cosine similarities as colours, with its scale.  similarity: (N, M), each in [-1, 1]."""
    ax = ax or plt.subplots(figsize=(5.6, 5.2))[1]
    shown = ax.imshow(similarity.numpy(), cmap="viridis", interpolation="nearest")
    ax.figure.colorbar(shown, ax=ax, label="cosine similarity", fraction=0.046, pad=0.03)
    ax.grid(False)
    return ax
