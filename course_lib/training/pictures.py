"""The Zoo as arrays for training: pixels from the cache, scenes and captions by row number."""

import numpy as np
import torch
from torch import Tensor

from course_lib.pictures.pixels import to_model_range
from course_lib.zoo import Scene, ZooDataset, caption

TRAIN_SEED, CHECK_SEED = 0, 10_000  # the pictures that are trained on, and those that only measure


class Pictures:
    """`n` pictures of the Zoo, drawn once and kept on disk.

    split, flaws, side, fixed: as in ZooDataset.  Rows are numbers from 0 to n - 1.
    """

    def __init__(
        self,
        n: int,
        *,
        seed: int = TRAIN_SEED,
        split: str = "train",
        flaws: float = 0.0,
        side: int = 64,
        workers: int = 2,
        **fixed,
    ):
        self.data = ZooDataset(n, seed, split, flaws=flaws, side=side, **fixed).prepare(workers)
        self.scenes: list[Scene] = [self.data.scene(i) for i in range(n)]

    def __len__(self) -> int:
        return len(self.scenes)

    def images(self, rows) -> Tensor:
        """(B, 3, side, side) float32 in [-1, 1]."""
        pixels = np.stack([self.data.pixels(int(i)) for i in rows])  # (B, side, side, 3) uint8
        return to_model_range(torch.from_numpy(pixels).permute(0, 3, 1, 2))

    def captions(self, rows, rng: np.random.Generator | None) -> list[str]:
        """One caption per row: a phrasing drawn by `rng`, or the plainest where it is None."""
        return [caption(self.scenes[int(i)], rng) for i in rows]
