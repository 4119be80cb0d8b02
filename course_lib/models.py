"""The course's big models, each by one function and in two sizes: `tier="pocket"` ships here, `tier="full"` is downloaded.

Both tiers return the same classes, so a notebook runs with either.  There is no silent fall-back: what can't be loaded is
one clear sentence (ValueError) that says what to do.
"""

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch
from torch import nn

from course_lib.days import check_tier
from course_lib.weights import checked_folder


@dataclass(frozen=True)
class Source:
    """A full-size model on the hub: where it is, which revision, and what it takes."""

    repo: str
    revision: str  # pinned, so that a lesson says the same next year
    download_gb: float  # this and the next in single precision; half of it in half precision
    memory_gb: float
    instead: str = ""  # what to know where the repository is gone


STABLE_DIFFUSION = Source(
    "stable-diffusion-v1-5/stable-diffusion-v1-5", "451f4fe16113bff5a5d2269ed5ad43b0592e9a14", 5.5, 5.5,
    "It is the mirror of runwayml/stable-diffusion-v1-5, which its owner deleted.",
)  # fmt: skip
# Not the main branch: that holds a pickle; this revision is the same weights as safetensors.
CLIP = Source("openai/clip-vit-base-patch32", "c237dc49a33fc61debc9276459120b7eac67e7ef", 0.6, 0.7)
RESNET_GB = 0.1


def best_device() -> str:
    """ "cuda" where there is an NVIDIA GPU, "mps" on Apple silicon, else "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def load_text_to_image(
    tier: str = "pocket", *, device: str = "", dtype: torch.dtype | None = None, compile: bool = False
):
    """A diffusers StableDiffusionPipeline, ready to be called with a prompt.

    tier: "pocket" (64 x 64 pictures of the Tiny Zoo) or "full" (Stable Diffusion 1.5, 512 x 512).
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
        pipe = _from_hub(
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


def load_clip(tier: str = "pocket", *, device: str = ""):
    """(CLIPModel, CLIPProcessor): the judge of the Tiny Zoo, or CLIP ViT-B/32.  Raises ValueError as above."""
    from transformers import CLIPModel, CLIPProcessor

    device = checked_device(device)
    if check_tier(tier) == "pocket":
        folder = checked_folder("pocket-clip")
        with _no_progress():
            model, processor = CLIPModel.from_pretrained(folder), CLIPProcessor.from_pretrained(folder)
    else:
        model = _from_hub(CLIP, CLIPModel, device, torch.float32, dtype=torch.float32, use_safetensors=True)
        processor = _from_hub(CLIP, CLIPProcessor, device, torch.float32)
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
        _check_room(RESNET_GB, RESNET_GB, "cpu", "ResNet-50", Path(torch.hub.get_dir()), "TORCH_HOME")
        try:
            # The file's name holds its checksum; weights_only refuses anything but tensors.
            state = weights.get_state_dict(progress=True, check_hash=True, weights_only=True)
        except (
            OSError,
            RuntimeError,
        ) as error:  # torch's word for a download with a wrong checksum is RuntimeError
            raise ValueError(_no_network("ResNet-50", error)) from None
        model.load_state_dict(state)
        transforms, classes = weights.transforms(), weights.meta["categories"]
    return model.to(device).eval().requires_grad_(False), transforms, list(classes)


def _pocket_resnet():
    from safetensors.torch import load_file
    from torchvision.models import ResNet, resnet
    from torchvision.transforms._presets import ImageClassification

    folder = checked_folder("pocket-resnet")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = ResNet(getattr(resnet, config["block"]), config["layers"], num_classes=len(config["classes"]))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    half = (0.5, 0.5, 0.5)
    transforms = ImageClassification(crop_size=64, resize_size=64, mean=half, std=half)
    return model.float(), transforms, config["classes"]


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
    device = device or best_device()
    found = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device.split(":")[0] not in found:
        raise ValueError(f"{device!r} is not a device; choose cpu, cuda or mps.")
    if not found[device.split(":")[0]]:
        raise ValueError(
            f"This machine has no device {device!r} that torch can use; leave it out, or choose 'cpu'."
        )
    return device


def _from_hub(source: Source, kind, device: str, precision: torch.dtype, **options):
    """`kind.from_pretrained`, with the hub's many errors turned into one sentence each."""
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.errors import (
        GatedRepoError,
        HTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    cache, variant = Path(HF_HUB_CACHE), options.get("variant", "")
    download = 0 if _in_cache(cache, source, variant) else source.download_gb * (0.5 if variant else 1)
    need = source.memory_gb * (1 if precision == torch.float32 else 0.5)
    _check_room(download, need, device, source.repo, cache, "HF_HOME")
    try:
        return kind.from_pretrained(source.repo, revision=source.revision, **options)
    except (OSError, HTTPError) as error:
        # diffusers and transformers wrap what the hub said into a plain OSError.
        cause: BaseException | None = error
        while cause and not isinstance(cause, (RepositoryNotFoundError, RevisionNotFoundError)):
            cause = cause.__cause__
        if isinstance(cause, GatedRepoError):
            raise ValueError(
                f"{source.repo} asks for a login now: accept its terms on its page, run `hf auth login`, and try again; "
                "or use tier='pocket'."
            ) from None
        if cause:
            raise ValueError(
                f"{source.repo} at revision {source.revision[:7]} is not on the hub any more. {source.instead} "
                "Update its id in course_lib/models.py, or use tier='pocket'.".replace("  ", " ")
            ) from None
        raise ValueError(_no_network(source.repo, error)) from None


def _in_cache(cache: Path, source: Source, variant: str) -> bool:
    """Whether the weights were downloaded before, to their end, in single precision or in the variant asked for."""
    home = cache / f"models--{source.repo.replace('/', '--')}"
    files = [file.name for file in (home / "snapshots" / source.revision).rglob("*.safetensors")]
    fitting = any((".fp16." in name) == bool(variant) for name in files)
    return fitting and not any((home / "blobs").glob("*.incomplete"))


def _no_network(name: str, error: Exception) -> str:
    reason = (str(error) or type(error).__name__).splitlines()[0][:120]
    return (
        f"{name} is not on this machine and could not be downloaded ({reason}): connect to the network and try again, "
        "or use tier='pocket', which ships with the course."
    )


def _check_room(
    download_gb: float, memory_gb: float, device: str, name: str, cache: Path, variable: str
) -> None:
    """Raise ValueError before a download that can't end well.  variable: sets the folder that is downloaded to."""
    place = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(place).free / 1e9
    if free < download_gb:
        raise ValueError(
            f"{name} needs {download_gb:.1f} GB of disk in {place}, where {free:.1f} GB are free: make room, or set "
            f"{variable} to a folder on a larger disk."
        )
    memory = psutil.virtual_memory().available / 1e9
    if device in ("cpu", "mps") and memory < memory_gb:  # a Mac's GPU shares the computer's memory
        raise ValueError(
            f"{name} needs {memory_gb:.1f} GB of memory, and {memory:.1f} GB are free: close other programs, or use "
            "tier='pocket'."
        )


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
