"""Recipe of a sharper decoder for weights/pocket-diffusion/vae: `course train zoo-vae-decoder`.

The U-Net has learned the encoder's latents, so the encoder stays as it is; its decoder may still become better.
Stability AI did the same for Stable Diffusion (sd-vae-ft-mse).
"""

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn

from course_lib.training.latents import cached_latents
from course_lib.training.pictures import Pictures
from course_lib.training.run import Run
from course_lib.training.sheet import picture_grid
from course_lib.training.zoo_vae import copy_loss, measured
from course_lib.weights import FOLDER, record

STEPS, BATCH, LR = 20_000, 8, 4e-3
HOME = FOLDER / "pocket-diffusion" / "vae"


class Decoder(nn.Module):
    """The half of an AutoencoderKL that paints; (B, 4, 16, 16) to (B, 3, 64, 64)."""

    def __init__(self, vae: AutoencoderKL):
        super().__init__()
        self.post_quant_conv, self.decoder = vae.post_quant_conv, vae.decoder

    def forward(self, latents: Tensor) -> Tensor:
        return self.decoder(self.post_quant_conv(latents))


def train(
    *, steps: int = STEPS, pictures: int = 40_000, seed: int = 0, resume: bool = False, device: str = ""
) -> Run:
    """Train, or go on training; the result is run.ema.  Progress: runs/train/zoo-vae-decoder."""
    vae = AutoencoderKL.from_pretrained(HOME).to(memory_format=torch.channels_last)
    torch.manual_seed(seed)
    run = Run(
        "zoo-vae-decoder", Decoder(vae), steps=steps, lr=LR, adam_lr=1.5e-3, seed=seed, resume=resume, device=device,
        outer=("post_quant_conv", "decoder.conv_in", "decoder.conv_out"),
    )  # fmt: skip
    data = Pictures(pictures, flaws=0.15)
    latents = cached_latents(data, vae.to(run.device), run.accelerator)
    unscaled = lambda rows: latents[rows].float().to(run.device) / vae.config.scaling_factor
    shown = torch.arange(16)
    for _ in run.each_step():
        rows = run.batch(len(data), BATCH)
        images = data.images(rows).to(run.device)
        with run.accelerator.autocast():
            loss, error = copy_loss(run.model(unscaled(rows)), images)
        run.update(loss, psnr=float(10 * torch.log10(4 / error.detach())))
        run.sheet(1000, lambda: picture_grid([data.images(shown), run.ema(unscaled(shown))]))
    return run


def ship(run: Run) -> None:
    """Measure the decoder and put it in the place of the shipped one, half precision."""
    old = AutoencoderKL.from_pretrained(HOME)
    # A fresh one: diffusers would write into the old one's config from which folder of this machine it came.
    vae = AutoencoderKL.from_config({k: v for k, v in old.config.items() if not k.startswith("_")}).eval()
    vae.load_state_dict(old.state_dict())
    trained = run.ema.cpu().state_dict()
    missing, surplus = vae.load_state_dict(trained, strict=False)
    assert not surplus and all(key.startswith(("encoder.", "quant_conv.")) for key in missing)
    quality = measured(vae)
    vae.half().save_pretrained(HOME)
    record("zoo-vae-decoder", list(HOME.iterdir()), quality=quality, **run.facts())
