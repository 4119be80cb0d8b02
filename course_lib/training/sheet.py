"""Sample sheets: rows of pictures as one PIL image, for a look while training runs."""

import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from course_lib.pictures.pixels import to_bytes


def picture_grid(rows: list[Tensor], scale: int = 2) -> Image.Image:
    """One row of pictures per tensor.  rows: (B, 3, H, W) each, in [-1, 1], the same B.  scale: enlargement."""
    grid = make_grid(
        torch.cat([row.float().cpu() for row in rows]), nrow=len(rows[0]), padding=2, pad_value=1
    )
    image = Image.fromarray(to_bytes(grid).permute(1, 2, 0).numpy())
    return image.resize((image.width * scale, image.height * scale), Image.NEAREST)
