"""Generated folders: nothing is lost or made twice, whatever happens in between, and nothing of others is touched."""

import errno
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.learning.folder_note import NOTE, read_note
from course_lib.learning.image_files import METADATA, load_folder, read_metadata, write_scores
from course_lib.learning.synthetic import generate_folder, missing_pictures, picture_seed
from course_lib.lessons.days import HOME
from course_lib.zoo.draw import SIDE

PROMPTS = {"cat": ["a photo of a cat", "an oil painting of a cat"], "red fox": ["a photo of a red fox"]}


class Painter:
    """Stands in for a pipeline: 8 x 8 pictures of pure noise; notes what it was asked, and may break off."""

    def __init__(self, name="some/where/pocket", breaks_after=10**9, error=KeyboardInterrupt):
        torch.manual_seed(len(name))
        self.config = type("Config", (), {"_name_or_path": name})()
        self.scheduler, self.text_encoder, self.unet, self.vae = (
            self,
            *(torch.nn.Linear(2, 2) for _ in range(3)),
        )
        self.asked, self.breaks_after, self.error, self.device = [], breaks_after, error, None
        self._progress_bar_config = {"leave": False}

    def set_progress_bar_config(self, **config):
        self._progress_bar_config = config

    def to(self, device):
        self.device = device

    def __call__(self, prompts, *, negative_prompt, num_inference_steps, guidance_scale, generator):
        if len(self.asked) >= self.breaks_after:
            raise self.error
        assert self._progress_bar_config["disable"]
        self.asked.append((prompts, negative_prompt, num_inference_steps, guidance_scale))
        pixels = [(torch.rand(8, 8, 3, generator=g) * 255).byte().numpy() for g in generator]
        return type("Output", (), {"images": [Image.fromarray(p) for p in pixels]})()


def quiet(items, total, label):
    return items


def paint(folder, n=3, prompts=PROMPTS, pipe=None, **settings):
    pipe = pipe or Painter()
    generate_folder(pipe, folder, prompts, n, bar=quiet, **settings)
    return pipe


def pictures(folder):
    """{name: bytes} of every picture below the folder."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.png")}


def listed(folder):
    return [entry["file_name"] for entry in read_metadata(folder)]


def one_sentence(error, *words):
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and all(word in text for word in words), text


def test_layout_and_metadata(tmp_path):
    made = generate_folder(
        Painter(), tmp_path / "train", PROMPTS, 3, seed=5, steps=7, guidance=2.5, negative_prompt="blurry", bar=quiet
    )  # fmt: skip
    assert made == tmp_path / "train"
    names = ["cat/00000.png", "cat/00001.png", "cat/00002.png", "red fox/00000.png", "red fox/00001.png", "red fox/00002.png"]  # fmt: skip
    assert sorted(pictures(made)) == listed(made) == names
    assert read_metadata(made)[1] == {
        "file_name": "cat/00001.png", "label": "cat", "prompt": "an oil painting of a cat", "negative_prompt": "blurry",
        "seed": picture_seed(5, "cat", 1), "steps": 7, "guidance": 2.5,
    }  # fmt: skip
    assert [e["prompt"] for e in read_metadata(made)[:3]] == [*PROMPTS["cat"], PROMPTS["cat"][0]]
    assert sorted(path.name for path in made.iterdir()) == ["cat", METADATA, "red fox", NOTE]


def test_the_pipeline_gets_the_settings(tmp_path):
    pipe = paint(tmp_path, 2, seed=1, steps=9, guidance=4.0, negative_prompt="text", batch=3)
    assert [len(prompts) for prompts, *_ in pipe.asked] == [3, 1]
    prompts, *rest = pipe.asked[0]
    assert prompts == [*PROMPTS["cat"], "a photo of a red fox"] and rest == [["text"] * 3, 9, 4.0]
    assert pipe._progress_bar_config == {"leave": False}  # as it was before


def test_a_picture_does_not_depend_on_its_batch(tmp_path):
    for batch in (1, 2, 5, 100):
        paint(tmp_path / str(batch), batch=batch)
    first, *others = (pictures(tmp_path / str(batch)) for batch in (1, 2, 5, 100))
    assert all(other == first for other in others)
    assert len(set(first.values())) == 6
    assert pictures(paint_there(tmp_path / "other", seed=1)) != first


def paint_there(folder, **settings):
    paint(folder, **settings)
    return folder


@pytest.mark.parametrize("after", [0, 1, 2])
def test_interrupted_and_resumed(tmp_path, after):
    whole = pictures(paint_there(tmp_path / "whole", batch=2))
    with pytest.raises(KeyboardInterrupt):
        paint(tmp_path / "cut", pipe=Painter(breaks_after=after), batch=2)
    done = pictures(tmp_path / "cut")
    assert len(done) == 2 * after and listed(tmp_path / "cut") == sorted(done)
    times = {name: (tmp_path / "cut" / name).stat().st_mtime_ns for name in done}
    pipe = paint(tmp_path / "cut", batch=2)
    assert sum(len(prompts) for prompts, *_ in pipe.asked) == 6 - len(done)
    assert pictures(tmp_path / "cut") == whole and listed(tmp_path / "cut") == sorted(whole)
    assert all((tmp_path / "cut" / name).stat().st_mtime_ns == time for name, time in times.items())


def test_a_second_call_does_nothing(tmp_path):
    paint(tmp_path)
    before, text = pictures(tmp_path), (tmp_path / METADATA).read_text(encoding="utf-8")
    assert paint(tmp_path).asked == []
    assert pictures(tmp_path) == before and (tmp_path / METADATA).read_text(encoding="utf-8") == text


def test_a_kill_in_the_middle_is_mended(tmp_path):
    """A hard stop leaves a file with a passing name, and metadata that knows too little."""
    whole = paint_there(tmp_path / "whole")
    folder = paint_there(tmp_path / "killed")
    (folder / "cat" / "tmpabc.part").write_bytes(b"half")
    (folder / METADATA).unlink()
    (folder / "cat" / "00001.png").unlink()
    assert sum(len(prompts) for prompts, *_ in paint(folder).asked) == 1
    assert pictures(folder) == pictures(whole) and listed(folder) == listed(whole)


def test_scores_stay_with_their_pictures_only(tmp_path):
    paint(tmp_path)
    write_scores(tmp_path, {"cat/00001.png": 0.25, "cat/00002.png": 0.5})
    (tmp_path / "cat" / "00002.png").unlink()
    paint(tmp_path, 4)
    scores = {entry["file_name"]: entry.get("score") for entry in read_metadata(tmp_path)}
    assert len(scores) == 8 and scores["cat/00001.png"] == 0.25
    assert [name for name, score in scores.items() if score is not None] == ["cat/00001.png"]


def test_grows_by_pictures_and_classes(tmp_path):
    paint(tmp_path, 2)
    before = pictures(tmp_path)
    pipe = paint(tmp_path, 3, prompts={"owl": ["an owl"], "cat": PROMPTS["cat"]})
    assert sum(len(prompts) for prompts, *_ in pipe.asked) == 4  # three owls, one cat
    assert before.items() <= pictures(tmp_path).items() and listed(tmp_path) == sorted(pictures(tmp_path))
    assert set(read_note(tmp_path)["prompts"]) == {"cat", "red fox", "owl"}


OTHERS = [
    (dict(seed=1), "seed"), (dict(steps=3), "steps"), (dict(guidance=9.0), "guidance"), (dict(negative_prompt="x"), "negative_prompt"),
    (dict(prompts={"cat": ["a cat"]}), "prompts of cat"), (dict(pipe=Painter("another/model")), "model"),
]  # fmt: skip


@pytest.mark.parametrize("other, word", OTHERS, ids=lambda x: x if isinstance(x, str) else "")
def test_other_settings_are_refused(tmp_path, other, word):
    before = pictures(paint_there(tmp_path))
    with pytest.raises(FileExistsError) as error:
        paint(tmp_path, 4, **other)
    one_sentence(error, "other settings", word, "choose another folder")
    assert pictures(tmp_path) == before


@pytest.mark.parametrize("part", ["text_encoder", "unet", "vae"])
def test_weights_trained_anew_are_another_model(tmp_path, part):
    paint(tmp_path)
    pipe = Painter()
    getattr(pipe, part).weight.data += 1
    with pytest.raises(FileExistsError, match="model"):
        paint(tmp_path, pipe=pipe)


@pytest.mark.parametrize("name", ["cat/mine.png", "notes.txt", "dog/00000.png", "cat/00000.jpg", METADATA])
def test_a_folder_of_somebody_else_is_refused(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(FileExistsError) as error:
        paint(tmp_path)
    one_sentence(error, name.split("/")[0], "in the way")
    assert (tmp_path / name).read_bytes() == b"mine" and not (tmp_path / NOTE).exists()


def test_a_strange_file_in_a_folder_of_ours_is_refused(tmp_path):
    paint(tmp_path)
    (tmp_path / "cat" / ".DS_Store").write_bytes(b"")  # a file manager's
    paint(tmp_path)
    (tmp_path / "cat" / "holiday.png").write_bytes(b"mine")
    with pytest.raises(FileExistsError) as error:
        paint(tmp_path)
    one_sentence(error, "holiday.png", "in the way")


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "train").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="in the way"):
        paint(tmp_path / "train")


NOTES = [
    "{", "[1]", '{"seed": 1}', '{"prompts": 3}', '{"prompts": {"cat": []}}', '{"prompts": {"cat": "a cat"}}',
    '{"prompts": {"../..": ["a cat"]}}', "[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", NOTES, ids=lambda text: text[:30])
def test_a_damaged_note(tmp_path, text):
    paint(tmp_path)
    (tmp_path / NOTE).write_text(text, encoding="utf-8")
    with pytest.raises(FileExistsError) as error:
        paint(tmp_path)
    one_sentence(error, NOTE, "damaged", "choose another folder")


@pytest.mark.parametrize("name", ["cat", "cat/00001.png", NOTE, METADATA])
def test_a_folder_in_the_place_of_a_file_and_the_reverse(tmp_path, name):
    folder = paint_there(tmp_path / "painted")
    shutil.move(folder / name, tmp_path / "aside")
    (folder / name).touch() if name == "cat" else (folder / name).mkdir()
    with pytest.raises((FileExistsError, ValueError)) as error:
        paint(folder)
    one_sentence(error, name.split("/")[-1])


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_a_prompt_with_a_separator_can_be_resumed(tmp_path, separator):
    prompts = {"cat": [f"a photo of a cat{separator}"], "owl": ["an owl"]}
    paint(tmp_path, 1, prompts=prompts)
    paint(tmp_path, 2, prompts=prompts)
    assert read_metadata(tmp_path)[0]["prompt"] == prompts["cat"][0] and len(read_metadata(tmp_path)) == 4


class FullDisk:
    """Writing works until `room` pictures are there."""

    def __init__(self, room):
        self.room, self.save = room, Image.Image.save

    def __call__(self, image, file, *args, **kwargs):
        if not self.room:
            file.write(b"\x89PNG")  # a part still fits
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= 1
        self.save(image, file, *args, **kwargs)


def test_a_full_disk(tmp_path, monkeypatch):
    whole = pictures(paint_there(tmp_path / "whole"))
    folder = tmp_path / "full"
    with monkeypatch.context() as patch:
        disk = FullDisk(room=4)
        patch.setattr(Image.Image, "save", lambda *args, **kwargs: disk(*args, **kwargs))
        with pytest.raises(OSError) as error:
            paint(folder, batch=3)
    one_sentence(error, "No space left on device", "free some space", "goes on where it stopped", str(folder))
    assert len(pictures(folder)) == 4 and not list(folder.rglob("*.part"))
    paint(folder, batch=3)
    assert pictures(folder) == whole and listed(folder) == sorted(whole)


BAD = [
    (dict(n=0), "n_per_class is 0"), (dict(n=2.0), "n_per_class"), (dict(n=True), "n_per_class"), (dict(steps=0), "steps is 0"),
    (dict(batch=0), "batch is 0"), (dict(prompts={}), "no prompts"), (dict(prompts={"cat": []}), "['cat'] is a list of 0"),
    (dict(prompts={"cat": ["  "]}), "one is empty"), (dict(prompts={"a/b": ["x"]}), "cannot be the name of a folder"),
    (dict(prompts={"": ["x"]}), "folder"), (dict(prompts={"..": ["x"]}), "folder"), (dict(prompts={"cat": "cats"}), "a list of texts"),
    (dict(guidance=1.0, negative_prompt="text"), "is ignored"), (dict(prompts=None), "prompts is None"),
    (dict(prompts=["a cat"]), "prompts is a list"), (dict(prompts={"cat": [3]}), "text 0 of"), (dict(prompts={"cat": None}), "is None"),
    (dict(seed=-1), "seed is -1"), (dict(seed=1.5), "seed is 1.5"), (dict(seed=None), "seed is None"), (dict(steps="9"), "steps is"),
    (dict(guidance=float("nan")), "guidance is nan"), (dict(guidance="3"), "guidance is"), (dict(negative_prompt=None), "negative_prompt is"),
    (dict(batch=2.5), "batch is"), (dict(pipe="pocket"), "pipe is the text 'pocket'"), (dict(pipe=Painter), "pipe is"),
]  # fmt: skip


@pytest.mark.parametrize("arguments, words", BAD)
def test_bad_arguments(tmp_path, arguments, words):
    with pytest.raises(ValueError) as error:
        paint(tmp_path / "new", **arguments)
    one_sentence(error, words)
    assert not (tmp_path / "new").exists()


def test_the_bar_counts_every_picture(tmp_path):
    paint(tmp_path, 2)
    seen = []

    def bar(items, total, label):
        seen.append((total, label))
        for item in items:
            seen.append(item)
            yield item

    generate_folder(Painter(), tmp_path, PROMPTS, 3, bar=bar)
    assert seen[0] == (6, f"painting {tmp_path.name}") and sorted(seen[1:]) == listed(tmp_path)


def test_tqdm_is_the_bar_where_none_is_given(tmp_path, capsys):
    generate_folder(Painter(), tmp_path / "train", PROMPTS, 1)
    assert "painting train: 100%" in capsys.readouterr().err


class Worker:
    """One of several processes, as an accelerate.Accelerator describes it."""

    def __init__(self, process_index, num_processes):
        self.process_index, self.num_processes, self.device = (
            process_index,
            num_processes,
            f"gpu {process_index}",
        )
        self.is_main_process, self.waited = process_index == 0, 0

    def wait_for_everyone(self):
        self.waited += 1

    def main_process_first(self):
        return __import__("contextlib").nullcontext()


def test_processes_share_the_work(tmp_path):
    """One after the other here, in the order in which the metadata could go wrong: the first ends before the others begin."""
    alone, shared = paint_there(tmp_path / "alone", n=4), tmp_path / "shared"
    workers = [Worker(k, 3) for k in range(3)]
    pipes = [paint(shared, 4, accelerator=worker, batch=2) for worker in workers]
    counts = [sum(len(prompts) for prompts, *_ in pipe.asked) for pipe in pipes]
    assert counts == [3, 3, 2] and all(worker.waited for worker in workers)
    assert [pipe.device for pipe in pipes] == ["gpu 0", "gpu 1", "gpu 2"]
    paint(shared, 4)
    assert pictures(shared) == pictures(alone) and listed(shared) == listed(alone)


TWO = """
import sys
from accelerate import Accelerator
from course_lib.learning.synthetic import generate_folder
from tests.test_synthetic import PROMPTS, Painter
accelerator = Accelerator(cpu=True)
pipe = Painter()
generate_folder(pipe, sys.argv[1], PROMPTS, 5, batch=2, accelerator=accelerator)
painted = sum(len(prompts) for prompts, *_ in pipe.asked)
sys.stdout.write(f"painted {accelerator.process_index} {painted}\\n")  # at once, or the two lines mix
"""


@pytest.mark.slow
def test_two_real_processes(tmp_path):
    """As `accelerate launch` starts them, with several GPUs or, here, on a CPU."""
    (tmp_path / "two.py").write_text(TWO, encoding="utf-8")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, str(tmp_path / "two.py"), str(tmp_path / "out")], cwd=HOME, capture_output=True, text=True, timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HOME)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(line for line in done.stdout.splitlines() if line.startswith("painted")) == [
        "painted 0 5",
        "painted 1 5",
    ]
    alone = paint_there(tmp_path / "alone", n=5)
    assert pictures(tmp_path / "out") == pictures(alone) and listed(tmp_path / "out") == listed(alone)


def test_seeds():
    seeds = [picture_seed(s, label, i) for s in range(3) for label in ("cat", "red fox") for i in range(2000)]
    assert len(set(seeds)) == len(seeds) and 0 <= min(seeds) and max(seeds) < 2**32
    assert picture_seed(0, "red fox", 0) == 3201731606  # on every machine, for ever
    draw = lambda seed: torch.rand(3, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(draw(5), draw(5 + 2**32))  # why more bits would be of no use


def test_missing_pictures():
    assert missing_pictures(["owl", "cat"], 2, {"owl/00000.png", "cat/00007.png", "fox/00001.png"}) == [
        "owl/00001.png", "cat/00000.png", "cat/00001.png",
    ]  # fmt: skip
    assert missing_pictures(["owl"], 1, {"owl/00000.png"}) == []


@pytest.mark.parametrize("call, words", [
    (lambda: missing_pictures("owl", 1, set()), "labels"), (lambda: missing_pictures([], 1, set()), "labels"),
    (lambda: missing_pictures([3], 1, set()), "labels"), (lambda: missing_pictures(["owl"], -1, set()), "n_per_class"),
    (lambda: missing_pictures(["owl"], 1.5, set()), "n_per_class"), (lambda: missing_pictures(["owl"], 1, None), "there"),
    (lambda: missing_pictures(["owl"], 1, "owl/00000.png"), "there"), (lambda: picture_seed(-1, "owl", 0), "seed"),
    (lambda: picture_seed(0.5, "owl", 0), "seed"), (lambda: picture_seed(0, 5, 0), "label"), (lambda: picture_seed(0, "owl", -1), "index"),
    (lambda: picture_seed(0, "owl", None), "index"),
])  # fmt: skip
def test_wrong_arguments_of_the_small_ones(call, words):
    with pytest.raises(ValueError) as error:
        call()
    one_sentence(error, words)


def test_the_pocket_pipeline(tmp_path):
    """A picture made alone after an interruption is the picture made among others, but for rounding."""
    from course_lib.models import load_text_to_image

    pipe = load_text_to_image(device="cpu")
    generate_folder(pipe, tmp_path, PROMPTS, 2, steps=2, bar=quiet)
    together, labels, classes = load_folder(tmp_path)
    assert (
        together.shape == (4, 3, SIDE, SIDE)
        and labels.tolist() == [0, 0, 1, 1]
        and classes == ["cat", "red fox"]
    )
    (tmp_path / "red fox" / "00001.png").unlink()
    generate_folder(pipe, tmp_path, PROMPTS, 2, steps=2, bar=quiet)
    alone = load_folder(tmp_path)[0]
    assert torch.equal(alone[:3], together[:3])
    assert (alone[3] - together[3]).abs().max() <= 2.1 / 127.5
    note = json.loads((tmp_path / NOTE).read_text(encoding="utf-8"))
    assert note["model"].startswith("pocket-diffusion ") and note["scheduler"] == "DDIMScheduler"
    assert np.asarray(Image.open(tmp_path / "cat" / "00000.png")).shape == (SIDE, SIDE, 3)
