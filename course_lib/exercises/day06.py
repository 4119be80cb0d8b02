"""Day 06: similarity, the contrastive loss, a classifier made of sentences, and attention."""

import torch
import torch.nn.functional as F

from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.words.attention import attend
from course_lib.words.clip import clip_loss, cosine_similarity_matrix, zero_shot

LENGTHEN = 3.0  # features of uneven length show who forgot to normalise


def _features(g, n, d=6):
    return torch.randn(n, d, generator=g) * (0.5 + LENGTHEN * torch.rand(n, 1, generator=g))


def _two_sets(g, draw):
    return _features(g, 3 + draw), _features(g, 5)


def _pairs(g, draw):
    images = _features(g, 5)
    return images, images + 0.7 * _features(g, 5), torch.tensor((5.0, 10.0, 20.0, 2.0)[draw])


def _one_to_many(g, draw):
    return _features(g, 4), _features(g, 3 + draw), (10.0, 30.0, 5.0, 20.0)[draw]


def _attention(g, draw):
    q, k = torch.randn(2, 5, 4 * (1 + draw), generator=g), torch.randn(2, 3, 4 * (1 + draw), generator=g)
    return q, k, torch.randn(2, 3, 6, generator=g)


def _cross(logits, dim_of_classes=1):
    target = torch.arange(len(logits))
    return F.cross_entropy(logits if dim_of_classes == 1 else logits.T, target)


def _logits(a, b, scale):
    return scale * cosine_similarity_matrix(a, b)


def _scores(q, k):
    return q @ k.transpose(-1, -2)


EXERCISES = [
    Exercise(
        day="day06",
        reference=cosine_similarity_matrix,
        make_inputs=_two_sets,
        mistakes=(
            Mistake(lambda a, b: a @ b.T, "the rows are not normalised: a long vector looks similar to everything."),
            Mistake(lambda a, b: F.normalize(a, dim=1) @ b.T, "only the first set is normalised; do it for both."),
            Mistake(lambda a, b: a @ F.normalize(b, dim=1).T, "only the second set is normalised; do it for both."),
            Mistake(lambda a, b: F.normalize(a, dim=0) @ F.normalize(b, dim=0).T, "each row has its own length: normalise over dim=1, the features."),
            Mistake(lambda a, b: a @ b.T / (a.norm() * b.norm()), "this divides by the length of the whole table; each row has its own length: norm(dim=1)."),
            Mistake(lambda a, b: F.normalize(b, dim=1) @ F.normalize(a, dim=1).T, "rows and columns are swapped: row i belongs to a_i."),
            Mistake(lambda a, b: (F.normalize(a, dim=1) @ F.normalize(b, dim=1).T).softmax(1), "no softmax here: the plain cosines are asked for."),
            Mistake(lambda a, b: torch.cdist(a, b), "this is a distance; the cosine of the angle is asked for."),
        ),
    ),
    Exercise(
        day="day06",
        reference=clip_loss,
        learns=True,
        make_inputs=_pairs,
        mistakes=(
            Mistake(lambda a, b, s: _cross(_logits(a, b, s)), "only the pictures choose; let each caption choose its picture too (logits.T), and take the mean of both."),
            Mistake(lambda a, b, s: _cross(_logits(a, b, s), 0), "only the captions choose; let each picture choose its caption too, and take the mean of both."),
            Mistake(lambda a, b, s: _cross(_logits(a, b, s)) + _cross(_logits(a, b, s), 0), "the two directions are added; take their mean."),
            Mistake(lambda a, b, s: (_cross(_logits(a, b, 1)) + _cross(_logits(a, b, 1), 0)) / 2, "logit_scale is not used: multiply the similarities by it."),
            Mistake(lambda a, b, s: (_cross(_logits(a, b, 1 / s)) + _cross(_logits(a, b, 1 / s), 0)) / 2, "multiply by logit_scale; it is one over the temperature already."),
            Mistake(lambda a, b, s: (_cross(_logits(a, b, s.exp())) + _cross(_logits(a, b, s.exp()), 0)) / 2, "logit_scale comes as a plain factor here; no exp is needed."),
            Mistake(lambda a, b, s: (_cross(s * a @ b.T) + _cross(s * a @ b.T, 0)) / 2, "the features are not normalised; use cosine_similarity_matrix."),
            Mistake(lambda a, b, s: (_cross(_logits(a, b, s).softmax(1)) + _cross(_logits(a, b, s).softmax(0), 0)) / 2, "F.cross_entropy takes the softmax itself; hand it the logits."),
            Mistake(lambda a, b, s: -cosine_similarity_matrix(a, b).diag().mean(), "only the right pairs are pulled together; the wrong ones must lose: compare each row as a whole."),
            Mistake(lambda a, b, s: -(_cross(_logits(a, b, s)) + _cross(_logits(a, b, s), 0)) / 2, "the sign is turned round; F.cross_entropy is already a loss."),
        ),
    ),
    Exercise(
        day="day06",
        reference=attend,
        make_inputs=_attention,
        mistakes=(
            Mistake(lambda q, k, v: _scores(q, k).softmax(-1) @ v, "the scores are not divided by sqrt(D): long vectors would make the softmax too sharp."),
            Mistake(lambda q, k, v: (_scores(q, k) / q.shape[-1]).softmax(-1) @ v, "divide by the square root of D, not by D."),
            Mistake(lambda q, k, v: (_scores(q, k) * q.shape[-1] ** 0.5).softmax(-1) @ v, "divide by sqrt(D), do not multiply."),
            Mistake(lambda q, k, v: (_scores(q, k) / q.shape[-1] ** 0.5).softmax(-2) @ v, "the softmax runs over the queries; each query shares itself out over the keys: dim=-1."),
            Mistake(lambda q, k, v: (_scores(q, k) / q.shape[-1] ** 0.5) @ v, "the softmax is missing: the weights of one query must sum to 1."),
            Mistake(lambda q, k, v: (_scores(q, k) / q.shape[-1] ** 0.5).softmax(-1), "these are the weights; multiply them with the values."),
            Mistake(lambda q, k, v: (_scores(q, k) / k.shape[-2] ** 0.5).softmax(-1) @ v, "D is how many numbers a query has, the last number of its shape, not how many keys there are."),
            Mistake(lambda q, k, v: (_scores(q, k) / v.shape[-1] ** 0.5).softmax(-1) @ v, "D is how many numbers a query has; here the values have another number of them."),
            Mistake(lambda q, k, v: (_scores(q, k) / q.norm(dim=-1, keepdim=True)).softmax(-1) @ v, "D is how many numbers a query has, q.shape[-1], not how long the arrow is."),
            Mistake(lambda q, k, v: (_scores(q, k) / q.shape[-2] ** 0.5).softmax(-1) @ v, "D is how many numbers a query has, the last number of its shape, not how many queries there are."),
            Mistake(lambda q, k, v: (_scores(q, k).softmax(-1) / q.shape[-1] ** 0.5) @ v, "divide before the softmax, or the weights no longer sum to 1."),
        ),
    ),
    Exercise(
        day="day06",
        reference=zero_shot,
        make_inputs=_one_to_many,
        mistakes=(
            Mistake(lambda a, b, s: _logits(a, b, s), "these are the scaled similarities; a softmax makes them probabilities."),
            Mistake(lambda a, b, s: _logits(a, b, 1).softmax(1), "the similarities are not scaled: without logit_scale the softmax is almost even."),
            Mistake(lambda a, b, s: _logits(a, b, 1 / s).softmax(1), "multiply by logit_scale; it is one over the temperature already."),
            Mistake(lambda a, b, s: _logits(a, b, s).softmax(0), "the softmax runs over the pictures; the labels compete with each other: dim=1."),
            Mistake(lambda a, b, s: s * _logits(a, b, 1).softmax(1), "the scale goes inside the softmax."),
            Mistake(lambda a, b, s: (s * a @ b.T).softmax(1), "the features are not normalised; use cosine_similarity_matrix."),
            Mistake(lambda a, b, s: _logits(a, b, s).sigmoid(), "a sigmoid judges each label alone; here the labels compete: softmax over dim=1."),
            Mistake(lambda a, b, s: _logits(a, b, s).argmax(1), "this is the winner; the probability of every label is asked for."),
            Mistake(lambda a, b, s: _logits(a, b, s).log_softmax(1), "these are logarithms; return the probabilities themselves."),
        ),
    ),
]  # fmt: skip
