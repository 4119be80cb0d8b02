"""A classifier with fixed labels: what it must be given, what it says, and how often it is right."""

import torch
from torch import Tensor, nn

from course_lib.checks import check_callable, check_count, check_network, check_pictures, check_texts, takes
from course_lib.checks.values import told
from course_lib.measuring.intervals import Interval, share_interval
from course_lib.zoo.coats import ANIMALS

# What ImageNet's 1000 classes call the Zoo's animals; none where it has no such class.
IMAGENET_NAMES: dict[str, tuple[str, ...]] = {
    "red fox": ("red fox",),
    "golden retriever": ("golden retriever",),
    "cat": ("tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat"),
    "rabbit": ("wood rabbit", "Angora"),
    "panda": ("giant panda",),
    "elephant": ("African elephant", "Indian elephant", "tusker"),
    "frog": ("bullfrog", "tree frog", "tailed frog"),
    "owl": ("great grey owl",),
    "snowy owl": (),
    "hawk": (),
    "penguin": ("king penguin",),
    "duck": ("drake", "red-breasted merganser"),
}


@takes(images="B 3 H W", mean="3", std="3")
def normalise(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Bring each colour to the range that a network was trained with.

    x_c = (image_c - mean_c) / std_c,  for each channel c

    images: (B, 3, H, W) in [0, 1].  mean, std: (3,), of the training's pictures.  Returns (B, 3, H, W).
    """
    return (images - mean.view(-1, 1, 1)) / std.view(-1, 1, 1)


@takes(logits="logit ...", names=check_texts, k=check_count)
def top_k(logits: Tensor, names: list[str], k: int = 5) -> list[tuple[str, float]]:
    """The k most probable names for one picture, the best first, each with its probability among all names.

    p = softmax(logits), over all classes

    logits: (C,), of one picture.  names: C words.  Returns k pairs (name, probability).
    Raises ValueError for another shape, another number of names, or a k outside 1 to C.
    """
    if logits.shape != (len(names),):
        raise ValueError(
            f"The logits have shape {tuple(logits.shape)}, but there are {len(names)} names: give those of one picture, "
            f"shape ({len(names)},), such as logits[0]."
        )
    if k > len(names):
        raise ValueError(f"k is {k}, but there are {len(names)} names: choose a k from 1 to {len(names)}.")
    shares, places = logits.softmax(dim=0).topk(k)
    return [(names[place], share) for place, share in zip(places.tolist(), shares.tolist())]


@takes(logits="logit N C", truth="int N", groups="int N")
def accuracy_by_group(logits: Tensor, truth: Tensor, groups: Tensor) -> Tensor:
    """How often the highest logit is the right one, in each group of pictures by itself.

    logits: (N, C).  truth: (N,) int64, the right class of each picture.  groups: (N,) int64, the group of each.
    Returns one share per group number that occurs, in rising order, (G,) float.
    """
    right = (logits.argmax(dim=1) == truth).float()  # (N,)
    return torch.stack([right[groups == group].mean() for group in groups.unique()])


def accuracy_interval(right: Tensor) -> Interval:
    """The share of right answers and its 95% interval (Wilson).

    right: (N,) bool, N at least 1, of pictures drawn apart from each other.  Raises ValueError for another shape or type.
    """
    if not isinstance(right, Tensor) or right.ndim != 1 or right.dtype != torch.bool or not len(right):
        got = f"{right.dtype} of shape {tuple(right.shape)}" if isinstance(right, Tensor) else told(right)
        raise ValueError(
            f"One True or False per picture is needed, shape (N,), but got {got}: "
            "compare the answers with the truth, answers == truth."
        )
    return share_interval(int(right.sum()), len(right))


@takes(
    model=check_network,
    transforms=check_callable,
    images=(check_pictures, "N 3 H W", 0),
    batch_size=check_count,
)
def class_logits(model: nn.Module, transforms: nn.Module, images: Tensor, batch_size: int = 64) -> Tensor:
    """What a classifier says about pictures that get its own preprocessing first.

    model, transforms: from `course_lib.models.load_resnet`.  images: (N, 3, H, W) in [0, 1], any size, any device.
    The model is in eval mode meanwhile, so no picture depends on its neighbours in the batch.
    Returns (N, C) logits on the CPU.  Raises ValueError for another shape, type or range.
    """
    return in_parts(model, transforms, images, batch_size)


@torch.no_grad()
def in_parts(network: nn.Module, transforms: nn.Module, images: Tensor, batch_size: int) -> Tensor:
    """network(transforms(images)) in eval mode, part by part; every layer is left in the mode in which it was.

    images: (N, 3, H, W) in [0, 1].  Returns (N, D) float32 on the CPU.
    """
    device = next(network.parameters()).device
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        parts = [network(transforms(part.to(device))).float().cpu() for part in images.split(batch_size)]
    finally:
        for module, training in modes.items():
            module.training = training
    return torch.cat(parts)


@takes(logits="...", names=check_texts)
def animal_logits(logits: Tensor, names: list[str]) -> Tensor:
    """The logits of all classes, reduced to the Zoo's animals: so one cell serves 12 classes and 1000.

    An animal with several classes gets the sum of their probabilities, log sum exp; one with no class gets -infinity.

    logits: (N, C).  names: C words, those of the Zoo or of ImageNet.  Returns (N, 12), in the order of ANIMALS.
    Raises ValueError where a class of ours is missing, or their numbers differ.
    """
    if logits.ndim != 2 or logits.shape[1] != len(names):
        raise ValueError(
            f"The logits have shape {tuple(logits.shape)}, but there are {len(names)} names: give (N, {len(names)})."
        )
    columns = [
        torch.logsumexp(logits[:, classes], dim=1) if classes else logits.new_full((len(logits),), -torch.inf)
        for classes in animal_classes(names).values()
    ]
    return torch.stack(columns, dim=1)


@takes(names=check_texts)
def animal_classes(names: list[str]) -> dict[str, list[int]]:
    """Which classes are which animal of the Zoo: {animal: class numbers}; the list is empty where there is none.

    names: of a classifier's classes, the Zoo's own or ImageNet's.  Raises ValueError for those of another one.
    """
    place = {name: i for i, name in reversed(list(enumerate(names)))}
    words = {animal: (animal,) for animal in ANIMALS} if set(ANIMALS) <= set(names) else IMAGENET_NAMES
    missing = [word for group in words.values() for word in group if word not in place]
    if missing:
        raise ValueError(
            f"Neither the Zoo's animals nor ImageNet's classes are among these {len(names)} names: {missing[0]!r} is "
            "missing. Give the names that load_resnet returned."
        )
    return {animal: [place[word] for word in words[animal]] for animal in ANIMALS}
