"""Every lesson runs with TIER = "full", from the first cell to the last, on stand-ins of the full-size models.

The stand-ins (`tests/stand_ins.py`) have the right ids, parts and types, but other sizes than the pocket models and
random weights.  So what a lesson takes for granted about its models' sizes, or mixes of their types, stops it here.
The pipeline is in half precision, as on a GPU; day 00 is also run in single precision, as on a processor.
"""

import json
import os
import re
from pathlib import Path

import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from safetensors.torch import load_file

from course_lib import models
from course_lib.lessons.days import HOME, notebooks
from tests import stand_ins
from tests.notebooks.lessons import execute, parametrise, read, tags

BEFORE = "import torch\nfrom tests.notebooks import full_tier_kernel\nfull_tier_kernel.watch(torch.{dtype})"
BEHIND = "from tests.notebooks import full_tier_kernel\nprint(full_tier_kernel.report())"

# Claims that may fail here.  All others that a lesson makes on the full tier must hold whatever the weights are: a claim
# about the quality of the pocket models belongs behind `if TIER == "pocket"`.
MAY_FAIL = {
    "day00": {  # with so few steps, moments are shown twice
        "Half way it is nearer to the finished picture than at first, and nearer still near the end",
    },
    "day05": {  # its own training is cut short
        "The KL keeps the VAE's latents near the origin",
        "Without it they spread at least one and a half times as far",
        "Its FID is less than a third of the VAE's",
        "And it is at most twice the floor, that of real digits",
    },
    "day06": {"The right one of 96 sentences wins at least 95 times in 100"},  # its own training is cut short
    "day07": {"DDPM is farther from DDIM than DPM-Solver++ is"},  # with so few steps it need not be
    "day08": {  # only the real weights can show them
        "The right label wins in at least 9 of 10 pictures against one wrong animal",
        "The right label wins in at least 9 of 10 pictures against one wrong medium",
        "The right label wins in at least 9 of 10 pictures against one wrong place",
        "With shuffled captions the score falls",
        "“no” takes away less than a tenth of the score",
        "Another animal's name takes away more than “no” does",
    },
    "day10": {"With one list for each prompt, every place keeps equally many"},  # fewer pictures than places
}


def code_of(notebook, *, parameters: bool = True) -> str:
    """All code of a notebook; parameters: also that of the cell tagged so."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return "\n".join(cell.source for cell in cells if parameters or "parameters" not in tags(cell))


# Days 02 to 04 have the knob too, so that all lessons are run alike, but no model to change.
LESSONS = [path for path in notebooks() if re.search(r"\bTIER\b", code_of(read(path), parameters=False))]
RUNS = [(path, "float16") for path in LESSONS] + [(LESSONS[0], "float32")]


@pytest.fixture(scope="module")
def stand_in_folder(tmp_path_factory) -> Path:
    """The caches of the hub and of torch, as they are after a download."""
    folder = tmp_path_factory.mktemp("stand_ins")
    stand_ins.save_stable_diffusion(folder / "hub")
    stand_ins.save_clip(folder / "hub")
    stand_ins.save_resnet(folder / "torch")
    return folder


@pytest.fixture
def only_stand_ins(stand_in_folder, monkeypatch) -> Path:
    """Kernels see no other cache than the stand-ins', and no network."""
    for name in ("HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(stand_in_folder / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(stand_in_folder / "torch"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PYTHONPATH", str(HOME), prepend=os.pathsep)
    return stand_in_folder


def run_full(notebook, tmp_path: Path, dtype: str) -> dict:
    """Run a lesson on the full tier in a folder of its own, tmp_path/work; returns what was seen in its kernel."""
    parametrise(notebook, {**notebook.metadata["course"]["quick"], "TIER": "full"})
    notebook.cells.insert(0, new_code_cell(BEFORE.format(dtype=dtype)))
    notebook.cells.append(new_code_cell(BEHIND))
    done = execute(notebook, tmp_path)
    return json.loads(done.cells[-1].outputs[0].text)


def in_files(folder: Path, loader: str, dtype: str) -> list[str]:
    """Tier, type and checksum of the first weights, as they lie in the stand-in's file under the pinned revision."""
    diffusion, clip = (
        stand_ins.snapshot(folder / "hub", source) for source in (models.STABLE_DIFFUSION, models.CLIP)
    )
    if loader == "load_text_to_image":
        name = f"diffusion_pytorch_model{'.fp16' if dtype == 'float16' else ''}.safetensors"
        weights = load_file(diffusion / "unet" / name)["conv_in.weight"]
    elif loader == "load_clip":
        weights = load_file(clip / "model.safetensors")["visual_projection.weight"]
    else:
        (file,) = (folder / "torch" / "hub" / "checkpoints").iterdir()
        weights = torch.load(file, weights_only=True)["conv1.weight"]
    return ["full", str(weights.dtype), stand_ins.fingerprint(weights)]


def complaints(notebook, seen: dict, work: Path, folder: Path, dtype: str, may_fail: set[str]) -> list[str]:
    """What is wrong with a run that went through; empty where nothing is."""
    found = []
    asked = set(re.findall(r"(load_\w+)\(TIER\b", code_of(notebook)))
    wanted = {loader: in_files(folder, loader, dtype) for loader in asked}
    if seen["loaded"] != wanted:
        found.append(f"loaded {seen['loaded']}, not the stand-ins {wanted}")
    side = stand_ins.SIDE
    if "load_text_to_image" in asked and seen["decoded"] != [[3, side, side]]:
        found.append(f"painted pictures of sizes {seen['decoded']}, not {side} x {side}")
    saved = {Image.open(file).size for file in work.rglob("*.png")}
    if saved - {(side, side)}:
        found.append(f"saved pictures of sizes {saved}, not {side} x {side}")
    if not seen["gates"]:
        found.append("no claim was checked")
    failed = {claim for claim, holds in seen["gates"].items() if not holds}
    return found + [f"claimed of every model: {claim}" for claim in sorted(failed - may_fail)]


@pytest.mark.notebook
@pytest.mark.parametrize(("path", "dtype"), RUNS, ids=[f"{path.stem}-{dtype}" for path, dtype in RUNS])
def test_the_full_tier_runs_on_stand_ins(path, dtype, only_stand_ins, tmp_path):
    seen = run_full(read(path), tmp_path, dtype)
    may_fail = MAY_FAIL.get(path.stem[:5], set())
    assert complaints(read(path), seen, tmp_path / "work", only_stand_ins, dtype, may_fail) == []


def test_the_lessons_with_large_models_are_found():
    found = {path.stem[:5] for path in LESSONS}
    assert found >= {"day00", "day05", "day06", "day08", "day09", "day10", "day11"} and "day02" not in found


GOOD = 'load_text_to_image(TIER), load_clip(TIER), load_resnet(TIER)\nTIER = "full"'


@pytest.fixture
def good(stand_in_folder) -> dict:
    """What is seen in a run in which all is well."""
    loaders = ("load_text_to_image", "load_clip", "load_resnet")
    loaded = {loader: in_files(stand_in_folder, loader, "float16") for loader in loaders}
    return {"loaded": loaded, "decoded": [[3, stand_ins.SIDE, stand_ins.SIDE]], "gates": {"true": True}}


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        ({}, ""),
        ({"loaded": {}}, "not the stand-ins"),
        ({"decoded": [[3, 64, 64]]}, "painted pictures of sizes"),
        ({"decoded": []}, "painted pictures of sizes"),
        ({"gates": {}}, "no claim was checked"),
        ({"gates": {"it paints well": False}}, "claimed of every model: it paints well"),
        ({"gates": {"may fail": False}}, ""),
    ],
)
def test_each_complaint_bites(seen, complaint, good, stand_in_folder, tmp_path):
    notebook = new_notebook(cells=[new_code_cell(GOOD)])
    found = complaints(notebook, good | seen, tmp_path, stand_in_folder, "float16", {"may fail"})
    assert [complaint in text for text in found] == ([True] if complaint else [])


def test_a_saved_picture_of_another_size_is_a_complaint(good, stand_in_folder, tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "small.png")
    notebook = new_notebook(cells=[new_code_cell(GOOD)])
    (found,) = complaints(notebook, good, tmp_path, stand_in_folder, "float16", set())
    assert found.startswith("saved pictures of sizes")


LESSON = """
from course_lib.exercises import gate
from course_lib.models import load_text_to_image
pipe = load_text_to_image(TIER)
size, dtype = pipe.unet.config.sample_size, pipe.unet.dtype
with torch.no_grad():
    for part in torch.zeros(2, 4, size, size, dtype=dtype).split(1):
        pipe.vae.decode(part)
gate("two are two", 1 + 1 == 2)
"""


@pytest.mark.notebook
@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("size, size", "8, 8", "painted pictures of sizes"),
        ("dtype=dtype", "dtype=torch.float32", "should be the same"),
        ("(TIER)", '("pocket")', "not the stand-ins"),
    ],
)
def test_a_broken_lesson_is_refused(old, new, error, only_stand_ins, tmp_path):
    """A size that is fixed, two types in one sum, and a model of the wrong tier."""
    knobs = new_code_cell('TIER = "pocket"', metadata={"tags": ["parameters"]})
    notebook = new_notebook(cells=[knobs, new_code_cell(LESSON.replace(old, new))])
    notebook.metadata["course"] = {"quick": {}}
    with pytest.raises(Exception, match=error):
        seen = run_full(notebook, tmp_path, "float16")
        found = complaints(notebook, seen, tmp_path / "work", only_stand_ins, "float16", set())
        raise AssertionError("; ".join(found))
