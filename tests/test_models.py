"""Loaders: the full tier against a stand-in hub cache (`tests/stand_ins.py`)."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub.errors import GatedRepoError, HTTPError, RepositoryNotFoundError, RevisionNotFoundError

from course_lib import hub as downloads
from course_lib import models
from course_lib.lessons.days import HOME
from tests import stand_ins


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Path:
    """A hub cache with a tiny Stable Diffusion and a tiny CLIP, as if they had been downloaded."""
    hub = tmp_path_factory.mktemp("hub")
    stand_ins.save_stable_diffusion(hub)
    stand_ins.save_clip(hub)
    return hub


def run_offline(hub: Path, code: str) -> str:
    """Run code in a process of its own: the hub's settings are read once, at import."""
    env = {**os.environ, "HF_HUB_CACHE": str(hub), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=HOME, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.slow
def test_the_full_tier_loads_by_id_and_revision_and_paints(hub):
    code = """
import torch
from course_lib.models import load_text_to_image
pipe = load_text_to_image("full", device="cpu")
pipe.set_progress_bar_config(disable=True)
image = pipe("an owl", num_inference_steps=2, generator=torch.Generator().manual_seed(0)).images[0]
print(type(pipe).__name__, pipe.unet.dtype, image.size, pipe.vae.use_slicing)
"""
    assert run_offline(hub, code) == "StableDiffusionPipeline torch.float32 (128, 128) True"


@pytest.mark.slow
def test_the_full_clip_loads_and_compares(hub):
    code = """
from PIL import Image
from course_lib.models import load_clip
model, processor = load_clip("full", device="cpu")
inputs = processor(text=["an owl", "a fox"], images=Image.new("RGB", (80, 70)), return_tensors="pt", padding=True)
print(model.training, tuple(model(**inputs).logits_per_image.shape))
"""
    assert run_offline(hub, code) == "False (1, 2)"


@pytest.mark.slow
@pytest.mark.parametrize(
    "call", ["load_text_to_image('full', device='cpu')", "load_clip('full', device='cpu')"]
)
def test_no_network_is_one_sentence(tmp_path, call):
    code = f"""
from course_lib import models
try:
    models.{call}
except ValueError as error:
    print(error)
"""
    said = run_offline(tmp_path, code)
    assert "is not on this machine and could not be downloaded" in said and "tier='pocket'" in said


def refusing(error: Exception):
    class Kind:
        @staticmethod
        def from_pretrained(*arguments, **options):
            raise error

    return Kind


def wrapped(error: Exception) -> OSError:
    """As diffusers and transformers hand on what the hub said."""
    outer = OSError("Cannot load model: the model is not fully cached locally")
    outer.__cause__ = error
    return outer


def response():
    from httpx import Request, Response

    return Response(404, request=Request("GET", "https://hub.invalid"))


def test_a_gated_and_a_removed_model_are_one_sentence(monkeypatch):
    monkeypatch.setattr(downloads, "check_room", lambda *arguments: None)
    get = lambda error: downloads.from_hub(models.STABLE_DIFFUSION, refusing(error), "cpu", torch.float32)
    for error in (
        GatedRepoError("no", response=response()),
        wrapped(GatedRepoError("no", response=response())),
    ):
        with pytest.raises(ValueError, match="asks for a login now.*hf auth login"):
            get(error)
    for kind in (RepositoryNotFoundError, RevisionNotFoundError):
        for error in (kind("no", response=response()), wrapped(kind("no", response=response()))):
            with pytest.raises(ValueError, match="not on the hub any more. It is the mirror of runwayml"):
                get(error)
    for error in (
        HTTPError("proxy"),
        OSError(),
    ):  # a proxy that refuses is no OSError; some errors say nothing
        with pytest.raises(ValueError, match="could not be downloaded .(proxy|OSError)"):
            get(error)


def test_too_little_disk_or_memory_is_one_sentence(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="needs 99999.0 GB of disk"):
        downloads.check_room(99_999, 0, "cpu", "a model", tmp_path / "not yet there", "HF_HOME")
    for device in ("cpu", "mps"):
        with pytest.raises(ValueError, match="needs 99999.0 GB of memory"):
            downloads.check_room(0, 99_999, device, "a model", tmp_path, "HF_HOME")
    downloads.check_room(
        0, 99_999, "cuda", "a model", tmp_path, "HF_HOME"
    )  # a GPU's memory is looked at by _fit


def test_only_a_finished_download_of_the_same_precision_counts(hub, tmp_path):
    found = lambda cache, variant: downloads._in_cache(cache, models.STABLE_DIFFUSION, variant)
    assert found(hub, "") and found(hub, "fp16") and not found(tmp_path, "")
    weights = stand_ins.snapshot(tmp_path, models.STABLE_DIFFUSION) / "unet" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert found(tmp_path, "") and not found(tmp_path, "fp16")
    blobs = tmp_path / f"models--{models.STABLE_DIFFUSION.repo.replace('/', '--')}" / "blobs"
    blobs.mkdir()
    (blobs / "0a1b.incomplete").touch()
    assert not found(tmp_path, "")


class Pipe:
    """Notes how a pipeline is placed."""

    def __init__(self):
        self.done, self.vae = [], SimpleNamespace(enable_slicing=lambda: None)

    def __getattr__(self, name):
        return lambda *arguments, **options: self.done.append(name)


@pytest.mark.parametrize(
    ("free_gb", "placed"),
    [
        (12, ["to"]),
        (3.5, ["enable_model_cpu_offload"]),
        (2.0, ["enable_sequential_cpu_offload"]),
    ],
)
def test_a_pipeline_is_placed_as_the_free_gpu_memory_allows(monkeypatch, free_gb, placed):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free_gb * 1e9, 24e9))
    pipe = Pipe()
    models._fit(pipe, "cuda", 2.75)
    assert pipe.done == placed


def test_a_gpu_without_room_is_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0.5e9, 24e9))
    with pytest.raises(ValueError, match="0.5 GB free, too little"):
        models._fit(Pipe(), "cuda", 2.75)


@pytest.mark.parametrize("load", [models.load_text_to_image, models.load_clip, models.load_resnet])
def test_wrong_tiers_and_devices_are_one_sentence(load):
    with pytest.raises(ValueError, match="'huge' is not a tier; choose pocket or full"):
        load("huge")
    with pytest.raises(ValueError, match="'tpu' is not a device"):
        load(device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no device 'cuda'"):
            load(device="cuda")


def test_the_full_resnet_is_torchvisions_own(monkeypatch):
    from torchvision.models import ResNet50_Weights, resnet50

    asked = {}

    def state(self, **options):
        asked.update(options)
        return resnet50().state_dict()

    monkeypatch.setattr(ResNet50_Weights, "get_state_dict", state)
    model, transforms, classes = models.load_resnet("full", device="cpu")
    assert asked == {"progress": True, "check_hash": True, "weights_only": True}
    assert transforms.resize_size == [232] and transforms.crop_size == [224] and len(classes) == 1000
    assert not model.training


@pytest.mark.parametrize("error", [OSError("no route"), RuntimeError("invalid hash value")])
def test_a_resnet_without_network_is_one_sentence(monkeypatch, error):
    from torchvision.models import ResNet50_Weights

    def state(self, **options):
        raise error

    monkeypatch.setattr(ResNet50_Weights, "get_state_dict", state)
    with pytest.raises(
        ValueError, match=f"ResNet-50 is not on this machine and could not be downloaded .{error}"
    ):
        models.load_resnet("full", device="cpu")


def test_every_id_is_pinned():
    for source in (models.STABLE_DIFFUSION, models.CLIP):
        assert len(source.revision) == 40 and set(source.revision) <= set("0123456789abcdef")


def test_the_default_tier_is_the_environments(monkeypatch):
    monkeypatch.delenv("COURSE_TIER", raising=False)
    assert models.default_tier() == "pocket"
    monkeypatch.setenv("COURSE_TIER", "full")
    assert models.default_tier() == "full"
    monkeypatch.setenv("COURSE_TIER", "big")
    with pytest.raises(ValueError, match="'big' is not a tier"):
        models.default_tier()
