"""Reading folders of pictures: what torchvision reads, and one clear sentence for each bad folder."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.learning.image_files import (
    METADATA,
    load_folder,
    picture_names,
    read_metadata,
    write_metadata,
    write_scores,
)
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
    one_sentence(error, "4 of 9 files", "cat/cut.png, cat/empty.png, owl/notes.txt and 1 more", "delete them")


def test_a_folder_inside_a_class_is_no_picture(folder):
    save(folder / "cat" / "kittens" / "0.png")
    with pytest.raises(ValueError, match="cat/kittens"):
        load_folder(folder)


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
        ({"a/0.png": float("nan")}, "must be a number"),
    ):
        with pytest.raises(ValueError) as error:
            write_scores(tmp_path, scores)
        one_sentence(error, words)
    assert read_metadata(tmp_path) == [{"file_name": "a/0.png"}]


def test_metadata_missing_or_damaged(tmp_path):
    with pytest.raises(ValueError) as error:
        read_metadata(tmp_path)
    one_sentence(error, "There is no", METADATA)
    for line in ("{half", "[1]", '{"prompt": "x"}', "3"):
        (tmp_path / METADATA).write_text('{"file_name": "a/0.png"}\n' + line + "\n", encoding="utf-8")
        with pytest.raises(ValueError) as error:
            read_metadata(tmp_path)
        one_sentence(error, "Line 2", "damaged")


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
