"""Recipe of weights/pocket-diffusion/unet: `course train pocket-diffusion`.

Latent diffusion (Rombach et al. 2022) with v-prediction and a schedule that ends in pure noise (Lin et al. 2024).  The
autoencoder and the text encoder are done and frozen: pictures are encoded once, to a file, and never drawn again.
"""

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from course_lib.training.contrastive import tokenize
from course_lib.training.latents import cached_latents
from course_lib.training.pictures import Pictures
from course_lib.training.run import Run
from course_lib.training.sheet import picture_grid
from course_lib.training.tokenizer import MAX_LENGTH
from course_lib.training.words import add_extras, as_negative_prompt
from course_lib.weights import FOLDER, checked_folder, manifest, record

STEPS, BATCH = 20_000, 48
EMPTY_PROMPTS = 0.1  # part of the captions left out, for classifier-free guidance
NEGATIVE_PROMPTS = 0.4  # part of the spoiled pictures that are shown under a list of flaws alone
MIN_SNR = 5.0  # almost clean pictures are easy, so they count less (Hang et al. 2023)
SHEET_PROMPTS = (
    "a photo of a red fox in a forest", "a watercolor painting of a red fox in the snow",
    "an oil painting of a golden retriever in a meadow", "a watercolor painting of an owl on a tree branch",
    "digital art of a snowy owl flying over a moonlit forest", "a pencil drawing of a rabbit by the sea",
    "a photo of a black cat in a city at night", "digital art of a panda in the desert",
    "an oil painting of an elephant by the sea", "a photo of a frog on a tree branch",
    "a watercolor painting of a penguin in the snow", "a pencil sketch of a duck in a meadow",
)  # fmt: skip


def new_unet() -> UNet2DConditionModel:
    """The untrained denoiser of (4, 16, 16) latents."""
    unet = UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, block_out_channels=(64, 128, 192), layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=192, attention_head_dim=4, norm_num_groups=16, use_linear_projection=True,
    )  # fmt: skip
    return unet.to(memory_format=torch.channels_last)


def new_scheduler() -> DDIMScheduler:
    """Stable Diffusion's schedule, rescaled so that the last step holds no signal (Lin et al. 2024)."""
    return DDIMScheduler(
        beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, rescale_betas_zero_snr=True,
        prediction_type="v_prediction", timestep_spacing="trailing", steps_offset=1, clip_sample=False, set_alpha_to_one=True,
    )  # fmt: skip


def spread_steps(batch: int, steps: int) -> Tensor:
    """A random step out of each `batch`-th part of the road, so that the loss is less a matter of chance (Kingma et al. 2021).

    Returns (batch,) int64 in 0..steps - 1; each step is as probable as any other.
    """
    return ((torch.rand(()) + torch.arange(batch) / batch) % 1 * steps).long()


def diffusion_loss(model, latents: Tensor, text: Tensor, scheduler: DDIMScheduler) -> Tensor:
    """The error of the guessed v at a random step, weighted by min(SNR + 1, MIN_SNR) / (SNR + 1).

    The weight is 1 for noisy pictures and falls for almost clean ones.  The published min(SNR, 5) / (SNR + 1) would be 0
    at the last step, which holds no signal here, and that step would never be learned.

    latents: (B, 4, 16, 16), spread about 1.  text: (B, 77, D).  Returns a scalar.
    """
    noise = torch.randn(latents.shape).to(latents)
    t = spread_steps(len(latents), scheduler.config.num_train_timesteps).to(latents.device)
    noisy, target = scheduler.add_noise(latents, noise, t), scheduler.get_velocity(latents, noise, t)
    guess = model(noisy, t, encoder_hidden_states=text).sample
    alpha_bar = scheduler.alphas_cumprod.to(latents)[t]
    weight = (MIN_SNR * (1 - alpha_bar)).clamp(max=1)  # 1 - alpha_bar = 1 / (SNR + 1)
    return (weight * (guess.float() - target).square().mean(dim=(1, 2, 3))).mean()


def training_texts(data: Pictures, rows, rng: np.random.Generator) -> list[str]:
    """What stands beside each picture: its caption, nothing at all, or for a spoiled one a list of flaws."""
    texts = []
    for row, text in zip(rows, data.captions(rows, rng), strict=True):
        flaws = data.scenes[int(row)].flaws
        if flaws and rng.random() < NEGATIVE_PROMPTS:
            texts.append(as_negative_prompt(flaws, rng))
        else:
            texts.append(add_extras(text, rng) if rng.random() > EMPTY_PROMPTS else "")
    return texts


@torch.no_grad()
def encode_text(text_encoder: CLIPTextModel, texts: list[str], device) -> Tensor:
    """What the U-Net reads: (B, 77, D), padding included, as in StableDiffusionPipeline."""
    ids = tokenize(texts, device, length=MAX_LENGTH)["input_ids"]
    return text_encoder(ids).last_hidden_state


def train(
    *, steps: int = STEPS, pictures: int = 40_000, seed: int = 0, resume: bool = False, device: str = ""
) -> Run:
    """Train, or go on training; the result is run.ema.  Progress: runs/train/pocket-diffusion.

    resume: from the checkpoint, and where none is left from the shipped U-Net.
    """
    torch.manual_seed(seed)
    run = Run(
        "pocket-diffusion",
        new_unet(),
        steps=steps,
        lr=2e-3,
        adam_lr=6e-4,
        outer=("conv_in", "conv_out"),
        seed=seed,
        resume=resume,
        device=device,
        ema_decay=0.9995,
    )
    if resume and run.step == 0:
        home = checked_folder("pocket-diffusion")
        told = manifest()["models"]["pocket-diffusion"]
        run.adopt(UNet2DConditionModel.from_pretrained(home / "unet").float().state_dict(), told)
    vae = (
        AutoencoderKL.from_pretrained(FOLDER / "pocket-diffusion" / "vae")
        .eval()
        .requires_grad_(False)
        .to(run.device)
    )
    text_encoder = (
        CLIPTextModel.from_pretrained(FOLDER / "pocket-diffusion" / "text_encoder")
        .float()
        .eval()
        .to(run.device)
    )
    data, scheduler = Pictures(pictures, flaws=0.15, side=vae.config.sample_size), new_scheduler()
    latents = cached_latents(data, vae, run.accelerator)
    for step in run.each_step():
        rows = run.batch(len(data), BATCH)
        rng = np.random.default_rng([seed, step, run.accelerator.process_index])
        text = encode_text(text_encoder, training_texts(data, rows, rng), run.device)
        with run.accelerator.autocast():
            loss = diffusion_loss(run.model, latents[rows].float().to(run.device), text, scheduler)
        run.update(loss)
        run.sheet(1000, lambda: sample_sheet(run.ema, vae, text_encoder, scheduler))
    return run


@torch.no_grad()
def sample_sheet(unet, vae, text_encoder, scheduler: DDIMScheduler, guidance: float = 4.0, steps: int = 25):
    """SHEET_PROMPTS painted in two rows of six, always from the same noise."""
    device = next(unet.parameters()).device
    text = encode_text(text_encoder, ["", *SHEET_PROMPTS], device)
    text = torch.cat([text[:1].expand(len(SHEET_PROMPTS), -1, -1), text[1:]])
    x = torch.randn(len(SHEET_PROMPTS), 4, 16, 16, generator=torch.Generator().manual_seed(0)).to(device)
    scheduler.set_timesteps(steps)
    for t in scheduler.timesteps:
        plain, wanted = unet(torch.cat([x, x]), t, encoder_hidden_states=text).sample.chunk(2)
        x = scheduler.step(plain + guidance * (wanted - plain), t, x).prev_sample
    images = vae.decode(x / vae.config.scaling_factor).sample
    return picture_grid(list(images.split(6)))


def ship(run: Run) -> None:
    """Put the U-Net, half precision, its scheduler and the pipeline's index into course_lib/weights."""
    home = FOLDER / "pocket-diffusion"
    run.ema.cpu().half().save_pretrained(home / "unet")
    new_scheduler().save_pretrained(home / "scheduler")
    parts = {
        "vae": AutoencoderKL.from_pretrained(home / "vae"),
        "text_encoder": CLIPTextModel.from_pretrained(home / "text_encoder"),
        "tokenizer": CLIPTokenizer.from_pretrained(home / "tokenizer"),
        "unet": run.ema, "scheduler": new_scheduler(), "safety_checker": None, "feature_extractor": None,
    }  # fmt: skip
    # The index is written by the pipeline itself, so that diffusers finds what it expects.
    StableDiffusionPipeline(**parts, requires_safety_checker=False).save_config(home)
    files = [*(home / "unet").iterdir(), *(home / "scheduler").iterdir(), home / "model_index.json"]
    record("pocket-diffusion", files, **run.facts())
