"""Models of the full tier's true sizes with random weights, laid out as a download leaves them.

Nothing is downloaded, so a machine without a network can prove that the full tier loads, paints and fits.  The pictures
are noise: only seconds and bytes mean anything.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import torch
from torchvision.models import ResNet50_Weights, resnet50

from course_lib.hub import CLIP, STABLE_DIFFUSION, Source


@dataclass(frozen=True)
class Sizes:
    """What the builders below are given; as it stands, the numbers of the models' public config.json files.

    ResNet-50, 26 million, is small enough to be always itself.
    """

    unet: dict = field(default_factory=lambda: dict(  # 860 million numbers
        sample_size=64, block_out_channels=(320, 640, 1280, 1280), layers_per_block=2, cross_attention_dim=768,
        attention_head_dim=8, norm_num_groups=32))  # fmt: skip
    vae: dict = field(default_factory=lambda: dict(  # 84 million
        sample_size=512, block_out_channels=(128, 256, 512, 512), layers_per_block=2, norm_num_groups=32))  # fmt: skip
    text: dict = field(default_factory=lambda: dict(  # 123 million; Stable Diffusion's is that of CLIP ViT-L/14
        hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, projection_dim=768))  # fmt: skip
    checker: dict = field(default_factory=lambda: dict(  # 304 million: the safety checker's vision
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, patch_size=14,
        projection_dim=768))  # fmt: skip
    clip_text: dict = field(default_factory=lambda: dict(  # with the next: 151 million, CLIP ViT-B/32
        hidden_size=512, intermediate_size=2048, num_hidden_layers=12, num_attention_heads=8))  # fmt: skip
    clip_vision: dict = field(default_factory=lambda: dict(
        hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, patch_size=32))  # fmt: skip


def save_all(home: Path, sizes: Sizes) -> None:
    """Write the three models into home/hub and home/torch: some 6 GB in true sizes, never more than 4 GB in memory."""
    torch.manual_seed(0)
    _save_stable_diffusion(_snapshot(home, STABLE_DIFFUSION), sizes)
    _save_clip(_snapshot(home, CLIP), sizes)
    file = home / "torch" / "hub" / "checkpoints" / Path(ResNet50_Weights.IMAGENET1K_V2.url).name
    file.parent.mkdir(parents=True)
    torch.save(resnet50().state_dict(), file)
    for source in (STABLE_DIFFUSION, CLIP):
        _into_blobs(_snapshot(home, source))


def _snapshot(home: Path, source: Source) -> Path:
    return home / "hub" / f"models--{source.repo.replace('/', '--')}" / "snapshots" / source.revision


def _into_blobs(snapshot: Path) -> None:
    """Files to blobs, with a link in their place, as the hub's library keeps them where links can be made."""
    blobs = snapshot.parents[1] / "blobs"
    blobs.mkdir()
    for file in [path for path in snapshot.rglob("*") if path.is_file()]:
        # On the hub the name is a checksum of the content; without a network nobody asks, so one of the path will do.
        blob = blobs / sha256(str(file.relative_to(snapshot)).encode()).hexdigest()
        file.rename(blob)
        try:
            file.symlink_to(os.path.relpath(blob, file.parent))
        except OSError:  # Windows asks for a right; there the library, too, keeps the file itself
            blob.rename(file)


def _save_stable_diffusion(folder: Path, sizes: Sizes) -> None:
    """Part by part, so that never two of the large ones are in memory, and the index that names them."""
    index = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0"}
    for name, (library, build) in _parts(sizes).items():
        part = build()
        part.save_pretrained(folder / name)
        index[name] = [library, type(part).__name__]
    (folder / "model_index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")


def _parts(sizes: Sizes) -> dict[str, tuple[str, Callable]]:
    """{part of Stable Diffusion: (where the pipeline looks for its class, what makes it)}."""
    from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPTextConfig, CLIPTextModel

    from course_lib.training.tokenizer import build_tokenizer

    four = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    noise = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    checked = {"vision_config": sizes.checker, "projection_dim": sizes.checker["projection_dim"]}
    return {
        "unet": ("diffusers", lambda: UNet2DConditionModel(**sizes.unet)),
        "vae": ("diffusers", lambda: AutoencoderKL(**four, latent_channels=4, **sizes.vae)),
        "text_encoder": ("transformers", lambda: CLIPTextModel(CLIPTextConfig(**sizes.text))),
        "safety_checker": ("stable_diffusion", lambda: StableDiffusionSafetyChecker(CLIPConfig(**checked))),
        "tokenizer": (
            "transformers",
            build_tokenizer,
        ),  # the course's own: it takes 1,024 of the 49,408 words
        "feature_extractor": ("transformers", CLIPImageProcessor),
        "scheduler": ("diffusers", lambda: PNDMScheduler(**noise, steps_offset=1, skip_prk_steps=True)),
    }


def _save_clip(folder: Path, sizes: Sizes) -> None:
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

    from course_lib.training.tokenizer import build_tokenizer

    CLIPModel(CLIPConfig(text_config=sizes.clip_text, vision_config=sizes.clip_vision)).save_pretrained(
        folder
    )
    CLIPProcessor(CLIPImageProcessor(), build_tokenizer()).save_pretrained(folder)
