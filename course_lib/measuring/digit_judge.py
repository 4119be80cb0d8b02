"""The digit judge: a classifier that knows nothing of diffusion.  Its labels check samples, its features give the FID."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks import check_pictures


class DigitJudge(nn.Module):
    """A small convolutional classifier for (B, 1, 16, 16) digits in [-1, 1]."""

    num_features = 64

    def __init__(self):
        super().__init__()
        self.features = DigitFeatures()
        self.classify = nn.Linear(self.num_features, 10)

    def forward(self, images: Tensor) -> Tensor:
        """images: (B, 1, 16, 16).  Returns logits (B, 10)."""
        return self.classify(F.dropout(self.features(images), 0.3, self.training))

    @torch.no_grad()
    def recognise(self, images: Tensor) -> Tensor:
        """The digit the judge sees in each picture.  images: (B, 1, 16, 16).  Returns (B,) int64."""
        return self(images).argmax(dim=1)


class DigitFeatures(nn.Sequential):
    """The judge without its last layer: (B, 1, 16, 16) -> (B, 64)."""

    num_features = 64  # torchmetrics asks for it

    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 32, 3, stride=2, padding=1), nn.GroupNorm(4, 32), nn.SiLU(),  # (B, 32, 8, 8)
            nn.Conv2d(32, 64, 3, padding=1), nn.GroupNorm(8, 64), nn.SiLU(),  # (B, 64, 8, 8)
            nn.Conv2d(64, 64, 3, stride=2, padding=1), nn.GroupNorm(8, 64), nn.SiLU(),  # (B, 64, 4, 4)
            nn.AdaptiveAvgPool2d(2), nn.Flatten(),  # (B, 256)
            nn.Linear(256, 64), nn.SiLU(),  # (B, 64)
        )  # fmt: skip

    def forward(self, images: Tensor) -> Tensor:
        check_pictures(images, "digits", "B 1 16 16")
        return super().forward(images.float())
