"""A perceptual distance in the features of a network of our own (Johnson et al. 2016; Zhang et al. 2018).

Two textures that look alike differ in every pixel; the features of a network that tells animals apart differ less.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.models import load_resnet


class FeatureDistance(nn.Module):
    """How far two pictures lie apart in the first three stages of weights/pocket-resnet.

    d = mean over stages of |n(f(a)) - n(f(b))|^2, where n gives each place's features length 1
    """

    def __init__(self):
        super().__init__()
        net, _, _ = load_resnet("pocket", device="cpu")
        first = nn.Sequential(net.conv1, net.bn1, net.relu)
        self.stages = nn.ModuleList([first, nn.Sequential(net.maxpool, net.layer1), net.layer2])
        self.eval().requires_grad_(False)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """a, b: (B, 3, H, W) in [-1, 1], as the network was taught.  Returns a scalar; b gets no gradient."""
        distance, b = 0.0, b.detach()
        for stage in self.stages:
            a, b = stage(a), stage(b)
            unit = [F.normalize(f.float(), dim=1, eps=1e-3) for f in (a, b)]
            distance = distance + (unit[0] - unit[1]).square().sum(1).mean()
        return distance / len(self.stages)

    def train(self, mode: bool = True) -> "FeatureDistance":
        """Its batch norms always use what they learned."""
        return super().train(False)
