"""Controls for the notebooks.  Each only connects a control to a public function, and leaves a static picture."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def progress(items: Iterable[Item], total: int, label: str = "training") -> Iterator[Item]:
    """A progress bar that becomes one steady line when it is done: tqdm would leave a dead widget in a saved notebook.

    items: anything to loop over.  total: how many.  Works without widgets, in JupyterLab, VS Code and papermill.
    """
    from IPython.display import HTML, display

    def bar(done: int) -> HTML:
        return HTML(
            f"<div class='course-progress' style='font:13px sans-serif;color:#4A4D55'>{label} &nbsp;"
            f"<progress value='{done}' max='{total}' style='width:320px;accent-color:#D9480F'></progress>"
            f" &nbsp;{done} of {total}</div>"
        )

    handle = display(bar(0), display_id=True)
    done = 0
    for done, item in enumerate(items, 1):
        yield item
        if handle and done % max(1, total // 50) == 0:
            handle.update(bar(done))
    if handle:
        handle.update(
            HTML(
                f"<div class='course-progress' style='font:13px sans-serif;color:#4A4D55'>✓ {label}: {done} of {total} done</div>"
            )
        )


def explorer(draw: Callable, **controls):
    """Controls above a picture: `draw(**values)` is called again when a control is let go, and draws with matplotlib.

    controls: ipywidgets by argument name.  Returns the box to display.  Usable by keyboard: Tab, then arrow keys.
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt

    picture = w.Output()

    def redraw(_=None) -> None:
        values = {name: control.value for name, control in controls.items()}
        with picture:
            picture.clear_output(wait=True)
            draw(**values)
            plt.show()

    for control in controls.values():
        control.style.description_width = "initial"
        control.observe(redraw, names="value")
    # The first picture is drawn by the notebook itself, as an ordinary figure that stays without a kernel.
    return w.VBox([w.HBox(list(controls.values()), layout=w.Layout(flex_flow="row wrap")), picture])


def show(widget) -> None:
    """Display a widget; a reader without a kernel sees one sentence in its place."""
    from IPython.display import display

    display(
        {**widget._repr_mimebundle_(), "text/plain": "(Run this notebook to use the controls.)"}, raw=True
    )


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


def denoise_stepper(path, guesses, times: list[int]) -> None:
    """Step through a stored sampling run: x_t above, the network's guess of x0 below.

    path, guesses: (steps, N, 1, H, W) in [-1, 1].  times: the t of each step.
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt

    from course_lib.plots import plot_step

    def draw(step: int):
        plot_step(path[step], guesses[step], times[step])

    slider = w.IntSlider(
        len(times) // 2, 0, len(times) - 1, description="sampling step", continuous_update=False
    )
    show(explorer(draw, step=slider))
    draw(len(times) // 2)
    plt.show()


def sampler_explorer(model, alpha_bar) -> None:
    """Sampler, steps, guidance, digit and seed under the hand; draws eight digits when a control is let go.

    model: class-conditional, predicts v, (B, 1, 16, 16).  alpha_bar: (T,).
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt
    import torch

    from course_lib.plots import plot_image_grid
    from course_lib.samplers import SAMPLERS, guided, last

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


def sentence_search(score: Callable, images, text: str, best: int = 8) -> None:
    """A text box, and the pictures that fit best to what is typed into it; press Enter to search.

    score: text -> (N,) similarities.  images: (N, 3, H, W) in [-1, 1].  text: the first search.
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt

    from course_lib.plots import plot_image_grid

    def draw(text: str):
        found = score(text)
        order = found.argsort(descending=True)[:best].tolist()
        figure = plot_image_grid(images[order], [f"{found[i]:.2f}" for i in order], columns=best, size=1.1)
        figure.suptitle(text, x=0.01, y=1.18, ha="left", fontsize=11)

    box = w.Text(text, description="search for", continuous_update=False, layout=w.Layout(width="480px"))
    show(explorer(draw, text=box))
    draw(text)
    plt.show()


def prompt_box(pipe, prompt: str, *, steps: int = 25, guidance: float = 4.0, seed: int = 0) -> None:
    """A text box and a seed: paints when Enter is pressed.

    pipe: a StableDiffusionPipeline.  prompt: the first one, painted at once.
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt
    import torch

    from course_lib.plots import plot_pictures

    def draw(prompt: str, seed: int):
        generator = torch.Generator().manual_seed(seed)
        picture = pipe(
            prompt, num_inference_steps=steps, guidance_scale=guidance, generator=generator
        ).images[0]
        plot_pictures([picture], [f"{prompt}\nseed {seed}"], columns=1, size=3)

    show(explorer(
        draw,
        prompt=w.Text(prompt, description="prompt", continuous_update=False, layout=w.Layout(width="560px")),
        seed=w.BoundedIntText(seed, 0, 999_999, description="seed"),
    ))  # fmt: skip
    draw(prompt, seed)
    plt.show()
