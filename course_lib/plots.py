"""Figures.  Nothing here knows a model: every function takes numbers or pictures and draws them.

One colour per role, the same in every notebook, widget, slide and page; told apart by colour-blind readers too
(checked by lightness as well as hue).
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import LogLocator, NullFormatter
from torch import Tensor

from course_lib.pixels import to_model_range

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
    """One picture, enlarged with hard pixel edges.  image: (C, H, W) in [-1, 1]; one channel: 1 is black ink.

    A picture of more than 64 pixels is often made smaller in its figure: that is done smoothly, for hard edges would leave
    out pixels.
    """
    ax = ax or plt.subplots(figsize=(2, 2))[1]
    pixels = to_pixels(image)
    interpolation = "nearest" if max(pixels.shape[:2]) <= 64 else "antialiased"
    if pixels.shape[-1] == 1:
        ax.imshow(pixels[..., 0], cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    else:
        ax.imshow(pixels, interpolation=interpolation)
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


def plot_loss(
    losses: Sequence[float], *, ylabel: str = "loss (mean squared error)", ax: Axes | None = None
) -> Axes:
    """Training loss: every step in pale, and its mean over about 25 steps around each."""
    ax = ax or plt.subplots()[1]
    losses = np.asarray(losses)
    width = max(1, min(25, len(losses) // 4))
    smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
    ax.plot(losses, color=MODEL, alpha=0.22, linewidth=1, label="each step")
    ax.plot(np.arange(len(smooth)) + (width - 1) / 2, smooth, color=MODEL, label=f"mean of {width} steps")
    ax.legend()
    ax.set(xlabel="training step", ylabel=ylabel, title="Training loss")
    return ax


def plot_fade(images: Tensor, titles: Sequence[str], caption: str = "", *, size: float = 1.0) -> Figure:
    """One row of pictures, from left to right in time.  images: (N, C, H, W) in [-1, 1]."""
    figure = plot_image_grid(images, titles, columns=len(images), size=size)
    if caption:
        figure.suptitle(caption, x=0.01, ha="left", fontsize=11.5, fontweight="bold")
    return figure


def plot_steps(
    values: dict[str, Sequence[float]], *, ylabel: str, log: bool = False, ax: Axes | None = None
) -> Axes:
    """Curves over the time step t, one per name, each named at its end.  values: {name: (T,) numbers}."""
    ax = ax or plt.subplots()[1]
    for name, curve in values.items():
        ax.plot(np.arange(len(curve)) / max(1, len(curve) - 1) * 999, curve, label=name)
    ax.set(xlabel="time step t  (0: picture, 999: noise)", ylabel=ylabel, yscale="log" if log else "linear")
    ax.legend()
    return ax


def plot_cloud(points: Tensor, colors: Tensor, *, title: str = "", ax: Axes | None = None) -> Axes:
    """Points in the plane, coloured by where they came from.  points: (N, 2).  colors: (N,)."""
    ax = ax or plt.subplots(figsize=(3, 3))[1]
    ax.scatter(*points.T.numpy(), c=colors, s=5, cmap="viridis", linewidths=0)
    ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="#D5D7DC")
    ax.set_title(title, fontsize=9.5, fontweight="normal", loc="center", pad=4)
    return ax


def plot_noisy_picture(x0: Tensor, eps: Tensor, alpha_bar: Tensor, t: int, schedule: str = "") -> Figure:
    """A picture at step t, beside the share of signal and noise at every step.  x0, eps: (1, H, W).  alpha_bar: (T,)."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.6), width_ratios=[1, 2.4])
    signal = alpha_bar**0.5
    plot_image(signal[t] * x0 + (1 - alpha_bar[t]) ** 0.5 * eps, title=f"t = {t}", ax=left)
    right.plot(signal, color=DATA, label="factor of the picture")
    right.plot((1 - alpha_bar) ** 0.5, color=NOISE, label="factor of the noise")
    right.axvline(t, color=INK, linewidth=1, linestyle=(0, (3, 3)))
    right.set(xlabel="time step t  (0: picture)", title=f"{schedule} schedule", ylim=(0, 1.05))
    right.legend(loc="center right")
    return figure


def plot_step(xt: Tensor, x0: Tensor, t: int) -> Figure:
    """One moment of sampling: the noisy pictures above, the network's guess of the clean ones below.  (N, 1, H, W)."""
    return plot_image_table(
        torch.stack([xt, x0]), [f"x at t = {t}", "guess of x0"], [""] * len(xt), size=0.85
    )


def plot_quality(
    curves: dict[str, tuple], floor: tuple[float, float], *, ylabel: str, ax: Axes | None = None
) -> Axes:
    """Quality against network calls, one line per sampler, over the band in which real pictures fall.

    curves: {name: (calls, values)}.  floor: (lowest, highest).  Lines differ by colour and marker.
    """
    ax = ax or plt.subplots()[1]
    colors, markers = [NOISE, DATA, TEXT, GUIDANCE, MODEL], "osD^v"
    for (name, (calls, values)), color, marker in zip(curves.items(), colors, markers):
        # Euler lies on DDIM, so it is dashed and drawn over a wider line.
        style = {"Euler": dict(linestyle=(0, (3, 2)), zorder=3), "DDIM": dict(linewidth=4.5, alpha=0.55)}
        ax.plot(calls, values, color=color, marker=marker, label=name, **style.get(name, {}))
    ax.axhspan(*floor, color=DATA, alpha=0.12, linewidth=0, zorder=0, label="real digits")
    ax.set(xlabel="network calls per picture", ylabel=ylabel, xscale="log")
    ax.legend()
    return ax


def plot_unet(sizes: Sequence[int], channels: Sequence[int]) -> Figure:
    """The U of a U-Net as a diagram: one box per level down and up, skips across, attention at the bottom.

    sizes: pixels per side at each level, the largest first.  channels: at each level.
    """
    figure, ax = plt.subplots(figsize=(9, 3.3))
    n, width, height = len(sizes), 1.5, 0.62
    box = dict(boxstyle="round,pad=0.0,rounding_size=0.1", linewidth=1.4)
    arrow = dict(arrowstyle="-|>", color=INK, linewidth=1.3, shrinkA=0, shrinkB=0)
    for i, (size, c) in enumerate(zip(sizes, channels)):
        left, right, y = 0.55 * i, 8 - 0.55 * i - width, -1.15 * i
        for x in (left, right):
            ax.add_patch(FancyBboxPatch((x, y), width, height, facecolor="white", edgecolor=MODEL, **box))
            ax.text(
                x + width / 2,
                y + height / 2,
                f"{size} × {size}\n{c} channels",
                ha="center",
                va="center",
                fontsize=9,
            )
        ax.annotate(
            "",
            (right, y + height / 2),
            (left + width, y + height / 2),
            arrowprops=arrow | {"color": DATA if i < n - 1 else MODEL},
        )
        if i < n - 1:
            ax.text(
                4,
                y + height / 2 + 0.07,
                "skip: concatenate",
                color=DATA,
                ha="center",
                va="bottom",
                fontsize=9,
            )
            ax.annotate("", (left + 0.9, y - 1.15 + height), (left + 0.6, y), arrowprops=arrow)
            ax.annotate(
                "", (right + width - 0.6, y), (right + width - 0.9, y - 1.15 + height), arrowprops=arrow
            )
    ax.text(4, y + height / 2 + 0.07, "attention", color=MODEL, ha="center", va="bottom", fontsize=9)
    for x, text, at in ((-0.15, "$x_t$, t, label", "right"), (8.15, "guess of v", "left")):
        ax.text(x, height / 2, text, ha=at, va="center", fontsize=10)
    ax.set(xlim=(-1.5, 9.4), ylim=(-1.15 * (n - 1) - 0.15, height + 0.25))
    ax.axis("off")
    return figure


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
    ax.set(xlabel="first number", ylabel="second number", title=title)
    return ax


def plot_ranking(
    names: Sequence[str], values: Sequence[float], colors: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """One dot per name on a logarithmic axis, with its value beside it; the first name stands lowest."""
    ax = ax or plt.subplots(figsize=(7, 0.5 + 0.55 * len(names)))[1]
    for name, value, color in zip(names, values, colors, strict=True):
        ax.plot(value, name, "o", color=color, markersize=11)
        ax.annotate(f"{value:.1f}", (value, name), xytext=(12, 0), textcoords="offset points", va="center")
    ax.set(xscale="log", xlim=(min(values) / 2, max(values) * 3))
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(y=0.3)
    return ax


def plot_similarity(similarity: Tensor, *, ax: Axes | None = None) -> Axes:
    """A table of cosine similarities as colours, with its scale.  similarity: (N, M), each in [-1, 1]."""
    ax = ax or plt.subplots(figsize=(5.6, 5.2))[1]
    shown = ax.imshow(similarity.numpy(), cmap="viridis", interpolation="nearest")
    ax.figure.colorbar(shown, ax=ax, label="cosine similarity", fraction=0.046, pad=0.03)
    ax.grid(False)
    return ax


def plot_word_maps(image: Tensor, maps: Tensor, words: Sequence[str], *, size: float = 1.4) -> Figure:
    """A picture, and over it where each word was looked at: bright where much, dark where little.

    image: (3, H, W) in [-1, 1].  maps: (N, h, w), one per word, each scaled to its own highest value.
    """
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


def plot_pictures(
    pictures: Sequence, titles: Sequence[str] = (), *, columns: int = 4, size: float = 2.2
) -> Figure:
    """PIL pictures in rows, enlarged with hard pixel edges.  titles: one per picture, or none.  size: inches each."""
    tensors = [
        to_model_range(torch.from_numpy(np.array(picture.convert("RGB"))).movedim(-1, 0))
        for picture in pictures
    ]
    return plot_image_grid(torch.stack(tensors), titles, columns=columns, size=size)


def plot_course_map(lessons: Sequence[dict], progress: Sequence[dict]) -> Figure:
    """The course as a path: one line per day with its question, and a ring that fills with every exercise done.

    lessons: {"day", "question", "written"} each.  progress: lines of `progress_table()`.
    """
    figure, ax = plt.subplots(figsize=(9, 0.36 * len(lessons) + 0.3))
    ax.plot([0, 0], [0, len(lessons) - 1], color="#D5D7DC", linewidth=2, zorder=0)
    for y, lesson in enumerate(lessons):
        states = [line["state"] for line in progress if line["day"] == lesson["day"]]
        done = sum(state == "done" for state in states)
        full = bool(states) and done == len(states)
        ax.plot(
            0,
            y,
            "o",
            markersize=15,
            color=TEXT if full else "white",
            markeredgewidth=1.5,
            markeredgecolor=TEXT if done else (INK if lesson["written"] else "#B9BCC4"),
        )
        ink = INK if lesson["written"] else "#8A8D94"
        ax.text(0, y, lesson["day"][3:], ha="center", va="center", fontsize=8, color="white" if full else ink)
        ax.text(0.35, y, lesson["question"], va="center", fontsize=10.5, color=ink)
        told = (
            f"{done} of {len(states)} exercises" if states else ("" if lesson["written"] else "being written")
        )
        ax.text(8.9, y, told, va="center", ha="right", fontsize=9, color=TEXT if done else "#8A8D94")
    ax.set(xlim=(-0.3, 9), ylim=(len(lessons) - 0.4, -0.6))
    ax.axis("off")
    return figure


def plot_probabilities(p: Tensor, labels: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """One bar per label with its percentage; the most probable one stands out.  p: (M,), sums to 1."""
    ax = ax or plt.subplots(figsize=(5, 0.4 * len(labels)))[1]
    best = int(p.argmax())
    colors = [TEXT if i == best else "#C9CCD3" for i in range(len(labels))]
    ax.barh(list(labels), p.tolist(), color=colors, height=0.62)
    for i, share in enumerate(p.tolist()):
        ax.annotate(f"{share:.0%}", (share, i), xytext=(6, 0), textcoords="offset points", va="center")
    ax.invert_yaxis()
    ax.set(xlim=(0, 1.12), xticks=[])
    ax.grid(False)
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(length=0)
    return ax


def plot_intervals(
    intervals: dict[str, tuple[float, float, float]],
    colors: Sequence[str] | str = MODEL,
    *,
    form: str = ".0%",
    ax: Axes | None = None,
) -> Axes:
    """One line per name, the first on top: a dot for the measured value, a bar for its 95% interval.

    intervals: {name: (value, low, high)}.  colors: one for all, or one each.  form: how the value is written, as in an
    f-string.
    """
    ax = ax or plt.subplots(figsize=(6.5, 0.5 + 0.4 * len(intervals)))[1]
    colors = [colors] * len(intervals) if isinstance(colors, str) else colors
    for (name, (value, low, high)), color in zip(intervals.items(), colors, strict=True):
        ax.plot([low, high], [name, name], color=color, linewidth=5, alpha=0.35, solid_capstyle="round")
        ax.plot(value, name, "o", color=color, markersize=8)
        ax.annotate(
            format(value, form),
            (high, name),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    if form.endswith("%"):
        ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.invert_yaxis()
    ax.margins(x=0.12, y=0.14)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    return ax


def plot_sweep(
    x: Sequence[float],
    curves: dict[str, Sequence[tuple[float, float, float]]],
    *,
    form: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Measured values against a setting, one line per name, each in a band that is its 95% interval.

    x: (N,) values of the setting.  curves: {name: N times (value, low, high)}.  form: of the y axis, "%" for shares.
    """
    ax = ax or plt.subplots()[1]
    for (name, found), color, marker in zip(curves.items(), (MODEL, DATA, TEXT, GUIDANCE, NOISE), "osD^v"):
        value, low, high = np.array(found).T
        ax.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)
        ax.plot(x, value, color=color, marker=marker, label=name)
    if form == "%":
        ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend()
    return ax


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


def plot_heat_table(
    images: Tensor, heats: dict[str, Tensor], titles: Sequence[str] = (), *, size: float = 1.15
) -> Figure:
    """Pictures in the first row, and below them one row per name, lit where that network looks.

    images: (N, 3, H, W) in [-1, 1].  heats: {name: (N, h, w)}, 0 to 1.  titles: one per picture, or none.
    """
    rows, columns = 1 + len(heats), len(images)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns + 1.4, size * rows + 0.35), squeeze=False
    )
    for c, image in enumerate(images):
        plot_image(image, title=titles[c] if titles else "", ax=axes[0][c])
    for axis, (name, heat) in zip(axes[1:], heats.items()):
        for ax, image, found in zip(axis, images, heat, strict=True):
            plot_heat(image, found, ax=ax)
        axis[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
    return figure


def plot_two_intervals(
    intervals: dict[str, Sequence[tuple[float, float, float]]],
    who: Sequence[str],
    colors: Sequence[str] = (MODEL, TEXT),
    *,
    ax: Axes | None = None,
) -> Axes:
    """Two measured shares per name, one above the other, each with its 95% interval; the first name on top.

    intervals: {name: one (value, low, high) for each of `who`}.  who: the names of those compared, for the legend.
    """
    ax = ax or plt.subplots(figsize=(7, 0.6 + 0.5 * len(intervals)))[1]
    for k, (label, color, marker) in enumerate(zip(who, colors, "os")):
        for row, found in enumerate(intervals.values()):
            value, low, high = found[k]
            y = row + (k - 0.5) * 0.34
            ax.plot([low, high], [y, y], color=color, linewidth=5, alpha=0.35, solid_capstyle="round")
            ax.plot(value, y, marker, color=color, markersize=7, label=label if row == 0 else None)
            ax.annotate(
                f"{value:.0%}", (high, y), xytext=(9, 0), textcoords="offset points", va="center", fontsize=9
            )
    ax.set(yticks=range(len(intervals)), yticklabels=list(intervals), xlim=(0, 1.12))
    ax.set_ylim(len(intervals) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2)
    return ax


def plot_rows(
    rows: dict[str, Tensor], columns: Sequence[str] = (), *, most: int = 2, size: float = 0.64
) -> Figure:
    """Rows of pictures, each with its name, such as the values of one setting.

    rows: {name: (N, C, H, W) in [-1, 1]}, as many in each.  columns: a name for each column, or none.  most: shown of a row.
    """
    shown = torch.stack([pictures[:most] for pictures in rows.values()])
    return plot_image_table(shown, list(rows), list(columns) or [""] * shown.shape[1], size=size)


def plot_setting(
    values: Sequence[float],
    curves: dict[str, Sequence[tuple[float, float, float]]],
    *,
    setting: str,
    measure: str,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """`plot_sweep` over a setting whose values are spaced as 1, 2, 4, 8: a logarithmic axis with a tick at each value.

    values: (N,) above 0.  curves: as in `plot_sweep`.  setting, measure: names of the axes, with units.
    """
    ax = plot_sweep(values, curves, ax=ax or plt.subplots(figsize=(7, 3.1))[1])
    ax.set(xscale="log", xlabel=setting, ylabel=measure, title=title)
    ax.set_xticks(values, [f"{value:g}" for value in values])
    ax.minorticks_off()
    return ax


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
            line[0].set_ylabel(name.replace(" ", "\n"), rotation=0, ha="right", va="center", labelpad=8)
        seen.add(name)
    return figure


def plot_spread(values: dict[str, Tensor], colors: Sequence[str], *, xlabel: str) -> Figure:
    """How numbers are spread: one small histogram per name on one axis, with its mean marked and written.

    values: {name: (N,) numbers}.  colors: one each.
    """
    figure, axes = plt.subplots(
        len(values), 1, figsize=(6.5, 0.95 * len(values) + 0.5), sharex=True, squeeze=False
    )
    low, high = (float(f(torch.stack([f(v) for v in values.values()]))) for f in (torch.min, torch.max))
    for ax, (name, found), color in zip(axes[:, 0], values.items(), colors, strict=True):
        ax.hist(found.numpy(), bins=np.linspace(low, high, 41), color=color, alpha=0.75)
        ax.axvline(found.mean().item(), color=INK, linewidth=1.5)
        ax.text(0.99, 0.7, f"mean {found.mean():.2f}", transform=ax.transAxes, ha="right", fontsize=9)
        ax.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
        ax.set_yticks([])
        ax.grid(False)
    axes[-1, 0].set_xlabel(xlabel)
    return figure


def plot_chain(chain, *, size: float = 0.95) -> Figure:
    """Paint, score, filter, train, test: a column per stage, from left to right, with pictures and what was found.

    chain: a `course_lib.chain.Chain`, or anything with its fields.
    """
    columns = _chain_columns(chain)
    figure = plt.figure(figsize=((2 * size + 0.6) * len(columns), 2 * size + 1.5), layout="none")
    places = figure.add_gridspec(1, len(columns), left=0, right=1, bottom=0.24, top=0.80, wspace=0.3)
    arrow = dict(arrowstyle="-|>", color=INK, linewidth=1.5, shrinkA=0, shrinkB=0)
    behind = figure.add_axes((0, 0, 1, 1))  # for the arrows, in parts of the figure
    behind.axis("off")
    for k, (name, pictures, notes, found, color) in enumerate(columns):
        box = places[k].get_position(figure)
        middle = (box.x0 + box.x1) / 2
        figure.text(middle, 1, name, color=color, ha="center", va="top", fontsize=13, fontweight="bold")
        figure.text(middle, 0.17, found, color=INK, ha="center", va="top", fontsize=10.5, linespacing=1.5)
        if k:
            before = places[k - 1].get_position(figure).x1
            behind.annotate("", (box.x0 - 0.008, 0.52), (before + 0.008, 0.52), arrowprops=arrow)
        if not len(pictures):
            style = dict(boxstyle="round,pad=0.7", facecolor="white", edgecolor=color, linewidth=1.4)
            figure.text(middle, 0.52, notes[0], ha="center", va="center", fontsize=10.5, bbox=style)
        grid = places[k].subgridspec(2, 2, wspace=0.08, hspace=0.36)
        for i, (picture, note) in enumerate(zip(pictures[:4], notes)):
            ax = plot_image(picture, title=note, ax=figure.add_subplot(grid[i // 2, i % 2]))
            ax.title.set_fontsize(7.4)
    return figure


def _chain_columns(chain) -> list[tuple]:
    """(name, up to 4 pictures, a note for each, what was found, color) of each stage."""
    order = chain.scores.argsort(descending=True).tolist()
    ends = order[:2] + order[-2:]
    spread = torch.linspace(0, len(chain.images) - 1, 4).long()
    learned = chain.kept.nonzero()[:, 0]
    learned = learned[torch.linspace(0, len(learned) - 1, 4).long()]
    right = chain.answers == chain.test_labels
    hits = right.nonzero()[:, 0]
    spread_hits = hits[torch.linspace(0, len(hits) - 1, 4).long()] if len(hits) else hits
    tested = torch.cat([(~right).nonzero()[:2, 0], spread_hits])[:4]  # mistakes first
    name = lambda labels: [chain.classes[label] for label in labels]
    inputs, outputs = chain.probe.in_features, chain.probe.out_features
    span = lambda share: f"{share.value:.0%}  ({share.low:.0%} to {share.high:.0%})"
    return [
        ("paint", chain.images[spread], name(chain.labels[spread]), f"{len(chain.images)} pictures\n{len(chain.classes)} classes", GUIDANCE),
        ("score", chain.images[ends], [f"{chain.scores[i]:.2f}" for i in ends], f"the judge agrees\n{span(chain.agreement)}", TEXT),
        ("filter", chain.images[learned], name(chain.labels[learned]), f"{int(chain.kept.sum())} kept\n{int((~chain.kept).sum())} left out", TEXT),
        ("train", (), [f"frozen ResNet\n↓\n{inputs} features\n↓\n{outputs} outputs"], f"linear probe\n{inputs * outputs + outputs:,} weights learned", MODEL),
        ("test", chain.test_images[tested], [f"{'✓' if right[i] else '✗'} {chain.classes[chain.answers[i]]}" for i in tested], f"right on {len(right)} new ones\n{span(chain.tested)}", DATA),
    ]  # fmt: skip


def plot_bars(
    values: dict[str, float], color: str = "", *, form: str = ".2f", ax: Axes | None = None
) -> Axes:
    """One bar per name with its value beside it.  values: {name: number}, 0 or more.

    color: of all bars; none: the highest one stands out.  form: how the value is written, as in an f-string.
    """
    ax = ax or plt.subplots(figsize=(5, 0.4 * len(values)))[1]
    best = max(values, key=values.get)
    colors = [color or (TEXT if name == best else "#C9CCD3") for name in values]
    ax.barh(list(values), list(values.values()), color=colors, height=0.62)
    for i, value in enumerate(values.values()):
        ax.annotate(format(value, form), (value, i), xytext=(6, 0), textcoords="offset points", va="center")
    ax.set(xlim=(0, values[best] * 1.22 or 1), xticks=[], ylim=(len(values) - 0.4, -0.6))
    ax.grid(False)
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(length=0)
    return ax


def plot_strips(
    groups: dict[str, Sequence[float]], colors: Sequence[str] | str = MODEL, *, ax: Axes | None = None
) -> Axes:
    """One row of dots per name, the first on top, with a line at their mean and its value at the right.

    groups: {name: any number of values}.  colors: one for all, or one each.  Dots are spread upwards and downwards only so
    that they can be seen.
    """
    ax = ax or plt.subplots(figsize=(7.5, 0.6 + 0.5 * len(groups)))[1]
    colors = [colors] * len(groups) if isinstance(colors, str) else colors
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
    ax.set(yticks=range(len(groups)), yticklabels=list(groups), ylim=(len(groups) - 0.4, -0.6))
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    return ax
