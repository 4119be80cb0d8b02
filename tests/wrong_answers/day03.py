"""Wrong answers of day 03 as students write them, each with words of the hint it must get."""

import math

import torch
import torch.nn.functional as F

from course_lib.diffusion.samplers import ddpm_step
from course_lib.diffusion.schedule import add_noise, training_target


def embedding_cos_first(t, dim, max_period=10000.0):
    half = dim // 2
    freq = max_period ** (-torch.arange(half) / half)
    angle = t.float()[:, None] * freq[None]
    return torch.cat([angle.cos(), angle.sin()], dim=1)


def embedding_alternating(t, dim, max_period=10000.0):
    half = dim // 2
    angle = t.float()[:, None] * max_period ** (-torch.arange(half) / half)
    out = torch.zeros(len(t), dim)
    out[:, 0::2], out[:, 1::2] = angle.sin(), angle.cos()
    return out


def embedding_growing(t, dim, max_period=10000.0):
    half = dim // 2
    angle = t.float()[:, None] * torch.exp(math.log(max_period) * torch.arange(half) / half)
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def embedding_by_dim(t, dim, max_period=10000.0):
    angle = t.float()[:, None] * max_period ** (-torch.arange(dim // 2) / dim)
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def embedding_half(t, dim, max_period=10000.0):
    return (t.float()[:, None] * max_period ** (-torch.arange(dim // 2) / (dim // 2))).sin()


def _loss(model, x0, labels, alpha_bar, prediction="v", *, one_t=False, noise=torch.randn_like, top=0):
    t = torch.randint(0, len(alpha_bar) - top, (1 if one_t else len(x0),)).expand(len(x0))
    eps = noise(x0)
    xt = add_noise(x0, t, eps, alpha_bar)
    return model(xt, t, labels), training_target(x0, eps, t, alpha_bar, prediction), eps


def loss_one_t(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    out, target, _ = _loss(model, x0, labels, alpha_bar, one_t=True)
    return F.mse_loss(out, target)


def loss_sum(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    out, target, _ = _loss(model, x0, labels, alpha_bar)
    return ((out - target) ** 2).sum()


def loss_eps_target(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    out, _, eps = _loss(model, x0, labels, alpha_bar)
    return F.mse_loss(out, eps)


def loss_uniform_noise(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    out, target, _ = _loss(model, x0, labels, alpha_bar, noise=torch.rand_like)
    return F.mse_loss(out, target)


def loss_misses_last_step(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    out, target, _ = _loss(model, x0, labels, alpha_bar, top=1)
    return F.mse_loss(out, target)


def loss_clean_input(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    t = torch.randint(0, len(alpha_bar), (len(x0),))
    return F.mse_loss(model(x0, t, labels), torch.randn_like(x0))


def loss_no_labels(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    out, target, _ = _loss(model, x0, None, alpha_bar)
    return F.mse_loss(out, target)


def loss_always_v(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    out, target, _ = _loss(model, x0, labels, alpha_bar)
    return F.mse_loss(out, target)


def reverse(xt, x0, now, after, noise, scale):
    alpha = now / after
    mean = after.sqrt() * (1 - alpha) / (1 - now) * x0 + alpha.sqrt() * (1 - after) / (1 - now) * xt
    return mean + scale((1 - after) / (1 - now) * (1 - alpha), 1 - alpha) * noise


def reverse_variance(xt, x0, alpha_bar_t, alpha_bar_next, noise):
    return reverse(xt, x0, alpha_bar_t, alpha_bar_next, noise, lambda variance, beta: variance)


def reverse_noise_at_the_end(xt, x0, alpha_bar_t, alpha_bar_next, noise):
    return reverse(xt, x0, alpha_bar_t, alpha_bar_next, noise, lambda variance, beta: beta.sqrt())


def reverse_mean_only(xt, x0, alpha_bar_t, alpha_bar_next, noise):
    return reverse(xt, x0, alpha_bar_t, alpha_bar_next, noise, lambda variance, beta: 0)


def reverse_alpha_bar_for_alpha(xt, x0, alpha_bar_t, alpha_bar_next, noise):
    beta = 1 - alpha_bar_t
    mean = alpha_bar_next.sqrt() * beta / (1 - alpha_bar_t) * x0
    mean = mean + alpha_bar_t.sqrt() * (1 - alpha_bar_next) / (1 - alpha_bar_t) * xt
    return mean + ((1 - alpha_bar_next) / (1 - alpha_bar_t) * beta).sqrt() * noise


@torch.no_grad()
def ema_swapped(ema_model, model, decay):
    for e, w in zip(ema_model.parameters(), model.parameters()):
        e.copy_((1 - decay) * e + decay * w)


def ema_no_op(ema_model, model, decay):
    for e, w in zip(ema_model.parameters(), model.parameters()):
        e = decay * e + (1 - decay) * w


def ema_with_gradients(ema_model, model, decay):
    for e, w in zip(ema_model.parameters(), model.parameters()):
        e.mul_(decay).add_(w, alpha=1 - decay)


@torch.no_grad()
def ema_changes_model(ema_model, model, decay):
    for e, w in zip(ema_model.parameters(), model.parameters()):
        w.copy_(decay * e + (1 - decay) * w)


@torch.no_grad()
def ema_copy(ema_model, model, decay):
    ema_model.load_state_dict(model.state_dict())


@torch.no_grad()
def ema_grows(ema_model, model, decay):
    for e, w in zip(ema_model.parameters(), model.parameters()):
        e.add_(w, alpha=1 - decay)


def embedding_brackets(t, dim, max_period=10000.0):
    frequency = max_period ** (-torch.arange(dim // 2) / dim / 2)
    return torch.cat([(t.float()[:, None] * frequency).sin(), (t.float()[:, None] * frequency).cos()], dim=1)


def embedding_stacked(t, dim, max_period=10000.0):
    angle = t.float()[:, None] * max_period ** (-torch.arange(dim // 2) / (dim / 2))
    return torch.cat([angle.sin(), angle.cos()], dim=0)


def embedding_all_columns(t, dim, max_period=10000.0):
    angle = t.float()[:, None] * max_period ** (-torch.arange(dim) / (dim / 2))
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def embedding_no_column(t, dim, max_period=10000.0):
    angle = t.float() * max_period ** (-torch.arange(dim // 2) / (dim / 2))
    return torch.cat([angle.sin(), angle.cos()])


def _train_loss(model, x0, labels, alpha_bar, prediction, finish, fresh=False, steps=None):
    t, eps = torch.randint(0, steps or len(alpha_bar), (len(x0),)), torch.randn_like(x0)
    other = torch.randn_like(x0) if fresh else eps
    guess = model(add_noise(x0, t, eps, alpha_bar), t, labels)
    return finish(guess - training_target(x0, other, t, alpha_bar, prediction))


def loss_number(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    return _train_loss(model, x0, labels, alpha_bar, prediction, lambda e: e.square().mean().item())


def loss_no_mean(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    return _train_loss(model, x0, labels, alpha_bar, prediction, lambda e: e.square())


def loss_mean_then_square(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    return _train_loss(model, x0, labels, alpha_bar, prediction, lambda e: e.mean() ** 2)


def loss_two_noises(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    return _train_loss(model, x0, labels, alpha_bar, prediction, lambda e: e.square().mean(), fresh=True)


def loss_thousand(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    return _train_loss(model, x0, labels, alpha_bar, prediction, lambda e: e.square().mean(), steps=1000)


def loss_bare_names(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    t = torch.randint(0, T, (B,))  # noqa: F821
    return t.float().mean()


def reverse_plain_noise(xt, x0, alpha_bar_t, alpha_bar_next, noise):
    return ddpm_step(xt, x0, alpha_bar_t, alpha_bar_next, 0 * noise) + noise


def reverse_alpha_turned(xt, x0, alpha_bar_t, alpha_bar_next, noise):
    alpha = alpha_bar_next / alpha_bar_t
    mean = alpha_bar_next.sqrt() * (1 - alpha) / (1 - alpha_bar_t) * x0
    mean = mean + alpha.sqrt() * (1 - alpha_bar_next) / (1 - alpha_bar_t) * xt
    return mean + ((1 - alpha_bar_next) / (1 - alpha_bar_t) * (1 - alpha)).sqrt() * noise


@torch.no_grad()
def ema_loops_over_models(ema_model, model, decay):
    for e, w in zip(ema_model, model):
        e.mul_(decay).add_(w * (1 - decay))


WRONG = [
    ("timestep_embedding", embedding_cos_first, "sines come first"),
    ("timestep_embedding", embedding_alternating, "alternate"),
    ("timestep_embedding", embedding_growing, "minus sign"),
    ("timestep_embedding", embedding_by_dim, "divide by dim/2"),
    ("timestep_embedding", embedding_half, "the shape is"),
    ("diffusion_loss", loss_one_t, "same t"),
    ("diffusion_loss", loss_sum, "sum of the squared errors"),
    ("diffusion_loss", loss_eps_target, "compared with eps"),
    ("diffusion_loss", loss_uniform_noise, "torch.randn is normal"),
    ("diffusion_loss", loss_misses_last_step, "every step from 0 to T - 1"),
    ("diffusion_loss", loss_clean_input, "clean pictures"),
    ("diffusion_loss", loss_no_labels, "labels did not reach"),
    ("diffusion_loss", loss_always_v, "`prediction` is not used"),
    ("ddpm_step", reverse_variance, "needs the square root"),
    ("ddpm_step", reverse_noise_at_the_end, "even the last step adds noise"),
    ("ddpm_step", reverse_mean_only, "no noise is added"),
    ("ddpm_step", reverse_alpha_bar_for_alpha, "alpha is not alpha_bar_t"),
    ("timestep_embedding", embedding_brackets, "brackets are missing"),
    ("timestep_embedding", embedding_stacked, "side by side with dim=1"),
    ("timestep_embedding", embedding_all_columns, "half each"),
    ("timestep_embedding", embedding_no_column, "[:, None]"),
    ("diffusion_loss", loss_number, "no .item()"),
    ("diffusion_loss", loss_no_mean, "Is a .mean() missing?"),
    ("diffusion_loss", loss_mean_then_square, "before the square"),
    ("diffusion_loss", loss_two_noises, "the SAME eps"),
    ("diffusion_loss", loss_thousand, "do not write 1000"),
    ("diffusion_loss", loss_bare_names, "it is len(alpha_bar)"),
    ("ddpm_step", reverse_plain_noise, "not scaled"),
    ("ddpm_step", reverse_alpha_turned, "turned over"),
    ("update_ema", ema_loops_over_models, ".parameters()"),
    ("update_ema", ema_swapped, "shares are swapped"),
    ("update_ema", ema_no_op, "nothing changed"),
    ("update_ema", ema_with_gradients, "torch.no_grad"),
    ("update_ema", ema_changes_model, "model's own weights"),
    ("update_ema", ema_copy, "plain copy"),
    ("update_ema", ema_grows, "not shrunk"),
]


def loss_other_order(model, x0, labels, alpha_bar, *, prediction="v", generator=None):
    eps = torch.randn_like(x0)
    t = torch.randint(len(alpha_bar), (len(x0),))
    error = training_target(x0, eps, t, alpha_bar, prediction) - model(
        add_noise(x0, t, eps, alpha_bar), t, labels
    )
    return error.pow(2).mean()


@torch.no_grad()
def ema_by_data(ema_model, model, decay):
    for e, w in zip(ema_model.parameters(), model.parameters()):
        e.data = decay * e.data + (1 - decay) * w.data


RIGHT = [("diffusion_loss", loss_other_order), ("update_ema", ema_by_data)]
