"""Training a CLIPModel on the Zoo; shared by the recipes of the judge and of the text encoder."""

import numpy as np
import torch
from torch import Tensor
from transformers import CLIPConfig, CLIPModel

from course_lib.training.pictures import Pictures
from course_lib.training.run import Run
from course_lib.training.tokenizer import MAX_LENGTH, VOCABULARY, build_tokenizer
from course_lib.training.words import add_extras
from course_lib.words.clip import clip_loss

LR = 2e-3


def new_clip(*, width: int, image_layers: int, text_layers: int, projection: int = 128) -> CLIPModel:
    """An untrained CLIPModel for 64 x 64 pictures cut into 64 patches, and for texts of up to 77 tokens."""
    tower = dict(hidden_size=width, intermediate_size=4 * width, num_attention_heads=width // 32)
    special = dict(bos_token_id=VOCABULARY - 2, eos_token_id=VOCABULARY - 1, pad_token_id=VOCABULARY - 1)
    text = dict(
        projection_dim=projection,
        vocab_size=len(build_tokenizer()),
        max_position_embeddings=MAX_LENGTH,
        num_hidden_layers=text_layers,
        **special,
    )
    image = dict(image_size=64, patch_size=8, num_hidden_layers=image_layers, projection_dim=projection)
    return CLIPModel(
        CLIPConfig(text_config=tower | text, vision_config=tower | image, projection_dim=projection)
    )


def tokenize(texts: list[str], device="cpu", length: int | None = None) -> dict[str, Tensor]:
    """Token numbers and attention mask of a batch of texts, (B, L) each; L is the longest text's, or `length`."""
    padding = "longest" if length is None else "max_length"
    batch = build_tokenizer()(
        texts, padding=padding, max_length=length or MAX_LENGTH, truncation=True, return_tensors="pt"
    )
    return batch.to(device)


def train_clip(
    name: str,
    model: CLIPModel,
    data: Pictures,
    *,
    steps: int,
    batch: int,
    seed: int,
    resume: bool,
    device: str,
) -> Run:
    """Train both towers, or go on training them; the result is run.ema."""
    outer = ("vision_model.embeddings", "text_model.embeddings", "visual_projection", "text_projection")
    run = Run(
        name, model, steps=steps, lr=LR, outer=outer, seed=seed, resume=resume, device=device, weight_decay=0.1
    )  # fmt: skip
    for step in run.each_step():
        rows = run.batch(len(data), batch)
        rng = np.random.default_rng([seed, step, run.accelerator.process_index])
        texts = [add_extras(text, rng) for text in data.captions(rows, rng)]
        with run.accelerator.autocast():
            out = run.model(pixel_values=data.images(rows).to(run.device), **tokenize(texts, run.device))
            loss = clip_loss(
                out.image_embeds, out.text_embeds, run.raw_model.logit_scale.exp().clamp(max=100)
            )
        hits = (out.logits_per_image.argmax(1).cpu() == torch.arange(len(rows))).float().mean()
        run.update(loss, accuracy=float(hits))
    return run
