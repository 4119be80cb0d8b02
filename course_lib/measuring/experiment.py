"""One setting tried as a designed experiment: the same seeds under every value, a score for each picture, an interval."""

import random
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from course_lib.checks import (
    check_callable,
    check_count,
    check_is,
    check_tensors,
    check_text,
    check_texts,
    takes,
)
from course_lib.measuring.intervals import Interval, mean_interval
from course_lib.words import prompting

SETTINGS = ("guidance", "steps", "negative", "sampler")
SEEDS = 1_000_000  # a random seed is below this


PIPE = (check_is, "unet", "a pipeline, as load_text_to_image() gives")
LIST = (check_is, (list, tuple, range), "a list")
PAINTED = (check_is, dict, "{value: pictures}, as sweep() gives")


@takes(seed=(check_count, -1), n=check_count)
def seeds_from(seed: int, n: int) -> list[int]:
    """`n` seeds in a row, the first one `seed`; -1 draws it by chance, without touching anybody's random numbers.

    Raises ValueError for a seed below -1, or for no pictures.
    """
    first = random.SystemRandom().randrange(SEEDS) if seed == -1 else seed
    return list(range(first, first + n))


@takes(pipe=PIPE, seeds=LIST, negative=check_text, batch=check_count, on_step=check_callable)
def paint(
    pipe,
    prompts: str | Sequence[str],
    seeds: Sequence[int],
    *,
    guidance: float = 7.5,
    steps: int = 25,
    negative: str = "",
    sampler: str | None = None,
    batch: int = 12,
    on_step: Callable[[int], None] | None = None,
) -> Tensor:
    """One picture per seed by diffusers' own pipeline, each with a generator of its own, so batches change nothing.

    prompts: one for all, or one for each seed.  sampler: a name of SAMPLERS; None: the pipeline's own.
    on_step: called with how many steps of the work are done, batch by batch.  Returns (N, 3, H, W) in [-1, 1] on the CPU.
    Raises ValueError for another number of prompts than of seeds, or a wrong guidance, number of steps or sampler.
    """
    prompting.check_numbers(guidance, steps)
    for seed in seeds:
        check_count(seed, "each seed", 0)
    prompts = [prompts] * len(seeds) if isinstance(prompts, str) else check_texts(prompts, "prompts")
    if len(prompts) != len(seeds) or not seeds:
        raise ValueError(
            f"{len(prompts)} prompts for {len(seeds)} seeds; give one prompt for all, or one for each seed."
        )
    parts = []
    with prompting.sampler(pipe, sampler):
        for first in range(0, len(seeds), batch):
            texts, some = prompts[first : first + batch], seeds[first : first + batch]
            made = pipe(
                texts,
                negative_prompt=[negative] * len(texts),
                guidance_scale=guidance,
                num_inference_steps=steps,
                generator=[torch.Generator().manual_seed(seed) for seed in some],
                output_type="pt",
                callback_on_step_end=_reporter(on_step, first // batch * steps),
            )
            parts.append(made.images.float().cpu() * 2 - 1)
    return torch.cat(parts)


@takes(pipe=PIPE, seeds=LIST, setting=SETTINGS, values=LIST, watch=check_callable)
def sweep(
    pipe,
    prompts: str | Sequence[str],
    seeds: Sequence[int],
    setting: str,
    values: Sequence,
    *,
    watch: Callable[[Sequence, int, str], Iterable] | None = None,
    **fixed,
) -> dict[float | str, Tensor]:
    """Paint the same prompts from the same seeds under each value of one setting.

    setting: one of SETTINGS.  values: at least one, none twice.  fixed: all other settings, as in `paint`.
    watch: `widgets.progress`, for a progress bar over the values.
    Returns {value: (N, 3, H, W) in [-1, 1]}.  Row i of every value has the same prompt and the same seed, so values can
    be compared picture by picture.  Raises ValueError for an unknown setting, or a seed or value that comes twice.
    """
    for name, given in (("seed", list(seeds)), ("value", list(values))):
        twice = [x for i, x in enumerate(given) if x in given[:i]]
        if twice or not given:
            said = f"{name} {twice[0]!r} comes twice" if twice else f"there is no {name}"
            raise ValueError(f"This is no experiment: {said}; give each {name} once.")
    watched = watch(values, len(values), f"painting, {setting}") if watch else values
    return {value: paint(pipe, prompts, seeds, **fixed, **{setting: value}) for value in watched}


@takes(painted=PAINTED, score=check_callable)
def measured(painted: dict, score: Callable[[Tensor], Tensor]) -> dict[float | str, Interval]:
    """The mean score of each value's pictures, with its 95% interval.  score: (N, 3, H, W) -> (N,)."""
    return {value: mean_interval(score(pictures)) for value, pictures in painted.items()}


@takes(painted=PAINTED, score=check_callable)
def compared(painted: dict, score: Callable[[Tensor], Tensor], base) -> dict[float | str, Interval]:
    """How much better each value scores than `base`, picture by picture: the mean difference with its 95% interval.

    The prompts and seeds are the same on both sides, so their luck cancels.  Raises ValueError for an unknown base.
    """
    if base not in painted:
        raise ValueError(f"{base!r} was not painted; choose one of: {', '.join(map(str, painted))}.")
    before = score(painted[base])
    return {v: mean_interval(score(pictures) - before) for v, pictures in painted.items() if v != base}


@takes(judge=(check_is, "text_features", "a Judge, such as Judge(*load_clip())"), prompts=check_texts)
def prompt_fit(judge, prompts: Sequence[str]) -> Callable[[Tensor], Tensor]:
    """A score: the judge's cosine between each picture and its own prompt, -1 to 1.  Returns images (N, ...) -> (N,)."""
    texts = judge.text_features(list(prompts))  # (N, D)

    def score(images: Tensor) -> Tensor:
        pictures = judge.image_features(images)
        check_tensors("N D, N D", prompts=texts, pictures=pictures)
        return (pictures * texts).sum(dim=1)

    return score


def _reporter(on_step: Callable[[int], None] | None, done: int):
    def report(pipe, step, t, values):
        if on_step:
            on_step(done + step + 1)
        return values

    return report
