"""The look of every figure, and text that is drawn as it was typed, in English, in Korean, with $ and all."""

import logging

import matplotlib.pyplot as plt
from matplotlib.font_manager import fontManager

# Typefaces with Korean, of which most machines have one: Windows, macOS, Linux.
KOREAN = (
    "Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic", "NanumGothic", "NanumBarunGothic",
    "Noto Sans CJK KR", "Noto Sans KR", "Noto Sans CJK JP",  # the last: how older matplotlibs read all Noto Sans CJK
)  # fmt: skip
# Matplotlib's own: an empty box for every sign that no other typeface has.  Asked for by name, it draws without a warning.
BOXES = "Last Resort High-Efficiency"


def use_course_style() -> None:
    """The look of every figure from here on; a sign that its typeface lacks comes from one that this machine has."""
    plt.style.use("course_lib.plots.course")
    installed = {font.name for font in fontManager.ttflist}
    korean = [name for name in KOREAN if name in installed][:1]
    # Only what is there: matplotlib complains about each name that is not.
    plt.rcParams["font.family"] = [*plt.rcParams["font.family"], *korean, *({BOXES} & installed)]
    # A typeface may lack bold; that it is then drawn in its usual weight is no news for a student.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def as_typed(text: str) -> str:
    """The text for matplotlib, so that it draws what was typed: two $ make no formula, a _ in front hides no name."""
    shown = text.replace("$", r"\$")
    return f"\u200b{shown}" if shown.startswith("_") else shown  # a space of no width
