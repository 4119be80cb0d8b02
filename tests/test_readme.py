"""The README shows what the lessons show: its pictures are stored outputs of the notebooks."""

import base64
import re

import pytest

from course_lib.lessons.days import HOME, find_notebook
from tests.notebooks.lessons import read

README = (HOME / "README.md").read_text(encoding="utf-8")
PICTURES = re.findall(r"!\[(.+?)\]\((docs/images/(\w+)\.png)\)", README)


def stored_pictures(day: str) -> list[bytes]:
    outputs = [o for cell in read(find_notebook(day)).cells for o in cell.get("outputs", [])]
    return [base64.b64decode(o.data["image/png"]) for o in outputs if "image/png" in o.get("data", {})]


@pytest.mark.parametrize("path, day", [(path, name) for _, path, name in PICTURES if name.startswith("day")])
def test_a_day_s_picture_is_the_notebook_s_own(path, day):
    assert (HOME / path).read_bytes() in stored_pictures(day), f"take {path} from the notebook again"


def test_there_are_pictures_of_the_lessons():
    assert len(PICTURES) >= 4


def test_every_linked_file_is_there():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (HOME / target).exists(), target
