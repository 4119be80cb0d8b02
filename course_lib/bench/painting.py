"""Pictures for measuring: real ones of the Zoo, and painted ones that are kept until weights or settings change."""

import hashlib

import torch
from safetensors.torch import load_file, save
from torch import Tensor
from tqdm import tqdm

from course_lib.lessons.days import HOME
from course_lib.weights import shipped
from course_lib.zoo import Scene, ZooDataset
from course_lib.zoo.cache import write_whole
from course_lib.zoo.draw import SIDE

N, HELD_OUT_N, STEPS, GUIDANCE = 500, 250, 25, 3.0
STRENGTH = 0.4  # how much of the road img2img repaints
SEED = 20_000  # neither the training's pictures nor those that the recipes check with
SAMPLES = HOME / "runs" / "bench"


def zoo(n: int, split: str, seed: int = SEED, side: int = SIDE) -> tuple[Tensor, list[Scene]]:
    """`n` real pictures, (n, 3, side, side) in [-1, 1], and their scenes."""
    data = ZooDataset(n, seed=seed, split=split, side=side)
    return torch.stack([data[i]["image"] for i in range(n)]), scenes(n, split, seed)


def scenes(n: int, split: str, seed: int = SEED) -> list[Scene]:
    """What is on the pictures of `zoo`, without drawing them."""
    data = ZooDataset(n, seed=seed, split=split)
    return [data.scene(i) for i in range(n)]


def generate(
    pipe,
    prompts: list[str],
    *,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
    negative: str = "",
    images: Tensor | None = None,
    batch: int = 10,
    seed: int = SEED,
    lora: str = "",
) -> Tensor:
    """One picture per prompt, (N, 3, H, W) in [-1, 1].  Kept in runs/bench until weights or settings change.

    images: pictures to repaint by STRENGTH, (N, 3, H, W) in [-1, 1], where `pipe` is an img2img pipeline.
    lora: the shipped weights that are part of `pipe`, beside pocket-diffusion.
    """
    start = () if images is None else (STRENGTH, hashlib.sha256(images.numpy().tobytes()).hexdigest())
    key = _key(
        ("pocket-diffusion/", f"{lora or 'pocket-diffusion'}/"),
        prompts,
        steps,
        guidance,
        negative,
        seed,
        *start,
    )
    file = SAMPLES / f"pocket-{key}.safetensors"
    if file.exists():
        return load_file(file)["images"].float()
    parts = []
    for first in tqdm(range(0, len(prompts), batch), desc="painting", unit="batch"):
        texts = prompts[first : first + batch]
        chance = [torch.Generator().manual_seed(seed + first + i) for i in range(len(texts))]
        given = (
            {} if images is None else {"image": images[first : first + batch] / 2 + 0.5, "strength": STRENGTH}
        )
        made = pipe(
            texts,
            negative_prompt=[negative] * len(texts) if negative else None,
            num_inference_steps=steps,
            guidance_scale=guidance,
            generator=chance,
            output_type="pt",
            **given,
        ).images
        parts.append(made * 2 - 1)
    painted = torch.cat(parts).contiguous()
    write_whole(file, lambda out: out.write(save({"images": painted.half()})), "free some space there")
    return painted


def _key(folders: tuple[str, ...], *settings) -> str:
    parts = {path: sum_ for path, sum_ in shipped().items() if path.startswith(folders)}
    return hashlib.sha256(repr((parts, settings)).encode()).hexdigest()[:16]
