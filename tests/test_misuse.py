"""Whatever a student passes to a function of the course, the answer is one sentence: never a raw traceback, never silence.

For every function that a notebook takes from the library there is a row: its right arguments, and what each may be.  From
that follow the wrong ones.  `python -m tests.test_misuse` counts what becomes of all of them.
"""

import ast
import inspect
import linecache
import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import import_module
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_lib.checks import check_pictures
from course_lib.diffusion.schedule import noise_step
from course_lib.exercises.catalogue import solution_names, solution_source
from course_lib.lessons.days import notebooks
from tests.notebooks.lessons import code_cells
from tests.small_resnet import small_resnet

plt.switch_backend("agg")
NAN, INF = float("nan"), float("inf")
MODULES = ("plots", "samplers", "weights")  # imported whole

# Those of other rooms, whose own tests hand them wrong arguments.
ELSEWHERE = {
    "command.doctor.CHECKS": "test_cli",
    "exercises": "test_exercises",
    "learning.chain": "test_chain",
    "learning.curation": "test_curation",
    "learning.image_files": "test_image_files",
    "learning.synthetic": "test_synthetic",
    "lessons.days.lessons": "test_start",  # takes nothing
    "plots.use_course_style": "test_typed_text",  # takes nothing
    "training.tokenizer.build_tokenizer": "test_clip",  # takes nothing
}


# --- what an argument may be, and so what it may not -----------------------------------------------------------------


def anything(right) -> Iterator:
    """Never a text or None."""
    yield from (("None", None), ("a text", "ten"))


def tensor(right) -> Iterator:
    yield from anything(right)
    yield "a list", right.tolist()
    yield "numpy", right.numpy()
    yield "empty", right[:0]
    yield "no batch", right[0]


def floats(right, spare: tuple = ()) -> Iterator:
    yield from (wrong for wrong in tensor(right) if wrong[0] not in spare)
    for bad in (NAN, INF):
        spoiled = right.clone()
        spoiled.view(-1)[0] = bad
        yield str(bad), spoiled
    yield "whole numbers", right.long()
    yield "complex", right.to(torch.complex64)


def any_shape(right) -> Iterator:
    yield from floats(right, spare=("no batch",))


def whole(right) -> Iterator:
    yield from tensor(right)
    yield "floats", right.float() + 0.5
    yield "bools", right.bool()


def fits(kind: Callable, right) -> Iterator:
    """A row for each row of another argument."""
    yield from kind(right)
    yield "one too few", right[:-1]


def pictures(right, low: int = -1) -> Iterator:
    yield from floats(right)
    yield "uint8", ((right - low) * 127).byte()
    yield "0 to 255", (right - low) * 127.5 + 0.5
    yield "4 channels", torch.cat([right, right, right, right], 1)[:, :4]
    if low == 0:
        yield "-1 to 1", right * 2 - 1
    else:
        yield "0 to 1", right / 2 + 0.5


def count(right, least: int = 1, most: int | None = None) -> Iterator:
    yield from anything(right)
    yield from (
        ("too small", least - 1),
        ("negative", -2),
        ("a part", 1.5),
        ("a list", [right]),
        ("NaN", NAN),
        ("True", True),
    )
    if most is not None:
        yield "too large", most + 1


def number(right, low: float = -INF, high: float = INF, above: float = -INF) -> Iterator:
    yield from anything(right)
    yield from (("NaN", NAN), ("infinite", INF), ("a list", [right]), ("complex", 1j))
    ends = (("too low", low - 0.5), ("too high", high + 0.5), ("too low", above))
    yield from ((name, end) for name, end in ends if abs(end) < INF)


def word(right) -> Iterator:
    yield from (("another", "wombat"), ("a number", 3), ("None", None), ("a list", [right]))


def text(right) -> Iterator:
    yield from (("a number", 3), ("None", None), ("a list", [right]))


def texts(right) -> Iterator:
    yield from (
        ("one text", right[0]),
        ("empty", []),
        ("numbers", [3] * len(right)),
        ("None", None),
        ("a number", 5),
    )


def thing(right) -> Iterator:
    """A judge, a scene, a network, a dict: only one of its kind will do."""
    yield from (*anything(right), ("a number", 3))


def optional(kind: Callable, right) -> Iterator:
    yield from (wrong for wrong in kind(right) if wrong[1] is not None)


def chance(right) -> Iterator:
    yield from (("a seed", 3), ("a text", "ten"), ("numpy's", np.random.default_rng(0)))


def seed(right) -> Iterator:
    yield from (("negative", -1), ("a part", 1.5), ("a text", "ten"))


# --- right arguments ---------------------------------------------------------------------------------------------------


@cache
def resnet18():
    """Torchvision's, with one block a stage."""
    from torchvision.models.resnet import BasicBlock, ResNet

    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=4).eval()


@cache
def made() -> SimpleNamespace:
    """One of everything, small."""
    from course_lib.diffusion.unet import UNet, UNetConfig
    from course_lib.measuring.digit_judge import DigitJudge
    from course_lib.zoo import Scene
    from tests.stand_ins import small_judge

    g = torch.Generator().manual_seed(0)
    judge = small_judge()
    rows = torch.nn.functional.normalize(torch.randn(3, 16, generator=g), dim=1)
    model = UNet(UNetConfig(channels=(8, 8)))
    return SimpleNamespace(
        digits=torch.rand(3, 1, 16, 16, generator=g) * 2 - 1, zoo=torch.rand(3, 3, 64, 64, generator=g) * 2 - 1,
        t=torch.tensor([1, 5, 9]), labels=torch.tensor([0, 1, 1]), alpha_bar=torch.linspace(0.99, 0.01, 20),
        rows=rows, model=model, ask=lambda x, t: x * 0.1, resnet=small_resnet(), same=torch.nn.Identity(), judge=judge,
        scene=Scene(), digit_judge=DigitJudge().eval(), generator=g, heat=torch.rand(3, 4, 4, generator=g),
        pipe=SimpleNamespace(tokenizer=judge.processor.tokenizer, text_encoder=None, unet=SimpleNamespace(attn_processors={}, set_attn_processor=print), vae=0),
        texts=["a cat", "an owl", "a frog"], intervals={"one": (0.5, 0.4, 0.6), "two": (0.7, 0.6, 0.8)},
    )  # fmt: skip


@cache
def rows() -> dict[str, dict[str, tuple]]:
    """{function: {argument: (a right value, what it may be)}}; "call" reaches a method.  Left out: what has a default."""
    m = made()
    fit = lambda kind: partial(fits, kind)
    share = partial(number, low=0, high=1)
    alpha = (m.alpha_bar, partial(floats, spare=()))
    steps, positive = partial(count, most=20), partial(number, above=0)
    features, paired = (m.rows, floats), (m.rows, fit(floats))
    zoo, unit, digits = (m.zoo, pictures), (m.zoo / 2 + 0.5, partial(pictures, low=0)), (m.digits, pictures)
    judge, scene, resnet = (m.judge, thing), (m.scene, thing), (m.resnet, thing)
    same, generator, pipe = (m.same, thing), (m.generator, chance), (m.pipe, thing)
    drawn = {
        "denoise": (m.ask, thing),
        "x": (m.digits, floats),
        "alpha_bar": alpha,
        "prediction": ("v", word),
    }
    noised = {
        "x0": (m.digits, floats),
        "t": (m.t, fit(whole)),
        "eps": (m.digits, fit(floats)),
        "alpha_bar": alpha,
    }
    sampler = drawn | {"steps": (2, steps), "generator": generator}
    one = (m.zoo[0], any_shape)
    intervals = {"intervals": (m.intervals, thing)}
    return {
        "diffusion.schedule.linear_betas": {"T": (10, count), "start": (0.1, share), "end": (0.2, share)},
        "diffusion.schedule.cosine_betas": {"T": (10, count), "largest": (0.9, share)},
        "diffusion.schedule.alphas_cumprod": {"betas": (1 - m.alpha_bar, floats)},
        "diffusion.schedule.noise_step": {"x": (m.digits, any_shape), "beta": (0.1, share), "eps": (m.digits, fit(any_shape))},
        "diffusion.schedule.add_noise": noised,
        "diffusion.schedule.training_target": noised | {"prediction": ("v", word)},
        "diffusion.ddpm.drop_labels": {"labels": (m.labels, whole), "null_label": (10, partial(count, least=0)), "p": (0.1, share), "generator": generator},
        "diffusion.ddpm.start_ema": {"model": (m.model, thing)},
        "diffusion.ddpm.train": {
            "model": (m.model, thing), "ema_model": (m.model, thing), "images": digits, "labels": (m.labels, fit(whole)),
            "alpha_bar": alpha, "steps": (1, partial(count, least=0)), "batch_size": (2, count), "label_dropout": (0.1, share),
            "ema_decay": (0.9, share), "prediction": ("v", word), "generator": generator, "lr": (1e-3, positive),
        },
        "diffusion.samplers.guided": {"model": (m.model, thing), "labels": (m.labels, whole), "scale": (1.0, number)},
        "diffusion.samplers.guesses": drawn | {"t": (3, partial(count, least=0, most=19))},
        "diffusion.samplers.trailing_timesteps": {"T": (20, count), "steps": (4, steps)},
        "diffusion.samplers.last": {"steps": (iter([1]), thing)},
        "diffusion.samplers.sample_ddim": sampler | {"eta": (0.0, share)},
        "diffusion.samplers.sample_ddpm": sampler,
        "diffusion.unet.UNet": {"config": (m.model.config, thing)},
        "diffusion.unet.UNet.forward": {"self": (m.model, None), "x": digits[:1] + (floats,), "t": (m.t, fit(whole)), "labels": (m.labels, partial(optional, fit(whole)))},
        "diffusion.vae.DigitVAE": {"latent_size": (2, count)},
        "diffusion.vae.DigitVAE.encode": {"self": (vae(), None), "images": digits},
        "diffusion.vae.DigitVAE.decode": {"self": (vae(), None), "z": (torch.randn(3, 2), floats)},
        "measuring.digit_judge.DigitJudge": {},
        "measuring.digit_judge.DigitJudge.recognise": {"self": (m.digit_judge, None), "images": digits},
        "measuring.metrics.fid": {"generated": (m.digits, floats), "reference": (m.digits, floats), "features": (m.digit_judge.features, thing), "batch_size": (2, count)},
        "measuring.metrics.sharpness": {"images": (m.digits, floats)},
        "measuring.metrics.kernel_distance": {"features_a": features, "features_b": paired},
        "measuring.intervals.mean_interval": {"values": (torch.rand(4), lambda right: [("None", None), ("a text", "ten"), ("one", right[:1]), ("empty", right[:0]), ("NaN", right * NAN), ("texts", ["a", "b"])])},
        "measuring.intervals.share_interval": {"hits": (1, partial(count, least=0, most=3)), "n": (3, count)},
        "measuring.labels.rivals": {"scene": scene, "field": ("animal", word)},
        "measuring.labels.label_set": {"scene": scene, "rng": (0, seed)},
        "measuring.labels.label_cosines": {"judge": judge, "image_features": features, "labels": ([m.texts] * 3, lambda right: [*thing(right), ("empty", []), ("one too few", right[:2]), ("numbers", [3, 3, 3]), ("texts", m.texts)])},
        "measuring.labels.label_probabilities": {"judge": judge, "images": zoo, "labels": (m.texts, texts)},
        "measuring.scoring.Judge": {"clip": (m.judge.clip, thing), "processor": (m.judge.processor, thing)},
        "measuring.scoring.Judge.text_features": {"self": (m.judge, None), "texts": (m.texts, texts)},
        "measuring.scoring.Judge.image_features": {"self": (m.judge, None), "images": zoo},
        "measuring.scoring.Judge.read": {"self": (m.judge, None), "images": zoo},
        "measuring.scoring.Judge.flaws": {"self": (m.judge, None), "images": zoo},
        "measuring.scoring.Reading.agrees": {"self": (reading(), None), "field": ("animal", word), "names": (["owl", "cat", "frog"], lambda right: [*texts(right), ("one too few", right[:2]), ("others", ["dog"] * 3)])},
        "measuring.classify.accuracy_interval": {"right": (m.labels.bool(), tensor)},
        "measuring.classify.animal_classes": {"names": (animals(), texts)},
        "measuring.classify.animal_logits": {"logits": (torch.randn(3, 12), floats), "names": (animals(), texts)},
        "measuring.classify.class_logits": {"model": resnet, "transforms": same, "images": unit, "batch_size": (2, count)},
        "measuring.saliency.clip_heat": {"clip": (m.judge.clip, thing), "inputs": (m.zoo, floats), "label_features": features, "answers": (m.labels, fit(whole)), "cam": (lambda a, g: a.mean(1), thing)},
        "measuring.saliency.resnet_heat": {"model": (resnet18(), thing), "inputs": (m.zoo, floats), "classes": ([[0], [1], [2]], lambda right: [*thing(right), ("empty", []), ("one too few", right[:2]), ("numbers", [1, 2, 3]), ("no such class", [[9]] * 3), ("none", [[]] * 3)]), "layer": ("layer1", word)},
        "measuring.saliency.share_inside": {"heat": (m.heat, floats), "mask": (m.zoo[:, 0] > 0, fit(tensor))},
        "measuring.saliency.cover_hottest": {"images": unit, "heat": (m.heat, fit(floats)), "part": (0.25, partial(number, above=0, high=0.5))},
        "measuring.experiment.seeds_from": {"seed": (0, partial(count, least=-1)), "n": (2, count)},
        "measuring.experiment.paint": {
            "pipe": pipe, "prompts": ("a cat", lambda right: [("None", None), ("a number", 3), ("empty", []), ("numbers", [3, 3]), ("one too few", ["a cat"])]),
            "seeds": ([1, 2], lambda right: [*thing(right), ("empty", []), ("texts", ["1", "2"]), ("negative", [-1, 2]), ("parts", [0.5, 1.5])]),
            "guidance": (7.5, partial(number, low=0)), "steps": (2, partial(count, most=1000)), "negative": ("", text), "batch": (2, count),
            "sampler": ("DDIM", partial(optional, word)),
        },
        "measuring.experiment.sweep": {"pipe": pipe, "prompts": ("a cat", lambda right: [("None", None), ("numbers", [3, 3])]), "seeds": ([1, 2], thing), "setting": ("steps", word), "values": ([1, 2], lambda right: [*thing(right), ("empty", []), ("twice", [1, 1]), ("wrong", [0, 1])])},
        "measuring.experiment.compared": {"painted": ({1: m.zoo, 2: m.zoo}, thing), "score": (lambda x: x[:, 0, 0, 0], thing), "base": (1, lambda right: [("another", 7), ("None", None)])},
        "measuring.experiment.prompt_fit": {"judge": judge, "prompts": (m.texts, texts)},
        "learning.labelled.thumbnails": {"images": (m.zoo, floats), "size": (4, count)},
        "learning.transfer.features": {"model": resnet, "images": zoo, "transforms": same, "batch_size": (2, count)},
        "learning.transfer.evaluate": {"model": resnet, "images": zoo, "labels": (m.labels, fit(whole)), "transforms": same},
        "learning.transfer.linear_probe": {"features": features, "labels": (m.labels, fit(whole)), "n_classes": (2, partial(optional, count)), "decay": (0.01, partial(number, low=0))},
        "learning.transfer.untrained": {"model": (resnet18(), thing), "n_classes": (2, count), "generator": generator},
        "learning.transfer.settle_batch_norm": {"model": (small_resnet(), thing), "images": (m.zoo, lambda right: [*pictures(right), ("one", right[:1])]), "transforms": same},
        "learning.transfer.fine_tune": {
            "model": (small_resnet(), thing), "images": zoo, "labels": (m.labels, fit(whole)), "transforms": same, "steps": (1, partial(count, least=0)),
            "lr": (1e-3, partial(number, low=0)), "batch_size": (2, count), "augment": (m.same, partial(optional, thing)), "generator": generator,
        },
        "models.load_clip": {"tier": ("pocket", word), "device": ("cpu", partial(optional, word))},
        "models.load_resnet": {"tier": ("pocket", word), "device": ("cpu", partial(optional, word))},
        "models.load_text_to_image": {"tier": ("pocket", word), "device": ("cpu", partial(optional, word)), "dtype": (torch.float32, partial(optional, thing))},
        "pictures.digits.load_digits": {"split": ("train", word), "size": (16, partial(count, least=8))},
        "pictures.pixels.to_model_range": {"pixels": ((m.zoo * 10).byte(), lambda right: [*anything(right), ("a list", right.tolist()), ("numpy", right.numpy()), ("floats", right / 255), ("empty", right[:0])])},
        "weights.load": {"name": ("digit-judge", word), "model": (m.digit_judge, thing)},
        "words.attention.recorded_attention": {"unet": (m.pipe.unet, thing)},
        "words.attention.word_maps": {"recorder": (SimpleNamespace(maps=[torch.rand(2, 16, 5)]), thing), "places": (4, count)},
        "words.clip.ImageTower": {"size": (8, count), "width": (8, count)},
        "words.clip.ImageTower.forward": {"self": (tower(), None), "images": zoo},
        "words.clip.cosine_similarity_matrix": {"a": features, "b": (m.rows, lambda right: [*floats(right), ("other width", right[:, :3])])},
        "words.prompt_words.check_prompt": {"pipe": pipe, "prompt": ("a cat", text), "negative": ("", text), "guidance": (7.5, partial(number, low=0))},
        "words.prompt_words.word_position": {"tokenizer": (m.pipe.tokenizer, thing), "prompt": ("a cat", text), "word": ("cat", lambda right: [*text(right), ("not there", "owl"), ("nothing", "")])},
        "words.prompting.blend": {"a": (m.rows, any_shape), "b": (m.rows, fit(any_shape)), "weight": (0.5, number)},
        "words.prompting.encode_prompt": {"pipe": pipe, "texts": (m.texts, lambda right: [("None", None), ("a number", 3), ("empty", []), ("numbers", [3])])},
        "zoo.Scene": {"animal": ("owl", word), "medium": ("photo", word), "place": ("in the snow", word), "pose": ("sitting", word), "look": ("left", word), "facing": ("left", word), "size": (0.8, partial(number, low=0.3, high=0.95)), "x": (0.5, share), "y": (0.5, share), "seed": (0, partial(count, least=0)), "flaws": (("blurry",), lambda right: [("another", "wombat"), ("a number", 3), ("None", None), ("others", ["wombat"])])},
        "zoo.ZooDataset": {"n": (2, count), "seed": (0, partial(count, least=0)), "split": ("train", word), "flaws": (0.0, share), "animal": ("owl", word)},
        "zoo.ZooDataset.scene": {"self": (dataset(), None), "index": (0, lambda right: [("too large", 2), ("a text", "ten"), ("None", None), ("a part", 0.5)])},
        "zoo.ZooDataset.__getitem__": {"self": (dataset(), None), "index": (0, lambda right: [("too large", 2), ("a text", "ten"), ("None", None), ("a part", 0.5)])},
        "zoo.caption": {"scene": scene, "rng": (0, seed)},
        "zoo.draw": {"scene": scene, "size": (16, partial(count, least=16, most=256))},
        "zoo.segmentation": {"scene": scene, "size": (16, partial(count, least=16, most=256))},
        "zoo.random_scene": {"rng": (0, seed), "animal": ("owl", word)},
        "widgets.denoise_stepper": {"path": (m.digits[None], floats), "guesses": (m.digits[None], floats), "times": ([5], lambda right: [*thing(right), ("empty", []), ("one too many", [5, 3])])},
        "widgets.latent_walker": {"decode": (lambda z: torch.zeros(1, 1, 8, 8), thing), "size": (2.0, positive)},
        "widgets.noise_slider": {"images": (m.digits, floats), "alpha_bars": ({"linear": torch.linspace(0.99, 0.01, 400)}, lambda right: [*thing(right), ("empty", {}), ("texts", {"linear": "ten"})]), "eps": (m.digits, fit(floats))},
        "widgets.progress": {"items": (range(2), lambda right: [("None", None), ("a number", 3)]), "total": (2, partial(count, least=0)), "label": ("training", text)},
        "widgets.prompt_box": {"pipe": (painter, thing), "prompt": ("a cat", text), "steps": (2, count), "guidance": (4.0, partial(number, low=0)), "seed": (0, partial(count, least=0))},
        "widgets.prompt_lab": {"pipe": pipe, "prompt": ("a cat", text), "negative": ("", text), "guidance": (4.0, partial(number, low=0)), "steps": (2, count), "seed": (0, partial(count, least=0))},
        "widgets.sampler_explorer": {"model": (m.model, thing), "alpha_bar": (torch.linspace(0.99, 0.01, 50), floats)},
        "widgets.sentence_search": {"score": (lambda text: torch.arange(3.0), thing), "images": (m.zoo, floats), "text": ("a cat", text), "best": (2, count)},
        "plots.plot_bars": {"values": ({"a": 0.1, "b": 0.2}, lambda right: [*thing(right), ("empty", {}), ("texts", {"a": "ten"}), ("NaN", {"a": NAN})])},
        "plots.plot_chain": {"chain": (chain(), thing)},
        "plots.plot_cloud": {"points": (torch.rand(3, 2), lambda right: [*floats(right), ("three numbers", torch.rand(3, 3))]), "colors": (m.labels, lambda right: [*anything(right), ("one too few", right[:-1])])},
        "plots.plot_columns": {"columns": ({"a": m.zoo}, lambda right: [*thing(right), ("empty", {}), ("texts", {"a": "ten"}), ("too few", {"a": m.zoo[:1]})]), "rows": (["x", "y"], texts)},
        "plots.plot_contact_sheet": {"images": ({"a": m.zoo}, lambda right: [*thing(right), ("empty", {}), ("texts", {"a": "ten"})]), "columns": (m.texts, texts)},
        "plots.plot_course_map": {"lessons": (lessons(), lambda right: [*thing(right), ("empty", []), ("numbers", [3])]), "progress": ([], thing)},
        "plots.plot_fade": {"images": (m.zoo, any_pictures), "titles": (m.texts, lambda right: [*texts_or_none(right)])},
        "plots.plot_heat_table": {"images": (m.zoo, any_pictures), "heats": ({"a": m.heat}, lambda right: [*thing(right), ("too few", {"a": m.heat[:1]}), ("texts", {"a": "ten"})]), "titles": (m.texts, texts_or_none)},
        "plots.plot_image": {"image": one, "title": ("a", text)},
        "plots.plot_image_grid": {"images": (m.zoo, any_pictures), "titles": (m.texts, texts_or_none), "columns": (2, count), "size": (0.8, positive)},
        "plots.plot_image_table": {"images": (m.zoo[None], any_table), "rows": (["x"], texts), "columns": (m.texts, texts), "size": (0.8, positive)},
        "plots.plot_intervals": intervals | {"colors": ("red", lambda right: [("a number", 3), ("None", None), ("too few", ["red"])])},
        "plots.plot_latents": {"z": (torch.rand(3, 2), floats), "labels": (m.labels, fit(whole))},
        "plots.plot_loss": {"losses": ([1.0, 0.5, 0.4], lambda right: [*thing(right), ("empty", []), ("texts", ["a", "b"])])},
        "plots.plot_pictures": {"pictures": ([pil(), pil()], lambda right: [*thing(right), ("empty", []), ("tensors", m.zoo)]), "titles": (["a", "b"], texts_or_none), "columns": (2, count), "size": (1.0, positive)},
        "plots.plot_probabilities": {"p": (torch.tensor([0.2, 0.3, 0.5]), floats), "labels": (m.texts, lambda right: [*texts(right), ("one too few", right[:2])])},
        "plots.plot_quality": {"curves": ({"DDIM": ([1, 2], [3.0, 2.0])}, lambda right: [*thing(right), ("empty", {}), ("one too few", {"DDIM": ([1, 2], [3.0])})]), "floor": ((1.0, 2.0), lambda right: [("None", None), ("a number", 3), ("one", (1.0,))]), "ylabel": ("FID", text)},
        "plots.plot_ranking": {"names": (["a", "b"], texts), "values": ([1.0, 2.0], lambda right: [*thing(right), ("one too few", [1.0]), ("texts", ["1", "2"])]), "colors": (["red", "blue"], texts)},
        "plots.plot_setting": {"values": ([1, 2], lambda right: [*thing(right), ("one too few", [1])]), "curves": ({"a": [(0.5, 0.4, 0.6)] * 2}, lambda right: [*thing(right), ("empty", {}), ("numbers", {"a": [1, 2]})]), "setting": ("steps", text), "measure": ("fit", text)},
        "plots.plot_similarity": {"similarity": (torch.rand(3, 4), floats)},
        "plots.plot_spread": {"values": ({"a": torch.rand(9)}, lambda right: [*thing(right), ("empty", {}), ("texts", {"a": "ten"}), ("NaN", {"a": torch.rand(9) * NAN})]), "colors": (["red"], texts), "xlabel": ("x", text)},
        "plots.plot_steps": {"values": ({"a": torch.rand(9)}, lambda right: [*thing(right), ("empty", {}), ("texts", {"a": "ten"})]), "ylabel": ("y", text)},
        "plots.plot_strips": {"groups": ({"a": [1.0, 2.0]}, lambda right: [*thing(right), ("empty", {}), ("no values", {"a": []}), ("texts", {"a": ["x"]})]), "colors": ("red", lambda right: [("a number", 3), ("too many", ["red", "blue"])])},
        "plots.plot_sweep": {"x": ([1, 2], lambda right: [*thing(right), ("one too few", [1])]), "curves": ({"a": [(0.5, 0.4, 0.6)] * 2}, lambda right: [*thing(right), ("empty", {}), ("numbers", {"a": [1, 2]})])},
        "plots.plot_two_intervals": {"intervals": ({"a": [(0.5, 0.4, 0.6)] * 2}, lambda right: [*thing(right), ("empty", {}), ("one too few", {"a": [(0.5, 0.4, 0.6)]})]), "who": (["x", "y"], texts)},
        "plots.plot_unet": {"sizes": ((16, 8), lambda right: [*thing(right), ("empty", ())]), "channels": ((8, 16), lambda right: [*thing(right), ("one too few", (8,))])},
        "plots.plot_word_maps": {"image": one, "maps": (m.heat, fit(floats)), "words": (m.texts, texts)},
    }  # fmt: skip


def any_pictures(right) -> Iterator:
    yield from ((name, wrong) for name, wrong in floats(right) if name not in ("a list", "numpy"))
    yield "2 channels", right[:, :2]
    yield "uint8", right.byte()


def any_table(right) -> Iterator:
    yield from ((name, wrong) for name, wrong in any_pictures(right) if name != "2 channels")
    yield "2 channels", right[:, :, :2]


def texts_or_none(right) -> Iterator:
    yield from (
        ("one text", "ten"),
        ("numbers", [3] * len(right)),
        ("None", None),
        ("one too few", right[:-1]),
    )


def vae():
    from course_lib.diffusion.vae import DigitVAE

    return DigitVAE()


def reading():
    from course_lib.measuring.scoring import Reading

    return Reading(torch.rand(3, 12), torch.rand(3, 5), torch.rand(3, 8))


def animals() -> list[str]:
    from course_lib.zoo import ANIMALS

    return list(ANIMALS)


def tower():
    from course_lib.words.clip import ImageTower

    return ImageTower(8, 8)


def dataset():
    from course_lib.zoo import ZooDataset

    return ZooDataset(2, cache=False)


def painter(*args, **kwargs):
    return SimpleNamespace(images=[pil()])


painter.unet = painter.tokenizer = None


def pil():
    from PIL import Image

    return Image.new("RGB", (8, 8))


def lessons() -> list[dict]:
    return [{"day": "day00", "question": "why?", "written": True}]


def chain():
    from course_lib.learning.chain import Chain
    from course_lib.measuring.intervals import Interval

    m = made()
    yes, half = torch.tensor([True] * 3), Interval(0.5, 0.4, 0.6)
    return Chain(
        ("a", "b"), m.zoo, m.labels, torch.rand(3), yes, yes, 0, torch.nn.Linear(4, 2), half, half,
        m.zoo, m.labels, m.labels,
    )  # fmt: skip


# --- what becomes of a wrong call ----------------------------------------------------------------------------------------


def find(name: str) -> Callable:
    """course_lib.<name>, also a method of a class."""
    parts = name.split(".")
    for k in range(len(parts) - 1, 0, -1):
        try:
            found = import_module("course_lib." + ".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        for part in parts[k:]:
            found = getattr(found, part)
        return found
    raise AssertionError(f"There is no {name}.")


def call(function: Callable, arguments: dict) -> None:
    """To the end: a sampler is run, a `with` is entered.  What has no argument of that name gets it by place."""
    arguments = dict(arguments)
    me = [arguments.pop("self")] if "self" in arguments else []
    result = function(*me, **arguments)
    if inspect.isgenerator(result):
        list(result)
    if hasattr(result, "__enter__") and not isinstance(result, torch.Tensor):
        with result:
            pass
    plt.close("all")


def outcome(function: Callable, arguments: dict) -> str:
    """ "sentence", "warning", "silent", or the raw error."""
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            call(function, arguments)
    except Exception as error:
        plt.close("all")
        line = traceback.extract_tb(error.__traceback__)[-1]
        ours = "course_lib" in line.filename and linecache.getline(
            line.filename, line.lineno
        ).lstrip().startswith("raise")
        words = str(error)
        clear = (
            ours
            and isinstance(error, (ValueError, IndexError))
            and 20 <= len(words) <= 600
            and "\n" not in words
        )
        return "sentence" if clear else f"{type(error).__name__}: {words[:120]}"
    return "warning" if any("[-1, 1] is needed" in str(w.message) for w in said) else "silent"


def wrong_calls(name: str) -> Iterator[tuple[str, str]]:
    """(which wrong argument, what became of it) of every wrong call of a function."""
    row = rows()[name]
    right = {argument: value for argument, (value, _) in row.items()}
    for argument, (value, kind) in row.items():
        for what, wrong in kind(value) if kind else ():
            yield f"{argument}: {what}", outcome(find(name), right | {argument: wrong})


def called() -> set[str]:
    """Every function and class that some notebook takes from the library."""
    names = set()
    for notebook in notebooks():
        for node in (node for source in code_cells(notebook) for node in ast.walk(ast.parse(source))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_lib"):
                names |= {f"{node.module}.{alias.name}" for alias in node.names if alias.name not in MODULES}
            elif (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in MODULES
            ):
                home = {"samplers": "course_lib.diffusion.samplers"}.get(
                    node.value.id, f"course_lib.{node.value.id}"
                )
                names.add(f"{home}.{node.attr}")
    names = {name.removeprefix("course_lib.") for name in names}
    return {name for name in names if callable(find(name)) and not any(name.startswith(k) for k in ELSEWHERE)}


def test_every_function_of_the_notebooks_has_a_row():
    assert called() - set(rows()) == set()


@pytest.mark.parametrize("name", [*rows()])
def test_a_wrong_argument_is_answered_in_one_sentence(name):
    fine = lambda what, came: came == "sentence" or (came == "warning" and what.endswith("0 to 1"))
    assert {what: came for what, came in wrong_calls(name) if not fine(what, came)} == {}


def test_a_warning_points_at_the_line_that_the_student_wrote():
    m = made()
    with pytest.warns(UserWarning, match=r"\[-1, 1\] is needed: .*images \* 2 - 1") as said:
        m.judge.read(m.zoo / 2 + 0.5)
    assert [w.filename for w in said] == [__file__]


def test_pale_pictures_are_told_from_pictures_in_0_to_1_by_none_below_0():
    """Of the Zoo none is so pale; one dark pixel in a batch is enough."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = dataset()
        check_pictures(torch.stack([data[0]["image"], data[1]["image"] * 0 + 1]))
        check_pictures(torch.ones(1, 3, 8, 8))  # a white page is white in both ranges


def test_a_solution_is_shown_without_its_checks():
    assert inspect.getsource(noise_step).startswith("@takes")
    assert solution_source("noise_step").startswith("from torch import Tensor\n\n\ndef noise_step(")
    assert "@torch.no_grad()\ndef update_ema" in solution_source("update_ema")
    assert all(
        "@takes" not in solution_source(name) and "course_lib.checks" not in solution_source(name)
        for name in solution_names()
    )


def test_what_is_left_out_or_too_much_is_told_by_python():
    with pytest.raises(TypeError, match=r"noise_step\(\) missing 1 required positional argument: 'eps'"):
        noise_step(torch.zeros(2), 0.1)


HEAVY = (
    "models.",
    "measuring.experiment.paint",
    "measuring.experiment.sweep",
    "widgets.prompt_lab",
    "words.prompting.encode",
)


@pytest.mark.parametrize("name", [name for name in rows() if not name.startswith(HEAVY)])
def test_the_right_arguments_pass(name):
    """Else the rows would prove nothing."""
    call(find(name), {argument: value for argument, (value, _) in rows()[name].items()})


if __name__ == "__main__":
    found = [came for name in rows() for _, came in wrong_calls(name)]
    sums = {kind: found.count(kind) for kind in ("sentence", "warning", "silent")}
    print(len(found), "wrong calls:", sums, "raw errors:", len(found) - sum(sums.values()))
