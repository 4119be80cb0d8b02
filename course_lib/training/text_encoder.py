"""Recipe of weights/pocket-diffusion/text_encoder: `course train text-encoder`.

A CLIP is trained, and its text tower is kept; the image tower has done its work when the texts are told apart.
"""

from pathlib import Path

import torch
from transformers import CLIPTextModel

from course_lib.training.contrastive import new_clip, train_clip
from course_lib.training.pictures import Pictures
from course_lib.training.public_format import save_float, save_tokenizer, start_new_words
from course_lib.training.run import Run
from course_lib.weights import FOLDER, record

STEPS, BATCH, SEED = 1_900, 96, 0


def train(
    *, steps: int = STEPS, pictures: int = 24_000, seed: int = SEED, resume: bool = False, device: str = ""
) -> Run:
    """Train, or go on training; the text tower is run.ema.text_model.  Progress: runs/train/text-encoder."""
    torch.manual_seed(seed)
    model = new_clip(width=192, image_layers=3, text_layers=3)
    data = Pictures(pictures, seed=seed, flaws=0.15)
    return train_clip(
        "text-encoder", model, data, steps=steps, batch=BATCH, seed=seed, resume=resume, device=device
    )


def ship(run: Run) -> None:
    """Put the text tower and its tokenizer into course_lib/weights."""
    tower = CLIPTextModel(run.ema.config.text_config)
    tower.load_state_dict(run.ema.cpu().text_model.state_dict())
    record("text-encoder", write(tower), **run.facts())


def write(tower: CLIPTextModel) -> list[Path]:
    """Write a text tower as it was trained, and its tokenizer, in the format that public code expects."""
    folders = [FOLDER / "pocket-diffusion" / part for part in ("text_encoder", "tokenizer")]
    start_new_words(tower)
    save_float(tower, folders[0], prefix="text_model.")
    save_tokenizer(folders[1])
    return [file for folder in folders for file in folder.iterdir()]
