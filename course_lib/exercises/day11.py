"""Day 11: scaling by the training set, equal draws, a new head, and a backbone that is really frozen."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.exercises.comparing import plain_tensor, same, what
from course_lib.exercises.sandbox import Stumble, call
from course_lib.learning.labelled import draw_per_class
from course_lib.learning.transfer import freeze_backbone, replace_head, standardise


def _two_sets(g, draw):
    spread, middle = 0.3 + 4 * torch.rand(6, generator=g), 5 * torch.randn(6, generator=g)
    x, reference = (torch.randn(n, 6, generator=g) * spread + middle for n in (5, 4 + draw))
    x = x + 2  # the test set is not like the training set
    reference[:, 2] = reference[0, 2]  # the same in all training pictures
    return x, reference, (0.1, 0.02, 0.3, 0.05)[draw]


def _scaled(x, by, eps):
    return (x - by.mean(0)) / (by.std(0) + eps)


def _check_draw(function) -> None:
    sizes = {0: 7, 3: 4, 4: 11}  # uneven, and the labels do not go 0, 1, 2
    labels = torch.tensor([label for label, size in sizes.items() for _ in range(size)])
    kept, n, seen = labels[torch.randperm(len(labels))], 3, []
    for seed in range(60):
        labels = kept.clone()
        got = call(function, labels, n, torch.Generator().manual_seed(seed))
        if not same(labels, kept):
            raise Stumble("your function changes the labels in place; make a new tensor.")
        got = _refuse_draw(got, kept, n, sizes)
        if seed < 5:
            again = call(function, kept.clone(), n, torch.Generator().manual_seed(seed))
            again = _refuse_draw(again, kept, n, sizes)
            if sorted(got.tolist()) != sorted(again.tolist()):
                raise Stumble(
                    "the same generator state gives other pictures: hand it on, torch.randperm(..., generator=generator)."
                )
        seen.append(set(got.tolist()))
    if all(rows == seen[0] for rows in seen):
        raise Stumble(
            "every generator gives the same pictures: shuffle the rows of each class with torch.randperm, then take n."
        )
    never = set(range(len(labels))) - set.union(*seen)
    if never:
        raise Stumble(
            f"in 60 draws row {min(never)} never came: shuffle all rows of a class before you take n."
        )


def _refuse_draw(got, labels: Tensor, n: int, sizes: dict[int, int]) -> Tensor:
    """`got`, where it holds n different rows of each class; raises Stumble where it does not."""
    got = plain_tensor(got, "one tensor of row numbers (join the classes with torch.cat)")
    if got.dtype == torch.bool:
        raise Stumble(
            "this is a mask; the row numbers are asked for: .nonzero()[:, 0] turns one into the other."
        )
    if got.is_floating_point() or got.is_complex() or got.ndim != 1:
        raise Stumble(
            f"row numbers are whole numbers in one row, but this has dtype {got.dtype} and shape {tuple(got.shape)}."
        )
    if set(got.tolist()) <= set(sizes) and len(got) >= n:
        raise Stumble("these are labels; the numbers of the chosen rows are asked for.")
    if len(got) == n:
        raise Stumble(
            f"these are {n} pictures in all; n of each class are asked for, so {n * len(sizes)} here. If you have a loop: does "
            "it run over labels.unique(), and is the return behind it?"
        )
    if len(got) != n * len(sizes):
        raise Stumble(
            f"there are {len(got)} row numbers; n of each of the {len(sizes)} classes make {n * len(sizes)}."
        )
    if got.min() < 0 or got.max() >= len(labels):
        raise Stumble(
            f"the row numbers run from {int(got.min())} to {int(got.max())}, but the rows are 0 to {len(labels) - 1}."
        )
    if len(got.unique()) < len(got) and got.max() < max(sizes.values()):
        raise Stumble(
            "these are places within each class; look up which rows of the table they are: members[places]."
        )
    if len(got.unique()) < len(got):
        raise Stumble(
            "some picture is drawn twice: torch.randint may repeat a number, torch.randperm does not."
        )
    if any(int((labels[got] == label).sum()) != n for label in sizes):
        raise Stumble("the classes do not get n each. For each label: find its rows, (labels == label).nonzero()[:, 0]; shuffle those, not 0, 1, 2 …; take n.")  # fmt: skip
    return got


class _Network(nn.Module):
    """A small network with the parts of a torchvision ResNet: batch norms outside and inside a layer, and a head `fc`."""

    def __init__(self, width: int, n_classes: int):
        super().__init__()
        self.conv1, self.bn1, self.relu = nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.ReLU()
        self.layer1 = nn.Sequential(nn.Conv2d(width, width, 3), nn.BatchNorm2d(width), nn.ReLU())
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(width, n_classes)
        for norm in (self.bn1, self.layer1[1]):
            norm.running_mean.normal_(), norm.running_var.uniform_(0.5, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.avgpool(self.layer1(self.relu(self.bn1(self.conv1(x))))).flatten(1))

    def backbone(self) -> dict[str, Tensor]:
        return {k: v.detach().clone() for k, v in self.state_dict().items() if not k.startswith("fc.")}


def _same_backbone(before: dict[str, Tensor], model) -> bool:
    now = model.state_dict()
    return all(name in now and torch.equal(value, now[name]) for name, value in before.items())


def _refuse_other_model(got, kind) -> None:
    if got is None:
        raise Stumble("your function returns None; return the model, too.")
    if isinstance(got, nn.Linear):
        raise Stumble("your function returns the head alone; return the whole model.")
    if not isinstance(got, kind):
        raise Stumble(f"your function returns {what(got)}; return the model that came in.")
    if not hasattr(got, "fc"):
        raise Stumble("the model has lost its head: there is no model.fc any more.")


def _check_head(function) -> None:
    for width, old, new in ((5, 7, 3), (9, 4, 6)):
        model = _Network(width, old).eval().requires_grad_(False)
        before, weights = model.backbone(), model.fc.weight.clone()
        got = call(function, model, new)
        _refuse_other_model(got, _Network)
        _refuse_head(got.fc, width, old, new)
        if not _same_backbone(before, got):
            raise Stumble(
                "the backbone changed; only `fc` is to be replaced: the rest is what the network has learned."
            )
        n = min(old, new)
        if torch.equal(got.fc.weight[:n], weights[:n]):
            raise Stumble(
                "the new head holds the old one's weights, but its classes are others: let nn.Linear start at random."
            )
        if not all(p.requires_grad for p in got.fc.parameters()):
            raise Stumble("the new head cannot learn: its weights have requires_grad False.")
        far = call(function, _Network(width, old).to("meta"), new)  # stands for a GPU
        _refuse_other_model(far, _Network)
        _refuse_head(far.fc, width, old, new)
        if far.fc.weight.device.type != "meta":
            raise Stumble("the new head is on the CPU, wherever the network is: device=old.weight.device keeps them together.")  # fmt: skip


def _refuse_head(head, width: int, old: int, new: int) -> None:
    if isinstance(head, nn.Sequential) and any(isinstance(part, nn.Softmax) for part in head):
        raise Stumble("no softmax is needed: F.cross_entropy takes the plain outputs, the logits.")
    if isinstance(head, nn.Sequential):
        raise Stumble("the new head is a chain of layers; one nn.Linear in place of the old head is enough.")
    if not isinstance(head, nn.Linear):
        raise Stumble(f"model.fc is {what(head)} now; one nn.Linear is expected.")
    if tuple(head.weight.shape) == (old, width):
        raise Stumble(
            f"the head still has {old} outputs. Numbers such as out_features only describe a layer: make a new nn.Linear."
        )
    if head.weight.shape[1] != width:
        raise Stumble(
            f"the new head reads {head.weight.shape[1]} numbers, but this backbone gives {width}: ask the old head, .in_features."
        )
    if head.weight.shape[0] != new:
        raise Stumble(f"the new head has {head.weight.shape[0]} outputs; n_classes is {new}.")
    if head.bias is None:
        raise Stumble("the new head has no bias; leave nn.Linear's default.")  # fmt: skip


def _check_frozen(function) -> None:
    model = _Network(6, 4).train()
    before, x = model.backbone(), torch.randn(8, 3, 8, 8)
    expected = copy.deepcopy(model).eval()(x).detach()
    got = call(function, model)
    _refuse_other_model(got, _Network)
    learning = {name for name, p in got.named_parameters() if p.requires_grad}
    if not _same_backbone(before, got):
        raise Stumble("the backbone's numbers changed; freezing only keeps them as they are.")
    if len(learning) == len(list(got.parameters())):
        raise Stumble(
            "every weight still learns; model.requires_grad_(False), with the _ at its end, reaches all of them."
        )
    if not {"fc.weight", "fc.bias"} <= learning:
        raise Stumble("the head is frozen, too, so nothing is left to learn: model.fc.requires_grad_(True).")
    others = sorted(name for name in learning if not name.startswith("fc."))
    if others and all(".1." in name or "bn" in name for name in others):
        raise Stumble(f"batch norms have weights as well: {others[0]} still learns.")
    if others:
        raise Stumble(f"{others[0]} still learns; everything but `fc` must stay as it is.")
    with torch.no_grad():
        together, alone = call(got, x), call(got, x[:1])
    moved = [
        name
        for name, value in got.state_dict().items()
        if "running" in name and not torch.equal(value, before[name])
    ]
    if moved and len({name.split(".")[0] for name in moved}) == 1 and "layer1" in moved[0]:
        raise Stumble(
            f"a batch norm inside a layer still took in a batch ({moved[0]}): model.modules() goes into the layers, children() does not."
        )
    if moved:
        raise Stumble(
            "no weight learns, but the batch norms still took in a batch: their running means moved. Which mode stops that?"
        )
    if not torch.allclose(together[:1], alone, atol=1e-4):
        raise Stumble(
            "the running means stay, but the answer to a picture depends on its neighbours in the batch: put the batch norms into eval mode."
        )
    if not torch.allclose(together, expected, atol=1e-4):
        raise Stumble("the network answers otherwise than before; freezing must not change what it says in eval mode.")  # fmt: skip


EXERCISES = [
    Exercise(
        day="day11",
        reference=standardise,
        make_inputs=_two_sets,
        mistakes=(
            Mistake(lambda x, r, e: _scaled(x, x, e), "each set is scaled by itself; both must be scaled by the training set: take mean and std from `reference`."),
            Mistake(lambda x, r, e: _scaled(x, torch.cat([x, r]), e), "the test set helps to scale itself; take mean and std from `reference` alone."),
            Mistake(lambda x, r, e: (x - x.mean(0)) / (r.std(0) + e), "the mean is that of x; take it from `reference`, as the std."),
            Mistake(lambda x, r, e: (x - r.mean(0)) / (x.std(0) + e), "the std is that of x; take it from `reference`, as the mean."),
            Mistake(lambda x, r, e: (x - r.mean()) / (r.std() + e), "this is one mean for the whole table; every column has its own: dim=0."),
            Mistake(lambda x, r, e: (x - r.mean(0)) / (r.std() + e), "this is one spread for the whole table; every column has its own: std(dim=0)."),
            Mistake(lambda x, r, e: (x - r.mean()) / (r.std(0) + e), "this is one mean for the whole table; every column has its own: mean(dim=0)."),
            Mistake(lambda x, r, e: (x - r.mean(0)) / r.std(0), "a column that is the same in all training pictures divides by zero: add eps to the std."),
            Mistake(lambda x, r, e: (x - r.mean(0)) / r.std(0) + e, "eps is added to the result; it belongs to the std, in brackets."),
            Mistake(lambda x, r, e: x - r.mean(0) / (r.std(0) + e), "brackets are missing: subtract the mean first, then divide the difference."),
            Mistake(lambda x, r, e: (x - r.mean(0)) / (r.var(0) + e), "this divides by the variance; its square root, the std, has the unit of the feature."),
            Mistake(lambda x, r, e: (x - r.mean(0)) / (r.var(0) + e).sqrt(), "eps is added before the square root; add it to the std."),
            Mistake(lambda x, r, e: (x - r.mean(0)) / (r.std(0, correction=0) + e), "this std divides by M; torch's own .std(dim=0) divides by M - 1."),
            Mistake(lambda x, r, e: x / (r.std(0) + e), "the mean is not taken off."),
            Mistake(lambda x, r, e: x - r.mean(0), "the spread is not divided out."),
            Mistake(lambda x, r, e: (x - r.mean(0)) * (r.std(0) + e), "divide by the spread, do not multiply."),
            Mistake(lambda x, r, e: (x - x.mean(1, keepdim=True)) / (x.std(1, keepdim=True) + e), "mean and std run over the features of one picture (dim=1); they must run over the pictures of `reference`: dim=0."),
            Mistake(lambda x, r, e: _scaled(r, r, e), "this is the scaled `reference`; scale x by it."),
            Mistake(lambda x, r, e: F.normalize(x, dim=1), "this makes each row of length 1; each column is to get mean 0 and spread 1."),
        ),
    ),
    Exercise(day="day11", reference=draw_per_class, check=_check_draw),
    Exercise(day="day11", reference=replace_head, check=_check_head),
    Exercise(day="day11", reference=freeze_backbone, check=_check_frozen),
]  # fmt: skip
