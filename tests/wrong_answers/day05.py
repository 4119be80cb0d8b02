"""Wrong answers of day 05 as students write them, each with words of the hint it must get."""

import math

import torch


def sample_with_variance(mean, log_var, eps):
    return mean + torch.exp(log_var) * eps


def sample_with_the_logarithm(mean, log_var, eps):
    return mean + log_var * eps


def sample_without_exp(mean, log_var, eps):
    std = 0.5 * log_var
    return mean + std * eps


def sample_own_noise(mean, log_var, eps):
    return mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)


def sample_no_mean(mean, log_var, eps):
    return torch.exp(0.5 * log_var) * eps


def sample_root_first(mean, log_var, eps):
    return mean + log_var.sqrt().exp() * eps


def kl_no_half(mean, log_var):
    return (mean**2 + log_var.exp() - log_var - 1).sum(dim=1)


def kl_negative(mean, log_var):
    return 0.5 * (1 + log_var - mean**2 - log_var.exp()).sum(dim=1)


def kl_mean_not_squared(mean, log_var):
    return 0.5 * (mean + log_var.exp() - log_var - 1).sum(dim=1)


def kl_whole_batch(mean, log_var):
    return 0.5 * (mean**2 + log_var.exp() - log_var - 1).sum()


def kl_not_summed(mean, log_var):
    return 0.5 * (mean**2 + log_var.exp() - log_var - 1)


def kl_over_batch(mean, log_var):
    return 0.5 * (mean**2 + log_var.exp() - log_var - 1).sum(dim=0)


def kl_mean_of_numbers(mean, log_var):
    return 0.5 * (mean**2 + log_var.exp() - log_var - 1).mean(dim=1)


def kl_without_one(mean, log_var):
    return 0.5 * (mean**2 + log_var.exp() - log_var).sum(dim=1)


def psnr_of_unit_pictures(rebuilt, images):
    return 10 * torch.log10(1 / ((rebuilt - images) ** 2).mean())


def psnr_peak_not_squared(rebuilt, images):
    return 10 * torch.log10(2 / ((rebuilt - images) ** 2).mean())


def psnr_bytes(rebuilt, images):
    return 10 * math.log10(255**2 / torch.mean((rebuilt - images) ** 2))


def psnr_natural(rebuilt, images):
    return 10 * torch.log(4 / ((rebuilt - images) ** 2).mean())


def psnr_absolute(rebuilt, images):
    return 10 * torch.log10(4 / (rebuilt - images).abs().mean())


def psnr_upside_down(rebuilt, images):
    return 10 * torch.log10(((rebuilt - images) ** 2).mean() / 4)


def psnr_per_picture(rebuilt, images):
    return 10 * torch.log10(4 / ((rebuilt - images) ** 2).mean(dim=(1, 2, 3)))


def straight_line(a, b, weight):
    return (1 - weight) * a + weight * b


def slerp_from_b(a, b, weight):
    omega = torch.arccos(a.flatten() @ b.flatten() / (a.norm() * b.norm()))
    return (torch.sin(weight * omega) * a + torch.sin((1 - weight) * omega) * b) / torch.sin(omega)


def slerp_no_brackets(a, b, weight):
    omega = torch.arccos(a.flatten() @ b.flatten() / a.norm() * b.norm())
    return (torch.sin((1 - weight) * omega) * a + torch.sin(weight * omega) * b) / torch.sin(omega)


def slerp_not_divided(a, b, weight):
    omega = torch.arccos(a.flatten() @ b.flatten() / (a.norm() * b.norm()))
    return torch.sin((1 - weight) * omega) * a + torch.sin(weight * omega) * b


def slerp_by_variance(a, b, weight):
    return (1 - weight) ** 0.5 * a + weight**0.5 * b


def slerp_angle_is_cosine(a, b, weight):
    omega = a.flatten() @ b.flatten() / (a.norm() * b.norm())
    return (torch.sin((1 - weight) * omega) * a + torch.sin(weight * omega) * b) / torch.sin(omega)


WRONG = [
    ("reparameterise", sample_with_variance, "exp(log_var) is the variance"),
    ("reparameterise", sample_with_the_logarithm, "take exp to come back"),
    ("reparameterise", sample_without_exp, "take exp of it"),
    ("reparameterise", sample_own_noise, "random numbers"),
    ("reparameterise", sample_no_mean, "the mean is missing"),
    ("reparameterise", sample_root_first, "root of a negative"),
    ("kl_divergence", kl_no_half, "factor 1/2"),
    ("kl_divergence", kl_negative, "zero or more"),
    ("kl_divergence", kl_mean_not_squared, "enters squared"),
    ("kl_divergence", kl_whole_batch, "one number per picture"),
    ("kl_divergence", kl_not_summed, "sum over the latent's numbers"),
    ("kl_divergence", kl_over_batch, "shape"),
    ("kl_divergence", kl_mean_of_numbers, "take their sum"),
    ("kl_divergence", kl_without_one, "the -1 is missing"),
    ("psnr", psnr_of_unit_pictures, "the peak is 2"),
    ("psnr", psnr_peak_not_squared, "squared, as the error is"),
    ("psnr", psnr_bytes, "not from 0 to 255"),
    ("psnr", psnr_natural, "base 10"),
    ("psnr", psnr_absolute, "square the differences"),
    ("psnr", psnr_upside_down, "turned over"),
    ("psnr", psnr_per_picture, "shape"),
    ("slerp", straight_line, "straight line"),
    ("slerp", slerp_from_b, "weight 0 should give a"),
    ("slerp", slerp_no_brackets, "(a.norm() * b.norm())"),
    ("slerp", slerp_not_divided, "divide by sin(omega)"),
    ("slerp", slerp_by_variance, "right angles"),
    ("slerp", slerp_angle_is_cosine, "arccos"),
]


def sample_by_parts(mean, log_var, eps):
    std = torch.sqrt(log_var.exp())
    return torch.addcmul(mean, std, eps)


def kl_from_std(mean, log_var):
    std = (log_var / 2).exp()
    return ((mean**2 + std**2) / 2 - std.log() - 0.5).sum(1)


def psnr_as_a_number(rebuilt, images):
    return 20 * math.log10(2) - 10 * math.log10(((rebuilt - images) ** 2).mean().item())


def slerp_spelled_out(a, b, weight):
    cosine = (a * b).sum() / ((a**2).sum().sqrt() * (b**2).sum().sqrt())
    omega = torch.acos(cosine)
    return a * torch.sin(omega - weight * omega) / torch.sin(omega) + b * torch.sin(
        omega * weight
    ) / torch.sin(omega)


RIGHT = [
    ("reparameterise", sample_by_parts),
    ("kl_divergence", kl_from_std),
    ("psnr", psnr_as_a_number),
    ("slerp", slerp_spelled_out),
]
