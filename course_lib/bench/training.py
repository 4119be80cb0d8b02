"""What each saving in the recipes is worth, measured two by two in one run: `course bench training`."""

import time
from collections.abc import Callable
from statistics import median

import torch

from course_lib.bench.report import write_section
from course_lib.measuring.metrics import psnr
from course_lib.training import pocket_diffusion, zoo_vae
from course_lib.training.muon import Muon, split_parameters
from course_lib.training.pictures import CHECK_SEED, Pictures

ROUNDS, STEPS, PICTURES = 9, 300, 2048


def main(write: bool = False) -> list[dict]:
    """Measure; with `write`, put the rows into docs/benchmarks.md.  About a quarter of an hour on two cores."""
    torch.manual_seed(0)
    data = Pictures(PICTURES, side=zoo_vae.SIDE)
    rows = [*of_the_layout(data), of_the_crops(data), of_the_cache(data), of_the_optimizer(data)]
    if write:
        write_section("training", "python3 start.py bench training --write", rows)
    return rows


def row(saving: str, without: str, with_it: str, gain: str) -> dict:
    """One line of the table."""
    return {"saving": saving, "without": without, "with": with_it, "gain": gain}


def seconds(*calls: Callable[[], None]) -> list[float]:
    """The median of each call, taken in turn, so that a slow moment of the machine hits all alike."""
    times: list[list[float]] = [[] for _ in calls]
    for round_ in range(ROUNDS + 1):
        for call, measured in zip(calls, times):
            start = time.perf_counter()
            call()
            if round_:  # the first round warms up
                measured.append(time.perf_counter() - start)
    return [median(measured) for measured in times]


def compare(saving: str, without: Callable[[], None], with_it: Callable[[], None]) -> dict:
    """The row of a saving that is measured in seconds a step: both calls take one step."""
    slow, fast = seconds(without, with_it)
    return row(saving, f"{slow:.2f} s a step", f"{fast:.2f} s a step", f"{slow / fast:.1f} x faster")


def rebuilding_loss(vae, images) -> torch.Tensor:
    """The autoencoder's plain loss, without teacher and critic."""
    return zoo_vae.copy_loss(vae.decode(vae.encode(images).latent_dist.sample()).sample, images)


def vae_step(vae, images) -> Callable[[], None]:
    """A call that takes one training step of the autoencoder, without the optimizer."""

    def step():
        rebuilding_loss(vae, images).backward()
        vae.zero_grad()

    return step


def unet_step(unet, latents, text, scheduler) -> Callable[[], None]:
    """A call that takes one training step of the U-Net, without the optimizer.  latents: makes a (B, 4, 16, 16) batch."""

    def step():
        pocket_diffusion.diffusion_loss(unet, latents(), text, scheduler).backward()
        unet.zero_grad()

    return step


def of_the_layout(data: Pictures) -> list[dict]:
    """What the channels-last layout saves, for both networks."""
    crops = zoo_vae.random_crops(data.images(range(zoo_vae.BATCH)), zoo_vae.CROP)
    vaes = [
        zoo_vae.new_vae().to(memory_format=layout)
        for layout in (torch.contiguous_format, torch.channels_last)
    ]
    pictures = [crops, crops.to(memory_format=torch.channels_last)]
    latents, text = (
        torch.randn(pocket_diffusion.BATCH, 4, 16, 16),
        torch.randn(pocket_diffusion.BATCH, 77, 192),
    )
    unets = [
        pocket_diffusion.new_unet().to(memory_format=layout)
        for layout in (torch.contiguous_format, torch.channels_last)
    ]
    scheduler = pocket_diffusion.new_scheduler()
    return [
        compare("channels_last, autoencoder", *(vae_step(vae, x) for vae, x in zip(vaes, pictures))),
        compare(
            "channels_last, U-Net", *(unet_step(unet, lambda: latents, text, scheduler) for unet in unets)
        ),
    ]


def of_the_crops(data: Pictures) -> dict:
    """What training on crops saves."""
    whole = data.images(range(zoo_vae.BATCH))
    crops, vae = zoo_vae.random_crops(whole, zoo_vae.CROP), zoo_vae.new_vae()
    parts = [vae_step(vae, x.to(memory_format=torch.channels_last)) for x in (whole, crops)]
    return compare("crops of 64 x 64 in place of whole pictures, autoencoder", *parts)


def of_the_cache(data: Pictures) -> dict:
    """What latents from a file save."""
    unet, vae, scheduler = (
        pocket_diffusion.new_unet(),
        zoo_vae.new_vae().eval(),
        pocket_diffusion.new_scheduler(),
    )
    rows = range(pocket_diffusion.BATCH)
    latents, text = torch.randn(len(rows), 4, 16, 16), torch.randn(len(rows), 77, 192)

    @torch.no_grad()
    def encode():
        return vae.encode(data.images(rows).to(memory_format=torch.channels_last)).latent_dist.mean

    parts = (unet_step(unet, source, text, scheduler) for source in (encode, lambda: latents))
    return compare("latents from a file in place of the encoder, U-Net", *parts)


def of_the_optimizer(data: Pictures) -> dict:
    """The autoencoder's PSNR after STEPS steps from the same start, with AdamW alone and with Muon."""
    check = Pictures(96, seed=CHECK_SEED, side=zoo_vae.SIDE).images(range(96))
    reached = []
    for lr in (None, zoo_vae.LR):
        torch.manual_seed(0)
        vae = zoo_vae.new_vae()
        groups = split_parameters(
            vae, lr=lr or 1.5e-3, adam_lr=1.5e-3, weight_decay=0.01, outer=zoo_vae.OUTER
        )
        groups[0]["orthogonal"] = lr is not None
        optimizer = Muon(groups)
        highest = [group["lr"] for group in groups]
        for step in range(STEPS):
            for group, rate in zip(optimizer.param_groups, highest, strict=True):
                group["lr"] = rate * min(1.0, (step + 1) / 50, (STEPS - step) / (0.3 * STEPS))
            crops = zoo_vae.random_crops(
                data.images(torch.randint(len(data), (zoo_vae.BATCH,))), zoo_vae.CROP
            )
            optimizer.zero_grad()
            rebuilding_loss(vae, crops.to(memory_format=torch.channels_last)).backward()
            optimizer.step()
        reached.append(
            psnr(torch.cat([zoo_vae.rebuild(vae, part) for part in check.split(24)]), check).item()
        )
    gain = f"{reached[1] - reached[0]:.1f} dB more"
    return row(
        f"Muon in place of AdamW, autoencoder, {STEPS} steps", *(f"{db:.1f} dB" for db in reached), gain
    )
