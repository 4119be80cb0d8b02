"""Recipe of weights/pocket-diffusion/vae: `course train zoo-vae`.

An AutoencoderKL that shrinks (3, 64, 64) pictures to (4, 16, 16) latents (Kingma and Welling 2014; Rombach et al. 2022).
Most of the time goes into the full-resolution level, so that level is thin; a random crop of a quarter of the picture
teaches as much as the whole and costs a quarter.
"""

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from course_lib.measuring.metrics import psnr
from course_lib.training.pictures import CHECK_SEED, Pictures
from course_lib.training.run import Run
from course_lib.training.sheet import picture_grid
from course_lib.weights import FOLDER, record

STEPS, BATCH, CROP, LR = 13_000, 32, 32, 4e-3
OUTER = ("encoder.conv_in", "encoder.conv_out", "quant", "post_quant", "decoder.conv_in", "decoder.conv_out")
KL_WEIGHT = 1e-6  # a touch of order in the latents; the picture comes first


def new_vae() -> AutoencoderKL:
    """The untrained autoencoder, four times smaller each way, in the channels-last layout that CPUs like."""
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(24, 48, 96), layers_per_block=1, latent_channels=4, norm_num_groups=1,
        sample_size=64, mid_block_add_attention=False,
    )  # fmt: skip
    return vae.to(memory_format=torch.channels_last)


def random_crops(images: Tensor, size: int) -> Tensor:
    """One square of `size` pixels out of each picture, at a multiple of 4, which is a whole latent.

    images: (B, C, H, W).  Returns (B, C, size, size).
    """
    places = torch.randint(0, (images.shape[-1] - size) // 4 + 1, (len(images), 2)) * 4
    return torch.stack(
        [image[:, y : y + size, x : x + size] for image, (y, x) in zip(images, places.tolist())]
    )


def vae_loss(model, images: Tensor) -> tuple[Tensor, Tensor]:
    """How far the rebuilt picture is off, and how far its latents are from a standard normal.

    loss = |x - x'| + 4 |x - x'|^2 + KL_WEIGHT * KL(q(z|x) || N(0, 1)),  z = mean + std * eps
    Returns (loss, mean squared error), both scalars.
    """
    posterior = model.encode(images).latent_dist
    loss, error = copy_loss(model.decode(posterior.sample()).sample, images)
    return loss + KL_WEIGHT * posterior.kl().mean(), error


def copy_loss(rebuilt: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
    """|x - x'| + 4 |x - x'|^2, and the mean squared error alone; both scalars."""
    error = F.mse_loss(rebuilt, images)
    return F.l1_loss(rebuilt, images) + 4 * error, error


@torch.no_grad()
def centre_latents(vae: AutoencoderKL, images: Tensor) -> None:
    """Give every latent channel mean 0 and the same spread, in place, and set `scaling_factor` to 1 / spread.

    The 1x1 convolutions on both sides of the latents absorb the change, so the rebuilt pictures stay the same.
    """
    mean, log_var = vae.quant_conv(vae.encoder(images)).chunk(2, dim=1)
    centre, spread = mean.mean((0, 2, 3)), mean.std((0, 2, 3))  # (4,)
    common = spread.mean()
    gain = common / spread
    into, out = vae.quant_conv, vae.post_quant_conv
    into.weight[:4] *= gain[:, None, None, None]
    into.bias[:4] = (into.bias[:4] - centre) * gain
    into.bias[4:] += 2 * gain.log()  # the log-variance of a latent that was stretched
    out.bias += (out.weight[:, :, 0, 0] * centre).sum(1)
    out.weight /= gain[None, :, None, None]
    vae.register_to_config(scaling_factor=float(1 / common))


def train(
    *, steps: int = STEPS, pictures: int = 24_000, seed: int = 0, resume: bool = False, device: str = ""
) -> Run:
    """Train, or go on training; the result is run.ema.  Progress: runs/train/zoo-vae."""
    data = Pictures(pictures, flaws=0.15)
    check = Pictures(256, seed=CHECK_SEED).images(range(16))
    torch.manual_seed(seed)
    run = Run(
        "zoo-vae", new_vae(), steps=steps, lr=LR, adam_lr=1.5e-3, outer=OUTER, seed=seed, resume=resume, device=device
    )  # fmt: skip
    for _ in run.each_step():
        crops = random_crops(data.images(run.batch(len(data), BATCH)), CROP)
        crops = crops.to(run.device, memory_format=torch.channels_last)
        with run.accelerator.autocast():
            loss, error = vae_loss(run.model, crops)
        run.update(loss, psnr=float(10 * torch.log10(4 / error.detach())))
        run.sheet(1000, lambda: picture_grid([check, rebuild(run.ema, check.to(run.device))]))
    return run


@torch.no_grad()
def rebuild(vae: AutoencoderKL, images: Tensor) -> Tensor:
    """Encode to the mean and decode again; (B, 3, H, W) in [-1, 1]."""
    return vae.decode(vae.encode(images).latent_dist.mean).sample.clamp(-1, 1).cpu()


def measured(vae: AutoencoderKL) -> dict[str, float]:
    """How well the autoencoder rebuilds pictures that it was not trained on."""
    check = Pictures(500, seed=CHECK_SEED).images(range(500))
    return {"PSNR in dB, 500 new pictures": round(psnr(rebuild(vae, check), check).item(), 2)}


def ship(run: Run) -> None:
    """Measure the result and put it into course_lib/weights, half precision."""
    vae = run.ema.cpu().eval()
    centre_latents(vae, Pictures(1024).images(range(1024)))
    quality = measured(vae)
    folder = FOLDER / "pocket-diffusion" / "vae"
    vae.half().save_pretrained(folder)
    record(
        "zoo-vae",
        list(folder.iterdir()),
        quality=quality,
        **run.facts(),
    )
