"""Recipe of weights/pocket-resnet: `course train pocket-resnet`.

A small ResNet (He et al. 2016) that has only ever seen Zoo *photos*: twelve animals, and nothing about style or words.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torchvision.models import ResNet
from torchvision.models.resnet import BasicBlock
from torchvision.transforms.v2 import RandomResizedCrop

from course_lib.training.pictures import CHECK_SEED, Pictures
from course_lib.training.run import Run
from course_lib.weights import FOLDER, record
from course_lib.zoo import ANIMALS

STEPS, BATCH, SEED = 1500, 64, 7


def new_resnet() -> ResNet:
    """One block per stage and one output per animal; (B, 3, 64, 64) in, (B, 12) logits out."""
    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=len(ANIMALS)).to(memory_format=torch.channels_last)


def train(
    *, steps: int = STEPS, pictures: int = 12_000, seed: int = SEED, resume: bool = False, device: str = ""
) -> Run:
    """Train, or go on training; the result is run.ema.  Progress: runs/train/pocket-resnet."""
    data = Pictures(pictures, seed=seed, medium="photo")
    labels = torch.tensor([ANIMALS.index(scene.animal) for scene in data.scenes])
    crop = RandomResizedCrop(64, scale=(0.6, 1.0), ratio=(0.9, 1.1), antialias=True)
    torch.manual_seed(seed)
    run = Run(
        "pocket-resnet",
        new_resnet(),
        steps=steps,
        lr=2e-3,
        outer=("conv1.", "fc."),
        seed=seed,
        resume=resume,
        device=device,
        weight_decay=0.05,
    )
    for _ in run.each_step():
        rows = run.batch(len(data), BATCH)
        images = crop(data.images(rows)).to(run.device, memory_format=torch.channels_last)
        with run.accelerator.autocast():
            logits = run.model(images)
            loss = F.cross_entropy(logits, labels[rows].to(run.device), label_smoothing=0.05)
        hits = (logits.argmax(1).cpu() == labels[rows]).float().mean()
        run.update(loss, accuracy=float(hits))
    return run


def ship(run: Run) -> None:
    """Measure the result and put it into course_lib/weights, half precision, with the names of its classes."""
    model = run.ema.cpu().eval()
    check = Pictures(600, seed=CHECK_SEED, medium="photo")
    labels = torch.tensor([ANIMALS.index(scene.animal) for scene in check.scenes])
    with torch.no_grad():
        accuracy = (model(check.images(range(len(check)))).argmax(1) == labels).float().mean().item()
    quality = {"accuracy on 600 new photos": round(accuracy, 4)}
    record("pocket-resnet", write(model), quality=quality, **run.facts())


def write(model: ResNet) -> list[Path]:
    """Write the network with the config that timm, and with it transformers, reads: timm's resnet18, of fewer blocks."""
    folder = FOLDER / "pocket-resnet"
    folder.mkdir(exist_ok=True)
    tensors = {
        k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in model.state_dict().items()
    }
    save_file(tensors, folder / "model.safetensors")
    half = [0.5, 0.5, 0.5]
    pixels = {
        "input_size": [3, 64, 64],
        "mean": half,
        "std": half,
        "interpolation": "bilinear",
        "crop_pct": 1.0,
    }
    config = {
        "architecture": "resnet18",
        "model_args": {"layers": [1, 1, 1, 1]},
        "num_classes": len(ANIMALS),
        "num_features": model.fc.in_features,
        "label_names": list(ANIMALS),
        "pretrained_cfg": {"num_classes": len(ANIMALS), "first_conv": "conv1", "classifier": "fc"} | pixels,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8", newline="\n")
    return list(folder.iterdir())
