"""Distances in the features of a network of our own: of looks (Johnson et al. 2016) and of texture (Sajjadi et al. 2017).

Two textures that look alike differ in every pixel; the features of a network that tells animals apart differ less, and
how strongly each feature varies, wherever in a patch, differs least.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.models import load_resnet

PATCH = 16  # pixels: within a patch, texture may lie anywhere


class FeatureDistance(nn.Module):
    """How far two pictures lie apart in the first three stages of weights/pocket-resnet."""

    def __init__(self):
        super().__init__()
        net, _, _ = load_resnet("pocket", device="cpu")
        first = nn.Sequential(net.conv1, net.bn1, net.relu)
        self.stages = nn.ModuleList([first, nn.Sequential(net.maxpool, net.layer1), net.layer2])
        self.eval().requires_grad_(False)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """The distance of looks and that of texture; both scalars, means over stages.

        looks   = |n(f(a)) - n(f(b))|^2, where n gives each place's features length 1
        texture = |s(f(a)) - s(f(b))| / s(f(b)), s the spread of each feature within a patch; of the pixels' steps and the
        first two stages

        a, b: (B, 3, H, W) in [-1, 1], as the network was taught, sides multiples of PATCH.  b gets no gradient.
        """
        side, b = a.shape[-1], b.detach()
        looks, texture = 0.0, spread_error(steps(a), steps(b), PATCH)
        for number, stage in enumerate(self.stages):
            a, b = stage(a).float(), stage(b).float()
            looks = (
                looks
                + (F.normalize(a, dim=1, eps=1e-3) - F.normalize(b, dim=1, eps=1e-3)).square().sum(1).mean()
            )
            if number < 2:
                texture = texture + spread_error(a, b, PATCH * a.shape[-1] // side)
        return looks / 3, texture / 3

    def train(self, mode: bool = True) -> "FeatureDistance":
        """Its batch norms always use what they learned."""
        return super().train(False)


def steps(images: Tensor) -> Tensor:
    """How far each pixel is from its right and its lower neighbour.  (B, C, H, W) to (B, 2 C, H, W)."""
    wide = F.pad(images, (0, 1, 0, 1), mode="replicate")
    return torch.cat([wide[:, :, :-1, 1:] - images, wide[:, :, 1:, :-1] - images], dim=1)


def spread_error(a: Tensor, b: Tensor, patch: int) -> Tensor:
    """How differently the features of `a` vary within patches, as a part of how they vary in `b`; a scalar."""
    mine, wanted = spreads(a, patch), spreads(b, patch)
    return (mine - wanted).abs().mean() / wanted.mean()


def spreads(features: Tensor, patch: int) -> Tensor:
    """The standard deviation of each feature within each patch.  (B, C, H, W) to (B, C, H / patch, W / patch)."""
    mean, square = F.avg_pool2d(features, patch), F.avg_pool2d(features.square(), patch)
    return ((square - mean.square()).clamp(min=0) + 1e-6).sqrt()
