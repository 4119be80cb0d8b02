"""Face pictures: twins, one with a right face and one with a flawed one, most of them as the pocket model would paint them.

A softness that only flawed pictures had would be learned in the place of the flaw, so twins share their fate: both stay as
drawn, or both go through the autoencoder, or the U-Net repaints both a little, from the same noise.
"""

import hashlib
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import numpy as np
import torch
from diffusers import StableDiffusionImg2ImgPipeline
from torch import Tensor
from tqdm import tqdm

from course_lib.models import load_text_to_image
from course_lib.pictures.pixels import to_bytes, to_model_range
from course_lib.training.spoiled_faces import BLENDED, RIGHT, face_pair
from course_lib.weights import shipped
from course_lib.zoo import ZOO_VERSION, Scene, caption
from course_lib.zoo.cache import cache_folder, cached_shard
from course_lib.zoo.draw import SIDE

SHARD = 32  # twins per file of the cache
VERSION = 2  # raise it whenever the twins are made in another way
COPIED, PAINTED = 0.25, 0.5  # part of the twins that the autoencoder copies, and that the U-Net repaints
STEPS, GUIDANCE = 20, 3.0
# How much of the U-Net's road is repainted, in steps of STEPS.  A drawn flaw is mended further on; of two looks, some stay.
FEW, MORE = (1, 3), (2, 7)


class FacePictures:
    """2 x `n` pictures, `n` a multiple of SHARD, made once and kept on disk: right, flawed, right, flawed ...

    seed: which ones.  workers: processes that share the making.
    """

    def __init__(self, n: int, seed: int, workers: int = 2):
        self.seed = seed
        with ProcessPoolExecutor(workers) as pool:
            shards = list(
                tqdm(pool.map(self._shard, range(n // SHARD)), desc="drawing faces", total=n // SHARD)
            )
        self.pixels = np.concatenate([pixels for pixels, _ in shards])  # (2n, SIDE, SIDE, 4) uint8
        told = [twin for _, twins in shards for twin in twins]
        self.scenes: list[Scene] = [scene for scene, _ in told for _ in range(2)]
        self.kinds: list[str] = [name for _, kind in told for name in (RIGHT, kind)]
        self.flawed = torch.tensor([kind != RIGHT for kind in self.kinds])  # (2n,) bool

    def __len__(self) -> int:
        return len(self.pixels)

    def images(self, rows) -> Tensor:
        """(B, 4, SIDE, SIDE) float32: three colours in [-1, 1]; and 1 where the face is flawed, -1 elsewhere."""
        return to_model_range(torch.from_numpy(self.pixels[np.asarray(rows)]).permute(0, 3, 1, 2))

    def _shard(self, number: int) -> tuple[np.ndarray, list[tuple[Scene, str]]]:
        torch.set_num_threads(1)  # in a worker process
        name = f"faces-v{ZOO_VERSION}.{VERSION}-{_models()}-seed{self.seed}"
        drawn = [face_pair(self.seed, number * SHARD + i) for i in range(SHARD)]
        pixels = cached_shard(
            cache_folder() / name / f"{number:05}.npy",
            (2 * SHARD, SIDE, SIDE, 4),
            lambda: as_painted(drawn, seed=self.seed * 1_000_003 + number),
        )
        return pixels, [(scene, kind) for _, scene, kind in drawn]


def as_painted(drawn: list[tuple[np.ndarray, Scene, str]], seed: int) -> np.ndarray:
    """Twins of `face_pair`; some of them copied by the autoencoder, some repainted.  (2N, SIDE, SIDE, 4) uint8."""
    pixels = np.stack([twins for twins, _, _ in drawn])  # (N, 2, SIDE, SIDE, 4)
    chance = np.random.default_rng(seed)
    fate = chance.choice(3, len(drawn), p=[1 - COPIED - PAINTED, COPIED, PAINTED])
    is_blended = np.array([kind == BLENDED for _, _, kind in drawn])
    groups = [
        (fate == 1, 0),
        *((((fate == 2) & (is_blended == b)), chance.integers(*r)) for b, r in ((0, FEW), (1, MORE))),
    ]
    for chosen, steps in groups:
        rows = chosen.nonzero()[0]
        if len(rows):
            images = to_model_range(
                torch.from_numpy(pixels[rows, :, :, :, :3]).permute(0, 1, 4, 2, 3)
            ).flatten(0, 1)
            made = repainted(images, [caption(drawn[i][1]) for i in rows for _ in range(2)], int(steps), seed)
            pixels[rows, :, :, :, :3] = to_bytes(made).permute(0, 2, 3, 1).unflatten(0, (-1, 2)).numpy()
    return pixels.reshape(-1, SIDE, SIDE, 4)


@torch.no_grad()
def repainted(images: Tensor, captions: list[str], steps: int, seed: int) -> Tensor:
    """Pictures as the pocket model would paint them: noised and cleaned again by its last `steps` of STEPS; 0: only copied.

    images: (2N, 3, SIDE, SIDE) in [-1, 1], each two with the same noise.  Returns the same shape.
    """
    pipe = _pipe()
    with torch.autocast("cpu", torch.bfloat16):
        if not steps:
            return pipe.vae.decode(pipe.vae.encode(images).latent_dist.mean).sample.float().clamp(-1, 1)
        chance = [torch.Generator().manual_seed(seed + i // 2) for i in range(len(images))]
        made = pipe(
            captions, image=images / 2 + 0.5, strength=(steps + 0.5) / STEPS, num_inference_steps=STEPS,
            guidance_scale=GUIDANCE, generator=chance, output_type="pt",
        ).images  # fmt: skip
    return made.float() * 2 - 1


@cache
def _pipe() -> StableDiffusionImg2ImgPipeline:
    pipe = load_text_to_image("pocket", device="cpu")
    repaint = StableDiffusionImg2ImgPipeline(**pipe.components, requires_safety_checker=False)
    repaint.set_progress_bar_config(disable=True)
    return repaint


def _models() -> str:
    """Eight letters for the weights that repaint."""
    sums = {path: sum_ for path, sum_ in shipped().items() if path.startswith("pocket-diffusion/")}
    return hashlib.sha256(repr(sums).encode()).hexdigest()[:8]
