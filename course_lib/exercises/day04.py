"""Day 04: back from v to the picture, guidance, the DDIM step and label dropout."""

import torch

from course_lib.diffusion.ddpm import drop_labels
from course_lib.diffusion.samplers import ddim_step, guide
from course_lib.diffusion.schedule import alphas_cumprod, cosine_betas, to_x0
from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.exercises.comparing import is_plain, plain_tensor, same
from course_lib.exercises.sandbox import Stumble, call


def _v_inputs(g, draw):
    v, xt = (torch.randn(5, 1, 4, 4, generator=g) for _ in range(2))
    return v, xt, torch.randint(50, 950, (5,), generator=g), alphas_cumprod(cosine_betas())


def _guide_inputs(g, draw):
    a, b = (torch.randn(3, 1, 4, 4, generator=g) for _ in range(2))
    return a, b, (7.5, 2.0, 0.5, 3.0)[draw]


def _ddim_inputs(g, draw):
    x0, eps = (torch.randn(3, 1, 4, 4, generator=g) for _ in range(2))
    return x0, eps, torch.tensor((0.3, 0.6, 0.9, 1.0)[draw])


def _roots(t, a):
    ab = a[t].view(-1, 1, 1, 1)
    return ab.sqrt(), (1 - ab).sqrt()


def _check_drop(function) -> None:
    B, null = 4000, 10
    kept = torch.arange(B) % 10

    def drop(p, seed=0):
        labels = kept.clone()
        got = call(function, labels, null, p, torch.Generator().manual_seed(seed))
        if not same(labels, kept):
            raise Stumble(
                "the labels handed in were changed in place; return a new tensor and leave them as they were."
            )
        got = plain_tensor(got, "a tensor of labels")
        if got.shape != labels.shape:
            raise Stumble(
                f"the shape is {tuple(got.shape)}, it should be {tuple(labels.shape)}: one label per sample."
            )
        if got.dtype != torch.int64:
            raise Stumble(f"the dtype is {got.dtype}; labels are whole numbers, torch.int64.")
        return got

    got = [drop(0.3, seed) for seed in range(4)]
    shares = [(g == null).float().mean().item() for g in got]
    if any(((g != null) & (g != kept)).any() for g in got):
        raise Stumble(
            "some labels became another digit; a sample keeps its own label or gets null_label, nothing else."
        )
    if (
        all(share in (0.0, 1.0) for share in shares)
        and len(set(shares)) >= 1
        and max(shares) + min(shares) != 0
    ):
        raise Stumble(
            "the whole batch is dropped or kept together; toss one coin per sample, torch.rand(labels.shape)."
        )
    if max(shares) == 0:
        raise Stumble(
            "no label was dropped in 16,000 with p = 0.3; toss one coin per sample and compare it with p."
        )
    if all(abs(share - 0.7) < 0.05 for share in shares):
        raise Stumble("a share of 1 - p is dropped; turn the comparison round.")
    if any(abs(share - 0.3) > 0.04 for share in shares):
        normal = all(abs(share - 0.618) < 0.04 or abs(share - 0.382) < 0.04 for share in shares)
        why = "torch.rand, not randn, gives numbers spread evenly over [0, 1)." if normal else "is p used?"
        raise Stumble(f"with p = 0.3 a share of {shares[0]:.2f} was dropped; {why}")
    if len(set(shares)) == 1:
        raise Stumble("exactly the same number is dropped every time; each sample needs a coin of its own.")
    other = call(function, kept.clone(), 11, 1.0, torch.Generator().manual_seed(0))
    if not is_plain(other) or not (other == 11).all():
        raise Stumble(
            "with null_label = 11 your function still writes another number; use the argument null_label."
        )
    if all(torch.equal(g, got[0]) for g in got):
        raise Stumble("the same samples are dropped every time; the coins must be random.")
    if not torch.equal(drop(0.3, 7), drop(0.3, 7)):
        raise Stumble(
            "the generator is not used; pass generator=generator to torch.rand, so that a seed repeats the run."
        )
    if (drop(0.0) == null).any() or (drop(1.0) != null).any():
        raise Stumble("p = 0 must drop none and p = 1 all; compare with `<`, for torch.rand is in [0, 1).")


EXERCISES = [
    Exercise(
        day="day04",
        reference=to_x0,
        make_inputs=_v_inputs,
        mistakes=(
            Mistake(lambda v, x, t, a: _roots(t, a)[0] * x + _roots(t, a)[1] * v,
                    "look at the sign before the second term: it is a minus."),
            Mistake(lambda v, x, t, a: _roots(t, a)[1] * x - _roots(t, a)[0] * v, "the two factors are swapped."),
            Mistake(lambda v, x, t, a: (x - _roots(t, a)[1] * v) / _roots(t, a)[0],
                    "this is the formula for a network that predicts eps; this one predicts v."),
            Mistake(lambda v, x, t, a: _roots(t, a)[0] * v + _roots(t, a)[1] * x, "this is the guess of the noise; x0 is asked for."),
            Mistake(lambda v, x, t, a: _roots(t, a)[0] * x - (1 - _roots(t, a)[0]) * v,
                    "the root stands in the wrong place: sqrt(1 - alpha_bar) is not 1 - sqrt(alpha_bar)."),
            Mistake(lambda v, x, t, a: _roots(t, a)[0] * x - _roots(t, a)[1] ** 2 * v, "the second factor needs its square root."),
            Mistake(lambda v, x, t, a: _roots(t, a)[0] ** 2 * x - _roots(t, a)[1] * v, "the first factor needs its square root."),
            Mistake(lambda v, x, t, a: _roots(t, a)[0] ** 2 * x - _roots(t, a)[1] ** 2 * v, "the square roots are missing."),
        ),
    ),
    Exercise(
        day="day04",
        reference=ddim_step,
        make_inputs=_ddim_inputs,
        mistakes=(
            Mistake(lambda x, e, a: a * x + (1 - a) * e, "the square roots are missing: alpha_bar is a share of variance."),
            Mistake(lambda x, e, a: a.sqrt() * x + (1 - a.sqrt()) * e,
                    "the root stands in the wrong place: sqrt(1 - alpha_bar) is not 1 - sqrt(alpha_bar)."),
            Mistake(lambda x, e, a: (1 - a).sqrt() * x + a.sqrt() * e, "picture and noise are swapped: at the last step only the picture is left."),
            Mistake(lambda x, e, a: a.sqrt() * x - (1 - a).sqrt() * e, "the noise is added, not taken away."),
            Mistake(lambda x, e, a: a.sqrt() * x, "the noise that stays until the next step is missing."),
            Mistake(lambda x, e, a: a.sqrt() * x + e, "the noise is not scaled; at the last step none should be left."),
        ),
    ),
    Exercise(day="day04", reference=drop_labels, check=_check_drop),
    Exercise(
        day="day04",
        reference=guide,
        make_inputs=_guide_inputs,
        mistakes=(
            Mistake(lambda c, u, s: c + s * (c - u),
                    "this is the convention of Ho and Salimans, where 0 is off. Here scale 1 is off: start from the unconditional output."),
            Mistake(lambda c, u, s: (1 + s) * c - s * u,
                    "this is the convention of Ho and Salimans, where 0 is off. Here scale 1 is off: start from the unconditional output."),
            Mistake(lambda c, u, s: c + s * (u - c), "conditional and unconditional are swapped: scale 1 should give the conditional output."),
            Mistake(lambda c, u, s: u + s * (u - c), "the difference points the wrong way: conditional minus unconditional."),
            Mistake(lambda c, u, s: u + (s - 1) * (c - u),
                    "this is off by one: at scale 1 the plain conditional output should come out, so the factor is scale itself."),
            Mistake(lambda c, u, s: u + s * c, "what is scaled is the difference between the two outputs."),
            Mistake(lambda c, u, s: s * (c - u), "the difference is a direction; it needs a point to start from."),
            Mistake(lambda c, u, s: (1 - s) * c + s * u, "conditional and unconditional are swapped: scale 1 should give the conditional output."),
        ),
    ),
]  # fmt: skip
