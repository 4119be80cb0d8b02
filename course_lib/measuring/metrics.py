"""How good is a set of generated pictures?  Distances are only comparable inside one feature space and at one n."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks import advise, check_count, check_is, takes

FEATURES = (
    check_is,
    "num_features",
    "a network with num_features, such as judge.features or JudgeFeatures(judge)",
)
FEW = 10  # pictures of a kernel distance: below it chance decides


@takes(rebuilt="...", images="...")
def psnr(rebuilt: Tensor, images: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of pictures in [-1, 1], in decibels; higher is better.

    10 log10(peak^2 / mean squared error), peak = 2

    rebuilt, images: the same shape.  Returns one number; infinity where they are equal.
    """
    return 10 * torch.log10(2**2 / F.mse_loss(rebuilt, images))


@takes(generated="N C H W", reference="M C H W", features=FEATURES, batch_size=check_count)
def fid(generated: Tensor, reference: Tensor, features: nn.Module, batch_size: int = 250) -> float:
    """Frechet inception distance (Heusel et al. 2017) in the features of any network, by torchmetrics.

    Each set's features become a Gaussian; the distance is ||m1 - m2||^2 + tr(C1 + C2 - 2 sqrt(C1 C2)).
    generated, reference: (N, C, H, W) as `features` wants them.  features(images) -> (N, D), with `num_features` = D.
    Smaller is better.  It falls with N: compare with `fid(real, reference)` at the same N, the floor.
    Warns where N is not above D; raises ValueError for other pictures, or fewer than 2.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    n = _fewest(generated, reference, 2)
    if n <= features.num_features:
        advise(
            f"The FID is computed from {n} pictures in {features.num_features} features: with no more pictures than features it "
            "is far too large, so compare only with an FID of as many, or take more pictures."
        )
    metric = FrechetInceptionDistance(feature=features, normalize=True)
    for pictures, real in ((generated, False), (reference, True)):
        for batch in pictures.split(batch_size):
            metric.update(batch, real=real)
    return metric.compute().item()


@takes(generated="N C H W", reference="M C H W", features=FEATURES, batch_size=check_count)
def kid(generated: Tensor, reference: Tensor, features: nn.Module, batch_size: int = 250) -> float:
    """Kernel inception distance (Binkowski et al. 2018) in the features of any network, by torchmetrics.

    The squared maximum mean discrepancy with the kernel (x . y / D + 1)^3: unbiased, so it does not fall with N as FID
    does.  Arguments as for `fid`; smaller is better.  Warns of few pictures; raises ValueError as `fid`, or for fewer than 4.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    size = _fewest(generated, reference, 4)
    _warn_of_few(size // 2)  # in each of the subsets that are drawn
    metric = KernelInceptionDistance(feature=features, subsets=20, subset_size=size // 2, normalize=True)
    for pictures, real in ((generated, False), (reference, True)):
        for batch in pictures.split(batch_size):
            metric.update(batch, real=real)
    with torch.random.fork_rng():
        torch.manual_seed(0)  # the subsets are drawn by chance
        return metric.compute()[0].item()


@takes(features_a="N D", features_b="M D")
def frechet_distance(features_a: Tensor, features_b: Tensor) -> Tensor:
    """How far apart two clouds of features lie, each taken as a Gaussian: the formula of the FID (Heusel et al. 2017).

    d = |m_a - m_b|^2 + tr(C_a) + tr(C_b) - 2 tr(sqrt(C_a C_b));    tr(sqrt(A)) = sum of the roots of A's eigenvalues

    features_a: (N, D), features_b: (M, D), all of 2 or more.  Computed in double precision: the last term nearly
    cancels the two before it.  Returns one float64.  Raises ValueError for other shapes.
    """
    if min(*features_a.shape, *features_b.shape) < 2:
        shapes = f"{tuple(features_a.shape)} and {tuple(features_b.shape)}"
        raise ValueError(f"The features have shapes {shapes}; give 2 rows or more in each, equally long.")
    a, b = features_a.double(), features_b.double()
    shift = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    cov_a, cov_b = torch.cov(a.T), torch.cov(b.T)  # (D, D)
    overlap = torch.linalg.eigvals(cov_a @ cov_b).sqrt().real.sum()
    return shift + cov_a.trace() + cov_b.trace() - 2 * overlap


@takes(features_a="N D", features_b="N D")
def kernel_distance(features_a: Tensor, features_b: Tensor) -> Tensor:
    """The KID of two clouds of features (Binkowski et al. 2018), all of them at once, by torchmetrics' kernel.

    features_a, features_b: (N, D), N of 2 or more.  Unbiased: two clouds of one kind give about 0 at every N, and half of
    the time a little less.  Returns one number.  Warns of few rows; raises ValueError for unequal or too small shapes.
    """
    from torchmetrics.image.kid import poly_mmd

    _warn_of_few(_fewest(features_a, features_b, 2))
    return poly_mmd(features_a.double(), features_b.double())


@takes(images="B C H W")
def sharpness(images: Tensor) -> Tensor:
    """How much neighbouring pixels differ: the mean length of the brightness gradient, in units of the pixels.

    mean of sqrt(dx^2 + dy^2), dx and dy the steps to the right and downwards

    images: (B, C, H, W).  Returns one number; 0 for a flat picture.
    """
    grey = images.mean(dim=1)  # (B, H, W)
    dx, dy = grey[:, :-1, 1:] - grey[:, :-1, :-1], grey[:, 1:, :-1] - grey[:, :-1, :-1]
    return (dx.square() + dy.square()).sqrt().mean()


def _fewest(a: Tensor, b: Tensor, at_least: int) -> int:
    n = min(len(a), len(b))
    if n < at_least:
        raise ValueError(
            f"There are {n} pictures in a set, but this distance needs {at_least} or more: take more."
        )
    return n


def _warn_of_few(n: int) -> None:
    if n < FEW:
        advise(
            f"A KID of {n} pictures at a time is mostly chance, and often far below 0: take {2 * FEW} or more."
        )
