"""Recipe of weights/face-check: `course train face-check`.

A small network learns to tell right faces from spoiled ones.  Its threshold is chosen on one set of new drawings and its
accuracy measured on another; what it says of the pocket model's own pictures is measured by eye, in the model card.
"""

import json

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.transforms import v2

from course_lib.measuring.face_check import CELLS, NAME, SIDE, FaceCheck
from course_lib.training.face_pictures import FacePictures
from course_lib.training.run import Run
from course_lib.training.spoiled_faces import KINDS, RIGHT
from course_lib.weights import FOLDER, record
from course_lib.zoo import MEDIA

STEPS, BATCH, TWINS, CHECKS = 5000, 32, 8000, 512  # twins are two pictures each
TRAIN_SEED, VALID_SEED, TEST_SEED = 100, 101, 102  # of other pictures than any other recipe's
SPOT, MAP = 0.1, 2.0  # part of a cell that must be spoiled to count; weight of the map's loss
VARY = v2.Compose([v2.RandomHorizontalFlip(), v2.Pad(8, padding_mode="reflect"), v2.RandomCrop(SIDE)])
FALSE_ALARMS = 0.03  # at most this part of right drawings may be called flawed


def train(
    *, steps: int = STEPS, twins: int = TWINS, seed: int = 0, resume: bool = False, device: str = "",
    without: tuple[str, ...] = (), name: str = NAME,
) -> Run:  # fmt: skip
    """Train, or go on training; the result is run.ema.  Progress: runs/train/face-check.

    without: kinds of flaws that are kept from it, to see whether it finds them all the same.
    """
    data = FacePictures(twins, TRAIN_SEED)
    flawed = torch.tensor([i for i, kind in enumerate(data.kinds) if kind not in (RIGHT, *without)])
    torch.manual_seed(seed)
    run = Run(
        name, FaceCheck().to(memory_format=torch.channels_last), steps=steps, lr=2e-3, adam_lr=2e-3,
        outer=("features.0.", "classify."), seed=seed, resume=resume, device=device, weight_decay=0.05, ema_decay=0.999,
    )  # fmt: skip
    for _ in run.each_step():
        chosen = flawed[run.batch(len(flawed), BATCH // 2)]
        chosen = torch.cat([chosen, chosen - 1])  # each beside its right twin
        images = torch.cat([VARY(part) for part in data.images(chosen).split(4)]).to(run.device)
        wanted = data.flawed[chosen].float().to(run.device)
        with run.accelerator.autocast():
            logits, where = run.model(images[:, :3].to(memory_format=torch.channels_last))
        spots = (F.avg_pool2d(images[:, 3] / 2 + 0.5, SIDE // CELLS) > SPOT).float()
        loss = F.binary_cross_entropy_with_logits(logits, wanted * 0.96 + 0.02)
        found = F.binary_cross_entropy_with_logits(where, spots)
        run.update(
            loss + MAP * found,
            found=found.item(),
            accuracy=((logits > 0) == (wanted > 0.5)).float().mean().item(),
        )
    return run


@torch.no_grad()
def probabilities(model: nn.Module, data: FacePictures) -> Tensor:
    """What the model, in eval mode, says of every picture, (N,)."""
    return torch.cat(
        [model(data.images(part)[:, :3])[0].sigmoid() for part in torch.arange(len(data)).split(64)]
    )


def choose_threshold(said: Tensor, flawed: Tensor) -> float:
    """The threshold with the most right answers among those with few false alarms.  said: (N,) probabilities; flawed: (N,) bool."""
    steps = torch.linspace(0.02, 0.98, 97)
    few = [s for s in steps if (said[~flawed] > s).float().mean() <= FALSE_ALARMS] or [steps[-1]]
    return round(max(few, key=lambda s: ((said > s) == flawed).float().mean()).item(), 2)


def measured(model: nn.Module, data: FacePictures, threshold: float) -> dict[str, float]:
    """Shares of new drawings: found of each kind, falsely called flawed, and judged rightly in each medium."""
    said = probabilities(model, data) > threshold
    share = lambda hits: round(hits.float().mean().item(), 3)
    right = said == data.flawed
    found = {f"found: {k}": share(said[torch.tensor([kind == k for kind in data.kinds])]) for k in KINDS}
    media = {
        f"judged rightly: {m}": share(right[torch.tensor([scene.medium == m for scene in data.scenes])])
        for m in MEDIA
    }
    return {
        "judged rightly": share(right), "found": share(said[data.flawed]), "false alarms": share(said[~data.flawed]),
        **found, **media,
    }  # fmt: skip


def ship(run: Run) -> None:
    """Choose the threshold, measure, and put the result into course_lib/weights, half precision."""
    model = run.ema.cpu().eval()
    valid, test = FacePictures(CHECKS, VALID_SEED), FacePictures(CHECKS, TEST_SEED)
    threshold = choose_threshold(probabilities(model, valid), valid.flawed)
    quality = measured(model, test, threshold)
    folder = FOLDER / NAME
    folder.mkdir(exist_ok=True)
    tensors = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(
        json.dumps({"threshold": threshold}) + "\n", encoding="utf-8", newline="\n"
    )
    record(NAME, list(folder.iterdir()), quality=quality, **run.facts())
