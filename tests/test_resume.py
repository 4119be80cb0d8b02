"""Going on with a training: a checkpoint that is not as it was written is refused, a damaged log stops nothing, nothing is lost."""

import errno
import os

import pytest
import torch
from safetensors.torch import load_file, save_file

from course_lib.training import latents
from course_lib.training.checked_file import read_checked, write_checked
from course_lib.training.run import Run
from tests.test_synthetic import one_sentence


def make(folder, *, name="tiny", size=2, resume=True, steps=3):
    return Run(
        name, torch.nn.Linear(2, size), steps=steps, lr=0.1, folder=folder, device="cpu", resume=resume
    )


def train(folder, **more):
    run = make(folder, **more)
    for _ in run.each_step():
        run.update(run.model(torch.randn(4, 2)).square().mean())
    return run


@pytest.fixture
def trained(tmp_path):
    return train(tmp_path).checkpoint


def foreign(file):
    save_file({"weight": torch.zeros(2)}, file)


def folder(file):
    file.unlink()
    file.mkdir()


def resave(**facts):
    def harm(file):
        tensors, known = read_checked(file)
        write_checked(file, tensors, known | facts, "")

    return harm


def forget_a_tensor(file):
    tensors, facts = read_checked(file)
    del tensors["ema.bias"]
    write_checked(file, tensors, facts, "")


def strange_optimizer(file):
    tensors, facts = read_checked(file)
    write_checked(file, tensors | {"optimizer.zero": torch.zeros(1)}, facts, "")


HARMS = {
    "empty": lambda file: file.write_bytes(b""),
    "cut in the head": lambda file: file.write_bytes(file.read_bytes()[:40]),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-10]),
    "no safetensors": lambda file: file.write_bytes(b"PK" * 1000),
    "a folder": folder,
    "foreign": foreign,
    "a step that is no number": resave(step="many"),
    "a tensor less": forget_a_tensor,
    "a strange optimizer": strange_optimizer,
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS.keys())
def test_a_checkpoint_that_cannot_be_resumed(trained, harm):
    harm(trained)
    there = {path: path.is_file() and path.read_bytes() for path in trained.parent.iterdir()}
    with pytest.raises(ValueError) as error:
        make(trained.parent)
    one_sentence(error, str(trained), "cannot be resumed", "move the file away")
    assert {path: path.is_file() and path.read_bytes() for path in trained.parent.iterdir()} == there


def test_no_flipped_bit_is_accepted(trained):
    """One in every byte of the head, and in the tensors behind it."""
    whole = trained.read_bytes()
    for place in range(0, len(whole), 5):
        spoiled = bytearray(whole)
        spoiled[place] ^= 1 << place % 8
        trained.write_bytes(spoiled)
        with pytest.raises(ValueError):
            read_checked(trained, lambda facts: facts.keys() == {"name", "step", "seconds", "first"})
    trained.write_bytes(whole)
    assert make(trained.parent).step == 3


def test_a_checkpoint_for_another_network(trained):
    with pytest.raises(ValueError) as error:
        make(trained.parent, size=5)
    one_sentence(error, "another network", "move the file away")


def test_a_checkpoint_of_before_the_checksum_is_resumed(trained):
    tensors, facts = read_checked(trained)
    save_file(tensors, trained, facts)
    assert make(trained.parent).step == 3
    save_file(tensors, trained, facts | {"sha265": "0"})  # one that only lost its checksum is not
    with pytest.raises(ValueError, match="was not written by this course"):
        make(trained.parent)


LOG = "step,seconds,loss,gradient\n"
LINES = "0,0,0.5,1.0\n2,0,0.4,1.0\n"
LOGS = {  # what stands there after a resume from step 3, and whether the old one is kept
    "whole": (LOG + LINES, LOG + LINES, False),
    "steps that are done again": (LOG + LINES + "10,1,0.3,1.0\n", LOG + LINES, False),
    "half a line": (LOG + LINES + "10,1", LOG + LINES, True),
    "a strange line": (LOG + "hello\n" + LINES, LOG + LINES, True),
    "nothing": ("", None, True),
    "zeros": (LOG + LINES + "\0" * 20, LOG + LINES, True),
    "no text": (b"\xff\xfe" * 9, None, True),
}


@pytest.mark.parametrize("before, after, kept", LOGS.values(), ids=LOGS.keys())
def test_a_damaged_log_stops_nothing_and_is_kept(trained, before, after, kept):
    before = before if isinstance(before, bytes) else before.encode()
    log, aside = trained.parent / "log.csv", trained.parent / "log-1.csv"
    log.write_bytes(before)
    run = train(trained.parent, steps=11)
    lines = log.read_bytes().decode().split("\n")
    assert run.step == 11 and lines[0] + "\n" == LOG
    assert [line.split(",")[0] for line in lines[1:-1]] == (["0", "2"] if after else []) + ["10"]
    assert aside.exists() == kept and (not kept or aside.read_bytes() == before)


def test_the_log_of_a_run_whose_checkpoint_was_moved_away_is_kept(trained):
    log = (trained.parent / "log.csv").read_bytes()
    trained.rename(trained.with_name("mine.safetensors"))
    train(trained.parent, resume=False)
    assert (trained.parent / "log-1.csv").read_bytes() == log


def test_what_a_kill_left_goes_at_the_next_start(trained):
    orphan = trained.with_name("checkpoint.safetensors.0a1b2c3d.part")
    orphan.write_bytes(b"48 MB")
    make(trained.parent)
    assert not orphan.exists() and trained.exists()


def full(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def save_checkpoint(run, patch):
    patch.setattr(type(run.checkpoint), "replace", full)
    run.save()


def write_log(run, patch):
    patch.setattr(type(run.checkpoint), "open", full)
    run.step = 0
    run.update(run.model(torch.randn(4, 2)).square().mean())


def draw_sheet(run, patch):
    run.sheet(1, lambda: type("Picture", (), {"save": full}))


def begin(run, patch):
    patch.setattr(type(run.checkpoint), "mkdir", full)
    make(run.folder / "new")


@pytest.mark.parametrize("act", [save_checkpoint, write_log, draw_sheet, begin])
def test_a_full_disk_names_the_folder_that_is_full(trained, monkeypatch, act):
    run = make(trained.parent)
    with monkeypatch.context() as patch, pytest.raises(OSError) as error:
        act(run, patch)
    one_sentence(error, str(trained.parent), "No space left", "--resume")
    assert "COURSE_CACHE" not in str(error.value) and make(trained.parent).step == 3


@pytest.mark.parametrize("harm", ["cut", "flipped", "foreign"])
def test_damaged_latents_are_encoded_again(tmp_path, monkeypatch, harm):
    monkeypatch.setattr(latents, "RUNS", tmp_path)
    monkeypatch.setattr(latents, "encoder_key", lambda vae: "key")
    monkeypatch.setattr(latents, "_encode", lambda data, vae, device: torch.arange(8.0))
    accelerator = make(tmp_path / "run").accelerator
    first = latents.cached_latents([0] * 8, None, accelerator)
    (file,) = tmp_path.glob("*.safetensors")
    whole = file.read_bytes()
    if harm == "foreign":
        save_file({"latents": torch.zeros(8)}, file)
    else:
        file.write_bytes(whole[:-4] if harm == "cut" else whole[:-1] + bytes([whole[-1] ^ 1]))
    assert torch.equal(latents.cached_latents([0] * 8, None, accelerator), first)
    assert torch.equal(load_file(file)["latents"], first) and file.read_bytes() == whole
