"""Heat maps: the equation, the right layer, and that they find the animal."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import ResNet
from torchvision.models.resnet import BasicBlock

from course_lib import plots
from course_lib.measuring.saliency import (
    clip_heat,
    cover_hottest,
    enlarge,
    grad_cam,
    layer_heat,
    resnet_heat,
    share_inside,
)
from course_lib.measuring.scoring import Judge
from course_lib.models import load_clip, load_resnet
from course_lib.zoo import ANIMALS, ZooDataset, segmentation
from course_lib.zoo.shapes import ANIMAL


def test_grad_cam_by_hand():
    activations = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])  # two channels of 1 x 2 places
    gradients = torch.tensor([[[[1.0, 3.0]], [[-1.0, 0.0]]]])  # weights 2 and -0.5
    torch.testing.assert_close(
        grad_cam(activations, gradients), torch.tensor([[[0.125, 1.0]]])
    )  # 0.5, 4 over 4


def test_grad_cam_is_zero_where_nothing_speaks_for_the_answer():
    heat = grad_cam(torch.ones(2, 3, 4, 4), -torch.ones(2, 3, 4, 4))
    assert (heat == 0).all() and heat.shape == (2, 4, 4)


def test_grad_cam_is_cam_where_a_mean_and_a_linear_layer_follow():
    """Selvaraju et al., section 3.1: for such networks the weights are those of the last layer."""
    torch.manual_seed(0)
    layer, last = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU()), nn.Linear(5, 4)
    images = torch.rand(2, 3, 9, 9)
    heat = layer_heat(layer, lambda: last(layer(images).mean((2, 3)))[:, 1])
    cam = torch.einsum("c,bchw->bhw", last.weight[1], layer(images)).relu().detach()
    torch.testing.assert_close(heat, cam / cam.amax((1, 2), keepdim=True))


def test_a_layer_behind_the_score_is_one_sentence():
    layer, other = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
    images = torch.rand(1, 3, 8, 8)
    for score in (
        lambda: layer(images).mean((1, 2, 3)),
        lambda: (layer(images), other(images))[0].mean((1, 2, 3)),
    ):
        with pytest.raises(ValueError, match="does not depend on this layer's output"):
            layer_heat(other, score)  # fmt: skip


def test_a_frozen_resnet_is_looked_into_and_left_as_it_was():
    torch.manual_seed(0)
    model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=4).eval().requires_grad_(False)
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():  # a caller may have switched gradients off
        heat = resnet_heat(model, images, [[1], [0, 2]], "layer3")
    assert heat.shape == (2, 4, 4) and heat.max() <= 1 and not heat.requires_grad
    assert not model.layer3._forward_hooks and all(p.grad is None for p in model.parameters())
    with pytest.raises(ValueError):
        resnet_heat(model, images, [[1]], "layer3")


@pytest.fixture(scope="module")
def photos():
    """Eight photos of the Zoo in [-1, 1], their animals, and where each animal is."""
    data = ZooDataset(8, seed=31, split="all", cache=False, side=64, medium="photo")
    mask = torch.from_numpy(np.stack([segmentation(data.scene(i), 64) >= ANIMAL for i in range(8)]))
    animals = torch.tensor([ANIMALS.index(data.scene(i).animal) for i in range(8)])
    return torch.stack([data[i]["image"] for i in range(8)]), animals, mask


def test_the_shipped_resnet_looks_at_the_animal(photos):
    images, animals, mask = photos
    model, transforms, _ = load_resnet("pocket", device="cpu")
    larger = F.interpolate(images, size=96, mode="bilinear")
    heat = resnet_heat(model, larger, animals[:, None].tolist(), "layer3")
    assert share_inside(heat, mask).mean() > 1.5 * mask.float().mean()


def test_the_shipped_clip_looks_where_the_question_points(photos):
    images, animals, mask = photos
    clip, processor = load_clip("pocket", device="cpu")
    judge = Judge.__new__(Judge)
    judge.clip, judge.processor = clip, processor
    about_animals = judge.text_features([f"a picture of a {animal}" for animal in ANIMALS])
    about_place = judge.text_features(["in the snow", "in a forest", "by the sea", "in the desert"])
    ready = processor(images=list(images / 2 + 0.5), return_tensors="pt", do_rescale=False)["pixel_values"]
    at_animal = share_inside(clip_heat(clip, ready, about_animals, animals), mask).mean()
    at_place = share_inside(clip_heat(clip, ready, about_place, torch.zeros(8).long()), mask).mean()
    assert at_animal > 1.5 * mask.float().mean() and at_place < at_animal / 2
    assert not clip.vision_model.encoder.layers[-1].layer_norm1._forward_hooks


def test_share_inside_by_hand():
    heat = torch.tensor([[[1.0, 3.0]], [[0.0, 0.0]]])
    mask = torch.tensor([[[True, False]], [[True, True]]])
    torch.testing.assert_close(share_inside(heat, mask), torch.tensor([0.25, 0.0]))
    everywhere = torch.ones(1, 16, 16, dtype=torch.bool)
    assert share_inside(torch.rand(1, 4, 4), everywhere).item() == pytest.approx(1)
    with pytest.raises(ValueError, match="mask has shape .* does not fit heat: B is 1 here and 2 there"):
        share_inside(heat, everywhere)


def test_the_hottest_part_is_covered_and_nothing_else():
    images, heat = torch.ones(2, 3, 8, 8), torch.zeros(2, 2, 2)
    heat[0, 0, 0] = heat[1, 1, 1] = 1
    covered = cover_hottest(images, heat, 0.25)
    grey = covered[:, 0] == 0.5
    assert grey.sum((1, 2)).tolist() == [16, 16]
    assert grey[0, :3, :3].all() and grey[1, 5:, 5:].all()
    assert (images == 1).all() and ((covered == 1) | (covered == 0.5)).all()


def test_wrong_parts_and_shapes_are_one_sentence():
    images = torch.rand(2, 3, 8, 8)
    for part in (0, 1, 30):
        with pytest.raises(ValueError, match=f"part is {part}, but must be a number above 0 and below 1"):
            cover_hottest(images, torch.rand(2, 4, 4), part)
    with pytest.raises(ValueError, match=r"shape \(3, 4, 4\); \(2, h, w\) is needed"):
        cover_hottest(images, torch.rand(3, 4, 4))
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]: images / 2"):
        cover_hottest(images * 2 - 1, torch.rand(2, 4, 4))


def test_figures_are_drawn():
    images, heat = torch.rand(3, 3, 16, 16) * 2 - 1, torch.rand(3, 4, 4)
    heat[0] = 0
    ax = plots.plot_heat(torch.ones(3, 16, 16), heat[0])
    assert ax.images[0].get_array().max() == pytest.approx(0.2)  # without heat a picture is nearly dark
    figure = plots.plot_heat_table(images, {"one": heat, "two": heat}, ["a", "b", "c"])
    assert len(figure.axes) == 9
    ax = plots.plot_two_intervals(
        {"x": [(0.5, 0.4, 0.6), (0.9, 0.8, 1.0)], "y": [(0, 0, 0.1)] * 2}, ["A", "B"]
    )
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["A", "B"]
    assert enlarge(heat, 8, 12).shape == (3, 8, 12)  # fmt: skip
