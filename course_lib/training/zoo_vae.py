"""Recipe of weights/pocket-diffusion/vae: `course train zoo-vae`.

An AutoencoderKL that shrinks (3, 128, 128) pictures to (4, 16, 16) latents (Kingma and Welling 2014; Rombach et al.
2022).  The U-Net has learned the latents of the shipped encoder, so the new encoder learns to give the same ones, and the
new decoder to paint from them.  (The first teacher read 64 x 64 pixels; it shipped with version 1 of the course.)
A random crop of a quarter of the picture teaches as much as the whole and costs a quarter.  The last fifth of the steps sees
whole pictures, a quarter as many: the norms measure a whole picture, and that is what they will be given.
"""

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor, nn

from course_lib.measuring.metrics import psnr, sharpness
from course_lib.training.patch_gan import PatchCritic, balance, critic_loss, painter_loss
from course_lib.training.perceptual import FeatureDistance
from course_lib.training.pictures import CHECK_SEED, Pictures
from course_lib.training.run import Run
from course_lib.training.sheet import picture_grid
from course_lib.training.strange import StrangePictures
from course_lib.weights import FOLDER, manifest, record

HOME = FOLDER / "pocket-diffusion" / "vae"
SIDE, CROP, FACTOR = 128, 64, 8  # pixels of a picture, of a crop, and of a latent, each way
STEPS, BATCH, STRANGE, ENCODED, LR = 8_000, 8, 2, 4, 4e-3
SCALE = 0.18215  # Stable Diffusion's scaling_factor, which public code writes out
WHOLE = 0.2  # part of the steps, at the end, with whole pictures
CRITIC_FROM = 4_000  # the step at which the critic joins
CALM = (
    1 / 8
)  # so much slower the painter learns then: at full speed, and at a quarter, it ran in circles around the critic
FINE, LOOKS, TEXTURE, PAINTING, ENCODER = 0.25, 0.5, 0.3, 0.5, 1.0  # weights of the losses
OUTER = ("encoder.conv_in", "encoder.conv_out", "quant", "post_quant", "decoder.conv_in", "decoder.conv_out")  # fmt: skip
CRITIC_OUTER = ("layers.0.", "layers.8.")


def new_vae() -> AutoencoderKL:
    """The untrained autoencoder, eight times smaller each way, in the channels-last layout that CPUs like."""
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(16, 24, 48, 96), layers_per_block=2, latent_channels=4, norm_num_groups=1,
        sample_size=SIDE, mid_block_add_attention=False, scaling_factor=SCALE,
    )  # fmt: skip
    return vae.to(memory_format=torch.channels_last)


def grown(teacher: AutoencoderKL) -> AutoencoderKL:
    """A new autoencoder that begins with the teacher's weights wherever the shapes allow.

    The teacher may have fewer levels: then its outermost is the new one's second.  Layers that it lacks begin as identity.
    """
    vae = new_vae()
    deeper = len(vae.encoder.down_blocks) - len(teacher.encoder.down_blocks)
    known, state = teacher.state_dict(), vae.state_dict()
    for name, weight in state.items():
        theirs = name
        if name.startswith("encoder.down_blocks."):
            head, blocks, number, *rest = name.split(".")
            theirs = ".".join([head, blocks, str(int(number) - deeper), *rest])
        if theirs in known and known[theirs].shape == weight.shape:
            state[name] = known[theirs].float()
        elif ".conv2." in name and theirs not in known:
            state[name] = torch.zeros_like(weight)
    vae.load_state_dict(state)
    return vae


@torch.no_grad()
def fold_scale(vae: AutoencoderKL, scale: float = SCALE) -> AutoencoderKL:
    """Make `scale` the scaling factor, in place; scaled latents and rebuilt pictures stay the same.

    The 1x1 convolutions on both sides of the latents absorb the change.
    """
    gain = torch.tensor(vae.config.scaling_factor / scale)
    vae.quant_conv.weight[:4] *= gain
    vae.quant_conv.bias[:4] *= gain
    vae.quant_conv.bias[4:] += 2 * gain.log()  # the log-variance of a latent that was stretched
    vae.post_quant_conv.weight /= gain
    vae.register_to_config(scaling_factor=scale)
    return vae


def load_teacher() -> AutoencoderKL:
    """The shipped autoencoder, in single precision, with SCALE."""
    vae = AutoencoderKL.from_pretrained(HOME).float().eval().requires_grad_(False)
    return fold_scale(vae).to(memory_format=torch.channels_last)


def teach(teacher: AutoencoderKL, images: Tensor):
    """The teacher's latent distribution of pictures that it may see halved.  images: (B, 3, 8 h, 8 w)."""
    shrinks = 2 ** (len(teacher.encoder.down_blocks) - 1)
    return teacher.encode(F.avg_pool2d(images, FACTOR // shrinks)).latent_dist


def random_crops(images: Tensor, size: int) -> Tensor:
    """One square of `size` pixels out of each picture, at a multiple of FACTOR, which is a whole latent.

    images: (B, C, H, W).  Returns (B, C, size, size).
    """
    places = torch.randint(0, (images.shape[-1] - size) // FACTOR + 1, (len(images), 2)) * FACTOR
    return torch.stack(
        [image[:, y : y + size, x : x + size] for image, (y, x) in zip(images, places.tolist())]
    )


class Painter(nn.Module):
    """The autoencoder and its critic: one model, one checkpoint."""

    def __init__(self, vae: AutoencoderKL):
        super().__init__()
        self.vae, self.critic = vae, PatchCritic()


def copy_loss(rebuilt: Tensor, images: Tensor) -> Tensor:
    """|x - x'| + 4 |x - x'|^2, a scalar."""
    return F.l1_loss(rebuilt, images) + 4 * F.mse_loss(rebuilt, images)


def copy(vae: AutoencoderKL, teacher: AutoencoderKL, crops: Tensor, strange: Tensor) -> tuple[Tensor, Tensor]:
    """The decoder's pictures of both batches, and how far the encoder is from its teacher.

    The Zoo is painted from the teacher's latents, what is no Zoo from the encoder's own: only there it may go new ways.
    Returns (rebuilt crops then strange, (B, 3, H, W); a scalar: error of scaled means and of log-variances).
    """
    with torch.no_grad():
        wanted = teach(teacher, crops)
        latents = wanted.sample()
    n = len(crops[:ENCODED])
    own = vae.encode(torch.cat([crops[:n], strange])).latent_dist
    error = SCALE**2 * F.mse_loss(own.mean[:n], wanted.mean[:n])
    error = error + 0.001 * F.mse_loss(own.logvar[:n], wanted.logvar[:n])
    return vae.decode(torch.cat([latents, own.mean[n:]])).sample, error


def train(
    *, steps: int = STEPS, pictures: int = 8_192, seed: int = 0, resume: bool = False, device: str = ""
) -> Run:
    """Train, or go on training; the result is run.ema.vae.  Progress: runs/train/zoo-vae.

    resume: from the checkpoint, and where none is left from the shipped one, with a critic that begins anew.
    """
    data, other = Pictures(pictures, flaws=0.15, side=SIDE), StrangePictures()
    check = Pictures(256, seed=CHECK_SEED, split="all", side=SIDE).images(range(12))
    torch.manual_seed(seed)
    teacher = load_teacher()
    run = Run(
        "zoo-vae", Painter(grown(teacher)), steps=steps, lr=LR, adam_lr=1.5e-3, outer=OUTER + CRITIC_OUTER, seed=seed,
        resume=resume, device=device, parts=("vae", "critic"),
    )  # fmt: skip
    if resume and run.step == 0:
        known = {f"vae.{name}": weight for name, weight in teacher.state_dict().items()}
        run.adopt({**run.raw_model.state_dict(), **known}, manifest()["models"]["zoo-vae"])
    place = dict(device=run.device, memory_format=torch.channels_last)
    teacher, distance = teacher.to(run.device), FeatureDistance().to(**place)
    rates, calm = run.highest, [CALM] * 3 + [1] * 3  # the painter's groups and the critic's
    for step in run.each_step():
        if step >= CRITIC_FROM:
            run.highest = [rate * part for rate, part in zip(rates, calm, strict=True)]
        whole = step >= (1 - WHOLE) * steps
        zoo, others = (BATCH // 4, STRANGE // 2) if whole else (BATCH, STRANGE)
        crops = random_crops(data.images(run.batch(len(data), zoo + others)), SIDE if whole else CROP)
        crops, strange = crops[:zoo].to(**place), other.crops(crops[zoo:]).to(**place)
        with run.accelerator.autocast():
            loss, log = losses(run.raw_model, teacher, distance, crops, strange, step >= CRITIC_FROM)
        run.update(loss, **log)
        run.sheet(500, lambda: picture_grid([check, rebuild(run.ema.vae, check.to(run.device))], scale=1))
    return run


def losses(
    model: Painter, teacher, distance, crops: Tensor, strange: Tensor, judged: bool
) -> tuple[Tensor, dict]:
    """All that is to become small, in one sum, and its parts for the log.

    copy(halved x, halved x') + FINE copy(x, x') + LOOKS looks(x, x') + TEXTURE texture(x, x') + ENCODER |z - teacher's z|^2,
    and where `judged` the painter's and the critic's own.  Each pixel counts little, so that texture may be invented.
    """
    rebuilt, latent_error = copy(model.vae, teacher, crops, strange)
    rebuilt = rebuilt.float()
    images = torch.cat([crops, strange])
    looks, texture = distance(rebuilt, images)
    coarse = copy_loss(F.avg_pool2d(rebuilt, 2), F.avg_pool2d(images, 2))
    loss = coarse + FINE * copy_loss(rebuilt, images) + LOOKS * looks + TEXTURE * texture
    log = {
        "psnr": psnr(rebuilt.detach(), images),
        "latents": latent_error,
        "looks": looks,
        "texture": texture,
    }
    log |= {"critic": torch.zeros(()), "balance": torch.zeros(())}
    if judged:
        painting = painter_loss(model.critic, rebuilt)
        log["balance"] = balance(loss, painting, model.vae.decoder.conv_out.weight)
        log["critic"] = critic_loss(model.critic, images, rebuilt)
        loss = loss + PAINTING * log["balance"] * painting + log["critic"]
    return loss + ENCODER * latent_error, {name: value.item() for name, value in log.items()}


@torch.no_grad()
def rebuild(vae: AutoencoderKL, images: Tensor) -> Tensor:
    """Encode to the mean and decode again; (B, 3, H, W) in [-1, 1]."""
    return vae.decode(vae.encode(images).latent_dist.mean).sample.clamp(-1, 1).cpu()


def measured(vae: AutoencoderKL) -> dict[str, float]:
    """How well the autoencoder rebuilds pictures that it was not trained on."""
    data = Pictures(256, seed=CHECK_SEED, split="all", side=SIDE)
    check = data.images(range(len(data)))
    copies = torch.cat([rebuild(vae, part) for part in check.split(32)])
    return {
        "PSNR in dB, 256 new pictures": round(psnr(copies, check).item(), 2),
        "sharpness of the copies, as a part of the pictures'": round((sharpness(copies) / sharpness(check)).item(), 3),
    }  # fmt: skip


def ship(run: Run) -> None:
    """Measure the result and put it into course_lib/weights, half precision."""
    vae = run.ema.vae.cpu().eval()
    quality = measured(vae)
    vae.half().save_pretrained(HOME)
    record("zoo-vae", list(HOME.iterdir()), quality=quality, **run.facts())
