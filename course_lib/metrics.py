"""How good is a set of generated pictures?  Distances are only comparable inside one feature space and at one n."""

from torch import Tensor, nn


def fid(generated: Tensor, reference: Tensor, features: nn.Module, batch_size: int = 250) -> float:
    """Frechet inception distance (Heusel et al. 2017) in the features of any network, by torchmetrics.

    Each set's features become a Gaussian; the distance is ||m1 - m2||^2 + tr(C1 + C2 - 2 sqrt(C1 C2)).
    generated, reference: (N, C, H, W) as `features` wants them.  features(images) -> (N, D), with `num_features` = D.
    Smaller is better.  It falls with N: compare with `fid(real, reference)` at the same N, the floor.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=features, normalize=True)
    for pictures, real in ((generated, False), (reference, True)):
        for batch in pictures.split(batch_size):
            metric.update(batch, real=real)
    return metric.compute().item()
