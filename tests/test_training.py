"""The recipes: runs that survive being killed, and the pieces they are made of."""

import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file
from transformers import CLIPConfig, CLIPModel

from course_lib import weights
from course_lib.models import load_resnet
from course_lib.training import (
    contrastive,
    latents,
    patch_gan,
    perceptual,
    pocket_diffusion,
    pocket_resnet,
    zoo_vae,
)
from course_lib.training import run as run_module
from course_lib.training.muon import Muon, orthogonalised, split_parameters
from course_lib.training.perceptual import FeatureDistance
from course_lib.training.run import Run
from course_lib.training.strange import StrangePictures
from course_lib.training.tokenizer import build_tokenizer
from course_lib.training.words import EXTRAS, add_extras, as_negative_prompt
from course_lib.words.clip import clip_loss
from course_lib.zoo import FLAWS, Scene, draw, random_scene

# A recipe in small: dropout and noise, so that any randomness that is not restored shows.
LITTLE = """
import sys, time, torch
from pathlib import Path
from course_lib.training.run import Run
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.BatchNorm1d(16), torch.nn.Dropout(0.2), torch.nn.Linear(16, 2))
run = Run("little", model, steps=40, lr=0.01, resume=True, device="cpu", folder=Path(sys.argv[1]), save_seconds=0)
for step in run.each_step():
    x = torch.randn(8, 4)
    time.sleep(float(sys.argv[2]))
    run.update((run.model(x) - x[:, :2]).square().mean())
"""


def little(folder, wait: float) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", LITTLE, str(folder), str(wait)], stderr=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_killed_and_resumed_run_ends_with_the_same_weights(tmp_path):
    assert little(tmp_path / "in peace", 0).wait() == 0
    rng, killed = np.random.default_rng(), 0
    checkpoint = tmp_path / "killed" / "checkpoint.safetensors"
    while killed < 3:
        process, known = (
            little(tmp_path / "killed", 0.02),
            checkpoint.exists() and checkpoint.stat().st_mtime_ns,
        )
        while process.poll() is None and (not checkpoint.exists() or checkpoint.stat().st_mtime_ns == known):
            time.sleep(0.005)  # until it trains
        time.sleep(rng.uniform(0, 0.15))
        process.kill()
        killed += process.wait() != 0
    assert little(tmp_path / "killed", 0).wait() == 0
    assert checkpoint.read_bytes()[-2000:] == (tmp_path / "in peace" / checkpoint.name).read_bytes()[-2000:]
    tensors = [load(tmp_path / name) for name in ("in peace", "killed")]
    assert tensors[0].keys() == tensors[1].keys() and len(tensors[0]) > 20
    assert all(torch.equal(tensors[0][key], tensors[1][key]) for key in tensors[0])
    steps = [
        line.split(",")[0]
        for line in (tmp_path / "killed" / "log.csv").read_text(encoding="utf-8").splitlines()
    ]
    assert steps == ["step", "0", "10", "20", "30", "39"]  # no line twice


def load(folder) -> dict:
    from safetensors.torch import load_file

    return load_file(folder / "checkpoint.safetensors")


TWO = """
import sys, torch
from pathlib import Path
from safetensors.torch import save_file
from course_lib.training.run import Run
run = Run("two", torch.nn.Linear(4, 2), steps=5, lr=0.01, device="cpu", folder=Path(sys.argv[1]))
rank, drawn = run.accelerator.process_index, []
for step in run.each_step():
    rows = run.batch(1000, 8)
    drawn.append(rows.float())
    run.update(run.model(torch.randn(len(rows), 4)).square().mean())
save_file({"weight": run.raw_model.weight.detach(), "drawn": torch.stack(drawn)}, Path(sys.argv[1]) / f"{rank}.safetensors")
"""


@pytest.mark.slow
def test_two_processes_share_the_batch_and_end_with_the_same_weights(tmp_path):
    """As `accelerate launch` or torch's own launcher starts them, with several GPUs or, here, on a CPU."""
    script = tmp_path / "two.py"
    script.write_text(TWO, encoding="utf-8")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*launch, str(script), str(tmp_path)], check=True, capture_output=True, timeout=300)
    one, two = (load_file(tmp_path / f"{rank}.safetensors") for rank in (0, 1))
    assert torch.equal(one["weight"], two["weight"])
    assert one["drawn"].shape == (5, 4) and not torch.equal(one["drawn"], two["drawn"])


def test_hours_of_work_are_not_written_over(tmp_path):
    make = lambda **more: Run(
        "one", torch.nn.Linear(2, 2), steps=1, lr=0.1, folder=tmp_path, device="cpu", **more
    )
    make().save()
    kept = (tmp_path / "checkpoint.safetensors").read_bytes()
    with pytest.raises(ValueError, match="holds an earlier run: go on with --resume, or move"):
        make()
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == kept
    make(resume=True)


def test_an_unknown_or_missing_device_is_not_replaced_in_silence(tmp_path):
    make = lambda device: Run("one", torch.nn.Linear(2, 2), steps=1, lr=0.1, folder=tmp_path, device=device)
    with pytest.raises(ValueError, match="'tpu' is not a device"):
        make("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no device 'cuda'"):
            make("cuda")


def test_nothing_half_done_is_saved_when_a_step_is_interrupted(tmp_path):
    run = Run("one", torch.nn.Linear(2, 2), steps=9, lr=0.1, folder=tmp_path, device="cpu", save_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        for step in run.each_step():
            run.update(run.model(torch.randn(4, 2)).square().mean())
            if step == 4:
                raise KeyboardInterrupt  # the step is done, but not counted
    again = Run("one", torch.nn.Linear(2, 2), steps=9, lr=0.1, folder=tmp_path, device="cpu", resume=True)
    assert again.step == 4 and not torch.equal(again.raw_model.weight, run.raw_model.weight)


def test_another_recipes_checkpoint_is_refused(tmp_path):
    make = lambda name, **more: Run(
        name, torch.nn.Linear(2, 2), steps=1, lr=0.1, folder=tmp_path, device="cpu", **more
    )
    make("one").save()
    with pytest.raises(ValueError, match="belongs to the recipe 'one', not 'two'"):
        make("two", resume=True)


def test_the_rates_rise_stay_and_fall(tmp_path):
    run = Run(
        "rate",
        torch.nn.Linear(2, 2),
        steps=100,
        lr=1.0,
        adam_lr=0.1,
        warmup=10,
        folder=tmp_path,
        device="cpu",
    )
    rates = [[group["lr"] for group in run.optimizer.param_groups] for _ in run.each_step()]
    assert rates[0] == pytest.approx([0.1, 0.01, 0.01]) and rates[10] == rates[79] == [1.0, 0.1, 0.1]
    assert rates[90] == pytest.approx([0.5, 0.05, 0.05]) and rates[99] == pytest.approx([0.05, 0.005, 0.005])


def test_parts_of_a_model_have_rates_of_their_own(tmp_path):
    model = torch.nn.ModuleDict({name: torch.nn.Linear(2, 2) for name in ("painter", "critic")})
    run = Run(
        "two", model, steps=9, lr=1.0, warmup=1, parts=("critic", "painter"), folder=tmp_path, device="cpu"
    )
    owned = [{id(p) for p in group["params"]} for group in run.optimizer.param_groups]
    assert len(owned) == 6
    assert set.union(*owned[:3]) == {id(p) for p in run.raw_model["critic"].parameters()}
    assert set.union(*owned[3:]) == {id(p) for p in run.raw_model["painter"].parameters()}


def test_without_a_checkpoint_training_goes_on_from_the_shipped_unet(tmp_path, monkeypatch):
    monkeypatch.setattr(pocket_diffusion, "Pictures", lambda n, **_: FewPictures(min(n, 12)))
    monkeypatch.setattr(latents, "RUNS", tmp_path)
    monkeypatch.setattr(run_module, "RUNS", tmp_path)
    told = weights.manifest()["models"]["pocket-diffusion"]
    run = pocket_diffusion.train(steps=told["steps"], resume=True, device="cpu")  # nothing left to do
    shipped = UNet2DConditionModel.from_pretrained(weights.FOLDER / "pocket-diffusion" / "unet").float()
    assert run.seconds == 60 * told["minutes"]
    for kept in (run.raw_model, run.ema):
        for (name, a), b in zip(shipped.state_dict().items(), kept.state_dict().values(), strict=True):
            assert torch.equal(a, b), name
    run.steps = 10 * run.step
    run._set_rate()
    rates = [group["lr"] for group in run.optimizer.param_groups]
    assert rates == pytest.approx([highest / run.warmup for highest in run.highest])  # warms up once more


def test_muon_takes_hidden_layers_and_adamw_the_rest():
    model = torch.nn.ModuleDict({
        "conv_in": torch.nn.Conv2d(3, 8, 3), "middle": torch.nn.Conv2d(8, 8, 3), "norm": torch.nn.GroupNorm(2, 8),
        "words": torch.nn.Embedding(5, 8),
    })  # fmt: skip
    hidden, others, plain = split_parameters(model, lr=1, adam_lr=2, weight_decay=0.1, outer=("conv_in",))
    assert [p.shape for p in hidden["params"]] == [(8, 8, 3, 3)] and hidden["orthogonal"]
    assert {p.shape for p in others["params"]} == {(8, 3, 3, 3), (5, 8)} and not others["orthogonal"]
    assert len(plain["params"]) == 4 and plain["weight_decay"] == 0 and others["weight_decay"] == 0.1


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (16, 16)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0)) @ torch.diag(
        torch.logspace(0, -2, shape[1])
    )
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonalised(matrix)
    assert torch.linalg.svdvals(found).max() < 1.3
    assert (found * (u @ v)).sum() > 0.8 * min(shape)  # the same directions


def test_its_adam_is_torchs():
    mine, theirs = torch.nn.Linear(4, 3), torch.nn.Linear(4, 3)
    theirs.load_state_dict(mine.state_dict())
    groups = split_parameters(mine, lr=0.1, adam_lr=0.01, weight_decay=0.0, outer=("weight",))
    optimizers = (
        Muon(groups),
        torch.optim.AdamW(theirs.parameters(), lr=0.01, betas=(0.9, 0.99), weight_decay=0.0),
    )
    for step in range(5):
        for model, optimizer in zip((mine, theirs), optimizers):
            torch.manual_seed(step)
            optimizer.zero_grad()
            model(torch.randn(6, 4)).square().mean().backward()
            optimizer.step()
    torch.testing.assert_close(mine.weight, theirs.weight)
    torch.testing.assert_close(mine.bias, theirs.bias)


def test_the_clip_loss_is_transformers_own():
    small = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2)
    text = small | dict(
        vocab_size=20, max_position_embeddings=9, eos_token_id=19, bos_token_id=18, pad_token_id=19
    )
    image = small | dict(image_size=16, patch_size=8)
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=image, projection_dim=16)).eval()
    ids = torch.randint(0, 18, (5, 9))
    ids[:, -1] = 19
    with torch.no_grad():
        out = model(input_ids=ids, pixel_values=torch.randn(5, 3, 16, 16), return_loss=True)
        ours = clip_loss(3 * out.image_embeds, out.text_embeds, model.logit_scale.exp())
    assert ours.item() == pytest.approx(out.loss.item(), abs=1e-5)


def test_a_folded_scale_changes_neither_latents_nor_pictures():
    torch.manual_seed(0)
    vae, images = zoo_vae.new_vae().eval(), torch.rand(3, 3, 64, 64) * 2 - 1
    vae.register_to_config(scaling_factor=0.57)
    posterior, before = vae.encode(images).latent_dist, zoo_vae.rebuild(vae, images)
    zoo_vae.fold_scale(vae)
    folded = vae.encode(images).latent_dist
    assert vae.config.scaling_factor == zoo_vae.SCALE == 0.18215
    for was, is_now in ((posterior.mean, folded.mean), (posterior.std, folded.std)):
        assert torch.allclose(was * 0.57, is_now * zoo_vae.SCALE, atol=1e-5)
    assert torch.allclose(before, zoo_vae.rebuild(vae, images), atol=1e-4)


def teacher_of_64() -> AutoencoderKL:
    """As the first shipped autoencoder was: three levels, one layer per block."""
    torch.manual_seed(0)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(24, 48, 96), layers_per_block=1, norm_num_groups=1, mid_block_add_attention=False,
    ).eval()  # fmt: skip


def test_a_grown_autoencoder_begins_as_its_teacher():
    teacher = teacher_of_64()
    vae, x = zoo_vae.grown(teacher), torch.randn(1, 48, 4, 4)
    middle = torch.ones(1, 96, 2, 2)
    assert torch.allclose(vae.decoder.mid_block(middle), teacher.decoder.mid_block(middle), atol=1e-5)
    theirs, mine = teacher.encoder.down_blocks[1], vae.encoder.down_blocks[2]  # one level further in
    assert torch.allclose(theirs(torch.ones(1, 24, 4, 4)), mine(torch.ones(1, 24, 4, 4)), atol=1e-6)
    assert torch.equal(mine.resnets[1](x, None), x)  # the layer it lacks
    again = zoo_vae.grown(vae).state_dict()
    assert all(torch.equal(weight, again[name]) for name, weight in vae.state_dict().items())


def test_a_teacher_sees_what_it_was_made_for():
    """Its latents have the new one's size, and those of a picture are those of its halved twin."""
    images = torch.rand(2, 3, 32, 32)
    halved = images.unflatten(3, (16, 2)).unflatten(2, (16, 2)).mean((3, 5))
    small, large = teacher_of_64(), zoo_vae.new_vae()
    assert torch.allclose(zoo_vae.teach(small, images).mean, small.encode(halved).latent_dist.mean, atol=1e-5)
    assert torch.equal(zoo_vae.teach(large, images).mean, large.encode(images).latent_dist.mean)


def test_the_autoencoder_learns_with_its_critic_and_is_shipped(tmp_path, monkeypatch):
    home = tmp_path / "pocket-diffusion" / "vae"
    teacher_of_64().save_pretrained(home)
    monkeypatch.setattr(zoo_vae, "HOME", home)
    monkeypatch.setattr(zoo_vae, "CRITIC_FROM", 1)
    monkeypatch.setattr(zoo_vae, "WHOLE", 0.5)
    monkeypatch.setattr(zoo_vae, "Pictures", lambda n, **_: FewPictures(min(n, 12), zoo_vae.SIDE))
    monkeypatch.setattr(run_module, "RUNS", tmp_path)
    seen, losses = [], zoo_vae.losses
    watched = lambda *args: seen.append([x.shape[0::3] for x in args[3:5]]) or losses(*args)
    monkeypatch.setattr(zoo_vae, "losses", watched)
    run = zoo_vae.train(steps=2, device="cpu")
    assert seen == [[(8, 64), (2, 64)], [(2, 128), (1, 128)]]  # crops first, and whole pictures at the end
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    monkeypatch.setattr(weights, "MANIFEST", tmp_path / "manifest.json")
    zoo_vae.ship(run)
    log = (run.folder / "log.csv").read_text(encoding="utf-8").splitlines()
    balances = [float(line.rsplit(",", 1)[1]) for line in log[1:]]
    assert len(balances) == 2 and balances[0] == 0 < balances[1]
    calm = [run.highest[0] / zoo_vae.LR, run.highest[3] / zoo_vae.LR]  # the painter's rate and the critic's
    assert calm == pytest.approx([zoo_vae.CALM, 1])
    shipped = AutoencoderKL.from_pretrained(home)
    pipeline_factor = 2 ** (len(shipped.config.block_out_channels) - 1)
    assert (shipped.config.scaling_factor, shipped.config.layers_per_block, pipeline_factor) == (
        0.18215,
        2,
        8,
    )
    for name, tensor in shipped.state_dict().items():
        assert torch.equal(tensor, run.ema.vae.state_dict()[name].half().to(tensor.dtype)), name
    assert "pocket-diffusion/vae/config.json" in weights.manifest()["models"]["zoo-vae"]["files"]


def test_without_a_checkpoint_the_autoencoder_goes_on_from_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo_vae, "Pictures", lambda n, **_: FewPictures(min(n, 12), zoo_vae.SIDE))
    monkeypatch.setattr(run_module, "RUNS", tmp_path)
    steps = weights.manifest()["models"]["zoo-vae"]["steps"]
    run = zoo_vae.train(steps=steps, resume=True, device="cpu")
    kept = AutoencoderKL.from_pretrained(zoo_vae.HOME).float().state_dict()
    assert run.step == run.first == steps
    assert all(torch.equal(weight, run.ema.vae.state_dict()[name]) for name, weight in kept.items())


def test_painter_and_critic_learn_from_their_own_losses_only():
    torch.manual_seed(0)
    critic, painter = patch_gan.PatchCritic(), torch.nn.Conv2d(3, 3, 3, padding=1)
    real, made = torch.rand(2, 3, 32, 32), painter(torch.rand(2, 3, 32, 32))
    learns = lambda model: [p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters()]
    painting = patch_gan.painter_loss(critic, made)
    painting.backward(retain_graph=True)
    assert all(learns(painter)) and not any(learns(critic))
    painter.zero_grad()
    patch_gan.critic_loss(critic, real, made).backward(retain_graph=True)
    assert not any(learns(painter)) and all(learns(critic))
    rebuilding = 3 * made.mean()
    weight = patch_gan.balance(rebuilding, painting, painter.weight)
    pulls = [
        torch.autograd.grad(loss, painter.weight, retain_graph=True)[0].norm()
        for loss in (rebuilding, weight * painting)
    ]
    assert pulls[0].item() == pytest.approx(pulls[1].item(), rel=0.01)


def test_a_critic_tells_texture_from_its_average():
    torch.manual_seed(0)
    critic = patch_gan.PatchCritic(width=8)
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3)
    noise = lambda: torch.rand(8, 3, 16, 16) * 2 - 1
    flat = lambda x: x.mean((2, 3), keepdim=True).expand_as(x)
    for _ in range(30):
        optimizer.zero_grad()
        loss = patch_gan.critic_loss(critic, noise(), flat(noise()))
        loss.backward()
        optimizer.step()
    assert loss < 0.3 and critic(noise()).mean() > 0.5 > -0.5 > critic(flat(noise())).mean()


def test_the_perceptual_distances_grow_with_blur_and_leave_their_network_alone():
    distance = FeatureDistance().train()
    pictures = torch.from_numpy(np.stack([draw(random_scene(i), 64) for i in range(2)])).permute(0, 3, 1, 2)
    images = (pictures / 127.5 - 1).requires_grad_()
    blurred = [torch.nn.functional.avg_pool2d(images, k, 1, k // 2) for k in (3, 5)]
    for kind in (0, 1):  # looks, texture
        far = [distance(blur, images)[kind].item() for blur in (images, *blurred)]
        assert far[0] == 0 < far[1] < far[2]
    sum(distance(blurred[0], images.detach())).backward()
    assert images.grad.abs().sum() > 0 and not any(p.requires_grad for p in distance.parameters())


def test_texture_may_lie_anywhere_but_not_be_missing():
    torch.manual_seed(0)
    one, other = torch.rand(2, 2, 3, 32, 32)
    smear = torch.nn.functional.avg_pool2d(one, 3, 1, 1)
    error = lambda a, b: perceptual.spread_error(perceptual.steps(a), perceptual.steps(b), 16).item()
    assert error(one, one) == 0 and error(other, one) < 0.1 < 0.5 < error(smear, one)
    mixed = one.unflatten(3, (2, 16)).flip(4).flatten(3)  # each patch mirrored
    found = [perceptual.spreads(x, 16) for x in (one, mixed)]
    assert found[0].shape == (2, 3, 2, 2) and torch.allclose(*found, atol=1e-6)
    assert torch.allclose(found[0][0, 0, 1, 0], one[0, 0, 16:, :16].std(correction=0), atol=1e-5)


def test_strange_pictures_are_photographs_and_other_colours():
    torch.manual_seed(0)
    zoo = torch.rand(100, 3, 16, 16) * 2 - 1
    made = StrangePictures().crops(zoo)
    assert made.shape == zoo.shape and made.abs().max() <= 1 and (made != zoo).flatten(1).any(1).all()
    grey = lambda x: x.mean(1).flatten(1)
    alike = [torch.corrcoef(torch.stack([a, b]))[0, 1].item() for a, b in zip(grey(zoo), grey(made))]
    photographs = [value for value in alike if value < 0.4]
    assert 10 <= len(photographs) <= 40
    assert min(value for value in alike if value not in photographs) > 0.6  # the shapes of the dyed ones stay


def test_a_shipped_resnet_is_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(pocket_resnet, "Pictures", lambda n, **_: FewPictures(min(n, 12)))
    monkeypatch.setattr(run_module, "RUNS", tmp_path)
    for module in (weights, pocket_resnet):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(weights, "MANIFEST", tmp_path / "manifest.json")
    run = pocket_resnet.train(steps=2, device="cpu")
    pocket_resnet.ship(run)
    model, _, _ = load_resnet(device="cpu")
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, run.ema.state_dict()[name].half().to(tensor.dtype)), name
    assert "accuracy on 600 new photos" in weights.manifest()["models"]["pocket-resnet"]["quality"]


class FewPictures:
    """Stands in for Pictures: `n` fields of one colour."""

    def __init__(self, n: int, side: int = 64):
        self.n, self.side, self.scenes = n, side, [Scene(seed=i) for i in range(n)]

    def __len__(self) -> int:
        return self.n

    def images(self, rows) -> torch.Tensor:
        return torch.stack([torch.full((3, self.side, self.side), int(i) / self.n * 2 - 1) for i in rows])


def test_crops_are_whole_latents_of_their_own_picture():
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    images = torch.stack([torch.stack([rows, columns, torch.full((64, 64), float(i))]) for i in range(20)])
    crops = zoo_vae.random_crops(images, 32)
    corner = crops[:, :2, 0, 0]
    assert (
        crops.shape == (20, 3, 32, 32)
        and (corner % zoo_vae.FACTOR == 0).all()
        and len(corner.unique(dim=0)) > 5
    )
    assert (crops[:, 2, 0, 0] == torch.arange(20)).all()


def test_the_tokenizer_takes_any_words():
    tokenizer = build_tokenizer()
    known = tokenizer("a watercolor painting of a red fox in the snow").input_ids
    assert len(known) == 12  # one token a word, and the two ends
    for text in ("", "zxqwv", "눈 속의 붉은 여우", "🦊 naïve!", "dragon " * 100):
        ids = tokenizer(text, padding="max_length", truncation=True).input_ids
        assert len(ids) == 77 and max(ids) < contrastive.VOCABULARY < len(tokenizer)
    assert (
        tokenizer.decode(tokenizer("눈 속의 여우, a fox").input_ids, skip_special_tokens=True)
        == "눈 속의 여우 , a fox"
    )
    assert tokenizer("Red FOX").input_ids == tokenizer("red fox").input_ids


def test_extras_are_added_and_nothing_is_lost():
    rng, text = np.random.default_rng(0), "a photo of a cat in a meadow"
    changed = [t for t in (add_extras(text, rng) for _ in range(400)) if t != text]
    assert 60 < len(changed) < 140 and all(text in t for t in changed)
    assert any(extra in t for t in changed for extra in EXTRAS)


def test_a_negative_prompt_names_the_flaw_among_others():
    rng = np.random.default_rng(0)
    made = [as_negative_prompt(("blurry",), rng).split(", ") for _ in range(200)]
    assert all("blurry" in words and len(set(words)) == len(words) for words in made)
    assert {flaw for words in made for flaw in words} == set(FLAWS)
    assert {words.index("blurry") for words in made} == {0, 1, 2, 3}  # in any order


def test_lists_of_flaws_stand_beside_spoiled_pictures_only():
    class Data:
        scenes = [random_scene(i, flaws=("text",) if i % 2 else ()) for i in range(600)]
        captions = staticmethod(lambda rows, rng: [f"caption {row}" for row in rows])

    texts = pocket_diffusion.training_texts(Data, range(600), np.random.default_rng(0))
    lists = [i for i, text in enumerate(texts) if text and "caption" not in text]
    assert all(i % 2 and "text" in texts[i] for i in lists)
    assert 0.3 < len(lists) / 300 < 0.5 and 0.04 < texts.count("") / 600 < 0.14


def test_the_diffusion_loss_counts_noisy_steps_fully_and_clean_ones_less():
    scheduler = pocket_diffusion.new_scheduler()
    assert scheduler.alphas_cumprod[-1] == 0  # zero terminal signal
    losses = {}
    for step in (0, 999):
        torch.manual_seed(0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                pocket_diffusion, "spread_steps", lambda batch, steps, step=step: torch.full((batch,), step)
            )
            zero = lambda noisy, t, encoder_hidden_states: type(
                "Out", (), {"sample": torch.zeros_like(noisy)}
            )
            losses[step] = pocket_diffusion.diffusion_loss(
                zero, torch.ones(64, 4, 16, 16), None, scheduler
            ).item()
    assert losses[999] == pytest.approx(1.0, abs=0.01)  # v = -x0 there
    assert losses[0] < 0.02  # v = eps there, seen through a weight of 5 (1 - alpha_bar)


def test_the_steps_of_a_batch_cover_the_road():
    torch.manual_seed(0)
    drawn = torch.stack([pocket_diffusion.spread_steps(10, 1000) for _ in range(500)])
    assert drawn.min() >= 0 and drawn.max() <= 999
    assert (torch.bincount(drawn.flatten() // 100, minlength=10) == 500).all()  # one in every tenth
    assert drawn[:, 0].float().std() > 250  # and the first picture's is anywhere
