"""Wrong answers of day 02 as students write them, each with words of the hint it must get."""

import torch

from course_lib.diffusion.schedule import alphas_cumprod


def step_beta_as_std(x, beta, eps):
    return (1 - beta) ** 0.5 * x + beta * eps


def step_no_shrink(x, beta, eps):
    return x + beta**0.5 * eps


def step_swapped(x, beta, eps):
    keep = 1 - beta
    return beta**0.5 * x + keep**0.5 * eps


def step_no_roots(x, beta, eps):
    return (1 - beta) * x + beta * eps


def step_in_place(x, beta, eps):
    x *= (1 - beta) ** 0.5
    x += beta**0.5 * eps
    return x


def step_own_noise(x, beta, eps):
    return (1 - beta) ** 0.5 * x + beta**0.5 * torch.randn_like(x)


def jump_no_roots(x0, t, eps, alpha_bar):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return a * x0 + (1 - a) * eps


def jump_root_misplaced(x0, t, eps, alpha_bar):
    a = alpha_bar[t].sqrt().view(-1, 1, 1, 1)
    return a * x0 + (1 - a) * eps


def jump_off_by_one(x0, t, eps, alpha_bar):
    a = alpha_bar[t - 1].reshape(-1, 1, 1, 1)
    return a**0.5 * x0 + (1 - a) ** 0.5 * eps


def jump_no_view(x0, t, eps, alpha_bar):
    a = alpha_bar[t]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def jump_first_t_only(x0, t, eps, alpha_bar):
    a = alpha_bar[t[0]]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def jump_forgot_return(x0, t, eps, alpha_bar):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    _ = a.sqrt() * x0 + (1 - a).sqrt() * eps


def jump_minus(x0, t, eps, alpha_bar):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return -(a.sqrt() * x0 + (1 - a).sqrt() * eps)


def snr_upside_down(alpha_bar):
    return (1 - alpha_bar) / alpha_bar


def snr_of_factors(alpha_bar):
    return alpha_bar.sqrt() / (1 - alpha_bar).sqrt()


def snr_numpy(alpha_bar):
    return (alpha_bar / (1 - alpha_bar)).numpy()


def snr_log(alpha_bar):
    return torch.log(alpha_bar / (1 - alpha_bar))


def rescale_only_last(betas):
    betas = betas.clone()
    betas[-1] = 1
    return betas


def rescale_no_stretch(betas):
    root = (1 - betas).cumprod(0).sqrt()
    alpha_bar = (root - root[-1]) ** 2
    return 1 - torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])


def rescale_not_the_root(betas):
    ab = (1 - betas).cumprod(0)
    ab = (ab - ab[-1]) * ab[0] / (ab[0] - ab[-1])
    return 1 - torch.cat([ab[:1], ab[1:] / ab[:-1]])


def rescale_returns_alpha_bar(betas):
    root = (1 - betas).cumprod(0).sqrt()
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    return root**2


def step_minus(x, beta, eps):
    return (1 - beta) ** 0.5 * x - beta**0.5 * eps


def step_bare_sqrt(x, beta, eps):
    return sqrt(1 - beta) * x + sqrt(beta) * eps  # noqa: F821


def jump_view_once(x0, t, eps, alpha_bar):
    return alpha_bar[t].view(-1, 1, 1, 1).sqrt() * x0 + (1 - alpha_bar[t]).sqrt() * eps


def snr_brackets(alpha_bar):
    return alpha_bar / 1 - alpha_bar


def snr_mean(alpha_bar):
    return (alpha_bar / (1 - alpha_bar)).mean()


def rescaled_curve(betas):
    root = alphas_cumprod(betas).sqrt()
    return (root - root[-1]) * root[0] / (root[0] - root[-1])


def rescale_one_short(betas):
    alpha_bar = rescaled_curve(betas) ** 2
    return 1 - alpha_bar[1:] / alpha_bar[:-1]


def rescale_from_one(betas):
    alpha_bar = (rescaled_curve(betas) / rescaled_curve(betas)[0]) ** 2
    return 1 - torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])


def rescale_not_squared(betas):
    root = rescaled_curve(betas)
    return 1 - torch.cat([root[:1], root[1:] / root[:-1]])


def rescale_no_ratio(betas):
    return 1 - rescaled_curve(betas) ** 2


def rescale_joins_a_number(betas):
    alpha_bar = rescaled_curve(betas) ** 2
    return torch.cat([betas[0], 1 - alpha_bar[1:] / alpha_bar[:-1]])


WRONG = [
    ("noise_step", step_beta_as_std, "beta is a variance"),
    ("noise_step", step_no_shrink, "not shrunk"),
    ("noise_step", step_swapped, "swapped"),
    ("noise_step", step_no_roots, "square root"),
    ("noise_step", step_in_place, "in place"),
    ("noise_step", step_own_noise, "random numbers"),
    ("noise_step", step_minus, "added, not taken away"),
    ("noise_step", step_bare_sqrt, "x.sqrt()"),
    ("add_noise", jump_no_roots, "square roots are missing"),
    ("add_noise", jump_root_misplaced, "wrong place"),
    ("add_noise", jump_off_by_one, "one step off"),
    ("add_noise", jump_no_view, "reshaped with .view(-1, 1, 1, 1)"),
    ("add_noise", jump_view_once, "reshaped with .view(-1, 1, 1, 1)"),
    ("add_noise", jump_first_t_only, "each sample has its own"),
    ("add_noise", jump_forgot_return, "`return` missing"),
    ("add_noise", jump_minus, "sign"),
    ("signal_to_noise", snr_upside_down, "turn it round"),
    ("signal_to_noise", snr_of_factors, "square it"),
    ("signal_to_noise", snr_numpy, "NumPy"),
    ("signal_to_noise", snr_log, "logarithm"),
    ("signal_to_noise", snr_brackets, "brackets are missing"),
    ("signal_to_noise", snr_mean, "Keep one value for each"),
    ("rescale_zero_terminal_snr", rescaled_curve, "this is the curve"),
    ("rescale_zero_terminal_snr", rescale_one_short, "the first one has no neighbour"),
    ("rescale_zero_terminal_snr", rescale_from_one, "begin at its old first value"),
    ("rescale_zero_terminal_snr", rescale_not_squared, "square the curve"),
    ("rescale_zero_terminal_snr", rescale_no_ratio, "ratio of two neighbours"),
    ("rescale_zero_terminal_snr", rescale_joins_a_number, "not x[0]"),
    ("rescale_zero_terminal_snr", rescale_only_last, "only the last beta"),
    ("rescale_zero_terminal_snr", rescale_no_stretch, "do not stretch"),
    ("rescale_zero_terminal_snr", rescale_not_the_root, "not alpha_bar: the root"),
    ("rescale_zero_terminal_snr", rescale_returns_alpha_bar, "turn it back into betas"),
]


def step_by_lerp_free_form(x, beta, eps):
    alpha = torch.as_tensor(1 - beta)
    return torch.sqrt(alpha) * x + torch.sqrt(1 - alpha) * eps


def jump_by_indexing(x0, t, eps, alpha_bar):
    a = alpha_bar[t][:, None, None, None]
    return a.pow(0.5) * x0 + (1 - a).pow(0.5) * eps


RIGHT = [("noise_step", step_by_lerp_free_form), ("add_noise", jump_by_indexing)]
