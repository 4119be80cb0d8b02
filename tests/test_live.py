"""Live painting: the newest request wins, nothing queues up, and the student's own pipeline stays as it was."""

import asyncio
import sys
import threading
from types import SimpleNamespace

import ipywidgets
import pytest
import torch
from peft import LoraConfig
from PIL import Image

from course_lib import models, widgets
from course_lib.models import lcm_lora_fits, load_text_to_image, with_lcm_lora
from course_lib.pictures.gallery import Settings, load_settings, saved_pictures
from course_lib.weights import FOLDER
from course_lib.widgets import live
from course_lib.widgets.prompt_lab import _lab as build_lab

WAIT = 20  # seconds, where something is broken


class Slow:
    """Work that stands still until `go` lets it do one more step; checks after each, as a pipeline does between steps."""

    def __init__(self):
        self.begun, self.shown = [], []
        self.steps = threading.Semaphore(0)
        self.newest = live.Newest(self.work, self.shown.append)

    def work(self, request, check):
        self.begun.append(request)
        for _ in range(2):
            assert self.steps.acquire(timeout=WAIT)
            check()
        return request.upper()

    def go(self, steps: int):
        self.steps.release(steps)

    async def until_begun(self, n: int):
        async with asyncio.timeout(WAIT):
            while len(self.begun) < n:
                await asyncio.sleep(0.005)

    async def until_done(self):
        async with asyncio.timeout(WAIT):
            await self.newest.task


def test_what_is_typed_meanwhile_stops_the_painting_and_only_the_last_of_it_is_painted():
    async def type_on(slow):
        slow.newest.ask("a")
        await slow.until_begun(1)
        for text in ("ab", "abc", "abcd"):
            slow.newest.ask(text)
        slow.go(1)
        await slow.until_begun(2)
        slow.go(2)
        await slow.until_done()

    slow = Slow()
    asyncio.run(type_on(slow))
    assert slow.begun == ["a", "abcd"] and slow.shown == ["ABCD"]


def test_letters_that_come_together_are_one_request():
    async def type_at_once(slow):
        for text in ("a", "ab", "abc"):
            slow.newest.ask(text)
            await asyncio.sleep(0)  # the kernel reads the next letter
        slow.go(2)
        await slow.until_done()

    slow = Slow()
    asyncio.run(type_at_once(slow))
    assert slow.begun == ["abc"] and slow.shown == ["ABC"]


def test_somebody_who_never_pauses_sees_every_other_picture():
    async def type_for_ever(slow):
        slow.newest.ask("1")
        for number in range(1, 5):
            await slow.until_begun(number)
            slow.newest.ask(str(number + 1))
            slow.go(1 if number % 2 else 2)
        await slow.until_begun(5)
        slow.go(2)
        await slow.until_done()

    slow = Slow()
    asyncio.run(type_for_ever(slow))
    assert slow.begun == ["1", "2", "3", "4", "5"] and slow.shown == ["2", "4", "5"]


def test_what_was_forgotten_is_not_shown_and_the_next_request_is():
    async def switch_off_and_on(slow):
        slow.newest.ask("a")
        await slow.until_begun(1)
        slow.newest.forget()
        slow.go(1)
        await slow.until_done()
        slow.newest.ask("b")
        slow.go(2)
        await slow.until_done()

    slow = Slow()
    asyncio.run(switch_off_and_on(slow))
    assert slow.begun == ["a", "b"] and slow.shown == ["B"]


def test_an_error_is_one_sentence_and_the_next_request_is_done():
    def work(request, check):
        if request == "bad":
            raise ValueError("This cannot be painted.\nA traceback.")
        return "a picture"

    shown = []
    newest = live.Newest(work, shown.append)  # no event loop here, as in a script: it waits
    newest.ask("bad")
    newest.ask("good")
    assert shown == ["This cannot be painted.", "a picture"]


class FakePipe:
    """Answers like a pipeline: a picture whose grey is the number of calls; `unet` is the pocket model's by its config."""

    def __init__(self):
        config = models.json.loads(
            (FOLDER / "pocket-diffusion" / "unet" / "config.json").read_text(encoding="utf-8")
        )
        self.unet = SimpleNamespace(config=config)
        self.tokenizer, self.calls = TOKENIZER, []

    def __call__(self, prompt, *, callback_on_step_end=None, **knobs):
        self.calls.append({"prompt": prompt, **knobs})
        for step in range(knobs["num_inference_steps"]):
            if callback_on_step_end:
                callback_on_step_end(self, step, 0, {})
        return SimpleNamespace(images=[Image.new("RGB", (8, 8), (len(self.calls),) * 3)])


TOKENIZER = None


@pytest.fixture(scope="module", autouse=True)
def tokenizer():
    from course_lib.training.tokenizer import build_tokenizer

    global TOKENIZER
    TOKENIZER = build_tokenizer()


@pytest.fixture
def quick(monkeypatch):
    """What paints in four steps, instead of the real second pipeline."""
    quick = FakePipe()
    monkeypatch.setattr(models, "with_lcm_lora", lambda pipe: quick)
    return quick


@pytest.fixture
def lab(quick, tmp_path):
    return build_lab(FakePipe(), Settings("a fox", "", 3.0, 25, "DDIM", 5), tmp_path)


def test_the_lab_follows_the_typing_and_the_sliders(lab, quick):
    lab.live.value = True
    quick.calls.clear()
    lab.prompt.value, lab.seed.value, lab.steps.value, lab.guidance.value = "an <owl>", 7, 2, 1.5
    lab.negative.value = "text"
    assert len(quick.calls) == 5
    last = quick.calls[-1]
    assert (last["prompt"], last["num_inference_steps"], last["guidance_scale"]) == ("an <owl>", 2, 1.5)
    assert last["generator"].initial_seed() == 7 and last["negative_prompt"] == "text"
    assert "<img" in lab.view.value and "an &lt;owl&gt;" in lab.view.value and "LCM, seed 7" in lab.view.value


def test_switched_off_the_sliders_have_their_own_values_back(lab, quick):
    lab.guidance.value, lab.steps.value = 12.5, 40
    lab.live.value = True
    assert (lab.guidance.value, lab.steps.value) == (live.GUIDANCE, live.STEPS) and lab.sampler.disabled
    assert (lab.guidance.max, lab.steps.max) == (2.0, 8)
    lab.live.value = False
    painted = len(quick.calls)
    lab.prompt.value = "a cat"
    assert (lab.guidance.value, lab.guidance.max, lab.steps.value, lab.steps.max) == (12.5, 20, 40, 50)
    assert not lab.sampler.disabled
    assert lab.view.value == "" and len(quick.calls) == painted


def test_a_picture_that_is_kept_is_painted_with_care(lab, monkeypatch, tmp_path):
    picture = Image.new("RGB", (8, 8))
    monkeypatch.setattr(
        sys.modules["course_lib.widgets.prompt_lab"],
        "_paint_with",
        lambda pipe, settings, seeds, on_step: [picture],
    )
    lab.live.value = True
    lab.prompt.value = "an owl"
    lab.paint.click()
    (path,) = saved_pictures(tmp_path)
    assert load_settings(path) == Settings("an owl", "", 3.0, 25, "DDIM", 5)
    assert not lab.live.value and lab.view.value == ""
    lab.live.value = True
    lab.saved.value = path
    assert not lab.live.value and (lab.steps.value, lab.steps.max) == (25, 50)


def test_a_seed_of_chance_stands_still_while_live(lab, quick):
    lab.seed.value = -1
    lab.live.value = True
    assert quick.calls[-1]["generator"].initial_seed() == 0 and lab.seed.value == -1


def test_an_error_while_live_is_one_sentence(lab, quick, monkeypatch):
    monkeypatch.setattr(FakePipe, "__call__", lambda *a, **k: 1 / 0)
    lab.live.value = True
    assert lab.view.value == "division by zero"


@pytest.fixture
def box(quick, monkeypatch):
    """prompt_box with its parts by name: draw, prompt, seed, live, and view, where the live picture is."""
    made = SimpleNamespace(pipe=FakePipe())
    monkeypatch.setattr(
        widgets.words, "explorer", lambda draw, **c: vars(made).update(draw=draw, **c) or ipywidgets.VBox()
    )
    monkeypatch.setattr(widgets.words, "show", lambda box: setattr(made, "view", box.children[1]))
    widgets.prompt_box(made.pipe, "a fox", steps=3, guidance=4.0, seed=2)
    return made


def test_the_box_follows_and_then_paints_with_care_again(box, quick, capsys):
    box.draw("an owl", 9, live=True)
    assert box.prompt.continuous_update and not box.live.disabled and "<img" in box.view.value
    assert quick.calls[-1]["prompt"] == "an owl" and quick.calls[-1]["num_inference_steps"] == 4
    assert len(box.pipe.calls) == 1  # the first picture
    box.draw("an owl", 9, live=False)
    assert box.pipe.calls[-1]["num_inference_steps"] == 3 and len(quick.calls) == 1
    assert not box.prompt.continuous_update and box.view.value == ""


def test_what_was_wanted_live_does_not_come_after_the_switch(box, quick, capsys):
    async def switch_off_at_once():
        box.draw("an owl", 9, live=True)
        box.draw("an owl", 9, live=False)
        await asyncio.sleep(3 * live.PAUSE)

    asyncio.run(switch_off_at_once())
    assert quick.calls == [] and box.view.value == ""


@pytest.mark.parametrize("other", [lambda prompt: None, SimpleNamespace(unet=torch.nn.Linear(1, 1))])
def test_another_model_says_what_live_needs(other):
    box = live.live_checkbox(other)
    assert box.disabled and "pocket model" in box.description and not lcm_lora_fits(other)
    with pytest.raises(ValueError, match="fits the pocket model only"):
        with_lcm_lora(other)


def test_the_second_pipeline_leaves_the_first_as_it_was():
    """Also where a student has put LoRAs into it before."""
    pipe = load_text_to_image("pocket", device="cpu")
    pipe.set_progress_bar_config(disable=True)
    paint = lambda pipe: pipe(
        "a fox", num_inference_steps=2, guidance_scale=1.0, generator=torch.Generator().manual_seed(1), output_type="pt"
    ).images  # fmt: skip
    before, quick = paint(pipe), with_lcm_lora(pipe)
    fast = paint(quick)
    assert torch.equal(paint(pipe), before) and type(pipe.scheduler).__name__ == "DDIMScheduler"
    assert quick.vae is pipe.vae and quick.text_encoder is pipe.text_encoder
    quick.scheduler = pipe.scheduler  # so that only the LoRA differs
    assert (paint(quick) - before).abs().mean() > 0.02

    pipe.load_lora_weights(FOLDER / "pocket-lcm-lora")
    pipe.text_encoder.add_adapter(LoraConfig(r=2, target_modules=["q_proj"]), adapter_name="mine")
    there = pipe.get_list_adapters()
    again = with_lcm_lora(pipe)
    assert torch.equal(paint(again), fast), "the LoRA is in it once"
    assert not [name for name, _ in again.unet.named_parameters() if "lora" in name]
    assert pipe.get_list_adapters() == there == {"unet": ["default_0"], "text_encoder": ["mine"]}
