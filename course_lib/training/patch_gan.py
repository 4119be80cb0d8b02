"""A critic of patches: it teaches a decoder texture that an average of errors can't ask for.

Pix2pix's discriminator (Isola et al. 2017) with the hinge loss, weighted as in VQGAN (Esser et al. 2021).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call


class PatchCritic(nn.Module):
    """Is each patch of 26 x 26 pixels painted by the Zoo (high) or by the decoder (low)?

    (B, 3, H, W) in [-1, 1] to (B, 1, H / 4, W / 4).
    """

    def __init__(self, width: int = 32):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), nn.GroupNorm(8, 2 * width), nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1), nn.GroupNorm(8, 4 * width), nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, 1, 3, padding=1),
        )  # fmt: skip

    def forward(self, images: Tensor) -> Tensor:
        fine = images - F.avg_pool2d(images, 5, stride=1, padding=2, count_include_pad=False)
        return self.layers(images + 3 * fine)  # colours and shapes are right already: look at the grain


def critic_loss(critic: nn.Module, real: Tensor, made: Tensor) -> Tensor:
    """The critic's own loss; the decoder learns nothing from it.

    (mean max(0, 1 - D(real)) + mean max(0, 1 + D(made))) / 2
    """
    on_real, on_made = critic(torch.cat([real, made.detach()])).chunk(2)
    return (F.relu(1 - on_real).mean() + F.relu(1 + on_made).mean()) / 2


def painter_loss(critic: nn.Module, made: Tensor) -> Tensor:
    """What the decoder wants: -mean D(made).  The critic learns nothing from it."""
    frozen = {name: weight.detach() for name, weight in critic.named_parameters()}
    return -functional_call(critic, frozen, (made,)).mean()


def balance(rebuilding: Tensor, painting: Tensor, last: Tensor) -> Tensor:
    """The weight at which both losses pull equally on the decoder's last layer (Esser et al. 2021, eq. 7).

    |gradient of `rebuilding`| / |gradient of `painting`|, both with respect to `last`, a weight of the decoder.
    """
    pulls = [torch.autograd.grad(loss, last, retain_graph=True)[0].norm() for loss in (rebuilding, painting)]
    return (pulls[0] / (pulls[1] + 1e-4)).clamp(max=1e4).detach()
