"""The course's big models, each by one function and in two sizes: `tier="pocket"` ships here, `tier="full"` is downloaded.

Both tiers return the same classes, so a notebook runs with either.  There is no silent fall-back: what can't be loaded is
one clear sentence (ValueError) that says what to do.
"""

import copy
import json
import os
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch
from torch import nn

from course_lib.checks import check_is, check_text, takes
from course_lib.hub import CLIP, RESNET_GB, STABLE_DIFFUSION, check_room, from_hub, no_network
from course_lib.lessons.days import check_tier
from course_lib.weights import FOLDER, checked_folder


def best_device() -> str:
    """ "cuda" where there is an NVIDIA GPU, "mps" on Apple silicon, else "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@takes(dtype=(check_is, torch.dtype, "a type of torch, such as torch.float16"))
def load_text_to_image(
    tier: str = "pocket", *, device: str = "", dtype: torch.dtype | None = None, compile: bool = False
):
    """A diffusers StableDiffusionPipeline, ready to be called with a prompt.

    tier: "pocket" (128 x 128 pictures of the Tiny Zoo) or "full" (Stable Diffusion 1.5, 512 x 512).
    device: "cpu", "cuda", "mps"; none: the best there is.  dtype: none: half precision on a GPU for "full", else single.
    A GPU that can't hold the whole pipeline gets its parts one at a time (offload).  compile: torch.compile the U-Net.
    Raises ValueError for an unknown tier, damaged weights, no network, too little memory or disk.
    """
    from diffusers import StableDiffusionPipeline

    device = checked_device(device)
    if check_tier(tier) == "pocket":
        folder = checked_folder("pocket-diffusion")
        with _no_progress():
            pipe = StableDiffusionPipeline.from_pretrained(folder, dtype=dtype or torch.float32).to(device)
    else:
        dtype = dtype or (torch.float32 if device == "cpu" else torch.float16)
        variant = {"variant": "fp16"} if dtype == torch.float16 else {}
        pipe = from_hub(
            STABLE_DIFFUSION,
            StableDiffusionPipeline,
            device,
            dtype,
            dtype=dtype,
            use_safetensors=True,
            **variant,
        )
        _fit(pipe, device, STABLE_DIFFUSION.memory_gb * (1 if dtype == torch.float32 else 0.5))
    if compile:
        pipe.unet = torch.compile(pipe.unet)
    return pipe


def with_lcm_lora(pipe):
    """A second pipeline that paints in 1 to 8 steps at guidance 1: it shares all of `pipe` but its scheduler and its U-Net.

    The U-Net is a copy, 36 MB, with weights/pocket-lcm-lora added to its weights, so `pipe` stays as it is.  LoRAs that
    `pipe` has beside its U-Net are not in the copy: one of them may be this one.
    Raises ValueError where the LoRA was made for another U-Net, or its file is damaged.
    """
    from diffusers import LCMScheduler, StableDiffusionPipeline
    from safetensors.torch import load_file

    if not lcm_lora_fits(pipe):
        raise ValueError(
            "The LCM-LoRA fits the pocket model only: load it with load_text_to_image('pocket')."
        )
    lora = load_file(checked_folder("pocket-lcm-lora") / "pytorch_lora_weights.safetensors")
    unet = copy.deepcopy(getattr(pipe.unet, "_orig_mod", pipe.unet))  # torch.compile wraps the U-Net
    unet.unload_lora()
    unet.load_lora_adapter(lora, prefix="unet")
    unet.fuse_lora()
    unet.unload_lora()
    scheduler = LCMScheduler.from_pretrained(FOLDER / "pocket-diffusion" / "scheduler")
    parts = pipe.components | {"unet": unet, "scheduler": scheduler}
    quick = StableDiffusionPipeline(**parts, requires_safety_checker=False)
    quick.set_progress_bar_config(disable=True)
    return quick


def lcm_lora_fits(pipe) -> bool:
    """Whether the pipeline's U-Net is the pocket model's, as weights/pocket-lcm-lora needs it."""
    folder = FOLDER / "pocket-diffusion" / "unet"
    wanted = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    found = getattr(getattr(pipe, "unet", None), "config", {})
    return all(
        key in found and _plain(found[key]) == wanted[key] for key in wanted if not key.startswith("_")
    )


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def load_clip(tier: str = "pocket", *, device: str = ""):
    """(CLIPModel, CLIPProcessor): the judge of the Tiny Zoo, or CLIP ViT-B/32.  Raises ValueError as above."""
    from transformers import CLIPModel, CLIPProcessor

    device = checked_device(device)
    if check_tier(tier) == "pocket":
        folder = checked_folder("pocket-clip")
        with _no_progress():
            model, processor = CLIPModel.from_pretrained(folder), CLIPProcessor.from_pretrained(folder)
    else:
        model = from_hub(CLIP, CLIPModel, device, torch.float32, dtype=torch.float32, use_safetensors=True)
        processor = from_hub(CLIP, CLIPProcessor, device, torch.float32)
    return model.to(device).eval().requires_grad_(False), processor


def load_resnet(tier: str = "pocket", *, device: str = "") -> tuple[nn.Module, nn.Module, list[str]]:
    """(ResNet, its preprocessing, the names of its classes): trained on Zoo photos, or ResNet-50 of ImageNet.

    The preprocessing turns a PIL image or a (B, 3, H, W) tensor in [0, 1] into what the network reads.
    Raises ValueError as above.
    """
    from torchvision.models import ResNet50_Weights, resnet50

    device = checked_device(device)
    if check_tier(tier) == "pocket":
        model, transforms, classes = _pocket_resnet()
    else:
        weights, model = ResNet50_Weights.IMAGENET1K_V2, resnet50()
        check_room(RESNET_GB, RESNET_GB, "cpu", "ResNet-50", Path(torch.hub.get_dir()), "TORCH_HOME")
        try:
            # The file's name holds its checksum; weights_only refuses anything but tensors.
            state = weights.get_state_dict(progress=True, check_hash=True, weights_only=True)
        except (
            OSError,
            RuntimeError,
        ) as error:  # torch's word for a download with a wrong checksum is RuntimeError
            raise ValueError(no_network("ResNet-50", error)) from None
        model.load_state_dict(state)
        transforms, classes = weights.transforms(), weights.meta["categories"]
    return model.to(device).eval().requires_grad_(False), transforms, list(classes)


def _pocket_resnet():
    from safetensors.torch import load_file
    from torchvision.models import ResNet
    from torchvision.models.resnet import BasicBlock
    from torchvision.transforms._presets import ImageClassification

    folder = checked_folder("pocket-resnet")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    classes = config["label_names"]
    model = ResNet(BasicBlock, config["model_args"]["layers"], num_classes=len(classes))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    half = (0.5, 0.5, 0.5)
    transforms = ImageClassification(crop_size=64, resize_size=64, mean=half, std=half)
    return model.float(), transforms, classes


@contextmanager
def _no_progress():
    """No progress bars for files that open in an instant: in a saved notebook they would stay for ever, half full."""
    from diffusers.utils import logging as of_diffusers
    from transformers.utils import logging as of_transformers

    shown = [library for library in (of_diffusers, of_transformers) if library.is_progress_bar_enabled()]
    for library in shown:
        library.disable_progress_bar()
    try:
        yield
    finally:
        for library in shown:
            library.enable_progress_bar()


def checked_device(device: str) -> str:
    """The device, or the best there is for "".  Raises ValueError, in one sentence, where this machine does not have it."""
    device = check_text(device or best_device(), "device")
    found = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device.split(":")[0] not in found:
        raise ValueError(f"{device!r} is not a device; choose cpu, cuda or mps.")
    if not found[device.split(":")[0]]:
        raise ValueError(
            f"This machine has no device {device!r} that torch can use; leave it out, or choose 'cpu'."
        )
    return device


def _fit(pipe, device: str, need_gb: float) -> None:
    """Move the pipeline to its device in the way that its free memory allows."""
    pipe.vae.enable_slicing()  # one picture after the other: a batch of large ones would need gigabytes more
    if device.startswith("cuda"):
        free = torch.cuda.mem_get_info(device)[0] / 1e9
        if free < 1.2:
            raise ValueError(
                f"The GPU has {free:.1f} GB free, too little for Stable Diffusion: free some, or use tier='pocket'."
            )
        if free < need_gb + 1.5:  # the pictures' own activations
            offload = pipe.enable_model_cpu_offload if free > need_gb else pipe.enable_sequential_cpu_offload
            offload(device=device)
            return
    pipe.to(device)
    if device == "mps" and psutil.virtual_memory().total < 64e9:
        pipe.enable_attention_slicing()  # diffusers' advice for Macs


def default_tier() -> str:
    """The tier that COURSE_TIER asks for, or "pocket".  Raises ValueError where it asks for an unknown one."""
    return check_tier(os.environ.get("COURSE_TIER", "pocket"))
