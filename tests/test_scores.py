"""CLIPScore against torchmetrics, and the best of n."""

import pytest
import torch
from torch import nn
from torchmetrics.functional.multimodal import clip_score as torchmetrics_clip_score

from course_lib.measuring.scoring import best_of, clip_score


class GivenFeatures(nn.Module):
    """Stands in for a CLIP: its features are handed to it."""

    config = None

    def __init__(self, images, texts):
        super().__init__()
        self.images, self.texts = images, texts

    def get_image_features(self, *_):
        return self.images

    def get_text_features(self, *_):
        return self.texts


def processor(images=None, text=None, **_):
    one = torch.zeros(1, 1)
    return {"pixel_values": one} if text is None else {"input_ids": one, "attention_mask": one}


def features(seed: int = 0, n: int = 9):
    a, b = torch.randn(2, n, 6, generator=torch.Generator().manual_seed(seed))
    return 3 * a, a + 0.5 * b  # of uneven length, and all nearer than at right angles


def test_clip_score_is_torchmetrics_up_to_the_factor():
    a, b = features()
    assert (clip_score(a, b) > 0).all()
    pictures, texts = [torch.zeros(3, 4, 4)] * len(a), ["x"] * len(a)
    theirs = torchmetrics_clip_score(pictures, texts, lambda: (GivenFeatures(a, b), processor))
    torch.testing.assert_close(clip_score(a, b).mean() / 2.5 * 100, theirs)


def test_clip_score_runs_from_0_to_2_5():
    a, b = features()
    torch.testing.assert_close(clip_score(a, a), torch.full((9,), 2.5))
    assert torch.equal(clip_score(a, -a), torch.zeros(9))
    # torchmetrics cuts off after the mean, this one picture by picture
    torch.testing.assert_close(clip_score(a[:2], torch.stack([a[0], -a[1]])), torch.tensor([2.5, 0.0]))
    assert clip_score(a, b).shape == (9,)


def test_best_of_picks_one_in_each_group():
    scores = torch.tensor([[1.0, 4.0, 3.0, 2.0, 0.0, 9.0], [6.0, 5.0, 1.0, 2.0, 4.0, 3.0]])
    assert best_of(scores, 1).tolist() == [[0, 1, 2, 3, 4, 5]] * 2
    assert best_of(scores, 2).tolist() == [[1, 2, 5], [0, 3, 4]]
    assert best_of(scores, 3).tolist() == [[1, 5], [0, 4]]
    assert best_of(scores, 6).tolist() == [[5], [0]]


def test_best_of_more_is_never_worse():
    scores = torch.randn(5, 8, generator=torch.Generator().manual_seed(2))
    means = [scores.gather(1, best_of(scores, n)).mean().item() for n in (1, 2, 4, 8)]
    assert means == sorted(means) and means[0] == pytest.approx(scores.mean().item())


@pytest.mark.parametrize("n", [3, 16])
def test_groups_that_do_not_fill_the_row(n):
    with pytest.raises(ValueError, match=f"8 pictures cannot be split into groups of {n}"):
        best_of(torch.zeros(2, 8), n)
