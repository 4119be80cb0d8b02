"""How good the few steps of the LCM-LoRA are, and how fast: rows of `course bench pocket`."""

from PIL import Image

from course_lib.bench.clock import timed
from course_lib.bench.painting import HELD_OUT_N, N, generate, scenes
from course_lib.bench.report import row
from course_lib.measuring.scoring import Judge
from course_lib.models import with_lcm_lora
from course_lib.pictures.pixels import to_bytes
from course_lib.zoo import caption, contact_sheet

LORA, STEPS = "pocket-lcm-lora", (1, 2, 4, 8)
SHOWN = 10  # pictures in a row of the sheet


def of_the_lora(pipe, judge: Judge) -> list[dict]:
    """How often a picture of a few steps, guidance 1, holds what its prompt asked for; and the seconds of one picture."""
    quick, rows = with_lcm_lora(pipe), []
    for split, n, said in (("train", N, "trained"), ("held_out", HELD_OUT_N, "held-out")):
        drawn = scenes(n, split)
        for steps in STEPS if split == "train" else (4,):
            made = generate(quick, [caption(scene) for scene in drawn], steps=steps, guidance=1.0, lora=LORA)
            what = f"LCM-LoRA, {steps} steps, {n} prompts, {said} compositions: all three"
            share = judge.read(made).agreement(drawn)["all three"]
            rows.append(row(what, f"{share:.1%}", "≥ 97%" if steps == 4 and split == "train" else ""))
    for steps in STEPS:
        paint = lambda steps=steps: quick("an owl in the snow", num_inference_steps=steps, guidance_scale=1.0)
        seconds, _ = timed(quick, paint)
        rows.append(
            row(f"LCM-LoRA, one picture, {steps} steps", f"{seconds:.2f} s", "≤ 0.2 s" if steps == 4 else "")
        )
    return rows


def side_by_side(pipe) -> Image.Image:
    """The same prompts by 25 steps of DDIM at guidance 3, and by the LCM-LoRA in 8, 4, 2 and 1."""
    prompts, quick = [caption(scene) for scene in scenes(N, "train")], with_lcm_lora(pipe)
    pages = {"DDIM, 25": generate(pipe, prompts)}
    for steps in reversed(STEPS):
        pages[f"LCM, {steps}"] = generate(quick, prompts, steps=steps, guidance=1.0, lora=LORA)
    rows, labels = [], []
    for first in (0, SHOWN, 2 * SHOWN):
        rows += [
            list(to_bytes(page[first : first + SHOWN]).movedim(1, -1).numpy()) for page in pages.values()
        ]
        labels += list(pages)
    return contact_sheet(rows, row_labels=labels, column_labels=list("0123456789"))
