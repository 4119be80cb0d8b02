"""What goes on inside the kernel of a full-tier run: the thin ResNet is let in, and everything that matters is noted.

`watch()` is called by a cell before the lesson's first, `report()` by one behind its last.
"""

import dataclasses
import json

import torch
import torchvision

import course_lib.exercises
from course_lib import models
from course_lib.learning import chain
from tests.stand_ins import fingerprint, thin_resnet50

SEEN = {"loaded": {}, "decoded": [], "gates": {}}
FIRST_WEIGHTS = {
    "load_text_to_image": "unet.conv_in",
    "load_clip": "visual_projection",
    "load_resnet": "conv1",
}


def watch(dtype: torch.dtype) -> None:
    """From now on loaders, decoded pictures and gates are noted; a gate never stops the notebook.

    dtype: of the pipeline: half precision, as on a GPU, can be tried on a processor too.
    """
    torchvision.models.resnet50 = thin_resnet50
    for name in ("STABLE_DIFFUSION", "CLIP"):  # a stand-in needs no gigabytes
        setattr(models, name, dataclasses.replace(getattr(models, name), memory_gb=0.0, download_gb=0.0))
    for name in FIRST_WEIGHTS:
        setattr(models, name, _noted(name, getattr(models, name), dtype))
    course_lib.exercises.gate = _noted_gate
    chain.score = _agreeing(chain.score)


def report() -> str:
    """What was seen, as one line of JSON."""
    return json.dumps(SEEN)


def _noted(name: str, load, dtype: torch.dtype):
    def loader(tier="pocket", **options):
        if name == "load_text_to_image":
            options = {"dtype": dtype} | options
        found = load(tier, device="cpu", **options)
        model = found[0] if isinstance(found, tuple) else found
        first = model
        for part in FIRST_WEIGHTS[name].split("."):
            first = getattr(first, part)
        SEEN["loaded"][name] = [tier, str(first.weight.dtype), fingerprint(first.weight)]
        if name == "load_text_to_image":
            model.vae.decoder.register_forward_hook(_note_pictures)
        return found

    return loader


def _note_pictures(decoder, inputs, pictures) -> None:
    if not torch.isfinite(pictures).all():
        raise AssertionError("A picture holds numbers that are not finite.")
    if list(pictures.shape[1:]) not in SEEN["decoded"]:
        SEEN["decoded"].append(list(pictures.shape[1:]))


def _agreeing(score):
    """A judge with random weights takes all pictures for one class, which ends the chain; here it agrees with each."""

    def scored(*arguments):
        scores, agrees = score(*arguments)
        return scores, torch.ones_like(agrees)

    return scored


def _noted_gate(claim: str, holds: bool, shown: str = "") -> None:
    SEEN["gates"][claim] = bool(holds)
    print(f"{'✓' if holds else '✗'} {claim} {shown}")
