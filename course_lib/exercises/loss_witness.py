"""A fair check of diffusion_loss: every answer draws its own random numbers, so look at what the network is shown.

The witness stands in for the network and remembers what it was called with.  From x_t, t and the picture the noise can
be worked out, and from that the loss: no answer has to draw its numbers in the course's order.
"""

import torch
from torch import Tensor, nn

from course_lib.exercises.exercise import Answer, Wrong, demand, demand_tensor
from course_lib.schedule import training_target

STEPS, BATCH, SIZE = (
    12,
    600,
    4,
)  # enough pictures for tight statistics: a correct answer fails less than once in 1e6


class Witness(nn.Module):
    """Answers like a network that has learned nothing much, and remembers every call."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(0.3))
        self.calls = []

    def forward(self, x, t=None, labels=None):
        self.calls.append((x, t, labels))
        return self.gain * x + 0.1 if isinstance(x, Tensor) else x


def check_diffusion_loss(answer: Answer, generator: torch.Generator) -> None:
    """Raises Wrong with a hint unless the loss is DDPM's, for v."""
    alpha_bar = torch.linspace(0.95, 0.08, STEPS)
    x0 = torch.rand(BATCH, 1, SIZE, SIZE, generator=generator) * 2 - 1
    labels = torch.randint(0, 10, (BATCH,), generator=generator)
    first = _trial(answer, generator, x0, labels, alpha_bar)
    second = _trial(answer, generator, x0, labels, alpha_bar)
    demand(
        not torch.equal(first, second),
        "Two calls used the same steps t. Does a fixed seed (`manual_seed`) inside the function start the numbers anew "
        "each time? The network would practise one and the same noise for ever.",
    )


def _trial(answer: Answer, generator, x0, labels, alpha_bar) -> Tensor:
    """Judge one call; returns the steps it drew."""
    witness = Witness()
    inputs = {"model": witness, "x0": x0, "labels": labels, "alpha_bar": alpha_bar}
    loss = answer(inputs, prediction="v", generator=generator)
    demand(
        len(witness.calls) > 0,
        "Your function never calls model(xt, t, labels): the network is to make a guess.",
    )
    xt, t, seen = witness.calls[-1]
    demand_tensor(xt, x0.shape, what="The network is given")
    _judge_steps(t)
    demand(
        seen is not None and isinstance(seen, Tensor) and torch.equal(seen, labels),
        "The network does not get the labels as they came: model(xt, t, labels).",
    )
    t, xt = t.detach(), xt.detach()
    eps = _judge_noise(x0, xt, t, alpha_bar)
    output = (witness.gain * xt + 0.1).detach()
    _judge_loss(loss, output, x0, eps, t, alpha_bar)
    loss.backward()
    demand(
        witness.gain.grad is not None,
        "The number is right, but no gradient reaches the network. `.detach()` or `torch.no_grad()` cut it off.",
    )
    return t


def _judge_steps(t) -> None:
    demand(t is not None, "The network does not get t: it cannot know how noisy its input is.")
    demand(
        isinstance(t, Tensor),
        f"The network is given t as {type(t).__name__}; it needs a tensor of shape (B,).",
    )
    one = t.numel() == 1 or (t.ndim == 1 and bool((t == t[0]).all()))
    demand(
        not one,
        "The whole batch gets one and the same t. Draw one step *per picture*, shape (B,): each batch then teaches "
        "clean and noisy steps together, and the loss jumps about much less.",
    )
    demand(
        t.shape == (BATCH,), f"t has the shape {tuple(t.shape)}; one step per picture is needed, shape (B,)."
    )
    demand(not t.is_floating_point(), "t is a decimal number; steps are whole numbers: `torch.randint`.")
    low, high = int(t.min()), int(t.max())
    demand(
        low >= 0 and high < STEPS,
        f"t runs from {low} to {high}, but a schedule of {STEPS} steps has 0 to {STEPS - 1}.",
    )
    demand(
        low == 0, "t = 0 is never drawn. In this course the steps are 0 to T - 1: `torch.randint(0, T, ...)`."
    )
    demand(
        high == STEPS - 1,
        "The last step, T - 1, is never drawn, and sampling starts just there. The upper end of `torch.randint` is "
        "already left out: give it T, not T - 1.",
    )
    counts = torch.bincount(t, minlength=STEPS).float()
    distance = ((counts - BATCH / STEPS) ** 2).sum() / (BATCH / STEPS)  # chi squared, 11 degrees of freedom
    demand(
        float(distance) < 60,
        "Some steps are drawn far more often than others; every step is to be equally likely.",
    )


def _judge_noise(x0: Tensor, xt: Tensor, t: Tensor, alpha_bar: Tensor) -> Tensor:
    """The noise that is in xt, if it is standard normal and independent; else Wrong."""
    demand(
        not torch.equal(xt, x0),
        "The network is shown the clean picture x0. Noise it first: xt = add_noise(...).",
    )
    ab = alpha_bar[t].view(-1, 1, 1, 1)
    eps = (xt - ab.sqrt() * x0) / (1 - ab).sqrt()
    if torch.allclose(xt, x0.flip(0), atol=1e-4) or not xt.isfinite().all():
        raise Wrong("The network is shown something that is no noisy picture of x0.")
    demand(
        not torch.allclose(eps[0], eps[1], atol=1e-4),
        "Every picture of the batch gets the same noise. Draw it with the shape of x0: `torch.randn(x0.shape)`.",
    )
    _judge_mixture(x0, xt, t, alpha_bar)
    clean, noisy = eps[t < 3], eps[t >= STEPS - 3]
    uniform = float(eps.min()) > -0.05 and float(eps.max()) < 1.05
    demand(
        not uniform,
        "Your noise lies between 0 and 1: `torch.rand` is uniform. Diffusion needs the bell curve, `torch.randn`.",
    )
    demand(
        abs(float(eps.mean())) < 0.06,
        f"The noise in xt has the mean {eps.mean():.2f}; standard normal noise has 0.",
    )
    wide = [float(part.std()) for part in (clean, noisy)]
    demand(
        all(abs(w - 1) < 0.12 for w in wide),
        f"The noise in xt does not fit its t: its spread is {wide[0]:.2f} at clean steps and {wide[1]:.2f} at noisy ones; "
        "it should be 1 everywhere. Do the network and add_noise get the same t, and is the noise from `torch.randn`?",
    )
    return eps


def _judge_mixture(x0: Tensor, xt: Tensor, t: Tensor, alpha_bar: Tensor) -> None:
    """Is as much of the picture left as t says?  Slope of xt on x0, at clean and at noisy steps."""
    slopes = [_slope(x0[part], xt[part]) for part in (t < 3, t >= STEPS - 3)]
    wanted = [float(alpha_bar[part].sqrt().mean()) for part in (slice(0, 3), slice(STEPS - 3, STEPS))]
    if all(abs(a - b) < 0.13 for a, b in zip(slopes, wanted)):
        return
    if all(abs(s) < 0.13 for s in slopes):
        raise Wrong(
            "The network is shown pure noise. It needs the noisy picture: xt = add_noise(x0, t, eps, alpha_bar)."
        )
    if abs(slopes[0] - slopes[1]) < 0.15:
        raise Wrong(
            "The pictures shown to the network are equally noisy at clean and at noisy steps. The t given to the "
            "network must be the very t that add_noise used."
        )
    raise Wrong(
        f"The pictures shown to the network do not fit their t: at clean steps {slopes[0]:.2f} of x0 is left (it should "
        f"be {wanted[0]:.2f}), at noisy steps {slopes[1]:.2f} ({wanted[1]:.2f}). Use add_noise(x0, t, eps, alpha_bar)."
    )


def _slope(x: Tensor, y: Tensor) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / (x * x).sum())


def _judge_loss(loss, output: Tensor, x0: Tensor, eps: Tensor, t: Tensor, alpha_bar: Tensor) -> None:
    """The right number, or Wrong with the mistake that gives the number that came."""
    right = _mean_square(output, training_target(x0, eps, t, alpha_bar, "v"))
    if isinstance(loss, Tensor) and loss.shape == x0.shape:
        raise Wrong("You return one number per pixel. Training needs a single one: take the mean.")
    if isinstance(loss, Tensor) and loss.shape == (BATCH,):
        raise Wrong(
            "You return one number per picture. Training needs a single one: take the mean over the batch too."
        )
    number = float(demand_tensor(loss, ()))
    for value, hint in _other_losses(output, x0, eps, t, alpha_bar, right):
        demand(abs(number - value) > 1e-3 * abs(value) or abs(number - right) < 1e-4, hint)
    demand(
        abs(number - right) < 1e-3 * right,
        f"The network is shown the right things, but your loss is {number:.4g} where the mean squared distance to the "
        f"target v is {right:.4g}.",
    )
    demand(
        loss.requires_grad,
        "The number is right, but no gradient reaches the network. `.detach()`, `.item()` or `torch.no_grad()` cut it off.",
    )


def _other_losses(output, x0, eps, t, alpha_bar, right: float) -> list[tuple[float, str]]:
    ab = alpha_bar[t].view(-1, 1, 1, 1)
    v = training_target(x0, eps, t, alpha_bar, "v")
    distance = output - v
    return [
        (_mean_square(output, eps),
         "You compare the network's guess with eps. Here the network answers v: "
         "`training_target(x0, eps, t, alpha_bar, \"v\")` makes the target."),
        (_mean_square(output, x0),
         "You compare the network's guess with x0. Here the network answers v: "
         "`training_target(x0, eps, t, alpha_bar, \"v\")` makes the target."),
        (_mean_square(output, -v),
         "Your target v has the wrong sign: v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0."),
        (_mean_square(output, ab.sqrt() * x0 - (1 - ab).sqrt() * eps),
         "In your target v, x0 and eps have changed places: v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0."),
        (_mean_square(output, ab.sqrt() * eps + (1 - ab).sqrt() * x0),
         "In your target v there is a plus where a minus belongs: v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0."),
        (_mean_square(output, ab.sqrt() * x0 + (1 - ab).sqrt() * eps),
         "You compare the guess with xt, which the network is already shown. There would be nothing to learn."),
        (_mean_square(output, eps - x0), "Your target is eps - x0, as in flow matching. Here it is v (training_target)."),
        (float((distance**2).sum()),
         "You add up the squares. Take their *mean*: with a sum, the loss and the right learning rate would change with "
         "the batch size."),
        (float((distance**2).sum()) / BATCH,
         "You divide by the number of pictures only. Take the mean over all pixels too."),
        (float((distance**2).mean().sqrt()), "You take the root of the mean squared distance. The loss is without the root."),
        (float(distance.abs().mean()), "That is the mean *absolute* distance. DDPM's loss squares the distance."),
        (float(distance.mean()), "Without a square, plus and minus cancel each other. Square the distance first."),
        (float(distance.mean() ** 2), "You square the mean. Take the mean of the squares: square first."),
        (right / 2, "Your loss is half of what it should be: no factor 1/2 here."),
    ]  # fmt: skip


def _mean_square(a: Tensor, b: Tensor) -> float:
    return float(((a - b) ** 2).mean())
