"""A picture against a list of labels: which labels to list, how probable each is, and how often the right one wins."""

from dataclasses import asdict
from functools import partial

import numpy as np
import torch
from torch import Tensor

from course_lib.checks import (
    check_is,
    check_number,
    check_pictures,
    check_rng,
    check_texts,
    check_word,
    takes,
)
from course_lib.measuring.scoring import FIELDS, Judge
from course_lib.words.clip import zero_shot
from course_lib.zoo import Scene, caption, random_scene

SCENE = (check_is, "animal", "a Scene, such as random_scene()")
JUDGE = (check_is, "text_features", "a Judge, such as Judge(*load_clip())")


@takes(scene=SCENE)
def rivals(scene: Scene, field: str) -> list[str]:
    """The scene's plain caption with one word wrong: every other word of the Zoo for `field`, in the Zoo's order.

    field: "animal", "medium" or "place".  Returns 11, 4 or 7 captions.  Raises ValueError for another field.
    """
    check_word("field of a label", field, tuple(FIELDS))
    others = [word for word in FIELDS[field] if word != getattr(scene, field)]
    return [_plain(scene, **{field: word}) for word in others]


@takes(scene=SCENE, rng=check_rng)
def label_set(scene: Scene, rng: np.random.Generator | int | None = None) -> dict[str, str]:
    """One right label for a picture of the scene, and one of each kind of wrong ones.

    rng: a numpy Generator, or a seed: draws the wrong words.
    Returns {"right": …, "wrong animal": …, "wrong medium": …, "wrong place": …}.
    """
    rng = np.random.default_rng(rng)
    wrong = {f"wrong {field}": str(rng.choice(rivals(scene, field))) for field in FIELDS}
    return {"right": _plain(scene)} | wrong


@takes(
    judge=JUDGE,
    image_features="N D",
    labels=(check_is, (list, tuple), "a list of sentences for each picture"),
)
def label_cosines(judge: Judge, image_features: Tensor, labels: list[list[str]]) -> Tensor:
    """How well each picture fits each label of its own list.

    image_features: (N, D), of length 1, from `judge.image_features`.  labels: N lists of M sentences each.
    Returns the cosines, (N, M).  Raises ValueError where there is not one list per picture, or lists differ in length.
    """
    lengths = {len(check_texts(some, "each list of labels")) for some in labels}
    if len(labels) != len(image_features) or len(lengths) != 1:
        raise ValueError(
            f"{len(labels)} lists with {sorted(lengths)} labels for {len(image_features)} pictures; give each picture a "
            "list, all of one length."
        )
    texts = judge.text_features([label for some in labels for label in some])  # (N * M, D)
    return torch.einsum("nd,nmd->nm", image_features, texts.unflatten(0, (len(labels), -1)))


@takes(similarities="N M", temperature=partial(check_number, above=0))
def softmax_with_temperature(similarities: Tensor, temperature: float) -> Tensor:
    """Share out 100% among the labels; the lower the temperature, the more the best one takes.

    p = softmax(similarities / temperature), over the labels

    similarities: (N, M), one row per picture.  temperature: above 0; CLIP learns 1 / temperature as its logit_scale.
    Returns (N, M); each row sums to 1.
    """
    return (similarities / temperature).softmax(dim=1)


@takes(right="N", wrong="N M")
def win_rate(right: Tensor, wrong: Tensor) -> Tensor:
    """The part of the pictures whose right label scores higher than every wrong one; a tie is no win.

    right: (N,) scores of the right labels.  wrong: (N, M) scores of M wrong ones for each.  Returns one number, 0 to 1.
    """
    wins = (right[:, None] > wrong).all(dim=1)  # (N,)
    return wins.float().mean()


@takes(judge=JUDGE, images=check_pictures)
def label_probabilities(judge: Judge, images: Tensor, labels: list[str]) -> Tensor:
    """How probable each label is for each picture, among the labels listed and no others, at the judge's temperature.

    images: (N, 3, H, W) in [-1, 1].  labels: M sentences, M >= 2.  Returns (N, M); each row sums to 1.
    Raises ValueError for labels that `check_labels` refuses, and for anything but a batch of pictures.
    """
    check_labels(judge, labels)
    scale = judge.clip.logit_scale.exp().item()
    return zero_shot(judge.image_features(images), judge.text_features(labels), scale)


def check_labels(judge: Judge, labels: list[str]) -> None:
    """Raise ValueError, in one sentence, for labels among which no fair choice can be made.

    That is: a single string, no label, one label, an empty one, one longer than the judge reads, two that it reads alike.
    """
    if isinstance(labels, str):
        raise ValueError(f"The labels are one string, {labels[:40]!r}; give a list of sentences.")
    check_is(labels, "labels", (list, tuple), "a list of sentences")
    if len(labels) < 2:
        raise ValueError(_too_few(labels))
    read: dict[tuple, str] = {}
    for label in labels:
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f"The label {label!r} says nothing; write a sentence, or take it off the list.")
        tokens = _tokens(judge, label)
        if tokens in read:
            alike = "" if label == read[tokens] else f": the judge reads it like {read[tokens]!r}"
            raise ValueError(
                f"The label {label!r} is listed twice{alike}; take one off, or they share one probability."
            )
        read[tokens] = label


def _too_few(labels: list[str]) -> str:
    if len(labels) == 0:
        return "There are no labels to choose from; list 2 or more."
    return (
        f"There is only one label, {labels[0]!r}, and the softmax of one label is always 100%, whatever the picture shows; "
        "list another one beside it, or use clip_score, which needs no rival."
    )


def _tokens(judge: Judge, label: str) -> tuple[int, ...]:
    """What the judge reads.  Raises ValueError where the label is longer than that."""
    longest = judge.clip.config.text_config.max_position_embeddings
    tokenizer = judge.processor.tokenizer
    tokens = tokenizer(label, truncation=False, verbose=False)["input_ids"]
    if len(tokens) > longest:
        lost = tokenizer.decode(tokens[longest - 1 : -1]).strip()
        raise ValueError(
            f"The label {label[:40]!r}… has {len(tokens)} tokens, and the judge reads {longest}: it would never see "
            f"{lost[:60]!r}; shorten the label."
        )
    return tuple(tokens)


def _plain(scene: Scene, **other: str) -> str:
    """The plainest caption of the scene, with some words exchanged."""
    words = {field: asdict(scene)[field] for field in (*FIELDS, "flaws")} | other
    return caption(random_scene(0, **words))
