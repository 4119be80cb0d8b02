"""Day 02: noising, one step and in one jump; the schedule read by its signal-to-noise ratio."""

import torch

from course_lib.diffusion.schedule import (
    add_noise,
    alphas_cumprod,
    linear_betas,
    noise_step,
    rescale_zero_terminal_snr,
    signal_to_noise,
)
from course_lib.exercises.catalogue import Exercise, Mistake


def _step_inputs(g, draw):
    x = torch.rand(3, 1, 4, 4, generator=g) * 2 - 1
    return x, torch.tensor(0.05 + 0.2 * draw), torch.randn(x.shape, generator=g)


def _jump_inputs(g, draw):
    x0 = torch.rand(5, 1 + 2 * (draw % 2), 4, 4, generator=g) * 2 - 1
    t = torch.randint(20, 700, (5,), generator=g)
    return x0, t, torch.randn(x0.shape, generator=g), alphas_cumprod(linear_betas())


def _alpha_bars(g, draw):
    return (torch.rand(12, generator=g) * 0.9 + 0.05,)


def _betas(g, draw):
    return (linear_betas(40 + 10 * draw, 1e-3, 0.03 + 0.02 * float(torch.rand(1, generator=g))),)


def _at(values, t):
    return values[t].view(-1, 1, 1, 1)


def _rescale(betas, shift=True, scale=True, on_root=True):
    root = alphas_cumprod(betas)
    root = root.sqrt() if on_root else root
    first, end = root[0].clone(), root[-1].clone()
    root = root - end if shift else root
    root = root * first / (first - end) if scale else root
    alpha_bar = root**2 if on_root else root
    return 1 - torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])


def _curve(betas):
    """sqrt(alpha_bar), moved and stretched."""
    return (1 - _rescale(betas)).cumprod(0).sqrt()


def _from_curve(alpha_bar):
    return 1 - torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])


EXERCISES = [
    Exercise(
        day="day02",
        reference=noise_step,
        make_inputs=_step_inputs,
        mistakes=(
            Mistake(lambda x, b, e: (1 - b) ** 0.5 * x + b * e,
                    "beta is a variance. What scales the noise is a standard deviation: how do you get one from the other?"),
            Mistake(lambda x, b, e: (1 - b) * x + b**0.5 * e,
                    "the picture is shrunk too much: its variance, not its values, should fall to 1 - beta."),
            Mistake(lambda x, b, e: (1 - b) * x + b * e,
                    "both factors need a square root: beta and 1 - beta are shares of variance."),
            Mistake(lambda x, b, e: x + b**0.5 * e,
                    "the picture is not shrunk, so its variance grows without end. Ink does that; DDPM makes room for the noise."),
            Mistake(lambda x, b, e: (1 - b) ** 0.5 * x - b**0.5 * e, "the noise is added, not taken away."),
            Mistake(lambda x, b, e: b**0.5 * x + (1 - b) ** 0.5 * e,
                    "the two factors are swapped: a small beta should leave the picture almost as it was."),
        ),
    ),
    Exercise(
        day="day02",
        reference=add_noise,
        make_inputs=_jump_inputs,
        mistakes=(
            Mistake(lambda x, t, e, a: _at(a, t) * x + (1 - _at(a, t)) * e,
                    "the square roots are missing: alpha_bar is a share of variance."),
            Mistake(lambda x, t, e, a: _at(a, t).sqrt() * x + (1 - _at(a, t)) * e,
                    "the factor of the noise needs its square root."),
            Mistake(lambda x, t, e, a: _at(a, t).sqrt() * x + (1 - _at(a, t).sqrt()) * e,
                    "the root stands in the wrong place: sqrt(1 - alpha_bar) is not 1 - sqrt(alpha_bar)."),
            Mistake(lambda x, t, e, a: _at(a, t - 1).sqrt() * x + (1 - _at(a, t - 1)).sqrt() * e,
                    "you are one step off: t = 0 is the first noisy step, and alpha_bar[t] belongs to step t."),
            Mistake(lambda x, t, e, a: (1 - _at(a, t)).sqrt() * x + _at(a, t).sqrt() * e,
                    "picture and noise are swapped: at small t the picture should be almost untouched."),
            Mistake(lambda x, t, e, a: _at(a, t).sqrt() * x + e,
                    "the noise is not scaled; at t = 0 there should be hardly any."),
            Mistake(lambda x, t, e, a: a[t[0]].sqrt() * x + (1 - a[t[0]]).sqrt() * e,
                    "the whole batch uses the first sample's t; each sample has its own."),
        ),
    ),
    Exercise(
        day="day02",
        reference=signal_to_noise,
        make_inputs=_alpha_bars,
        mistakes=(
            Mistake(lambda a: (1 - a) / a, "this is noise over signal; turn it round."),
            Mistake(lambda a: (a / (1 - a)).sqrt(),
                    "this is the ratio of the factors; the signal-to-noise ratio compares variances, so square it."),
            Mistake(lambda a: a.sqrt() / (1 - a), "the signal's share of the variance is alpha_bar itself, without a root."),
            Mistake(lambda a: (a / (1 - a)).log(), "this is its logarithm; return the ratio itself, the plot takes the logarithm."),
            Mistake(lambda a: a / 1 - a, "brackets are missing: Python divides before it subtracts, so write a / (1 - a)."),
            Mistake(lambda a: a, "alpha_bar is the signal's share. Divide by the noise's share."),
        ),
    ),
    Exercise(
        day="day02",
        reference=rescale_zero_terminal_snr,
        make_inputs=_betas,
        mistakes=(
            Mistake(lambda b: _rescale(b, scale=False),
                    "you shift but do not stretch: after the shift the first step has lost signal too. Scale it back."),
            Mistake(lambda b: _rescale(b, shift=False), "the last value must become 0 first: subtract it everywhere, then scale."),
            Mistake(lambda b: _rescale(b, on_root=False),
                    "shift and stretch sqrt(alpha_bar), not alpha_bar: the root is what multiplies the picture."),
            Mistake(lambda b: (1 - _rescale(b)).cumprod(0), "this is alpha_bar; turn it back into betas, step by step."),
            Mistake(lambda b: (1 - _rescale(b)).cumprod(0).sqrt(), "this is the curve, sqrt(alpha_bar); square it and turn it back into betas."),
            Mistake(lambda b: 1 - (1 - _rescale(b)).cumprod(0), "a beta is not 1 - alpha_bar: it needs the ratio of two neighbours."),
            Mistake(lambda b: _from_curve(_curve(b)), "square the curve before you take the ratios of neighbours: they are ratios of alpha_bar."),
            Mistake(lambda b: _from_curve((_curve(b) / _curve(b)[0]) ** 2),
                    "the curve should begin at its old first value, not at 1: stretch by the old first value too."),
            Mistake(lambda b: torch.cat([b[:-1], torch.ones(1)]),
                    "only the last beta was changed: the step before it still holds all its signal, then everything vanishes at once."),
        ),
    ),
]  # fmt: skip
