"""The hub: where the full-size models are, and one clear sentence for everything that can go wrong on the way."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch


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


def from_hub(source: Source, kind, device: str, precision: torch.dtype, **options):
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
    check_room(download, need, device, source.repo, cache, "HF_HOME")
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
                "Update its id in course_lib/hub.py, or use tier='pocket'.".replace("  ", " ")
            ) from None
        raise ValueError(no_network(source.repo, error)) from None


def _in_cache(cache: Path, source: Source, variant: str) -> bool:
    """Whether the weights were downloaded before, to their end, in single precision or in the variant asked for."""
    home = cache / f"models--{source.repo.replace('/', '--')}"
    files = [file.name for file in (home / "snapshots" / source.revision).rglob("*.safetensors")]
    fitting = any((".fp16." in name) == bool(variant) for name in files)
    return fitting and not any((home / "blobs").glob("*.incomplete"))


def no_network(name: str, error: Exception) -> str:
    """The sentence for a model that is neither here nor to be had."""
    reason = (str(error) or type(error).__name__).splitlines()[0][:120]
    return (
        f"{name} is not on this machine and could not be downloaded ({reason}): connect to the network and try again, "
        "or use tier='pocket', which ships with the course."
    )


def check_room(
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
