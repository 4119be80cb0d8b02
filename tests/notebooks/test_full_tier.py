"""Every lesson runs with TIER = "full", from the first cell to the last, on stand-ins of the full-size models.

The stand-ins (`tests/stand_ins.py`) have the right ids, parts and types, but other sizes than the pocket models and
random weights.  So what a lesson takes for granted about its models' sizes, or mixes of their types, stops it here.
"""

import json
import re
from pathlib import Path

import pytest
import torch
from nbformat.v4 import new_code_cell
from PIL import Image
from safetensors.torch import load_file

from course_lib import models
from course_lib.days import HOME, notebooks
from tests import stand_ins
from tests.notebooks.lessons import execute, parametrise, read, tags

BEFORE = "import torch\nfrom tests.notebooks import full_tier_kernel\nfull_tier_kernel.watch({dtype})"
BEHIND = "from tests.notebooks import full_tier_kernel\nprint(full_tier_kernel.report())"

# Claims that may fail here, and why.  All others that a lesson makes on the full tier must hold for any weights.
TRAINING, WEIGHTS = "its training is cut short", "only the real weights can show it"
EXCUSED: dict[str, dict[str, str]] = {}


def uses_the_tier(path: Path) -> bool:
    """Whether a lesson does anything with its knob TIER."""
    code = [cell for cell in read(path).cells if cell.cell_type == "code" and "parameters" not in tags(cell)]
    return any(re.search(r"\bTIER\b", cell.source) for cell in code)


LESSONS = [path for path in notebooks() if uses_the_tier(path)]


def loaders(notebook) -> set[str]:
    """The names of the loaders that a lesson calls with its TIER."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return set(re.findall(r"(load_\w+)\(TIER\b", code))


@pytest.fixture(scope="module")
def stand_in_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("stand_ins")
    stand_ins.save_stable_diffusion(folder / "hub")
    stand_ins.save_clip(folder / "hub")
    stand_ins.save_resnet(folder / "torch")
    return folder


def expected(folder: Path, loader: str, half: bool) -> list[str]:
    """Tier, type and checksum of the first weights, as they lie in the stand-in's file."""
    diffusion, clip = (
        stand_ins.snapshot(folder / "hub", source) for source in (models.STABLE_DIFFUSION, models.CLIP)
    )
    if loader == "load_text_to_image":
        name = f"diffusion_pytorch_model{'.fp16' if half else ''}.safetensors"
        weights = load_file(diffusion / "unet" / name)["conv_in.weight"]
    elif loader == "load_clip":
        weights = load_file(clip / "model.safetensors")["visual_projection.weight"]
    else:
        (file,) = (folder / "torch" / "hub" / "checkpoints").iterdir()
        weights = torch.load(file, weights_only=True)["conv1.weight"]
    return ["full", str(weights.dtype), stand_ins.fingerprint(weights)]


def run_full(path: Path, stand_in_folder: Path, tmp_path: Path, monkeypatch, dtype: str) -> dict:
    """Run a lesson on the full tier in a folder of its own; returns what was seen in its kernel."""
    for name in ("HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(stand_in_folder / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(stand_in_folder / "torch"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PYTHONPATH", str(HOME), prepend=":")
    notebook = read(path)
    parametrise(notebook, {**notebook.metadata["course"]["quick"], "TIER": "full"})
    notebook.cells.insert(0, new_code_cell(BEFORE.format(dtype=dtype)))
    notebook.cells.append(new_code_cell(BEHIND))
    (tmp_path / "work").mkdir()
    done = execute(notebook, tmp_path, tmp_path / "work")
    return json.loads(done.cells[-1].outputs[0].text)


@pytest.mark.notebook
@pytest.mark.parametrize("dtype", ["torch.float32", "torch.float16"])
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_full_tier_runs_on_stand_ins(path, dtype, stand_in_folder, tmp_path, monkeypatch):
    seen = run_full(path, stand_in_folder, tmp_path, monkeypatch, dtype)
    half = dtype == "torch.float16"
    assert seen["loaded"] == {name: expected(stand_in_folder, name, half) for name in loaders(read(path))}
    side = stand_ins.SIDE
    if "load_text_to_image" in seen["loaded"]:
        assert seen["decoded"] == [[3, side, side]]
    saved = {Image.open(file).size for file in (tmp_path / "work").rglob("*.png")}
    assert saved <= {(side, side)}
    failed = [claim for claim, holds in seen["gates"].items() if not holds]
    assert set(failed) <= set(EXCUSED.get(path.stem[:5], {}))


def test_there_are_lessons():
    assert {path.stem[:5] for path in LESSONS} >= {"day00", "day05", "day06", "day08", "day09", "day10", "day11"}
