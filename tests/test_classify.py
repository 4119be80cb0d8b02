"""What a classifier is given and says: torchvision's numbers, ImageNet's names, and one sentence for bad input."""

import pytest
import torch
from torchvision.models import ResNet, ResNet50_Weights
from torchvision.models.resnet import BasicBlock
from torchvision.transforms import functional as TF
from torchvision.transforms._presets import ImageClassification

from course_lib.measuring.classify import (
    IMAGENET_NAMES,
    accuracy_by_group,
    accuracy_interval,
    animal_classes,
    animal_logits,
    class_logits,
    normalise,
    top_k,
)
from course_lib.measuring.intervals import share_interval
from course_lib.models import load_resnet
from course_lib.zoo import ANIMALS, ZooDataset

IMAGENET = ResNet50_Weights.IMAGENET1K_V2.meta["categories"]


def test_normalise_is_torchvisions():
    images, mean, std = torch.rand(2, 3, 5, 7), torch.tensor([0.4, 0.5, 0.6]), torch.tensor([0.2, 0.3, 0.1])
    torch.testing.assert_close(normalise(images, mean, std), TF.normalize(images, mean, std))


def test_top_k_is_sorted_and_shares_are_among_all():
    logits, names = torch.tensor([0.0, 3.0, 1.0, 2.0]), ["a", "b", "c", "d"]
    found = top_k(logits, names, 2)
    assert [name for name, _ in found] == ["b", "d"]
    assert found[0][1] == pytest.approx(logits.softmax(0)[1].item()) and sum(p for _, p in found) < 1
    assert sum(p for _, p in top_k(logits, names, 4)) == pytest.approx(1)
    assert top_k(logits, names, 1)[0][0] == "b"


@pytest.mark.parametrize("k", [0, 5, -1])
def test_a_k_that_does_not_fit_is_one_sentence(k):
    with pytest.raises(
        ValueError,
        match=f"k is {k}, but (there are 4 names: choose a k from 1 to 4|must be a whole number, 1 or more)",
    ):
        top_k(torch.zeros(4), list("abcd"), k)


def test_logits_of_a_batch_or_for_other_names_are_one_sentence():
    with pytest.raises(ValueError, match=r"shape \(2, 4\), but there are 4 names.*logits\[0\]"):
        top_k(torch.zeros(2, 4), list("abcd"), 1)
    with pytest.raises(ValueError, match=r"shape \(3,\), but there are 4 names"):
        top_k(torch.zeros(3), list("abcd"), 1)


def test_accuracy_counts_within_each_group():
    logits = torch.eye(3)[[0, 1, 2, 0, 1]]
    truth, groups = torch.tensor([0, 1, 0, 2, 1]), torch.tensor([7, 7, 7, 2, 2])
    torch.testing.assert_close(accuracy_by_group(logits, truth, groups), torch.tensor([1 / 2, 2 / 3]))


def test_an_accuracy_has_its_interval():
    found = accuracy_interval(torch.tensor([True] * 9 + [False]))
    assert found == share_interval(9, 10)
    for wrong in (
        torch.tensor([1.0, 0.0]),
        torch.ones(2, 2, dtype=torch.bool),
        torch.ones(0, dtype=torch.bool),
    ):
        with pytest.raises(ValueError, match="One True or False per picture is needed.*answers == truth"):
            accuracy_interval(wrong)


def test_every_imagenet_name_is_a_class_of_torchvisions_weights():
    assert list(IMAGENET_NAMES) == list(ANIMALS)
    found = animal_classes(IMAGENET)
    assert [IMAGENET[i] for i in found["panda"]] == ["giant panda"] and found["hawk"] == []
    numbers = [i for group in found.values() for i in group]
    assert len(numbers) == len(set(numbers)) == sum(map(len, IMAGENET_NAMES.values()))


def test_a_thousand_classes_become_twelve_animals_by_adding_probabilities():
    logits = torch.randn(3, 1000)
    reduced, shares = animal_logits(logits, IMAGENET), logits.softmax(1)
    cats = shares[:, [IMAGENET.index(n) for n in IMAGENET_NAMES["cat"]]].sum(1)
    fox = shares[:, IMAGENET.index("red fox")]
    assert reduced.shape == (3, 12)
    torch.testing.assert_close((reduced[:, 2] - reduced[:, 0]).exp(), cats / fox)
    assert (reduced[:, ANIMALS.index("snowy owl")] == -torch.inf).all()
    assert not reduced.softmax(1).isnan().any()


def test_the_zoos_own_classes_are_put_into_its_order():
    names = list(reversed(ANIMALS))
    logits = torch.randn(2, 12)
    torch.testing.assert_close(animal_logits(logits, names), logits.flip(1))


def test_other_classes_and_other_numbers_are_one_sentence():
    with pytest.raises(ValueError, match="'red fox' is missing. Give the names that load_resnet returned"):
        animal_logits(torch.zeros(1, 3), ["plane", "ship", "car"])
    with pytest.raises(ValueError, match=r"shape \(1, 11\), but there are 12 names: give \(N, 12\)"):
        animal_logits(torch.zeros(1, 11), list(ANIMALS))


@pytest.fixture(scope="module")
def tiny():
    torch.manual_seed(0)
    model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=4).eval()
    return model, ImageClassification(crop_size=32, resize_size=36)


def test_class_logits_prepare_each_picture_and_do_not_depend_on_the_batch(tiny):
    model, transforms = tiny
    images = torch.rand(5, 3, 40, 40)
    with torch.no_grad():
        expected = model(transforms(images))
    torch.testing.assert_close(class_logits(model, transforms, images), expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(class_logits(*tiny, images, batch_size=2), expected, rtol=1e-3, atol=1e-4)


def test_a_class_that_never_is_said_is_no_fault(names=("cat", "dog")):
    """animal_logits gives -infinity to an animal without a class, as ImageNet's has some."""
    logits = torch.tensor([[0.5, -torch.inf], [-torch.inf, 0.5]])
    assert accuracy_by_group(logits, torch.tensor([0, 1]), torch.zeros(2, dtype=torch.long)).item() == 1
    assert top_k(logits[0], list(names), 1)[0][0] == "cat"
    for wrong in (torch.inf, torch.nan):
        with pytest.raises(ValueError, match="logits holds NaN or infinity in 1 of 4 places"):
            accuracy_by_group(
                torch.tensor([[0.5, wrong], [0.0, 1.0]]),
                torch.tensor([0, 1]),
                torch.zeros(2, dtype=torch.long),
            )


WRONG_PICTURES = [
    (torch.rand(3, 40, 40), r"shape \(3, 40, 40\); it must be \(N, 3, H, W\); .* images\[None\]"),
    (torch.rand(2, 1, 40, 40), r"shape \(2, 1, 40, 40\)"),
    (torch.rand(0, 3, 40, 40), "images is empty"),
    ([torch.rand(3, 40, 40)], "a list of 1.*torch.stack"),
    (torch.zeros(1, 3, 40, 40, dtype=torch.uint8), "type uint8, .* images / 255"),
    (torch.rand(1, 3, 40, 40) * 255, "images / 255"),
    (torch.rand(1, 3, 40, 40) * 2 - 1, r"run from -1.00 to 1.00; .*\[0, 1\]: images / 2 \+ 0.5"),
    (torch.full((1, 3, 40, 40), float("nan")), "NaN or infinity in 4800 of 4800"),
]


@pytest.mark.parametrize("pictures, words", WRONG_PICTURES, ids=range(len(WRONG_PICTURES)))
def test_wrong_pictures_are_one_sentence(tiny, pictures, words):
    with pytest.raises(ValueError, match=words) as error:
        class_logits(*tiny, pictures)
    assert "\n" not in str(error.value)


def test_the_shipped_resnet_names_the_animals_of_photos():
    model, transforms, classes = load_resnet("pocket", device="cpu")
    data = ZooDataset(24, seed=5, split="all", cache=False, medium="photo")
    images = torch.stack([data[i]["image"] for i in range(24)]) / 2 + 0.5
    logits = animal_logits(class_logits(model, transforms, images), classes)
    truth = torch.tensor([ANIMALS.index(data.scene(i).animal) for i in range(24)])
    assert accuracy_by_group(logits, truth, torch.zeros(24).long()).item() >= 0.95
