"""Contrastive language-image pretraining: one space for pictures and sentences (CLIP, Radford et al. 2021)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def cosine_similarity_matrix(a: Tensor, b: Tensor) -> Tensor:
    """The cosine of the angle between every row of `a` and every row of `b`.

    S_ij = a_i . b_j / (|a_i| |b_j|)        a: (N, D).  b: (M, D).  Returns (N, M), each in [-1, 1].
    """
    return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T


def clip_loss(image_features: Tensor, text_features: Tensor, logit_scale: Tensor | float) -> Tensor:
    """Each picture picks its caption and each caption its picture out of the batch (CLIP, figure 3).

    logits = logit_scale * S;  loss = mean of the cross-entropies along rows and along columns, targets on the diagonal

    image_features, text_features: (B, D), row i of one belongs to row i of the other.  logit_scale: 1 / temperature.
    Returns a scalar; log(B) is what guessing earns.
    """
    logits = logit_scale * cosine_similarity_matrix(image_features, text_features)  # (B, B)
    targets = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2
