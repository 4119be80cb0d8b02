"""Day 10: going on after an interruption, filtering by a score, diversity, twins and leaks."""

import math
import random

import torch

from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.exercises.comparing import what
from course_lib.exercises.sandbox import Stumble, call
from course_lib.learning.curation import diversity, keep_best, leaks, near_duplicates
from course_lib.learning.synthetic import missing_pictures
from course_lib.words.clip import cosine_similarity_matrix

CLASSES = ("cat", "red fox", "owl", "frog")


def _name(label, index):
    return f"{label}/{index:05}.png"


def _wanted(labels, n):
    return [_name(label, index) for label in labels for index in range(n)]


def _counted(labels, n, there, *, own=True):
    """Who goes on counting from the number of pictures that are there."""
    count = lambda label: sum(name.startswith(f"{label}/") for name in there) if own else len(there)
    return [_name(label, index) for label in labels for index in range(count(label), n)]


MISSING = (
    Mistake(lambda c, n, t: _wanted(c, n), "these are all pictures; leave out those that are there already."),
    Mistake(lambda c, n, t: [x for x in _wanted(c, n) if x in t], "these are the pictures that are there; the others are asked for."),
    Mistake(lambda c, n, t: _counted(c, n, t), "this goes on from the number of files that are there, but one may be missing in the middle: ask for each name whether it is there."),
    Mistake(lambda c, n, t: _counted(c, n, t, own=False), "this counts the files of all classes together, and one may be missing in the middle: ask for each name whether it is there."),
    Mistake(lambda c, n, t: [_name(x, i) for x in c for i in range(1, n + 1) if _name(x, i) not in t], "the pictures are numbered from 0: range(n_per_class)."),
    Mistake(lambda c, n, t: [f"{x}/{i}.png" for x in c for i in range(n) if f"{x}/{i}.png" not in t], "the number has five digits, with zeros in front: f\"{index:05}\"."),
    Mistake(lambda c, n, t: [f"{i:05}.png" for x in c for i in range(n) if _name(x, i) not in t], "the class belongs to the name: f\"{label}/{index:05}.png\"."),
    Mistake(lambda c, n, t: [i for x in c for i in range(n) if _name(x, i) not in t], "these are numbers; the names of the files are asked for, such as f\"{label}/{index:05}.png\"."),
    Mistake(lambda c, n, t: [(x, i) for x in c for i in range(n) if _name(x, i) not in t], "these are pairs; the names of the files are asked for, such as f\"{label}/{index:05}.png\"."),
    Mistake(lambda c, n, t: [_name(x, i) for x in c[:1] for i in range(n) if _name(x, i) not in t], "only the first class is there; is the return inside the loop?"),
)  # fmt: skip


def _check_missing(function) -> None:
    for _ in range(4):
        n, labels = random.randint(5, 8), random.sample(CLASSES, 3)
        gap, kept = random.randint(0, 2), random.randint(3, 4)
        there = {_name(labels[0], i) for i in range(kept) if i != gap}  # broke off, and one was deleted
        there |= {_name(labels[1], i) for i in range(n)} | {
            _name(labels[1], n + 3)
        }  # one more than asked for
        expected, given = missing_pictures(labels, n, there), set(there)
        got = call(function, list(labels), n, given)
        if got is None:
            raise Stumble("your function returns None; is the `return` missing?")
        if isinstance(got, set | tuple):
            got, kind = list(got), type(got).__name__
            if sorted(map(str, got)) == sorted(expected):
                raise Stumble(f"the names are right, but in a {kind}; return a list, in order.")
        if not isinstance(got, list):
            raise Stumble(f"your function returns {what(got)}; a list of names is expected.")
        if got != expected:
            raise Stumble(_why_not(got, expected, labels, n, there))
        if given != there:
            raise Stumble("your function changes `there`; build a new list.")


def _why_not(got, expected, labels, n, there) -> str:
    known = (m.hint for m in MISSING if m.wrong(labels, n, there) == got)
    hint = next(known, "")
    if hint:
        return hint
    if len(got) != len(set(map(str, got))):
        return "some names are in the list twice."
    if sorted(map(str, got)) == sorted(expected):
        return "the names are right, but their order is not: class by class, and by number."
    lost, extra = [x for x in expected if x not in got], [x for x in got if x not in expected]
    if lost and not any(str(name).endswith(".png") for name in got):
        return f"your names lack .png, as in {expected[0]!r}."
    return f"{lost[0]!r} is missing in your list." if lost else f"{extra[0]!r} does not belong in the list."


def _groups(g, draw):
    """Uneven groups at different levels of score; no n * share ends in .5."""
    sizes, share = (((7, 5, 4), 0.85), ((8, 6, 5), 0.35), ((7, 5, 4), 0.85), ((8, 6, 5), 0.65))[draw]
    groups = torch.cat([torch.full((n,), k) for k, n in enumerate(sizes)])
    groups = groups[torch.randperm(len(groups), generator=g)]
    return torch.rand(len(groups), generator=g) + 0.6 * groups, groups, share


def _by_group(scores, groups, share, count=round, best=True):
    kept = torch.zeros(len(scores), dtype=torch.bool)
    for k in groups.unique():
        members = (groups == k).nonzero()[:, 0]
        kept[members[scores[members].topk(count(len(members) * share), largest=best).indices]] = True
    return kept


def _counted_inside(scores, groups, share):
    """Who takes the places that topk finds inside a group for places among all pictures."""
    kept = torch.zeros(len(scores), dtype=torch.bool)
    for k in groups.unique():
        inside = scores[groups == k]
        kept[inside.topk(round(len(inside) * share)).indices] = True
    return kept


def _of_all(scores, share):
    return _by_group(scores, torch.zeros(len(scores)), share)


def _features(g, n, d=24):
    """Rows of uneven length, so that whoever forgets to normalise is seen."""
    return torch.randn(n, d, generator=g) * (0.5 + 3 * torch.rand(n, 1, generator=g))


def _copies(g, rows):
    """Nearly the same directions, at other lengths."""
    lengths = 0.3 + 2 * torch.rand(len(rows), 1, generator=g)
    return lengths * (rows + 0.01 * torch.randn(rows.shape, generator=g))


def _one_set(g, draw):
    return (_features(g, 5 + draw, 6),)


def _with_twins(g, draw):
    rows = _features(g, 8)
    rows = torch.cat([rows, _copies(g, rows[[1, 4]]), _copies(g, rows[[1]]), -rows[[2]]])
    rows = rows[torch.randperm(len(rows), generator=g)]
    return rows, (0.95, 0.9, -0.2, 0.8)[draw]  # a threshold below 0 too: day 10 asks for all pairs with -1


def _two_sets(g, draw):
    train, test = _features(g, 13), _features(g, 5 + draw)
    test = torch.cat([test, _copies(g, train[[0, 3]]), _copies(g, test[[1]]), -train[[5]]])
    return train, test[torch.randperm(len(test), generator=g)], (0.95, 0.9, 0.98, 0.8)[draw]


def _pairs(mask):
    return mask.nonzero()


def _cos(a, b=None):
    return cosine_similarity_matrix(a, a if b is None else b)


EXERCISES = [
    Exercise(day="day10", reference=missing_pictures, check=_check_missing),
    Exercise(
        day="day10",
        reference=keep_best,
        make_inputs=_groups,
        mistakes=(
            Mistake(lambda s, g, p: _of_all(s, p), "these are the best of all pictures together, so one group loses more than another; choose inside each group."),
            Mistake(lambda s, g, p: _by_group(s, g, p, best=False), "these are the worst of each group; higher is better."),
            Mistake(lambda s, g, p: ~_by_group(s, g, p), "true and false are swapped: true means keep."),
            Mistake(lambda s, g, p: _by_group(s, g, 1 - p), "share is the part to keep, not the part to throw away."),
            Mistake(lambda s, g, p: _by_group(s, g, p, int), "int() cuts off: 0.85 of 7 is 5.95, and that rounds to 6; use round()."),
            Mistake(lambda s, g, p: _by_group(s, g, p, math.ceil), "this always rounds up; use round()."),
            Mistake(_counted_inside, "topk counts inside the group: which pictures these are stands in the list of the group's members, members[best]."),
            Mistake(lambda s, g, p: torch.zeros_like(g, dtype=torch.bool), "nothing is kept. kept[members] is a copy, so writing into it is lost: write kept[members[best]] = True."),
            Mistake(lambda s, g, p: s >= p, "share is a part of the pictures, not a score to compare with."),
            Mistake(lambda s, g, p: s >= torch.stack([s[g == k].mean() for k in g]), "this keeps what is above the mean of its group; how many are kept must follow from the share."),
            Mistake(lambda s, g, p: _by_group(s, g, p).nonzero()[:, 0], "these are the positions of the pictures to keep; return one true or false for each picture."),
            Mistake(lambda s, g, p: s[_by_group(s, g, p)], "these are the scores that are left; return one true or false for each picture."),
        ),
    ),
    Exercise(
        day="day10",
        reference=diversity,
        make_inputs=_one_set,
        mistakes=(
            Mistake(lambda f: 1 - _cos(f).mean(), "each picture is compared with itself too: leave the diagonal out, and divide by the number of pairs that are left."),
            Mistake(lambda f: 1 - (_cos(f).sum() - len(f)) / len(f) ** 2, "the diagonal is out of the sum, but not out of the number that divides it: n * (n - 1) pairs are left."),
            Mistake(lambda f: 1 - _cos(f).fill_diagonal_(0).mean(), "the diagonal is 0 now, but still counted: n * (n - 1) numbers are left."),
            Mistake(lambda f: (_cos(f).sum() - len(f)) / (len(f) * (len(f) - 1)), "this is how alike the pictures are; the difference, 1 - cosine, is asked for."),
            Mistake(lambda f: 1 - (f @ f.T - torch.diag((f @ f.T).diag())).sum() / (len(f) * (len(f) - 1)), "the rows are not normalised; use cosine_similarity_matrix."),
            Mistake(lambda f: torch.pdist(f).mean(), "this is the distance between points; the angle counts here: 1 - cosine."),
            Mistake(lambda f: 1 - 2 * (_cos(f).sum() - len(f)) / (len(f) * (len(f) - 1)), "the table holds each pair twice: above and below the diagonal. Divide the sum by n * (n - 1)."),
            Mistake(lambda f: 1 - _cos(f).triu(1).sum() / (len(f) * (len(f) - 1)), "above the diagonal there are only n * (n - 1) / 2 pairs."),
            Mistake(lambda f: 1 - _cos(f).triu(1).mean(), "the zeros below the diagonal are counted too: divide the sum by the number of pairs, n * (n - 1) / 2."),
            Mistake(lambda f: 1 - (_cos(f).sum() - len(f)), "this is a sum; divide it by the number of pairs."),
            Mistake(lambda f: 1 - (_cos(f).sum(1) - 1) / (len(f) - 1), "this is one number for each picture; take the mean over all of them."),
        ),
    ),
    Exercise(
        day="day10",
        reference=near_duplicates,
        make_inputs=_with_twins,
        mistakes=(
            Mistake(lambda f, t: _pairs(_cos(f) >= t), "each picture is its own twin here, and each pair comes twice; keep what lies above the diagonal: .triu(diagonal=1)."),
            Mistake(lambda f, t: _pairs((_cos(f) >= t).triu()), "each picture is its own twin here: .triu() keeps the diagonal; start one further, diagonal=1."),
            Mistake(lambda f, t: _pairs((_cos(f) >= t) & ~torch.eye(len(f), dtype=torch.bool)), "each pair comes twice, (i, j) and (j, i); keep what lies above the diagonal: .triu(diagonal=1)."),
            Mistake(lambda f, t: _pairs(_cos(f).triu(1) >= t), "compare first, then .triu(diagonal=1): here it leaves zeros below the diagonal, and 0 >= -1 is true."),
            Mistake(lambda f, t: _pairs((_cos(f) >= t).tril(-1)), "these lie below the diagonal, so the larger index comes first; take .triu(diagonal=1)."),
            Mistake(lambda f, t: _pairs((f @ f.T >= t).triu(1)), "the rows are not normalised: use cosine_similarity_matrix."),
            Mistake(lambda f, t: _pairs((_cos(f) <= t).triu(1)), "these are the pairs that differ; the others are asked for."),
            Mistake(lambda f, t: _pairs((_cos(f).abs() >= t).triu(1)), "a cosine near -1 is no likeness; do not take abs()."),
            Mistake(lambda f, t: _pairs((1 - _cos(f) >= t).triu(1)), "1 - cosine is how different they are; compare the cosine itself."),
            Mistake(lambda f, t: _pairs((torch.cdist(f, f) <= 1 - t).triu(1)), "this is a distance between points; compare the cosine."),
            Mistake(lambda f, t: (_cos(f) >= t).triu(1), "this is the table of yes and no; .nonzero() turns it into a list of pairs."),
            Mistake(lambda f, t: (_cos(f) >= t).triu(1).any(dim=1), "this says which pictures have a twin; the pairs are asked for: .nonzero()."),
            Mistake(lambda f, t: _cos(f)[(_cos(f) >= t).triu(1)], "these are the cosines of the pairs; their indices are asked for: .nonzero()."),
        ),
    ),
    Exercise(
        day="day10",
        reference=leaks,
        make_inputs=_two_sets,
        mistakes=(
            Mistake(lambda a, b, t: (_cos(a, b) >= t).any(dim=1), "this is one answer for each training picture; it is the test pictures that are judged."),
            Mistake(lambda a, b, t: (_cos(b, a) >= t).all(dim=1), "nothing is found: likeness to all training pictures, or to their mean, is too much to ask; one twin is enough: .any(dim=1), or the largest cosine."),
            Mistake(lambda a, b, t: (b @ a.T >= t).any(dim=1), "the rows are not normalised: use cosine_similarity_matrix."),
            Mistake(lambda a, b, t: (_cos(b, a) < t).all(dim=1), "true and false are swapped: true means that the picture was seen in training."),
            Mistake(lambda a, b, t: (_cos(b, a) <= t).any(dim=1), "this finds what is unlike the training set; a leak is alike: the cosine is the threshold or more."),
            Mistake(lambda a, b, t: (_cos(b, a).abs() >= t).any(dim=1), "a cosine near -1 is no likeness; do not take abs()."),
            Mistake(lambda a, b, t: (_cos(b) - 2 * torch.eye(len(b)) >= t).any(dim=1), "this compares the test pictures with one another; compare them with the training set."),
            Mistake(lambda a, b, t: (_cos(b) >= t).any(dim=1), "this compares the test pictures with one another; compare them with the training set."),
            Mistake(lambda a, b, t: _cos(b, a).max(dim=1).values, "these are the largest cosines; compare them with the threshold."),
            Mistake(lambda a, b, t: (_cos(b, a) >= t).sum(dim=1), "this counts the twins; one true or false for each test picture is asked for: .any(dim=1)."),
            Mistake(lambda a, b, t: _cos(b, a) >= t, "this is the whole table; one answer for each test picture is asked for: .any(dim=1)."),
            Mistake(lambda a, b, t: (_cos(b, a) >= t).any(), "this is one answer for all; say it for each test picture: .any(dim=1)."),
            Mistake(lambda a, b, t: (_cos(b, a) >= t).any(dim=1).nonzero()[:, 0], "these are the positions of the leaks; return one true or false for each test picture."),
        ),
    ),
]  # fmt: skip
