"""Curation: which pictures of a data set to keep.  The best by a score, no doubles, and nothing of the training set in the test.

All questions of likeness are asked in the features of a judge: rows of numbers, one per picture, compared by their cosine.
"""

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib.checks import check_count, check_is, check_number, check_tensors, takes
from course_lib.learning.image_files import load_folder, picture_names
from course_lib.words.clip import cosine_similarity_matrix

GROUPS = ("label", "prompt")  # what a share of the pictures can be taken of


@takes(scores="N", groups="int N", share=(check_number, 0, 1))
def keep_best(scores: Tensor, groups: Tensor, share: float) -> Tensor:
    """Which pictures to keep: the best `share` of each group, so that no group loses more than another.

    scores: (N,) float, higher is better.  groups: (N,) int64, the class of each picture, or its prompt.
    share: 0 to 1; of n pictures, n * share are kept, rounded.  Returns (N,) bool, true for those to keep.
    Raises ValueError for bad arguments.
    """
    kept = torch.zeros_like(groups, dtype=torch.bool)
    for group in groups.unique():
        members = (groups == group).nonzero()[:, 0]
        best = scores[members].topk(round(len(members) * share)).indices
        kept[members[best]] = True
    return kept


@takes(features="N D", threshold=check_number)
def near_duplicates(features: Tensor, threshold: float) -> Tensor:
    """The pairs of pictures that are too alike: their cosine is `threshold` or more.

    features: (N, D).  Returns (P, 2) int64, each pair once, the smaller index first, in rising order.
    Raises ValueError for bad arguments.
    """
    similarity = cosine_similarity_matrix(features, features)  # (N, N)
    return (similarity >= threshold).triu(diagonal=1).nonzero()


def _check_pairs(features: Tensor, name: str) -> None:
    check_tensors("N D", **{name: features})
    check_count(len(features), f"The number of rows of {name}", 2)


@takes(features=_check_pairs)
def diversity(features: Tensor) -> Tensor:
    """How different the pictures of a set are from one another: 1 - cosine, on average over all pairs.

    features: (N, D), N >= 2.  Returns one number: 0 where all pictures are the same to the judge.
    Raises ValueError for bad arguments.
    """
    similarity = cosine_similarity_matrix(features, features)  # (N, N)
    n = len(features)
    return 1 - (similarity.sum() - similarity.trace()) / (n * (n - 1))


@takes(train_features="N D", test_features="M D", threshold=check_number)
def leaks(train_features: Tensor, test_features: Tensor, threshold: float) -> Tensor:
    """Which test pictures are too like some picture of the training set: their cosine is `threshold` or more.

    train_features: (N, D).  test_features: (M, D).  Returns (M,) bool.  Raises ValueError for bad arguments.
    """
    similarity = cosine_similarity_matrix(test_features, train_features)  # (M, N)
    return similarity.max(dim=1).values >= threshold


class Leak(NamedTuple):
    """A test picture that the training set has shown already."""

    test: str  # file name below the test folder
    train: str  # the picture of the training folder that it is most like
    similarity: float  # cosine in the judge's features
    identical: bool  # whether the two files are the same, byte by byte


@takes(judge=(check_is, "image_features", "a judge, such as Judge(*load_clip())"), threshold=check_number)
def find_leaks(
    train: str | Path, test: str | Path, judge, threshold: float, size: int | None = None
) -> list[Leak]:
    """Every picture of the test folder that is in the training folder too, or nearly.

    train, test: folders of class folders.  judge: has image_features(images) -> (N, D), as `course_lib.measuring.scoring.Judge`.
    threshold: a cosine; 1 finds only what the judge cannot tell apart.  size: as for `load_folder`.
    Returns one Leak for each such test picture, the most alike first.  Raises ValueError as `load_folder` does.
    """
    names = [picture_names(folder) for folder in (train, test)]
    features = [judge.image_features(load_folder(folder, size)[0]) for folder in (train, test)]
    sums = [[_sum(Path(folder) / name) for name in part] for folder, part in zip((train, test), names)]
    similarity, nearest = cosine_similarity_matrix(features[1], features[0]).max(dim=1)
    found = []
    for i, (name, digest) in enumerate(zip(names[1], sums[1])):
        twin = sums[0].index(digest) if digest in sums[0] else None
        if twin is not None or similarity[i] >= threshold:
            like = names[0][nearest[i] if twin is None else twin]
            found.append(Leak(name, like, similarity[i].item(), twin is not None))
    return sorted(found, key=lambda leak: -leak.similarity)


def _sum(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _check_lines(metadata: list[dict], name: str) -> None:
    check_is(metadata, name, list, "the lines that read_metadata gives")
    for place, entry in enumerate(metadata):
        if not isinstance(entry, dict) or not {"file_name", *GROUPS} <= entry.keys():
            raise ValueError(
                f"Line {place} of {name} is no dict with file_name, label and prompt: take what read_metadata gives."
            )
        if "score" in entry:
            check_number(entry["score"], f"The score of {entry['file_name']}")


@takes(metadata=_check_lines, threshold=check_number, share=(check_number, 0, 1), by=GROUPS)
def keep_by_score(
    metadata: list[dict], *, threshold: float | None = None, share: float | None = None, by: str = "label"
) -> list[dict]:
    """The lines of metadata to keep: those with a score of `threshold` or more, the best `share` of each group, or both.

    metadata: as `read_metadata` gives it, with scores.  by: what makes a group, "label" or "prompt".
    Raises ValueError where a line has no score, and for bad arguments.
    """
    unscored = [entry["file_name"] for entry in metadata if "score" not in entry]
    if unscored:
        raise ValueError(
            f"{len(unscored)} pictures have no score, such as {unscored[0]}: write_scores first."
        )
    kept = torch.ones(len(metadata), dtype=torch.bool)
    if share is not None:
        names = sorted({entry[by] for entry in metadata})
        groups = torch.tensor([names.index(entry[by]) for entry in metadata])
        kept = keep_best(torch.tensor([entry["score"] for entry in metadata]), groups, share)
    if threshold is not None:
        kept &= torch.tensor([entry["score"] >= threshold for entry in metadata])
    return [entry for entry, keep in zip(metadata, kept) if keep]
