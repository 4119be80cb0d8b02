"""PromptLab by hand: turn its controls, press its button, and look at what it keeps."""

import errno
import re

import pytest
import torch

from course_lib import widgets
from course_lib.models import load_text_to_image
from course_lib.pictures import gallery
from course_lib.pictures.gallery import Settings, load_settings, save_picture, saved_pictures
from course_lib.widgets.prompt_lab import _lab as build_lab

FIRST = Settings("a photo of a red fox in the snow", "", 3.0, 1, "DDIM", 5)


@pytest.fixture(scope="module")
def pipe():
    pipe = load_text_to_image("pocket", device="cpu")
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture
def lab(pipe, tmp_path):
    return build_lab(pipe, FIRST, tmp_path)


def cards(lab) -> int:
    return lab.gallery.value.count("<figure")


def test_paint_keeps_pictures_with_their_settings(lab, tmp_path):
    lab.prompt.value, lab.negative.value, lab.sampler.value = "a cat <b>", "blurry", "Euler"
    lab.guidance.value, lab.steps.value, lab.seed.value, lab.count.value = 4.5, 2, 11, 2
    lab.paint.click()
    newest, oldest = saved_pictures(tmp_path)
    assert load_settings(oldest) == Settings("a cat <b>", "blurry", 4.5, 2, "Euler", 11)
    assert load_settings(newest).seed == 12
    assert cards(lab) == 2 and "seed 12" in lab.gallery.value and "&lt;b&gt;" in lab.gallery.value
    assert lab.message.value == "" and not lab.paint.disabled and lab.progress.value == lab.progress.max == 2
    lab.paint.click()
    assert cards(lab) == len(saved_pictures(tmp_path)) == 4


def test_a_saved_picture_sets_the_controls_and_is_painted_again(lab, pipe, tmp_path):
    lab.paint.click()
    (path,) = saved_pictures(tmp_path)
    other = build_lab(pipe, Settings("a cat", steps=2, sampler="DDPM", seed=9), tmp_path)
    other.saved.value = path
    told = {
        name: getattr(other, name).value
        for name in ("prompt", "negative", "guidance", "steps", "sampler", "seed")
    }
    assert Settings(**told) == FIRST and cards(other) == 1 and "loaded" in other.message.value
    other.paint.click()
    again = saved_pictures(tmp_path)[0]
    assert again != path and gallery.load_picture(again).tobytes() == gallery.load_picture(path).tobytes()


def test_minus_one_draws_a_seed_shows_it_and_stores_it(lab, tmp_path):
    lab.seed.value = -1
    lab.paint.click()
    drawn = int(re.search(r"The seed drawn is (\d+)\.", lab.message.value)[1])
    assert load_settings(saved_pictures(tmp_path)[0]).seed == drawn and lab.seed.value == -1


def test_not_saved(lab, tmp_path):
    lab.keep.value = False
    lab.paint.click()
    assert saved_pictures(tmp_path) == [] and cards(lab) == 1 and "not saved" in lab.gallery.value


def test_what_a_user_should_know_is_told(lab):
    lab.prompt.value, lab.negative.value, lab.guidance.value = "", "blurry", 1.0
    lab.paint.click()
    assert "prompt is empty" in lab.message.value and "negative prompt is ignored" in lab.message.value
    assert cards(lab) == 1


def test_a_full_disk_is_told_and_the_lab_goes_on(lab, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gallery, "write_whole", full)
    lab.paint.click()
    assert "No space left" in lab.message.value and not lab.paint.disabled and saved_pictures(tmp_path) == []


def test_bad_files_and_settings_out_of_reach_are_told(lab, tmp_path):
    picture = gallery.Image.new("RGB", (8, 8))
    (tmp_path / "00003-broken.png").write_bytes(b"nothing")
    far = save_picture(picture, Settings("a fox", guidance=40.0, tier="full"), tmp_path)
    strange = save_picture(picture, Settings("a fox", sampler="Heun"), tmp_path)
    fresh = build_lab(None, FIRST, tmp_path)
    fresh.saved.value = tmp_path / "00003-broken.png"
    assert "is not a picture" in fresh.message.value and cards(fresh) == 0
    fresh.saved.value = strange
    assert "sampler &#x27;Heun&#x27;" in fresh.message.value and fresh.prompt.value == FIRST.prompt
    fresh.saved.value = far
    assert "guidance was 40.0" in fresh.message.value and "painted by the full model" in fresh.message.value


def test_it_leaves_a_static_picture_and_writes_nothing(pipe, tmp_path, monkeypatch, capsys):
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf().axes[0].get_title()))
    widgets.prompt_lab(pipe, "an owl", negative="text", guidance=3, steps=1, seed=4, folder=tmp_path / "my")
    plt.close("all")
    assert shown == ["an owl\nwithout: text\nguidance 3, 1 steps, seed 4"]
    assert not (tmp_path / "my").exists() and "Run this notebook" in capsys.readouterr().out


def test_painting_leaves_the_random_numbers_alone(lab):
    state = torch.get_rng_state()
    lab.paint.click()
    assert torch.equal(state, torch.get_rng_state())
