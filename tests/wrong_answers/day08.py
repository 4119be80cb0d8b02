"""Wrong answers of day 08 as students write them, each with words of the hint it must get."""

import numpy as np
import torch
import torch.nn.functional as F


def score_not_cut(image_features, text_features):
    return 2.5 * F.cosine_similarity(image_features, text_features)


def score_plain_cosine(image_features, text_features):
    return torch.relu(F.cosine_similarity(image_features, text_features))


def score_of_torchmetrics(image_features, text_features):
    return 100 * F.cosine_similarity(image_features, text_features).clamp(min=0)


def score_not_normalised(image_features, text_features):
    return 2.5 * torch.relu((image_features * text_features).sum(dim=1))


def score_whole_table(image_features, text_features):
    a = image_features / image_features.norm(dim=1, keepdim=True)
    b = text_features / text_features.norm(dim=1, keepdim=True)
    return 2.5 * (a @ b.T).clamp(min=0)


def score_mean(image_features, text_features):
    return 2.5 * F.cosine_similarity(image_features, text_features).clamp(min=0).mean()


def score_absolute(image_features, text_features):
    return 2.5 * abs(F.cosine_similarity(image_features, text_features))


def score_by_max(image_features, text_features):
    return 2.5 * max(F.cosine_similarity(image_features, text_features), 0)


def tempered_times(similarities, temperature):
    return (similarities * temperature).softmax(dim=1)


def tempered_without(similarities, temperature):
    return torch.softmax(similarities, dim=1)


def tempered_outside(similarities, temperature):
    return similarities.softmax(dim=1) / temperature


def tempered_over_pictures(similarities, temperature):
    return (similarities / temperature).softmax(dim=0)


def tempered_one_sum(similarities, temperature):
    e = torch.exp(similarities / temperature)
    return e / e.sum()


def tempered_no_keepdim(similarities, temperature):
    e = torch.exp(similarities / temperature)
    return e / e.sum(dim=1)


def wins_single(right, wrong):
    return (right.unsqueeze(1) > wrong).float().mean()


def wins_any(right, wrong):
    return (right[:, None] > wrong).any(dim=1).float().mean()


def wins_ties(right, wrong):
    return (right >= wrong.max(dim=1).values).float().mean()


def wins_against_mean(right, wrong):
    return (right > wrong.mean(dim=1)).float().mean()


def wins_counted(right, wrong):
    return (right > wrong.max(dim=1).values).float().sum()


def wins_bool(right, wrong):
    return (right[:, None] > wrong).all(dim=1)


def wins_no_axis(right, wrong):
    return (right > wrong).all(dim=1).float().mean()


def wins_bool_mean(right, wrong):
    return (right[:, None] > wrong).all(dim=1).mean()


def best_inside(scores, n):
    return scores.reshape(len(scores), -1, n).argmax(dim=2)


def best_values(scores, n):
    return scores.reshape(len(scores), -1, n).max(dim=2).values


def best_of_row(scores, n):
    return scores.argmax(dim=1)


def best_top(scores, n):
    return scores.topk(n, dim=1).indices


def best_worst(scores, n):
    groups = scores.unflatten(1, (-1, n))
    return groups.argmin(dim=2) + torch.arange(0, scores.shape[1], n)


def best_n_groups(scores, n):
    return scores.unflatten(1, (n, -1)).argmax(dim=2)


def best_steps_of_one(scores, n):
    winners = scores.unflatten(1, (-1, n)).argmax(dim=2)
    return winners + torch.arange(winners.shape[1])


def best_over_groups(scores, n):
    return scores.unflatten(1, (-1, n)).argmax(dim=1)


def frechet_means_only(a, b):
    return ((a.mean(0) - b.mean(0)) ** 2).sum()


def frechet_roots_of_numbers(a, b):
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    return (
        (a.mean(0) - b.mean(0)).square().sum() + ca.trace() + cb.trace() - 2 * (ca @ cb).diag().sqrt().sum()
    )


def frechet_once(a, b):
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    root = torch.linalg.eigvals(ca @ cb).sqrt().real.sum()
    return (a.mean(0) - b.mean(0)).square().sum() + ca.trace() + cb.trace() - root


def frechet_no_root(a, b):
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    overlap = torch.linalg.eigvals(ca @ cb).real.sum()
    return (a.mean(0) - b.mean(0)).square().sum() + ca.trace() + cb.trace() - 2 * overlap


def frechet_star(a, b):
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    overlap = torch.linalg.eigvals(ca * cb).sqrt().real.sum()
    return (a.mean(0) - b.mean(0)).square().sum() + ca.trace() + cb.trace() - 2 * overlap


def frechet_norm(a, b):
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    overlap = torch.linalg.eigvals(ca @ cb).sqrt().real.sum()
    return (a.mean(0) - b.mean(0)).norm() + ca.trace() + cb.trace() - 2 * overlap


def frechet_by_rows(a, b):
    ca, cb = torch.cov(a), torch.cov(b)
    return (a.mean(0) - b.mean(0)).square().sum() + ca.trace() + cb.trace() - 2 * (ca @ cb).trace()


def frechet_complex(a, b):
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    overlap = torch.linalg.eigvals(ca @ cb).sqrt().sum()
    return (a.mean(0) - b.mean(0)).square().sum() + ca.trace() + cb.trace() - 2 * overlap


def frechet_real_first(a, b):
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    roots = torch.linalg.eigvals(ca @ cb).real.sqrt().sum()
    return (a.mean(0) - b.mean(0)).square().sum() + ca.trace() + cb.trace() - 2 * roots


def frechet_cov_of_rows(features_a, features_b):
    shift = (features_a.mean(0) - features_b.mean(0)).square().sum()
    ca, cb = torch.cov(features_a), torch.cov(features_b)
    return shift + ca.trace() + cb.trace() - 2 * torch.linalg.eigvals(ca @ cb).sqrt().real.sum()


def wins_without_column(right, wrong):
    return (right > wrong).all(dim=1).float().mean()


WRONG = [
    ("frechet_distance", frechet_real_first, "NaN"),
    ("frechet_distance", frechet_cov_of_rows, "torch.cov(x.T)"),
    ("win_rate", wins_without_column, "right[:, None]"),
    ("clip_score", score_not_cut, "clamp(min=0)"),
    ("clip_score", score_plain_cosine, "factor 2.5 is missing"),
    ("clip_score", score_of_torchmetrics, "the factor of torchmetrics"),
    ("clip_score", score_not_normalised, "not normalised"),
    ("clip_score", score_whole_table, "the diagonal"),
    ("clip_score", score_mean, "one score for each picture"),
    ("clip_score", score_absolute, "no good fit"),
    ("clip_score", score_by_max, "Boolean value of Tensor"),
    ("softmax_with_temperature", tempered_times, "divide by the temperature"),
    ("softmax_with_temperature", tempered_without, "temperature is not used"),
    ("softmax_with_temperature", tempered_outside, "divide before the softmax"),
    ("softmax_with_temperature", tempered_over_pictures, "compete with each other"),
    ("softmax_with_temperature", tempered_one_sum, "the whole table"),
    ("softmax_with_temperature", tempered_no_keepdim, "[:, None]"),
    ("win_rate", wins_single, "beats all of its wrong labels"),
    ("win_rate", wins_any, "not enough"),
    ("win_rate", wins_ties, "a tie is no win"),
    ("win_rate", wins_against_mean, "the best of the wrong labels"),
    ("win_rate", wins_counted, "part of all pictures"),
    ("win_rate", wins_bool, "their mean"),
    ("win_rate", wins_no_axis, "[:, None]"),
    ("win_rate", wins_bool_mean, "Got: Bool"),
    ("best_of", best_inside, "at which the group begins"),
    ("best_of", best_values, "argmax"),
    ("best_of", best_of_row, "winner of its own"),
    ("best_of", best_top, "of every n pictures one"),
    ("best_of", best_worst, "the worst"),
    ("best_of", best_n_groups, "these are n groups"),
    ("best_of", best_steps_of_one, "not at 0, 1, 2"),
    ("best_of", best_over_groups, "inside each group"),
    ("frechet_distance", frechet_means_only, "means only"),
    ("frechet_distance", frechet_roots_of_numbers, "not the root of its numbers"),
    ("frechet_distance", frechet_once, "taken twice"),
    ("frechet_distance", frechet_no_root, "root is missing"),
    ("frechet_distance", frechet_star, "write @"),
    ("frechet_distance", frechet_norm, "to be squared"),
    ("frechet_distance", frechet_by_rows, "RuntimeError"),
    ("frechet_distance", frechet_complex, "dtype"),
]


def score_by_hand(image_features, text_features):
    a = image_features / image_features.norm(dim=1, keepdim=True)
    b = text_features / text_features.norm(dim=1, keepdim=True)
    return torch.maximum(2.5 * (a * b).sum(dim=1), torch.tensor(0.0))


def score_by_diagonal(image_features, text_features):
    return 2.5 * torch.relu((F.normalize(image_features, dim=1) @ F.normalize(text_features, dim=1).T).diag())


def tempered_by_exp(similarities, temperature):
    e = torch.exp((similarities - similarities.max()) / temperature)
    return e / e.sum(dim=1, keepdim=True)


def wins_by_max(right, wrong):
    return (right > wrong.max(dim=1).values).float().mean()


def wins_by_loop(right, wrong):
    return sum(float(r > max(w)) for r, w in zip(right, wrong)) / len(right)


def best_by_loop(scores, n):
    starts = range(0, scores.shape[1], n)
    return torch.stack([start + scores[:, start : start + n].argmax(dim=1) for start in starts], dim=1)


def frechet_by_roots(a, b):
    """The symmetric form: tr sqrt(sqrt(Ca) Cb sqrt(Ca))."""
    ca, cb = torch.cov(a.T), torch.cov(b.T)
    values, vectors = torch.linalg.eigh(ca)
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    overlap = torch.linalg.eigvalsh(root @ cb @ root).clamp(min=0).sqrt().sum()
    return (a.mean(0) - b.mean(0)).square().sum() + ca.trace() + cb.trace() - 2 * overlap


def frechet_by_scipy(a, b):
    from scipy.linalg import sqrtm

    ca, cb = np.cov(a.numpy().T), np.cov(b.numpy().T)
    shift = ((a.mean(0) - b.mean(0)) ** 2).sum().numpy()
    return shift + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real)


RIGHT = [
    ("clip_score", score_by_hand),
    ("clip_score", score_by_diagonal),
    ("softmax_with_temperature", tempered_by_exp),
    ("win_rate", wins_by_max),
    ("win_rate", wins_by_loop),
    ("best_of", best_by_loop),
    ("frechet_distance", frechet_by_roots),
    ("frechet_distance", frechet_by_scipy),
]
