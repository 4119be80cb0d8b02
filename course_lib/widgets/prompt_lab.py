"""Every knob of a prompt under the hand, with a gallery that keeps each picture (day 07)."""

from collections.abc import Callable

from course_lib.checks import check_count, check_is, check_number, check_text, takes
from course_lib.widgets.card import card
from course_lib.widgets.explorer import show
from course_lib.widgets.live import GUIDANCE, STEPS, live_checkbox, live_painter

MOST_STEPS, MOST_GUIDANCE = 8, 2.0  # that make sense while it paints live


@takes(
    pipe=(check_is, "unet", "a pipeline, as load_text_to_image() gives"), prompt=check_text, negative=check_text,
    guidance=(check_number, 0), steps=check_count, seed=(check_count, 0),
)  # fmt: skip
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

    from course_lib.pictures.gallery import Settings
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

    from course_lib.measuring.experiment import paint
    from course_lib.pictures.pixels import to_bytes

    knobs = {name: getattr(settings, name) for name in ("guidance", "steps", "negative", "sampler")}
    return [to_pil_image(to_bytes(x)) for x in paint(pipe, settings.prompt, seeds, on_step=on_step, **knobs)]


def _lab(pipe, first, folder):
    """The controls of `prompt_lab` by name, as a namespace, with their actions; `.box` holds them all."""
    from course_lib.measuring.experiment import seeds_from
    from course_lib.pictures.gallery import Settings, load_picture, save_picture, saved_pictures
    from course_lib.words.prompt_words import check_prompt

    c, cards = _lab_controls(pipe, first), []

    def add(picture, settings, where: str) -> None:
        cards.insert(0, card(picture, str(settings), where))
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
        c.live.value = False  # a picture that is kept is painted with care
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
            c.live.value = False
            try:
                settings = _load_into(c, change["new"], first.tier)
                add(load_picture(change["new"]), settings, change["new"].name)
            except ValueError as error:
                _tell(c, str(error))

    _follow(c, pipe, first.tier)
    c.paint.on_click(on_paint)
    c.saved.observe(on_choose, names="value")
    refresh()
    return c


def _follow(c, pipe, tier: str) -> None:
    """Connect the checkbox "live": the sliders then have the LoRA's few steps and low guidance, and their own back at its end."""
    from course_lib.pictures.gallery import Settings

    live, careful = live_painter(pipe, c.view), {}

    def repaint(_=None) -> None:
        if c.live.value:
            knobs = {name: getattr(c, name).value for name in ("prompt", "negative", "guidance", "steps")}
            live.ask(Settings(**knobs, sampler="LCM", seed=max(c.seed.value, 0), tier=tier))

    def switch(change) -> None:
        if change["new"]:
            for control, value, most in ((c.guidance, GUIDANCE, MOST_GUIDANCE), (c.steps, STEPS, MOST_STEPS)):
                careful[control] = control.value, control.max
                control.value, control.max = value, most
        else:
            for control, (value, most) in careful.items():
                control.max, control.value = most, value
            live.forget()
            c.view.value = ""
        c.sampler.disabled = c.count.disabled = change["new"]
        repaint()

    for control in (c.prompt, c.negative, c.guidance, c.steps, c.seed):
        control.observe(repaint, names="value")
    c.live.observe(switch, names="value")


def _lab_controls(pipe, first):
    """The controls, set to the first picture's settings, laid out in a box."""
    from types import SimpleNamespace

    import ipywidgets as w

    from course_lib.words.prompting import SAMPLERS

    wide, half = {"width": "640px"}, {"width": "320px"}
    label = {"description_width": "11em"}  # wide enough for the longest, in any typeface
    make = lambda kind, layout=half, **options: kind(style=label, layout=layout, **options)
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
        view=w.HTML(),
        message=w.HTML(),
        gallery=w.HTML(),
    )
    c.live = live_checkbox(pipe)
    rows = [[c.guidance, c.steps], [c.sampler, c.count, c.live], [c.seed, c.paint, c.keep, c.progress]]
    c.box = w.VBox([c.prompt, c.negative, *map(w.HBox, rows), c.saved, c.view, c.message, c.gallery])
    return c


def _load_into(c, path, tier: str):
    """Set the controls to a saved picture's settings, and say what does not fit.  Returns the settings."""
    from course_lib.pictures.gallery import load_settings
    from course_lib.words.prompting import SAMPLERS

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
