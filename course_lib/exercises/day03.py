"""Day 03, a toy DDPM: timestep_embedding, diffusion_loss, ddpm_step, update_ema."""

import math

import torch
from torch import Tensor, nn

from course_lib.ddpm import diffusion_loss, update_ema
from course_lib.exercises.day02 import draw_pictures
from course_lib.exercises.exercise import Exercise, Inputs, Mistake, Wrong, demand
from course_lib.exercises.loss_witness import check_diffusion_loss
from course_lib.samplers import ddpm_step
from course_lib.unet import timestep_embedding

# timestep_embedding


def draw_embedding(generator: torch.Generator, i: int) -> Inputs:
    dim = (16, 32, 12, 8)[i]
    batch = (
        4 if i == 3 else 5
    )  # once as long as there are frequencies: there a missing [:, None] raises no error
    t = torch.randint(0, 1000, (batch,), generator=generator)
    t[0] = 999 - i
    return {"t": t, "dim": dim}


def _embedding(order=lambda s, c: torch.cat([s, c], dim=1), frequency=None, angle=lambda a: a):
    """timestep_embedding with another order, other frequencies or other angles."""

    def wrong(t, dim):
        f = (frequency or _frequency)(dim)
        a = angle(t.float()[:, None] * f)
        return order(a.sin(), a.cos())

    return wrong


def _frequency(dim):
    return 10000.0 ** (-torch.arange(dim // 2) / (dim // 2))


def _interleaved(s, c):
    return torch.stack([s, c], dim=2).flatten(1)


def _outer_missing(t, dim):
    a = t.float() * _frequency(dim)
    return torch.cat([a.sin(), a.cos()], dim=-1)


FREQUENCIES = (
    "The frequencies are not the right ones. With half = dim / 2 numbers, i runs from 0 to half - 1 and the exponent is "
    "-i / half: "
)

TIMESTEP_EMBEDDING = Exercise(
    timestep_embedding,
    "day03",
    draw_embedding,
    tolerance=2e-3,  # large angles: the last digits of the frequencies differ between correct ways to write them
    where=lambda inputs, b: f"for t = {int(inputs['t'][b])} and dim = {inputs['dim']}",
    mistakes=(
        Mistake(
            _embedding(lambda s, c: torch.cat([c, s], dim=1)),
            "Sine and cosine have changed places. Both orders work for a network, but weights trained with one cannot "
            "be used with the other: in this course the sines come first.",
        ),
        Mistake(
            _embedding(_interleaved),
            "You take turns: sine, cosine, sine, cosine. In this course all sines come first, then all cosines "
            "(`torch.cat` along dim 1).",
        ),
        Mistake(
            _embedding(frequency=lambda dim: 10000.0 ** (-torch.arange(dim // 2) / max(dim // 2 - 1, 1))),
            FREQUENCIES
            + "you divide by half - 1. (Some libraries do; this course and DDPM's successors do not.)",
        ),
        Mistake(
            _embedding(frequency=lambda dim: 10000.0 ** (-torch.arange(dim // 2) / dim)),
            FREQUENCIES + "you divide by dim, so the slowest hand still turns too fast.",
        ),
        Mistake(
            _embedding(frequency=lambda dim: 10000.0 ** (-2 * torch.arange(dim // 2) / (dim // 2))),
            FREQUENCIES
            + "yours fall twice as fast (the 2i of the original paper is divided by dim, not by dim / 2).",
        ),
        Mistake(
            _embedding(frequency=lambda dim: 10000.0 ** (torch.arange(dim // 2) / (dim // 2))),
            "Your frequencies grow instead of falling: a minus is missing in the exponent. The first hand turns by 1 per "
            "step, each following one more slowly.",
        ),
        Mistake(
            _embedding(frequency=lambda dim: -math.log(10000.0) * torch.arange(dim // 2) / (dim // 2)),
            "You use the *logarithm* of the frequencies. An exp around it is missing.",
        ),
        Mistake(
            _embedding(frequency=lambda dim: 10000.0 ** (-torch.arange(1, dim // 2 + 1) / (dim // 2))),
            FREQUENCIES + "you start at i = 1, so the fastest hand (frequency 1) is missing.",
        ),
        Mistake(
            _embedding(
                frequency=lambda dim: torch.exp(-math.log10(10000.0) * torch.arange(dim // 2) / (dim // 2))
            ),
            "exp belongs to the natural logarithm, you took the one to base 10: `math.log`, not `math.log10`.",
        ),
        Mistake(
            _embedding(frequency=lambda dim: 1000.0 ** (-torch.arange(dim // 2) / (dim // 2))),
            "Your longest period is 1000; max_period is 10000. It should be much longer than the 1000 steps, "
            "so that the slowest hand never goes all the way round.",
        ),
        Mistake(
            _embedding(angle=lambda a: a * 2 * math.pi),
            "Your angles are 2 pi times too large. The frequencies are angles per step already: sin(t * frequency).",
        ),
        Mistake(
            _embedding(angle=lambda a: a * math.pi / 180),
            "You convert degrees to radians, but the angles are in radians already. Leave them as they are.",
        ),
        Mistake(
            _embedding(angle=lambda a: a * 180 / math.pi),
            "You convert to degrees. torch.sin takes radians: leave the angles as they are.",
        ),
        Mistake(
            _embedding(angle=lambda a: a / 1000),
            "You divide t by 1000 first. The embedding takes t as it is, 0 to 999; scaled down, neighbouring steps look "
            "all alike.",
        ),
        Mistake(
            _embedding(lambda s, c: torch.cat([s, s], dim=1)),
            "Both halves are sines. One half must be cosines: sine alone cannot tell t = 0 from half a turn.",
        ),
        Mistake(
            _embedding(lambda s, c: s),
            "Only the sines are there: `torch.cat` them with the cosines, so that dim numbers come out.",
        ),
        Mistake(
            _outer_missing,
            "t has one number per picture, the frequencies one per hand. Every t must meet every frequency: give t the "
            "shape (B, 1) with `t[:, None]` before you multiply.",
        ),
        Mistake(
            lambda t, dim: _embedding(frequency=lambda dim: 10000.0 ** (-torch.arange(dim) / dim))(
                t, 2 * dim
            )[:, :dim],
            "The halves do not fit: use dim / 2 frequencies, each once with sin and once with cos.",
        ),
        Mistake(
            lambda t, dim: _embedding(frequency=lambda d: 10000.0 ** (-torch.arange(d) / d))(t, dim),
            "Your result is twice too wide: use dim / 2 frequencies, each once with sin and once with cos.",
        ),
        Mistake(
            lambda t, dim: torch.cat(
                [f(t.float()[:, None] * _frequency(dim)) for f in (torch.sin, torch.cos)], dim=0
            ),
            "The cosines stand *below* the sines, as further pictures. They belong beside them: `dim=1`.",
        ),
    ),
)


# diffusion_loss: its answer is random, so it is judged by what the network saw (loss_witness.py)

DIFFUSION_LOSS = Exercise(diffusion_loss, "day03", check=check_diffusion_loss)


# ddpm_step


def draw_ddpm_step(generator: torch.Generator, i: int) -> Inputs:
    x0, noise = draw_pictures(generator)
    xt, _ = draw_pictures(generator)
    now = 0.1 + 0.5 * torch.rand((), generator=generator)
    after = now + (1 - now) * (0.2 + 0.4 * torch.rand((), generator=generator))
    if i == 3:  # the last step
        after = torch.ones(())
    return {"xt": xt, "x0": x0, "alpha_bar_t": now, "alpha_bar_next": after, "noise": noise}


def posterior(root_now=False, mean=None, deviation=None, alpha=lambda now, after: now / after):
    """ddpm_step with another mean, another standard deviation or another alpha."""

    def wrong(xt, x0, alpha_bar_t, alpha_bar_next, noise):
        a = alpha(alpha_bar_t, alpha_bar_next)
        args = (a, 1 - a, alpha_bar_t, alpha_bar_next)
        f0, ft = (mean or _mean)(*args)
        return f0 * x0 + ft * xt + (deviation or _deviation)(*args) * noise

    return wrong


def _mean(a, beta, now, after):
    return after.sqrt() * beta / (1 - now), a.sqrt() * (1 - after) / (1 - now)


def _deviation(a, beta, now, after):
    return ((1 - after) / (1 - now) * beta).sqrt()


LAST_STEP = "At the last step (alpha_bar_next = 1) your function still adds noise: the finished picture would be grainy. "

DDPM_STEP = Exercise(
    ddpm_step,
    "day03",
    draw_ddpm_step,
    parts=("x0", "xt", "noise"),
    where=lambda inputs, b: (
        f"with alpha_bar_t = {inputs['alpha_bar_t']:.3f} and alpha_bar_next = {inputs['alpha_bar_next']:.3f}"
    ),
    mistakes=(
        Mistake(
            posterior(deviation=lambda a, beta, now, after: (1 - after) / (1 - now) * beta),
            "The mean is right. The noise is multiplied by the *variance*; it needs the standard deviation.",
        ),
        Mistake(
            posterior(deviation=lambda a, beta, now, after: beta.sqrt()),
            LAST_STEP + "You use the variance beta. The posterior's variance has one more factor, "
            "(1 - alpha_bar_next) / (1 - alpha_bar_t), and that one becomes 0 at the end.",
        ),
        Mistake(
            posterior(deviation=lambda a, beta, now, after: beta),
            LAST_STEP + "And beta is a variance: the noise needs a standard deviation, of the posterior.",
        ),
        Mistake(
            posterior(deviation=lambda a, beta, now, after: torch.ones(())),
            LAST_STEP + "The noise has the factor 1; multiply it by the posterior's standard deviation.",
        ),
        Mistake(
            posterior(deviation=lambda a, beta, now, after: torch.zeros(())),
            "You return the mean only. Except at the last step a pinch of fresh noise belongs to it: without it the "
            "samples of DDPM become blurred. Which standard deviation does the formula give?",
        ),
        Mistake(
            posterior(mean=lambda *args: _mean(*args)[::-1]),
            "The noise is right. In the mean, the factors of x0 and xt have changed places. At the last step the mean "
            "must be x0 alone: which factor becomes 0 there?",
        ),
        Mistake(
            posterior(
                mean=lambda a, beta, now, after: (
                    now.sqrt() * beta / (1 - now),
                    _mean(a, beta, now, after)[1],
                )
            ),
            "x0 has the factor with sqrt(alpha_bar_t). Where you are going, more of the picture is left: it is the "
            "alpha_bar of the *next*, cleaner step that counts there.",
        ),
        Mistake(
            posterior(
                mean=lambda a, beta, now, after: (after * beta / (1 - now), a * (1 - after) / (1 - now))
            ),
            "In both factors of the mean a square root is missing (on alpha_bar_next and on alpha).",
        ),
        Mistake(
            posterior(
                mean=lambda a, beta, now, after: (after * beta / (1 - now), _mean(a, beta, now, after)[1])
            ),
            "The factor of x0 has alpha_bar_next without its square root.",
        ),
        Mistake(
            posterior(
                mean=lambda a, beta, now, after: (_mean(a, beta, now, after)[0], a * (1 - after) / (1 - now))
            ),
            "The factor of xt has alpha without its square root.",
        ),
        Mistake(
            posterior(alpha=lambda now, after: now),
            "You use alpha_bar_t as alpha, so your beta belongs to all steps together. For one step, from t to the "
            "next: alpha = alpha_bar_t / alpha_bar_next.",
        ),
        Mistake(
            posterior(alpha=lambda now, after: after / now),
            "Your alpha is upside down, so it is larger than 1 and beta is negative (the root of that is NaN). alpha_bar "
            "is *smaller* at the noisier step t: alpha = alpha_bar_t / alpha_bar_next.",
        ),
        Mistake(
            posterior(alpha=lambda now, after: 1 - now / after),
            "alpha and beta have changed places: alpha = alpha_bar_t / alpha_bar_next is what the step keeps.",
        ),
        Mistake(
            lambda xt, x0, alpha_bar_t, alpha_bar_next, noise: (
                alpha_bar_next.sqrt() * x0 + (1 - alpha_bar_next).sqrt() * noise
            ),
            "You put completely fresh noise on x0 and forget where you are: xt must count in the mean as well.",
        ),
    ),
)


# update_ema: its answer is a change of a model, so the models are looked at


class TwoLayers(nn.Module):
    """A tiny model with four parameters of different shapes, all of them random."""

    def __init__(self, generator: torch.Generator):
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)
        with torch.no_grad():
            for weight in self.parameters():
                weight.copy_(torch.randn(weight.shape, generator=generator))


def check_update_ema(answer, generator: torch.Generator) -> None:
    """Raises Wrong with a hint unless ema = decay * ema + (1 - decay) * weight, in place."""
    for decay in (0.9, 0.6, 0.99):
        model, ema = TwoLayers(generator), TwoLayers(generator).requires_grad_(False)
        objects = [id(p) for p in ema.parameters()]
        weights, before = _values(model), _values(ema)
        value = answer({"ema_model": ema, "model": model, "decay": decay})
        demand(
            all(torch.equal(a, b) for a, b in zip(_values(model), weights, strict=True)),
            "Your function changes `model`, the network in training. Only `ema_model` may move: the average watches.",
        )
        _judge_average(weights, before, _values(ema), decay)
        demand(
            objects == [id(p) for p in ema.parameters()],
            "The values are right, but ema_model now holds *new* parameters. Keep the objects and change what is in "
            "them, for example with `ema.copy_(...)` or `ema.lerp_(...)`.",
        )
        demand(
            not any(p.requires_grad for p in ema.parameters()),
            "The values are right, but the average now remembers how it was computed, step upon step, and memory fills "
            "up. Work under `with torch.no_grad():` (or write @torch.no_grad() above the function).",
        )
        demand(
            all(p.requires_grad for p in model.parameters()),
            "After your function `model` can't be trained any more.",
        )
        demand(value is None or value is ema, "The change happens in place: return nothing.")


def _values(model: nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in model.parameters()]


def _judge_average(weights: list[Tensor], before: list[Tensor], after: list[Tensor], decay: float) -> None:
    same = lambda a, b: (
        len(a) == len(b) and all(x.shape == y.shape and torch.allclose(x, y, atol=1e-4) for x, y in zip(a, b))
    )
    mix = lambda d, e: [d * x + e * y for x, y in zip(before, weights)]
    if same(after, mix(decay, 1 - decay)):
        return
    hints = (
        (before, "ema_model has not changed. `ema = ...` only gives the name to a new tensor, the model never sees it. "
         "Change the parameter itself, in place: `ema.copy_(...)`, `ema.mul_(...)`, `ema.lerp_(...)`."),
        (weights, "ema_model is now a plain copy of model. A moving average keeps most of its old value: the share "
         "`decay` of it."),
        (mix(1 - decay, decay), "decay stands at the wrong one. With decay = 0.99 the average keeps 99% of *itself* and "
         "takes 1% of the new weights; yours does the opposite and hardly averages at all."),
        (mix(1, 1 - decay), "You add a share of the weights but never shrink the old average: it would grow for ever. "
         "The two shares must add up to 1."),
        (mix(decay, 1), "The new weights count fully. The two shares must add up to 1: decay and 1 - decay."),
        (mix(decay, decay), "Both have the share decay. The two shares must add up to 1."),
        (mix(decay, 0), "The average only shrinks: the share 1 - decay of the new weights is missing."),
        (mix(1, decay - 1), "The average moves *away* from the weights: a difference is turned around."),
        (mix(0.5, 0.5), "You take the plain mean of both. The shares are decay and 1 - decay."),
        (mix(decay**2, 1 - decay**2), "The update is made twice."),
    )  # fmt: skip
    for values, hint in hints:
        if same(after, values):
            raise Wrong(hint)
    right = [same([a], [b]) for a, b in zip(after, mix(decay, 1 - decay))]
    demand(
        not any(right),
        f"Only {sum(right)} of the {len(right)} parameters are right. Does the loop end too early, or leave some out?",
    )
    a, b, c = before[0].flatten()[0], weights[0].flatten()[0], after[0].flatten()[0]
    raise Wrong(
        f"An example to follow by hand: decay {decay}, average {a:.3f}, weight {b:.3f}. Yours becomes {c:.3f}; "
        f"it should become {decay * a + (1 - decay) * b:.3f}."
    )


UPDATE_EMA = Exercise(update_ema, "day03", check=check_update_ema)

EXERCISES = (TIMESTEP_EMBEDDING, DIFFUSION_LOSS, DDPM_STEP, UPDATE_EMA)
