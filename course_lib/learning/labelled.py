"""Labelled pictures in memory: equal draws from every class, and what a classifier must be able to rely on."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks import check_count, check_generator, check_tensors, takes


@takes(labels="int N", n=check_count, generator=check_generator)
def draw_per_class(labels: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Draw n pictures of each class at random, none of them twice: an equal budget for every class.

    labels: (N,) int64.  generator: on the CPU; the same state draws the same pictures.
    Returns (n * classes,) int64, the row numbers of the chosen pictures, class by class.
    Raises ValueError where a class has fewer than n pictures.
    """
    chosen = []
    for label in labels.unique():
        members = (labels == label).nonzero()[:, 0]  # the rows of this class
        if len(members) < n:
            raise ValueError(f"Class {label} has {len(members)} pictures, but {n} were asked for.")
        chosen.append(members[torch.randperm(len(members), generator=generator)[:n]])
    return torch.cat(chosen)


@takes(images="N 3 H W", size=check_count)
@takes(images="N 3 H W", size=check_count)
def thumbnails(images: Tensor, size: int = 16) -> Tensor:
    """Each picture as few numbers, its mean colour taken off: a cosine of them says how far two pictures go together.

    A near copy, a little darker or noisier, has a cosine of nearly 1; another picture of the same thing has not.
    images: (N, 3, H, W).  Returns (N, 3 * size * size).  Raises ValueError for bad arguments.
    """
    small = F.adaptive_avg_pool2d(images, size)
    return (small - small.mean(dim=(2, 3), keepdim=True)).flatten(1)


def check_labels(labels: Tensor, n: int, n_classes: int | None = None, *, at_least: int = 2) -> int:
    """Returns the number of classes.  Raises ValueError unless labels are n whole numbers that fit a head of n_classes.

    n_classes: the head's outputs; None: the highest label decides.  at_least: how many different classes there must be.
    """
    check_tensors("int ...", labels=labels)
    if labels.shape != (n,):
        raise ValueError(
            f"{n} pictures need labels of shape ({n},), whole numbers, but these are {tuple(labels.shape)} of {labels.dtype}."
        )
    shown = labels.unique().tolist()
    if len(shown) < at_least:
        raise ValueError(
            f"Only {len(shown)} class is among the labels ({shown}): a classifier needs two or more; add the other's pictures."
        )
    n_classes = n_classes or shown[-1] + 1
    if shown[0] < 0 or shown[-1] >= n_classes:
        raise ValueError(
            f"The labels run from {shown[0]} to {shown[-1]}, but the head has {n_classes} outputs, for 0 to {n_classes - 1}: "
            f"correct the labels, or give it others with replace_head(model, {shown[-1] + 1})."
        )
    return n_classes
