"""Latents of the training pictures, encoded once and kept in a file."""

import hashlib

import torch
from accelerate import Accelerator
from diffusers import AutoencoderKL
from torch import Tensor
from tqdm import tqdm

from course_lib.training.checked_file import read_checked, write_checked
from course_lib.training.pictures import Pictures
from course_lib.training.run import REMEDY, RUNS
from course_lib.zoo import ZOO_VERSION
from course_lib.zoo.cache import sweep


def cached_latents(data: Pictures, vae: AutoencoderKL, accelerator: Accelerator) -> Tensor:
    """Every picture's latent, (N, 4, 16, 16) float16 and scaled to spread 1; read from runs/train where they are there."""
    with accelerator.main_process_first():
        file = RUNS / f"latents-v{ZOO_VERSION}-{encoder_key(vae)}-{len(data)}.safetensors"
        try:
            return read_checked(file)[0]["latents"]
        except ValueError:  # missing, damaged, or of before the checksum
            latents = _encode(data, vae, accelerator)
            sweep(file)
            write_checked(file, {"latents": latents}, {}, REMEDY)
            return latents


def encoder_key(vae: AutoencoderKL) -> str:
    """Tells encoders apart; a better decoder leaves the latents as they are."""
    weights = [*vae.encoder.state_dict().values(), *vae.quant_conv.state_dict().values()]
    return hashlib.sha256(b"".join(w.cpu().contiguous().numpy().tobytes() for w in weights)).hexdigest()[:12]


@torch.no_grad()
def _encode(data: Pictures, vae: AutoencoderKL, accelerator: Accelerator) -> Tensor:
    parts = []
    for rows in tqdm(torch.arange(len(data)).split(64), desc="encoding pictures", unit="batch"):
        images = data.images(rows).to(accelerator.device, memory_format=torch.channels_last)
        with accelerator.autocast():
            latents = vae.encode(images).latent_dist.mean
        parts.append((latents.float() * vae.config.scaling_factor).half().cpu())
    # The encoder answers in channels-last layout, which no file can hold.
    return torch.cat(parts).contiguous()
