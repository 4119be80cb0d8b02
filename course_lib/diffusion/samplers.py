"""Five ways from noise to a picture.  Each is a generator that yields x_t after every step.

All take the same arguments:

    denoise(x, t) -> the network's output; x: (B, C, H, W), t: (B,) int64
    x             (B, C, H, W) standard normal noise to start from
    alpha_bar     (T,) the schedule the network was trained with
    steps         how many steps to take, 1 <= steps <= T
    prediction    what the output means: "eps", "x0" or "v"
    clip          hold each guess of x0 inside [-1, 1]
    generator     where the random numbers come from (DDPM, and DDIM with eta > 0)

Steps are spaced "trailing", so the first one starts at the noisiest t = T - 1 (Lin et al. 2023, table 2).
The last step never adds noise.  Every sampler equals its diffusers scheduler (tests/test_samplers.py).
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from course_lib.checks import check_callable, check_count, check_generator, check_is, check_number, takes
from course_lib.diffusion.schedule import PREDICTIONS, check_shares, to_eps, to_x0

ARGUMENTS = dict(
    denoise=check_callable, x="N C H W", alpha_bar=check_shares, steps=check_count, eta=(check_number, 0, 1),
    prediction=PREDICTIONS, generator=check_generator,
)  # fmt: skip


def guide(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance in the convention of Imagen and diffusers.

    guided = unconditional + scale (conditional - unconditional);  scale 1 is off, 0 ignores the label

    Both outputs: the same shape.  Returns that shape.  (Ho and Salimans 2022 write 1 + w where we write scale.)
    """
    return unconditional + scale * (conditional - unconditional)


@takes(model=check_callable, labels="int N", scale=check_number)
def guided(model, labels: Tensor, scale: float = 1.0) -> Callable[[Tensor, Tensor], Tensor]:
    """Make `denoise(x, t)` from a class-conditional model.  labels: (B,) int64.  scale: see `guide`."""

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        if scale == 1:
            return model(x, t, labels)
        null = torch.full_like(labels, model.config.num_classes)
        both = model(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, null]))  # one call for both
        conditional, unconditional = both.chunk(2)
        return guide(conditional, unconditional, scale)

    return denoise


@takes(T=check_count)
def trailing_timesteps(T: int, steps: int) -> list[int]:
    """`steps` numbers from T - 1 downwards, evenly spaced.  Raises ValueError unless 1 <= steps <= T."""
    check_count(steps, "steps", 1, T)
    return (np.round(np.arange(T, 0, -T / steps)).astype(int) - 1).tolist()


@takes(alpha_bar=check_shares)
def karras_timesteps(
    alpha_bar: Tensor, steps: int, *, largest: float = 20.0, smallest: float = 0.1, rho: float = 7.0
) -> list[int]:
    """Steps whose sigmas are spaced as by Karras et al. (2022, eq. 5): many where sigma is small and the road bends.

    largest, smallest: the ends in sigma.  At sigma = 20 a picture in [-1, 1] is lost in noise.  Returns t, falling.
    """
    check_count(steps, "steps", 1, len(alpha_bar))
    ramp = torch.linspace(largest ** (1 / rho), smallest ** (1 / rho), steps) ** rho
    sigma = _sigma(_finite(alpha_bar))
    return [int((sigma - wanted).abs().argmin()) for wanted in ramp]


def ddpm_step(xt: Tensor, x0: Tensor, alpha_bar_t: Tensor, alpha_bar_next: Tensor, noise: Tensor) -> Tensor:
    """Draw the next, cleaner x from the posterior q(x_next | x_t, x0) (DDPM, eq. 6 and 7).

    With alpha = alpha_bar_t / alpha_bar_next and beta = 1 - alpha:
        mean     = sqrt(alpha_bar_next) beta / (1 - alpha_bar_t) x0 + sqrt(alpha) (1 - alpha_bar_next) / (1 - alpha_bar_t) x_t
        variance = (1 - alpha_bar_next) / (1 - alpha_bar_t) beta        (0 at the last step, where alpha_bar_next = 1)

    xt, x0, noise: the same shape.  alpha_bar_t, alpha_bar_next: scalars.  Returns that shape.
    """
    alpha = alpha_bar_t / alpha_bar_next
    beta = 1 - alpha
    mean = alpha_bar_next.sqrt() * beta / (1 - alpha_bar_t) * x0
    mean = mean + alpha.sqrt() * (1 - alpha_bar_next) / (1 - alpha_bar_t) * xt
    variance = (1 - alpha_bar_next) / (1 - alpha_bar_t) * beta
    return mean + variance.sqrt() * noise


def ddim_step(x0: Tensor, eps: Tensor, alpha_bar_next: Tensor) -> Tensor:
    """Go to the next, cleaner step along the guessed noise (DDIM, Song et al. 2021, eq. 12 with sigma = 0).

    x_next = sqrt(alpha_bar_next) x0 + sqrt(1 - alpha_bar_next) eps

    x0, eps: the network's two guesses, the same shape.  alpha_bar_next: scalar, 1 at the last step.
    """
    return alpha_bar_next.sqrt() * x0 + (1 - alpha_bar_next).sqrt() * eps


@takes(**ARGUMENTS)
def sample_ddpm(
    denoise, x, alpha_bar, steps, *, prediction="v", clip=True, generator=None
) -> Iterator[Tensor]:
    """Ancestral sampling (DDPM, Ho et al. 2020, algorithm 2): a fresh pinch of noise at every step but the last."""
    for t, now, after in _pairs(alpha_bar, steps):
        x0, _ = guesses(denoise, x, t, alpha_bar, prediction, clip)
        x = ddpm_step(x, x0, now, after, _noise_like(x, generator))
        yield x


@takes(**ARGUMENTS)
def sample_ddim(
    denoise, x, alpha_bar, steps, *, eta=0.0, prediction="v", clip=True, generator=None
) -> Iterator[Tensor]:
    """DDIM (Song et al. 2021, eq. 12 and 16).  eta = 0: no randomness after the start; eta = 1: DDPM's variance."""
    for t, now, after in _pairs(alpha_bar, steps):
        x0, eps = guesses(denoise, x, t, alpha_bar, prediction, clip)
        if eta == 0:
            x = ddim_step(x0, eps, after)
        else:
            sigma = eta * ((1 - after) / (1 - now) * (1 - now / after)).sqrt()
            x = after.sqrt() * x0 + (1 - after - sigma**2).clamp(min=0).sqrt() * eps
            x = x + sigma * _noise_like(x, generator)
        yield x


@takes(**ARGUMENTS)
def sample_euler(
    denoise, x, alpha_bar, steps, *, prediction="v", clip=True, generator=None
) -> Iterator[Tensor]:
    """Euler's method on the ODE d(scaled x)/d(sigma) = eps (Karras et al. 2022, algorithm 1 without its second half).

    scaled x = x / sqrt(alpha_bar), sigma = sqrt((1 - alpha_bar) / alpha_bar): in these, the picture stands still
    and only noise shrinks.
    """
    alpha_bar = _finite(alpha_bar)
    for t, now, after in _pairs(alpha_bar, steps):
        _, slope = guesses(denoise, x, t, alpha_bar, prediction, clip)
        x = after.sqrt() * (x / now.sqrt() + (_sigma(after) - _sigma(now)) * slope)
        yield x


@takes(**ARGUMENTS)
def sample_heun(
    denoise, x, alpha_bar, steps, *, prediction="v", clip=True, generator=None, times=None
) -> Iterator[Tensor]:
    """Heun's method (Karras et al. 2022, algorithm 1): step, look at the slope there too, and take the mean of both.

    Two network calls a step, but one at the last (there is no slope at sigma = 0).
    times: the t of each step; None: `karras_timesteps`, for the mean of two slopes goes wrong over huge steps in sigma.
    """
    alpha_bar = _finite(alpha_bar)
    pairs = _pairs(alpha_bar, steps, karras_timesteps(alpha_bar, steps) if times is None else times)
    for i, (t, now, after) in enumerate(pairs):
        _, slope = guesses(denoise, x, t, alpha_bar, prediction, clip)
        start, width = x / now.sqrt(), _sigma(after) - _sigma(now)
        x = after.sqrt() * (start + width * slope)
        if i + 1 < len(pairs):
            _, slope_there = guesses(denoise, x, pairs[i + 1][0], alpha_bar, prediction, clip)
            x = after.sqrt() * (start + width * (slope + slope_there) / 2)
        yield x


@takes(**ARGUMENTS)
def sample_dpmpp_2m(
    denoise, x, alpha_bar, steps, *, prediction="v", clip=True, generator=None
) -> Iterator[Tensor]:
    """DPM-Solver++(2M) (Lu et al. 2022, algorithm 2): extrapolate x0 from this guess and the one before.

    lambda = log(sqrt(alpha_bar) / sqrt(1 - alpha_bar)).  The first and the last step use one guess only.
    """
    x0_before = lambda_before = None
    alpha_bar = _finite(alpha_bar)
    pairs = _pairs(alpha_bar, steps)
    for i, (t, now, after) in enumerate(pairs):
        x0, _ = guesses(denoise, x, t, alpha_bar, prediction, clip)
        aim = x0
        if x0_before is not None and i + 1 < len(pairs):
            ratio = (_lambda(now) - lambda_before) / (_lambda(after) - _lambda(now))
            aim = x0 + (x0 - x0_before) / (2 * ratio)
        shrink = ((1 - after) / (1 - now)).sqrt()  # how much of the noise stays
        x = shrink * x + (after.sqrt() - shrink * now.sqrt()) * aim
        x0_before, lambda_before = x0, _lambda(now)
        yield x


SAMPLERS = {
    "DDPM": sample_ddpm,
    "DDIM": sample_ddim,
    "Euler": sample_euler,
    "Heun": sample_heun,
    "DPM-Solver++(2M)": sample_dpmpp_2m,
}


@takes(steps=(check_is, "__next__", "a sampler at work, such as sample_ddim(...)"))
def last(steps: Iterator[Tensor]) -> Tensor:
    """Run a sampler to its end and return the finished pictures."""
    pictures = None
    for pictures in steps:  # noqa: B007
        pass
    if pictures is None:
        raise ValueError(
            "This sampler has been run to its end before: call it again, sample_ddim(...), for new pictures."
        )
    return pictures


@takes(**ARGUMENTS)
@torch.no_grad()
def guesses(denoise, x, t: int, alpha_bar, prediction="v", clip=True) -> tuple[Tensor, Tensor]:
    """Ask the network once at step t; returns its guesses (x0, eps), each the shape of x."""
    check_count(t, "t", 0, len(alpha_bar) - 1)
    steps = torch.full((len(x),), int(t), device=x.device, dtype=torch.int64)  # (B,)
    output = denoise(x, steps)
    x0 = to_x0(output, x, steps, alpha_bar, prediction)
    if clip:
        x0 = x0.clamp(-1, 1)
        return x0, to_eps(x0, x, steps, alpha_bar, "x0")  # the noise that fits the clipped picture
    return x0, to_eps(output, x, steps, alpha_bar, prediction)


def _pairs(alpha_bar: Tensor, steps: int, times: list[int] | None = None) -> list[tuple[int, Tensor, Tensor]]:
    """(t, alpha_bar at t, alpha_bar after the step); after the last step nothing but picture is left: 1."""
    ts = trailing_timesteps(len(alpha_bar), steps) if times is None else times
    after = [alpha_bar[t] for t in ts[1:]] + [torch.ones_like(alpha_bar[0])]
    return [(t, alpha_bar[t], a) for t, a in zip(ts, after)]


def _finite(alpha_bar: Tensor) -> Tensor:
    """Where no signal is left, sigma is infinite; like diffusers, hold alpha_bar at 2^-24 there."""
    return alpha_bar.clamp(min=2**-24)


def _sigma(alpha_bar: Tensor) -> Tensor:
    return ((1 - alpha_bar) / alpha_bar).sqrt()


def _lambda(alpha_bar: Tensor) -> Tensor:
    return -_sigma(alpha_bar).log()


def _noise_like(x: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
