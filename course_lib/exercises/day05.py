"""Day 05: the two ideas of the VAE, a measure of what compression loses, and the walk between two noises."""

import math

import torch

from course_lib.diffusion.vae import kl_divergence, reparameterise, slerp
from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.measuring.metrics import psnr


def _gaussian(g, draw):
    mean, log_var, eps = (torch.randn(4, 2 + draw, generator=g) for _ in range(3))
    return mean, log_var, eps


def _kl_inputs(g, draw):
    return tuple(torch.randn(4, 2 + draw, generator=g) for _ in range(2))


def _pictures(g, draw):
    a = torch.rand(3, 1 + 2 * (draw % 2), 8, 8, generator=g) * 2 - 1
    return a, (a + 0.1 * (draw + 1) * torch.randn(a.shape, generator=g)).clamp(-1, 1)


def _two_noises(g, draw):
    a, b = (torch.randn(1 + draw % 2, 4, 4, 4, generator=g) for _ in range(2))
    b = 0.6 * a + 0.8 * b  # an angle that is no right one tells the formulas apart
    return a, b, (0.25, 0.5, 0.7, 0.9)[draw]


def _omega(a, b):
    return torch.arccos((a.flatten() @ b.flatten() / a.norm() / b.norm()).clamp(-1, 1))


def _on_the_sphere(a, b, w, omega):
    return (((1 - w) * omega).sin() * a + (w * omega).sin() * b) / omega.sin()


def _kl(mean, log_var, half=0.5, sign=1.0):
    return half * (mean**2 + sign * (log_var.exp() - log_var - 1)).sum(dim=1)


def _db(a, b, peak=4.0, log=math.log10):
    return 10 * log(peak / (a - b).square().mean().item())


EXERCISES = [
    Exercise(
        day="day05",
        reference=reparameterise,
        learns=True,
        make_inputs=_gaussian,
        mistakes=(
            Mistake(lambda m, v, e: m + v.exp() * e, "exp(log_var) is the variance. What scales the noise is a standard deviation."),
            Mistake(lambda m, v, e: m + v * e, "log_var is a logarithm: take exp to come back from it, then the root."),
            Mistake(lambda m, v, e: m + v / 2 * e, "log_var / 2 is the logarithm of the standard deviation; take exp of it."),
            Mistake(lambda m, v, e: m + (2 * v).exp() * e, "a root halves the logarithm: it is exp(log_var / 2), not exp(2 log_var)."),
            Mistake(lambda m, v, e: (v / 2).exp() * e, "the mean is missing: the noise spreads around it."),
            Mistake(lambda m, v, e: m + e, "the noise is not scaled; multiply it by the standard deviation."),
            Mistake(lambda m, v, e: m * (v / 2).exp() + e, "the standard deviation belongs to the noise, not to the mean."),
            Mistake(lambda m, v, e: m, "no noise is added: this gives the mean itself."),
            Mistake(lambda m, v, e: m - (v / 2).exp() * e, "the noise is added, not taken away."),
        ),
    ),
    Exercise(
        day="day05",
        reference=kl_divergence,
        learns=True,
        make_inputs=_kl_inputs,
        mistakes=(
            Mistake(lambda m, v: _kl(m, v, half=1.0), "the factor 1/2 is missing."),
            Mistake(lambda m, v: -_kl(m, v), "the sign is turned round: a KL divergence is zero or more."),
            Mistake(lambda m, v: 0.5 * (m + v.exp() - v - 1).sum(1), "the mean enters squared: a latent at -2 is as far off as one at 2."),
            Mistake(lambda m, v: 0.5 * (m**2 + v - v.exp() - 1).sum(1), "exp(log_var) and log_var have each other's sign."),
            Mistake(lambda m, v: 0.5 * (m**2 + v.exp() - v).sum(1), "the -1 is missing: a standard normal should give 0."),
            Mistake(lambda m, v: 0.5 * (m**2 + v - v.log().nan_to_num() - 1).sum(1), "log_var is already a logarithm; its exp is the variance."),
            Mistake(lambda m, v: 0.5 * (m**2 + v**2 - v - 1).sum(1), "the variance is exp(log_var), not log_var squared."),
            Mistake(lambda m, v: 0.5 * (m**2 + (v / 2).exp() - v - 1).sum(1), "exp(log_var / 2) is the standard deviation; the variance is asked for."),
            Mistake(lambda m, v: _kl(m, v) / m.shape[1], "this is the mean over the latent's numbers; take their sum."),
            Mistake(lambda m, v: _kl(m, v).sum(), "one number per picture is asked for: sum over dim=1, not over the batch."),
            Mistake(lambda m, v: _kl(m, v).mean(), "one number per picture is asked for: sum over dim=1, not over the batch."),
            Mistake(lambda m, v: 0.5 * (m**2 + v.exp() - v - 1), "sum over the latent's numbers (dim=1): one value per picture."),
        ),
    ),
    Exercise(
        day="day05",
        reference=psnr,
        make_inputs=_pictures,
        mistakes=(
            Mistake(lambda a, b: _db(a, b, peak=1.0), "the peak is 2, for pixels run from -1 to 1; its square stands above the error."),
            Mistake(lambda a, b: _db(a, b, peak=2.0), "the peak must be squared, as the error is: 2 squared is 4."),
            Mistake(lambda a, b: _db(a, b, peak=255.0**2), "these pixels run from -1 to 1, not from 0 to 255: the peak is 2."),
            Mistake(lambda a, b: _db(a, b, log=math.log), "decibels use the logarithm to base 10: torch.log10 or math.log10."),
            Mistake(lambda a, b: _db(a, b, log=math.log2), "decibels use the logarithm to base 10: torch.log10 or math.log10."),
            Mistake(lambda a, b: -_db(a, b), "the fraction is turned over: a smaller error should give more decibels."),
            Mistake(lambda a, b: _db(a, b) * 2, "the factor is 10; 20 belongs to the ratio without squares."),
            Mistake(lambda a, b: _db(a, b) / 10, "the factor 10 is missing: a bel has ten decibels."),
            Mistake(lambda a, b: 10 * math.log10(4 / (a - b).abs().mean().item()), "square the differences before you take their mean."),
            Mistake(lambda a, b: 10 * math.log10(4 / (a - b).square().sum().item()), "take the mean of the squared differences, not their sum."),
            Mistake(lambda a, b: (a - b).square().mean().item(), "this is the mean squared error; turn it into decibels."),
        ),
    ),
    Exercise(
        day="day05",
        reference=slerp,
        make_inputs=_two_noises,
        mistakes=(
            Mistake(lambda a, b, w: (1 - w) * a + w * b, "this is the straight line; between two noises it leads through too short ones."),
            Mistake(lambda a, b, w: _on_the_sphere(a, b, w, torch.arccos(a.flatten() @ b.flatten() / a.norm() * b.norm())),
                    "the cosine came out above 1: put brackets round the product of the two lengths, (a.norm() * b.norm())."),
            Mistake(lambda a, b, w: slerp(b, a, w), "a and b are swapped: weight 0 should give a."),
            Mistake(lambda a, b, w: torch.sin((1 - w) * _omega(a, b)) * a + torch.sin(w * _omega(a, b)) * b,
                    "divide by sin(omega), or the two ends do not come out."),
            Mistake(lambda a, b, w: ((1 - w) * _omega(a, b)).sin() / _omega(a, b) * a + (w * _omega(a, b)).sin() / _omega(a, b) * b,
                    "divide by the sine of omega, not by omega."),
            Mistake(lambda a, b, w: ((1 - w) * _omega(a, b).cos()).sin() / _omega(a, b).cos().sin() * a + (w * _omega(a, b).cos()).sin() / _omega(a, b).cos().sin() * b,
                    "that is the cosine of the angle; torch.arccos gives omega itself."),
            Mistake(lambda a, b, w: (1 - w) ** 0.5 * a + w**0.5 * b,
                    "the square roots keep the variance only where the two are exactly at right angles; use the sines."),
        ),
    ),
]  # fmt: skip
