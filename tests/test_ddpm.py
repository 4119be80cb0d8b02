"""Training: the loss, label dropout, the moving average, and the loop as a whole."""

import numpy as np
import pytest
import torch

from course_lib import weights
from course_lib.diffusion.ddpm import diffusion_loss, drop_labels, start_ema, train, update_ema
from course_lib.diffusion.samplers import guided, last, sample_ddim
from course_lib.diffusion.schedule import alphas_cumprod, cosine_betas
from course_lib.diffusion.unet import UNet, UNetConfig
from course_lib.lessons.days import HOME
from course_lib.measuring.digit_judge import DigitJudge
from course_lib.measuring.metrics import fid
from course_lib.pictures.digits import load_digits

ALPHA_BAR = alphas_cumprod(cosine_betas())
TINY = UNetConfig(channels=(8, 16))
REFERENCE = HOME / "tests" / "references" / "toy_sample.npz"


def run(steps=5):
    torch.manual_seed(0)
    images, labels = load_digits()
    model = UNet(TINY)
    ema = start_ema(model)
    losses = [loss for _, loss in train(model, ema, images, labels, ALPHA_BAR, steps=steps, batch_size=16)]
    return losses, ema


def test_loss_falls():
    losses, _ = run(60)
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:5])


def test_training_repeats_with_a_seed():
    (losses_a, a), (losses_b, b) = run(), run()
    assert losses_a == losses_b
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters()))


def test_loss_of_a_perfect_network_is_zero():
    x0 = torch.rand(8, 1, 4, 4) * 2 - 1

    def knows_x0(xt, t, labels):
        ab = ALPHA_BAR[t].view(-1, 1, 1, 1)
        eps = (xt - ab.sqrt() * x0) / (1 - ab).sqrt()
        return ab.sqrt() * eps - (1 - ab).sqrt() * x0

    assert diffusion_loss(knows_x0, x0, None, ALPHA_BAR).item() < 1e-4


def test_labels_drop_one_by_one():
    labels = torch.arange(10000) % 10
    dropped = drop_labels(labels, 10, 0.2)
    assert abs((dropped == 10).float().mean() - 0.2) < 0.02
    assert ((dropped == 10) | (dropped == labels)).all() and labels.max() == 9


def test_ema():
    model = torch.nn.Linear(2, 2)
    ema = start_ema(model)
    before = ema.weight.clone()
    with torch.no_grad():
        model.weight.add_(1.0)
    update_ema(ema, model, 0.75)
    torch.testing.assert_close(ema.weight, before + 0.25)


@pytest.mark.parametrize(
    "images, words",
    [
        (torch.rand(2, 1, 4, 4) * 255, r"must lie in \[-1, 1\]"),
        (torch.zeros(4, 4), r"must be \(N, C, H, W\)"),
    ],
)
def test_bad_images(images, words):
    model = torch.nn.Linear(2, 2)
    with pytest.raises(ValueError, match=words):
        train(model, model, images, torch.zeros(2).long(), torch.ones(5), steps=1)


def test_digits():
    (images, labels), (held_out, _) = load_digits(), load_digits("test")
    assert images.shape == (1297, 1, 16, 16) and held_out.shape == (500, 1, 16, 16)
    assert images.min() == -1 and images.max() == 1 and labels.dtype == torch.int64
    assert torch.cdist(held_out.flatten(1), images.flatten(1)).min() > 0  # no digit is in both
    assert load_digits(size=8)[0].shape[-1] == 8
    with pytest.raises(ValueError, match="Choose one of: train, test"):
        load_digits("valid")
    with pytest.raises(ValueError, match="8 or more"):
        load_digits(size=4)


def test_judge_knows_digits_it_never_saw():
    judge = weights.load("digit-judge", DigitJudge())
    images, labels = load_digits("test")
    assert (judge.recognise(images) == labels).float().mean() >= 0.98
    with pytest.raises(ValueError, match=r"it must be \(B, 1, 16, 16\)"):
        judge(torch.zeros(1, 3, 16, 16))


def test_fid_ranks_real_before_noise():
    judge = weights.load("digit-judge", DigitJudge())
    images, reference = load_digits()[0][:300], load_digits("test")[0]
    assert (
        fid(images, reference, judge.features)
        < 10
        < fid(torch.randn(300, 1, 16, 16).clamp(-1, 1), reference, judge.features)
    )
    assert fid(reference, reference, judge.features) < 1e-3


def test_toy_ddpm_draws_what_it_drew():
    """The shipped weights, from fixed noise, against a small stored reference; and the judge reads the digits."""
    model = weights.load("toy-ddpm", UNet())
    noise = torch.from_numpy(np.random.RandomState(0).randn(10, 1, 16, 16)).float()
    digits = torch.arange(10)
    pictures = last(sample_ddim(guided(model, digits, 2.0), noise, ALPHA_BAR, 10))
    with np.load(REFERENCE) as stored:
        assert np.abs(pictures[:, 0, ::2, ::2].numpy() - stored["pictures"]).mean() < 0.02
    assert (weights.load("digit-judge", DigitJudge()).recognise(pictures) == digits).sum() >= 9


def test_damaged_missing_and_unknown_weights(tmp_path, monkeypatch):
    manifest = weights.MANIFEST.read_text(encoding="utf-8")
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="is missing; bring it back"):
        weights.load("toy-ddpm", UNet())
    (tmp_path / "toy-ddpm").mkdir()
    (tmp_path / "toy-ddpm" / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(ValueError, match="is damaged"):
        weights.load("toy-ddpm", UNet())
    with pytest.raises(ValueError, match="there are: .*toy-ddpm"):
        weights.load("toy", UNet())
    assert weights.MANIFEST.read_text(encoding="utf-8") == manifest
