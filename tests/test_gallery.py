"""The gallery: pictures come back with their settings, nothing is written over, and each fault is one sentence."""

import errno
import json

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from course_lib.pictures import gallery
from course_lib.pictures.gallery import (
    KEY,
    Settings,
    load_picture,
    load_settings,
    save_picture,
    saved_pictures,
)

FOX = Settings('a "red" fox, 여우 🦊', "blurry", 4.0, 20, "Euler", 7)


def picture(colour="orange"):
    return Image.new("RGB", (8, 8), colour)


def test_settings_and_pixels_come_back(tmp_path):
    path = save_picture(picture(), FOX, tmp_path / "new")
    assert load_settings(path) == FOX and load_picture(path).tobytes() == picture().tobytes()
    assert path.name == "00001-a-red-fox.png"
    assert json.loads(Image.open(path).text[KEY])["seed"] == 7  # any program can read it


def test_nothing_is_written_over(tmp_path):
    first = save_picture(picture("red"), FOX, tmp_path)
    second = save_picture(picture("blue"), FOX, tmp_path)
    (tmp_path / "00007-mine.txt").write_text("mine", encoding="utf-8")
    third = save_picture(picture("green"), Settings("///"), tmp_path)
    assert [p.name for p in (second, third)] == ["00002-a-red-fox.png", "00008-picture.png"]
    assert (
        load_picture(first).getpixel((0, 0)) == (255, 0, 0)
        and (tmp_path / "00007-mine.txt").read_text(encoding="utf-8") == "mine"
    )
    assert saved_pictures(tmp_path) == [third, second, first]


def test_two_notebooks_never_take_the_same_name(tmp_path, monkeypatch):
    """Both have looked before either wrote."""
    taken = save_picture(picture("red"), FOX, tmp_path)
    monkeypatch.setattr(type(tmp_path), "iterdir", lambda self: iter(()))
    assert save_picture(picture("blue"), FOX, tmp_path) != taken
    assert load_picture(taken).getpixel((0, 0)) == (255, 0, 0)


def test_no_folder_yet(tmp_path):
    assert saved_pictures(tmp_path / "none") == []


def full_disk(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["picture", "folder"])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch, where):
    monkeypatch.setattr(type(tmp_path), {"picture": "replace", "folder": "mkdir"}[where], full_disk)
    with pytest.raises(OSError, match=r"Cannot write .* \(No space left on device\): make room") as caught:
        save_picture(picture(), FOX, tmp_path)
    assert "COURSE_CACHE" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(gallery, "write_whole", stop)
    with pytest.raises(KeyboardInterrupt):
        save_picture(picture(), FOX, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "my_pictures").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="Cannot write a-red-fox.png to .*my_pictures"):
        save_picture(picture(), FOX, tmp_path / "my_pictures")


def bad_files(folder):
    picture().save(folder / "plain.png")
    picture().save(folder / "photo.png", "JPEG")
    (folder / "words.png").write_text("hello", encoding="utf-8")
    whole = save_picture(Image.effect_noise((64, 64), 50), FOX, folder).read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.png").touch()
    (folder / "folder.png").mkdir()
    told = {
        "list.png": "[1, 2]",
        "half.png": "{",
        "other.png": '{"prompt": "x", "colour": 3}',
        "type.png": '{"prompt": 5}',
        "deep.png": "[" * 100_000,
        "nan.png": '{"prompt": "x", "guidance": NaN}',
        "steps.png": '{"prompt": "x", "steps": 0}',
        "seed.png": '{"prompt": "x", "seed": -1}',
        "huge.png": '{"prompt": "x", "seed": 1' + "0" * 400 + "}",
    }
    for name, text in told.items():
        info = PngInfo()
        info.add_itxt(KEY, text)
        picture().save(folder / name, pnginfo=info)


@pytest.mark.parametrize(
    "name, words",
    [
        ("none.png", "There is no file"), ("plain.png", "carries no settings"), ("photo.png", "carries no settings"),
        ("words.png", "is not a picture"), ("cut.png", "cannot be read"), ("empty.png", "is not a picture"),
        ("list.png", "cannot be read"), ("half.png", "cannot be read"), ("other.png", "colour"),
        ("type.png", "prompt is 5, but must be of type str"), ("deep.png", "cannot be read"), ("nan.png", "guidance is nan"),
        ("steps.png", "steps is 0"), ("seed.png", "seed is -1"), ("huge.png", "seed is"), ("folder.png", "is a folder"),
    ],
)  # fmt: skip
def test_each_bad_file_is_one_sentence(tmp_path, name, words):
    bad_files(tmp_path)
    with pytest.raises(ValueError, match=words) as caught:
        load_settings(tmp_path / name)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_settings_in_words():
    assert str(FOX) == "'a \"red\" fox, 여우 🦊', without 'blurry', guidance 4, 20 steps, Euler, seed 7"
    with pytest.raises(ValueError, match="steps is 2.5, but must be of type int"):
        Settings("a fox", steps=2.5)


def test_a_folder_that_may_not_be_opened(tmp_path, monkeypatch):
    def denied(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "iterdir", denied)
    with pytest.raises(ValueError, match="cannot be opened .Permission denied."):
        saved_pictures(tmp_path)
    with pytest.raises(OSError, match="Permission denied.: make room there, or choose another folder"):
        save_picture(picture(), FOX, tmp_path)


def test_a_folder_among_the_pictures_is_not_listed(tmp_path):
    (tmp_path / "00009-mine.png").mkdir()
    kept = save_picture(picture(), FOX, tmp_path)
    assert kept.name.startswith("00010") and saved_pictures(tmp_path) == [kept]


@pytest.mark.parametrize(
    "picture, settings, folder, words",
    [
        (None, FOX, "x", "picture is None"), ("a.png", FOX, "x", "picture is the text"), (picture(), None, "x", "settings is None"),
        (picture(), {"prompt": "x"}, "x", "settings is a dict"), (picture(), FOX, None, "folder is None"),
        (Image.new("F", (2, 2)), FOX, "x", "mode F cannot be kept"),
    ],
)  # fmt: skip
def test_wrong_arguments_leave_nothing(tmp_path, monkeypatch, picture, settings, folder, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=words) as caught:
        save_picture(picture, settings, folder)
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []
    if folder is None:
        with pytest.raises(ValueError, match=words):
            saved_pictures(folder)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": True}, {"seed": -1}, {"guidance": float("inf")}, {"prompt": None},
                                   {"guidance": "7"}, {"tier": 1}, {"seed": 2**64}])  # fmt: skip
def test_wrong_settings(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**{"prompt": "a fox"} | wrong)
