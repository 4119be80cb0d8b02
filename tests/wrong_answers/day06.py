"""Wrong answers of day 06 as students write them, each with words of the hint it must get."""

import torch
import torch.nn.functional as F

from course_lib.words.clip import cosine_similarity_matrix


def similarity_not_normalised(a, b):
    return a @ b.T


def similarity_half_normalised(a, b):
    a = a / a.norm(dim=1, keepdim=True)
    return a @ b.T


def similarity_over_columns(a, b):
    return F.normalize(a, dim=0) @ F.normalize(b, dim=0).T


def similarity_one_length(a, b):
    return (a @ b.T) / (a.norm() * b.norm())


def similarity_turned(a, b):
    a, b = F.normalize(a, dim=1), F.normalize(b, dim=1)
    return b @ a.T


def similarity_of_pairs_only(a, b):
    n = min(len(a), len(b))
    return F.cosine_similarity(a[:n], b[:n])


def loss_one_way(image_features, text_features, logit_scale):
    logits = logit_scale * cosine_similarity_matrix(image_features, text_features)
    return F.cross_entropy(logits, torch.arange(len(logits)))


def loss_added(image_features, text_features, logit_scale):
    logits = logit_scale * cosine_similarity_matrix(image_features, text_features)
    right = torch.arange(len(logits))
    return F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)


def loss_no_scale(image_features, text_features, logit_scale):
    logits = cosine_similarity_matrix(image_features, text_features)
    right = torch.arange(len(logits))
    return (F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)) / 2


def loss_not_normalised(image_features, text_features, logit_scale):
    logits = logit_scale * image_features @ text_features.T
    right = torch.arange(len(logits))
    return (F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)) / 2


def loss_softmax_twice(image_features, text_features, logit_scale):
    logits = logit_scale * cosine_similarity_matrix(image_features, text_features)
    right = torch.arange(len(logits))
    return (F.cross_entropy(logits.softmax(1), right) + F.cross_entropy(logits.T.softmax(1), right)) / 2


def loss_only_pulls(image_features, text_features, logit_scale):
    return -F.cosine_similarity(image_features, text_features).mean()


def loss_as_a_number(image_features, text_features, logit_scale):
    logits = logit_scale * cosine_similarity_matrix(image_features, text_features)
    right = torch.arange(len(logits))
    return ((F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)) / 2).item()


def shot_no_scale(image_features, label_features, logit_scale):
    return cosine_similarity_matrix(image_features, label_features).softmax(dim=1)


def shot_no_softmax(image_features, label_features, logit_scale):
    return logit_scale * cosine_similarity_matrix(image_features, label_features)


def shot_over_pictures(image_features, label_features, logit_scale):
    return (logit_scale * cosine_similarity_matrix(image_features, label_features)).softmax(dim=0)


def shot_winner(image_features, label_features, logit_scale):
    return (logit_scale * cosine_similarity_matrix(image_features, label_features)).argmax(dim=1)


def shot_sigmoid(image_features, label_features, logit_scale):
    return torch.sigmoid(logit_scale * cosine_similarity_matrix(image_features, label_features))


def attend_not_scaled(queries, keys, values):
    return (queries @ keys.transpose(-1, -2)).softmax(dim=-1) @ values


def attend_no_root(queries, keys, values):
    return (queries @ keys.transpose(-1, -2) / queries.shape[-1]).softmax(dim=-1) @ values


def attend_by_length(queries, keys, values):
    return (queries @ keys.transpose(-1, -2) / queries.norm(dim=-1, keepdim=True)).softmax(dim=-1) @ values


def attend_by_number(queries, keys, values):
    return (queries @ keys.transpose(-1, -2) / queries.shape[-2] ** 0.5).softmax(dim=-1) @ values


def loss_bare_b(image_features, text_features, logit_scale):
    return torch.arange(B)  # noqa: F821


def similarity_by_star(a, b):
    return torch.nn.functional.normalize(a, dim=1) * torch.nn.functional.normalize(b, dim=1)


def attend_over_queries(queries, keys, values):
    return (queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5).softmax(dim=-2) @ values


def attend_no_softmax(queries, keys, values):
    return (queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5) @ values


def attend_weights_only(queries, keys, values):
    return (queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5).softmax(dim=-1)


def attend_plain_t(queries, keys, values):
    return (queries @ keys.T / queries.shape[-1] ** 0.5).softmax(dim=-1) @ values


WRONG = [
    ("cosine_similarity_matrix", similarity_not_normalised, "rows are not normalised"),
    ("cosine_similarity_matrix", similarity_half_normalised, "only the first set"),
    ("cosine_similarity_matrix", similarity_over_columns, "each row has its own length"),
    ("cosine_similarity_matrix", similarity_one_length, "whole table"),
    ("cosine_similarity_matrix", similarity_turned, "rows and columns are swapped"),
    ("cosine_similarity_matrix", similarity_of_pairs_only, "shape"),
    ("cosine_similarity_matrix", similarity_by_star, "write @"),
    ("clip_loss", loss_bare_b, "len(image_features)"),
    ("clip_loss", loss_one_way, "only the pictures choose"),
    ("clip_loss", loss_added, "take their mean"),
    ("clip_loss", loss_no_scale, "logit_scale is not used"),
    ("clip_loss", loss_not_normalised, "not normalised"),
    ("clip_loss", loss_softmax_twice, "takes the softmax itself"),
    ("clip_loss", loss_only_pulls, "the wrong ones must lose"),
    ("clip_loss", loss_as_a_number, "no gradient passes"),
    ("zero_shot", shot_no_scale, "not scaled"),
    ("zero_shot", shot_no_softmax, "softmax makes them probabilities"),
    ("zero_shot", shot_over_pictures, "labels compete"),
    ("zero_shot", shot_winner, "probability of every label"),
    ("zero_shot", shot_sigmoid, "sigmoid judges each label alone"),
    ("attend", attend_not_scaled, "not divided by sqrt(D)"),
    ("attend", attend_no_root, "square root of D"),
    ("attend", attend_by_length, "how many numbers"),
    ("attend", attend_by_number, "how many queries"),
    ("attend", attend_over_queries, "over the keys"),
    ("attend", attend_no_softmax, "softmax is missing"),
    ("attend", attend_weights_only, "multiply them with the values"),
    ("attend", attend_plain_t, "transpose(-1, -2)"),
]


def similarity_by_einsum(a, b):
    lengths = torch.outer(a.norm(dim=1), b.norm(dim=1))
    return torch.einsum("id,jd->ij", a, b) / lengths


def loss_by_logsumexp(image_features, text_features, logit_scale):
    logits = cosine_similarity_matrix(image_features, text_features) * logit_scale
    right = logits.diag()
    return ((logits.logsumexp(1) - right).mean() + (logits.logsumexp(0) - right).mean()) / 2


def shot_by_exp(image_features, label_features, logit_scale):
    scores = torch.exp(logit_scale * (cosine_similarity_matrix(image_features, label_features) - 1))
    return scores / scores.sum(dim=1, keepdim=True)


def attend_by_torch(queries, keys, values):
    return F.scaled_dot_product_attention(queries, keys, values)


RIGHT = [
    ("cosine_similarity_matrix", similarity_by_einsum),
    ("clip_loss", loss_by_logsumexp),
    ("zero_shot", shot_by_exp),
    ("attend", attend_by_torch),
]
