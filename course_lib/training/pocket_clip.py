"""Recipe of weights/pocket-clip, the judge: `course train pocket-clip`.

It shares neither pictures, nor seed, nor weights with the text encoder that guides the pictures it will judge.
"""

import torch
from transformers import CLIPImageProcessor, CLIPProcessor

from course_lib.training.contrastive import new_clip, save_float, train_clip
from course_lib.training.pictures import Pictures
from course_lib.training.run import Run
from course_lib.training.tokenizer import build_tokenizer
from course_lib.weights import FOLDER, record

STEPS, BATCH, SEED = 2_400, 96, 101


def train(
    *, steps: int = STEPS, pictures: int = 30_000, seed: int = SEED, resume: bool = False, device: str = ""
) -> Run:
    """Train, or go on training; the result is run.ema.  Progress: runs/train/pocket-clip."""
    torch.manual_seed(seed)
    model = new_clip(width=192, image_layers=4, text_layers=2)
    data = Pictures(pictures, seed=seed, split="all", flaws=0.15)
    return train_clip(
        "pocket-clip", model, data, steps=steps, batch=BATCH, seed=seed, resume=resume, device=device
    )


def ship(run: Run) -> None:
    """Put the judge, its tokenizer and its picture preprocessing into course_lib/weights."""
    folder = FOLDER / "pocket-clip"
    save_float(run.ema.cpu(), folder)
    pixels = CLIPImageProcessor(
        size={"shortest_edge": 64}, crop_size=64, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    CLIPProcessor(pixels, build_tokenizer()).save_pretrained(folder)
    record("pocket-clip", list(folder.iterdir()), **run.facts())
