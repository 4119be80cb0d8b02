"""The schedules and the algebra of eps, x0 and v, against diffusers."""

import diffusers
import numpy as np
import pytest
import torch
from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr as their_rescale

from course_lib.diffusion import schedule as s
from course_lib.lessons.days import HOME

REFERENCE = HOME / "tests" / "references" / "schedules.npz"
T = torch.tensor([0, 10, 500, 999])
X0 = torch.rand(4, 1, 4, 4) * 2 - 1
EPS = torch.randn(4, 1, 4, 4)
ALPHA_BAR = s.alphas_cumprod(s.linear_betas())


@pytest.mark.parametrize("ours, theirs", [(s.linear_betas, "linear"), (s.cosine_betas, "squaredcos_cap_v2")])
@pytest.mark.parametrize("steps", [50, 1000])
def test_betas(ours, theirs, steps):
    expected = diffusers.DDPMScheduler(steps, beta_schedule=theirs, beta_start=1e-4, beta_end=0.02).betas
    torch.testing.assert_close(ours(steps), expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("betas", [s.linear_betas(), s.linear_betas(50), s.linear_betas(20, 1e-3, 0.2)])
def test_rescale(betas):
    torch.testing.assert_close(s.rescale_zero_terminal_snr(betas), their_rescale(betas), rtol=1e-4, atol=1e-5)


def test_noise_and_velocity():
    theirs = diffusers.DDPMScheduler(beta_schedule="linear")
    torch.testing.assert_close(
        s.add_noise(X0, T, EPS, ALPHA_BAR), theirs.add_noise(X0, EPS, T), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(
        s.training_target(X0, EPS, T, ALPHA_BAR, "v"), theirs.get_velocity(X0, EPS, T), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("prediction", s.PREDICTIONS)
def test_there_and_back(prediction):
    ab = s.alphas_cumprod(s.linear_betas(1000, 1e-4, 0.01))
    xt = s.add_noise(X0, T, EPS, ab)
    out = s.training_target(X0, EPS, T, ab, prediction)
    torch.testing.assert_close(s.to_x0(out, xt, T, ab, prediction), X0, rtol=1e-2, atol=2e-3)
    torch.testing.assert_close(s.to_eps(out, xt, T, ab, prediction), EPS, rtol=1e-2, atol=2e-2)


def test_steps_add_up_to_the_jump():
    betas = s.linear_betas(20, 0.01, 0.1)
    torch.manual_seed(0)
    x = torch.full((20000,), 0.7)
    for beta in betas:
        x = s.noise_step(x, beta, torch.randn_like(x))
    ab = s.alphas_cumprod(betas)[-1]
    assert abs(x.mean() - 0.7 * ab.sqrt()) < 0.02 and abs(x.var() - (1 - ab)) < 0.02


def test_known_factors_of_a_cut_schedule():
    for steps, factor in ((1000, 0.006), (500, 0.080), (200, 0.364), (50, 0.776)):
        assert abs(s.alphas_cumprod(s.linear_betas(steps))[-1].sqrt().item() - factor) < 6e-4


def test_stored_reference():
    """Small stored arrays: a change of any schedule shows here."""
    with np.load(REFERENCE) as stored:
        for name, betas in (("linear", s.linear_betas()), ("cosine", s.cosine_betas())):
            np.testing.assert_allclose(s.alphas_cumprod(betas)[::50], stored[name], rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("make", [s.linear_betas, s.cosine_betas])
def test_no_steps(make):
    with pytest.raises(ValueError, match="T is 0, but must be a whole number, 1 or more"):
        make(0)


@pytest.mark.parametrize(
    "t, words",
    [
        ([1000], "t runs from 1000 to 1000; this schedule has steps 0 to 999"),
        ([-1], "from -1"),
        ([1, 2], "does not fit x0: N is 2 here and 1 there"),
    ],
)
def test_bad_t(t, words):
    with pytest.raises(ValueError, match=words):
        s.add_noise(X0[:1], torch.tensor(t), EPS[:1], ALPHA_BAR)


def test_unknown_prediction():
    with pytest.raises(ValueError, match="Unknown prediction: 'noise'. Choose one of: eps, x0, v"):
        s.to_x0(EPS, X0, T, ALPHA_BAR, "noise")


def test_rescale_needs_two_steps():
    with pytest.raises(ValueError, match="at least 2 steps"):
        s.rescale_zero_terminal_snr(torch.tensor([0.1]))
