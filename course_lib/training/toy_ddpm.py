"""Recipe of weights/toy-ddpm, the digit model of day 04: `python -m course_lib.training.toy_ddpm`.

The same network and the same loop as in the day 03 notebook, only for longer (about 15 minutes on two cores).
"""

import torch
from tqdm import tqdm

from course_lib.diffusion.ddpm import start_ema, train
from course_lib.diffusion.samplers import guided, last, sample_ddim
from course_lib.diffusion.schedule import alphas_cumprod, cosine_betas
from course_lib.diffusion.unet import UNet
from course_lib.measuring.digit_judge import DigitJudge
from course_lib.measuring.metrics import fid
from course_lib.pictures.digits import load_digits
from course_lib.weights import load, save

STEPS, SEED = 5000, 0


def train_toy(steps: int = STEPS, seed: int = SEED) -> UNet:
    """Train on the 1,297 training digits, v-prediction, cosine schedule; returns the averaged model."""
    torch.manual_seed(seed)
    images, labels = load_digits("train")
    model = UNet()
    ema_model = start_ema(model)
    loop = train(
        model, ema_model, images, labels, alphas_cumprod(cosine_betas()), steps=steps, ema_decay=0.998
    )
    for _, loss in (bar := tqdm(loop, total=steps, mininterval=5)):
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
    return ema_model


if __name__ == "__main__":
    model = train_toy()
    reference, _ = load_digits("test")
    judge = load("digit-judge", DigitJudge())
    wanted = torch.arange(500) % 10
    alpha_bar = alphas_cumprod(cosine_betas())
    quality = {}
    for scale in (1.0, 2.0):
        noise = torch.randn(500, 1, 16, 16)
        samples = last(sample_ddim(guided(model, wanted, scale), noise, alpha_bar, 25))
        recognised = (judge.recognise(samples) == wanted).float().mean().item()
        quality[f"guidance {scale:g}, 25 DDIM steps"] = {
            "recognised": round(recognised, 4),
            "FID, 500 samples": round(fid(samples, reference, judge.features), 2),
        }
    save(
        "toy-ddpm",
        model,
        command="python -m course_lib.training.toy_ddpm",
        seed=SEED,
        steps=STEPS,
        quality=quality,
    )
    print(quality)
