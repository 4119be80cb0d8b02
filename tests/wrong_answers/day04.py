"""Wrong answers of day 04 as students write them, each with words of the hint it must get."""

import torch


def x0_plus(v, xt, t, alpha_bar, prediction="v"):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return a.sqrt() * xt + (1 - a).sqrt() * v


def x0_swapped(v, xt, t, alpha_bar, prediction="v"):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return (1 - a).sqrt() * xt - a.sqrt() * v


def x0_from_eps(eps, xt, t, alpha_bar, prediction="v"):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return (xt - (1 - a).sqrt() * eps) / a.sqrt()


def x0_no_roots(v, xt, t, alpha_bar, prediction="v"):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return a * xt - (1 - a) * v


def guide_ho_salimans(conditional, unconditional, scale):
    return (1 + scale) * conditional - scale * unconditional


def guide_swapped(conditional, unconditional, scale):
    return conditional + scale * (unconditional - conditional)


def guide_no_difference(conditional, unconditional, scale):
    return unconditional + scale * conditional


def guide_no_start(conditional, unconditional, scale):
    return scale * (conditional - unconditional)


def ddim_no_roots(x0, eps, alpha_bar_next):
    return alpha_bar_next * x0 + (1 - alpha_bar_next) * eps


def ddim_root_misplaced(x0, eps, alpha_bar_next):
    return alpha_bar_next**0.5 * x0 + (1 - alpha_bar_next**0.5) * eps


def ddim_swapped(x0, eps, alpha_bar_next):
    return (1 - alpha_bar_next).sqrt() * x0 + alpha_bar_next.sqrt() * eps


def ddim_fresh_noise(x0, eps, alpha_bar_next):
    return alpha_bar_next.sqrt() * x0 + (1 - alpha_bar_next).sqrt() * torch.randn_like(x0)


def ddim_half(x0, eps, alpha_bar_next):
    return 0.5 * (alpha_bar_next.sqrt() * x0 + (1 - alpha_bar_next).sqrt() * eps)


def drop_whole_batch(labels, null_label, p, generator=None):
    if torch.rand(1, generator=generator) < p:
        return torch.full_like(labels, null_label)
    return labels


def drop_turned_round(labels, null_label, p, generator=None):
    return torch.where(torch.rand(labels.shape, generator=generator) > p, null_label, labels)


def drop_in_place(labels, null_label, p, generator=None):
    labels[torch.rand(labels.shape, generator=generator) < p] = null_label
    return labels


def drop_without_generator(labels, null_label, p, generator=None):
    return torch.where(torch.rand(labels.shape) < p, null_label, labels)


def drop_by_randn(labels, null_label, p, generator=None):
    return torch.where(torch.randn(labels.shape, generator=generator) < p, null_label, labels)


def drop_removes(labels, null_label, p, generator=None):
    return labels[torch.rand(labels.shape, generator=generator) >= p]


def x0_forgot_view(v, xt, t, alpha_bar, prediction="v"):
    return alpha_bar[t].sqrt() * xt - (1 - alpha_bar[t]).sqrt() * v


def x0_root_misplaced(v, xt, t, alpha_bar, prediction="v"):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return a.sqrt() * xt - (1 - a.sqrt()) * v


def x0_one_root(v, xt, t, alpha_bar, prediction="v"):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return a.sqrt() * xt - (1 - a) * v


def guide_wrong_way(conditional, unconditional, scale):
    return unconditional + scale * (unconditional - conditional)


def guide_off_by_one(conditional, unconditional, scale):
    return unconditional + (scale - 1) * (conditional - unconditional)


def guide_as_in_mathematics(conditional, unconditional, scale):
    return unconditional + scale(conditional - unconditional)


def ddim_minus(x0, eps, alpha_bar_next):
    return alpha_bar_next.sqrt() * x0 - (1 - alpha_bar_next).sqrt() * eps


def ddim_looks_up(x0, eps, alpha_bar_next):
    return alpha_bar_next[0].sqrt() * x0 + (1 - alpha_bar_next[0]).sqrt() * eps


def ddim_returns_a_number(x0, eps, alpha_bar_next):
    return 3


def drop_a_tenth(labels, null_label, p, generator=None):
    return torch.where(torch.rand(labels.shape, generator=generator) < 0.1, null_label, labels)


def drop_normal(labels, null_label, p, generator=None):
    return torch.where(torch.randn(labels.shape, generator=generator) < p, null_label, labels)


def drop_ten(labels, null_label, p, generator=None):
    return torch.where(torch.rand(labels.shape, generator=generator) < p, 10, labels)


def drop_exactly(labels, null_label, p, generator=None):
    chosen = torch.randperm(len(labels), generator=generator)[: int(p * len(labels))]
    labels = labels.clone()
    labels[chosen] = null_label
    return labels


def drop_minus_bool(labels, null_label, p, generator=None):
    mask = torch.rand(labels.shape, generator=generator) < p
    return mask * null_label + labels * (1 - mask)


WRONG = [
    ("to_x0", x0_forgot_view, "reshaped with .view(-1, 1, 1, 1)"),
    ("to_x0", x0_root_misplaced, "wrong place"),
    ("to_x0", x0_one_root, "second factor needs"),
    ("guide", guide_wrong_way, "points the wrong way"),
    ("guide", guide_off_by_one, "off by one"),
    ("guide", guide_as_in_mathematics, "* for times"),
    ("ddim_step", ddim_minus, "added, not taken away"),
    ("ddim_step", ddim_looks_up, "one number already"),
    ("ddim_step", ddim_returns_a_number, "returns an int"),
    ("drop_labels", drop_a_tenth, "is p used?"),
    ("drop_labels", drop_normal, "not randn"),
    ("drop_labels", drop_ten, "use the argument null_label"),
    ("drop_labels", drop_exactly, "a coin of its own"),
    ("drop_labels", drop_minus_bool, "with a bool tensor"),
    ("to_x0", x0_plus, "it is a minus"),
    ("to_x0", x0_swapped, "factors are swapped"),
    ("to_x0", x0_from_eps, "predicts eps"),
    ("to_x0", x0_no_roots, "square roots are missing"),
    ("guide", guide_ho_salimans, "Ho and Salimans"),
    ("guide", guide_swapped, "swapped"),
    ("guide", guide_no_difference, "difference between the two"),
    ("guide", guide_no_start, "a point to start from"),
    ("ddim_step", ddim_no_roots, "square roots are missing"),
    ("ddim_step", ddim_root_misplaced, "wrong place"),
    ("ddim_step", ddim_swapped, "swapped"),
    ("ddim_step", ddim_fresh_noise, "random numbers"),
    ("ddim_step", ddim_half, "0.50 times"),
    ("drop_labels", drop_whole_batch, "one coin per sample"),
    ("drop_labels", drop_turned_round, "turn the comparison round"),
    ("drop_labels", drop_in_place, "in place"),
    ("drop_labels", drop_without_generator, "generator is not used"),
    ("drop_labels", drop_by_randn, "not randn"),
    ("drop_labels", drop_removes, "one label per sample"),
]


def drop_by_mask(labels, null_label, p, generator=None):
    out = labels.clone()
    out[torch.bernoulli(torch.full(labels.shape, p), generator=generator).bool()] = null_label
    return out


def guide_by_lerp(conditional, unconditional, scale):
    return torch.lerp(unconditional, conditional, scale)


RIGHT = [("drop_labels", drop_by_mask), ("guide", guide_by_lerp)]
