"""Handwritten digits: 1,797 real ones from scikit-learn (UCI, Alpaydin and Kaynak 1998), enlarged from 8x8."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks import check_count, takes

HELD_OUT = 500  # pictures no model of the course is trained on; the reference set of every FID


@takes(split=("train", "test"), size=(check_count, 8))
def load_digits(split: str = "train", size: int = 16) -> tuple[Tensor, Tensor]:
    """The digits as a diffusion model wants them.

    split: "train" (1,297 pictures) or "test" (500, never trained on).  size: pixels per side, 8 or more.
    Returns images (N, 1, size, size) float32 in [-1, 1], -1 the paper and 1 the ink; labels (N,) int64.
    Raises ValueError for another split, or a smaller size.
    """
    from sklearn.datasets import load_digits as sklearn_digits

    data = sklearn_digits()
    # Shuffled once, in an order that never changes: the file is sorted by writer.
    order = np.random.RandomState(0).permutation(len(data.images))
    chosen = order[:HELD_OUT] if split == "test" else order[HELD_OUT:]
    images = torch.tensor(data.images[chosen], dtype=torch.float32)[:, None] / 8 - 1  # (N, 1, 8, 8)
    images = F.interpolate(images, size=size, mode="bicubic").clamp(-1, 1)  # (N, 1, size, size)
    return images, torch.tensor(data.target[chosen], dtype=torch.int64)
