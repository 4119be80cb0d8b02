"""The toy DDPM against two public packages, on the same digits and the same machine: `course bench toy`.

Each trains until its samples pass day 03's gate: FID at most twice the floor of real digits, both with 500 pictures
against the same held-out 500.  Only training is on the clock; it is stopped at fixed seconds, the same for all, to
sample and score.  The packages keep their own losses, samplers, learning rates and averages of the weights; only
the size is set (32 channels at full resolution).  They draw digits of any class; the course's model is told which.
"""

import contextlib
import importlib.util
import io
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_lib.bench.report import write_section
from course_lib.diffusion.ddpm import start_ema, train, update_ema
from course_lib.diffusion.samplers import guided, last, sample_ddim
from course_lib.diffusion.schedule import alphas_cumprod, cosine_betas
from course_lib.diffusion.unet import UNet
from course_lib.measuring.digit_judge import DigitJudge
from course_lib.measuring.metrics import fid
from course_lib.pictures.digits import load_digits
from course_lib.weights import load

PACKAGES = ("denoising-diffusion-pytorch", "smalldiffusion", "ema-pytorch")
N = 500  # pictures per score
BATCH = 64
CHECK_AT = (20, 30, 45, 68, 100, 150)  # seconds of training; the last one is the time cap


@dataclass(frozen=True)
class Racer:
    """One way to train: `steps` trains one step per item; `draw(n)` returns (n, 1, 16, 16) in [-1, 1]."""

    name: str
    model: nn.Module
    steps: Iterator
    draw: Callable[[int], Tensor]
    sampler: str


def course(images: Tensor, labels: Tensor) -> Racer:
    """Day 03's recipe, with its 450 steps."""
    model, alpha_bar = UNet(), alphas_cumprod(cosine_betas())
    ema_model = start_ema(model)
    steps = train(model, ema_model, images, labels, alpha_bar, steps=450, batch_size=BATCH)

    def draw(n: int) -> Tensor:
        network = guided(ema_model, torch.arange(n) % 10, 1.0)
        return last(sample_ddim(network, torch.randn(n, 1, 16, 16), alpha_bar, 25))

    return Racer("course_lib", model, steps, draw, "DDIM, 25 steps")


def denoising_diffusion_pytorch(images: Tensor, labels: Tensor) -> Racer:
    """Its `Unet` and `GaussianDiffusion` with the settings of its `Trainer` (Adam 1e-4, betas 0.9 and 0.99, clipping)."""
    from denoising_diffusion_pytorch import GaussianDiffusion, Unet
    from ema_pytorch import EMA

    diffusion = GaussianDiffusion(Unet(dim=32, channels=1), image_size=16, sampling_timesteps=25)
    ema = EMA(diffusion, beta=0.995, update_every=10)
    optimizer = torch.optim.Adam(diffusion.parameters(), lr=1e-4, betas=(0.9, 0.99))

    def steps() -> Iterator[float]:
        while True:
            # It wants pixels in [0, 1] and spreads them itself.
            loss = diffusion(images[torch.randint(0, len(images), (BATCH,))] / 2 + 0.5)
            loss.backward()
            nn.utils.clip_grad_norm_(diffusion.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            ema.update()
            yield loss.item()

    draw = lambda n: ema.ema_model.sample(batch_size=n) * 2 - 1
    return Racer(
        "denoising-diffusion-pytorch", diffusion, steps(), draw, "DDIM, 25 steps (its default: 1,000)"
    )


def smalldiffusion(images: Tensor, labels: Tensor) -> Racer:
    """Its `Unet`, loop and sampler with the settings of its Fashion-MNIST example, at 32 channels."""
    from smalldiffusion import Scaled, ScheduleLogLinear, Unet, samples, training_loop

    schedule = ScheduleLogLinear(sigma_min=0.01, sigma_max=20, N=800)
    model = Scaled(Unet)(16, 1, 1, ch=32, ch_mult=(1, 1, 2), attn_resolutions=(8,))
    ema_model = start_ema(model)
    loader = torch.utils.data.DataLoader(images, batch_size=BATCH, shuffle=True)

    def steps() -> Iterator[float]:
        for step, state in enumerate(training_loop(loader, model, schedule, lr=7e-4)):
            update_ema(ema_model, model, min(0.999, (1 + step) / (10 + step)))
            yield state.loss.item()

    draw = lambda n: last(samples(ema_model, schedule.sample_sigmas(20), gam=1.6, batchsize=n)).clamp(-1, 1)
    return Racer("smalldiffusion", model, steps(), draw, "its own, 20 steps")


def main(write: bool = False, check_at: tuple[float, ...] = CHECK_AT) -> list[dict]:
    """Race the three; with `write`, put the rows into docs/benchmarks.md.  Raises ImportError where a package is missing."""
    for package in PACKAGES:
        if not importlib.util.find_spec(package.replace("-", "_")):
            raise ImportError(
                f"The package {package} is not installed; this race needs it. "
                f"Install it with: {sys.executable} -m pip install {' '.join(PACKAGES)}"
            )
    images, labels = load_digits("train")
    reference, _ = load_digits("test")
    features = load("digit-judge", DigitJudge()).features
    floor = fid(
        images[torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:N]],
        reference,
        features,
    )
    rows = []
    for make in (course, smalldiffusion, denoising_diffusion_pytorch):
        torch.manual_seed(0)
        rows.append(
            race(
                make(images, labels), lambda pictures: fid(pictures, reference, features), 2 * floor, check_at
            )
        )
    if write:
        write_section("toy", "python3 start.py bench toy --write", rows)
    return rows


def race(racer: Racer, score: Callable[[Tensor], float], gate: float, check_at: tuple[float, ...]) -> dict:
    """Train `racer` until a score is at most `gate`, or until the last check.  Returns its row of the table."""
    trained, count, checks = 0.0, 0, list(check_at)
    while checks:
        start = time.perf_counter()
        done = next(racer.steps, None) is None
        trained += time.perf_counter() - start
        count += not done
        if not done and trained < checks[0]:
            continue
        checks = [] if done else [second for second in checks if second > trained]
        start = time.perf_counter()
        pictures = _draw(racer, N)
        sampling = (time.perf_counter() - start) / N
        found = score(pictures)
        print(f"{racer.name}: {trained:.0f} s, step {count}, FID {found:.2f} (gate {gate:.2f})", flush=True)
        if found <= gate:
            break
    return {
        "package": racer.name,
        "parameters": f"{sum(p.numel() for p in racer.model.parameters()) / 1e6:.1f} M",
        "s per step": f"{trained / count:.2f}",
        "s until the gate": f"{trained:.0f}" if found <= gate else f"not in {trained:.0f}",
        "FID there": f"{found:.1f} (gate {gate:.1f})",
        "sampler": racer.sampler,
        "ms per picture": f"{sampling * 1000:.0f}",
    }


def _draw(racer: Racer, n: int) -> Tensor:
    with torch.no_grad(), contextlib.redirect_stderr(io.StringIO()):  # the packages' own progress bars
        return torch.cat([racer.draw(100) for _ in range(n // 100)])
