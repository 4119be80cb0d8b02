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


def prompt_lab(
    pipe,
    prompt: str,
    *,
    negative: str = "",
    guidance: float = 7.5,
    steps: int = 25,
    seed: int = 0,
    tier: str = "pocket",
    folder="my_pictures",
) -> None:
    """Every knob of a prompt under the hand, and a gallery that keeps each picture with its settings.

    pipe: a StableDiffusionPipeline.  prompt and the rest: of the first picture, painted at once and not saved.
    folder: where painted pictures are saved, beside the notebook; choosing a saved one sets the controls to its settings.
    """
    import matplotlib.pyplot as plt

    from course_lib.gallery import Settings
    from course_lib.plots import plot_pictures

    first = Settings(prompt, negative, float(guidance), steps, "DDIM", seed, tier)
    show(_lab(pipe, first, folder).box)
    pictures = _paint_with(pipe, first, [seed])
    words = f"{prompt}\n" + (f"without: {negative}\n" if negative else "")
    plot_pictures(pictures, [f"{words}guidance {guidance:g}, {steps} steps, seed {seed}"], columns=1, size=3)
    plt.show()


def _paint_with(pipe, settings, seeds: list[int], on_step: Callable | None = None) -> list:
    """PIL pictures of the settings, one for each seed."""
    from torchvision.transforms.v2.functional import to_pil_image

    from course_lib.experiment import paint
    from course_lib.pixels import to_bytes

    knobs = {name: getattr(settings, name) for name in ("guidance", "steps", "negative", "sampler")}
    return [to_pil_image(to_bytes(x)) for x in paint(pipe, settings.prompt, seeds, on_step=on_step, **knobs)]


def _lab(pipe, first, folder):
    """The controls of `prompt_lab` by name, as a namespace, with their actions; `.box` holds them all."""
    from course_lib.experiment import seeds_from
    from course_lib.gallery import Settings, load_picture, save_picture, saved_pictures
    from course_lib.prompt_words import check_prompt

    c, cards = _lab_controls(first), []

    def add(picture, settings, where: str) -> None:
        cards.insert(0, _card(picture, settings, where))
        c.gallery.value = "".join(cards[:24])

    def refresh() -> None:
        c.saved.options = [("…", None), *((path.name, path) for path in saved_pictures(folder))]

    def paint() -> None:
        knobs = {
            name: getattr(c, name).value for name in ("prompt", "negative", "guidance", "steps", "sampler")
        }
        seeds = seeds_from(c.seed.value, c.count.value)
        told = check_prompt(pipe, knobs["prompt"], knobs["negative"], knobs["guidance"])
        _tell(c, "Painting …", *told)
        made = [Settings(**knobs, seed=seed, tier=first.tier) for seed in seeds]
        pictures = _paint_with(pipe, made[0], seeds, lambda done: setattr(c.progress, "value", done))
        for picture, settings in zip(pictures, made):
            where = save_picture(picture, settings, folder).name if c.keep.value else "not saved"
            add(picture, settings, where)
        _tell(c, *([f"The seed drawn is {seeds[0]}."] if c.seed.value == -1 else []), *told)
        refresh()

    def on_paint(_) -> None:
        c.paint.disabled, c.progress.max, c.progress.value = True, c.steps.value, 0
        c.progress.layout.visibility = "visible"
        try:
            paint()
        except (ValueError, OSError) as error:
            _tell(c, str(error))
        finally:
            c.paint.disabled, c.progress.layout.visibility = False, "hidden"

    def on_choose(change) -> None:
        if change["new"]:
            try:
                settings = _load_into(c, change["new"], first.tier)
                add(load_picture(change["new"]), settings, change["new"].name)
            except ValueError as error:
                _tell(c, str(error))

    c.paint.on_click(on_paint)
    c.saved.observe(on_choose, names="value")
    refresh()
    return c


def _lab_controls(first):
    """The controls, set to the first picture's settings, laid out in a box."""
    from types import SimpleNamespace

    import ipywidgets as w

    from course_lib.prompting import SAMPLERS

    wide, style = w.Layout(width="640px"), {"description_width": "118px"}
    make = lambda kind, **options: kind(style=style, **options)
    c = SimpleNamespace(
        prompt=make(w.Text, value=first.prompt, description="prompt", layout=wide),
        negative=make(w.Text, value=first.negative, description="negative prompt", layout=wide),
        guidance=make(w.FloatSlider, value=first.guidance, min=1, max=20, step=0.5, description="guidance"),
        steps=make(w.IntSlider, value=first.steps, min=1, max=50, description="steps"),
        sampler=make(w.Dropdown, value=first.sampler, options=list(SAMPLERS), description="sampler"),
        count=make(w.BoundedIntText, value=1, min=1, max=8, description="images per prompt"),
        seed=make(w.BoundedIntText, value=first.seed, min=-1, max=2**31 - 1, description="seed (−1: random)"),
        keep=w.Checkbox(value=True, description="save as PNG", indent=False),
        saved=make(w.Dropdown, options=[("…", None)], description="load again", layout=wide),
        paint=w.Button(description="Paint", button_style="primary"),
        progress=w.IntProgress(layout=w.Layout(width="200px", visibility="hidden")),
        message=w.HTML(),
        gallery=w.HTML(),
    )
    rows = [[c.guidance, c.steps], [c.sampler, c.count], [c.seed, c.paint, c.keep, c.progress]]
    c.box = w.VBox([c.prompt, c.negative, *map(w.HBox, rows), c.saved, c.message, c.gallery])
    return c


def _load_into(c, path, tier: str):
    """Set the controls to a saved picture's settings, and say what does not fit.  Returns the settings."""
    from course_lib.gallery import load_settings
    from course_lib.prompting import SAMPLERS

    settings, told = load_settings(path), []
    if settings.sampler not in SAMPLERS:
        raise ValueError(f"{path.name} was painted with the sampler {settings.sampler!r}, which is not here.")
    c.count.value = 1
    for name in ("prompt", "negative", "guidance", "steps", "sampler", "seed"):
        getattr(c, name).value = getattr(settings, name)
        if getattr(c, name).value != getattr(settings, name):
            told.append(f"Its {name} was {getattr(settings, name)}, which the control does not reach.")
    if settings.tier != tier:
        told.append(f"It was painted by the {settings.tier} model; here is the {tier} one.")
    _tell(c, *(told or [f"The settings of {path.name} are loaded: Paint makes the same picture again."]))
    return settings


def _tell(c, *sentences: str) -> None:
    from html import escape

    c.message.value = "<br>".join(escape(sentence) for sentence in sentences)


def _card(picture, settings, where: str) -> str:
    """One picture of the gallery as HTML: enlarged, with all its settings below."""
    import base64
    import io
    from html import escape

    file = io.BytesIO()
    picture.save(file, "PNG")
    told = escape(str(settings))
    return (
        "<figure style='display:inline-block;width:170px;margin:6px;vertical-align:top;font:11px/1.35 sans-serif'>"
        f"<img alt='{told}' src='data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}' "
        "style='width:170px;image-rendering:pixelated;border:1px solid #D5D7DC'>"
        f"<figcaption style='overflow-wrap:anywhere;color:#4A4D55'>{told}<br>{escape(where)}</figcaption></figure>"
    )
