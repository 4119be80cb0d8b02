"""Diagrams, drawn by code: the U-Net, the map of the course, the chain of day 11."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from course_lib.checks import check_as_many, check_is, check_numbers, takes
from course_lib.plots.colors import DATA, GUIDANCE, INK, MODEL, TEXT
from course_lib.plots.pictures import plot_image


@takes(sizes=check_numbers, channels=check_numbers)
def plot_unet(sizes: Sequence[int], channels: Sequence[int]) -> Figure:
    """The U of a U-Net as a diagram: one box per level down and up, skips across, attention at the bottom.

    sizes: pixels per side at each level, the largest first.  channels: at each level.
    """
    check_as_many(len(channels), len(sizes), "channels", "sizes")
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


def _check_lines(lines, name: str) -> None:
    check_is(
        lines, name, (list, tuple), f"what {'lessons' if name == 'lessons' else 'progress_table'}() gives"
    )
    if name == "lessons" and not lines:
        raise ValueError("There are no lessons to draw: give what lessons() gives.")
    for line in lines:
        check_is(line, f"each of {name}", dict, "a dict with the day")


@takes(lessons=_check_lines, progress=_check_lines)
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


@takes(chain=(check_is, "scores", "a Chain, as run_chain() gives"))
def plot_chain(chain, *, size: float = 0.95) -> Figure:
    """Paint, score, filter, train, test: a column per stage, from left to right, with pictures and what was found.

    chain: a `course_lib.learning.chain.Chain`, or anything with its fields.
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
        ("test", chain.test_images[tested], ["✓" if right[i] else f"✗ {chain.classes[chain.answers[i]].split()[-1]}" for i in tested], f"right on {len(right)} new ones\n{span(chain.tested)}", DATA),
    ]  # fmt: skip
