"""Training a diffusion model: one loss, one loop, one moving average (DDPM, Ho et al. 2020, algorithm 1)."""

import copy
from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks import (
    check_count,
    check_generator,
    check_network,
    check_number,
    check_pictures,
    check_tensors,
    takes,
)
from course_lib.diffusion.schedule import PREDICTIONS, add_noise, check_shares, training_target


def diffusion_loss(model, x0, labels, alpha_bar, *, prediction="v", generator=None) -> Tensor:
    """How well is the noise added at a random step guessed?  (DDPM, eq. 14; target v: Salimans and Ho 2022)

    loss = mean over the batch and all pixels of (model(x_t, t) - target)^2,  t uniform in [0, T), one t per sample

    model(xt, t, labels) -> (B, C, H, W).  x0: (B, C, H, W) in [-1, 1].  labels: (B,) int64 or None.  alpha_bar: (T,).
    Returns a scalar.
    """
    t = torch.randint(0, len(alpha_bar), (len(x0),), generator=generator, device=x0.device)  # (B,)
    eps = torch.randn(x0.shape, generator=generator, device=x0.device)
    xt = add_noise(x0, t, eps, alpha_bar)
    target = training_target(x0, eps, t, alpha_bar, prediction)
    return F.mse_loss(model(xt, t, labels), target)


@takes(labels="int N", null_label=(check_count, 0), p=(check_number, 0, 1), generator=check_generator)
def drop_labels(
    labels: Tensor, null_label: int, p: float, generator: torch.Generator | None = None
) -> Tensor:
    """Replace each sample's label by `null_label` with probability p (classifier-free guidance, Ho and Salimans 2022).

    labels: (B,) int64, left unchanged.  p: in [0, 1].  Returns new labels, (B,) int64.
    """
    drop = torch.rand(labels.shape, generator=generator, device=labels.device) < p  # one coin per sample
    return torch.where(drop, null_label, labels)


@takes(ema_model=check_network, model=check_network, decay=(check_number, 0, 1))
@torch.no_grad()
def update_ema(ema_model: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the averaged weights a little towards the model's, in place.

    ema = decay * ema + (1 - decay) * weight        decay: in [0, 1], e.g. 0.99; 1 would never move.
    """
    for ema, weight in zip(ema_model.parameters(), model.parameters(), strict=True):
        ema.lerp_(weight, 1 - decay)


@takes(model=check_network)
def start_ema(model: nn.Module) -> nn.Module:
    """A copy of the model for `update_ema`: same weights, no gradients."""
    return copy.deepcopy(model).requires_grad_(False)


@takes(
    model=check_network, ema_model=check_network, images=(check_pictures, "N C H W"), labels="int N", alpha_bar=check_shares,
    steps=(check_count, 0), batch_size=check_count, lr=partial(check_number, above=0), prediction=PREDICTIONS, label_dropout=(check_number, 0, 1),
    ema_decay=(check_number, 0, 1), generator=check_generator,
)  # fmt: skip
def train(model, ema_model, images, labels, alpha_bar, *, steps, batch_size=64, lr=2e-3, prediction="v",
          label_dropout=0.1, ema_decay=0.99, generator=None) -> Iterator[tuple[int, float]]:  # fmt: skip
    """Train on (images, labels) for `steps` steps; yields (step, loss) after each optimizer step.

    images: (N, C, H, W) in [-1, 1].  labels: (N,) int64.  The learning rate rises for the first tenth of the steps
    and then falls to zero (one cycle).  Raises ValueError where a pixel is outside [-1, 1] or the shape is wrong.
    """
    check_tensors("N ..., int N", images=images, labels=labels)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=max(steps, 2), pct_start=0.1)
    null_label = model.config.num_classes
    for step in range(steps):
        batch = torch.randint(0, len(images), (batch_size,), generator=generator)
        y = drop_labels(labels[batch], null_label, label_dropout, generator)
        loss = diffusion_loss(model, images[batch], y, alpha_bar, prediction=prediction, generator=generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
        # Early on the average would cling to the random start, so it begins short and grows longer.
        update_ema(ema_model, model, min(ema_decay, (1 + step) / (10 + step)))
        yield step, loss.item()
