"""Names that some file system can't hold, or takes for another: one sentence before anything is written."""

import unicodedata
from pathlib import Path

import pytest

from course_lib.pictures import folder_names
from course_lib.pictures.folder_names import as_folder, check_class_names, listed
from tests.test_synthetic import one_sentence, paint

REFUSED = [
    "CON", "nul", "Com1", "LPT9", "aux.txt", "prn ", "COM¹", "cat.", "cat ", " ", "", "..", ".", ".cat", "a/b", "a\\b", "a:b",
    "a*b", "a?b", 'a"b', "a<b", "a>b", "a|b", "a\nb", "a\0b", "a\x7fb", "\ud800", "x" * 256, "여" * 86, "metadata.jsonl",
    "synthetic.json", "Metadata.JSONL", "Thumbs.db", "cat.part", 5, None, ("a",),
]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: ascii(name)[:12])
def test_a_name_that_some_system_cannot_hold(tmp_path, name):
    with pytest.raises(ValueError) as error:
        paint(tmp_path / "new", prompts={"owl": ["an owl"], name: ["a cat"]})
    one_sentence(error, "class", "choose a name")
    assert not (tmp_path / "new").exists()


TWINS = [
    ("Cat", "cat"), ("STRASSE", "straße"), ("caf\u00e9", "cafe\u0301"), ("CAF\u00c9", "cafe\u0301"),
    (unicodedata.normalize("NFC", "여우"), unicodedata.normalize("NFD", "여우")),
]  # fmt: skip


@pytest.mark.parametrize("one, other", TWINS)
def test_names_that_some_system_takes_for_one(tmp_path, one, other):
    with pytest.raises(ValueError) as error:
        paint(tmp_path / "new", prompts={one: ["a cat"], other: ["a cat"]})
    one_sentence(error, repr(one), repr(other), "share one folder")
    assert not (tmp_path / "new").exists()
    paint(tmp_path / "grows", 1, prompts={one: ["a cat"]})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match="share one folder"):
        paint(tmp_path / "grows", 1, prompts={other: ["a cat"]})
    assert sorted(tmp_path.rglob("*")) == before


def test_names_that_are_kept():
    check_class_names(
        [
            "red fox",
            "console",
            "com",
            "com10",
            "붉은 여우",
            "café",
            "a.b",
            "owl (2)",
            "🦊",
            "x" * 255,
            "nullable",
        ]
    )


@pytest.mark.parametrize("folder", [None, 5, "", b"a", "x" * 256, "data/a\0b", ["a"]])
def test_paths_that_are_none(folder):
    with pytest.raises(ValueError) as error:
        as_folder(folder)
    one_sentence(error, "folder")


def test_on_windows_a_path_must_be_one_of_windows(monkeypatch):
    for folder in ("what?", "data/con", "data./x"):
        assert as_folder(folder) == Path(folder)  # as good as any here
        with (
            monkeypatch.context() as patch,
            pytest.raises(ValueError, match="cannot be the name of a folder"),
        ):
            patch.setattr(folder_names.sys, "platform", "win32")
            as_folder(folder)
    monkeypatch.setattr(folder_names.sys, "platform", "win32")
    assert as_folder("../data/.hidden/train") == Path("../data/.hidden/train")


def test_a_folder_that_may_not_be_opened(tmp_path, monkeypatch):
    def denied(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(ValueError) as error:
        listed(tmp_path)
    one_sentence(error, str(tmp_path), "Permission denied")
