"""Day 04, samplers and guidance: to_x0 (from v), guide, ddim_step, drop_labels."""

import torch

from course_lib.ddpm import drop_labels
from course_lib.exercises.day02 import (
    BROADCAST,
    NO_TIME,
    at_time,
    draw_pictures,
    draw_schedule,
    draw_times,
    per_picture,
)
from course_lib.exercises.exercise import Answer, Exercise, Inputs, Mistake, Wrong, demand, demand_tensor
from course_lib.samplers import ddim_step, guide
from course_lib.schedule import to_x0

# to_x0, where the network answers v


def draw_to_x0(generator: torch.Generator, i: int) -> Inputs:
    xt, output = draw_pictures(generator, size=4 if i == 3 else 6)
    alpha_bar = draw_schedule(generator)
    return {
        "output": output,
        "xt": xt,
        "t": draw_times(generator, len(alpha_bar), len(xt)),
        "alpha_bar": alpha_bar,
    }


def _from_v(formula, pick=lambda alpha_bar, t: per_picture(alpha_bar[t])):
    """to_x0 with another formula in (v, xt, alpha_bar), or alpha_bar looked up in another way."""
    return lambda output, xt, t, alpha_bar: formula(output, xt, pick(alpha_bar, t))


def _right_formula(v, xt, ab):
    return ab.sqrt() * xt - (1 - ab).sqrt() * v


TO_X0 = Exercise(
    to_x0,
    "day04",
    draw_to_x0,
    parts=("xt", "output"),
    where=at_time,
    mistakes=(
        Mistake(
            _from_v(lambda v, xt, ab: (xt - (1 - ab).sqrt() * v) / ab.sqrt()),
            "That is the formula for a network that answers *eps*. This one answers v. Solve the two equations for xt "
            "and v for x0: multiply each by a root and add, so that eps drops out.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: v),
            "You return the network's answer as it is. That would be x0 only if the network had been trained to answer "
            "x0; this one answers v, a mixture.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: ab.sqrt() * v + (1 - ab).sqrt() * xt),
            "That is the guess of the *noise*, eps. The picture is the other mixture of the same two: look at the "
            "signs and at which root stands where.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: ab.sqrt() * xt + (1 - ab).sqrt() * v),
            "There is a plus where a minus belongs. Put v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0 into your "
            "formula: eps must drop out.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: (1 - ab).sqrt() * v - ab.sqrt() * xt),
            "Every sign is turned around: your picture is a negative.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: (1 - ab).sqrt() * xt - ab.sqrt() * v),
            "The two roots have changed places. At t = 0, where alpha_bar is nearly 1, xt itself is nearly the answer.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: ab.sqrt() * v - (1 - ab).sqrt() * xt),
            "v and xt have changed places. At t = 0, where alpha_bar is nearly 1, xt itself is nearly the answer.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: ab * xt - (1 - ab) * v),
            "alpha_bar and 1 - alpha_bar are variances; both factors need a square root.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: ab.sqrt() * xt - (1 - ab.sqrt()) * v),
            "v has the factor 1 - sqrt(alpha_bar). The root goes around the whole difference.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: ab.sqrt() * xt - (1 - ab) * v),
            "xt is right; the factor of v needs a square root.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: ab * xt - (1 - ab).sqrt() * v),
            "v is right; the factor of xt needs a square root.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: xt - v),
            "You subtract the answer as if it were the noise itself. v is a mixture of noise and picture, and how they "
            "are mixed depends on alpha_bar at step t.",
        ),
        Mistake(
            _from_v(lambda v, xt, ab: (ab.sqrt() * xt - (1 - ab).sqrt() * v) / ab.sqrt()),
            "The numerator is right; nothing is left to divide by. That division belongs to the eps formula.",
        ),
        Mistake(_from_v(_right_formula, lambda alpha_bar, t: alpha_bar[t]), BROADCAST),
        Mistake(_from_v(_right_formula, lambda alpha_bar, t: alpha_bar[t][:, None]), BROADCAST),
        Mistake(_from_v(_right_formula, lambda alpha_bar, t: alpha_bar), NO_TIME),
        Mistake(
            _from_v(_right_formula, lambda alpha_bar, t: per_picture(alpha_bar[t - 1])),
            "You are off by one step: you look up t - 1. xt was made with alpha_bar[t].",
        ),
        Mistake(
            _from_v(_right_formula, lambda alpha_bar, t: per_picture(alpha_bar[(t - 1).clamp(min=0)])),
            "You are off by one step: you look up t - 1. xt was made with alpha_bar[t].",
        ),
        Mistake(
            _from_v(_right_formula, lambda alpha_bar, t: alpha_bar[t[0]]),
            "Every picture gets the step of the first one. t holds one step per picture: look them all up, alpha_bar[t].",
        ),
    ),
)


# guide


def draw_guide(generator: torch.Generator, i: int) -> Inputs:
    conditional, unconditional = (torch.randn(3, 1, 5, 5, generator=generator) for _ in range(2))
    scale = (7.5, 0.0, 1.0, 1.5 + 3 * float(torch.rand((), generator=generator)))[i]
    return {"conditional": conditional, "unconditional": unconditional, "scale": scale}


GUIDE = Exercise(
    guide,
    "day04",
    draw_guide,
    parts=("conditional", "unconditional"),
    where=lambda inputs, b: f"with scale {inputs['scale']:.3g}",
    mistakes=(
        Mistake(
            lambda c, u, s: (1 + s) * c - s * u,
            "You use the other convention, of Ho and Salimans, where 0 means off. Here, as in Imagen and diffusers, "
            "scale 1 is off and gives the conditional answer: start from the *unconditional* one.",
        ),
        Mistake(
            lambda c, u, s: c + s * (u - c),
            "Conditional and unconditional have changed places: your guidance pushes *away* from the label. Scale 0 "
            "must give the unconditional answer, scale 1 the conditional one.",
        ),
        Mistake(
            lambda c, u, s: u + s * (u - c),
            "The difference is turned around: you walk away from the label. The arrow goes from unconditional to "
            "conditional.",
        ),
        Mistake(
            lambda c, u, s: c + s * (c - u) * -1,
            "The difference is turned around, and the start is the wrong one: begin at the unconditional answer and "
            "walk towards the conditional.",
        ),
        Mistake(
            lambda c, u, s: s * (c - u),
            "That is only the arrow from unconditional to conditional. From where does it start? With scale 1 the "
            "conditional answer must come out.",
        ),
        Mistake(
            lambda c, u, s: s * c,
            "You make the conditional answer larger and never look at the unconditional one. Guidance enlarges the "
            "*difference* between the two.",
        ),
        Mistake(
            lambda c, u, s: u + s * c,
            "You add the whole conditional answer. Only the difference, conditional - unconditional, is enlarged.",
        ),
        Mistake(
            lambda c, u, s: u + (s - 1) * (c - u),
            "You walk one difference too few: scale 1 must end exactly at the conditional answer.",
        ),
        Mistake(
            lambda c, u, s: (c + u) / 2 + s * (c - u),
            "You start in the middle of the two. Start at the unconditional answer.",
        ),
        Mistake(
            lambda c, u, s: s * c - u,
            "With scale 1 this gives the difference only; the conditional answer must come out. Which factor does the "
            "unconditional one need, so that both factors add up to 1?",
        ),
        Mistake(
            lambda c, u, s: u + min(max(s, 0), 1) * (c - u),
            "You keep the scale between 0 and 1. Guidance goes *beyond* the conditional answer: scales of 2 to 8 are usual.",
        ),
    ),
)


# ddim_step


def draw_ddim_step(generator: torch.Generator, i: int) -> Inputs:
    x0, eps = draw_pictures(generator)
    after = torch.ones(()) if i == 3 else 0.1 + 0.8 * torch.rand((), generator=generator)  # 1: the last step
    return {"x0": x0, "eps": eps, "alpha_bar_next": after}


def _ddim(factor_x, factor_eps):
    return lambda x0, eps, alpha_bar_next: factor_x(alpha_bar_next) * x0 + factor_eps(alpha_bar_next) * eps


DDIM_STEP = Exercise(
    ddim_step,
    "day04",
    draw_ddim_step,
    parts=("x0", "eps"),
    where=lambda inputs, b: f"with alpha_bar_next = {inputs['alpha_bar_next']:.3f}",
    mistakes=(
        Mistake(
            _ddim(lambda a: a, lambda a: 1 - a),
            "alpha_bar_next and 1 - alpha_bar_next are variances; both factors need a square root.",
        ),
        Mistake(
            _ddim(torch.sqrt, lambda a: 1 - a.sqrt()),
            "The noise has the factor 1 - sqrt(alpha_bar_next). The root goes around the whole difference.",
        ),
        Mistake(
            _ddim(torch.sqrt, lambda a: 1 - a),
            "The picture is right; the factor of eps needs a square root.",
        ),
        Mistake(
            _ddim(lambda a: a, lambda a: (1 - a).sqrt()),
            "The noise is right; the factor of x0 needs a square root.",
        ),
        Mistake(
            _ddim(lambda a: (1 - a).sqrt(), torch.sqrt),
            "The two factors have changed places. At the last step alpha_bar_next is 1, and x0 alone must come out.",
        ),
        Mistake(
            _ddim(torch.ones_like, lambda a: (1 - a).sqrt()),
            "x0 keeps its full size. At a step that is still noisy the picture is shrunk, exactly as in add_noise.",
        ),
        Mistake(
            _ddim(torch.sqrt, torch.zeros_like),
            "The noise is gone after one step. DDIM keeps the guessed noise, as much of it as the next step should hold.",
        ),
        Mistake(
            _ddim(torch.sqrt, torch.ones_like),
            "You add the whole noise. At the last step (alpha_bar_next = 1) there must be none: which factor does "
            "add_noise give it?",
        ),
        Mistake(
            _ddim(torch.sqrt, lambda a: -(1 - a).sqrt()),
            "You subtract the noise. x0 is already clean: the next step is a little *noisier* than x0, so noise is "
            "put back on.",
        ),
        Mistake(
            lambda x0, eps, alpha_bar_next: x0,
            "You return x0 itself. That is right at the last step only; before it, go to a place that is still noisy.",
        ),
        Mistake(
            lambda x0, eps, alpha_bar_next: (x0 - (1 - alpha_bar_next).sqrt() * eps) / alpha_bar_next.sqrt(),
            "You take noise away as if x0 were still noisy. x0 is the finished guess; put noise of the next step back on.",
        ),
    ),
)


# drop_labels: its answer is random, so look at which labels were dropped


def check_drop_labels(answer: Answer, generator: torch.Generator) -> None:
    """Raises Wrong with a hint unless each label is replaced by itself with probability p."""
    for null_label, p in ((7, 0.1), (12, 0.25)):
        dropped = [_dropped(answer, generator, null_label, p) for _ in range(2)]
        demand(
            not torch.equal(*dropped),
            "Two calls dropped exactly the same places. Which labels are dropped must be drawn anew each time.",
        )
    demand(not _dropped(answer, generator, 7, 0.0).any(), "With p = 0 no label may be dropped.")
    demand(bool(_dropped(answer, generator, 7, 1.0).all()), "With p = 1 every label must be dropped.")


def _dropped(
    answer: Answer, generator: torch.Generator, null_label: int, p: float, n: int = 4000
) -> torch.Tensor:
    labels = torch.randint(0, null_label, (n,), generator=generator)
    given = {"labels": labels, "null_label": null_label, "p": p}
    new = answer(given, generator=generator)
    if isinstance(new, torch.Tensor) and new.dtype == torch.bool and new.shape == labels.shape:
        raise Wrong(
            "You return which labels to drop, True or False. Return the labels: `torch.where` chooses."
        )
    if isinstance(new, torch.Tensor) and new.is_floating_point() and new.shape == labels.shape:
        scaled = torch.isclose(new, labels / (1 - p)) if p < 1 else new == 0
        demand(
            not bool((scaled | (new == 0)).all()) or p == 0,
            "`dropout` is made for the inside of a network: it sets *features* to 0 and enlarges the rest. A label is a "
            "name, not an amount: replace it by null_label or leave it as it is.",
        )
    new = demand_tensor(new, labels.shape, labels.dtype)
    dropped = new == null_label
    _judge_changes(labels, new, dropped, null_label, p)
    return dropped


def _judge_changes(labels, new, dropped, null_label: int, p: float) -> None:
    other = ~dropped & (new != labels)
    if other.any():
        value = int(new[other][0])
        demand(
            not bool((new[other] == value).all()),
            f"Dropped labels become {value}; here they must become null_label = {null_label}"
            + (", and 0 is a real digit." if value == 0 else ". Use the argument, not a fixed number."),
        )
        raise Wrong(
            "Some labels became other *real* labels. A dropped label becomes null_label, all others stay."
        )
    share, n = float(dropped.float().mean()), len(labels)
    if 0 < p < 1:
        demand(
            0 < share < 1,
            f"{'Every' if share else 'No'} label of the batch was dropped. Toss one coin *per label*: "
            "as many random numbers as there are labels, `torch.rand(labels.shape)`.",
        )
    allowed = 5.5 * (p * (1 - p) / n) ** 0.5 + 2 / n
    demand(
        abs(share - p) <= allowed,
        f"With p = {p:g} about {p:.0%} of the labels should be dropped; yours drops {share:.0%}.{_why_share(share, p)}",
    )
    front = float(dropped[: n // 2].float().mean())
    demand(
        abs(front - p) <= 1.5 * allowed or p in (0, 1),
        "The dropped labels are not spread over the batch: they crowd together. Every label needs its own coin.",
    )


def _why_share(share: float, p: float) -> str:
    if abs(share - (1 - p)) < 0.03:
        return " The comparison is turned around: `torch.rand(...) < p` is True with probability p."
    if (
        abs(share - float(torch.special.ndtr(torch.tensor(p)))) < 0.03
        or abs(share - float(torch.special.ndtr(torch.tensor(-p)))) < 0.03
    ):
        return " `torch.randn` is the bell curve; a number that is below p with probability p comes from `torch.rand`."
    if abs(share - 0.5) < 0.03:
        return " A fair coin falls on either side half the time, whatever p is."
    return ""


DROP_LABELS = Exercise(drop_labels, "day04", check=check_drop_labels)

EXERCISES = (TO_X0, GUIDE, DDIM_STEP, DROP_LABELS)
