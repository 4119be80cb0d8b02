"""Recipe of weights/pocket-diffusion/text_encoder: `course train text-encoder`.

A CLIP is trained, and its text tower is kept; the image tower has done its work when the texts are told apart.
"""

import torch
from transformers import CLIPTextModel

from course_lib.training.contrastive import new_clip, save_float, train_clip
from course_lib.training.pictures import Pictures
from course_lib.training.run import Run
from course_lib.training.tokenizer import build_tokenizer
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
    home = FOLDER / "pocket-diffusion"
    tower = CLIPTextModel(run.ema.config.text_config)
    tower.load_state_dict(run.ema.cpu().text_model.state_dict())
    save_float(tower, home / "text_encoder")
    build_tokenizer().save_pretrained(home / "tokenizer")
    files = [*(home / "text_encoder").iterdir(), *(home / "tokenizer").iterdir()]
    record("text-encoder", files, **run.facts())
