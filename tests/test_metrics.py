"""The measures, against torchmetrics and their own properties."""

import math
import warnings

import pytest
import torch
from scipy import linalg
from torch import nn
from torchmetrics.image import PeakSignalNoiseRatio
from torchmetrics.image.kid import KernelInceptionDistance

from course_lib.measuring.metrics import fid, frechet_distance, kernel_distance, kid, psnr, sharpness


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


def test_frechet_distance_is_torchmetrics_fid():
    a, b, features = pictures(1, 0.3), pictures(2), Means()
    assert frechet_distance(features(a), features(b)).item() == pytest.approx(fid(a, b, features), rel=1e-4)


def test_frechet_distance_of_two_known_clouds():
    """Spreads 1 and 2 in both directions, means 3 apart: 9 + 2 (1 - 2)^2; and by scipy's root of a matrix."""
    corners = (
        torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]) * 0.75**0.5
    )  # variance 1, with N - 1
    moved = 2 * corners + torch.tensor([3.0, 0.0])
    assert frechet_distance(corners, moved).item() == pytest.approx(11)
    g = torch.Generator().manual_seed(0)
    a, b = (
        torch.randn(50, 4, generator=g).double() @ torch.randn(4, 4, generator=g).double() for _ in range(2)
    )
    ca, cb = torch.cov(a.T).numpy(), torch.cov(b.T).numpy()
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + (ca + cb - 2 * linalg.sqrtm(ca @ cb).real).trace()
    assert frechet_distance(a, b).item() == pytest.approx(expected.item())


def test_frechet_distance_of_a_cloud_to_itself_is_zero_even_with_few_pictures():
    few = torch.nn.functional.normalize(
        torch.randn(20, 128, generator=torch.Generator().manual_seed(0)), dim=1
    )
    assert frechet_distance(few, few.clone()).item() == pytest.approx(0, abs=1e-6)


def test_frechet_distance_falls_with_n_and_kernel_distance_does_not():
    g = torch.Generator().manual_seed(0)
    mean = lambda distance, n: (
        sum(distance(*torch.randn(2, n, 8, generator=g)).item() for _ in range(30)) / 30
    )
    assert mean(frechet_distance, 20) > 3 * mean(frechet_distance, 200)
    assert abs(mean(kernel_distance, 20)) < 0.1 and abs(mean(kernel_distance, 200)) < 0.1


def test_kernel_distance_is_torchmetrics_kid():
    a, b, features = pictures(1, 0.3, n=40), pictures(2, n=40), Means()
    metric = KernelInceptionDistance(feature=features, subsets=1, subset_size=40)
    metric.update(a, real=False)
    metric.update(b, real=True)
    mine = kernel_distance(features(a), features(b)).item()
    assert mine == pytest.approx(metric.compute()[0].item(), rel=1e-3) and mine > 0


@pytest.mark.parametrize(
    "distance, n, words",
    [
        (
            lambda n: fid(pictures(1, n=n), pictures(2, n=n), Means()),
            6,
            "FID is computed from 6 pictures in 6 features",
        ),
        (lambda n: kid(pictures(1, n=n), pictures(2, n=n), Means()), 10, "KID of 5 pictures at a time"),
        (lambda n: kernel_distance(*torch.randn(2, n, 4)), 9, "KID of 9 pictures"),
    ],
)
def test_few_pictures_are_warned_of_and_too_few_refused(distance, n, words):
    with pytest.warns(UserWarning, match=words):
        distance(n)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="A KID|The FID")
        distance(2 * n + 2)
    with pytest.raises(ValueError, match="or more: take more"):
        distance(1)


@pytest.mark.parametrize("shapes", [((1, 4), (9, 4)), ((9, 4), (9, 5)), ((9, 4), (1, 4))])
def test_too_few_or_unequal_features_are_one_sentence(shapes):
    for distance in (frechet_distance, kernel_distance):
        with pytest.raises(ValueError, match="The features have shapes|features_b has shape|2 or more"):
            distance(*(torch.randn(shape) for shape in shapes))
    with pytest.raises(ValueError, match="does not fit features_a: N is 6 here and 5 there"):
        kernel_distance(torch.randn(5, 4), torch.randn(6, 4))
    with pytest.raises(ValueError, match="2 or more"):
        kernel_distance(torch.randn(1, 4), torch.randn(1, 4))


def test_sharpness_is_the_mean_step_and_falls_with_blur():
    ramp = torch.arange(8.0).expand(1, 3, 8, 8)
    assert sharpness(ramp).item() == pytest.approx(1) and sharpness(
        ramp.transpose(2, 3)
    ).item() == pytest.approx(1)
    assert sharpness(ramp + ramp.transpose(2, 3)).item() == pytest.approx(2**0.5)
    noise = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert sharpness(torch.nn.functional.avg_pool2d(noise, 3, 1, 1)) < 0.6 * sharpness(noise)
