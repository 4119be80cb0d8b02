"""The face check: what a spoiled face is, what the network is taught, what it refuses."""

import numpy as np
import pytest
import torch

from course_lib.measuring import face_check as measuring
from course_lib.measuring.face_check import FaceCheck, face_flaws
from course_lib.training import face_check as recipe
from course_lib.training.spoiled_faces import (
    DRAWN,
    EARS,
    KINDS,
    PAINTED,
    RIGHT,
    ears_of,
    eyes_of,
    face_picture,
    face_scene,
    fits,
    middle,
    mouth_of,
    paint,
    spoiled,
)
from course_lib.zoo import ANIMALS, COATS, Scene, draw, random_scene
from course_lib.zoo.animals import HEADS
from course_lib.zoo.draw import stage
from course_lib.zoo.heads import Turn
from course_lib.zoo.shapes import EYE


def head_of(animal: str, yaw: float = 0.0) -> list:
    return HEADS[animal](Turn(yaw), next(iter(COATS[animal].values())))


@pytest.mark.parametrize("animal", ANIMALS)
def test_eyes_and_ears_are_pairs_on_either_side_of_the_face(animal):
    """The tables of part numbers hold for the heads as they are drawn."""
    head = head_of(animal)
    pairs = [eyes_of(animal, head), *([ears_of(animal)] if animal in EARS else [])]
    for left, right in pairs:
        (x, y), (mirror_x, mirror_y) = middle([head[i] for i in left]), middle([head[i] for i in right])
        assert abs(x + mirror_x) < 0.05 and abs(y - mirror_y) < 1e-6 and abs(x) > 0.3, (left, right)
    for eye in pairs[0]:
        assert all(np.hypot(*(middle([head[i]]) - middle([head[eye[-1]]]))) < 0.4 for i in eye), eye
    ear_like = ears_of(animal)
    assert all(middle([head[i] for i in ear])[1] > 0 for ear in ear_like) or animal in (
        "elephant",
        "golden retriever",
    )
    assert not {i for eye in pairs[0] for i in eye} & set(mouth_of(animal, head))
    assert abs(middle([head[i] for i in mouth_of(animal, head)])[0]) < 0.4


def test_a_hawk_from_the_side_has_one_eye():
    assert len(eyes_of("hawk", head_of("hawk", 0.52))) == 1
    assert not fits("eyes merged", Scene("hawk", look="left")) and fits(
        "eye missing", Scene("hawk", look="left")
    )


@pytest.mark.parametrize("kind", DRAWN)
def test_a_flaw_changes_what_it_names_and_nothing_else(kind):
    what, how = kind.split()
    for seed, animal in enumerate(a for a in ANIMALS if fits(kind, random_scene(0, animal=a, look="front"))):
        head = head_of(animal)
        bad = spoiled(head, animal, kind, np.random.default_rng(seed))
        same = {id(part) for part in head} & {id(part) for part in bad}
        touched = [part for part in head if id(part) not in same]
        numbers = {"mouth": mouth_of(animal, head), "ear": sum(ears_of(animal), [])}.get(
            what, sum(eyes_of(animal, head), [])
        )
        assert all(any(part is head[i] for i in numbers) for part in touched)
        more = len(bad) - len(head)
        assert (more < 0) == (how == "missing") and (more > 0) == (how in ("extra", "doubled")), animal
        if how in ("merged", "unequal", "moved"):
            assert touched


def test_the_zoo_draws_as_before_where_nothing_is_changed():
    scene = random_scene(3)
    assert np.array_equal(paint(scene, stage(scene, 64)), draw(scene, 64))


@pytest.mark.parametrize("kind", (*PAINTED, "eye moved"))
def test_a_spoiled_picture_differs_from_the_right_one_about_the_face_alone(kind):
    scene = Scene("red fox", size=0.9, seed=5)
    right, rng = draw(scene, 64), np.random.default_rng(1)
    bad = face_picture(scene, kind, rng, 64)
    eyes = middle([part for part in stage(scene, 64).animal if part.label == EYE]) * 64
    rows, columns = (np.abs(right.astype(int) - bad).sum(2) > 60).nonzero()
    assert len(rows) > 4
    assert np.median(np.hypot(columns - eyes[0], rows - eyes[1])) < 24


def test_half_of_the_faces_are_right_and_each_is_the_same_every_time():
    told = [face_scene(7, i) for i in range(400)]
    kinds = [kind for _, kind, _ in told]
    assert 160 < kinds.count(RIGHT) < 240 and set(kinds) == {*KINDS, RIGHT}
    assert all(kind == RIGHT or fits(kind, scene) for scene, kind, _ in told)
    one, other = (face_picture(*face_scene(7, 3), 32) for _ in range(2))
    assert np.array_equal(one, other)


def test_the_threshold_finds_most_among_those_with_few_false_alarms():
    said = torch.tensor([0.1] * 90 + [0.7] * 10 + [0.6] * 50 + [0.9] * 50)
    flawed = torch.arange(200) >= 100
    assert (
        0.7 <= recipe.choose_threshold(said, flawed) < 0.9
    )  # 0.5 would find all, with a tenth of false alarms
    assert 0.1 <= recipe.choose_threshold(said.clamp(max=0.65), flawed) > 0.64


def test_small_pictures_are_refused_in_one_sentence():
    with pytest.raises(ValueError, match="128"):
        face_flaws(torch.zeros(2, 3, 64, 64))


def test_the_check_answers_with_one_probability_for_each_picture(monkeypatch):
    torch.manual_seed(0)
    net = FaceCheck().eval()
    monkeypatch.setattr(measuring, "_net", lambda: net)
    images = torch.rand(3, 3, 128, 128) * 2 - 1
    said = face_flaws(images)
    assert said.shape == (3,) and (said > 0).all() and (said < 1).all()
    assert torch.allclose(said[1], net(images[1:2]).sigmoid(), atol=1e-5)
