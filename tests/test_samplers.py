"""Every sampler equals its diffusers scheduler, on a network whose answer is known: the best one for Gaussian data."""

import diffusers
import pytest
import torch

from course_lib.diffusion import samplers
from course_lib.diffusion.schedule import (
    alphas_cumprod,
    cosine_betas,
    linear_betas,
    rescale_zero_terminal_snr,
)

MEAN, STD = 0.3, 0.4  # the data: x0 ~ N(MEAN, STD^2) in every pixel
START = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
BETAS = {
    "linear": linear_betas(),
    "cosine": cosine_betas(),
    "zero SNR": rescale_zero_terminal_snr(linear_betas()),
}


def best_answer(alpha_bar, prediction):
    """The ideal network for Gaussian data: its guess of x0 is the posterior mean."""

    def denoise(x, t):
        ab = alpha_bar[t].view(-1, 1, 1, 1)
        x0 = MEAN + ab.sqrt() * STD**2 / (ab * STD**2 + 1 - ab) * (x - ab.sqrt() * MEAN)
        eps = (x - ab.sqrt() * x0) / (1 - ab).sqrt()
        return {"x0": x0, "eps": eps, "v": ab.sqrt() * eps - (1 - ab).sqrt() * x0}[prediction]

    return denoise


def common(betas, prediction):
    kind = {"eps": "epsilon", "v": "v_prediction", "x0": "sample"}[prediction]
    return {"trained_betas": betas.numpy(), "prediction_type": kind, "timestep_spacing": "trailing"}


def walk(scheduler, denoise, steps, x=START, **kwargs):
    """Sample with a diffusers scheduler."""
    scheduler.set_timesteps(steps)
    x = x * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        seen = scheduler.scale_model_input(x, t)
        x = scheduler.step(denoise(seen, t.long().expand(len(x))), t, x, **kwargs).prev_sample
    return x


def ours(sample, betas, prediction, steps, x=START, **kwargs):
    ab = alphas_cumprod(betas)
    return samplers.last(sample(best_answer(ab, prediction), x, ab, steps, prediction=prediction, **kwargs))


@pytest.mark.parametrize(
    "schedule, prediction",
    [("linear", "eps"), ("linear", "v"), ("linear", "x0"), ("zero SNR", "v"), ("cosine", "v")],
)
@pytest.mark.parametrize("steps", [5, 10, 25])
@pytest.mark.parametrize("clip", [True, False])
def test_ddim(schedule, prediction, steps, clip):
    betas = BETAS[schedule]
    theirs = diffusers.DDIMScheduler(clip_sample=clip, **common(betas, prediction))
    expected = walk(
        theirs, best_answer(alphas_cumprod(betas), prediction), steps, use_clipped_model_output=True
    )
    torch.testing.assert_close(
        ours(samplers.sample_ddim, betas, prediction, steps, clip=clip), expected, rtol=1e-3, atol=1e-3
    )


def test_ddim_with_eta():
    betas = BETAS["linear"]
    theirs = diffusers.DDIMScheduler(clip_sample=False, **common(betas, "eps"))
    g = torch.Generator().manual_seed(3)
    expected = walk(theirs, best_answer(alphas_cumprod(betas), "eps"), 10, eta=0.7, generator=g)
    g = torch.Generator().manual_seed(3)
    got = ours(samplers.sample_ddim, betas, "eps", 10, eta=0.7, clip=False, generator=g)
    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("schedule, prediction", [("linear", "eps"), ("linear", "v"), ("cosine", "v")])
@pytest.mark.parametrize("steps", [5, 25, 1000])
def test_ddpm(schedule, prediction, steps):
    betas = BETAS[schedule]
    theirs = diffusers.DDPMScheduler(variance_type="fixed_small", **common(betas, prediction))
    expected = walk(
        theirs,
        best_answer(alphas_cumprod(betas), prediction),
        steps,
        generator=torch.Generator().manual_seed(5),
    )
    got = ours(samplers.sample_ddpm, betas, prediction, steps, generator=torch.Generator().manual_seed(5))
    torch.testing.assert_close(got, expected, rtol=1e-3, atol=2e-3)


PEERS = [
    (samplers.sample_euler, diffusers.EulerDiscreteScheduler, {}),
    (samplers.sample_heun, diffusers.HeunDiscreteScheduler, {}),
    (
        samplers.sample_dpmpp_2m,
        diffusers.DPMSolverMultistepScheduler,
        {"algorithm_type": "dpmsolver++", "solver_order": 2},
    ),
]


@pytest.mark.parametrize("sample, scheduler, options", PEERS, ids=["Euler", "Heun", "DPM-Solver++(2M)"])
@pytest.mark.parametrize("prediction", ["eps", "v"])
@pytest.mark.parametrize("steps", [5, 10, 20])
def test_ode_samplers(sample, scheduler, options, prediction, steps):
    betas = BETAS["linear"]
    theirs = scheduler(**options, **common(betas, prediction))
    denoise = best_answer(alphas_cumprod(betas), prediction)
    start = (
        START if scheduler is diffusers.DPMSolverMultistepScheduler else START / theirs_scale(theirs, steps)
    )
    expected = walk(theirs, denoise, steps, start)
    spaced = {"times": samplers.trailing_timesteps(1000, steps)} if sample is samplers.sample_heun else {}
    got = ours(sample, betas, prediction, steps, clip=False, **spaced)
    torch.testing.assert_close(got, expected, rtol=2e-3, atol=2e-3)


def theirs_scale(scheduler, steps):
    """diffusers starts x-tilde at noise * init_noise_sigma; ours starts x at plain noise, so x-tilde = noise / sqrt(alpha_bar)."""
    scheduler.set_timesteps(steps)
    sigma = scheduler.sigmas[0]
    return scheduler.init_noise_sigma / (sigma**2 + 1) ** 0.5


def test_euler_with_zero_terminal_snr():
    theirs = diffusers.EulerDiscreteScheduler(
        beta_schedule="linear", beta_start=1e-4, beta_end=0.02, rescale_betas_zero_snr=True,
        prediction_type="v_prediction", timestep_spacing="trailing",
    )  # fmt: skip
    denoise = best_answer(alphas_cumprod(BETAS["zero SNR"]), "v")
    expected = walk(theirs, denoise, 10, START / theirs_scale(theirs, 10))
    torch.testing.assert_close(
        ours(samplers.sample_euler, BETAS["zero SNR"], "v", 10, clip=False), expected, rtol=5e-3, atol=5e-3
    )


@pytest.mark.parametrize("name", samplers.SAMPLERS)
@pytest.mark.parametrize("schedule", ["linear", "cosine", "zero SNR"])
def test_the_data_come_out(name, schedule):
    """With the ideal network and many steps, every sampler draws the data's mean and spread."""
    x = torch.randn(4000, 1, 1, 1, generator=torch.Generator().manual_seed(1))
    out = ours(samplers.SAMPLERS[name], BETAS[schedule], "v", 100, x, clip=False)
    assert abs(out.mean() - MEAN) < 0.05 and abs(out.std() - STD) < 0.06


def test_karras_spacing():
    """The ends are right, t falls, and the sigmas follow diffusers' Karras spacing but for rounding to whole steps."""
    ab = alphas_cumprod(BETAS["linear"])
    times = samplers.karras_timesteps(ab, 10)
    got = ((1 - ab) / ab).sqrt()[times]
    theirs = diffusers.EulerDiscreteScheduler()._convert_to_karras(torch.tensor([20.0, 0.1]), 10)
    assert times == sorted(times, reverse=True)
    torch.testing.assert_close(got, torch.as_tensor(theirs, dtype=torch.float32), rtol=0.1, atol=0.01)


def test_euler_is_ddim():
    for schedule in BETAS:
        got = [ours(s, BETAS[schedule], "v", 20) for s in (samplers.sample_euler, samplers.sample_ddim)]
        torch.testing.assert_close(*got, rtol=1e-2, atol=5e-3)


def test_no_noise_at_the_last_step():
    x = torch.randn(2, 1, 4, 4)
    one = torch.tensor(1.0)
    assert torch.allclose(
        samplers.ddpm_step(x, x * 0.5, torch.tensor(0.9), one, torch.randn_like(x)), x * 0.5, atol=1e-6
    )


def test_each_sampler_yields_every_step():
    ab = alphas_cumprod(BETAS["cosine"])
    for sample in samplers.SAMPLERS.values():
        assert len(list(sample(best_answer(ab, "v"), START, ab, 7))) == 7


def test_guidance_is_one_call_of_both():
    class Model:
        class config:
            num_classes = 10

        def __call__(self, x, t, labels):
            return x * 0 + labels.view(-1, 1, 1, 1)

    labels = torch.tensor([3, 4, 5])
    t = torch.zeros(3, dtype=torch.int64)
    out = samplers.guided(Model(), labels, 2.0)(START, t)
    torch.testing.assert_close(out[:, 0, 0, 0], 10 + 2 * (labels.float() - 10))
    torch.testing.assert_close(samplers.guided(Model(), labels)(START, t)[:, 0, 0, 0], labels.float())


@pytest.mark.parametrize("steps", [0, 1001])
@pytest.mark.parametrize("name", samplers.SAMPLERS)
def test_bad_steps(name, steps):
    with pytest.raises(ValueError, match=f"steps is {steps}, but must be a whole number"):
        ours(samplers.SAMPLERS[name], BETAS["cosine"], "v", steps)


def test_t_out_of_range():
    with pytest.raises(ValueError, match="t is 1000, but must be a whole number from 0 to 999"):
        samplers.guesses(print, START, 1000, alphas_cumprod(BETAS["linear"]))
