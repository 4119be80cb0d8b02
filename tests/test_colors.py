"""The colours of the roles, as readers with each kind of colour blindness see them, and on dark pages too."""

import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from course_lib import plots
from course_lib.lessons.days import HOME

# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009; severity 1.
SEEN = {
    "all cones": np.eye(3),
    "no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green cones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue cones": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
# Ottosson: A perceptual color space for image processing (OKLab), 2020.  There 0.02 is a difference just seen.
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
ROLES = ("DATA", "NOISE", "MODEL", "TEXT", "GUIDANCE", "INK")


def seen(color: str, eyes: str) -> np.ndarray:
    """(3,): the OKLab colour."""
    rgb = np.array(to_rgb(color))
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return TO_LAB @ np.cbrt(TO_CONES @ np.clip(np.array(SEEN[eyes]) @ light, 0, 1))


@pytest.mark.parametrize("eyes", SEEN)
def test_every_two_roles_can_be_told_apart(eyes):
    for one, other in combinations(ROLES, 2):
        apart = np.linalg.norm(seen(getattr(plots, one), eyes) - seen(getattr(plots, other), eyes))
        assert apart > 0.04, f"{one} and {other} look alike with {eyes}: {apart:.3f}"


def luminance(color: str) -> float:
    """WCAG 2.1: relative luminance."""
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)


@pytest.mark.parametrize("ground", ["#ffffff", "#111111", "#1f1f1f"], ids=["light", "JupyterLab", "VS Code"])
@pytest.mark.parametrize("role", ["MODEL", "TEXT"])
def test_a_mark_of_a_control_is_seen_on_light_and_dark_pages(role, ground):
    """3 : 1, as WCAG asks of what is not text: the bar beside an answer, the bar of progress."""
    low, high = sorted((luminance(getattr(plots, role)), luminance(ground)))
    assert (high + 0.05) / (low + 0.05) >= 3


def test_words_in_html_have_no_colour_of_their_own():
    """No colour has 4.5 : 1 on white and on #111 both, so words take the page's."""
    for folder in ("widgets", "exercises"):
        for file in (HOME / "course_lib" / folder).glob("*.py"):
            assert not re.search(r"(?<![-\w])color: ?[#\w{]", file.read_text(encoding="utf-8")), file.name
