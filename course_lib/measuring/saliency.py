"""Where a network looks: Grad-CAM for a ResNet, and the same idea for CLIP's picture tower."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks import check_callable, check_is, check_number, check_pictures, takes
from course_lib.words.clip import cosine_similarity_matrix


@takes(activations="B C H W", gradients="B C H W")
def grad_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    """Where a layer speaks for an answer (Grad-CAM, Selvaraju et al. 2017, eq. 1 and 2).

    w_c = mean of the gradient of channel c over all places;  heat = ReLU(sum over c of w_c activation_c)

    activations: (B, C, H, W), what the layer gave.  gradients: the same shape, of the answer's score by the activations.
    Returns (B, H, W), each map divided by its highest value; one that is 0 everywhere stays 0.
    """
    weights = gradients.mean(dim=(2, 3), keepdim=True)  # (B, C, 1, 1)
    heat = (weights * activations).sum(dim=1).relu()  # (B, H, W)
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)


Cam = Callable[[Tensor, Tensor], Tensor]  # activations, gradients -> heat


def layer_heat(layer: nn.Module, score: Callable[[], Tensor], cam: Cam = grad_cam) -> Tensor:
    """Grad-CAM at one layer of any network.

    layer: its output is (B, C, H, W), or (B, 1 + places, C) in a vision transformer with a class token and a square of
    places.  score: runs the network on B pictures with gradients on, and returns (B,), the score of each picture's answer.
    cam: your own `grad_cam`, or the course's.
    Returns (B, H, W) on the CPU.  Raises ValueError where the score does not depend on the layer.
    """
    kept: list[Tensor] = []

    def keep(module, inputs, output):
        kept.append(output if output.requires_grad else output.requires_grad_())

    hook = layer.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            total = score().sum()
    finally:
        hook.remove()
    found = torch.autograd.grad(total, kept, allow_unused=True)[0] if kept and total.requires_grad else None
    if found is None:
        raise ValueError("The score does not depend on this layer's output: choose a layer in front of it.")
    return cam(_as_map(kept[0].detach()), _as_map(found)).cpu()


def _as_map(output: Tensor) -> Tensor:
    """(B, 1 + places, C) of a transformer to (B, C, H, W), without the class token; a map stays as it is."""
    if output.ndim == 4:
        return output
    side = round((output.shape[1] - 1) ** 0.5)
    return output[:, 1:].transpose(1, 2).unflatten(2, (side, side))


@takes(
    model=(check_is, "layer4", "a ResNet, as load_resnet() gives first"), inputs="B 3 H W",
    classes=(check_is, (list, tuple), "for each picture a list of class numbers"),
    layer=("layer1", "layer2", "layer3", "layer4"), cam=check_callable,
)  # fmt: skip
def resnet_heat(
    model: nn.Module,
    inputs: Tensor,
    classes: list[list[int]],
    layer: str = "layer4",
    *,
    cam: Cam = grad_cam,
) -> Tensor:
    """Where a ResNet looks for one answer per picture: Grad-CAM of the logit.

    model: torchvision's ResNet.  inputs: (B, 3, H, W), preprocessed.  classes: for each picture the numbers of the classes
    that count as the answer.  layer: of "layer1" to "layer4".  cam: as in layer_heat.  Returns (B, h, w) on the CPU.
    """
    device = next(model.parameters()).device
    most = model.fc.out_features - 1
    fits = all(
        isinstance(some, (list, tuple)) and some and all(0 <= k <= most for k in some) for some in classes
    )
    if len(classes) != len(inputs) or not fits:
        raise ValueError(
            f"There are {len(classes)} lists of class numbers for {len(inputs)} pictures; give each picture a list of one or more "
            f"numbers from 0 to {most}."
        )

    def score() -> Tensor:
        logits = model(inputs.to(device))
        return torch.stack([row[answer].logsumexp(0) for row, answer in zip(logits, classes, strict=True)])

    return layer_heat(getattr(model, layer), score, cam)


@takes(
    clip=(check_is, "vision_model", "a CLIPModel, as load_clip() gives first"), inputs="B 3 H W", label_features="M D",
    answers="int B", cam=check_callable,
)  # fmt: skip
def clip_heat(
    clip, inputs: Tensor, label_features: Tensor, answers: Tensor, *, cam: Cam = grad_cam
) -> Tensor:
    """Where CLIP's picture tower looks for one of several labels: the same idea in a vision transformer.

    score = cosine with the answer - mean cosine with all labels, for CLIP's answers are relative to the labels listed
    (CLIP-ES, Lin et al. 2023, lets the labels compete by a softmax).  The layer is the first normalisation in the last
    block: behind that block only the class token counts, and no gradient reaches the places (J. Gildenblat, pytorch-grad-cam).

    clip: CLIPModel.  inputs: (B, 3, H, W), preprocessed.  label_features: (M, D).  answers: (B,) int64.
    cam: as in layer_heat.  Returns (B, h, w) on the CPU.
    """
    if not (0 <= answers.min() and answers.max() < len(label_features)):
        raise ValueError(
            f"The answers run from {answers.min()} to {answers.max()}, but there are labels 0 to {len(label_features) - 1}."
        )
    device, labels = clip.device, label_features.to(clip.device)
    rows = torch.arange(len(inputs), device=device)

    def score() -> Tensor:
        tower = clip.vision_model(pixel_values=inputs.to(device))
        cosines = cosine_similarity_matrix(clip.visual_projection(tower.pooler_output), labels)  # (B, M)
        return cosines[rows, answers.to(device)] - cosines.mean(dim=1)

    return layer_heat(clip.vision_model.encoder.layers[-1].layer_norm1, score, cam)


def enlarge(heat: Tensor, height: int, width: int) -> Tensor:
    """A coarse map smoothly brought to a picture's size.  heat: (B, h, w).  Returns (B, height, width)."""
    return F.interpolate(heat[:, None], size=(height, width), mode="bilinear", align_corners=False)[:, 0]


@takes(heat="B h w", mask="bool B H W")
def share_inside(heat: Tensor, mask: Tensor) -> Tensor:
    """Which part of the heat lies inside a region; a map without heat counts as 0.

    heat: (B, h, w), 0 or more.  mask: (B, H, W) bool, at the picture's size.  Returns (B,) from 0 to 1.
    Raises ValueError where the numbers of maps and masks differ.
    """
    heat = enlarge(heat.float(), *mask.shape[1:])
    inside = (heat * mask.to(heat.device)).sum(dim=(1, 2))
    return inside / heat.sum(dim=(1, 2)).clamp_min(1e-12)


@takes(images=(check_pictures, "N 3 H W", 0), heat="...", part=partial(check_number, above=0, below=1))
def cover_hottest(images: Tensor, heat: Tensor, part: float = 0.25) -> Tensor:
    """Cover the hottest part of each picture with plain grey: if the map is right, the network should falter.

    images: (B, 3, H, W) in [0, 1].  heat: (B, h, w).  part: of the pixels, above 0 and below 1.
    Returns pictures like images.  Raises ValueError for another part, shape or range.
    """
    if heat.ndim != 3 or len(heat) != len(images):
        raise ValueError(f"The heat has shape {tuple(heat.shape)}; ({len(images)}, h, w) is needed.")
    heat = enlarge(heat.float(), *images.shape[2:]).flatten(1)  # (B, H * W)
    hottest = heat.argsort(dim=1, descending=True)[:, : round(part * heat.shape[1])]
    covered = torch.zeros_like(heat, dtype=torch.bool).scatter(1, hottest, True)
    covered = covered.view(len(images), 1, *images.shape[2:]).to(images.device)
    return torch.where(covered, torch.full_like(images, 0.5), images)
