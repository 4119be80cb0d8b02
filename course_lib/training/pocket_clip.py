"""Recipe of weights/pocket-clip, the judge: `course train pocket-clip`.

It shares neither pictures, nor seed, nor weights with the text encoder that guides the pictures it will judge.
"""

from pathlib import Path

import torch
from transformers import CLIPImageProcessor, CLIPModel, CLIPProcessor

from course_lib.training.contrastive import new_clip, train_clip
from course_lib.training.pictures import Pictures
from course_lib.training.public_format import (
    expect_openai_pixels,
    save_float,
    save_tokenizer,
    start_new_words,
)
from course_lib.training.run import Run
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
    record("pocket-clip", write(run.ema.cpu()), **run.facts())


def write(model: CLIPModel) -> list[Path]:
    """Write a judge as it was trained, on pixels in [-1, 1], in the format that public code expects."""
    folder = FOLDER / "pocket-clip"
    start_new_words(model)
    expect_openai_pixels(model)
    for tower in (model.config.text_config, model.config.vision_config):
        tower.projection_dim = model.config.projection_dim
    # In half precision the folded ones would shift the features by some 1e-4.
    save_float(
        model, folder, exact=("patch_embedding.weight", "vision_model.embeddings.position_embedding.weight")
    )
    pixels = CLIPImageProcessor(size={"shortest_edge": 64}, crop_size=64)
    CLIPProcessor(pixels, save_tokenizer(folder)).save_pretrained(folder)
    pixels.save_pretrained(folder)  # for transformers 4
    return list(folder.iterdir())
