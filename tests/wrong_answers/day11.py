"""Wrong answers of day 11 as students write them, each with words of the hint it must get."""

import copy

import torch
import torch.nn as nn


def scale_itself(x, reference, eps=1e-3):
    return (x - x.mean(dim=0)) / (x.std(dim=0) + eps)


def scale_together(x, reference, eps=1e-3):
    everything = torch.cat([x, reference])
    return (x - everything.mean(dim=0)) / (everything.std(dim=0) + eps)


def scale_one_mean(x, reference, eps=1e-3):
    return (x - reference.mean()) / (reference.std() + eps)


def scale_no_eps(x, reference, eps=1e-3):
    return (x - reference.mean(dim=0)) / reference.std(dim=0)


def scale_eps_outside(x, reference, eps=1e-3):
    return (x - reference.mean(dim=0)) / reference.std(dim=0) + eps


def scale_no_brackets(x, reference, eps=1e-3):
    return x - reference.mean(dim=0) / (reference.std(dim=0) + eps)


def scale_variance(x, reference, eps=1e-3):
    return (x - reference.mean(dim=0)) / (reference.var(dim=0) + eps)


def scale_rows(x, reference, eps=1e-3):
    return (x - x.mean(dim=1, keepdim=True)) / (x.std(dim=1, keepdim=True) + eps)


def scale_rows_of_reference(x, reference, eps=1e-3):
    return (x - reference.mean(dim=1)) / (reference.std(dim=1) + eps)


def scale_mean_only(x, reference, eps=1e-3):
    return x - reference.mean(dim=0)


def scale_own_mean(x, reference, eps=1e-3):
    return (x - x.mean(dim=0)) / (reference.std(dim=0) + eps)


def scale_in_place(x, reference, eps=1e-3):
    x -= reference.mean(dim=0)
    x /= reference.std(dim=0) + eps
    return x


def draw_from_all(labels, n, generator):
    rows = torch.randperm(len(labels), generator=generator)
    return rows[: n * len(labels.unique())]


def draw_n_in_all(labels, n, generator):
    return torch.randperm(len(labels), generator=generator)[:n]


def draw_first(labels, n, generator):
    return torch.cat([(labels == label).nonzero()[:n, 0] for label in labels.unique()])


def draw_among_first(labels, n, generator):
    parts = [(labels == label).nonzero()[:, 0] for label in labels.unique()]
    return torch.cat([rows[torch.randperm(n, generator=generator)] for rows in parts])


def draw_places(labels, n, generator):
    chosen = []
    for label in labels.unique():
        members = (labels == label).nonzero()[:, 0]
        chosen.append(torch.randperm(len(members), generator=generator)[:n])
    return torch.cat(chosen)


def draw_with_repeats(labels, n, generator):
    chosen = []
    for label in labels.unique():
        members = (labels == label).nonzero()[:, 0]
        chosen.append(members[torch.randint(len(members), (n,), generator=generator)])
    return torch.cat(chosen)


def draw_without_generator(labels, n, generator):
    parts = [(labels == label).nonzero()[:, 0] for label in labels.unique()]
    return torch.cat([rows[torch.randperm(len(rows))[:n]] for rows in parts])


def draw_a_list(labels, n, generator):
    parts = [(labels == label).nonzero()[:, 0] for label in labels.unique()]
    return [rows[torch.randperm(len(rows), generator=generator)[:n]] for rows in parts]


def draw_a_mask(labels, n, generator):
    mask = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        members = (labels == label).nonzero()[:, 0]
        mask[members[torch.randperm(len(members), generator=generator)[:n]]] = True
    return mask


def draw_labels(labels, n, generator):
    return torch.cat([labels[labels == label][:n] for label in labels.unique()])


def draw_labels_0_1_2(labels, n, generator):
    parts = [(labels == label).nonzero()[:, 0] for label in range(len(labels.unique()))]
    return torch.cat([rows[torch.randperm(len(rows), generator=generator)[:n]] for rows in parts])


def draw_last_class_only(labels, n, generator):
    for label in labels.unique():
        members = (labels == label).nonzero()[:, 0]
        chosen = members[torch.randperm(len(members), generator=generator)[:n]]
    return chosen


def head_no_return(model, n_classes):
    model.fc = nn.Linear(model.fc.in_features, n_classes)


def head_alone(model, n_classes):
    model.fc = nn.Linear(model.fc.in_features, n_classes)
    return model.fc


def head_512(model, n_classes):
    model.fc = nn.Linear(512, n_classes)
    return model


def head_described(model, n_classes):
    model.fc.out_features = n_classes
    return model


def head_behind(model, n_classes):
    model.fc = nn.Sequential(model.fc, nn.Linear(model.fc.out_features, n_classes))
    return model


def head_softmax(model, n_classes):
    model.fc = nn.Sequential(nn.Linear(model.fc.in_features, n_classes), nn.Softmax(dim=1))
    return model


def head_on_classes(model, n_classes):
    model.fc = nn.Linear(model.fc.out_features, n_classes)
    return model


def head_two(model, n_classes):
    model.fc = nn.Linear(model.fc.in_features, 2)
    return model


def head_frozen(model, n_classes):
    model.fc = nn.Linear(model.fc.in_features, n_classes)
    return model.requires_grad_(False)


def head_on_cpu(model, n_classes):
    model.fc = nn.Linear(model.fc.in_features, n_classes)
    return model


def head_all_new(model, n_classes):
    width = model.fc.in_features
    return type(model)(width, n_classes)


def frozen_no_eval(model):
    for weight in model.parameters():
        weight.requires_grad = False
    model.fc.requires_grad_(True)
    return model


def frozen_all(model):
    model.requires_grad_(False)
    return model.eval()


def frozen_only_eval(model):
    return model.eval()


def frozen_attribute(model):
    model.requires_grad = False
    model.eval()
    model.fc.requires_grad = True
    return model


def frozen_then_train(model):
    model.requires_grad_(False)
    model.eval()
    model.fc.requires_grad_(True)
    return model.train()


def frozen_outer_norms(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.children():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    return model


def frozen_convolutions(model):
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.requires_grad_(False)
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    return model


def frozen_momentum(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.0
    return model


def frozen_no_statistics(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.eval()
    return model


def frozen_no_return(model):
    model.requires_grad_(False)
    model.eval()
    model.fc.requires_grad_(True)


def frozen_half(model):
    model.eval()
    model.conv1.requires_grad_(False)
    model.bn1.requires_grad_(False)
    return model


WRONG = [
    ("standardise", scale_itself, "scaled by itself"),
    ("standardise", scale_together, "helps to scale itself"),
    ("standardise", scale_one_mean, "one mean for the whole table"),
    ("standardise", scale_no_eps, "divides by zero"),
    ("standardise", scale_eps_outside, "eps is added to the result"),
    ("standardise", scale_no_brackets, "brackets are missing"),
    ("standardise", scale_variance, "divides by the variance"),
    ("standardise", scale_rows, "must run over the pictures"),
    ("standardise", scale_rows_of_reference, "RuntimeError"),
    ("standardise", scale_mean_only, "not divided out"),
    ("standardise", scale_own_mean, "the mean is that of x"),
    ("standardise", scale_in_place, "in place"),
    ("draw_per_class", draw_from_all, "do not get n each"),
    ("draw_per_class", draw_n_in_all, "pictures in all"),
    ("draw_per_class", draw_first, "same pictures"),
    ("draw_per_class", draw_among_first, "same pictures"),
    ("draw_per_class", draw_places, "places within each class"),
    ("draw_per_class", draw_with_repeats, "drawn twice"),
    ("draw_per_class", draw_without_generator, "hand it on"),
    ("draw_per_class", draw_a_list, "torch.cat"),
    ("draw_per_class", draw_a_mask, "this is a mask"),
    ("draw_per_class", draw_labels, "these are labels"),
    ("draw_per_class", draw_labels_0_1_2, "labels.unique()"),
    ("draw_per_class", draw_last_class_only, "the return behind it"),
    ("replace_head", head_no_return, "return the model"),
    ("replace_head", head_alone, "the head alone"),
    ("replace_head", head_512, "ask the old head"),
    ("replace_head", head_described, "make a new nn.Linear"),
    ("replace_head", head_behind, "chain of layers"),
    ("replace_head", head_softmax, "no softmax"),
    ("replace_head", head_on_classes, "ask the old head"),
    ("replace_head", head_two, "n_classes is"),
    ("replace_head", head_frozen, "cannot learn"),
    ("replace_head", head_on_cpu, "keeps them together"),
    ("replace_head", head_all_new, "the backbone changed"),
    ("freeze_backbone", frozen_no_eval, "Which mode stops that"),
    ("freeze_backbone", frozen_all, "nothing is left to learn"),
    ("freeze_backbone", frozen_only_eval, "every weight still learns"),
    ("freeze_backbone", frozen_attribute, "every weight still learns"),
    ("freeze_backbone", frozen_then_train, "Which mode stops that"),
    ("freeze_backbone", frozen_outer_norms, "goes into the layers"),
    ("freeze_backbone", frozen_convolutions, "batch norms have weights"),
    ("freeze_backbone", frozen_momentum, "depends on its neighbours"),
    ("freeze_backbone", frozen_no_statistics, "numbers changed"),
    ("freeze_backbone", frozen_no_return, "return the model"),
    ("freeze_backbone", frozen_half, "still learns"),
]


def scale_by_hand(x, reference, eps=1e-3):
    centred = reference - reference.mean(0, keepdim=True)
    spread = (centred.square().sum(0) / (len(reference) - 1)).sqrt()
    return (x - reference.mean(0, keepdim=True)) / (spread + eps)


def draw_by_shuffle(labels, n, generator):
    order = torch.randperm(len(labels), generator=generator)
    chosen = [order[labels[order] == label][:n] for label in labels.unique()]
    return torch.cat(chosen)


def draw_by_loop(labels, n, generator):
    rows, count = [], {}
    for row in torch.randperm(len(labels), generator=generator).tolist():
        label = int(labels[row])
        if count.get(label, 0) < n:
            count[label] = count.get(label, 0) + 1
            rows.append(row)
    return torch.tensor(rows)


def head_moved(model, n_classes):
    device = next(model.parameters()).device
    model.fc = nn.Linear(model.fc.in_features, n_classes).to(device)
    return model


def head_on_a_copy(model, n_classes):
    model = copy.deepcopy(model)
    model.fc = nn.Linear(model.fc.weight.shape[1], n_classes, device=model.fc.weight.device)
    return model


def frozen_norms_only(model):
    for name, weight in model.named_parameters():
        weight.requires_grad = name.startswith("fc.")
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    return model


RIGHT = [
    ("standardise", scale_by_hand),
    ("draw_per_class", draw_by_shuffle),
    ("draw_per_class", draw_by_loop),
    ("replace_head", head_moved),
    ("replace_head", head_on_a_copy),
    ("freeze_backbone", frozen_norms_only),
]
