"""Seconds per picture, and how many of them are not spent inside the models."""

import time
from collections.abc import Callable

import numpy as np

from course_lib.bench.report import row
from course_lib.weights import FOLDER


def of_the_clock(pipe, *, guidance: float, negative: str) -> list[dict]:
    """Seconds per picture, one at a time, with guidance; and the part that is not spent inside the models."""
    from diffusers import StableDiffusionPipeline

    prompt = "a watercolor painting of a red fox in the snow"
    paint = lambda pipe, steps: pipe(
        prompt, num_inference_steps=steps, guidance_scale=guidance, negative_prompt=negative
    )
    rows = []
    for steps in (10, 20, 25, 50):
        whole, inside = timed(pipe, lambda steps=steps: paint(pipe, steps))
        goals = ("≤ 1.5 s", "≤ 5%") if steps == 25 else ("", "")
        rows.append(row(f"one picture, {steps} steps", f"{whole:.2f} s", goals[0]))
        rows.append(row(f"of it outside the models, {steps} steps", f"{1 - inside / whole:.1%}", goals[1]))
    plain = StableDiffusionPipeline.from_pretrained(FOLDER / "pocket-diffusion")
    plain.set_progress_bar_config(disable=True)
    whole, _ = timed(plain, lambda: paint(plain, 25))
    return [*rows, row("the same by plain diffusers, 25 steps", f"{whole:.2f} s")]


def timed(pipe, call: Callable, times: int = 5) -> tuple[float, float]:
    """Median seconds of `call`, and those spent inside text encoder, U-Net and decoder in that same run."""
    inside = 0.0

    def clocked(forward):
        def timed(*args, **kwargs):
            nonlocal inside
            start = time.perf_counter()
            try:
                return forward(*args, **kwargs)
            finally:
                inside += time.perf_counter() - start

        return timed

    parts = {pipe.text_encoder: "forward", pipe.unet: "forward", pipe.vae: "decode"}
    for part, name in parts.items():
        setattr(part, name, clocked(getattr(part, name)))
    try:
        call()
        seconds = []
        for _ in range(times):
            inside, start = 0.0, time.perf_counter()
            call()
            seconds.append((time.perf_counter() - start, inside))
    finally:
        for part, name in parts.items():
            delattr(part, name)
    order = np.argsort([whole for whole, _ in seconds])
    return seconds[order[len(order) // 2]]
