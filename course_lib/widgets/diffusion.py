"""Controls of the theory days: noise, steps, samplers, latents (days 02 to 05)."""

from collections.abc import Callable
from functools import partial

from course_lib.checks import (
    check_as_many,
    check_callable,
    check_is,
    check_named,
    check_number,
    check_numbers,
    check_tensors,
    takes,
)
from course_lib.widgets.explorer import explorer, show


def _check_schedule(values, name: str) -> None:
    check_tensors("T", **{name: values})


@takes(images="N C H W", alpha_bars=(check_named, _check_schedule), eps="N C H W")
def noise_slider(images, alpha_bars: dict, eps) -> None:
    """A slider over t: the noisy picture, and where t lies on the curve of each schedule.

    images: (N, 1, H, W) in [-1, 1].  alpha_bars: {name of schedule: (T,)}.  eps: (N, 1, H, W).
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt

    from course_lib.plots import plot_noisy_picture

    def draw(t: int, schedule: str, picture: int):
        plot_noisy_picture(images[picture], eps[picture], alpha_bars[schedule], t, schedule)

    names = list(alpha_bars)
    show(explorer(
        draw,
        t=w.IntSlider(300, 0, len(alpha_bars[names[0]]) - 1, 10, description="time step t", continuous_update=False),
        schedule=w.Dropdown(options=names, description="schedule"),
        picture=w.BoundedIntText(0, 0, len(images) - 1, description="picture"),
    ))  # fmt: skip
    draw(300, names[0], 0)
    plt.show()


def _check_run(pictures, name: str, steps: int) -> None:
    """(steps, N, 1, H, W), or a list of so many (N, 1, H, W)."""
    from torch import Tensor

    check_is(pictures, name, (list, tuple, Tensor), "the pictures of each step")
    check_as_many(len(pictures), steps, f"steps in {name}", "times")
    for step in pictures:
        check_tensors("N C H W", **{f"each of {name}": step})


@takes(times=check_numbers)
def denoise_stepper(path, guesses, times: list[int]) -> None:
    """Step through a stored sampling run: x_t above, the network's guess of x0 below.

    path, guesses: (steps, N, 1, H, W) in [-1, 1].  times: the t of each step.
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt

    from course_lib.plots import plot_step

    for name, pictures in (("path", path), ("guesses", guesses)):
        _check_run(pictures, name, len(times))

    def draw(step: int):
        plot_step(path[step], guesses[step], times[step])

    slider = w.IntSlider(
        len(times) // 2, 0, len(times) - 1, description="sampling step", continuous_update=False
    )
    show(explorer(draw, step=slider))
    draw(len(times) // 2)
    plt.show()


@takes(model=check_callable, alpha_bar="T")
def sampler_explorer(model, alpha_bar) -> None:
    """Sampler, steps, guidance, digit and seed under the hand; draws eight digits when a control is let go.

    model: class-conditional, predicts v, (B, 1, 16, 16).  alpha_bar: (T,).
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt
    import torch

    from course_lib.diffusion.samplers import SAMPLERS, guided, last
    from course_lib.plots import plot_image_grid

    def draw(sampler: str, steps: int, scale: float, digit: int, seed: int):
        g = torch.Generator().manual_seed(seed)
        noise, labels = torch.randn(8, 1, 16, 16, generator=g), torch.full((8,), digit)
        pictures = last(SAMPLERS[sampler](guided(model, labels, scale), noise, alpha_bar, steps, generator=g))
        figure = plot_image_grid(pictures, columns=8, size=0.95)
        figure.suptitle(
            f"{sampler}, {steps} steps, guidance {scale:g}, seed {seed}", x=0.01, ha="left", fontsize=11
        )

    show(explorer(
        draw,
        sampler=w.Dropdown(options=list(SAMPLERS), value="DDIM", description="sampler"),
        steps=w.IntSlider(10, 1, 50, description="steps", continuous_update=False),
        scale=w.FloatSlider(value=2.0, min=0.0, max=8.0, step=0.5, description="guidance", continuous_update=False),
        digit=w.IntSlider(7, 0, 9, description="digit", continuous_update=False),
        seed=w.BoundedIntText(0, 0, 9999, description="seed"),
    ))  # fmt: skip
    draw("DDIM", 10, 2.0, 7, 0)
    plt.show()


@takes(decode=check_callable, size=partial(check_number, above=0))
def latent_walker(decode: Callable, size: float = 2.5) -> None:
    """Two sliders over a plane of latents, and the picture that `decode` makes of the point.

    decode: (1, 2) latents to (1, 1, H, W) pictures in [-1, 1].  size: the sliders run from -size to size.
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt
    import torch

    from course_lib.plots import plot_image

    def draw(first: float, second: float):
        with torch.no_grad():
            picture = decode(torch.tensor([[first, second]]))[0]
        plot_image(picture, title=f"z = ({first:.1f}, {second:.1f})", ax=plt.subplots(figsize=(2, 2.2))[1])

    slider = lambda text, value: w.FloatSlider(
        value=value, min=-size, max=size, step=0.1, description=text, continuous_update=False
    )
    show(explorer(draw, first=slider("first number", 0.0), second=slider("second number", 0.0)))
    draw(0.0, 0.0)
    plt.show()
