"""Contrastive language-image pretraining: one space for pictures and sentences (CLIP, Radford et al. 2021)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks import check_count, check_number, check_pictures, takes
from course_lib.words.attention import attend


@takes(a="N D", b="M D")
def cosine_similarity_matrix(a: Tensor, b: Tensor) -> Tensor:
    """The cosine of the angle between every row of `a` and every row of `b`.

    S_ij = a_i . b_j / (|a_i| |b_j|)        a: (N, D).  b: (M, D).  Returns (N, M), each in [-1, 1].
    """
    return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T


@takes(image_features="B D", text_features="B D", logit_scale=check_number)
def clip_loss(image_features: Tensor, text_features: Tensor, logit_scale: Tensor | float) -> Tensor:
    """Each picture picks its caption and each caption its picture out of the batch (CLIP, figure 3).

    logits = logit_scale * S;  loss = mean of the cross-entropies along rows and along columns, targets on the diagonal

    image_features, text_features: (B, D), row i of one belongs to row i of the other.  logit_scale: 1 / temperature.
    Returns a scalar; log(B) is what guessing earns.
    """
    logits = logit_scale * cosine_similarity_matrix(image_features, text_features)  # (B, B)
    targets = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2


@takes(image_features="N D", label_features="M D", logit_scale=check_number)
def zero_shot(image_features: Tensor, label_features: Tensor, logit_scale: float) -> Tensor:
    """How probable each label is for each picture, among the labels listed and no others (CLIP, section 3.1).

    p = softmax(logit_scale * S), over the labels

    image_features: (N, D).  label_features: (M, D), one sentence per label.  logit_scale: 1 / temperature.
    Returns (N, M); each row sums to 1.
    """
    return (logit_scale * cosine_similarity_matrix(image_features, label_features)).softmax(dim=1)


class ImageTower(nn.Module):
    """Pictures (B, 3, 64, 64) in [-1, 1] to features (B, size): four strided convolutions, then a mean over all pixels left."""

    @takes(size=check_count, width=check_count)
    def __init__(self, size: int = 128, width: int = 32):
        super().__init__()
        if width % 8:
            raise ValueError(
                f"width is {width}, but must be a multiple of 8, for groups of 8 are normalised."
            )
        widths = (3, width, 2 * width, 3 * width, 4 * width)
        self.layers = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(a, b, 3, stride=2, padding=1), nn.GroupNorm(8, b), nn.SiLU())
                for a, b in zip(widths, widths[1:])
            )  # 64 -> 32 -> 16 -> 8 -> 4 pixels
        )
        self.out = nn.Linear(widths[-1], size)

    @takes(images=check_pictures)
    def forward(self, images: Tensor) -> Tensor:
        return self.out(self.layers(images).mean(dim=(2, 3)))


class TextTower(nn.Module):
    """Token numbers (B, L) to features (B, size): every word looks at the others once, then a mean over the words."""

    def __init__(self, vocabulary: int, size: int = 128, length: int = 77):
        super().__init__()
        self.words = nn.Embedding(vocabulary, size)
        self.positions = nn.Embedding(length, size)
        self.query, self.key, self.value = (nn.Linear(size, size) for _ in range(3))
        self.norm = nn.LayerNorm(size)
        self.out = nn.Linear(size, size)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.words(tokens) + self.positions.weight[: tokens.shape[1]]  # (B, L, size)
        h = self.norm(x)
        x = x + attend(self.query(h), self.key(h), self.value(h))
        return self.out(x.mean(dim=1))
