"""The shipped weights: whatever is wrong with manifest or files is one sentence, and nothing is loaded unchecked."""

import json

import pytest
import torch

from course_lib import weights
from tests.test_synthetic import one_sentence


@pytest.fixture
def little(tmp_path, monkeypatch):
    """A manifest with one model of two files."""
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    monkeypatch.setattr(weights, "MANIFEST", tmp_path / "manifest.json")
    weights.save("little", torch.nn.Linear(2, 2), seed=0)
    (tmp_path / "little" / "config.json").write_text("{}", encoding="utf-8")
    weights.record("little", list((tmp_path / "little").iterdir()), seed=0)
    return tmp_path


def test_whole_weights_are_loaded(little):
    (little / "little" / "README.md").write_text("a model card", encoding="utf-8")
    (little / "little" / ".DS_Store").write_text("a file browser's", encoding="utf-8")
    assert not weights.load("little", torch.nn.Linear(2, 2)).weight.requires_grad


MANIFESTS = [
    "", "{", "[]", "3", "null", '{"models": 5}', '{"models": []}', '{"models": {"little": 5}}', '{"models": {"little": {}}}',
    '{"models": {"little": {"files": ["a"]}}}', '{"models": {"little": {"files": {"little/config.json": 5}}}}',
    '{"models": {"little": {"files": {"little/../../x": "0"}}}}', "[" * 100_000, "\ufeff{}", "folder", "bytes",
]  # fmt: skip


@pytest.mark.parametrize("text", MANIFESTS, ids=lambda text: text[:20])
def test_a_manifest_of_wrong_structure(little, text):
    weights.MANIFEST.unlink()
    if text == "folder":
        weights.MANIFEST.mkdir()
    else:
        weights.MANIFEST.write_bytes(b"\xff\xfe{" if text == "bytes" else text.encode())
    for ask in (weights.manifest, weights.shipped, lambda: weights.load("little", torch.nn.Linear(2, 2))):
        with pytest.raises(ValueError) as error:
            ask()
        one_sentence(error, "manifest.json", "missing or damaged", "git checkout")


def lose(folder):
    (folder / "config.json").unlink()


def spoil(folder):
    (folder / "config.json").write_text("{ }", encoding="utf-8")


def replace_with_folder(folder):
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()


def add(folder):
    (folder / "deeper").mkdir()
    (folder / "deeper" / "model.safetensors").write_bytes(b"")


def forget(folder):
    told = json.loads(weights.MANIFEST.read_text(encoding="utf-8"))
    del told["models"]["little"]["files"]["little/model.safetensors"]
    weights.MANIFEST.write_text(json.dumps(told), encoding="utf-8")


HARMS = [
    (lose, "little/config.json is missing"), (spoil, "little/config.json is damaged"),
    (replace_with_folder, "little/config.json is missing"), (add, "little/deeper/model.safetensors is not in the manifest"),
    (forget, "little/model.safetensors is not in the manifest"),
]  # fmt: skip


@pytest.mark.parametrize("harm, words", HARMS, ids=lambda x: getattr(x, "__name__", ""))
def test_a_file_that_is_not_as_it_was_shipped(little, harm, words):
    harm(little / "little")
    with pytest.raises(ValueError) as error:
        weights.load("little", torch.nn.Linear(2, 2))
    one_sentence(error, words, "git checkout")


def test_a_file_that_may_not_be_read(little, monkeypatch):
    def denied(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(little), "read_bytes", denied)
    with pytest.raises(ValueError) as error:
        weights.checked_folder("little")
    one_sentence(error, "little", "Permission denied")


@pytest.mark.parametrize("name, model, words", [
    ("little", torch.nn.Linear(3, 2), "do not fit this Linear"), ("little", torch.nn.Conv2d(2, 2, 1), "do not fit this Conv2d"),
    ("little", None, "model is None"), ("little", torch.nn.Linear, "model is"), ("large", torch.nn.Linear(2, 2), "there are: little"),
    ("", torch.nn.Linear(2, 2), "not among"), (None, torch.nn.Linear(2, 2), "name is None"),
])  # fmt: skip
def test_wrong_arguments(little, name, model, words):
    with pytest.raises(ValueError) as error:
        weights.load(name, model)
    one_sentence(error, words)
