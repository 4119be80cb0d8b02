"""How good the pocket models are, and how fast: `course bench pocket`.

The judge (weights/pocket-clip) was trained apart from everything it measures here.
"""

import numpy as np
import torch
from diffusers import StableDiffusionImg2ImgPipeline
from torch import Tensor

from course_lib.bench.clock import of_the_clock
from course_lib.bench.faces import of_the_faces
from course_lib.bench.lcm import of_the_lora
from course_lib.bench.painting import GUIDANCE, HELD_OUT_N, SEED, N, generate, zoo
from course_lib.bench.report import row, write_section
from course_lib.measuring.metrics import fid, kid, psnr, sharpness
from course_lib.measuring.scoring import FIELDS, Judge, JudgeFeatures
from course_lib.models import load_clip, load_text_to_image
from course_lib.pictures.pixels import to_model_range
from course_lib.zoo import FLAWS, MEDIA, Scene, caption, draw, random_scene

NEGATIVE = "blurry, low quality, distorted, text"


def main(write: bool = False) -> list[dict]:
    """Measure everything; with `write`, put the rows into docs/benchmarks.md.  Takes about half an hour on two cores."""
    pipe, judge = load_text_to_image("pocket", device="cpu"), Judge(*load_clip("pocket", device="cpu"))
    pipe.set_progress_bar_config(disable=True)
    rows = [
        *of_the_judge(judge),
        *of_the_vae(pipe, judge),
        *of_the_pictures(pipe, judge),
        *of_the_faces(pipe),
        *of_the_guidance(pipe, judge),
        *of_the_negative_prompt(pipe, judge),
        *of_the_lora(pipe, judge),
        *of_the_clock(pipe, guidance=GUIDANCE, negative=NEGATIVE),
    ]
    if write:
        write_section("pocket", "python3 start.py bench pocket --write", rows)
    return rows


def of_the_judge(judge: Judge) -> list[dict]:
    """How often the judge is right about 1,000 real pictures; one row for each field."""
    images, scenes = zoo(1000, "all")
    right = judge.read(images).agreement(scenes)
    goals = {"all three": "≥ 99%"}
    return [
        row(f"judge on 1,000 real pictures: {name}", f"{share:.1%}", goals.get(name, ""))
        for name, share in right.items()
    ]


def redrawn(scenes: list[Scene]) -> Tensor:
    """Other real pictures of what the scenes' captions say, (N, 3, SIDE, SIDE) in [-1, 1]."""
    fixed = [dict(zip(FIELDS, scene.composition, strict=True)) for scene in scenes]
    others = [draw(random_scene([SEED, 1, i], **words)) for i, words in enumerate(fixed)]
    return to_model_range(torch.tensor(np.stack(others)).movedim(-1, 1))


@torch.no_grad()
def of_the_vae(pipe, judge: Judge) -> list[dict]:
    """How well the autoencoder copies: in dB, by sharpness, and by what the judge says of the copy; for each medium, too."""
    images, scenes = zoo(N, "all")
    latents = torch.cat([pipe.vae.encode(part).latent_dist.mean for part in images.split(50)])
    copies = torch.cat([pipe.vae.decode(part).sample for part in latents.split(50)]).clamp(-1, 1)
    read, before = judge.read(copies), judge.read(images)
    same = torch.ones(N, dtype=torch.bool)
    for field in FIELDS:
        same &= getattr(read, field).argmax(1) == getattr(before, field).argmax(1)
    rows = [
        row(f"autoencoder, {N} pictures: PSNR", f"{psnr(copies, images).item():.1f} dB", "≥ 27 dB"),
        row(
            "the judge names what was drawn: all three", f"{read.agreement(scenes)['all three']:.1%}", "≥ 98%"
        ),
        row("the judge says of the copy what it said of the picture", f"{same.float().mean():.1%}"),
    ]
    for medium in MEDIA:
        these = torch.tensor([scene.medium == medium for scene in scenes])
        sharper = sharpness(copies[these]) / sharpness(images[these]) - 1
        measured = f"{psnr(copies[these], images[these]).item():.1f} dB; {sharper.item():+.0%}"
        rows.append(row(f"PSNR; sharpness against the pictures, only {medium}", measured, "within ± 5%"))
    return rows


def of_the_pictures(pipe, judge: Judge) -> list[dict]:
    """How often a painted picture holds what its prompt asked for, for trained and held-out compositions."""
    rows = []
    goals = {
        "train": {"animal": "≥ 97%", "medium": "≥ 97%", "place": "≥ 95%", "all three": "≥ 92%"},
        "held_out": {"all three": "≥ 85%"},
    }
    for split, n, said in (("train", N, "trained"), ("held_out", HELD_OUT_N, "held-out")):
        reals, scenes = zoo(n, split)
        made = generate(pipe, [caption(scene) for scene in scenes])
        for name, share in judge.read(made).agreement(scenes).items():
            rows.append(
                row(f"{n} prompts, {said} compositions: {name}", f"{share:.1%}", goals[split].get(name, ""))
            )
        if split == "train":
            rows += of_the_distance(made, reals, scenes, judge)
            rows += of_the_sharpness(made, reals, scenes)
    return rows


def of_the_distance(made: Tensor, reals: Tensor, scenes: list[Scene], judge: Judge) -> list[dict]:
    """How far the painted pictures are from real ones, beside how far other real ones of the same captions are."""
    features = JudgeFeatures(judge)
    others = redrawn(scenes)  # as the painted ones: as many of each animal, medium and place
    rows = []
    for name, distance in (("FID", fid), ("KID x 1000", lambda *a: 1000 * kid(*a))):
        floor, score = distance(reals, others, features), distance(made, others, features)
        ratio = f" ({score / floor:.1f} x the floor)" if name == "FID" else ""
        rows.append(
            row(
                f"{name} to {len(reals)} real pictures, judge's features",
                f"{score:.2f}{ratio}",
                "≤ 3 x" if ratio else "",
            )
        )
        rows.append(row(f"{name} of real pictures to real ones, the floor", f"{floor:.2f}"))
    return rows


def of_the_sharpness(made: Tensor, reals: Tensor, scenes: list[Scene]) -> list[dict]:
    """How crisp the painted pictures are, beside real ones of the same captions: all, and each medium."""
    rows = []
    for name in ("all media", *MEDIA):
        these = torch.tensor([name in ("all media", scene.medium) for scene in scenes])
        sharper = sharpness(made[these]) / sharpness(reals[these]) - 1
        rows.append(row(f"sharpness against real pictures, {name}", f"{sharper.item():+.0%}", "within ± 5%"))
    return rows


def of_the_guidance(pipe, judge: Judge, n: int = 120) -> list[dict]:
    """What more guidance does to the words and to the pictures."""
    reals, scenes = zoo(n, "train")
    prompts, features, rows = [caption(scene) for scene in scenes], JudgeFeatures(judge), []
    for scale in (1.0, 3.0, 7.5, 15.0):
        made = generate(pipe, prompts, guidance=scale)
        share, far = judge.read(made).agreement(scenes)["all three"], 1000 * kid(made, reals, features)
        rows.append(row(f"guidance {scale:g}, {n} prompts: all three; KID x 1000", f"{share:.1%}; {far:.1f}"))
    return rows


def of_the_negative_prompt(pipe, judge: Judge, n: int = 50) -> list[dict]:
    """How often a flaw is seen: in real flawed pictures, and after img2img repaints them, without and with NEGATIVE.

    The prompt is empty both times, so nothing but the negative prompt can tell what is wrong.
    """
    repaint = StableDiffusionImg2ImgPipeline(**pipe.components, requires_safety_checker=False)
    repaint.set_progress_bar_config(disable=True)
    rows = []
    for flaw in FLAWS:
        scenes = [random_scene(SEED + i, flaws=(flaw,)) for i in range(n)]
        reals = to_model_range(torch.stack([torch.tensor(draw(scene)) for scene in scenes]).movedim(-1, 1))
        painted = (generate(repaint, [""] * n, negative=text, images=reals) for text in ("", NEGATIVE))
        seen = [judge.flaws(images)[flaw].float().mean().item() for images in (reals, *painted)]
        rows.append(
            row(
                f"{flaw}: seen where it is drawn; repainted; repainted with the negative prompt",
                "; ".join(f"{share:.0%}" for share in seen),
                "falls",
            )
        )
    return rows
