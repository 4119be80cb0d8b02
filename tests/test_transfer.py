"""Transfer learning: equal to torchvision and scikit-learn, frozen where it says so, and clear about bad input."""

import copy
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression
from torch import nn
from torchvision.models import ResNet
from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.models.resnet import BasicBlock

from course_lib.learning.labelled import check_labels, draw_per_class, thumbnails
from course_lib.learning.transfer import (
    evaluate,
    features,
    fine_tune,
    freeze_backbone,
    linear_probe,
    replace_head,
    settle_batch_norm,
    standardise,
    train_mode,
    untrained,
)
from course_lib.lessons.days import HOME
from course_lib.measuring.classify import class_logits
from tests.small_resnet import small_resnet

same = lambda x: x * 2 - 1  # a network's preprocessing: [0, 1] to [-1, 1]


@pytest.fixture
def resnet():
    return small_resnet()


@pytest.fixture(scope="module")
def torchvision_s():
    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=5).eval()


def ten_pictures():
    generator = torch.Generator().manual_seed(1)
    return torch.rand(10, 3, 16, 16, generator=generator) * 2 - 1, torch.arange(10) % 2


@pytest.fixture
def pictures():
    return ten_pictures()


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def weights(model):
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def moved(before, model):
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


def test_features_are_torchvision_s_own(torchvision_s, pictures):
    images, _ = pictures
    with torch.no_grad():
        expected = create_feature_extractor(torchvision_s, ["flatten"])(images)["flatten"]
    found = features(torchvision_s, images, same, batch_size=4)
    assert found.shape == (10, 512) and torch.allclose(found, expected, atol=1e-5)
    assert torch.allclose(
        class_logits(torchvision_s, same, images / 2 + 0.5), torchvision_s.fc(found), atol=1e-5
    )


def test_features_leave_the_network_as_it_was(resnet, pictures):
    model = copy.deepcopy(resnet).train()
    model.layer2.eval()
    before, modes = weights(model), [module.training for module in model.modules()]
    found = features(model, pictures[0], same)
    assert torch.allclose(found, features(resnet, pictures[0], same), atol=1e-5)  # by the running statistics
    assert not moved(before, model) and [module.training for module in model.modules()] == modes


def test_evaluate_counts(resnet, pictures):
    images, _ = pictures
    named = class_logits(resnet, same, images / 2 + 0.5).argmax(dim=1)
    labels = torch.where(torch.arange(10) < 7, named, (named + 1) % 5)
    share = evaluate(resnet, images, labels, same)
    assert share.value == 0.7 and 0.3 < share.low < 0.7 < share.high < 1


def test_standardise():
    x = torch.randn(50, 3, generator=seeded()) * torch.tensor([1.0, 20.0, 0.0]) + torch.tensor(
        [0.0, 5.0, 7.0]
    )
    scaled = standardise(x, x, eps=1e-6)
    assert torch.allclose(scaled.mean(0), torch.zeros(3), atol=1e-5)
    assert torch.allclose(scaled.std(0), torch.tensor([1.0, 1.0, 0.0]), atol=1e-4)
    assert torch.allclose(standardise(x + 1, x)[:, 0] - standardise(x, x)[:, 0], 1 / x.std(0)[0], atol=1e-2)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_probe_is_logistic_regression(n_classes):
    n, decay = 40, 0.05
    labels = torch.arange(n) % n_classes
    x = torch.randn(n, 6, generator=seeded()) * torch.tensor([1, 5, 0.2, 1, 1, 0]) + labels[:, None] * 0.5
    probe = linear_probe(x, labels, decay=decay)
    # scikit-learn adds its losses up, and halves neither class's weights where there are two.
    strength = 1 / (decay * n) * (2 if n_classes == 2 else 1)
    theirs = LogisticRegression(C=strength, tol=1e-8, max_iter=5000).fit(standardise(x, x), labels)
    with torch.no_grad():
        ours = probe(x).softmax(dim=1).numpy()
    assert np.allclose(ours, theirs.predict_proba(standardise(x, x)), atol=2e-3)
    assert probe.weight.requires_grad  # it may go on learning, as a head


def test_the_probe_as_head_answers_as_on_features(resnet, pictures):
    images, labels = pictures
    found = features(resnet, images, same)
    model = copy.deepcopy(resnet)
    model.fc = linear_probe(found, labels)
    assert torch.allclose(class_logits(model, same, images / 2 + 0.5), model.fc(found), atol=1e-4)
    assert evaluate(model, images, labels, same).value == 1  # 24 features tell 10 pictures apart


def test_probe_under_no_grad(pictures):
    with torch.no_grad():
        probe = linear_probe(torch.randn(10, 4, generator=seeded()), pictures[1])
    assert probe.weight.abs().sum() > 0


def test_replace_head(resnet):
    model = copy.deepcopy(resnet).requires_grad_(False)
    before = weights(model)
    assert (
        replace_head(model, 3) is model and model.fc.weight.shape == (3, 24) and model.fc.weight.requires_grad
    )
    del before["fc.weight"], before["fc.bias"]
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())


def test_the_trap_and_the_way_out(resnet, pictures):
    """Without gradients, but in train mode, the statistics move; frozen as we do it, only the head does."""
    images, labels = pictures
    trapped = replace_head(copy.deepcopy(resnet), 2).requires_grad_(False)
    before = weights(trapped)
    with torch.no_grad():
        trapped.train()(images)
    assert "bn1.running_mean" in moved(before, trapped) and "conv1.weight" not in moved(before, trapped)

    frozen = freeze_backbone(replace_head(copy.deepcopy(resnet), 2))
    before = weights(frozen)
    list(fine_tune(frozen, images, labels, same, steps=3, generator=seeded()))
    assert moved(before, frozen) == {"fc.weight", "fc.bias"}


def test_train_mode_spares_frozen_batch_norms_only(resnet):
    model = copy.deepcopy(resnet).requires_grad_(True)
    model.layer1.requires_grad_(False)
    train_mode(model)
    assert (
        model.training
        and model.bn1.training
        and not model.layer1[0].bn1.training
        and model.layer1[0].conv1.training
    )


def test_fine_tune_learns_and_moves_what_is_free(resnet, pictures):
    images, labels = pictures
    model = replace_head(copy.deepcopy(resnet), 2).requires_grad_(True)
    model.layer1.requires_grad_(False)
    before = weights(model)
    losses = [
        loss
        for _, loss in fine_tune(
            model, images, labels, same, steps=25, batch_size=8, lr=5e-3, generator=seeded()
        )
    ]
    assert losses[-1] < 0.3 * losses[0]
    assert {"conv1.weight", "bn1.running_mean", "fc.bias"} <= moved(before, model)
    assert not any(name.startswith("layer1.") for name in moved(before, model))


def test_fine_tune_augments_pictures_in_0_1(resnet, pictures):
    seen = []
    augment = lambda x: seen.append(x) or x.flip(3)
    steps = fine_tune(
        copy.deepcopy(resnet).requires_grad_(True), *pictures, same, steps=2, batch_size=4, augment=augment
    )
    assert [step for step, _ in steps] == [0, 1]
    assert [x.shape for x in seen] == [(4, 3, 16, 16)] * 2 and all(
        0 <= x.min() and x.max() <= 1 for x in seen
    )


def test_accelerate_changes_nothing_in_one_process(resnet, pictures):
    options = dict(steps=3, batch_size=4)
    plain, prepared = (replace_head(copy.deepcopy(resnet), 2).requires_grad_(True) for _ in range(2))
    prepared.load_state_dict(plain.state_dict())
    ours = [loss for _, loss in fine_tune(plain, *pictures, same, generator=seeded(), **options)]
    run = fine_tune(
        prepared, *pictures, same, generator=seeded(), accelerator=Accelerator(cpu=True), **options
    )
    assert ours == pytest.approx([loss for _, loss in run], rel=1e-4)


class Second:
    """The second of two processes."""

    process_index, num_processes, device = 1, 2, "cpu"

    def prepare(self, *objects):
        return objects

    def backward(self, loss):
        loss.backward()


def test_processes_share_each_batch(resnet, pictures):
    images, labels = pictures
    seen = []
    augment = lambda x: seen.append(x) or x
    model = copy.deepcopy(resnet).requires_grad_(True)
    next(
        fine_tune(
            model,
            images,
            labels,
            same,
            steps=1,
            batch_size=6,
            augment=augment,
            generator=seeded(),
            accelerator=Second(),
        )
    )
    drawn = torch.randint(10, (6,), generator=seeded())
    assert torch.equal(seen[0], images[drawn[1::2]] / 2 + 0.5)


TWO = """
import sys
import torch
from accelerate import Accelerator
from safetensors.torch import save_file
from course_lib.learning.transfer import fine_tune, freeze_backbone, replace_head
from tests.small_resnet import small_resnet
from tests.test_transfer import same, seeded, ten_pictures
accelerator = Accelerator(cpu=True)
whole, frozen = small_resnet(), small_resnet()
for model in (whole.requires_grad_(True), freeze_backbone(replace_head(frozen, 2))):
    options = dict(steps=3, batch_size=4, generator=seeded(), accelerator=accelerator)
    list(fine_tune(model, *ten_pictures(), same, **options))
found = {f"whole.{k}": v for k, v in whole.state_dict().items()} | {f"frozen.{k}": v for k, v in frozen.state_dict().items()}
save_file(found, f"{sys.argv[1]}/{accelerator.process_index} of {accelerator.num_processes}.safetensors")
"""


def run_two(folder, processes: int) -> list[dict]:
    """The weights that each process ends with."""
    (folder / "two.py").write_text(TWO, encoding="utf-8")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    done = subprocess.run(
        [*launch, str(processes), str(folder / "two.py"), str(folder)], cwd=HOME, capture_output=True, text=True, timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HOME)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [load_file(folder / f"{rank} of {processes}.safetensors") for rank in range(processes)]


@pytest.mark.slow
def test_two_real_processes_learn_as_one(tmp_path):
    """As `accelerate launch` starts them, with several GPUs or, here, on a CPU."""
    (one, two), (alone,) = run_two(tmp_path, 2), run_two(tmp_path, 1)
    learned = [name for name, value in one.items() if value.is_floating_point() and "running" not in name]
    assert all(torch.equal(one[name], two[name]) for name in learned)
    # A frozen batch norm does not look at its batch, so two halves of a batch teach exactly what the whole does.
    assert torch.allclose(one["frozen.fc.weight"], alone["frozen.fc.weight"], atol=1e-5)
    before = replace_head(small_resnet(), 2).state_dict()
    assert all(torch.equal(one[f"frozen.{name}"], v) for name, v in before.items() if "fc" not in name)


def test_settle_batch_norm(resnet, pictures):
    images, _ = pictures
    model = settle_batch_norm(copy.deepcopy(resnet).train(), images, same)
    with torch.no_grad():
        first = resnet.conv1(images)
    assert torch.allclose(model.bn1.running_mean, first.mean(dim=(0, 2, 3)), atol=1e-5)
    assert not model.training and model.bn1.momentum == resnet.bn1.momentum
    assert not any("weight" in name or "bias" in name for name in moved(weights(resnet), model))


def test_untrained(torchvision_s):
    state = torch.get_rng_state()
    a, b, c = (untrained(torchvision_s, 3, seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(a.conv1.weight, b.conv1.weight) and not torch.equal(a.conv1.weight, c.conv1.weight)
    assert a.fc.weight.shape == (3, 512) and not a.training
    shapes = lambda model: {
        name: v.shape for name, v in model.state_dict().items() if not name.startswith("fc.")
    }
    assert shapes(a) == shapes(torchvision_s)


def test_draw_per_class():
    labels = torch.tensor([5, 2, 5, 5, 2, 5, 2])
    rows = draw_per_class(labels, 2, seeded())
    assert labels[rows].tolist() == [2, 2, 5, 5] and len(rows.unique()) == 4
    assert torch.equal(rows, draw_per_class(labels, 2, seeded()))
    assert len({tuple(sorted(draw_per_class(labels, 2, seeded(k)).tolist())) for k in range(20)}) > 5
    with pytest.raises(ValueError, match="Class 2 has 3 pictures, but 4 were asked for"):
        draw_per_class(labels, 4, seeded())


def test_thumbnails_know_copies(pictures):
    images, _ = pictures
    small = nn.functional.normalize(thumbnails(images, size=8), dim=1)
    assert small.shape == (10, 3 * 8 * 8)
    copies = nn.functional.normalize(thumbnails(images * 0.8 - 0.1, size=8), dim=1)
    likeness = small @ copies.T
    assert likeness.diag().min() > 0.99 and (likeness - torch.eye(10)).max() < 0.5


ones = torch.ones(3, dtype=torch.long)
BAD_LABELS = [
    (ones, 3, 2, "Only 1 class .* needs two or more"),
    (ones[:2], 3, 2, "3 pictures need labels of shape"),
    (ones.float(), 3, 2, "whole numbers"),
    (torch.tensor([0, 1, 2]), 3, 2, r"run from 0 to 2, but the head has 2 outputs.*replace_head\(model, 3\)"),
    (torch.tensor([-1, 0, 1]), 3, 2, "run from -1 to 1"),
    (torch.tensor([-1, 0, 1]), 3, None, "run from -1 to 1"),
    (torch.zeros(0, dtype=torch.long), 0, 2, "labels is empty"),
]


@pytest.mark.parametrize("labels, n, n_classes, words", BAD_LABELS)
def test_bad_labels(labels, n, n_classes, words):
    with pytest.raises(ValueError, match=words):
        check_labels(labels, n, n_classes)


def test_every_function_checks(resnet, pictures):
    images, labels = pictures
    with pytest.raises(ValueError, match="images is empty"):
        features(resnet, images[:0], same)
    with pytest.raises(ValueError, match="2 or more"):
        settle_batch_norm(resnet, images[:1], same)
    with pytest.raises(ValueError, match="Only 1 class"):
        linear_probe(torch.randn(10, 4), labels * 0)
    with pytest.raises(ValueError, match="outputs"):
        evaluate(resnet, images, labels + 4, same)
    for bad, words in (
        (labels + 4, "outputs"),
        (labels * 0, "Only 1 class"),
        (labels[:3], "10 pictures need labels"),
    ):
        with pytest.raises(ValueError, match=words):
            next(fine_tune(resnet, images, bad, same, steps=1))
