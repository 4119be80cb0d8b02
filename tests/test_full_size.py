"""`course bench full` with tiny sizes: the cache it makes, the cells it cuts out, what it leaves behind."""

import tempfile
from pathlib import Path

import nbformat
import pytest
import torch
from transformers import CLIPConfig, CLIPModel

from course_lib.bench import full, full_lessons, full_size
from course_lib.bench import notebooks as bench_notebooks
from course_lib.hub import CLIP, STABLE_DIFFUSION, _in_cache

NARROW = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
TINY = full_size.Sizes(
    unet=dict(sample_size=16, block_out_channels=(8,) * 4, layers_per_block=1, cross_attention_dim=32,
              attention_head_dim=2, norm_num_groups=4),
    vae=dict(sample_size=128, block_out_channels=(8,) * 4, norm_num_groups=4),
    text=NARROW, checker=NARROW | {"patch_size": 32, "projection_dim": 16}, clip_text=NARROW,
    clip_vision=NARROW | {"patch_size": 32},
)  # fmt: skip
MILLIONS = {
    "unet": 859.5,
    "vae": 83.7,
    "text_encoder": 123.1,
    "safety_checker": 304.0,
}  # as the real ones count


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("full")
    full_size.save_all(home, TINY)
    return home


def millions(model) -> float:
    return round(sum(weights.numel() for weights in model.parameters()) / 1e6, 1)


def test_the_true_sizes_are_those_of_the_real_models():
    sizes = full_size.Sizes()
    with torch.device("meta"):  # shapes only: no memory
        built = {name: build() for name, (_, build) in full_size._parts(sizes).items() if name in MILLIONS}
        clip = CLIPModel(CLIPConfig(text_config=sizes.clip_text, vision_config=sizes.clip_vision))
    assert {name: millions(part) for name, part in built.items()} == MILLIONS
    assert millions(clip) == 151.3


@pytest.mark.parametrize("source", [STABLE_DIFFUSION, CLIP], ids=["stable-diffusion", "clip"])
def test_the_cache_is_laid_out_as_after_a_download(home, source):
    from huggingface_hub import try_to_load_from_cache

    assert _in_cache(home / "hub", source, "")
    name = "model_index.json" if source is STABLE_DIFFUSION else "model.safetensors"
    found = try_to_load_from_cache(source.repo, name, cache_dir=home / "hub", revision=source.revision)
    assert found and Path(found).resolve().parent.name == "blobs"


def test_where_links_are_refused_the_files_stay(tmp_path, monkeypatch):
    snapshot = tmp_path / "snapshots" / "abc"
    (snapshot / "unet").mkdir(parents=True)
    (snapshot / "unet" / "config.json").write_text("{}", encoding="utf-8")

    def refuse(*args):
        raise OSError("a privilege is missing")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    full_size._into_blobs(snapshot)
    assert (snapshot / "unet" / "config.json").read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize("excerpt", full_lessons.EXCERPTS, ids=lambda excerpt: f"day{excerpt.day}")
def test_an_excerpt_holds_the_lessons_own_cells_in_their_order(excerpt, tmp_path):
    notebook = nbformat.read(full_lessons.cut(excerpt, tmp_path), as_version=4)
    assert len(notebook.cells) == len(excerpt.cells) + 1
    assert any(line.startswith(excerpt.cells[-1]) for line in notebook.cells[-1].source.splitlines())
    knobs = next(cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    assert "TIER = 'full'" in knobs.splitlines()
    lines = [line for cell in notebook.cells for line in cell.source.splitlines()]
    for name, value in excerpt.knobs.items():
        assert [line for line in lines if line.startswith(f"{name} = ")] == [f"{name} = {value!r}"]


@pytest.mark.parametrize(("cells", "knobs"), [(("gone = 1",), {}), ((), {"gone": 1})])
def test_a_cell_or_a_value_that_is_gone_is_one_sentence(cells, knobs, tmp_path):
    with pytest.raises(ValueError, match="Day 07 has no line any more that begins 'gone = 1?'.*EXCERPTS"):
        full_lessons.cut(full_lessons.Excerpt("07", cells, knobs, ""), tmp_path)


@pytest.fixture
def scratch(tmp_path, monkeypatch) -> Path:
    """The folder for scratch files, and a bench that has nothing to build."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(full, "save_all", lambda home, sizes: (home / "hub").mkdir())
    return tmp_path


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nothing_is_left_after_a_stop(scratch, monkeypatch, error):
    def stop(home):
        assert (home / "hub").exists() and home.parent == scratch
        raise error

    monkeypatch.setattr(full, "of_painting", stop)
    with pytest.raises(error):
        full.main(sizes=TINY)
    assert not list(scratch.iterdir())


def test_a_stop_ends_what_was_started(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(bench_notebooks.subprocess, "Popen", _noting(started))

    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(bench_notebooks.time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bench_notebooks.watch([full.sys.executable, "-c", "input()"], str(tmp_path), dict(full.os.environ))
    assert started[0].returncode is not None


def _noting(started: list):
    popen = bench_notebooks.subprocess.Popen

    def note(*args, **kwargs):
        started.append(popen(*args, stdin=bench_notebooks.subprocess.PIPE, **kwargs))
        return started[0]

    return note


def test_too_little_disk_is_said_before_anything_is_made(scratch, monkeypatch):
    monkeypatch.setattr(full, "DISK_GB", 10**6)
    with pytest.raises(ValueError, match="This measurement needs 1000000.0 GB of disk.*TMPDIR"):
        full.main()
    assert not list(scratch.iterdir())


def test_the_rows_compute_a_picture_from_its_steps(scratch, monkeypatch):
    one = {"Stable Diffusion 1.5": 5.0, "CLIP ViT-B/32": 1.0, "ResNet-50": 1.0, "side": 512, "threads": 2,
           "step": 10.0, "step, processor": 20.0, "plain step": 5.0, "rest": 10.0}  # fmt: skip
    found = {"one_picture": (one, 6 * 2**30), "several_pictures": ({"step": 40.0}, 7 * 2**30)}
    monkeypatch.setattr(full, "_in_a_process", lambda home, what: found[what])
    rows = {row["what"]: row["measured"] for row in full.main(sizes=TINY, lessons=())}
    assert rows["one guided step, 512 x 512 pixels, threads: 2"] == "10.0 s"
    assert rows["computed: one picture, 25 steps"] == "4.5 minutes"  # 26 calls of the U-Net
    assert rows["computed: one picture, 4 steps of the LCM-LoRA, no guidance"] == "30 s"
    assert "processors at work for other programs when it began" in rows
    assert rows["memory at most, all three models, one picture"] == "6.0 GB"


@pytest.mark.slow
def test_tiny_models_go_the_whole_way():
    day = next(excerpt for excerpt in full_lessons.EXCERPTS if excerpt.day == "10")
    rows = {row["what"]: row["measured"] for row in full.main(sizes=TINY, lessons=(day,))}
    assert any(name.startswith("one guided step, 128 x 128 pixels") for name in rows) and len(rows) == 14
    assert rows[f"day 10, heaviest cell: {day.shortened}"].endswith("GB")
