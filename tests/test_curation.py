"""Choosing pictures: the best of each group, diversity, twins, and what the test has seen before."""

import shutil

import pytest
import torch
from PIL import Image

from course_lib.learning.curation import (
    diversity,
    find_leaks,
    keep_best,
    keep_by_score,
    leaks,
    near_duplicates,
)
from tests.test_image_files import save
from tests.test_synthetic import one_sentence


def test_keep_best():
    scores = torch.tensor([0.1, 0.9, 0.5, 5.0, 7.0, 6.0, 8.0])
    groups = torch.tensor([0, 0, 0, 1, 1, 1, 1])
    assert keep_best(scores, groups, 2 / 3).tolist() == [False, True, True, False, True, True, True]
    assert keep_best(scores, groups, 0).sum() == 0 and keep_best(scores, groups, 1).all()


def test_diversity():
    assert diversity(torch.eye(4) * 3).item() == pytest.approx(1)
    assert diversity(torch.ones(5, 3)).item() == pytest.approx(0, abs=1e-6)
    assert diversity(torch.tensor([[1.0, 0], [-2, 0]])).item() == pytest.approx(2)


def test_diversity_does_not_depend_on_n():
    """So sets of different sizes can be compared: on average, a few pictures say what many say."""
    rows = torch.randn(3000, 8, generator=torch.Generator().manual_seed(0)) + 1
    few = torch.stack([diversity(part) for part in rows.split(5)]).mean()
    assert few == pytest.approx(diversity(rows).item(), abs=0.02)


def test_near_duplicates():
    rows = torch.tensor([[1.0, 0], [0, 1], [5, 0.01], [0, -1], [0.001, 3]])
    assert near_duplicates(rows, 0.99).tolist() == [[0, 2], [1, 4]]
    assert near_duplicates(rows, 1.1).shape == (0, 2)


def test_leaks():
    train, test = torch.tensor([[1.0, 0], [0, 2]]), torch.tensor([[3.0, 0.01], [1, 1], [-1, 0]])
    assert leaks(train, test, 0.99).tolist() == [True, False, False]


class Eye:
    """A judge that sees nothing but pixels."""

    def image_features(self, images):
        return images.flatten(1)


@pytest.fixture
def folders(tmp_path):
    for part in ("train", "test"):
        for k in range(4):
            save(tmp_path / part / "ab"[k % 2] / f"{k}.png", seed=k + 10 * (part == "test"))
    return tmp_path / "train", tmp_path / "test"


def test_no_leak_is_no_leak(folders):
    assert find_leaks(*folders, Eye(), 2.0) == []


def test_a_planted_copy_is_found(folders):
    train, test = folders
    shutil.copy(train / "b" / "3.png", test / "a" / "planted.png")
    (leak,) = find_leaks(train, test, Eye(), 2.0)  # no cosine is 2: found by its bytes alone
    assert (leak.test, leak.train, leak.identical) == ("a/planted.png", "b/3.png", True)
    assert leak.similarity == pytest.approx(1)


def test_a_copy_saved_again_is_found_by_its_features(folders):
    train, test = folders
    picture = Image.open(train / "b" / "3.png")
    picture.point(lambda value: value * 3 // 4).save(test / "a" / "darker.png")
    picture.save(test / "a" / "planted.png", compress_level=0)
    assert find_leaks(train, test, Eye(), 2.0) == []
    found = find_leaks(train, test, Eye(), 0.6)
    assert [leak[:2] for leak in found] == [("a/planted.png", "b/3.png"), ("a/darker.png", "b/3.png")]
    assert found[0].similarity == pytest.approx(1) and 0.6 < found[1].similarity < 0.99
    assert not found[0].identical and not found[1].identical


def test_keep_by_score():
    line = lambda name, label, prompt, score: {
        "file_name": name,
        "label": label,
        "prompt": prompt,
        "score": score,
    }
    metadata = [
        line("1", "a", "x", 1.0),
        line("2", "a", "y", 2.0),
        line("3", "b", "z", 0.5),
        line("4", "b", "z", 0.2),
    ]
    names = lambda **how: [entry["file_name"] for entry in keep_by_score(metadata, **how)]
    assert names() == ["1", "2", "3", "4"] and names(threshold=0.5) == ["1", "2", "3"]
    assert names(share=0.5) == ["2", "3"] and names(share=0.5, threshold=0.9) == ["2"]
    assert names(share=0.9, by="prompt") == ["1", "2", "3", "4"]
    assert names(share=0.6, by="prompt") == ["1", "2", "3"]
    del metadata[2]["score"]
    with pytest.raises(ValueError) as error:
        names(threshold=0)
    one_sentence(error, "1 pictures have no score, such as 3")


NAN, INF = float("nan"), float("inf")
ROWS, SCORES, GROUPS = torch.rand(4, 3) + 0.1, torch.rand(4), torch.tensor([0, 0, 1, 1])
LINE = {"file_name": "a/0.png", "label": "a", "prompt": "an a", "score": 0.5}
NO_ROWS = [
    None,
    "x",
    ROWS.tolist(),
    ROWS.numpy(),
    ROWS[0],
    ROWS[:0],
    ROWS.long(),
    ROWS.to(torch.complex64),
    ROWS * NAN,
]
NO_NUMBERS = [None, "high", NAN, INF, [0.5], True, 1j]


def wrong():
    """(function, right arguments, the one that is wrong, what it may not be)."""
    rows = dict(features=ROWS, threshold=0.5)
    yield from (
        (near_duplicates, rows, "features", NO_ROWS),
        (near_duplicates, rows, "threshold", NO_NUMBERS),
    )
    yield diversity, dict(features=ROWS), "features", [*NO_ROWS, ROWS[:1]]
    both = dict(train_features=ROWS, test_features=ROWS, threshold=0.5)
    for name in ("train_features", "test_features"):
        yield leaks, both, name, [*NO_ROWS, ROWS[:, :2]]
    yield leaks, both, "threshold", NO_NUMBERS
    best = dict(scores=SCORES, groups=GROUPS, share=0.5)
    yield (
        keep_best,
        best,
        "scores",
        [None, SCORES[:3], SCORES.tolist(), SCORES[None], SCORES * NAN, SCORES.long()],
    )
    yield keep_best, best, "groups", [None, GROUPS[:3], GROUPS.tolist(), GROUPS.float(), GROUPS.bool()]
    yield keep_best, best, "share", [*NO_NUMBERS, -0.1, 1.1, 75]
    lines = dict(metadata=[LINE], share=0.5, threshold=0.5)
    no_lines = [
        None,
        "x",
        LINE,
        [3],
        [{}],
        [{"file_name": "a"}],
        [LINE | {"score": NAN}],
        [LINE | {"score": "high"}],
    ]
    yield keep_by_score, lines, "metadata", no_lines
    yield keep_by_score, lines, "share", [*NO_NUMBERS[1:], -0.1, 1.1, 75]
    yield keep_by_score, lines, "threshold", NO_NUMBERS[1:]
    yield keep_by_score, lines, "by", [None, "place", 3, ["label"]]


@pytest.mark.parametrize("function, right, name, values", wrong(), ids=lambda x: getattr(x, "__name__", None))
def test_wrong_arguments(function, right, name, values):
    function(**right)
    for value in values:
        with pytest.raises(ValueError) as error:
            function(**right | {name: value})
        one_sentence(error)


def test_wrong_arguments_of_find_leaks(folders):
    train, test = folders
    right = dict(train=train, test=test, judge=Eye(), threshold=0.5)
    wrong = dict(
        train=[None, 5, train / "none"],
        test=[None, ""],
        judge=[None, "clip"],
        threshold=NO_NUMBERS,
        size=[0, 1.5, "8"],
    )
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(ValueError) as error:
                find_leaks(**right | {name: value})
            one_sentence(error)
