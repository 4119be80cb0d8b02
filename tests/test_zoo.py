"""The Tiny Zoo: scenes, pictures, captions, maps, data set, image folder."""

import itertools
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from course_lib.zoo import (
    ANIMAL_POSES,
    ANIMALS,
    CLASSES,
    COATS,
    FACINGS,
    FLAWS,
    HELD_OUT,
    LOOKS,
    MEDIA,
    PLACES,
    POSES,
    ZOO_VERSION,
    Scene,
    ZooDataset,
    caption,
    contact_sheet,
    is_held_out,
    random_scene,
    write_image_folder,
)
from course_lib.zoo import dataset as dataset_module
from course_lib.zoo import draw as draw_large
from course_lib.zoo import outline as outline_large
from course_lib.zoo import segmentation as segmentation_large
from course_lib.zoo.draw import SIDE

# Half the usual side: a quarter of the work.
draw, segmentation, outline = (
    partial(function, size=64) for function in (draw_large, segmentation_large, outline_large)
)
SOME = [random_scene(seed, medium=MEDIA[seed % 5], animal=ANIMALS[seed % len(ANIMALS)]) for seed in range(20)]
ANIMAL, EYE = CLASSES.index("animal"), CLASSES.index("eye")

# What the drawings of this version look like, per medium: see `fingerprint`.
# When a drawing changes on purpose: raise ZOO_VERSION (old caches are then redrawn, and the shipped weights, which were
# trained on the old drawings, must be trained again) and paste the new numbers, which `python -m tests.test_zoo` prints.
FINGERPRINT_VERSION = 3
FINGERPRINTS = {
    "photo": [91, 93, 155, 156, 140, 103, 138, 146, 105, 156, 165, 177, 98, 85, 110, 83, 108, 90, 98, 122, 97, 107, 84, 80],
    "watercolor painting": [145, 152, 178, 186, 165, 157, 163, 176, 164, 185, 196, 210, 181, 161, 164, 129, 170, 164, 147, 173, 180, 142, 110, 112],
    "oil painting": [95, 103, 162, 162, 145, 116, 143, 150, 111, 161, 173, 184, 153, 164, 196, 155, 179, 171, 163, 193, 157, 176, 185, 171],
    "pencil drawing": [205, 202, 211, 215, 207, 204, 208, 215, 207, 220, 225, 223, 265, 275, 240, 210, 246, 285, 234, 199, 251, 161, 135, 155],
    "digital art": [111, 113, 160, 159, 145, 125, 143, 149, 124, 157, 174, 182, 149, 134, 178, 135, 151, 150, 140, 151, 160, 122, 99, 129],
}  # fmt: skip


def fingerprint(medium: str) -> list[int]:
    """Lightness, and ten times the mean step from pixel to pixel, of one picture of every animal.

    Steady across machines; a change of colour, place or texture moves it.
    """
    pictures = np.stack(
        [draw(random_scene([7, k], medium=medium, animal=animal)) for k, animal in enumerate(ANIMALS)]
    ).astype(float)
    light = pictures.mean(axis=(1, 2, 3))
    texture = 10 * np.abs(np.diff(pictures, axis=2)).mean(axis=(1, 2, 3))
    return [round(v) for v in (*light.tolist(), *texture.tolist())]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(dataset_module, "SHARD", 8)
    return tmp_path / "cache"


def test_size_of_the_zoo():
    assert len(ANIMALS) >= 10 and len(PLACES) >= 6 and len(MEDIA) == 5
    assert {"red fox", "golden retriever", "owl", "snowy owl", "hawk", "cat", "rabbit"} <= set(ANIMALS)
    assert {pose for poses in ANIMAL_POSES.values() for pose in poses} == set(POSES)


def test_same_scene_same_picture_whatever_was_drawn_between():
    first = [draw(scene) for scene in SOME]
    again = [draw(scene) for scene in reversed(SOME)][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.slow
def test_same_picture_in_another_process():
    script = "import zlib; from course_lib.zoo import draw, random_scene; print(sum(zlib.crc32(draw(random_scene(s)).tobytes()) for s in range(12)))"
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1] != ""


def test_drawing_uses_no_global_randomness():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    draw(SOME[0])
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("medium", MEDIA)
def test_version_guard(medium):
    shown = np.abs(np.array(fingerprint(medium)) - FINGERPRINTS[medium]).max()
    assert ZOO_VERSION == FINGERPRINT_VERSION, (
        "ZOO_VERSION was raised: store new fingerprints, see the note above them"
    )
    assert shown <= 2, (
        "drawing changed: raise ZOO_VERSION and store new fingerprints, see the note above them"
    )


@pytest.mark.slow
def test_every_animal_medium_place_and_pose_draws():
    """Every pair is met at least once: all triples of (animal, pose, place), media in turn."""
    media = itertools.cycle(MEDIA)
    for animal in ANIMALS:
        for pose, place in itertools.product(ANIMAL_POSES[animal], PLACES):
            picture = draw(Scene(animal=animal, medium=next(media), place=place, pose=pose, seed=3))
            assert picture.shape == (64, 64, 3) and picture.dtype == np.uint8
            assert picture.std() > 8
    for animal, medium in itertools.product(ANIMALS, MEDIA):
        assert draw(Scene(animal=animal, medium=medium, pose=ANIMAL_POSES[animal][0])).std() > 8


def test_sizes():
    assert draw_large(Scene()).shape == (SIDE, SIDE, 3) == (128, 128, 3)
    small = np.asarray(Image.fromarray(draw(Scene(medium="digital art"), size=128)).reduce(2)).astype(int)
    assert np.abs(small - draw(Scene(medium="digital art"))).mean() < 12  # the same picture, only finer


def test_segmentation_agrees_with_the_picture():
    cover = []
    for seed in range(60):
        scene = random_scene(seed, medium="digital art")
        classes = segmentation(scene)
        assert classes.shape == (64, 64) and classes.dtype == np.uint8 and classes.max() < len(CLASSES)
        cover.append(((classes == ANIMAL) | (classes == EYE)).mean())
        assert (classes == EYE).any(), scene
    assert min(cover) >= 0.05 and max(cover) <= 0.6


def test_segmentation_finds_the_animal_that_is_painted():
    """The animal's pixels are those that change when only its coat changes."""
    for seed in range(12):
        scene = random_scene(seed, animal="cat", medium="digital art", coat="orange")
        changed = np.abs(draw(scene).astype(int) - draw(replace(scene, coat="black"))).max(axis=2) > 40
        animal = segmentation(scene) == ANIMAL
        assert (changed & animal).sum() >= 0.9 * changed.sum()
        assert (changed & animal).sum() >= 0.6 * animal.sum()


def test_maps_ignore_medium_and_flaws():
    scene = SOME[3]
    other = replace(scene, medium="oil painting", flaws=FLAWS)
    assert np.array_equal(segmentation(scene), segmentation(other)) and np.array_equal(
        outline(scene), outline(other)
    )


def test_outline_runs_along_the_border_of_the_animal():
    for scene in SOME[:8]:
        lines, animal = outline(scene) > 90, segmentation(scene) >= ANIMAL
        border = animal & ~np.roll(animal, 1, 0) | animal & ~np.roll(animal, 1, 1)
        near = (
            lines
            | np.roll(lines, 1, 0)
            | np.roll(lines, -1, 0)
            | np.roll(lines, 1, 1)
            | np.roll(lines, -1, 1)
        )
        assert near[border].mean() > 0.8


@pytest.mark.slow
def test_animal_stands_out_in_every_place():
    """Colour inside the animal differs from the colour around it, in colour or at its outline."""
    for medium, place, animal in itertools.product(MEDIA[:3], PLACES, ("snowy owl", "penguin", "red fox")):
        scene = Scene(animal=animal, medium=medium, place=place, pose=ANIMAL_POSES[animal][0], seed=5)
        picture, animal_map = draw(scene).astype(float), segmentation(scene) >= ANIMAL
        assert np.abs(picture[animal_map].mean(0) - picture[~animal_map].mean(0)).max() > 12, scene


def test_poses_and_looks_differ():
    for animal in ANIMALS:
        maps = [
            segmentation(Scene(animal=animal, pose=pose, seed=2)) >= ANIMAL for pose in ANIMAL_POSES[animal]
        ]
        for one, other in itertools.combinations(maps, 2):
            assert (one & other).sum() / (one | other).sum() < 0.9
    for animal in ANIMALS:
        pose = ANIMAL_POSES[animal][0]
        views = [
            draw(Scene(animal=animal, pose=pose, look=look, medium="digital art")).astype(int)
            for look in LOOKS
        ]
        assert min(np.abs(a - b).mean() for a, b in itertools.combinations(views, 2)) > 2


@pytest.mark.parametrize("facing", FACINGS)
def test_head_turns_to_where_it_looks(facing):
    """The eyes are further left in the picture for a look to the left, whichever way the body points."""
    for animal in ANIMALS:
        scene = Scene(animal=animal, pose=ANIMAL_POSES[animal][0], facing=facing)
        left, right = (
            np.argwhere(segmentation(replace(scene, look=look)) == EYE)[:, 1].mean()
            for look in ("left", "right")
        )
        assert left + 2 < right, animal


@pytest.mark.slow
def test_media_are_told_apart_by_a_linear_classifier():
    """Least squares on eight simple numbers per picture."""

    def features(picture):
        p = picture.astype(float) / 255
        grey = p.mean(2)
        steps = np.abs(np.diff(grey, axis=0))
        rim = np.concatenate([grey[:3].ravel(), grey[-3:].ravel(), grey[:, :3].ravel(), grey[:, -3:].ravel()])
        saturation = p.max(2) - p.min(2)
        return [
            1,
            saturation.mean(),
            saturation.std(),
            rim.mean(),
            rim.std(),
            steps.mean(),
            np.median(steps),
            (steps > 0.15).mean(),
            (steps < 0.01).mean(),
            grey.std(),
        ]

    scenes = [random_scene([11, k], medium=MEDIA[k % 5]) for k in range(300)]
    x, y = np.array([features(draw(s)) for s in scenes]), np.array([MEDIA.index(s.medium) for s in scenes])
    weights = np.linalg.lstsq(x[:200], np.eye(5)[y[:200]], rcond=None)[0]
    assert ((x[200:] @ weights).argmax(1) == y[200:]).mean() >= 0.9


@pytest.mark.parametrize("flaw", FLAWS)
def test_flaws_spoil_the_picture(flaw):
    for scene in SOME[:6]:
        clean = replace(scene, flaws=())
        assert np.abs(draw(replace(clean, flaws=(flaw,))).astype(int) - draw(clean)).mean() > 2.5


def test_captions_say_what_is_there():
    words = dict(zip(MEDIA, ("photo", "watercolor", "oil painting", "pencil", "digital art"), strict=True))
    for seed in range(200):
        scene = random_scene(seed, flaws=(FLAWS[seed % 4],) if seed % 3 == 0 else ())
        text = caption(scene, seed)
        assert scene.animal in text and words[scene.medium] in text and scene.place in text, text
        assert all(flaw in text for flaw in scene.flaws)
        assert "  " not in text and " a o" not in text and " a e" not in text
    assert (
        caption(Scene(medium="watercolor painting", place="in the snow"))
        == "a watercolor painting of a red fox in the snow"
    )
    assert len({caption(SOME[0], seed) for seed in range(60)}) >= 6


def test_held_out_compositions():
    everything = list(itertools.product(ANIMALS, MEDIA, PLACES))
    assert 0.08 <= len(HELD_OUT) / len(everything) <= 0.12
    for position in range(3):
        total = Counter(c[position] for c in everything)
        held = Counter(c[position] for c in HELD_OUT)
        assert all(held[word] <= 0.25 * total[word] for word in total)
    for animal, place in itertools.product(("red fox", "golden retriever"), PLACES):
        assert not is_held_out(Scene(animal=animal, medium="watercolor painting", place=place))
    assert not is_held_out(Scene(animal="snowy owl", medium="digital art", place="over a moonlit forest"))


def test_splits_do_not_share_a_composition(cache):
    train, held = ZooDataset(300, seed=1), ZooDataset(100, seed=1, split="held_out")
    assert not any(is_held_out(train.scene(k)) for k in range(300))
    assert all(is_held_out(held.scene(k)) for k in range(100))
    assert {train.scene(k).animal for k in range(300)} == set(ANIMALS)


def test_dataset_items(cache):
    dataset = ZooDataset(20, seed=4, flaws=0.5)
    item = dataset[5]
    assert item["image"].shape == (3, SIDE, SIDE) and item["image"].dtype == torch.float32
    assert -1 <= item["image"].min() < -0.2 and 0.2 < item["image"].max() <= 1
    assert (
        item["caption"] == ZooDataset(9, seed=4, flaws=0.5)[5]["caption"]
        and item["animal"] in item["caption"]
    )
    assert 4 <= sum(bool(dataset.scene(k).flaws) for k in range(20)) <= 16
    batch = next(iter(DataLoader(dataset, batch_size=4)))
    assert batch["image"].shape == (4, 3, SIDE, SIDE) and len(batch["caption"]) == 4
    with pytest.raises(IndexError):
        dataset[20]


def test_cache_hit_equals_fresh(cache):
    fresh = [ZooDataset(12, seed=2, cache=False)[k]["image"] for k in range(12)]
    for _ in range(2):
        dataset = ZooDataset(12, seed=2)
        assert all(torch.equal(dataset[k]["image"], image) for k, image in enumerate(fresh))
    assert len(list(cache.rglob("*.npy"))) == 2
    assert f"v{ZOO_VERSION}" in str(next(cache.rglob("*.npy")))


def test_a_dataset_of_another_size(cache, monkeypatch):
    """Its pictures are drawn at that size, and kept apart from those of the usual one."""
    monkeypatch.setattr(dataset_module, "SHARD", 2)
    small, large = ZooDataset(2, seed=2), ZooDataset(2, seed=2, side=16)
    assert [data[1]["image"].shape[-1] for data in (small, large)] == [SIDE, 16]
    assert np.array_equal(large.pixels(1), draw_large(large.scene(1), 16)) and small.scene(1) == large.scene(
        1
    )


def test_cache_hit_draws_nothing(cache, monkeypatch):
    ZooDataset(8, seed=2).prepare()
    monkeypatch.setattr(dataset_module, "draw", lambda scene: pytest.fail("drew although cached"))
    assert ZooDataset(8, seed=2)[3]["image"].shape == (3, SIDE, SIDE)


@pytest.mark.parametrize("harm", ["cut", "garbage", "one byte", "no checksum", "empty"])
def test_damaged_cache_is_redrawn(cache, harm):
    good = ZooDataset(8, seed=2)[0]["image"]
    path = next(cache.rglob("*.npy"))
    content = path.read_bytes()
    if harm == "no checksum":
        path.with_suffix(".crc32").unlink()
    else:
        flipped = content[:500] + bytes([content[500] ^ 255]) + content[501:]
        path.write_bytes(
            {"cut": content[:-100], "garbage": b"not numpy at all", "one byte": flipped, "empty": b""}[harm]
        )
    assert torch.equal(ZooDataset(8, seed=2)[0]["image"], good)
    assert path.read_bytes() == content


def test_unwritable_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(OSError, match="COURSE_CACHE to a folder you can write to"):
        ZooDataset(8)[0]


def test_image_folder(tmp_path):
    folder = write_image_folder(
        tmp_path / "train", ["red fox", "golden retriever"], 2, "watercolor painting", seed=1
    )
    paths = sorted(folder.glob("*/*.png"))
    assert [str(p.relative_to(folder)) for p in paths] == [
        os.path.join(c, f"0000{k}.png") for c in ("golden retriever", "red fox") for k in (0, 1)
    ]
    from torchvision.datasets import ImageFolder

    assert ImageFolder(str(folder)).classes == ["golden retriever", "red fox"]


def test_image_folder_resumes_and_grows(tmp_path):
    folder = write_image_folder(tmp_path / "train", ["cat"], 3, "photo")
    before = {p: p.read_bytes() for p in folder.glob("*/*.png")}
    missing = folder / "cat" / "00001.png"
    missing.unlink()
    kept = folder / "cat" / "00000.png"
    stamp = kept.stat().st_mtime_ns
    write_image_folder(folder, ["cat", "owl"], 4, "photo")
    assert missing.read_bytes() == before[missing] and kept.stat().st_mtime_ns == stamp
    assert len(list(folder.glob("*/*.png"))) == 8


def test_image_folder_never_overwrites(tmp_path):
    mine = tmp_path / "train" / "cat" / "00000.png"
    mine.parent.mkdir(parents=True)
    mine.write_text("a student's own picture", encoding="utf-8")
    with pytest.raises(FileExistsError, match="not written by the Zoo"):
        write_image_folder(tmp_path / "train", ["cat"], 1, "photo")
    assert mine.read_text(encoding="utf-8") == "a student's own picture"
    write_image_folder(tmp_path / "other", ["cat"], 1, "photo", seed=1)
    with pytest.raises(FileExistsError, match="other settings"):
        write_image_folder(tmp_path / "other", ["cat"], 1, "photo", seed=2)


def test_contact_sheet():
    page = contact_sheet(
        [SOME[:3], SOME[3:6]], row_labels=["one", "two"], column_labels=["a", "b", "c"], size=64, enlarge=2
    )
    assert page.width > 3 * 128 and page.height > 2 * 128
    ready = contact_sheet([[draw(scene) for scene in SOME[:3]]], size=64)
    assert np.array_equal(
        np.array(ready), np.array(contact_sheet([SOME[:3]], size=64))
    )  # pictures that are there already
    with pytest.raises(ValueError, match="no scenes"):
        contact_sheet([])


@pytest.mark.parametrize(
    "bad, says",
    [
        ({"animal": "red foxx"}, "'red fox'"),
        ({"medium": "watercolour painting"}, "'watercolor painting'"),
        ({"place": "in the snw"}, "'in the snow'"),
        ({"pose": "siting"}, "'sitting'"),
        ({"pose": "flying"}, "pose of the red fox"),
        ({"coat": "purple"}, "coat of the red fox"),
        ({"flaws": ("blury",)}, "'blurry'"),
        ({"look": "up"}, "front, left, right"),
        ({"size": 4}, "0.3 to 0.95"),
        ({"x": "left"}, "number from 0 to 1"),
        ({"seed": -1}, "0 or more"),
    ],
)
def test_bad_scenes(bad, says):
    with pytest.raises(ValueError) as error:
        Scene(**bad)
    assert says in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(ValueError):
        random_scene(0, **bad)


WRONG_FOLDERS = {
    "folder": [None, 5], "classes": [None, "owl", [], [3]], "n_per_class": [0, 1.5, "1", None, True],
    "medium": ["oil", 3], "seed": [-1, 0.5, None],
}  # fmt: skip


def test_other_bad_input(tmp_path):
    with pytest.raises(ValueError, match="'animal'"):
        random_scene(0, animl="cat")
    with pytest.raises(ValueError, match="16 to 256"):
        draw_large(Scene(), size=2)
    with pytest.raises(ValueError, match="held_out"):
        ZooDataset(3, split="test")
    with pytest.raises(ValueError, match="n is 0"):
        ZooDataset(0)
    with pytest.raises(ValueError, match="0 to 1"):
        ZooDataset(3, flaws=2)
    with pytest.raises(ValueError, match="side is 500"):
        ZooDataset(3, side=500)
    with pytest.raises(ValueError, match="'cat'"):
        ZooDataset(3, animal="catt")
    held = min(HELD_OUT)
    with pytest.raises(ValueError, match="held out of training"):
        ZooDataset(3, **dict(zip(("animal", "medium", "place"), held, strict=True)))
    with pytest.raises(ValueError, match="No held-out composition"):
        ZooDataset(3, split="held_out", animal="red fox", medium="watercolor painting")
    with pytest.raises(ValueError, match="'owl'"):
        write_image_folder(tmp_path, ["owll"], 1)
    right = dict(folder=tmp_path / "new", classes=["owl"], n_per_class=1)
    for name, values in WRONG_FOLDERS.items():
        for value in values:
            with pytest.raises(ValueError, match=name):
                write_image_folder(**right | {name: value})
    assert not (tmp_path / "new").exists()


def test_coats_make_a_difference():
    for animal in ANIMALS:
        views = [
            draw(Scene(animal=animal, coat=coat, pose=ANIMAL_POSES[animal][0])).astype(int)
            for coat in COATS[animal]
        ]
        assert all(np.abs(a - b).mean() > 0.8 for a, b in itertools.combinations(views, 2)), animal


if __name__ == "__main__":
    for name in MEDIA:
        print(f'    "{name}": {fingerprint(name)},')
