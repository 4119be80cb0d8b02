"""ZooDataset: the Tiny Zoo as a torch data set, deterministic and cached on disk."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from functools import lru_cache
from numbers import Integral
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset
from tqdm.auto import tqdm

from course_lib.checks import check_count, check_number, check_word
from course_lib.zoo.cache import cache_folder, cached_shard
from course_lib.zoo.captions import caption
from course_lib.zoo.draw import SIDE, draw
from course_lib.zoo.scene import FLAWS, HELD_OUT, ZOO_VERSION, Scene, random_scene

SHARD = 256  # pictures per file of the cache
SPLITS = ("train", "held_out", "all")


def zoo_scene(seed: int, index: int, split: str = "train", flaws: float = 0.0, **fixed) -> Scene:
    """Scene number `index` of the endless data set with this seed.

    split: "train" never shows a composition of HELD_OUT, "held_out" shows nothing else, "all" makes no difference.
    flaws: the part of the pictures that are spoiled, 0 to 1.  fixed: fields given for all, as in random_scene.
    """
    rng = np.random.default_rng([seed, index])
    spoiled, flaw = rng.random() < flaws, FLAWS[rng.integers(len(FLAWS))]
    if spoiled:
        fixed = {"flaws": (flaw,)} | fixed
    if split == "held_out":
        choices = _held_out_compositions(tuple(sorted(fixed.items())))
        fixed = (
            dict(zip(("animal", "medium", "place"), choices[rng.integers(len(choices))], strict=True)) | fixed
        )
        return random_scene(rng, **fixed)
    while True:  # on average 1.1 rounds
        scene = random_scene(rng, **fixed)
        if split == "all" or scene.composition not in HELD_OUT:
            return scene


@lru_cache(maxsize=64)
def _held_out_compositions(fixed: tuple) -> tuple:
    """Those of HELD_OUT that agree with the given fields, in a fixed order."""
    given = dict(fixed)
    names = ("animal", "medium", "place")
    return tuple(
        c for c in sorted(HELD_OUT) if all(given.get(n, v) == v for n, v in zip(names, c, strict=True))
    )


class ZooDataset(Dataset):
    """Pictures, captions and scenes of the Tiny Zoo.

    n: how many.  seed: which ones; (seed, index) decides a picture, whatever n is.
    split: "train", "held_out" or "all".  flaws: part of the pictures that are spoiled, 0 to 1.
    side: of a picture, in pixels, 16 to 256.  cache: keep drawn pictures on disk (48 KiB each at 128 pixels).
    fixed: scene fields given for all, such as medium="photo".

    dataset[i] is a dict: "image", (3, side, side) float32 in [-1, 1]; "caption", str; and every field of the scene.
    Raises ValueError for bad arguments, OSError where the cache folder can't be written.
    """

    def __init__(
        self, n: int, seed: int = 0, split: str = "train", *, flaws: float = 0.0, side: int = SIDE, cache: bool = True,
        **fixed,
    ):  # fmt: skip
        check_word("split", split, SPLITS)
        check_count(n, "n"), check_count(seed, "seed", 0), check_number(flaws, "flaws", 0, 1)
        check_count(side, "side", 16, 256)
        random_scene(0, **fixed)  # names a wrong field or word now, not in the middle of a training
        self.n, self.seed, self.split, self.flaws = n, seed, split, float(flaws)
        self.side, self.cache, self.fixed = side, cache, fixed
        self._refuse_empty()
        self._shards: dict[int, np.ndarray] = {}

    def _refuse_empty(self) -> None:
        """A composition is either in training or held out: say so where the two disagree."""
        given = {name: self.fixed[name] for name in ("animal", "medium", "place") if name in self.fixed}
        held = _held_out_compositions(tuple(sorted(given.items())))
        if self.split == "held_out" and not held:
            raise ValueError(f"No held-out composition has {given}; see HELD_OUT for those there are.")
        if self.split == "train" and len(given) == 3 and held:
            raise ValueError(f"{tuple(given.values())} is held out of training; use split='held_out'.")

    def __len__(self) -> int:
        return self.n

    def scene(self, index: int) -> Scene:
        """The scene of picture `index`."""
        if isinstance(index, Integral) and not -self.n <= index < self.n:
            raise IndexError(f"index {index} is out of range: the data set has {self.n} pictures.")
        check_count(index, "index", -self.n)
        return zoo_scene(self.seed, index % self.n, self.split, self.flaws, **self.fixed)

    def caption(self, index: int) -> str:
        """The caption of picture `index`."""
        return caption(self.scene(index), np.random.default_rng([self.seed, index % self.n, 1]))

    def pixels(self, index: int) -> np.ndarray:
        """Picture `index`, (side, side, 3) uint8, from the cache where there is one."""
        scene = self.scene(index)
        if not self.cache:
            return draw(scene, self.side)
        number, place = divmod(index % self.n, SHARD)
        if number not in self._shards:
            self._shards[number] = self._shard(number)
        return self._shards[number][place]

    def __getitem__(self, index: int) -> dict:
        scene = self.scene(index)
        pixels = self.pixels(index).transpose(2, 0, 1)  # (3, side, side)
        image = torch.from_numpy(np.ascontiguousarray(pixels))
        told = {field.name: getattr(scene, field.name) for field in fields(Scene)}
        told["flaws"] = ", ".join(scene.flaws)  # a string, so that torch's default collate can batch it
        return {"image": image.float() / 127.5 - 1, "caption": self.caption(index), **told}

    def prepare(self, workers: int = 1) -> "ZooDataset":
        """Draw all that is missing in the cache now, with a progress bar; `workers` processes share the work."""
        numbers = range(-(-self.n // SHARD))
        if workers > 1:
            with ProcessPoolExecutor(workers) as pool:
                list(
                    tqdm(
                        pool.map(self._touch, numbers),
                        total=len(numbers),
                        desc="drawing the Zoo",
                        unit="shard",
                    )
                )
        else:
            for number in tqdm(numbers, desc="drawing the Zoo", unit="shard"):
                self._touch(number)
        return self

    def _touch(self, number: int) -> None:
        self._shard(number)

    def _shard(self, number: int) -> np.ndarray:
        scenes = (
            zoo_scene(self.seed, number * SHARD + k, self.split, self.flaws, **self.fixed)
            for k in range(SHARD)
        )
        return cached_shard(
            self._folder() / f"{number:05}.npy",
            (SHARD, self.side, self.side, 3),
            lambda: np.stack([draw(s, self.side) for s in scenes]),
        )

    def _folder(self) -> Path:
        """Everything that decides a picture is in the name of its folder."""
        words = [f"v{ZOO_VERSION}", self.split, f"seed{self.seed}", f"flaws{self.flaws:g}"]
        words += [f"side{self.side}"] if self.side != 64 else []
        words += [f"{name}={value}" for name, value in sorted(self.fixed.items())]
        name = "-".join(words)
        return cache_folder() / "zoo" / "".join(c if c.isalnum() or c in "-=._" else "_" for c in name)

    def __getstate__(self) -> dict:
        """Worker processes open the cache themselves."""
        return self.__dict__ | {"_shards": {}}
