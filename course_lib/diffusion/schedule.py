"""The noise schedule: how much of the picture is left at each step, and the algebra between x0, eps and v.

Time runs as in DDPM: t = 0 is (almost) data, t = T - 1 is (almost) pure noise.

Symbols, the same everywhere in the course:
    beta_t       variance of the noise added by step t
    alpha_bar_t  product of (1 - beta_s) for s <= t: the share of the picture's variance that is left
    eps          standard normal noise,  x0  a clean picture in [-1, 1],  xt  the noisy picture at step t
    v            sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0 (Salimans and Ho 2022)
"""

import math

import torch
from torch import Tensor

from course_lib.checks import check_count, check_number, check_tensors, takes

PREDICTIONS = ("eps", "x0", "v")


def check_shares(values: Tensor, name: str) -> None:
    """betas or alpha_bar: (T,) floats in [0, 1].  Raises ValueError for others."""
    check_tensors("T", **{name: values})
    low, high = values.min().item(), values.max().item()
    if low < -1e-6 or high > 1 + 1e-6:  # they may be rounded
        raise ValueError(f"{name} runs from {low:.3g} to {high:.3g}; shares of variance lie in [0, 1].")


@takes(T=check_count, start=(check_number, 0, 1), end=(check_number, 0, 1))
def linear_betas(T: int = 1000, start: float = 1e-4, end: float = 0.02) -> Tensor:
    """The schedule of DDPM (Ho et al. 2020): beta_t grows linearly from `start` to `end`.

    T: number of steps, at least 1.  Returns betas, (T,) float32.  Raises ValueError for others.
    Made for T = 1000: with fewer steps and the same ends, the last step still holds signal.
    """
    return torch.linspace(start, end, T, dtype=torch.float64).float()


@takes(T=check_count, largest=(check_number, 0, 1))
def cosine_betas(T: int = 1000, largest: float = 0.999) -> Tensor:
    """The schedule of Nichol and Dhariwal (2021, eq. 17): alpha_bar_t falls like a squared cosine.

    T: number of steps, at least 1.  Returns betas, (T,) float32, none above `largest`.  Raises ValueError where T < 1.
    """
    edges = torch.arange(T + 1, dtype=torch.float64) / T
    left = torch.cos((edges + 0.008) / 1.008 * math.pi / 2) ** 2  # alpha_bar at the T + 1 edges of the steps
    return (1 - left[1:] / left[:-1]).clamp(max=largest).float()


@takes(betas="T")
def rescale_zero_terminal_snr(betas: Tensor) -> Tensor:
    """Shift and stretch a schedule so that its last step holds no signal (Lin et al. 2023, algorithm 1).

    sqrt(alpha_bar) is moved down by its last value, then scaled so that its first value is unchanged.
    betas: (T,), T >= 2.  Returns betas, (T,), the last one 1.  Raises ValueError where T < 2.
    """
    if len(betas) < 2:
        raise ValueError(f"There is {len(betas)} beta, but a schedule to rescale has at least 2 steps.")
    root = alphas_cumprod(betas).sqrt()
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    alpha_bar = root**2
    alphas = torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])
    return 1 - alphas


@takes(betas=check_shares)
def alphas_cumprod(betas: Tensor) -> Tensor:
    """alpha_bar_t = (1 - beta_0)(1 - beta_1) ... (1 - beta_t) (DDPM, before eq. 4).  betas: (T,).  Returns (T,)."""
    return torch.cumprod(1 - betas, dim=0)


def signal_to_noise(alpha_bar: Tensor) -> Tensor:
    """Signal-to-noise ratio of each step, SNR_t = alpha_bar_t / (1 - alpha_bar_t) (Kingma et al. 2021).

    alpha_bar: any shape, in [0, 1).  Returns the same shape; 0 is pure noise, 1 is as much picture as noise.
    """
    return alpha_bar / (1 - alpha_bar)


@takes(x="...", beta=(check_number, 0, 1), eps="...")
def noise_step(x: Tensor, beta: Tensor | float, eps: Tensor) -> Tensor:
    """One step of noising (DDPM, eq. 2): shrink the picture a little, add a little noise.

    x_t = sqrt(1 - beta_t) x_{t-1} + sqrt(beta_t) eps

    x, eps: the same shape.  beta: the step's variance, in [0, 1] (its square root scales the noise).
    Returns x_t, the shape of x.
    """
    return (1 - beta) ** 0.5 * x + beta**0.5 * eps


@takes(x0="N ...", t="int N", eps="N ...", alpha_bar=check_shares)
def add_noise(x0: Tensor, t: Tensor, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    """Jump from x0 straight to x_t (DDPM, Ho et al. 2020, eq. 4).

    x_t = sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) eps

    x0, eps: (B, ...) float, x0 in [-1, 1].  t: (B,) int64 in [0, T); t = 0 is the cleanest step.  alpha_bar: (T,).
    Returns x_t, the shape of x0.  Raises ValueError where t is out of range.
    """
    ab = at_step(alpha_bar, t, x0)  # (B, 1, ...)
    return ab.sqrt() * x0 + (1 - ab).sqrt() * eps


@takes(x0="N ...", eps="N ...", t="int N", alpha_bar=check_shares, prediction=PREDICTIONS)
def training_target(x0: Tensor, eps: Tensor, t: Tensor, alpha_bar: Tensor, prediction: str = "v") -> Tensor:
    """What the network is asked for: the noise, the clean picture, or v (Salimans and Ho 2022, section 4).

    x0, eps: (B, ...).  t: (B,) int64.  prediction: "eps", "x0" or "v".  Returns the shape of x0.
    """
    if prediction == "eps":
        return eps
    if prediction == "x0":
        return x0
    ab = at_step(alpha_bar, t, x0)
    return ab.sqrt() * eps - (1 - ab).sqrt() * x0


@takes(prediction=PREDICTIONS)
def to_x0(output: Tensor, xt: Tensor, t: Tensor, alpha_bar: Tensor, prediction: str = "v") -> Tensor:
    """Turn a network's output into its guess of the clean picture.

    eps: x0 = (xt - sqrt(1 - alpha_bar) eps) / sqrt(alpha_bar)      v: x0 = sqrt(alpha_bar) xt - sqrt(1 - alpha_bar) v

    output, xt: (B, ...).  t: (B,) int64.  Returns the shape of xt.  With "eps" a step that holds no signal
    (alpha_bar = 0) has no answer: the division by zero gives inf.
    """
    ab = at_step(alpha_bar, t, xt)
    if prediction == "x0":
        return output
    if prediction == "eps":
        return (xt - (1 - ab).sqrt() * output) / ab.sqrt()
    return ab.sqrt() * xt - (1 - ab).sqrt() * output


@takes(prediction=PREDICTIONS)
def to_eps(output: Tensor, xt: Tensor, t: Tensor, alpha_bar: Tensor, prediction: str = "v") -> Tensor:
    """Turn a network's output into its guess of the noise.  Arguments and shapes as in `to_x0`."""
    ab = at_step(alpha_bar, t, xt)
    if prediction == "eps":
        return output
    if prediction == "x0":
        return (xt - ab.sqrt() * output) / (1 - ab).sqrt()
    return ab.sqrt() * output + (1 - ab).sqrt() * xt


def at_step(values: Tensor, t: Tensor, like: Tensor) -> Tensor:
    """Look up values[t] for each sample, shaped to multiply `like`.

    values: (T,).  t: (B,) int64 in [0, T).  like: (B, ...).  Returns (B, 1, ...), as many dimensions as `like`.
    Raises ValueError where t is out of range or has another length than the batch.
    """
    if t.ndim != 1 or len(t) != len(like):
        raise ValueError(
            f"t has shape {tuple(t.shape)}; one step per sample is needed, shape ({len(like)},)."
        )
    if t.numel() and not (0 <= int(t.min()) and int(t.max()) < len(values)):
        raise ValueError(
            f"t runs from {int(t.min())} to {int(t.max())}; this schedule has steps 0 to {len(values) - 1}."
        )
    return values.to(like)[t].view(-1, *[1] * (like.ndim - 1))
