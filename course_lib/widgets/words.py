"""Text boxes that find or paint a picture (days 00 and 06)."""

from collections.abc import Callable

from course_lib.checks import check_callable, check_count, check_number, check_text, takes
from course_lib.widgets.explorer import explorer, show
from course_lib.widgets.live import GUIDANCE, STEPS, live_checkbox, live_painter


@takes(score=check_callable, images="N C H W", text=check_text, best=check_count)
def sentence_search(score: Callable, images, text: str, best: int = 8) -> None:
    """A text box, and the pictures that fit best to what is typed into it; press Enter to search.

    score: text -> (N,) similarities.  images: (N, 3, H, W) in [-1, 1].  text: the first search.
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt

    from course_lib.plots import as_typed, plot_image_grid

    def draw(text: str):
        found = score(text)
        order = found.argsort(descending=True)[:best].tolist()
        figure = plot_image_grid(images[order], [f"{found[i]:.2f}" for i in order], columns=best, size=1.1)
        figure.suptitle(as_typed(text), x=0.01, y=1.18, ha="left", fontsize=11)

    box = w.Text(text, description="search for", continuous_update=False, layout=w.Layout(width="480px"))
    show(explorer(draw, text=box))
    draw(text)
    plt.show()


@takes(
    pipe=check_callable,
    prompt=check_text,
    steps=check_count,
    guidance=(check_number, 0),
    seed=(check_count, 0),
)
def prompt_box(pipe, prompt: str, *, steps: int = 25, guidance: float = 4.0, seed: int = 0) -> None:
    """A text box and a seed: paints when Enter is pressed, or, with "live", at every letter: four quick steps.

    pipe: a StableDiffusionPipeline.  prompt: the first one, painted at once.
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt
    import torch
    from IPython.display import clear_output

    from course_lib.pictures.gallery import Settings
    from course_lib.plots import plot_pictures

    box = w.Text(prompt, description="prompt", continuous_update=False, layout=w.Layout(width="560px"))
    view, checkbox = w.HTML(), live_checkbox(pipe)
    live_picture = live_painter(pipe, view)

    def draw(prompt: str, seed: int, live: bool):
        box.continuous_update = live  # every letter counts, not only Enter
        if live:
            clear_output()
            return live_picture.ask(
                Settings(prompt, guidance=GUIDANCE, steps=STEPS, sampler="LCM", seed=seed)
            )
        live_picture.forget()
        view.value = ""
        generator = torch.Generator().manual_seed(seed)
        picture = pipe(
            prompt, num_inference_steps=steps, guidance_scale=guidance, generator=generator
        ).images[0]
        plot_pictures([picture], [f"{prompt}\nseed {seed}"], columns=1, size=3)

    controls = explorer(
        draw,
        prompt=box,
        seed=w.BoundedIntText(seed, 0, 999_999, description="seed"),
        live=checkbox,
    )
    show(w.VBox([controls, view]))
    draw(prompt, seed, live=False)
    plt.show()
