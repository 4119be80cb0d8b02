"""Day 03: the time embedding, the loss, the reverse step and the moving average."""

import math
from functools import partial

import torch
import torch.nn.functional as F

from course_lib.diffusion.ddpm import diffusion_loss, update_ema
from course_lib.diffusion.samplers import ddpm_step
from course_lib.diffusion.schedule import alphas_cumprod, linear_betas, training_target
from course_lib.diffusion.unet import timestep_embedding
from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.exercises.comparing import compare, is_plain, plain_tensor, same, what
from course_lib.exercises.sandbox import Stumble, call


def _embedding_inputs(g, draw):
    return torch.randint(1, 900, (6,), generator=g), (8, 16, 32, 10)[draw % 4]


def _embedding(t, dim, *, order="sin", over=None, sign=-1, base=10000.0, unit=1.0):
    half = dim // 2
    frequency = torch.exp(sign * math.log(base) * torch.arange(half) / (over or half))
    angle = t.float()[:, None] * frequency * unit
    if order == "mixed":
        return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)
    pair = [angle.sin(), angle.cos()] if order == "sin" else [angle.cos(), angle.sin()]
    return torch.cat(pair, dim=1)


def _posterior_inputs(g, draw):
    xt, x0, noise = (torch.randn(4, 1, 4, 4, generator=g) for _ in range(3))
    now = torch.tensor(0.2 + 0.15 * draw)
    after = torch.tensor(1.0) if draw == 3 else now + (1 - now) * 0.5
    return xt, x0, now, after, noise


def _posterior(xt, x0, now, after, noise, *, swap=False, spread="right", a=None, root=True):
    alpha = now / after if a is None else a(now, after)
    beta = 1 - alpha
    on_x0 = (after.sqrt() if root else after) * beta / (1 - now)
    on_xt = (alpha.sqrt() if root else alpha) * (1 - after) / (1 - now)
    mean = on_xt * x0 + on_x0 * xt if swap else on_x0 * x0 + on_xt * xt
    variance = (1 - after) / (1 - now) * beta
    return (
        mean
        + {
            "right": variance.sqrt(),
            "variance": variance,
            "beta": beta.sqrt(),
            "plain": 1 + 0 * beta,
            "none": 0 * beta,
        }[spread]
        * noise
    )


def _check_loss(function) -> None:
    """A fake model that knows the pictures notes what it is asked, and answers nearly right.

    So any order of random draws is fine, and a target made with another eps than x_t shows at once.
    """
    T, B = 5, 2000
    alpha_bar = alphas_cumprod(linear_betas(T, 0.1, 0.6))
    x0, labels = torch.rand(B, 1, 4, 4) * 2 - 1, torch.randint(0, 10, (B,))
    kept, slip, asked = x0.clone(), 0.3 * torch.randn(x0.shape), []

    def model(xt, t, labels=None):
        asked.append((xt.detach().clone(), t, labels))
        try:
            ab = alpha_bar[t].view(-1, 1, 1, 1)
            eps = (xt - ab.sqrt() * kept) / (1 - ab).sqrt()
            return training_target(kept, eps, t, alpha_bar, "v") + slip
        except Exception:  # asked in a wrong way; the checks below say how
            return slip

    loss = call(function, model, x0, labels.clone(), alpha_bar.clone())
    if len(asked) != 1:
        raise Stumble(f"the model was called {len(asked)} times; once, on the whole noisy batch, is enough.")
    xt, t, y = asked[0]
    if not is_plain(t) or t.shape != (B,) or t.is_floating_point():
        raise Stumble(
            "the model must get one step t per sample, a tensor of shape (B,); draw it with torch.randint(..., (B,))."
        )
    if t.unique().numel() == 1:
        raise Stumble(
            "every sample got the same t; draw one per sample, so that each batch practises many steps."
        )
    if set(t.tolist()) != set(range(T)):
        raise Stumble(
            f"t came from {int(t.min())} to {int(t.max())}; it must reach every step from 0 to T - 1."
        )
    if not is_plain(xt) or xt.shape != x0.shape:
        raise Stumble(
            f"the model got pictures of shape {tuple(xt.shape)}; it should see the noisy batch, {tuple(x0.shape)}."
        )
    if torch.equal(xt, x0):
        raise Stumble("the model was shown the clean pictures; it must see the noisy ones, x_t.")
    if y is None:
        raise Stumble("the labels did not reach the model; pass them as its third argument.")
    ab = alpha_bar[t].view(-1, 1, 1, 1)
    eps = (xt - ab.sqrt() * kept) / (1 - ab).sqrt()
    if eps.min() > -1e-3:
        raise Stumble("the noise is never negative; torch.rand is uniform in [0, 1), torch.randn is normal.")
    if abs(eps.mean()) > 0.03 or abs(eps.std() - 1) > 0.03:
        raise Stumble(
            "x_t does not hold noise of variance 1 - alpha_bar; make it with add_noise(x0, t, eps, alpha_bar)."
        )
    if not torch.is_tensor(loss):
        kind = "a plain number" if isinstance(loss, float) else what(loss)
        raise Stumble(
            f"your function returns {kind}; return the loss as a tensor (no .item()), loss.backward() needs it."
        )
    loss = plain_tensor(loss)
    target = training_target(kept, eps, t, alpha_bar, "v")
    output = target + slip
    error = output - target
    for value, hint in (
        (F.mse_loss(output, eps), "the output is compared with eps, but the default prediction is v; ask training_target for the target."),
        (F.mse_loss(output, kept), "the output is compared with x0; ask training_target for the target."),
        (F.mse_loss(output, xt), "the output is compared with its own input x_t; ask training_target for the target."),
        ((error**2).sum(), "this is the sum of the squared errors; take the mean, so that batch size does not change it."),
        ((error**2).sum() / B, "the squared errors are averaged over the batch only; take the mean over the pixels too."),
        (error.abs().mean(), "this is the mean absolute error; DDPM's loss squares the error."),
        (error.mean() ** 2, "the mean is taken before the square; square each error first, then take the mean."),
        (error.mean(), "errors of both signs cancel; square them before taking the mean."),
    ):  # fmt: skip
        if (loss.shape, loss.dtype) == (value.shape, value.dtype) and torch.allclose(loss, value, rtol=1e-3):
            raise Stumble(hint)
    if loss.ndim == 0 and loss > 5 * F.mse_loss(output, target):
        raise Stumble(
            "the loss is far too large: x_t and the target must be made with the SAME eps; draw it once and keep it."
        )
    compare(loss, F.mse_loss(output, target), rtol=1e-3)
    if not same(x0, kept):
        raise Stumble("your function changes x0 in place; make a new tensor.")
    asked.clear()
    loss = call(function, model, x0, labels.clone(), alpha_bar.clone(), prediction="eps")
    if len(asked) != 1:
        raise Stumble("with prediction='eps' the model is not called once, as it is with 'v'.")
    xt, t, _ = asked[0]
    ab = alpha_bar[t].view(-1, 1, 1, 1)
    eps = (xt - ab.sqrt() * kept) / (1 - ab).sqrt()
    output = training_target(kept, eps, t, alpha_bar, "v") + slip
    if not is_plain(loss) or not torch.allclose(loss, F.mse_loss(output, eps), rtol=1e-2):
        raise Stumble("the argument `prediction` is not used; pass it on to training_target.")


def _check_ema(function) -> None:
    model, ema = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2).requires_grad_(False)
    before = [p.clone() for p in ema.parameters()]
    weights = [p.detach().clone() for p in model.parameters()]
    identities = [id(p) for p in ema.parameters()]
    call(function, ema, model, 0.9)
    after = list(ema.parameters())
    if len(after) != len(identities):
        raise Stumble("the average has lost or gained parameters; only their numbers may change.")
    if any(p.requires_grad for p in after):
        raise Stumble(
            "the average now takes part in gradients, and its history grows at every step; work under torch.no_grad()."
        )
    if not same([p.detach() for p in model.parameters()], weights):
        raise Stumble("the model's own weights changed; only the average may move.")
    if [id(p) for p in after] != identities:
        raise Stumble(
            "the average's parameters were replaced by new ones; change them in place (mul_, then add_)."
        )
    mix = lambda d: [d * b + (1 - d) * w for b, w in zip(before, weights)]
    equal = lambda values: all(torch.allclose(p, v, atol=1e-5) for p, v in zip(after, values))
    if equal(before):
        raise Stumble(
            "nothing changed; a line like `ema = ...` only names a new tensor. Change it in place (mul_, then add_)."
        )
    if equal(mix(0.1)):
        raise Stumble("the shares are swapped: `decay` is how much of the old average stays.")
    if equal(weights):
        raise Stumble("the average became a plain copy of the model; keep a share `decay` of the old value.")
    if equal([b + (1 - 0.9) * w for b, w in zip(before, weights)]):
        raise Stumble("the old average is not shrunk by `decay`, so the sum grows at every step.")
    if not equal(mix(0.9)):
        raise Stumble(
            "the new average is not decay * old + (1 - decay) * weight; go through every pair of parameters with zip."
        )


EXERCISES = [
    Exercise(
        day="day03",
        reference=timestep_embedding,
        make_inputs=_embedding_inputs,
        mistakes=(
            Mistake(partial(_embedding, order="cos"), "sines and cosines are swapped: the sines come first."),
            Mistake(partial(_embedding, order="mixed"), "sines and cosines alternate; put all sines first, then all cosines."),
            Mistake(lambda t, d: _embedding(t, d, over=max(1, d // 2 - 1)),
                    "the exponent divides by dim/2 - 1; divide by dim/2."),
            Mistake(lambda t, d: _embedding(t, d, over=2 * d), "brackets are missing: Python reads -i / dim / 2 as -i / (2 dim); write -i / (dim / 2)."),
            Mistake(lambda t, d: _embedding(t, d, over=d), "the exponent divides by dim; only dim/2 frequencies exist, divide by dim/2."),
            Mistake(partial(_embedding, sign=1), "the frequencies grow instead of falling; the exponent needs a minus sign."),
            Mistake(partial(_embedding, unit=2 * math.pi), "there is a factor 2 pi too many; the angle is t times the frequency."),
            Mistake(partial(_embedding, unit=math.pi / 180), "torch.sin works in radians; no degrees are needed."),
        ),
    ),
    Exercise(day="day03", reference=diffusion_loss, check=_check_loss),
    Exercise(day="day03", reference=update_ema, check=_check_ema),
    Exercise(
        day="day03",
        reference=ddpm_step,
        make_inputs=_posterior_inputs,
        mistakes=(
            Mistake(partial(_posterior, spread="variance"), "the noise is scaled by the variance; it needs the square root."),
            Mistake(partial(_posterior, spread="plain"), "the noise is not scaled; multiply it by the square root of the variance."),
            Mistake(partial(_posterior, spread="beta"),
                    "the noise is scaled by sqrt(beta): then even the last step adds noise. Use the posterior's variance."),
            Mistake(partial(_posterior, spread="none"), "no noise is added; DDPM draws from the posterior, it does not take its mean."),
            Mistake(lambda xt, x0, a, b, n: _posterior(xt, x0, a, b, torch.ones_like(n)),
                    "the given noise is not used."),
            Mistake(partial(_posterior, swap=True), "the factors of x0 and x_t are swapped."),
            Mistake(partial(_posterior, a=lambda now, after: now),
                    "alpha is not alpha_bar_t: this step's own alpha is alpha_bar_t / alpha_bar_next."),
            Mistake(partial(_posterior, a=lambda now, after: after / now),
                    "alpha is turned over: it is alpha_bar_t / alpha_bar_next, at most 1."),
            Mistake(partial(_posterior, root=False), "two square roots are missing in the mean: of alpha_bar_next and of alpha."),
        ),
    ),
]  # fmt: skip
