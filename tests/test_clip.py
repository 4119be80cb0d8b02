"""Similarity, the contrastive loss, attention and its recording, and the judge's readings."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel

from course_lib.measuring.scoring import COMPOSITIONS, FIELDS, Reading
from course_lib.words.attention import attend, recorded_attention, word_maps
from course_lib.words.clip import ImageTower, TextTower, clip_loss, cosine_similarity_matrix, zero_shot
from course_lib.zoo import FLAWS, random_scene


def test_similarity_is_torchs():
    a, b = torch.randn(4, 6) * 3, torch.randn(5, 6)
    expected = F.cosine_similarity(a[:, None], b[None], dim=-1)
    torch.testing.assert_close(cosine_similarity_matrix(a, b), expected)


def test_guessing_costs_the_logarithm_of_the_batch():
    same = torch.ones(16, 4)
    assert clip_loss(same, same, 10.0).item() == pytest.approx(torch.tensor(16.0).log().item())
    assert clip_loss(torch.eye(16), torch.eye(16), 100.0).item() < 1e-6


def test_zero_shot_shares_out_one():
    p = zero_shot(torch.randn(3, 6), torch.randn(5, 6), 20.0)
    torch.testing.assert_close(p.sum(1), torch.ones(3))


def test_attention_is_torchs():
    q, k, v = torch.randn(2, 3, 7, 8), torch.randn(2, 3, 5, 8), torch.randn(2, 3, 5, 4)
    torch.testing.assert_close(attend(q, k, v), F.scaled_dot_product_attention(q, k, v))


def test_the_towers_meet_in_one_space():
    images, tokens = torch.rand(4, 3, 64, 64), torch.randint(0, 50, (4, 9))
    assert ImageTower(32)(images).shape == TextTower(50, 32)(tokens).shape == (4, 32)


@pytest.fixture(scope="module")
def unet():
    return UNet2DConditionModel(
        sample_size=8, block_out_channels=(16, 32), layers_per_block=1, cross_attention_dim=12, norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        attention_head_dim=4,
    ).eval()  # fmt: skip


@torch.no_grad()
def test_recording_attention_changes_nothing_and_is_undone(unet):
    x, text, before = torch.randn(2, 4, 8, 8), torch.randn(2, 6, 12), unet.attn_processors
    plain = unet(x, 5, text).sample
    with recorded_attention(unet) as recorder:
        torch.testing.assert_close(unet(x, 5, text).sample, plain, rtol=1e-4, atol=1e-5)
    assert unet.attn_processors == before
    maps = word_maps(recorder, 8)
    assert maps.shape == (6, 8, 8)
    torch.testing.assert_close(maps.sum(0), torch.ones(8, 8))
    with pytest.raises(ValueError, match="No attention at 7 x 7"):
        word_maps(recorder, 7)


def test_a_reading_is_a_share_of_one_per_field(judge):
    reading = judge.read(torch.rand(3, 3, 64, 64) * 2 - 1)
    for field, words in FIELDS.items():
        assert getattr(reading, field).shape == (3, len(words))
        torch.testing.assert_close(getattr(reading, field).sum(1), torch.ones(3))


def test_features_have_length_one_and_do_not_depend_on_the_batch(judge):
    images = torch.rand(70, 3, 64, 64) * 2 - 1
    features = judge.image_features(images)
    torch.testing.assert_close(features.norm(dim=1), torch.ones(70))
    torch.testing.assert_close(judge.image_features(images[66:67]), features[66:67], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(
        judge.text_features(["a photo of a cat by the sea"]).norm(dim=1), torch.ones(1)
    )


def test_agreement_counts_each_field_and_all_three():
    scenes = [random_scene(seed) for seed in range(4)]
    tables = {
        f: F.one_hot(torch.tensor([w.index(getattr(s, f)) for s in scenes]), len(w))
        for f, w in FIELDS.items()
    }
    tables["place"] = tables["place"].roll(1, dims=1)  # every place wrong
    share = Reading(**tables).agreement(scenes)
    assert share == {"animal": 1, "medium": 1, "place": 0, "all three": 0}


def test_compositions_are_in_the_order_that_a_reading_unfolds():
    assert len(COMPOSITIONS) == len(set(COMPOSITIONS)) == 480
    assert COMPOSITIONS[0][1:] == (FIELDS["medium"][0], FIELDS["place"][0])
    assert COMPOSITIONS[1][2] == FIELDS["place"][1] and COMPOSITIONS[8][1] == FIELDS["medium"][1]


def test_flaws_are_asked_of_every_picture(judge):
    found = judge.flaws(torch.rand(5, 3, 64, 64) * 2 - 1)
    assert list(found) == list(FLAWS) and all(
        hits.shape == (5,) and hits.dtype == torch.bool for hits in found.values()
    )
    assert sum(hits.int() for hits in found.values()).max() <= 1  # one flaw at the most


def test_a_wrong_word_or_number_of_words_is_one_sentence():
    reading = Reading(animal=torch.rand(3, 12), medium=torch.rand(3, 5), place=torch.rand(3, 8))
    with pytest.raises(ValueError, match="Unknown animal: 'dog'"):
        reading.agrees("animal", ["cat", "dog", "cat"])
    with pytest.raises(ValueError, match="1 names for 3 pictures"):
        reading.agrees("animal", ["cat"])


def test_texts_that_are_cut_off_are_warned_of_once_with_how_many(judge):
    """Their ends do not count, so their vectors are the same."""
    long = [f"{'a cat ' * 40}and {end}" for end in ("an owl", "a frog")]
    with pytest.warns(
        UserWarning, match="^2 of 3 texts are longer than the 77 tokens .* 'a cat a cat"
    ) as said:
        features = judge.text_features([*long, "a cat"])
    assert len(said) == 1 and torch.equal(features[0], features[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        judge.text_features(["cat " * 75])
