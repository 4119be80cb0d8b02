"""Face pictures: drawings with right and with spoiled faces, half of them as the pocket model would paint them.

A softness that only spoiled pictures had would be learned in the place of the flaw; so right and spoiled ones alike go
through the autoencoder, and some of those through one step of the U-Net.
"""

import hashlib
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from course_lib.models import load_text_to_image
from course_lib.pictures.pixels import to_bytes, to_model_range
from course_lib.training.spoiled_faces import RIGHT, face_picture, face_scene
from course_lib.weights import shipped
from course_lib.zoo import ZOO_VERSION, Scene, caption
from course_lib.zoo.cache import cache_folder, cached_shard
from course_lib.zoo.draw import SIDE

SHARD = 64  # pictures per file of the cache
VERSION = 1  # raise it whenever spoiled_faces draws anything in another way
COPIED, PAINTED = (
    0.5,
    0.3,
)  # part of the pictures that the autoencoder copies; and of all, that the U-Net paints on too
NOISE = (20, 300)  # steps of 1,000: so noisy are the latents that the U-Net cleans in one step


class FacePictures:
    """`n` pictures, a multiple of SHARD, made once and kept on disk; half of them have a flawed face.

    seed: which ones.  workers: processes that share the making.
    """

    def __init__(self, n: int, seed: int, workers: int = 2):
        self.n, self.seed = n, seed
        if workers > 1:
            with ProcessPoolExecutor(workers) as pool:
                shards = pool.map(self._shard, range(n // SHARD))
                self.pixels = np.concatenate(list(tqdm(shards, desc="drawing faces", total=n // SHARD)))
        else:
            self.pixels = np.concatenate([self._shard(number) for number in range(n // SHARD)])
        told = [face_scene(seed, index)[:2] for index in range(n)]
        self.scenes: list[Scene] = [scene for scene, _ in told]
        self.kinds: list[str] = [kind for _, kind in told]
        self.flawed = torch.tensor([kind != RIGHT for kind in self.kinds])  # (n,) bool

    def __len__(self) -> int:
        return self.n

    def images(self, rows) -> Tensor:
        """(B, 3, SIDE, SIDE) float32 in [-1, 1]."""
        return to_model_range(torch.from_numpy(self.pixels[np.asarray(rows)]).permute(0, 3, 1, 2))

    def _shard(self, number: int) -> np.ndarray:
        name = f"faces-v{ZOO_VERSION}.{VERSION}-{_models()}-seed{self.seed}"
        rows = range(number * SHARD, (number + 1) * SHARD)
        return cached_shard(
            cache_folder() / name / f"{number:05}.npy",
            (SHARD, SIDE, SIDE, 3),
            lambda: make_pictures(self.seed, rows),
        )


def make_pictures(seed: int, rows: range) -> np.ndarray:
    """Draw some pictures, then let the pocket model paint over some of them.  (B, SIDE, SIDE, 3) uint8."""
    told = [face_scene(seed, index) for index in rows]
    drawn = np.stack([face_picture(*each) for each in told])
    draws = torch.rand(len(drawn), generator=torch.Generator().manual_seed(seed * 1_000_003 + rows[0]))
    copied = (draws < COPIED).nonzero().flatten()
    painted = (draws[copied] < PAINTED).nonzero().flatten()
    images = to_model_range(torch.from_numpy(drawn[copied.numpy()]).permute(0, 3, 1, 2))
    made = repainted(images, [caption(told[int(i)][0]) for i in copied], painted, seed + rows[0])
    drawn[copied.numpy()] = to_bytes(made).permute(0, 2, 3, 1).numpy()
    return drawn


@torch.no_grad()
def repainted(images: Tensor, captions: list[str], painted: Tensor, seed: int) -> Tensor:
    """Pictures as the pocket model would paint them: encoded and decoded, the `painted` rows cleaned by the U-Net between.

    images: (B, 3, SIDE, SIDE) in [-1, 1].  Returns the same shape.
    """
    pipe, chance = _pipe(), torch.Generator().manual_seed(seed)
    scale = pipe.vae.config.scaling_factor
    with torch.autocast("cpu", torch.bfloat16):
        latents = scale * pipe.vae.encode(images).latent_dist.mean.float()  # (B, 4, h, w)
        if len(painted):
            text, _ = pipe.encode_prompt([captions[int(i)] for i in painted], "cpu", 1, False)
            t = torch.randint(*NOISE, (len(painted),), generator=chance)
            clean = latents[painted]
            noisy = pipe.scheduler.add_noise(clean, torch.randn(clean.shape, generator=chance), t)
            guess = pipe.unet(noisy, t, encoder_hidden_states=text).sample.float()
            alpha_bar = pipe.scheduler.alphas_cumprod[t].view(-1, 1, 1, 1)
            latents[painted] = alpha_bar.sqrt() * noisy - (1 - alpha_bar).sqrt() * guess  # x0 from v
        return pipe.vae.decode(latents / scale).sample.float().clamp(-1, 1)


@cache
def _pipe():
    torch.set_num_threads(1)  # in a worker process
    return load_text_to_image("pocket", device="cpu")


def _models() -> str:
    """Eight letters for the weights that repaint."""
    sums = {path: sum_ for path, sum_ in shipped().items() if path.startswith("pocket-diffusion/")}
    return hashlib.sha256(repr(sums).encode()).hexdigest()[:8]
