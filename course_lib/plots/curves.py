"""Curves: over training steps, time steps, or the values of a setting."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_lib.checks import (
    check_as_many,
    check_count,
    check_is,
    check_named,
    check_numbers,
    check_text,
    takes,
)
from course_lib.plots.bars import check_interval
from course_lib.plots.colors import DATA, GUIDANCE, INK, MODEL, NOISE, TEXT
from course_lib.plots.pictures import plot_image
from course_lib.plots.style import as_typed


@takes(losses=check_numbers, ylabel=check_text)
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


@takes(values=(check_named, check_numbers, False), ylabel=check_text)
def plot_steps(
    values: dict[str, Sequence[float]], *, ylabel: str, log: bool = False, ax: Axes | None = None
) -> Axes:
    """Curves over the time step t, one per name, each named at its end.  values: {name: (T,) numbers}."""
    ax = ax or plt.subplots()[1]
    for name, curve in values.items():
        ax.plot(np.arange(len(curve)) / max(1, len(curve) - 1) * 999, curve, label=as_typed(name))
    ax.set(xlabel="time step t  (0: picture, 999: noise)", ylabel=ylabel, yscale="log" if log else "linear")
    ax.legend()
    return ax


@takes(x0="C H W", eps="C H W", alpha_bar="T", t=(check_count, 0))
def plot_noisy_picture(x0: Tensor, eps: Tensor, alpha_bar: Tensor, t: int, schedule: str = "") -> Figure:
    """A picture at step t, beside the share of signal and noise at every step.  x0, eps: (1, H, W).  alpha_bar: (T,)."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.6), width_ratios=[1, 2.4])
    signal = alpha_bar**0.5
    plot_image(signal[t] * x0 + (1 - alpha_bar[t]) ** 0.5 * eps, title=f"t = {t}", ax=left)
    right.plot(signal, color=DATA, label="factor of the picture")
    right.plot((1 - alpha_bar) ** 0.5, color=NOISE, label="factor of the noise")
    right.axvline(t, color=INK, linewidth=1, linestyle=(0, (3, 3)))
    right.set(xlabel="time step t  (0: picture)", title=f"{as_typed(schedule)} schedule", ylim=(0, 1.05))
    right.legend(loc="center right")
    return figure


def _check_curve(curve, name: str) -> None:
    check_is(curve, name, (list, tuple), "a pair (calls, values)")
    check_as_many(len(curve), 2, f"parts of {name}", "of a pair (calls, values)")
    for part in curve:
        check_numbers(part, f"each part of {name}", False)
    check_as_many(len(curve[1]), len(curve[0]), f"values of {name}", "numbers of calls")


def _check_floor(floor, name: str) -> None:
    check_numbers(floor, name)
    check_as_many(len(floor), 2, f"numbers in {name}", "ends, lowest and highest")


@takes(curves=(check_named, _check_curve), floor=_check_floor, ylabel=check_text)
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
        ax.plot(calls, values, color=color, marker=marker, label=as_typed(name), **style.get(name, {}))
    ax.axhspan(*floor, color=DATA, alpha=0.12, linewidth=0, zorder=0, label="real digits")
    ax.set(xlabel="network calls per picture", ylabel=ylabel, xscale="log")
    ax.legend()
    return ax


def _check_intervals(intervals, name: str) -> None:
    check_is(intervals, name, (list, tuple), "a list of intervals")
    for interval in intervals:
        check_interval(interval, f"each of {name}")


@takes(x=check_numbers, curves=(check_named, _check_intervals))
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
    for name, found in curves.items():
        check_as_many(len(found), len(x), f"intervals of {name!r}", "values of the setting")
    ax = ax or plt.subplots()[1]
    for (name, found), color, marker in zip(curves.items(), (MODEL, DATA, TEXT, GUIDANCE, NOISE), "osD^v"):
        value, low, high = np.array(found).T
        ax.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)
        ax.plot(x, value, color=color, marker=marker, label=as_typed(name))
    if form == "%":
        ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.legend()
    return ax


@takes(values=check_numbers, curves=(check_named, _check_intervals), setting=check_text, measure=check_text)
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
    ax.set(xscale="log", xlabel=setting, ylabel=measure, title=as_typed(title))
    ax.set_xticks(values, [f"{value:g}" for value in values])
    ax.minorticks_off()
    return ax
