"""Prompting: Stable Diffusion's pipeline rebuilt by hand, and what the words can do in it.

text -> tokens -> text encoder -> embeddings (N, 77, D) -> U-Net and scheduler, again and again -> decoder -> picture

`text_to_image` paints the same pixels as `pipe(...)` of diffusers (tests/test_prompting.py).  All else here changes the
embeddings: blending two prompts, weighing one word, switching half way.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from course_lib.checks import check_count, check_is, check_number, check_texts, check_word, takes
from course_lib.diffusion.samplers import guide
from course_lib.words.prompt_words import check_prompt

# Day 04's samplers under their names in diffusers.  Heun is left out: diffusers' Heun passes over `rescale_betas_zero_snr`,
# so it would walk another schedule than the one the pocket model has learned.
SAMPLERS = {
    "DDIM": "DDIMScheduler",
    "Euler": "EulerDiscreteScheduler",
    "DPM-Solver++": "DPMSolverMultistepScheduler",
    "DDPM": "DDPMScheduler",
}


@takes(pipe=(check_is, "text_encoder", "a pipeline, as load_text_to_image() gives"))
@torch.no_grad()
def encode_prompt(pipe, texts: str | list[str]) -> Tensor:
    """Prompts to embeddings: one vector for each of the tokenizer's 77 places, whatever stands there.

    pipe: a StableDiffusionPipeline.  texts: a prompt or N of them; what is too long for 77 tokens is cut off.
    Returns (N, 77, D) on the pipeline's device.  Raises ValueError for anything but text.
    """
    texts = [texts] if isinstance(texts, str) else check_texts(texts, "prompts")
    tokens = pipe.tokenizer(
        texts, padding="max_length", truncation=True, return_tensors="pt"
    ).input_ids  # (N, 77)
    return pipe.text_encoder(tokens.to(pipe._execution_device))[0]


def guided_noise(unet, latents: Tensor, t: Tensor, prompt: Tensor, other: Tensor, scale: float) -> Tensor:
    """The U-Net's guess under guidance: away from one text, towards another.

    guess = unet(other) + scale (unet(prompt) - unet(other))

    latents: (N, C, H, W).  t: the time step.  prompt, other: embeddings (N, 77, D); `other` is the empty text, or the
    negative prompt in its place.  scale: above 1.  Returns (N, C, H, W), from one call of the U-Net for both texts.
    """
    both = unet(torch.cat([latents, latents]), t, torch.cat([other, prompt])).sample  # (2N, C, H, W)
    without, with_prompt = both.chunk(2)
    return guide(with_prompt, without, scale)


@torch.no_grad()
def text_to_image(
    pipe,
    prompt: str | list[str] | Tensor | Callable[[int], Tensor],
    *,
    negative: str | Tensor = "",
    guidance: float = 7.5,
    steps: int = 25,
    generator: torch.Generator | list[torch.Generator] | None = None,
) -> Tensor:
    """Paint N pictures, as `pipe(...)` of diffusers does, from a text or from embeddings.

    prompt: a text, N texts, embeddings (N, 77, D), or a function of the step's number that returns embeddings.
    negative: a text for all, or embeddings (N, 77, D).  guidance: 1 or less turns it off, and the negative prompt with it.
    generator: on the CPU; a list has one for each picture.  Returns (N, 3, H, W) in [-1, 1] on the pipeline's device.
    Warns where a prompt is empty, cut off or ignored.  Raises ValueError for a wrong prompt, guidance or number of steps, or
    where embeddings or generators are not as many as the prompts.
    """
    from diffusers.utils.torch_utils import randn_tensor

    check_numbers(guidance, steps)
    at_step = _embeddings(pipe, prompt, negative, guidance)
    other = negative if isinstance(negative, Tensor) else encode_prompt(pipe, negative)
    n = len(at_step(0))
    if len(other) > 1:
        _check_number_of("negative embeddings", len(other), n)
    _check_number_of("generators", len(generator) if isinstance(generator, list) else n, n)
    other = other.expand(n, -1, -1)

    scheduler, size = pipe.scheduler, pipe.unet.config.sample_size
    scheduler.set_timesteps(steps, device=other.device)
    shape = (n, pipe.unet.config.in_channels, size, size)
    latents = randn_tensor(shape, generator, other.device, other.dtype) * scheduler.init_noise_sigma
    chance = pipe.prepare_extra_step_kwargs(generator, 0.0)  # for samplers that add fresh noise
    for step, t in enumerate(scheduler.timesteps):
        scaled = scheduler.scale_model_input(latents, t)
        if guidance > 1:
            guess = guided_noise(pipe.unet, scaled, t, at_step(step), other, guidance)
        else:
            guess = pipe.unet(scaled, t, at_step(step)).sample
        latents = scheduler.step(guess, t, latents, **chance).prev_sample
    return pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample.clamp(-1, 1)


@takes(a="...", b="...", weight=check_number)
def blend(a: Tensor, b: Tensor, weight: float) -> Tensor:
    """Embeddings between two prompts, or beyond them.

    (1 - weight) a + weight b;  0 is a, 1 is b, more than 1 overdoes what b has and a has not

    a, b: the same shape, such as (N, 77, D).  Returns that shape.  Raises ValueError where they differ in it.
    """
    return (1 - weight) * a + weight * b


@takes(embeddings="N L D", position=(check_count, 0), weight=check_number)
def scale_word(embeddings: Tensor, position: int, weight: float) -> Tensor:
    """One word said louder or softer: its vector times `weight`, all others as they are.

    embeddings: (N, 77, D), left unchanged.  position: of the token, 0 to 76; see `word_position`.  weight: 1 changes nothing.
    Returns new embeddings, (N, 77, D).
    """
    scaled = embeddings.clone()
    scaled[:, position] = weight * scaled[:, position]
    return scaled


@takes(step=(check_count, 0), steps=check_count, at=(check_number, 0, 1), first="...", second="...")
def switch_prompt(step: int, steps: int, at: float, first: Tensor, second: Tensor) -> Tensor:
    """The embeddings for one step of a picture whose prompt changes on the way.

    step: from 0 to steps - 1.  at: the part of the steps that `first` gets, 0 to 1.  first, second: (N, 77, D).
    Returns one of the two.
    """
    return first if step < round(at * steps) else second


@contextmanager
def sampler(pipe, name: str | None) -> Iterator:
    """`with sampler(pipe, "DDPM"):` paints with another sampler and then puts the old one back.  None changes nothing.

    Raises ValueError for a name that is not in SAMPLERS.
    """
    import diffusers

    if name is not None:
        check_word("sampler", name, tuple(SAMPLERS))
    before = pipe.scheduler
    if name is not None:
        pipe.scheduler = getattr(diffusers, SAMPLERS[name]).from_config(before.config)
    try:
        yield pipe
    finally:
        pipe.scheduler = before


def _embeddings(pipe, prompt, negative, guidance: float) -> Callable[[int], Tensor]:
    """What `text_to_image` was given, as a function of the step; a text's oddities are warned of."""
    if callable(prompt):
        return prompt
    if isinstance(prompt, Tensor):
        return lambda step: prompt
    texts = list(prompt) if isinstance(prompt, (list, tuple)) else [prompt]
    for sentence in dict.fromkeys(s for text in texts for s in check_prompt(pipe, text, negative, guidance)):
        warnings.warn(sentence, stacklevel=4)
    embedded = encode_prompt(pipe, texts)
    return lambda step: embedded


def _check_number_of(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise ValueError(f"{found} {what} for {wanted} pictures; give one for each picture.")


def check_numbers(guidance, steps) -> None:
    """Raises ValueError, in one sentence, for a guidance or a number of steps that nobody can paint with."""
    check_number(guidance, "guidance", 0, hint="7.5 is usual")
    check_count(steps, "steps", 1, 1000, hint="20 to 50 are usual")
