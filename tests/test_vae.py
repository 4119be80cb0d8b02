"""The VAE's two ideas and the walk on the sphere, against torch's own distributions and plain geometry."""

import pytest
import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from course_lib.diffusion.vae import DigitVAE, kl_divergence, reparameterise, slerp, vae_loss


def test_the_kl_is_torchs():
    mean, log_var = torch.randn(6, 5), torch.randn(6, 5)
    expected = torch_kl(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(kl_divergence(mean, log_var), expected)
    assert kl_divergence(torch.zeros(2, 3), torch.zeros(2, 3)).tolist() == [0, 0]


def test_samples_have_the_mean_and_the_spread_asked_for():
    mean, log_var = torch.full((20_000, 1), 2.0), torch.full((20_000, 1), -1.0)
    z = reparameterise(mean, log_var, torch.randn(20_000, 1, generator=torch.Generator().manual_seed(0)))
    assert z.mean().item() == pytest.approx(2.0, abs=0.02)
    assert z.var().item() == pytest.approx(torch.tensor(-1.0).exp().item(), rel=0.05)


def test_shapes_and_a_loss_that_falls():
    torch.manual_seed(0)
    vae, images, eps = DigitVAE(latent_size=3), torch.rand(8, 1, 16, 16) * 2 - 1, torch.randn(8, 3)
    mean, log_var = vae.encode(images)
    assert mean.shape == log_var.shape == (8, 3) and vae.decode(mean).shape == images.shape
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    losses = []
    for _ in range(30):
        loss = vae_loss(vae, images, 0.1, eps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_slerp_keeps_the_length_and_reaches_both_ends():
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(1, 4, 16, 16, generator=g) for _ in range(2))
    torch.testing.assert_close(slerp(a, b, 0.0), a)
    torch.testing.assert_close(slerp(a, b, 1.0), b)
    assert slerp(a, b, 0.5).norm() > 0.97 * a.norm() > ((a + b) / 2).norm() * 1.3


def test_slerp_walks_at_an_even_angle():
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    torch.testing.assert_close(slerp(a, b, 1 / 3), torch.tensor([3**0.5 / 2, 0.5]))


def test_slerp_has_no_way_between_noises_on_one_line():
    a = torch.randn(50)
    for b in (2 * a, -a):
        with pytest.raises(ValueError, match="draw two different noises"):
            slerp(a, b, 0.5)
