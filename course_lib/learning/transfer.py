"""Transfer learning: a network that was trained on one thing, put to work on another.

For torchvision's ResNets, whose last layer is called `fc`: everything before it is the backbone, `fc` is the head.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import ResNet

from course_lib.checks import (
    check_callable,
    check_count,
    check_generator,
    check_is,
    check_network,
    check_number,
    check_pictures,
    takes,
)
from course_lib.learning.labelled import check_labels
from course_lib.measuring.classify import class_logits, in_parts
from course_lib.measuring.intervals import Interval, share_interval

RESNET = (check_is, "fc", "a ResNet, as load_resnet() gives first")
TWO_PICTURES = (check_pictures, "N 3 H W", -1, 2)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm)


@takes(model=check_network, images=check_pictures, transforms=check_callable, batch_size=check_count)
def features(model: nn.Module, images: Tensor, transforms, *, batch_size: int = 64) -> Tensor:
    """What the backbone says about each picture: the numbers that the head reads.

    model: a torchvision ResNet; it is in eval mode meanwhile, so no picture depends on its neighbours in the batch.
    images: (N, 3, H, W) in [-1, 1].  transforms: the network's own preprocessing, which takes [0, 1].
    Returns (N, D) float32 on the CPU: compute them once and keep them.  Raises ValueError for others.
    """
    backbone = nn.Sequential(*list(model.children())[:-1], nn.Flatten())  # the same layers, not copies
    return in_parts(backbone, transforms, images / 2 + 0.5, batch_size)


@takes(model=check_network, images=check_pictures, transforms=check_callable)
def evaluate(model: nn.Module, images: Tensor, labels: Tensor, transforms) -> Interval:
    """The share of pictures that the network names right, with its 95% interval (Wilson).

    labels: (N,) int64.  The other arguments are those of `features`.  Raises ValueError as `check_labels` does.
    """
    logits = class_logits(model, transforms, images / 2 + 0.5)
    check_labels(labels, len(images), logits.shape[1], at_least=1)
    return share_interval(int((logits.argmax(dim=1) == labels.cpu()).sum()), len(labels))


@takes(x="N D", reference="M D", eps=(check_number, 0))
def standardise(x: Tensor, reference: Tensor, eps: float = 1e-3) -> Tensor:
    """Bring every feature to mean 0 and spread 1, by the mean and spread it has in the training set.

    (x - mean) / (std + eps), each column for itself

    x: (N, D), features of any set.  reference: (M, D), the training set's, M >= 2: a test set must not help to scale itself.
    eps keeps a column that is the same in all training pictures from dividing by zero.  Returns (N, D).
    """
    mean, std = reference.mean(dim=0), reference.std(dim=0)
    return (x - mean) / (std + eps)


@takes(features="N D", n_classes=check_count, decay=(check_number, 0))
def linear_probe(
    features: Tensor, labels: Tensor, n_classes: int | None = None, *, decay: float = 0.01
) -> nn.Linear:
    """The best linear layer on frozen features: a logistic regression (linear probes, Alain and Bengio 2016).

    loss = mean cross-entropy + decay / 2 |W|^2 on the standardised features.  It is convex: there is one best answer, and
    torch's L-BFGS finds it from zero.  The scaling is then folded into the layer, so it takes the features as they are.

    features: (N, D).  labels: (N,) int64 from 0 to n_classes - 1.  n_classes: None: as many as the labels show.
    Returns nn.Linear(D, n_classes), on the device of the features.  Raises ValueError as `check_labels` does.
    """
    n_classes = check_labels(labels, len(features), n_classes)
    x, y = standardise(features, features), labels.to(features.device)
    head = nn.Linear(x.shape[1], n_classes, device=x.device)
    nn.init.zeros_(head.weight), nn.init.zeros_(head.bias)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(head(x), y) + decay / 2 * head.weight.square().sum()
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(loss)
    return _fold(head, features)


@torch.no_grad()
def _fold(head: nn.Linear, reference: Tensor) -> nn.Linear:
    """The same answers for features that are not standardised: W standardise(f) + b = W' f + b', in place."""
    at_zero = standardise(torch.zeros_like(reference[:1]), reference)  # (1, D)
    slope = standardise(torch.ones_like(reference[:1]), reference) - at_zero
    head.bias += head.weight @ at_zero[0]
    head.weight *= slope
    return head


@takes(model=RESNET, n_classes=check_count)
def replace_head(model: nn.Module, n_classes: int) -> nn.Module:
    """Give the network a new last layer for other classes, in place; the backbone stays as it is.

    model: a torchvision ResNet.  n_classes: how many outputs the new head has.
    Returns the model.  Its new head is random, ready to learn, and on the device of the old one.
    """
    old = model.fc
    model.fc = nn.Linear(old.in_features, n_classes, device=old.weight.device)
    return model


@takes(model=RESNET)
def freeze_backbone(model: nn.Module) -> nn.Module:
    """Keep everything before the head as it is, in place: the weights, and the statistics of the batch norms.

    Without a gradient no weight moves.  But a batch norm in train mode takes in the mean and the variance of every batch
    it sees, gradient or not; in eval mode it does not.  model: a torchvision ResNet.  Returns the model, its head learning.
    A later model.train() undoes the second half: call this again after it, or use `train_mode`, as `fine_tune` does.
    """
    model.requires_grad_(False)
    model.eval()
    model.fc.requires_grad_(True)
    return model


@takes(model=(check_is, "layer1", RESNET[2]), n_classes=check_count, generator=check_generator)
def untrained(model: nn.Module, n_classes: int, generator: torch.Generator | None = None) -> nn.Module:
    """A network of the same layers with fresh random weights, on the same device: what is there without pretraining.

    model: a torchvision ResNet of plain blocks.  generator: on the CPU, gives the seed.  Returns it in eval mode.
    """
    stages = [model.layer1, model.layer2, model.layer3, model.layer4]
    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
        fresh = ResNet(type(model.layer1[0]), [len(stage) for stage in stages], num_classes=n_classes)
    return fresh.to(_device(model)).eval()


def train_mode(model: nn.Module) -> nn.Module:
    """model.train(), except for batch norms whose weights are frozen: those stay in eval mode.  Returns the model."""
    model.train()
    for module in model.modules():
        if isinstance(module, BATCH_NORMS) and not module.weight.requires_grad:
            module.eval()
    return model


@takes(model=check_network, images=TWO_PICTURES, transforms=check_callable)
@torch.no_grad()
def settle_batch_norm(model: nn.Module, images: Tensor, transforms) -> nn.Module:
    """Set the statistics of every batch norm to those of these pictures, in one pass, in place.

    After a short training from scratch they are still near their start (0 and 1).  On a trained network this adapts it to
    pictures of another kind, without labels (AdaBN, Li and others 2016).  Arguments as for `features`, N >= 2.
    Returns the model in eval mode.
    """
    norms = [module for module in model.modules() if isinstance(module, BATCH_NORMS)]
    usual = [module.momentum for module in norms]
    for module in norms:
        module.momentum = 1.0  # forget all that came before
    model.train()(transforms(images.to(_device(model)) / 2 + 0.5))
    for module, momentum in zip(norms, usual):
        module.momentum = momentum
    return model.eval()


class _Alone:
    """Stands in for an accelerate.Accelerator where one process does all the work."""

    process_index, num_processes = 0, 1

    def prepare(self, *objects):
        return objects

    def backward(self, loss: Tensor) -> None:
        loss.backward()


@takes(
    model=RESNET, images=check_pictures, transforms=check_callable, steps=(check_count, 0), lr=(check_number, 0),
    batch_size=check_count, augment=check_callable, generator=check_generator,
)  # fmt: skip
def fine_tune(model, images, labels, transforms, *, steps, lr=1e-3, batch_size=16, augment=None, generator=None,
              accelerator=None) -> Iterator[tuple[int, float]]:  # fmt: skip
    """Train all that is not frozen; yields (step, loss) after each optimizer step.

    model: a torchvision ResNet.  images: (N, 3, H, W) in [-1, 1].  labels: (N,) int64, each below the head's outputs.
    transforms: the network's own preprocessing.  augment: changes a batch in [0, 1] at random, as torchvision's v2 does.
    batch_size: of all processes together.  accelerator: an accelerate.Accelerator, whose processes share each batch; give
    every process a generator of the same seed.  Raises ValueError for others, and as `check_labels` does.
    """
    check_labels(labels, len(images), model.fc.out_features)
    workers, device = accelerator or _Alone(), accelerator.device if accelerator else _device(model)
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    model, optimizer = workers.prepare(model, torch.optim.AdamW(learned, lr=lr))
    for step in range(steps):
        train_mode(model)
        batch = torch.randint(len(images), (batch_size,), generator=generator)
        batch = batch[workers.process_index :: workers.num_processes]
        x = images[batch].to(device) / 2 + 0.5
        x = transforms(augment(x) if augment else x)
        loss = F.cross_entropy(model(x), labels[batch].to(device))
        optimizer.zero_grad()
        workers.backward(loss)
        optimizer.step()
        yield step, loss.item()


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device
