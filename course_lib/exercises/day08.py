"""Day 08: the score of a picture and its words, softmax with a temperature, win rates, best of n, and Frechet distance."""

import torch
import torch.nn.functional as F

from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.measuring.labels import softmax_with_temperature, win_rate
from course_lib.measuring.metrics import frechet_distance
from course_lib.measuring.scoring import best_of, clip_score


def _pairs(g, draw):
    """Features of uneven length; the first pair fits well, the second points in opposite directions."""
    a, b = torch.randn(2, 9 + draw, 5, generator=g)
    b[:2] = torch.stack([a[0], -a[1]]) + 0.3 * b[:2]
    lengths = 0.5 + 3 * torch.rand(2, 9 + draw, 1, generator=g)
    return a * lengths[0], b * lengths[1]


def _similarities(g, draw):
    return torch.rand(4, 3 + 2 * draw, generator=g) * 1.6 - 0.6, (0.5, 0.1, 2.0, 0.05)[draw]


def _scores(g, draw):
    """Scores with ties, as ratings have them; so many, and so uneven, that no two known mistakes give one share."""
    n = 2001 + draw
    wrong = [torch.randint(1, high, (n,), generator=g).float() for high in (4, 7, 6)]
    return torch.randint(1, 6, (n,), generator=g).float(), torch.stack(wrong, dim=1)


def _candidates(g, draw):
    n, groups = ((2, 5), (4, 3), (3, 4), (5, 2))[draw]
    return torch.randn(3 + draw, n * groups, generator=g), n


def _clouds(g, draw):
    """Two correlated clouds of unequal size, in double precision."""
    d, double = (
        (3, 4, 5, 40)[draw],
        {"generator": g, "dtype": torch.float64},
    )  # the last: fewer pictures than numbers
    a = torch.randn(30 + 3 * draw, d, **double) @ torch.randn(d, d, **double) + torch.randn(d, **double)
    return a, torch.randn(22, d, **double) @ torch.randn(d, d, **double)


def _cos(a, b):
    return F.cosine_similarity(a, b, dim=1)


def _table(a, b):
    return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T


def _tempered(s, t, dim=1):
    return (s / t).softmax(dim=dim)


def _groups(s, n):
    return s.unflatten(1, (-1, n))


def _gaussians(a, b, **options):
    """Squared shift of the means, and both covariances."""
    return (a.mean(0) - b.mean(0)).square().sum(), torch.cov(a.T, **options), torch.cov(b.T, **options)


def _frechet(a, b, overlap=lambda x, y: torch.linalg.eigvals(x @ y).sqrt().real.sum(), twice=2, **options):
    shift, x, y = _gaussians(a, b, **options)
    return shift + x.trace() + y.trace() - twice * overlap(x, y)


_EXPLODING = "only the cosines above 0 count: cut off the others, with .clamp(min=0)."

EXERCISES = [
    Exercise(
        day="day08",
        reference=clip_score,
        make_inputs=_pairs,
        mistakes=(
            Mistake(lambda a, b: 2.5 * _cos(a, b), _EXPLODING),
            Mistake(lambda a, b: _cos(a, b).clamp(min=0), "these are the cosines; the factor 2.5 is missing."),
            Mistake(lambda a, b: _cos(a, b), "the factor 2.5 is missing, and cosines below 0 must become 0."),
            Mistake(lambda a, b: 100 * _cos(a, b).clamp(min=0), "100 is the factor of torchmetrics; the paper's is 2.5."),
            Mistake(lambda a, b: 2.5 * _cos(a, b).abs(), "a cosine of -0.5 is no good fit: what is below 0 becomes 0, it does not change its sign."),
            Mistake(lambda a, b: 2.5 * _cos(a, b).clamp(0, 1).mean(), "this is one mean; keep one score for each picture."),
            Mistake(lambda a, b: 2.5 * _cos(a, b).mean().clamp(min=0), "this is one mean; keep one score for each picture."),
            Mistake(lambda a, b: 2.5 * (a * b).sum(1).clamp(min=0), "the features are not normalised: a long vector would fit everything."),
            Mistake(lambda a, b: 2.5 * (F.normalize(a, dim=1) * b).sum(1).clamp(min=0), "only the pictures are normalised; do it for both."),
            Mistake(lambda a, b: 2.5 * (a * F.normalize(b, dim=1)).sum(1).clamp(min=0), "only the sentences are normalised; do it for both."),
            Mistake(lambda a, b: 2.5 * _table(a, b).clamp(min=0), "this compares every picture with every sentence; row i belongs to row i only: the diagonal."),
            Mistake(lambda a, b: _table(a, b), "this compares every picture with every sentence; row i belongs to row i only: the diagonal."),
            Mistake(lambda a, b: 2.5 * _cos(a, b).clamp(max=0), "max and min are swapped: keep what is above 0."),
            Mistake(lambda a, b: (2.5 * _cos(a, b)).clamp(0, 1), "cut off below 0 only; a score may be as high as 2.5."),
            Mistake(lambda a, b: 2.5 * (1 - _cos(a, b)), "1 - cosine is a distance; a good fit must score high."),
        ),
    ),
    Exercise(
        day="day08",
        reference=softmax_with_temperature,
        make_inputs=_similarities,
        mistakes=(
            Mistake(lambda s, t: _tempered(s, 1 / t), "divide by the temperature: a low one must make the choice sharper."),
            Mistake(lambda s, t: s.softmax(1), "the temperature is not used: divide the similarities by it."),
            Mistake(lambda s, t: s.softmax(1) / t, "divide before the softmax, or the row no longer sums to 1."),
            Mistake(lambda s, t: s.softmax(1) * t, "the temperature goes inside the softmax, and it divides."),
            Mistake(lambda s, t: _tempered(s, t, 0), "the softmax runs over the pictures; the labels of one picture compete with each other: dim=1."),
            Mistake(lambda s, t: s / t, "the softmax is missing: each row must sum to 1."),
            Mistake(lambda s, t: (s / t).exp(), "each row must sum to 1: divide by its sum, with keepdim=True."),
            Mistake(lambda s, t: (s / t).exp() / (s / t).exp().sum(), "this divides by the sum of the whole table; each row has its own: sum(dim=1, keepdim=True)."),
            Mistake(lambda s, t: _tempered(s, t).log(), "these are logarithms; return the probabilities themselves."),
            Mistake(lambda s, t: (s / t).sigmoid(), "a sigmoid judges each label alone; here the labels compete: softmax over dim=1."),
            Mistake(lambda s, t: _tempered(s, t).argmax(1), "this is the winner; the probability of every label is asked for."),
            Mistake(lambda s, t: s / t / (s / t).sum(1, keepdim=True), "e to the power of each comes before the sum: use softmax."),
        ),
    ),
    Exercise(
        day="day08",
        reference=win_rate,
        make_inputs=_scores,
        mistakes=(
            Mistake(lambda r, w: (r[:, None] > w).float().mean(), "this counts single comparisons; a picture wins only if it beats all of its wrong labels."),
            Mistake(lambda r, w: (r[:, None] > w).any(1).float().mean(), "beating any wrong label is not enough; it must beat all of them."),
            Mistake(lambda r, w: (r[:, None] >= w).all(1).float().mean(), "a tie is no win: the judge cannot tell the two apart. Use >."),
            Mistake(lambda r, w: (r > w.mean(1)).float().mean(), "compare with the best of the wrong labels, not with their mean."),
            Mistake(lambda r, w: (r > w[:, 0]).float().mean(), "only the first wrong label is asked; there are M of them."),
            Mistake(lambda r, w: (r[:, None] > w).all(1).float().sum(), "this is how many win; the part of all pictures is asked for: a mean."),
            Mistake(lambda r, w: (r[:, None] > w).all(1).float(), "these are the single wins; the part of all pictures is asked for: their mean."),
            Mistake(lambda r, w: (r[:, None] > w).all(1), "these are the single wins; the part of all pictures is asked for: their mean."),
            Mistake(lambda r, w: (r[:, None] < w).all(1).float().mean(), "the comparison is turned round: the right label must be higher."),
            Mistake(lambda r, w: 1 - (r[:, None] > w).all(1).float().mean(), "this is the part that loses."),
            Mistake(lambda r, w: (r > w.max()).float().mean(), "compare with the wrong labels of the same picture: max(dim=1), not the highest of the whole table."),
            Mistake(lambda r, w: torch.tensor(float(r.mean() > w.mean())), "the means hide the single pictures: compare picture by picture, then count."),
        ),
    ),
    Exercise(
        day="day08",
        reference=best_of,
        make_inputs=_candidates,
        mistakes=(
            Mistake(lambda s, n: _groups(s, n).argmax(2), "this counts inside each group; add the column at which the group begins: 0, n, 2n …"),
            Mistake(lambda s, n: _groups(s, n).argmax(2) + torch.arange(s.shape[1] // n), "the groups begin at 0, n, 2n …, not at 0, 1, 2 …"),
            Mistake(lambda s, n: _groups(s, n).amax(2), "these are the winners' scores; their columns are asked for: argmax."),
            Mistake(lambda s, n: _groups(s, n).argmin(2) + torch.arange(0, s.shape[1], n), "this picks the worst of each group."),
            Mistake(lambda s, n: s.argmax(1), "this is the best of the whole row; every group of n has a winner of its own."),
            Mistake(lambda s, n: s[:, :n].argmax(1), "only the first group is used; every group of n has a winner."),
            Mistake(lambda s, n: s.topk(s.shape[1] // n, dim=1).indices, "these are the best of the whole row; each group of n must send exactly one."),
            Mistake(lambda s, n: s.topk(n, dim=1).indices, "these are the n best of the whole row; of every n pictures one is chosen."),
            Mistake(lambda s, n: s.unflatten(1, (n, -1)).argmax(2), "there are S / n groups of n pictures each; these are n groups: unflatten(1, (-1, n))."),
            Mistake(lambda s, n: s.unflatten(1, (n, -1)).argmax(2) + torch.arange(0, s.shape[1], s.shape[1] // n), "there are S / n groups of n pictures each; these are n groups: unflatten(1, (-1, n))."),
            Mistake(lambda s, n: s.unflatten(1, (n, -1)).argmax(1), "neighbours belong to one group: columns 0 to n - 1 are the first: unflatten(1, (-1, n)), then argmax over the last axis."),
            Mistake(lambda s, n: _groups(s, n).argmax(1), "this compares the groups with each other; choose inside each group: argmax over the last axis."),
        ),
    ),
    Exercise(
        day="day08",
        reference=frechet_distance,
        make_inputs=_clouds,
        mistakes=(
            Mistake(lambda a, b: _frechet(a, b, lambda x, y: torch.linalg.eigvals(x @ y).real.sqrt().sum()), "NaN: rounding leaves tiny negative eigenvalues, and they have no real root. Take the root first, then the real part: .sqrt().real."),
            Mistake(lambda a, b: _gaussians(a, b)[0], "this compares the means only; the spreads must fit, too: add the three terms with C."),
            Mistake(lambda a, b: _frechet(a, b) - _gaussians(a, b)[0], "the distance of the means is missing."),
            Mistake(lambda a, b: _frechet(a, b) - _gaussians(a, b)[0] + _gaussians(a, b)[0].sqrt(), "the distance of the means is to be squared."),
            Mistake(lambda a, b: _frechet(a, b) - _gaussians(a, b)[0] + (a.mean(0) - b.mean(0)).square().mean(), "sum the squared differences of the means; this is their mean."),
            Mistake(lambda a, b: _frechet(a, b).sqrt(), "no root over the whole: the squared distance is asked for."),
            Mistake(lambda a, b: _frechet(a, b, twice=1), "the last term is taken twice."),
            Mistake(lambda a, b: _frechet(a, b, twice=0), "the last term is missing: 2 tr(sqrt(Ca Cb))."),
            Mistake(lambda a, b: _frechet(a, b, twice=-2), "the last term is subtracted."),
            Mistake(lambda a, b: _frechet(a, b, correction=0), "torch.cov divides by N - 1, and so it should; leave correction as it is."),
            Mistake(lambda a, b: _frechet(a, b, lambda x, y: torch.linalg.eigvals(x @ y).real.sum()), "the root is missing: the sum of the roots of the eigenvalues is asked for."),
            Mistake(lambda a, b: _frechet(a, b, lambda x, y: torch.linalg.eigvals(x @ y).real.sum().sqrt()), "take the root of each eigenvalue first, then the sum."),
            Mistake(lambda a, b: _frechet(a, b, lambda x, y: torch.linalg.eigvals(x * y).sqrt().real.sum()), "Ca Cb is a product of matrices: write @, not *."),
            Mistake(lambda a, b: _frechet(a, b, lambda x, y: (x.diag() * y.diag()).sqrt().sum()), "the root of a matrix is not the root of its numbers; take the eigenvalues of Ca @ Cb."),
            Mistake(lambda a, b: _frechet(a, b, lambda x, y: (x @ y).diag().sqrt().sum()), "the root of a matrix is not the root of its numbers; take the eigenvalues of Ca @ Cb."),
            Mistake(lambda a, b: _frechet(a, b, lambda x, y: (x @ y).abs().sqrt().trace()), "the root of a matrix is not the root of its numbers; take the eigenvalues of Ca @ Cb."),
            Mistake(lambda a, b: _frechet(a, b, lambda x, y: torch.linalg.eigvals(x).sqrt().real.sum() * torch.linalg.eigvals(y).sqrt().real.sum()), "the eigenvalues of the product are asked for, not the product of the eigenvalues."),
            Mistake(lambda a, b: _gaussians(a, b)[0] + (a.std(0) - b.std(0)).square().sum(), "this takes each number of the features alone; the covariance also holds how they vary together."),
            Mistake(lambda a, b: _gaussians(a, b)[0] + (_gaussians(a, b)[1] - _gaussians(a, b)[2]).square().sum(), "the difference of the covariances is another distance; the text asks for traces and the root of the product."),
        ),
    ),
]  # fmt: skip
