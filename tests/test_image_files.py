"""Reading folders of pictures: what torchvision reads, and one clear sentence for each bad folder."""

import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.learning.image_files import (
    METADATA,
    class_folders,
    load_folder,
    picture_names,
    read_metadata,
    write_metadata,
    write_scores,
)
from course_lib.lessons.days import HOME
from tests.test_synthetic import one_sentence


def save(path, size=(8, 8), mode="RGB", seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], len(mode)), np.uint8)
    Image.fromarray(pixels.squeeze(), mode if mode != "P" else "L").convert(mode).save(path)


@pytest.fixture
def folder(tmp_path):
    for k, name in enumerate(("owl/00001.png", "owl/00000.png", "cat/b.png", "cat/a.png", "cat/10.png")):
        save(tmp_path / name, seed=k)
    return tmp_path


def test_the_same_as_torchvision(folder):
    from torchvision.datasets import ImageFolder

    images, labels, classes = load_folder(folder)
    theirs = ImageFolder(folder)
    assert images.shape == (5, 3, 8, 8) and images.dtype == torch.float32 and labels.dtype == torch.int64
    assert classes == theirs.classes == ["cat", "owl"] and labels.tolist() == theirs.targets == [
        0,
        0,
        0,
        1,
        1,
    ]
    for image, (picture, _) in zip(images, theirs):
        assert torch.allclose(image, torch.tensor(np.array(picture)).movedim(-1, 0) / 127.5 - 1)
    assert picture_names(folder)[0] == "cat/10.png" and images.min() >= -1 and images.max() <= 1


def test_other_files_beside_the_pictures(folder):
    before = load_folder(folder)[0]
    for name in (METADATA, "cat/.DS_Store", "cat/Thumbs.db", "cat/x.part", ".ipynb_checkpoints/cat.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"{}")
    assert torch.equal(load_folder(folder)[0], before)


def test_colours_and_sizes(folder):
    save(folder / "cat" / "grey.png", mode="L")
    save(folder / "cat" / "clear.png", mode="RGBA")
    assert load_folder(folder)[0].shape == (7, 3, 8, 8)
    save(folder / "cat" / "wide.png", size=(24, 12))
    with pytest.raises(ValueError) as error:
        load_folder(folder)
    one_sentence(error, "(8, 8)", "(12, 24)", "size=64")
    assert load_folder(folder, 16)[0].shape == (8, 3, 16, 16)


def test_a_wide_picture_is_cut_in_the_middle(tmp_path):
    pixels = np.zeros((4, 12, 3), np.uint8)
    pixels[:, 4:8] = 255
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / "0.png")
    assert load_folder(tmp_path, 4)[0].min() == 1


def test_broken_and_strange_files_are_named_together(folder):
    whole = (folder / "cat" / "a.png").read_bytes()
    bad = {
        "cat/cut.png": whole[: len(whole) // 2],
        "cat/empty.png": b"",
        "owl/notes.txt": b"hello",
        "owl/z.png": b"<html>",
    }
    for name, content in bad.items():
        (folder / name).write_bytes(content)
    with pytest.raises(ValueError) as error:
        load_folder(folder)
    one_sentence(
        error,
        "4 of 9 files",
        "cat/cut.png, cat/empty.png, owl/notes.txt and 1 more",
        "move them out",
        "truncated",
    )
    assert all((folder / name).read_bytes() == content for name, content in bad.items())


def test_a_folder_inside_a_class_is_no_picture(folder):
    save(folder / "cat" / "kittens" / "0.png")
    for read in (load_folder, picture_names):
        with pytest.raises(ValueError) as error:
            read(folder)
        one_sentence(error, "cat/kittens", "is a folder", "move its pictures up into cat")
    assert (folder / "cat" / "kittens" / "0.png").exists()


def test_no_folder_no_class_one_class_empty_class(tmp_path):
    with pytest.raises(ValueError) as error:
        load_folder(tmp_path / "nowhere")
    one_sentence(error, "There is no folder", "nowhere")
    save(tmp_path / "0.png")
    with pytest.raises(ValueError) as error:
        load_folder(tmp_path)
    one_sentence(error, "no class folders")
    save(tmp_path / "cat" / "0.png")
    with pytest.raises(ValueError) as error:
        load_folder(tmp_path)
    one_sentence(error, "one class only", "'cat'")
    (tmp_path / "owl").mkdir()
    with pytest.raises(ValueError) as error:
        load_folder(tmp_path)
    one_sentence(error, "owl is empty")


def test_metadata_goes_there_and_back(tmp_path):
    entries = [{"file_name": "b/1.png", "prompt": "붉은 여우"}, {"file_name": "a/0.png", "prompt": "x"}]
    write_metadata(tmp_path, entries)
    assert read_metadata(tmp_path) == entries[::-1]
    lines = (tmp_path / METADATA).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["file_name"] for line in lines] == ["a/0.png", "b/1.png"] and "여우" in lines[1]
    write_scores(tmp_path, {"b/1.png": 0.5})
    write_scores(tmp_path, {"b/1.png": torch.tensor(0.25).item(), "a/0.png": 1})
    assert [entry["score"] for entry in read_metadata(tmp_path)] == [1.0, 0.25]
    assert read_metadata(tmp_path)[1]["prompt"] == "붉은 여우"


def test_bad_scores_change_nothing(tmp_path):
    write_metadata(tmp_path, [{"file_name": "a/0.png"}])
    for scores, words in (
        ({"a/9.png": 1.0}, "'a/9.png' is not in"),
        ({"a/0.png": float("nan")}, "must be a finite number"),
        ({"a/0.png": "high"}, "must be a finite number"),
        ({"a/0.png": None}, "must be a finite number"),
        ([0.5], "scores is a list"),
        (None, "scores is None"),
    ):
        with pytest.raises(ValueError) as error:
            write_scores(tmp_path, scores)
        one_sentence(error, words)
    assert read_metadata(tmp_path) == [{"file_name": "a/0.png"}]


def test_metadata_missing_or_damaged(tmp_path):
    with pytest.raises(ValueError) as error:
        read_metadata(tmp_path)
    one_sentence(error, "There is no", METADATA)
    for line in ("{half", "[1]", '{"prompt": "x"}', "3", '{"file_name": 5}', "[" * 100_000):
        (tmp_path / METADATA).write_text('{"file_name": "a/0.png"}\n' + line + "\n", encoding="utf-8")
        with pytest.raises(ValueError) as error:
            read_metadata(tmp_path)
        one_sentence(error, "Line 2", "damaged", "move that file away")
    (tmp_path / METADATA).write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError) as error:
        read_metadata(tmp_path)
    one_sentence(error, METADATA, "cannot be read")
    (tmp_path / METADATA).unlink()
    (tmp_path / METADATA).mkdir()
    with pytest.raises(ValueError) as error:
        read_metadata(tmp_path)
    one_sentence(error, METADATA, "cannot be read")


@pytest.mark.parametrize(
    "separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\r", "\n", "\r\n"]
)
def test_a_prompt_may_hold_any_separator(tmp_path, separator):
    entries = [{"file_name": f"cat/{k}.png", "prompt": f"a cat{separator}in the snow"} for k in range(2)]
    write_metadata(tmp_path, entries)
    assert read_metadata(tmp_path) == entries


def test_metadata_that_went_through_an_editor(tmp_path):
    """Notepad's mark in front, its line ends, and an empty line."""
    (tmp_path / METADATA).write_bytes(b'\xef\xbb\xbf{"file_name": "a/0.png"}\r\n\r\n{"file_name": "b/1.png"}')
    assert [entry["file_name"] for entry in read_metadata(tmp_path)] == ["a/0.png", "b/1.png"]


def test_a_long_thin_picture_does_not_fill_the_memory(tmp_path):
    for name in ("a", "b"):
        save(tmp_path / name / "0.png", size=(1, 500_000), mode="L")
    assert load_folder(tmp_path, 64)[0].shape == (2, 3, 64, 64)  # 64 x 32,000,000 in between would not fit


@pytest.mark.parametrize("entries", [None, "x", [1], [{}], [{"file_name": 5}], [{"file_name": "a", "score": float("nan")}],
                                     [{"file_name": "a", "x": {1}}], {"file_name": "a"}])  # fmt: skip
def test_what_is_no_metadata_is_not_written(tmp_path, entries):
    write_metadata(tmp_path, [{"file_name": "a/0.png"}])
    with pytest.raises(ValueError) as error:
        write_metadata(tmp_path, entries)
    one_sentence(error)
    assert read_metadata(tmp_path) == [{"file_name": "a/0.png"}]


@pytest.mark.parametrize("folder", [None, 5, "", b"x", "a\0b", "x" * 300])
@pytest.mark.parametrize("read", [class_folders, picture_names, load_folder, read_metadata])
def test_what_is_no_folder(read, folder):
    with pytest.raises(ValueError) as error:
        read(folder)
    one_sentence(error, "folder")


@pytest.mark.parametrize("size", [0, -1, 2.5, "64", True, float("nan"), [64]])
def test_what_is_no_size(folder, size):
    with pytest.raises(ValueError) as error:
        load_folder(folder, size)
    one_sentence(error, "size is")


def test_nobody_is_told_to_delete():
    """What a student made is never worth less than what the course wants to write."""
    rooms = ("learning", "pictures", "training", "zoo", "widgets", "weights")
    for file in (path for room in rooms for path in (HOME / "course_lib" / room).glob("*.py")):
        assert not re.search(
            r"\b(delete|remove) (the|it|them|that|this)\b", file.read_text(encoding="utf-8")
        ), file


def test_a_contact_sheet_of_uneven_classes():
    import matplotlib.pyplot as plt

    from course_lib.plots import plot_contact_sheet

    figure = plot_contact_sheet(
        {"cat": torch.zeros(5, 3, 8, 8), "owl": torch.zeros(2, 3, 8, 8)}, ["a", "b", "c"]
    )
    shown = [ax for ax in figure.axes if ax.images]
    assert len(figure.axes) == 9 and len(shown) == 7
    assert [ax.get_title() for ax in shown] == ["a", "b", "c"] + [""] * 4
    assert [ax.get_ylabel() for ax in shown if ax.get_ylabel()] == ["cat", "owl"]
    plt.close(figure)
