"""Day 09: what a classifier is given, what it says, how often it is right, and where it looks."""

import os
from collections.abc import Iterator

import torch

from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.exercises.comparing import same, what
from course_lib.exercises.sandbox import Stumble, call
from course_lib.measuring.classify import accuracy_by_group, normalise, top_k
from course_lib.measuring.saliency import grad_cam

NAMES = ("fox", "dog", "cat", "owl", "hawk", "duck", "frog")


def _pictures(g, draw):
    # Uneven sizes, means and spreads: whoever mixes up an axis or a channel is seen.
    images = torch.rand(3, 3, 5 + draw, 7, generator=g)
    return images, 0.2 + 0.5 * torch.rand(3, generator=g), 0.1 + 0.3 * torch.rand(3, generator=g)


def _column(x):
    return x.view(-1, 1, 1)


def _answers(g, draw):
    n = 24 + draw
    # Uneven groups with uneven luck, and numbers that leave gaps.
    groups = torch.tensor([0, 0, 0, 2, 2, 5] * 4 + [5] * draw)
    truth = torch.randint(0, 4, (n,), generator=g)
    logits = torch.randn(n, 4, generator=g)
    lucky = torch.rand(n, generator=g) < 0.25 + 0.12 * groups
    logits[lucky, truth[lucky]] += 6
    logits[:3] = torch.eye(4)[
        (truth[:3] + 1) % 4
    ]  # never all right, so that a share and its complement differ
    return logits, truth, groups


def _right(logits, truth):
    return (logits.argmax(dim=1) == truth).float()


def _groups(groups):
    return [groups == group for group in groups.unique()]


def _layer(g, draw):
    activations = torch.randn(3, 4, 3 + draw, 5, generator=g)
    gradients = torch.randn(3, 4, 3 + draw, 5, generator=g) + 0.7 * torch.randn(3, 4, 1, 1, generator=g)
    if draw == 3:  # a picture in which nothing speaks for the answer
        activations[1], gradients[1] = activations[1].abs(), -gradients[1].abs()
    return activations, gradients


def _heat(a, g, weights=lambda g: g.mean((2, 3), keepdim=True), *, after=torch.relu):
    return after((weights(g) * a).sum(1))


def _scaled(heat):
    return heat / heat.amax((1, 2), keepdim=True).clamp_min(1e-12)


def _check_top_k(function):
    generator = torch.Generator().manual_seed(int.from_bytes(os.urandom(4), "big"))
    for draw in range(4):
        logits, k = 1.5 * torch.randn(len(NAMES), generator=generator), (3, 1, 5, len(NAMES))[draw]
        given, names = logits.clone(), list(NAMES)
        _compare_top_k(call(function, given, names, k), logits, k)
        if not same(given, logits) or names != list(NAMES):
            raise Stumble("your function changes its inputs in place; make a new tensor or a new list.")


def _compare_top_k(got, logits, k):
    expected = top_k(logits, list(NAMES), k)
    rows = _as_pairs(got, k)
    names, shares = [name for name, _ in rows], torch.tensor([share for _, share in rows])
    right = torch.tensor([share for _, share in expected])
    order = torch.tensor([NAMES.index(name) for name in names])
    if names != [name for name, _ in expected]:
        if set(names) == {name for name, _ in expected}:
            raise Stumble(
                "these are the right names, but not in the right order: the most probable one comes first."
            )
        if names == list(NAMES[:k]):
            raise Stumble(
                "these are simply the first names of the list; topk also returns the places of the winners."
            )
        if names[0] == NAMES[int(logits.argmin())]:
            raise Stumble(
                "these are the least probable names; topk takes the largest numbers, argsort the smallest first."
            )
        raise Stumble(
            "the names do not belong to the highest logits: names[place], with the place from topk."
        )
    known = (
        (logits[order], "these are the logits; a softmax over all classes makes them probabilities."),
        (logits[order].softmax(0), "the softmax runs over the k winners alone, so they share out all of the 100%: take it over all classes, before topk."),
        (100 * right, "the probabilities are in percent; leave them between 0 and 1."),
        (logits.sigmoid()[order], "a sigmoid judges each class alone; here the classes compete: softmax."),
        (logits.softmax(0).log()[order], "these are logarithms; the probabilities themselves are asked for."),
        (logits.softmax(0)[:k], "the probabilities are not those of the names beside them: take them from topk as well."),
    )  # fmt: skip
    if torch.allclose(shares, right, rtol=1e-3, atol=1e-4):
        return
    for wrong, hint in known:
        if torch.allclose(shares, wrong, rtol=1e-3, atol=1e-4):
            raise Stumble(hint)
    raise Stumble(
        f"the names are right; the first probability is {shares[0]:.3f}, it should be {right[0]:.3f}."
    )


def _as_pairs(got, k):
    """What was handed in as a list of (name, number); raises Stumble where it is something else."""
    if got is None:
        raise Stumble("your function returns None; is the `return` missing?")
    if isinstance(got, tuple) and len(got) == 2 and not isinstance(got[0], str):
        raise Stumble(
            "two lists came back; one list of pairs is asked for. `zip(names, shares)` puts them together."
        )
    if isinstance(got, Iterator):
        raise Stumble(
            f"your function returns {what(got)}, which can be read only once: put it into list(...)."
        )
    try:
        rows = [tuple(row) if not isinstance(row, str) else (row,) for row in got]
    except TypeError:
        raise Stumble("a list of k pairs (name, probability) is asked for.") from None
    if len(rows) != k:
        raise Stumble(f"{len(rows)} entries came back for k = {k}; is k used?")
    if any(len(row) != 2 for row in rows):
        raise Stumble("each entry must be a pair: (name, probability).")
    if all(isinstance(row[1], str) for row in rows):
        raise Stumble("the pairs are turned round: the name first, then its probability.")
    if not all(row[0] in NAMES for row in rows if isinstance(row[0], str)) or not all(
        isinstance(row[0], str) for row in rows
    ):
        raise Stumble("the first of each pair must be a word of `names`, not a number: names[place].")
    try:
        return [(row[0], float(row[1])) for row in rows]
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise Stumble(
            f"the second of each pair must be a number, its probability; this is {what(rows[0][1])}."
        ) from None


EXERCISES = [
    Exercise(day="day09", reference=top_k, check=_check_top_k),
    Exercise(
        day="day09",
        reference=normalise,
        make_inputs=_pictures,
        mistakes=(
            Mistake(lambda x, m, s: x - _column(m), "the mean is taken off, but nothing is divided by std."),
            Mistake(lambda x, m, s: x / _column(s), "it is divided by std, but the mean is not taken off first."),
            Mistake(lambda x, m, s: (x - _column(m)) * _column(s), "divide by std; you multiply by it."),
            Mistake(lambda x, m, s: x - _column(m) / _column(s), "brackets: take the mean off first, then divide the whole by std."),
            Mistake(lambda x, m, s: x / _column(s) - _column(m), "the mean comes off first, and then it is divided."),
            Mistake(lambda x, m, s: (x - _column(s)) / _column(m), "mean and std are swapped."),
            Mistake(lambda x, m, s: (x - _column(m)) / _column(s) ** 2, "divide by std itself, not by its square."),
            Mistake(lambda x, m, s: (x - _column(m)) / _column(s).sqrt(), "std is a spread already, not a variance; no root is needed."),
            Mistake(lambda x, m, s: (x - m.mean()) / s.mean(), "each channel has a mean and a std of its own."),
            Mistake(lambda x, m, s: (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True), "these are the picture's own mean and std; the training's are handed to you."),
            Mistake(lambda x, m, s: (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True), "these are the batch's own mean and std; the training's are handed to you."),
            Mistake(lambda x, m, s: x * 2 - 1, "this is the range of diffusion models; use the given mean and std."),
            Mistake(lambda x, m, s: (x / 255 - _column(m)) / _column(s), "the pictures are in [0, 1] already; they need not be divided by 255."),
            Mistake(lambda x, m, s: ((x - _column(m)) / _column(s)).clamp(-1, 1), "do not cut anything off; the network expects numbers beyond 1, too."),
        ),
    ),
    Exercise(
        day="day09",
        reference=accuracy_by_group,
        make_inputs=_answers,
        mistakes=(
            Mistake(lambda x, y, g: _right(x, y).mean(), "this is one number for all pictures; each group has its own."),
            Mistake(lambda x, y, g: torch.stack([_right(x, y)[m].sum() for m in _groups(g)]), "these are counts; divide each by the number of pictures in its group."),
            Mistake(lambda x, y, g: torch.stack([_right(x, y)[m].sum() for m in _groups(g)]) / len(y), "each count is divided by all pictures; divide by those of its group."),
            Mistake(lambda x, y, g: torch.stack([_right(x, y)[m].sum() for m in _groups(g)]) / _right(x, y).sum(), "this shares out the right answers among the groups; ask how many of each group are right."),
            Mistake(lambda x, y, g: torch.stack([1 - _right(x, y)[m].mean() for m in _groups(g)]), "this is how often it is wrong."),
            Mistake(lambda x, y, g: torch.stack([_right(x, y)[y == c].mean() for c in y.unique()]), "this groups by the right class; group by `groups`."),
            Mistake(lambda x, y, g: torch.stack([x.softmax(1)[torch.arange(len(y)), y][m].mean() for m in _groups(g)]), "this is the mean probability of the right class; count how often it is the highest."),
            Mistake(lambda x, y, g: torch.stack([x.softmax(1).amax(1)[m].mean() for m in _groups(g)]), "this is how sure the network is, not how often it is right."),
            Mistake(lambda x, y, g: torch.stack([_right(x, y)[g == k].mean() for k in range(int(g.max()) + 1)]), "a group number may not occur: go through groups.unique()."),
            Mistake(lambda x, y, g: torch.stack([_right(x, y)[g == k].mean() for k in range(len(g.unique()))]), "the group numbers need not be 0, 1, 2 …: go through groups.unique()."),
            Mistake(lambda x, y, g: torch.stack([(x.argmin(1) == y).float()[m].mean() for m in _groups(g)]), "argmin finds the least probable class; argmax the most probable."),
        ),
    ),
    Exercise(
        day="day09",
        reference=grad_cam,
        make_inputs=_layer,
        mistakes=(
            Mistake(lambda a, g: _scaled(_heat(a, g, after=lambda h: h)), "the ReLU is missing: what speaks against the answer must become 0."),
            Mistake(lambda a, g: _scaled(_heat(a, g, after=torch.abs)), "abs lights up what speaks against the answer, too; the ReLU makes it 0."),
            Mistake(lambda a, g: _scaled((g.mean((2, 3), keepdim=True) * a).relu().sum(1)), "the ReLU comes after the sum over the channels, so that channels can speak for and against."),
            Mistake(lambda a, g: _heat(a, g) / _heat(a, g).amax((1, 2), keepdim=True), "one map is 0 everywhere, and 0 / 0 is NaN: .clamp_min(1e-12) on the highest value keeps it at 0."),
            Mistake(lambda a, g: _heat(a, g), "the map is not scaled: divide each by its highest value."),
            Mistake(lambda a, g: _heat(a, g) / _heat(a, g).amax().clamp_min(1e-12), "all maps are divided by one number; each picture has its own highest value: amax(dim=(1, 2), keepdim=True)."),
            Mistake(lambda a, g: _scaled(_heat(a, g, lambda g: g)), "each place keeps its own gradient; a channel's weight is the mean of its gradient over all places."),
            Mistake(lambda a, g: _scaled(_heat(g, a)), "activations and gradients are swapped: the gradients give the weights."),
            Mistake(lambda a, g: _scaled(_heat(a, g, lambda g: g.mean((2, 3), keepdim=True).relu())), "a weight may be negative: such a channel speaks against the answer. The ReLU comes at the end."),
            Mistake(lambda a, g: _scaled(_heat(a, g, lambda g: g.relu().mean((2, 3), keepdim=True))), "a gradient may be negative: such a channel speaks against the answer. The ReLU comes at the end."),
            Mistake(lambda a, g: _scaled(_heat(a, g, lambda g: g.abs().mean((2, 3), keepdim=True))), "the sign of the gradient counts: it says whether a channel speaks for or against."),
            Mistake(lambda a, g: _scaled(_heat(a, g, lambda g: g.mean((0, 2, 3), keepdim=True))), "these weights are a mean over the batch; each picture has its own: dim=(2, 3)."),
            Mistake(lambda a, g: _scaled(a.sum(1).relu()), "the gradients are not used: they say how much each channel matters for the answer."),
            Mistake(lambda a, g: _scaled(g.sum(1).relu()), "the activations are not used: multiply them by the weights."),
            Mistake(lambda a, g: _heat(a, g).flatten(1).softmax(1).view(len(a), *a.shape[2:]), "no softmax: divide each map by its highest value."),
            Mistake(lambda a, g: _heat(a, g) / _heat(a, g).sum((1, 2), keepdim=True).clamp_min(1e-12), "divide by the highest value, amax, not by the sum."),
            Mistake(lambda a, g: g.mean((2, 3), keepdim=True) * a, "the channels are still apart: sum over dim=1."),
        ),
    ),
]  # fmt: skip
