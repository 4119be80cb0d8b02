"""What a student types stands in a figure as it was typed: Korean, formulas' signs, and all that matplotlib would read."""

import logging
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.text import Text
from PIL import Image

from course_lib import plots, widgets
from course_lib.plots import style

PICTURES, MAPS = torch.zeros(2, 3, 8, 8), torch.ones(2, 4, 4)
INTERVAL = (0.5, 0.4, 0.6)
NASTY = r"_a $x_1$ \frac{ for $5 or $6"
DRAWN = {  # every figure that shows a name or a title: the call, for the typed text x
    "bars": lambda x: plots.plot_bars({x: 0.5, "b": 0.2}),
    "cloud": lambda x: plots.plot_cloud(torch.zeros(3, 2), torch.zeros(3), title=x),
    "columns": lambda x: plots.plot_columns({x: PICTURES}, rows=(x, "")),
    "contact_sheet": lambda x: plots.plot_contact_sheet({x.replace(" ", ""): PICTURES}, [x]),
    "fade": lambda x: plots.plot_fade(PICTURES, ["", ""], x),
    "heat": lambda x: plots.plot_heat(PICTURES[0], MAPS[0], title=x),
    "heat_table": lambda x: plots.plot_heat_table(PICTURES, {x: MAPS}, [x, ""]),
    "image": lambda x: plots.plot_image(PICTURES[0], title=x),
    "image_grid": lambda x: plots.plot_image_grid(PICTURES, [x, ""]),
    "image_table": lambda x: plots.plot_image_table(PICTURES[None], [x], [x, ""]),
    "intervals": lambda x: plots.plot_intervals({x: INTERVAL}),
    "latents": lambda x: plots.plot_latents(torch.zeros(3, 2), torch.arange(3), title=x),
    "noisy_picture": lambda x: plots.plot_noisy_picture(*PICTURES[:, :1], torch.linspace(1, 0.1, 5), 2, x),
    "pictures": lambda x: plots.plot_pictures([Image.new("RGB", (8, 8))], [x]),
    "probabilities": lambda x: plots.plot_probabilities(torch.tensor([0.7, 0.3]), [x, x]),
    "quality": lambda x: plots.plot_quality({x: ([1, 2], [3, 4])}, (0, 1), ylabel="FID"),
    "ranking": lambda x: plots.plot_ranking([x, "b"], [1.0, 2.0], ["red", "blue"]),
    "setting": lambda x: plots.plot_setting([1, 2], {x: [INTERVAL] * 2}, setting="", measure="", title=x),
    "spread": lambda x: plots.plot_spread({x: torch.arange(3.0)}, ["red"], xlabel=""),
    "steps": lambda x: plots.plot_steps({x: [1, 2]}, ylabel=""),
    "strips": lambda x: plots.plot_strips({x: [1, 2]}),
    "sweep": lambda x: plots.plot_sweep([1, 2], {x: [INTERVAL] * 2}),
    "two_intervals": lambda x: plots.plot_two_intervals({x: [INTERVAL, None]}, [x, "b"]),
    "word_maps": lambda x: plots.plot_word_maps(PICTURES[0], MAPS, [x, ""]),
}  # fmt: skip
SHOWS_NONE = {"chain", "course_map", "loss", "similarity", "step", "unet"}  # only the course's own words


@pytest.fixture(autouse=True)
def clean():
    with plt.rc_context():
        yield
    plt.close("all")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.NOTSET)


def shown(figure) -> list[str]:
    """What stands in a figure, line for line, as matplotlib will draw it; a formula as "formula"."""
    figure.canvas.draw()
    found = []
    for text in figure.findobj(lambda it: isinstance(it, Text) and it.get_visible()):
        lines = [text._preprocess_math(line) for line in text.get_text().split("\n")]
        found.append(
            "".join("formula" if is_formula else line for line, is_formula in lines).lstrip("\u200b")
        )
    return found


def test_every_figure_is_tried():
    names = {name.removeprefix("plot_") for name in vars(plots) if name.startswith("plot_")}
    assert names == set(DRAWN) | SHOWS_NONE


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_shows_names_and_titles_as_they_were_typed(name):
    DRAWN[name](NASTY)
    found = shown(plt.gcf())
    wanted = NASTY.replace(" ", "") if name == "contact_sheet" else NASTY
    assert any(wanted in text for text in found), found
    axes_with_powers_of_ten = {"quality"}
    assert "formula" not in found or name in axes_with_powers_of_ten


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "typed", ["$x_1$", "$5", r"$\nothing{$", r"\$ and \\$ and \\", "_", "__a", "{} %", "^2"]
)
def test_typed_text_stays_text(typed):
    plots.plot_image(PICTURES[0], title=typed)
    assert typed in shown(plt.gcf())


@pytest.mark.filterwarnings("error")
def test_a_search_for_typed_text_shows_it(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: None)
    monkeypatch.setattr("course_lib.widgets.words.show", lambda widget: None)
    widgets.sentence_search(lambda text: torch.arange(2.0), PICTURES, NASTY, best=2)
    assert NASTY in shown(plt.gcf())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("typed", ["숲 속의 여우", "a fox 🦊 and ภาษา", "tab\tbell\a", "한글 $5 und $6"])
def test_signs_of_other_scripts_raise_no_warning(typed, caplog):
    plots.use_course_style()
    plots.plot_image(PICTURES[0], title=typed)
    plt.suptitle(plots.as_typed(typed), fontweight="bold")
    plt.gcf().canvas.draw()
    assert caplog.records == []


def test_korean_comes_from_the_first_typeface_that_is_installed(monkeypatch):
    fonts = [SimpleNamespace(name=name) for name in ("DejaVu Sans", "NanumGothic", "AppleGothic")]
    monkeypatch.setattr(style, "fontManager", SimpleNamespace(ttflist=fonts))
    plots.use_course_style()
    assert plt.rcParams["font.family"] == ["DejaVu Sans", "AppleGothic"]
