"""One line per name: bars, dots and intervals."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter
from torch import Tensor

from course_lib.checks import (
    check_as_many,
    check_is,
    check_named,
    check_number,
    check_numbers,
    check_texts,
    takes,
)
from course_lib.plots.colors import MODEL, TEXT
from course_lib.plots.style import as_typed


def check_interval(interval, name: str) -> None:
    """(value, low, high), as `mean_interval` gives it.  Raises ValueError for others."""
    check_numbers(interval, name, False)
    check_as_many(len(interval), 3, f"numbers in {name}", "places: value, low, high")


def check_colors(colors, name: str) -> None:
    """One colour, or a list of them.  Raises ValueError for others."""
    check_is(colors, name, (str, list, tuple), "a colour, such as plots.MODEL, or a list of them")


@takes(values=(check_named, check_number))
def plot_bars(
    values: dict[str, float], color: str = "", *, form: str = ".2f", ax: Axes | None = None
) -> Axes:
    """One bar per name with its value beside it.  values: {name: number}, 0 or more.

    color: of all bars; none: the highest one stands out.  form: how the value is written, as in an f-string.
    """
    ax = ax or plt.subplots(figsize=(5, 0.4 * len(values)))[1]
    best = max(values, key=values.get)
    colors = [color or (TEXT if name == best else "#C9CCD3") for name in values]
    ax.barh([as_typed(name) for name in values], list(values.values()), color=colors, height=0.62)
    for i, value in enumerate(values.values()):
        ax.annotate(format(value, form), (value, i), xytext=(6, 0), textcoords="offset points", va="center")
    ax.set(xlim=(0, values[best] * 1.22 or 1), xticks=[], ylim=(len(values) - 0.4, -0.6))
    ax.grid(False)
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(length=0)
    return ax


@takes(p="M", labels=check_texts)
def plot_probabilities(p: Tensor, labels: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """One bar per label with its percentage; the most probable one stands out.  p: (M,), sums to 1."""
    check_as_many(len(labels), len(p), "labels", "probabilities")
    ax = ax or plt.subplots(figsize=(5, 0.4 * len(labels)))[1]
    best = int(p.argmax())
    colors = [TEXT if i == best else "#C9CCD3" for i in range(len(labels))]
    ax.barh(range(len(labels)), p.tolist(), color=colors, height=0.62)  # by place: two labels may be the same
    ax.set_yticks(range(len(labels)), [as_typed(label) for label in labels])
    for i, share in enumerate(p.tolist()):
        ax.annotate(f"{share:.0%}", (share, i), xytext=(6, 0), textcoords="offset points", va="center")
    ax.invert_yaxis()
    ax.set(xlim=(0, 1.12), xticks=[])
    ax.grid(False)
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(length=0)
    return ax


@takes(names=check_texts, values=check_numbers, colors=check_texts)
def plot_ranking(
    names: Sequence[str], values: Sequence[float], colors: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """One dot per name on a logarithmic axis, with its value beside it; the first name stands lowest."""
    (
        check_as_many(len(values), len(names), "values", "names"),
        check_as_many(len(colors), len(names), "colors", "names"),
    )
    ax = ax or plt.subplots(figsize=(7, 0.5 + 0.55 * len(names)))[1]
    for name, value, color in zip(map(as_typed, names), values, colors, strict=True):
        ax.plot(value, name, "o", color=color, markersize=11)
        ax.annotate(f"{value:.1f}", (value, name), xytext=(12, 0), textcoords="offset points", va="center")
    ax.set(xscale="log", xlim=(min(values) / 2, max(values) * 3))
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(y=0.3)
    return ax


@takes(intervals=(check_named, check_interval), colors=check_colors)
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
    check_as_many(len(colors), len(intervals), "colors", "names")
    for (name, (value, low, high)), color in zip(intervals.items(), colors, strict=True):
        name = as_typed(name)
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
    ax.margins(x=0.12)
    ax.set_ylim(len(intervals) - 0.45, -0.55)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    return ax


def _check_intervals(intervals, name: str) -> None:
    check_is(intervals, name, (list, tuple), "a list of intervals, one for each who is compared")
    for interval in intervals:
        if interval is not None:
            check_interval(interval, f"each of {name}")


@takes(intervals=(check_named, _check_intervals), who=check_texts)
def plot_two_intervals(
    intervals: dict[str, Sequence[tuple[float, float, float] | None]],
    who: Sequence[str],
    colors: Sequence[str] = (MODEL, TEXT),
    *,
    none: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Two measured shares per name, one above the other, each with its 95% interval; the first name on top.

    intervals: {name: one (value, low, high) for each of `who`, or None}.  who: the names of those compared, for the
    legend.  none: what is written where there is no value.
    """
    for name, found in intervals.items():
        check_as_many(len(found), len(who), f"intervals of {name!r}", "names in `who`")
    ax = ax or plt.subplots(figsize=(7, 0.6 + 0.5 * len(intervals)))[1]
    for k, (label, color, marker) in enumerate(zip(who, colors, "os")):
        ax.plot([], [], marker, color=color, markersize=7, label=as_typed(label))
        for row, found in enumerate(intervals.values()):
            y = row + (k - 0.5) * 0.34
            if found[k] is None:
                ax.text(0.01, y, none, color=color, va="center", fontsize=9)
                continue
            value, low, high = found[k]
            ax.plot([low, high], [y, y], color=color, linewidth=5, alpha=0.35, solid_capstyle="round")
            ax.plot(value, y, marker, color=color, markersize=7)
            ax.annotate(
                f"{value:.0%}", (high, y), xytext=(9, 0), textcoords="offset points", va="center", fontsize=9
            )
    ax.set(yticks=range(len(intervals)), yticklabels=[as_typed(name) for name in intervals], xlim=(0, 1.12))
    ax.set_ylim(len(intervals) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2)
    return ax
