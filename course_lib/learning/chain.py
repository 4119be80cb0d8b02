"""The whole chain in one function: paint a labelled training set, score it, filter it, learn from it, and test.

Each stage is a public function of its own module; here they only follow one another, and what each found is kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib.checks import check_callable, check_is, check_network, check_number, check_pictures, takes
from course_lib.learning.curation import keep_best, leaks
from course_lib.learning.image_files import load_folder, picture_names, write_scores
from course_lib.learning.labelled import check_labels, thumbnails
from course_lib.learning.synthetic import check_prompts, generate_folder
from course_lib.learning.transfer import features, linear_probe
from course_lib.measuring.intervals import Interval, share_interval

LEAK = 0.97  # correlation from which a test picture counts as a near copy of a training picture


@dataclass(frozen=True)
class Chain:
    """What each stage of the chain found."""

    classes: tuple[str, ...]
    images: Tensor  # (N, 3, H, W) in [-1, 1]: everything painted
    labels: Tensor  # (N,) int64
    scores: Tensor  # (N,): cosine with the picture's own prompt, by the judge
    agrees: Tensor  # (N,) bool: the judge prefers that prompt to those of the other classes
    kept: Tensor  # (N,) bool: what was learned from
    leaked: int  # test pictures that are near copies of a kept one
    probe: nn.Linear  # the classifier, on the backbone's features
    tested: Interval  # its accuracy on the test pictures
    unfiltered: Interval  # that of a probe which learned from everything painted
    test_images: Tensor  # (M, 3, H, W)
    answers: Tensor  # (M,) int64: the classes that the probe names
    test_labels: Tensor  # (M,) int64

    @property
    def agreement(self) -> Interval:
        """The share of the painted pictures in which the judge sees what was asked for."""
        return share_interval(int(self.agrees.sum()), len(self.agrees))


JUDGE = (check_is, "text_features", "a judge, such as Judge(*load_clip())")


@takes(
    judge=JUDGE, resnet=check_network, transforms=check_callable, prompts=check_prompts, test_images=check_pictures,
    keep=partial(check_number, above=0, high=1, hint="a share, such as 0.75"),
)  # fmt: skip
def run_chain(
    pipe,
    judge,
    resnet: nn.Module,
    transforms,
    folder: str | Path,
    prompts: dict[str, list[str]],
    test_images: Tensor,
    test_labels: Tensor,
    *,
    n_per_class: int,
    keep: float = 0.75,
    seed: int = 0,
    steps: int = 25,
    guidance: float = 3.0,
    bar: Callable[[Iterable, int, str], Iterable] | None = None,
    accelerator=None,
) -> Chain:
    """Generate, score, filter, train and test.  Resumable: pictures that are in the folder are not painted again.

    pipe, folder, prompts, n_per_class, seed, steps, guidance, bar, accelerator: as for `generate_folder`; a folder that
    holds more pictures is used whole.  judge: a `course_lib.measuring.scoring.Judge`.  resnet, transforms: the frozen network and its
    preprocessing.  test_images: (M, 3, H, W) in [-1, 1].  test_labels: (M,) int64, numbers of sorted(prompts).
    keep: the share of each prompt's pictures that may stay, best scores first, because scores of different prompts can't be
    compared; pictures that the judge takes for another class go too.
    Raises ValueError for bad arguments, before anything is painted, and where the judge leaves a class without a picture.
    """
    if len(prompts) < 2:
        raise ValueError(
            f"The prompts name {len(prompts)} class, but a classifier needs two or more: add another."
        )
    check_labels(test_labels, len(test_images), len(prompts), at_least=1)
    generate_folder(
        pipe, folder, prompts, n_per_class,
        seed=seed, steps=steps, guidance=guidance, bar=bar, accelerator=accelerator,
    )  # fmt: skip
    images, labels, classes = load_folder(folder)
    if classes != sorted(prompts):
        raise ValueError(
            f"{folder} holds the classes {classes}, but the prompts are for {sorted(prompts)}: choose another folder."
        )
    names = picture_names(folder)
    looks = judge.image_features(images)
    numbers = torch.tensor([int(Path(name).stem) for name in names])
    scores, agrees = score(judge, looks, labels, numbers, prompts)
    write_scores(folder, dict(zip(names, scores.tolist())))
    kept = keep_best(scores, _by_prompt(labels, numbers, prompts), keep) & agrees
    _refuse_empty(kept, labels, classes, folder)
    x, x_test = features(resnet, images, transforms), features(resnet, test_images, transforms)
    probe, plain = linear_probe(x[kept], labels[kept]), linear_probe(x, labels)
    answers = probe(x_test).argmax(dim=1)
    copied = leaks(thumbnails(images[kept]), thumbnails(test_images), LEAK)
    return Chain(
        tuple(classes), images, labels, scores, agrees, kept, int(copied.sum()), probe,
        _share(answers, test_labels), _share(plain(x_test).argmax(dim=1), test_labels), test_images, answers, test_labels,
    )  # fmt: skip


@takes(judge=JUDGE, looks="N D", labels="int N", numbers="int N", prompts=check_prompts)
def score(
    judge, looks: Tensor, labels: Tensor, numbers: Tensor, prompts: dict[str, list[str]]
) -> tuple[Tensor, Tensor]:
    """How well each picture fits its prompt, and whether the same prompt of its class wins against the other classes'.

    looks: (N, D), the judge's features of the pictures.  labels: (N,) int64, places in sorted(prompts).  numbers: (N,)
    int64, each picture's number in its class: picture i came from prompt i, and after the last one the first again.
    Returns scores (N,), cosines, and agrees (N,) bool.
    """
    texts = [judge.text_features(prompts[name]) for name in sorted(prompts)]  # (prompts, D) each
    cosines = torch.stack([(looks * text[numbers % len(text)]).sum(dim=1) for text in texts], dim=1)
    return cosines.gather(1, labels[:, None])[:, 0], cosines.argmax(dim=1) == labels  # (N, classes) before


def _by_prompt(labels: Tensor, numbers: Tensor, prompts: dict[str, list[str]]) -> Tensor:
    """A number for each picture that is the same for pictures of one prompt.  Arguments as for `score`; returns (N,) int64."""
    how_many = torch.tensor([len(prompts[name]) for name in sorted(prompts)])
    return labels * how_many.max() + numbers % how_many[labels]


def _refuse_empty(kept: Tensor, labels: Tensor, classes: list[str], folder: str | Path) -> None:
    for label, name in enumerate(classes):
        if not kept[labels == label].any():
            raise ValueError(
                f"The judge and the filter leave no picture of {name!r}: look at {folder}, paint more, or keep a larger "
                "share."
            )


def _share(answers: Tensor, truth: Tensor) -> Interval:
    return share_interval(int((answers == truth.cpu()).sum()), len(truth))
