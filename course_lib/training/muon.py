"""Muon: momentum whose matrices are made orthogonal before each step (Jordan and others, 2024).

A gradient is mostly a few strong directions; made orthogonal, the weak ones count as much.  On this course's
convolutions the same number of steps gets further than with AdamW: `course bench training` measures how much.
torch.optim.Muon takes matrices only; a convolution is one matrix, (out, in * height * width), once it is flattened.
"""

import torch
from torch import Tensor, nn


class Muon(torch.optim.Optimizer):
    """One optimizer for a whole model: Muon for hidden matrices and convolutions, AdamW for all else.

    groups: from `split_parameters`.  The learning rates are the groups' own, "lr"; schedules scale them as usual.
    """

    def __init__(self, groups: list[dict]):
        super().__init__(groups, {})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                update = _orthogonal if group["orthogonal"] else _adam
                change = update(parameter.grad, self.state[parameter])
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(change, alpha=-group["lr"])


def split_parameters(
    model: nn.Module, *, lr: float, adam_lr: float, weight_decay: float, outer: tuple[str, ...]
) -> list[dict]:
    """Parameter groups for Muon.

    Orthogonal steps suit weights between hidden layers.  Biases, norms, embeddings and the layers whose names begin
    with one of `outer` (the first and the last) keep AdamW.
    """
    hidden, others, plain = [], [], []
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    for name, parameter in model.named_parameters():
        if parameter.ndim < 2:
            plain.append(parameter)
        elif name.startswith(outer) or id(parameter) in embeddings:
            others.append(parameter)
        else:
            hidden.append(parameter)
    return [
        {"params": hidden, "lr": lr, "weight_decay": weight_decay, "orthogonal": True},
        {"params": others, "lr": adam_lr, "weight_decay": weight_decay, "orthogonal": False},
        {"params": plain, "lr": adam_lr, "weight_decay": 0.0, "orthogonal": False},
    ]


def _orthogonal(gradient: Tensor, state: dict, momentum: float = 0.95) -> Tensor:
    """Nesterov momentum as the nearest matrix with equal singular values, as long as an Adam step is on average."""
    last = gradient.movedim(1, -1)  # (out, height, width, in): how channels-last convolutions lie in memory
    matrix = last.flatten(1)
    if not state:
        state["momentum"] = torch.zeros_like(matrix)
    state["momentum"].lerp_(matrix, 1 - momentum)
    length = 0.2 * max(matrix.shape) ** 0.5  # an Adam step has about 0.2 per number (Liu and others, 2025)
    change = orthogonalised(matrix.lerp(state["momentum"], momentum))
    return length * change.view(last.shape).movedim(-1, 1)


def orthogonalised(matrix: Tensor, rounds: int = 5) -> Tensor:
    """Nearly U V^T of the matrix's singular value decomposition U S V^T, by Newton and Schulz's iteration.

    x <- (a + b x x^T + c (x x^T)^2) x, again and again.  Each factor is a polynomial in the first x x^T, so the rounds run
    on that small square and touch the long side of x only at the beginning and the end.  The coefficients are Jordan's:
    they send singular values near 1 fast, not exactly.  (N, M) to (N, M).
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    one = torch.eye(len(x)).to(x)
    square, product = x @ x.T, one
    for left in reversed(range(rounds)):
        factor = 3.4445 * one - 4.7750 * square + 2.0315 * square @ square
        product = factor @ product if product is not one else factor
        if left:
            square = factor @ square @ factor
    x = product @ x
    return x.T if tall else x


def _adam(gradient: Tensor, state: dict, betas: tuple[float, float] = (0.9, 0.99)) -> Tensor:
    """AdamW's step for a learning rate of 1 (Loshchilov and Hutter 2019)."""
    if not state:
        state["step"] = torch.zeros(())
        state["mean"], state["square"] = torch.zeros_like(gradient), torch.zeros_like(gradient)
    state["step"] += 1
    state["mean"].lerp_(gradient, 1 - betas[0])
    state["square"].lerp_(gradient.square(), 1 - betas[1])
    count = state["step"].item()
    mean, square = state["mean"] / (1 - betas[0] ** count), state["square"] / (1 - betas[1] ** count)
    return mean / (square.sqrt() + 1e-8)
