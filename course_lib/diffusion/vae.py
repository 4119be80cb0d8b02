"""A variational autoencoder: pictures to a few numbers and back (Kingma and Welling 2014)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks import check_count, check_number, check_pictures, check_tensors, takes


class DigitVAE(nn.Module):
    """Digits (B, 1, 16, 16) to `latent_size` numbers each, and back."""

    @takes(latent_size=check_count, width=check_count)
    def __init__(self, latent_size: int = 2, width: int = 32):
        super().__init__()
        self.latent_size = latent_size
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 3, stride=2, padding=1), nn.SiLU(),  # (B, width, 8, 8)
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1), nn.SiLU(),  # (B, 2 width, 4, 4)
            nn.Flatten(), nn.Linear(32 * width, 2 * latent_size),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(latent_size, 32 * width), nn.SiLU(), nn.Unflatten(1, (2 * width, 4, 4)),
            nn.Upsample(scale_factor=2), nn.Conv2d(2 * width, width, 3, padding=1), nn.SiLU(),  # (B, width, 8, 8)
            nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1), nn.SiLU(),  # (B, width, 16, 16)
            nn.Conv2d(width, 1, 3, padding=1), nn.Tanh(),
        )  # fmt: skip

    @takes(images=(check_pictures, "N 1 16 16"))
    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """images: (B, 1, 16, 16) in [-1, 1].  Returns the mean and the log-variance of q(z|x), (B, latent_size) each."""
        return self.encoder(images).chunk(2, dim=1)

    def decode(self, z: Tensor) -> Tensor:
        """z: (B, latent_size).  Returns pictures, (B, 1, 16, 16) in [-1, 1]."""
        check_tensors(f"N {self.latent_size}", z=z)
        return self.decoder(z)


@takes(mean="...", log_var="...", eps="...")
def reparameterise(mean: Tensor, log_var: Tensor, eps: Tensor) -> Tensor:
    """A sample of the Gaussian that the encoder describes, written so that gradients pass through it.

    z = mean + exp(log_var / 2) * eps        all: the same shape; eps: standard normal.  Returns that shape.
    """
    return mean + (log_var / 2).exp() * eps


@takes(mean="N ...", log_var="N ...")
def kl_divergence(mean: Tensor, log_var: Tensor) -> Tensor:
    """How far the encoder's Gaussian is from the standard normal, in nats (Kingma and Welling, appendix B).

    KL = 1/2 * sum over the latent of (mean^2 + exp(log_var) - log_var - 1)

    mean, log_var: (B, ...).  Returns (B,), zero or more.
    """
    return 0.5 * (mean**2 + log_var.exp() - log_var - 1).flatten(1).sum(dim=1)


def vae_loss(vae: DigitVAE, images: Tensor, beta: float, eps: Tensor) -> Tensor:
    """Rebuild the picture, and keep the latents near the standard normal; beta weighs the second (Higgins et al. 2017).

    loss = mean over the batch of (sum of squared pixel errors + beta * KL).  eps: (B, latent_size).  Returns a scalar.
    """
    mean, log_var = vae.encode(images)
    rebuilt = vae.decode(reparameterise(mean, log_var, eps))
    error = F.mse_loss(rebuilt, images, reduction="none").flatten(1).sum(dim=1)  # (B,)
    return (error + beta * kl_divergence(mean, log_var)).mean()


@takes(a="...", b="...", weight=check_number)
def slerp(a: Tensor, b: Tensor, weight: float) -> Tensor:
    """Walk from a to b on the sphere, so that the length stays (Shoemake 1985).

    sin((1 - w) omega) / sin(omega) * a + sin(w omega) / sin(omega) * b,  omega the angle between a and b

    Noise in many dimensions has nearly one length; the straight line between two noises leaves it.
    a, b: the same shape.  weight: 0 gives a, 1 gives b.  Raises ValueError where they point the same or opposite ways.
    """
    cosine = F.cosine_similarity(a.flatten(), b.flatten(), dim=0).clamp(-1, 1)
    omega = torch.arccos(cosine)
    if torch.sin(omega) < 2e-3:  # as near as single precision can tell
        raise ValueError(
            "a and b lie on one line, so no way on the sphere is the shortest: draw two different noises."
        )
    return (torch.sin((1 - weight) * omega) * a + torch.sin(weight * omega) * b) / torch.sin(omega)
