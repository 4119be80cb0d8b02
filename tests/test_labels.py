"""Labels: the wrong ones are wrong in one word, probabilities are CLIP's own, and unfair lists are refused."""

import numpy as np
import pytest
import torch

from course_lib.measuring.labels import (
    check_labels,
    label_cosines,
    label_probabilities,
    label_set,
    rivals,
    softmax_with_temperature,
    win_rate,
)
from course_lib.measuring.scoring import FIELDS, Judge
from course_lib.words.clip import cosine_similarity_matrix, zero_shot
from course_lib.zoo import random_scene

OWL = random_scene(0, animal="owl", medium="watercolor painting", place="on a tree branch")


@pytest.fixture(scope="module")
def images():
    return torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_rivals_are_all_other_words_in_the_same_sentence():
    for field, words in FIELDS.items():
        others = [word for word in words if word != getattr(OWL, field)]
        assert len(rivals(OWL, field)) == len(words) - 1
        assert all(word in text for word, text in zip(others, rivals(OWL, field), strict=True))
    assert rivals(OWL, "animal")[0] == "a watercolor painting of a red fox on a tree branch"
    with pytest.raises(ValueError, match="Unknown field of a label: 'pose'"):
        rivals(OWL, "pose")


def test_a_flaw_stays_in_every_label():
    blurry = random_scene(0, animal="owl", flaws=("blurry",))
    assert all(
        text.endswith("on a tree branch, blurry") or text.endswith(", blurry")
        for text in rivals(blurry, "animal")
    )


def test_a_label_set_has_one_wrong_word_of_each_kind():
    labels = label_set(OWL, 3)
    assert list(labels) == ["right", "wrong animal", "wrong medium", "wrong place"]
    assert labels["right"] == "a watercolor painting of an owl on a tree branch"
    for field in FIELDS:
        assert labels[f"wrong {field}"] in rivals(OWL, field)
    assert labels == label_set(OWL, np.random.default_rng(3))
    assert len({label_set(OWL, seed)["wrong animal"] for seed in range(40)}) == 11  # all of them are drawn


def test_the_temperature_is_one_over_the_scale():
    a, b = torch.randn(3, 6), torch.randn(5, 6)
    mine = softmax_with_temperature(cosine_similarity_matrix(a, b), 1 / 30)
    torch.testing.assert_close(mine, zero_shot(a, b, 30.0))


def test_a_low_temperature_is_sharper_and_keeps_the_order():
    similarities = torch.tensor([[0.9, 0.6, 0.5]])
    shares = [softmax_with_temperature(similarities, t)[0] for t in (10.0, 1.0, 0.1, 0.01)]
    assert all((p.diff() < 0).all() for p in shares[:3])
    assert (
        [p[0] for p in shares] == sorted(p[0] for p in shares)
        and shares[0][0] < 0.35
        and shares[-1][0] > 0.99
    )


def test_win_rate_counts_pictures_that_beat_all():
    right = torch.tensor([3.0, 3.0, 3.0, 1.0])
    wrong = torch.tensor([[1.0, 2.0], [1.0, 4.0], [3.0, 1.0], [2.0, 2.0]])  # wins, loses to one, ties, loses
    assert win_rate(right, wrong).item() == 0.25
    assert win_rate(right, wrong[:, :1]).item() == 0.5


def test_probabilities_are_clip_s_own(judge, images):
    labels = ["an owl", "a hawk", "a cat in the snow"]
    texts = judge.processor(text=labels, padding=True, return_tensors="pt")
    pixels = judge.processor(images=list(images / 2 + 0.5), return_tensors="pt", do_rescale=False)
    with torch.no_grad():
        expected = judge.clip(**texts, **pixels).logits_per_image.softmax(dim=1)
    torch.testing.assert_close(label_probabilities(judge, images, labels), expected, rtol=1e-3, atol=1e-4)


def test_each_picture_is_compared_with_its_own_list(judge, images):
    lists = [["an owl", "a cat"], ["a hawk", "a frog"], ["a duck", "a panda"]]
    features = judge.image_features(images)
    found = label_cosines(judge, features, lists)
    for i, some in enumerate(lists):
        torch.testing.assert_close(
            found[i], cosine_similarity_matrix(features[i : i + 1], judge.text_features(some))[0]
        )
    for wrong in (lists[:2], [["an owl"], ["a cat", "a frog"], ["a duck"]], []):
        with pytest.raises(ValueError, match=f"^{len(wrong)} lists with .* for 3 pictures"):
            label_cosines(judge, features, wrong)


REFUSED = [
    ([], "There are no labels to choose from; list 2 or more."),
    (["an owl"], "only one label, 'an owl', and the softmax of one label is always 100%"),
    ("an owl", "The labels are one string, 'an owl'; give a list"),
    (["an owl", ""], "The label '' says nothing"),
    (["an owl", None], "The label None says nothing"),
    (["an owl", "a cat", "an owl"], "'an owl' is listed twice"),
    (["an owl", "An  Owl"], "'An  Owl' is listed twice: the judge reads it like 'an owl'; take one off"),
    (["an owl", "a cat " * 40 + "in a hat"], "has 86 tokens, and the judge reads 77: it would never see"),
]


@pytest.mark.parametrize("labels, words", REFUSED, ids=range(len(REFUSED)))
def test_unfair_lists_are_one_sentence(judge, images, labels, words):
    with pytest.raises(ValueError) as error:
        label_probabilities(judge, images, labels)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_what_is_cut_off_is_shown_and_77_tokens_are_read(judge):
    with pytest.raises(ValueError, match="never see 'frog'"):
        check_labels(judge, ["an owl", "cat " * 75 + "frog"])
    check_labels(judge, ["an owl", "cat " * 75])  # 75 words, and the marks of beginning and end


@pytest.mark.parametrize("shape", [(3, 64, 64), (0, 3, 64, 64)])
def test_anything_but_a_batch_of_pictures_is_one_sentence(judge, shape):
    with pytest.raises(ValueError, match="images (has|is)"):
        label_probabilities(judge, torch.zeros(shape), ["an owl", "a cat"])


def test_the_shipped_judge_prefers_right_labels():
    from course_lib.models import load_clip
    from course_lib.zoo import ZooDataset

    judge, data = Judge(*load_clip(device="cpu")), ZooDataset(40, seed=61, split="all")
    features = judge.image_features(torch.stack([data[i]["image"] for i in range(40)]))
    lists = [list(label_set(data.scene(i), i).values()) for i in range(40)]
    cosines = label_cosines(judge, features, lists)
    assert win_rate(cosines[:, 0], cosines[:, 1:]) >= 0.95
