"""Painting by seeds, and the sweep: the same seeds under every value, and what is measured of it."""

import pytest
import torch

from course_lib.measuring.experiment import compared, measured, paint, prompt_fit, seeds_from, sweep
from course_lib.measuring.intervals import mean_interval
from course_lib.measuring.scoring import Judge
from course_lib.models import load_clip, load_text_to_image
from course_lib.zoo import ZooDataset
from course_lib.zoo.draw import SIDE

FOX, OWL = "a photo of a red fox in the snow", "an oil painting of an owl by the sea"


@pytest.fixture(scope="module")
def pipe():
    pipe = load_text_to_image("pocket", device="cpu")
    pipe.set_progress_bar_config(disable=True)
    return pipe


def test_a_picture_depends_on_its_seed_and_not_on_its_batch(pipe):
    together = paint(pipe, [FOX, OWL, FOX], [4, 5, 6], steps=2, batch=2)
    alone = paint(pipe, FOX, [6], steps=2)
    assert together.shape == (3, 3, SIDE, SIDE) and together.abs().max() <= 1
    torch.testing.assert_close(together[2:], alone, rtol=0, atol=0.02)
    assert (together[0] - together[2]).abs().mean() > 0.02


def test_paint_is_the_pipeline_s_picture(pipe):
    expected = pipe(
        FOX, negative_prompt="blurry", guidance_scale=4.0, num_inference_steps=2, output_type="pt",
        generator=torch.Generator().manual_seed(3),
    ).images  # fmt: skip
    assert torch.equal(paint(pipe, FOX, [3], negative="blurry", guidance=4.0, steps=2) / 2 + 0.5, expected)


def test_steps_are_reported_over_all_batches(pipe):
    done = []
    paint(pipe, FOX, [1, 2, 3], steps=2, batch=2, on_step=done.append)
    assert done == [1, 2, 3, 4]


def test_the_sampler_is_put_back(pipe):
    before = pipe.scheduler
    euler, ddpm = (paint(pipe, FOX, [1], steps=3, sampler=name) for name in ("Euler", "DDPM"))
    assert pipe.scheduler is before and (euler - ddpm).abs().mean() > 0.02
    with pytest.raises(ValueError, match="Unknown sampler"):
        paint(pipe, FOX, [1], sampler="Hein")
    assert pipe.scheduler is before


def test_seeds():
    assert seeds_from(5, 3) == [5, 6, 7]
    state = torch.get_rng_state()
    drawn = {seeds_from(-1, 1)[0] for _ in range(20)}
    assert len(drawn) > 10 and min(drawn) >= 0 and torch.equal(state, torch.get_rng_state())
    for wrong, words in (
        ((-2, 1), "seed is -2"),
        ((1.5, 1), "seed is 1.5"),
        ((0, 0), "n is 0, but must be"),
    ):
        with pytest.raises(ValueError, match=words):
            seeds_from(*wrong)


def test_sweep_keeps_prompts_and_seeds_in_every_row(pipe):
    watched = []
    painted = sweep(
        pipe,
        [FOX, OWL],
        [8, 9],
        "guidance",
        [1.0, 4.0],
        steps=2,
        watch=lambda v, n, label: watched.append(label) or v,
    )
    assert list(painted) == [1.0, 4.0] and watched == ["painting, guidance"]
    for value, pictures in painted.items():
        torch.testing.assert_close(pictures, paint(pipe, [FOX, OWL], [8, 9], guidance=value, steps=2))


@pytest.mark.parametrize(
    "setting, values, seeds, words",
    [
        ("guidence", [1], [0], "Did you mean 'guidance'"),
        ("steps", [1, 2, 1], [0], "value 1 comes twice"),
        ("steps", [1], [3, 3], "seed 3 comes twice"),
        ("steps", [], [0], "there is no value"),
        ("steps", [1], [], "there is no seed"),
        ("steps", [0], [0], "steps is 0"),
    ],
)
def test_a_bad_experiment_is_one_sentence(pipe, setting, values, seeds, words):
    with pytest.raises(ValueError, match=words):
        sweep(pipe, FOX, seeds, setting, values)


def test_prompts_and_seeds_must_be_as_many(pipe):
    with pytest.raises(ValueError, match="3 prompts for 2 seeds"):
        paint(pipe, [FOX] * 3, [1, 2])


def test_measured_and_compared_pair_by_pair():
    base, luck = torch.zeros(6, 3, 2, 2), torch.randn(6)
    painted = {"a": base + luck.view(-1, 1, 1, 1), "b": base + luck.view(-1, 1, 1, 1) + 0.5}
    score = lambda images: images.mean(dim=(1, 2, 3))
    assert measured(painted, score)["b"] == pytest.approx(mean_interval(luck + 0.5))
    found = compared(painted, score, "a")
    assert list(found) == ["b"] and found["b"] == pytest.approx((0.5, 0.5, 0.5), abs=1e-5)
    with pytest.raises(ValueError, match="'c' was not painted; choose one of: a, b"):
        compared(painted, score, "c")


def test_prompt_fit_is_higher_for_the_right_prompt():
    data = ZooDataset(6, seed=77, split="all")
    images, texts = torch.stack([data[i]["image"] for i in range(6)]), [data.caption(i) for i in range(6)]
    judge = Judge(*load_clip(device="cpu"))
    right, wrong = prompt_fit(judge, texts)(images), prompt_fit(judge, texts[1:] + texts[:1])(images)
    assert right.shape == (6,) and (right > wrong).all() and right.abs().max() <= 1
