"""The measures, against torchmetrics and their own properties."""

import math

import torch
from torch import nn
from torchmetrics.image import PeakSignalNoiseRatio

from course_lib.metrics import fid, kid, psnr


class Means(nn.Module):
    """Six features of a picture: mean and spread of each colour."""

    num_features = 6

    def forward(self, images):
        return torch.cat([images.mean((2, 3)), images.std((2, 3))], dim=1)


def pictures(seed: int, shift: float = 0.0, n: int = 200):
    return torch.randn(n, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) + shift


def test_psnr_is_torchmetrics():
    a = torch.rand(3, 3, 8, 8) * 2 - 1
    b = (a + 0.1 * torch.randn(a.shape)).clamp(-1, 1)
    torch.testing.assert_close(psnr(b, a), PeakSignalNoiseRatio(data_range=2.0)(b, a))
    assert math.isinf(psnr(a, a).item())


def test_distances_grow_with_the_shift_and_are_near_zero_for_the_same_kind():
    for distance in (fid, kid):
        same, near, far = (distance(pictures(1, shift), pictures(2), Means()) for shift in (0.0, 0.5, 2.0))
        assert abs(same) < near / 5 < far / 5


def test_kid_draws_its_subsets_the_same_way_and_leaves_the_random_stream_alone():
    torch.manual_seed(3)
    first = kid(pictures(1), pictures(2, 0.1), Means())
    state = torch.get_rng_state()
    assert kid(pictures(1), pictures(2, 0.1), Means()) == first
    assert torch.equal(torch.get_rng_state(), state)
