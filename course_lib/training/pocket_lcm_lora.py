"""Recipe of weights/pocket-lcm-lora: `course train pocket-lcm-lora`: four steps in place of twenty-five, without guidance.

Latent consistency distillation (Luo et al. 2023, "Latent Consistency Models", LCM below) into a LoRA (Luo et al. 2023,
"LCM-LoRA").  The frozen U-Net is the teacher; the same U-Net with the LoRA is the student.  From any place of a path that
the guided teacher walks, the student says at once where the path ends:

    f(x, t) = c_skip(t) x + c_out(t) x0(x, t)                                                             LCM, eq. 9
    x0(x, t) = sqrt(alpha_bar_t) x - sqrt(1 - alpha_bar_t) v(x, t, text)         v-prediction: Salimans and Ho 2022, eq. 10
    c_skip(t) = 0.5^2 / ((10 t)^2 + 0.5^2),  c_out(t) = 10 t / sqrt((10 t)^2 + 0.5^2)        so that f(x, 0) = x

    v' = v(x, t, "") + g (v(x, t, text) - v(x, t, ""))                     guided teacher; g = 1 + omega of LCM, eq. 14
    x' = sqrt(alpha_bar_s) x0'(x, t) + sqrt(1 - alpha_bar_s) eps'(x, t)    its DDIM step from t to s = t - k, LCM, eq. 17
    loss = d(f(x, t), f(x', s))                                                                           LCM, eq. 16

d is the squared difference, f(x', s) is the student itself without a gradient, as in diffusers' LCM-LoRA example.  There is no EMA
of the target.  t is one of 19, 39, ... 999: LCMScheduler takes its steps from these (4: 999, 759, 499, 259), and k = 20.  At
999 nothing of the picture is left in x, so x0 = -v there, and eps' = x.
"""

import numpy as np
import torch
from diffusers import LCMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig, get_peft_model_state_dict
from torch import Tensor

from course_lib.diffusion.ddpm import start_ema
from course_lib.diffusion.samplers import guide
from course_lib.training.latents import cached_latents
from course_lib.training.pictures import Pictures
from course_lib.training.pocket_diffusion import SHEET_PROMPTS, encode_text, training_texts
from course_lib.training.run import Run
from course_lib.training.sheet import picture_grid
from course_lib.weights import FOLDER, checked_folder, record

NAME = "pocket-lcm-lora"
STEPS, BATCH, PICTURES = 250, 8, 4000
RANK = 8
GUIDANCE = 3.0  # g: what the pictures look best with; the student paints as if it were switched on
LR = 3e-4  # at 1e-3 pictures are best after 100 steps, and smeared after 200
SHEET_STEPS = 4
LAYERS = (  # those of diffusers' example: attention, feed-forward, convolutions, and what time says to them
    "to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2", "conv1", "conv2",
    "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv", "time_emb_proj",
)  # fmt: skip


def add_lora(unet: UNet2DConditionModel) -> UNet2DConditionModel:
    """Put an untrained LoRA beside the U-Net's layers, and freeze all else: it changes nothing yet.  Returns the same U-Net."""
    unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=list(LAYERS)))
    return unet


def signal_and_noise(scheduler: LCMScheduler, t: Tensor) -> tuple[Tensor, Tensor]:
    """sqrt(alpha_bar) and sqrt(1 - alpha_bar) at steps t, (B,); t = -1 is the picture itself.  Returns two (B, 1, 1, 1)."""
    alpha_bar = torch.cat([scheduler.alphas_cumprod, torch.ones(1)]).to(t.device)[t]
    return alpha_bar.sqrt().view(-1, 1, 1, 1), (1 - alpha_bar).sqrt().view(-1, 1, 1, 1)


def consistency(v: Tensor, x: Tensor, t: Tensor, scheduler: LCMScheduler) -> Tensor:
    """f(x, t): where the path through x at t ends, from the U-Net's v.  v, x: (B, 4, 16, 16).  t: (B,).  Returns the shape of x."""
    signal, noise = signal_and_noise(scheduler, t)
    c_skip, c_out = scheduler.get_scalings_for_boundary_condition_discrete(t.clamp(min=0).view(-1, 1, 1, 1))
    return c_skip * x + c_out * (signal * x - noise * v)


def ddim_step(v: Tensor, x: Tensor, t: Tensor, s: Tensor, scheduler: LCMScheduler) -> Tensor:
    """The DDIM step from t to the earlier s, by v.  v, x: (B, 4, 16, 16).  t, s: (B,).  Returns the shape of x."""
    signal, noise = signal_and_noise(scheduler, t)
    earlier_signal, earlier_noise = signal_and_noise(scheduler, s)
    x0, eps = signal * x - noise * v, noise * x + signal * v
    return earlier_signal * x0 + earlier_noise * eps


def distillation_loss(
    student, teacher, latents: Tensor, text: Tensor, empty: Tensor, scheduler: LCMScheduler
) -> Tensor:
    """How far the student's guess from x is from its own guess one guided DDIM step of the teacher further down.

    student, teacher: U-Nets that predict v.  latents: (B, 4, 16, 16), spread about 1.  text: (B, 77, D).
    empty: (1, 77, D), of no words.  Returns a scalar.
    """
    k = scheduler.config.num_train_timesteps // scheduler.config.original_inference_steps
    n = len(latents)
    places = (torch.rand(()) + torch.arange(n) / n) % 1 * scheduler.config.original_inference_steps
    t = ((places.long() + 1) * k - 1).to(latents.device)
    s = t - k
    signal, noise = signal_and_noise(scheduler, t)
    x = signal * latents + noise * torch.randn(latents.shape).to(latents)
    with torch.no_grad():
        texts = torch.cat([text, empty.expand(n, -1, -1)])
        wanted, plain = teacher(torch.cat([x, x]), torch.cat([t, t]), texts).sample.float().chunk(2)
        earlier = ddim_step(guide(wanted, plain, GUIDANCE), x, t, s, scheduler)
        target = consistency(student(earlier, s.clamp(min=0), text).sample.float(), earlier, s, scheduler)
    guess = consistency(student(x, t, text).sample.float(), x, t, scheduler)
    return (guess - target).square().mean()


def train(
    *, steps: int = STEPS, pictures: int = PICTURES, seed: int = 0, resume: bool = False, device: str = ""
) -> Run:
    """Train, or go on training; the result is run.ema, the U-Net with its LoRA.  Progress: runs/train/pocket-lcm-lora.

    Raises ValueError where the checkpoint was made beside another U-Net than the shipped one.
    """
    torch.manual_seed(seed)
    pipe = StableDiffusionPipeline.from_pretrained(checked_folder("pocket-diffusion"), dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    teacher = start_ema(pipe.unet)
    run = Run(
        NAME,
        add_lora(pipe.unet.to(memory_format=torch.channels_last)),
        steps=steps,
        lr=0.0,
        adam_lr=LR,
        outer=("",),  # AdamW for all: a factor of a LoRA is no layer of its own
        seed=seed,
        resume=resume,
        device=device,
        ema_decay=0.98,
        warmup=20,
        weight_decay=0.0,
    )
    _check_base(run.raw_model, teacher)
    pipe.unet, pipe.scheduler = run.ema, LCMScheduler.from_config(pipe.scheduler.config)
    pipe.to(run.device)
    teacher.to(run.device, memory_format=torch.channels_last)
    data = Pictures(pictures, flaws=0.15, side=pipe.vae.config.sample_size)
    latents = cached_latents(data, pipe.vae, run.accelerator)
    empty = encode_text(pipe.text_encoder, [""], run.device)
    for step in run.each_step():
        rows = run.batch(len(data), BATCH)
        rng = np.random.default_rng([seed, step, run.accelerator.process_index])
        text = encode_text(pipe.text_encoder, training_texts(data, rows, rng), run.device)
        with run.accelerator.autocast():
            these = latents[rows].float().to(run.device)
            loss = distillation_loss(run.model, teacher, these, text, empty, pipe.scheduler)
        run.update(loss)
        run.sheet(100, lambda: sample_sheet(pipe))
    return run


def _check_base(unet, shipped) -> None:
    there = unet.state_dict()
    for name, weight in shipped.state_dict().items():
        layer, kind = name.rsplit(".", 1)
        mine = there[name] if name in there else there[f"{layer}.base_layer.{kind}"]
        if not torch.equal(mine.cpu(), weight.cpu()):
            raise ValueError(
                f"The checkpoint of {NAME} stands beside another U-Net than the shipped one: move its folder in runs/train "
                "away, and train without --resume."
            )


@torch.no_grad()
def sample_sheet(pipe):
    """SHEET_PROMPTS painted in two rows of six, each from its own noise, always the same."""
    chance = [torch.Generator().manual_seed(seed) for seed in range(len(SHEET_PROMPTS))]
    images = pipe(
        list(SHEET_PROMPTS),
        num_inference_steps=SHEET_STEPS,
        guidance_scale=1.0,
        generator=chance,
        output_type="pt",
    ).images
    return picture_grid(list((images * 2 - 1).split(6)))


def ship(run: Run) -> None:
    """Put the LoRA, half precision, into course_lib/weights, in the format of peft that `pipe.load_lora_weights` reads."""
    home = FOLDER / NAME
    layers = {name: weight.half() for name, weight in get_peft_model_state_dict(run.ema.cpu()).items()}
    StableDiffusionPipeline.save_lora_weights(home, unet_lora_layers=layers)
    record(NAME, list(home.iterdir()), **run.facts())
