"""The recipe of the LCM-LoRA: its equations are diffusers' own, its steps are those that LCMScheduler takes."""

from copy import deepcopy
from types import SimpleNamespace

import pytest
import torch
from diffusers import DDIMScheduler, LCMScheduler, UNet2DConditionModel
from safetensors.torch import load_file

from course_lib.bench import lcm as bench_lcm
from course_lib.bench import painting
from course_lib.diffusion.ddpm import start_ema
from course_lib.training import pocket_lcm_lora as recipe
from course_lib.training.pocket_diffusion import new_scheduler

X, V = torch.randn(2, 3, 4, 16, 16, generator=torch.Generator().manual_seed(0))
TEXT, EMPTY = torch.zeros(3, 77, 8), torch.zeros(1, 77, 8)


@pytest.fixture
def scheduler():
    return LCMScheduler.from_config(new_scheduler().config)


@pytest.mark.parametrize("t", [999, 979, 499, 19])
def test_a_ddim_step_is_diffusers_own_also_from_pure_noise_and_to_the_picture(scheduler, t):
    ddim = DDIMScheduler.from_config(new_scheduler().config)
    ddim.set_timesteps(50)
    theirs = ddim.step(V, torch.tensor(t), X).prev_sample
    mine = recipe.ddim_step(V, X, torch.full((3,), t), torch.full((3,), t - 20), scheduler)
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("t", [999, 759, 259, 19])
def test_the_end_of_the_path_is_the_scheduler_s_own(scheduler, t):
    scheduler.set_timesteps(50)
    theirs = scheduler.step(V, torch.tensor(t), X).denoised
    mine = recipe.consistency(V, X, torch.full((3,), t), scheduler)
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


def test_a_picture_is_its_own_end(scheduler):
    assert torch.equal(recipe.consistency(V, X, torch.full((3,), -1), scheduler), X)


class Knowing:
    """A U-Net that knows that every path ends in the same picture, or is `wrong` about it by so much; keeps the t's."""

    def __init__(self, scheduler, end, wrong=0.0):
        self.scheduler, self.end, self.wrong, self.seen = scheduler, end, wrong, []

    def __call__(self, x, t, text):
        self.seen += t.tolist()
        signal, noise = recipe.signal_and_noise(self.scheduler, t)
        end = self.end + self.wrong * t.view(-1, 1, 1, 1) / 1000
        return SimpleNamespace(sample=(signal * x - end) / noise.clamp(min=1e-3))


def test_who_names_the_end_of_every_path_has_no_loss(scheduler):
    end = torch.ones(1, 4, 16, 16)
    loss = lambda student: recipe.distillation_loss(
        student, Knowing(scheduler, end), end.expand(3, -1, -1, -1), TEXT, EMPTY, scheduler
    )
    torch.manual_seed(0)
    assert (
        loss(Knowing(scheduler, end)).item() < 1e-6 < 1e-4 < loss(Knowing(scheduler, end, wrong=1.0)).item()
    )


def test_it_learns_at_every_step_that_the_scheduler_takes(scheduler):
    student = Knowing(scheduler, torch.zeros(()))
    recipe.distillation_loss(
        student, Knowing(scheduler, torch.zeros(())), torch.zeros(400, 4, 16, 16), TEXT[:1].expand(400, -1, -1), EMPTY, scheduler
    )  # fmt: skip
    targets, guesses = student.seen[:400], student.seen[400:]
    assert set(guesses) == set(range(19, 1000, 20))
    assert targets == [max(t - 20, 0) for t in guesses]
    for steps in (1, 2, 4, 8):
        scheduler.set_timesteps(steps)
        assert {*scheduler.timesteps.tolist()} <= {*guesses} and scheduler.timesteps[0] == 999


def test_the_teacher_is_guided(scheduler, monkeypatch):
    asked = []
    monkeypatch.setattr(recipe, "guide", lambda *a: asked.append(a) or a[0])
    teacher = lambda x, t, text: SimpleNamespace(sample=x * text[:, :1, :1, None])
    student = lambda x, t, text: SimpleNamespace(sample=x)
    recipe.distillation_loss(student, teacher, X, TEXT + 2, EMPTY, scheduler)
    ((wanted, plain, scale),) = asked
    assert wanted.abs().sum() > 0 and plain.abs().sum() == 0 and scale == recipe.GUIDANCE


@pytest.fixture(scope="module")
def unet():
    torch.manual_seed(0)  # its weights ask for gradients, as those of a loaded model do
    return UNet2DConditionModel(
        sample_size=16, block_out_channels=(8, 8), layers_per_block=1, norm_num_groups=4, cross_attention_dim=8,
        attention_head_dim=2, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    ).eval()  # fmt: skip


def paint(unet):
    with torch.no_grad():
        return unet(X, torch.tensor(499), TEXT).sample


def test_a_shipped_lora_paints_as_the_trained_one_and_nothing_else_is_trained(unet, tmp_path, monkeypatch):
    trained = recipe.add_lora(deepcopy(unet))
    assert torch.equal(paint(trained), paint(unet)), "an untrained LoRA changes nothing"
    factors = [p for p in trained.parameters() if p.requires_grad]
    assert factors and all(".lora_" in n for n, p in trained.named_parameters() if p.requires_grad)
    with torch.no_grad():
        for factor in factors:
            factor.normal_(std=0.1)
    monkeypatch.setattr(recipe, "FOLDER", tmp_path)
    monkeypatch.setattr(recipe, "record", lambda name, files, **facts: facts)
    recipe.ship(SimpleNamespace(ema=trained, facts=lambda: {}))
    loaded = start_ema(unet)
    loaded.load_lora_adapter(
        load_file(tmp_path / recipe.NAME / "pytorch_lora_weights.safetensors"), prefix="unet"
    )
    assert not torch.allclose(paint(loaded), paint(unet), atol=0.01)
    torch.testing.assert_close(paint(loaded), paint(trained), rtol=0.02, atol=0.02)  # half precision


def test_a_checkpoint_beside_another_unet_is_refused(unet):
    mine = recipe.add_lora(start_ema(unet))
    recipe._check_base(mine, unet)
    other = start_ema(unet)
    other.mid_block.attentions[0].proj_in.bias.add_(1)
    with pytest.raises(ValueError, match="another U-Net than the shipped one: move its folder"):
        recipe._check_base(mine, other)


def test_pictures_with_and_without_the_lora_are_kept_apart(monkeypatch):
    key = lambda lora: painting._key(("pocket-diffusion/", f"{lora}/"), "a fox", 4, 1.0)
    monkeypatch.setattr(painting, "shipped", lambda: {"pocket-diffusion/unet": "1", "my-lora/file": "2"})
    plain, quick = key("pocket-diffusion"), key("my-lora")
    monkeypatch.setattr(painting, "shipped", lambda: {"pocket-diffusion/unet": "1", "my-lora/file": "3"})
    assert plain == key("pocket-diffusion") and len({plain, quick, key("my-lora")}) == 3


def test_a_row_for_each_number_of_steps(monkeypatch):
    asked = []
    monkeypatch.setattr(bench_lcm, "with_lcm_lora", lambda pipe: "quick")
    monkeypatch.setattr(bench_lcm, "scenes", lambda n, split: [])
    monkeypatch.setattr(bench_lcm, "generate", lambda pipe, prompts, **knobs: asked.append((pipe, knobs)))
    monkeypatch.setattr(bench_lcm, "timed", lambda pipe, call: (0.19, 0.1))
    read = SimpleNamespace(agreement=lambda scenes: {"all three": 0.975})
    rows = bench_lcm.of_the_lora("pipe", SimpleNamespace(read=lambda images: read))
    assert [r["measured"] for r in rows] == ["97.5%"] * 5 + ["0.19 s"] * 4
    assert [r["goal"] for r in rows if r["goal"]] == ["≥ 97%", "≤ 0.2 s"]
    assert all(pipe == "quick" and knobs["guidance"] == 1.0 and knobs["lora"] for pipe, knobs in asked)
