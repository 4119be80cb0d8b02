"""The chain with stand-ins that are fast: a pipeline that paints one colour per class, a judge that sees colours."""

from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn

from course_lib.learning.chain import run_chain, score
from course_lib.learning.image_files import read_metadata
from tests.small_resnet import small_resnet

PROMPTS = {"red": ["a red square", "a red room"], "blue": ["a blue square"]}
COLOURS = {"red": (230, 40, 30), "blue": (40, 60, 220)}
same = lambda x: x * 2 - 1


class Painter:
    """Stands in for a StableDiffusionPipeline: a picture of the colour that the prompt names, with some noise."""

    def __init__(self, swap=()):
        self.config, self.scheduler = SimpleNamespace(_name_or_path="painter"), object()
        self.text_encoder = self.unet = self.vae = nn.BatchNorm1d(1)  # weights that are always the same
        self.calls, self.swap = 0, swap

    def set_progress_bar_config(self, **_):
        pass

    def __call__(self, prompts, *, generator, **_):
        images = []
        for prompt, g in zip(prompts, generator):
            name = next(word for word in COLOURS if word in prompt)
            if self.calls in self.swap:
                name = "blue" if name == "red" else "red"
            noise = torch.randint(-25, 25, (32, 32, 3), generator=g)
            pixels = (torch.tensor(COLOURS[name]) + noise).clamp(0, 255).to(torch.uint8)
            images.append(Image.fromarray(pixels.numpy()))
            self.calls += 1
        return SimpleNamespace(images=images)


class Judge:
    """Sees the mean colour of a picture; reads "red" and "blue"."""

    def image_features(self, images):
        return nn.functional.normalize(images.mean(dim=(2, 3)) + 1, dim=1)

    def text_features(self, texts):
        named = [next(COLOURS[word] for word in COLOURS if word in text) for text in texts]
        return nn.functional.normalize(torch.tensor(named).float(), dim=1)


@pytest.fixture
def resnet():
    return small_resnet()


def new_pictures():
    red, blue = (torch.tensor(COLOURS[name]).view(1, 3, 1, 1) / 127.5 - 1 for name in ("red", "blue"))
    rest = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(3)) * 0.2 - 0.1
    return (torch.cat([blue.expand(4, 3, 32, 32), red.expand(4, 3, 32, 32)]) + rest).clamp(-1, 1)


TEST_LABELS = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])  # blue, red: sorted


def run(pipe, resnet, folder, **changed):
    options = dict(n_per_class=6, keep=0.5, steps=1) | changed
    prompts = options.pop("prompts", PROMPTS)
    labels = options.pop("labels", TEST_LABELS)
    return run_chain(pipe, Judge(), resnet, same, folder, prompts, new_pictures(), labels, **options)


def test_every_stage(resnet, tmp_path):
    chain = run(Painter(), resnet, tmp_path / "painted", n_per_class=12)
    assert chain.classes == ("blue", "red") and chain.images.shape == (24, 3, 32, 32)
    assert chain.agreement.value == 1 and chain.kept.sum() == 12
    number = torch.arange(12).repeat(2)
    for label, name in enumerate(chain.classes):  # the best half of each prompt
        for prompt in range(len(PROMPTS[name])):
            group = (chain.labels == label) & (number % len(PROMPTS[name]) == prompt)
            kept, left = (chain.scores[group & which] for which in (chain.kept, ~chain.kept))
            assert len(kept) == len(left) and kept.min() >= left.max()
    assert chain.tested.value == chain.unfiltered.value == 1 and torch.equal(chain.answers, TEST_LABELS)
    assert [entry["score"] for entry in read_metadata(tmp_path / "painted")] == pytest.approx(
        chain.scores.tolist()
    )


def test_it_goes_on_where_it_stopped(resnet, tmp_path):
    pipe = Painter()
    first = run(pipe, resnet, tmp_path / "painted", n_per_class=4)
    assert pipe.calls == 8
    (tmp_path / "painted" / "red" / "00001.png").unlink()
    again = run(pipe, resnet, tmp_path / "painted", n_per_class=4)
    assert pipe.calls == 9 and torch.equal(first.images, again.images) and first.tested == again.tested


def test_pictures_of_the_wrong_class_are_not_learned_from(resnet, tmp_path):
    chain = run(Painter(swap=(0, 7)), resnet, tmp_path / "painted", keep=1.0)
    assert chain.agrees.sum() == 10 and torch.equal(chain.kept, chain.agrees)
    assert chain.agreement.value == pytest.approx(10 / 12)


def test_leaks_are_counted(resnet, tmp_path, monkeypatch):
    first = run(Painter(), resnet, tmp_path / "painted", keep=1.0)
    assert first.leaked == 0
    stolen = torch.cat([first.images[:3] * 0.9, new_pictures()[3:]])  # three painted blue ones, darker
    monkeypatch.setattr(f"{__name__}.new_pictures", lambda: stolen)
    assert run(Painter(), resnet, tmp_path / "painted", keep=1.0).leaked == 3


def test_score_takes_the_picture_s_own_prompt():
    looks = nn.functional.normalize(torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0.6, 0.8, 0]]), dim=1)
    table = {"p": [1.0, 0, 0], "q": [0, 1.0, 0], "r": [0, 0, 1.0]}
    judge = SimpleNamespace(text_features=lambda texts: torch.tensor([table[text] for text in texts]))
    prompts = {"a": ["p", "q"], "b": ["r"]}
    scores, agrees = score(judge, looks, torch.tensor([0, 0, 1]), torch.tensor([0, 3, 0]), prompts)
    assert torch.allclose(scores, torch.tensor([1.0, 1.0, 0.0])) and agrees.tolist() == [True, True, False]


BAD = [
    (dict(prompts={"red": ["a red square"]}), "1 class, but a classifier needs two or more"),
    (dict(keep=0), "keep is 0"),
    (dict(keep=1.5), "keep is 1.5"),
    (dict(labels=TEST_LABELS + 1), "run from 1 to 2, but the head has 2 outputs"),
    (dict(labels=TEST_LABELS[:3]), "8 pictures need labels"), (dict(labels=TEST_LABELS.tolist()), "labels is a list"),
    (dict(labels=TEST_LABELS.float()), "labels is of type float32"), (dict(labels=None), "labels is None"),
    (dict(keep=None), "keep is None"), (dict(keep="all"), "keep is the text"), (dict(keep=float("nan")), "keep is nan"),
    (dict(prompts=None), "prompts is None"), (dict(prompts={"red": "red", "blue": "blue"}), "a list of texts"),
    (dict(prompts={"red": ["red"], "Red": ["red"]}), "share one folder"), (dict(n_per_class=0), "n_per_class is 0"),
    (dict(seed=-1), "seed is -1"), (dict(steps=1.5), "steps is 1.5"), (dict(guidance=None), "guidance is None"),
    (dict(judge=None), "judge is None"), (dict(resnet="resnet"), "resnet is the text"), (dict(transforms=None), "transforms is None"),
    (dict(folder=None), "folder is None"), (dict(pipe=None), "pipe is None"), (dict(bar=5), "bar is 5"),
    (dict(test_images=new_pictures() * 127), "must lie in"), (dict(test_images=new_pictures()[0]), "has shape"),
    (dict(test_images=None), "test_images is None"), (dict(test_images=new_pictures().numpy()), "numpy array"),
]  # fmt: skip


@pytest.mark.parametrize("changed, words", BAD)
def test_bad_arguments_before_anything_is_painted(resnet, tmp_path, changed, words):
    pipe, keys = Painter(), {"labels": "test_labels"}
    right = dict(
        pipe=pipe, judge=Judge(), resnet=resnet, transforms=same, folder=tmp_path / "painted", prompts=PROMPTS,
        test_images=new_pictures(), test_labels=TEST_LABELS, n_per_class=6,
    )  # fmt: skip
    with pytest.raises(ValueError, match=words) as caught:
        run_chain(**right | {keys.get(name, name): value for name, value in changed.items()})
    assert "\n" not in str(caught.value) and pipe.calls == 0 and not (tmp_path / "painted").exists()


def test_a_class_without_a_picture(resnet, tmp_path):
    with pytest.raises(ValueError, match="leave no picture of 'blue'"):
        run(Painter(swap=range(6, 12)), resnet, tmp_path / "painted")


def test_a_folder_with_another_class(resnet, tmp_path):
    run(Painter(), resnet, tmp_path / "painted")
    with pytest.raises(ValueError, match="holds the classes"):
        run(Painter(), resnet, tmp_path / "painted", prompts={"red": PROMPTS["red"], "bluer": ["a blue sea"]})
