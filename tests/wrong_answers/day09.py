"""Wrong answers of day 09 as students write them, each with words of the hint it must get."""

import torch
import torch.nn.functional as F
from torchvision.transforms.functional import normalize


def top_no_softmax(logits, names, k=5):
    values, places = logits.topk(k)
    return [(names[i], v) for i, v in zip(places.tolist(), values.tolist())]


def top_softmax_of_winners(logits, names, k=5):
    values, places = logits.topk(k)
    return list(zip([names[i] for i in places], values.softmax(0).tolist()))


def top_indices(logits, names, k=5):
    shares, places = logits.softmax(0).topk(k)
    return list(zip(places.tolist(), shares.tolist()))


def top_names_only(logits, names, k=5):
    return [names[i] for i in logits.topk(k).indices]


def top_two_lists(logits, names, k=5):
    shares, places = logits.softmax(0).topk(k)
    return [names[i] for i in places], shares.tolist()


def top_turned(logits, names, k=5):
    shares, places = logits.softmax(0).topk(k)
    return [(share, names[i]) for share, i in zip(shares.tolist(), places.tolist())]


def top_worst(logits, names, k=5):
    p = logits.softmax(0)
    return [(names[i], p[i].item()) for i in p.argsort()[:k]]


def top_percent(logits, names, k=5):
    shares, places = logits.softmax(0).topk(k)
    return [(names[i], 100 * s) for i, s in zip(places.tolist(), shares.tolist())]


def top_first_names(logits, names, k=5):
    return list(zip(names, logits.softmax(0).topk(k).values.tolist()))


def top_always_five(logits, names, k=5):
    shares, places = logits.softmax(0).topk(5)
    return [(names[i], s) for i, s in zip(places.tolist(), shares.tolist())]


def top_worst_of_best_first(logits, names, k=5):
    p = logits.softmax(0)
    return [(names[i], p[i].item()) for i in p.argsort()[-k:]]


def norm_no_view(images, mean, std):
    return (images - mean) / std


def norm_no_std(images, mean, std):
    return images - mean[:, None, None]


def norm_multiplied(images, mean, std):
    return (images - mean[:, None, None]) * std[:, None, None]


def norm_brackets(images, mean, std):
    return images - mean[:, None, None] / std[:, None, None]


def norm_own(images, mean, std):
    return (images - images.mean(dim=(0, 2, 3), keepdim=True)) / images.std(dim=(0, 2, 3), keepdim=True)


def norm_one_for_all(images, mean, std):
    return (images - mean.mean()) / std.mean()


def norm_in_place(images, mean, std):
    images -= mean.view(-1, 1, 1)
    images /= std.view(-1, 1, 1)
    return images


def norm_minus_one_to_one(images, mean, std):
    return images * 2 - 1


def groups_all(logits, truth, groups):
    return (logits.argmax(1) == truth).float().mean()


def groups_counts(logits, truth, groups):
    return torch.stack([(logits.argmax(1) == truth)[groups == g].sum().float() for g in groups.unique()])


def groups_over_all(logits, truth, groups):
    right = logits.argmax(dim=1) == truth
    return torch.tensor([float(right[groups == g].sum()) / len(right) for g in groups.unique()])


def groups_sure(logits, truth, groups):
    sure = logits.softmax(dim=1).max(dim=1).values
    return torch.stack([sure[groups == g].mean() for g in groups.unique()])


def groups_by_class(logits, truth, groups):
    right = (logits.argmax(dim=1) == truth).float()
    return torch.stack([right[truth == c].mean() for c in truth.unique()])


def groups_with_gaps(logits, truth, groups):
    right = (logits.argmax(dim=1) == truth).float()
    return torch.stack([right[groups == g].mean() for g in range(groups.max() + 1)])


def groups_from_zero(logits, truth, groups):
    right = (logits.argmax(dim=1) == truth).float()
    return torch.stack([right[groups == g].mean() for g in range(len(groups.unique()))])


def groups_mean_of_bools(logits, truth, groups):
    right = logits.argmax(dim=1) == truth
    return torch.stack([right[groups == g].mean() for g in groups.unique()])


def groups_list(logits, truth, groups):
    right = (logits.argmax(dim=1) == truth).float()
    return [right[groups == g].mean().item() for g in groups.unique()]


def cam_no_relu(activations, gradients):
    heat = (gradients.mean(dim=(2, 3), keepdim=True) * activations).sum(dim=1)
    return heat / heat.amax(dim=(1, 2), keepdim=True)


def cam_relu_first(activations, gradients):
    heat = (gradients.mean(dim=(2, 3), keepdim=True) * activations).relu().sum(dim=1)
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)


def cam_not_scaled(activations, gradients):
    return (gradients.mean(dim=(2, 3), keepdim=True) * activations).sum(dim=1).relu()


def cam_one_scale(activations, gradients):
    heat = (gradients.mean(dim=(2, 3), keepdim=True) * activations).sum(dim=1).relu()
    return heat / heat.max()


def cam_place_by_place(activations, gradients):
    heat = (gradients * activations).sum(dim=1).relu()
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)


def cam_swapped(activations, gradients):
    heat = (activations.mean(dim=(2, 3), keepdim=True) * gradients).sum(dim=1).relu()
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)


def cam_without_gradients(activations, gradients):
    heat = activations.sum(dim=1).relu()
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)


def cam_nought_by_nought(activations, gradients):
    heat = F.relu(torch.einsum("bc,bchw->bhw", gradients.mean(dim=(2, 3)), activations))
    return heat / heat.amax(dim=(1, 2), keepdim=True)


def cam_weights_without_shape(activations, gradients):
    heat = (gradients.mean(dim=(2, 3)) * activations).sum(dim=1).relu()
    return heat / heat.amax(dim=(1, 2), keepdim=True)


def cam_channels_kept(activations, gradients):
    return gradients.mean(dim=(2, 3), keepdim=True) * activations


def cam_absolute_weights(activations, gradients):
    heat = (gradients.abs().mean(dim=(2, 3), keepdim=True) * activations).sum(dim=1).relu()
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)


WRONG = [
    ("top_k", top_no_softmax, "these are the logits"),
    ("top_k", top_softmax_of_winners, "before topk"),
    ("top_k", top_indices, "names[place]"),
    ("top_k", top_names_only, "must be a pair"),
    ("top_k", top_two_lists, "one list of pairs"),
    ("top_k", top_turned, "turned round"),
    ("top_k", top_worst, "least probable"),
    ("top_k", top_percent, "percent"),
    ("top_k", top_first_names, "first names of the list"),
    ("top_k", top_always_five, "is k used"),
    ("top_k", top_worst_of_best_first, "the most probable one comes first"),
    ("normalise", norm_no_view, ".view(-1, 1, 1)"),
    ("normalise", norm_no_std, "nothing is divided by std"),
    ("normalise", norm_multiplied, "you multiply"),
    ("normalise", norm_brackets, "brackets"),
    ("normalise", norm_own, "batch's own"),
    ("normalise", norm_one_for_all, "each channel"),
    ("normalise", norm_in_place, "in place"),
    ("normalise", norm_minus_one_to_one, "range of diffusion models"),
    ("accuracy_by_group", groups_all, "one number for all"),
    ("accuracy_by_group", groups_counts, "these are counts"),
    ("accuracy_by_group", groups_over_all, "divided by all pictures"),
    ("accuracy_by_group", groups_sure, "how sure"),
    ("accuracy_by_group", groups_by_class, "by the right class"),
    ("accuracy_by_group", groups_with_gaps, "groups.unique()"),
    ("accuracy_by_group", groups_from_zero, "groups.unique()"),
    ("accuracy_by_group", groups_mean_of_bools, ".float()"),
    ("accuracy_by_group", groups_list, "a list"),
    ("grad_cam", cam_no_relu, "ReLU is missing"),
    ("grad_cam", cam_relu_first, "after the sum"),
    ("grad_cam", cam_not_scaled, "not scaled"),
    ("grad_cam", cam_one_scale, "its own highest value"),
    ("grad_cam", cam_place_by_place, "keeps its own gradient"),
    ("grad_cam", cam_swapped, "swapped"),
    ("grad_cam", cam_without_gradients, "gradients are not used"),
    ("grad_cam", cam_nought_by_nought, "0 / 0 is NaN"),
    ("grad_cam", cam_weights_without_shape, "keepdim=True"),
    ("grad_cam", cam_channels_kept, "channels are still apart"),
    ("grad_cam", cam_absolute_weights, "sign of the gradient"),
]


def top_by_sort(logits, names, k=5):
    p = torch.exp(logits) / torch.exp(logits).sum()
    return sorted(zip(names, p.tolist()), key=lambda pair: -pair[1])[:k]


def top_with_tensors(logits, names, k=5):
    p = F.softmax(logits, dim=-1)
    return [[names[i], p[i]] for i in p.argsort(descending=True)[:k]]


def norm_by_torchvision(images, mean, std):
    return normalize(images, mean.tolist(), std.tolist())


def norm_by_loop(images, mean, std):
    return torch.stack([(images[:, c] - mean[c]) / std[c] for c in range(3)], dim=1)


def groups_by_sums(logits, truth, groups):
    right = (logits.softmax(1).argmax(1) == truth).float()
    _, group = groups.unique(return_inverse=True)
    return group.bincount(weights=right).float() / group.bincount()


def cam_by_einsum(activations, gradients):
    heat = F.relu(torch.einsum("bc,bchw->bhw", gradients.sum(dim=(2, 3)), activations))
    return heat / (heat.flatten(1).max(1).values.view(-1, 1, 1) + 1e-12)


def cam_by_mean(activations, gradients):
    heat = (gradients.mean((2, 3), keepdim=True) * activations).mean(1).clamp(min=0)
    top = heat.amax((1, 2), keepdim=True)
    return torch.where(top > 0, heat / top, heat)


RIGHT = [
    ("top_k", top_by_sort),
    ("top_k", top_with_tensors),
    ("normalise", norm_by_torchvision),
    ("normalise", norm_by_loop),
    ("accuracy_by_group", groups_by_sums),
    ("grad_cam", cam_by_einsum),
    ("grad_cam", cam_by_mean),
]
