"""What is not the Zoo: real photographs and colours that no animal has, so that the autoencoder can copy those too."""

import torch
from sklearn.datasets import load_sample_images
from torch import Tensor
from torchvision.transforms import v2

from course_lib.pictures.pixels import to_model_range

PHOTOS = 0.25  # part of the pictures that are photographs


class StrangePictures:
    """Crops of scikit-learn's two photographs, and crops of the Zoo in other colours."""

    def __init__(self):
        photos = [torch.from_numpy(pixels.copy()).permute(2, 0, 1) for pixels in load_sample_images().images]
        self.photos = torch.stack([to_model_range(photo) for photo in photos])  # (2, 3, 427, 640)
        self.recolour = v2.ColorJitter(brightness=0.2, contrast=0.2, saturation=(0.5, 2.0), hue=0.5)

    def crops(self, zoo: Tensor) -> Tensor:
        """About a quarter of `zoo`, (B, 3, H, W) in [-1, 1], replaced by photographs and the rest dyed; same shape."""
        dye = lambda image: self.recolour(image / 2 + 0.5) * 2 - 1
        return torch.stack(
            [self._photo(zoo.shape[-1]) if torch.rand(()) < PHOTOS else dye(image) for image in zoo]
        )

    def _photo(self, size: int) -> Tensor:
        """A square of one of the photographs, shrunk by chance to between a third and all of its size."""
        part = int(size * (1 + 2 * torch.rand(())))
        cut = v2.RandomCrop(part)(self.photos[int(torch.randint(2, ()))])
        return v2.functional.resize(v2.RandomHorizontalFlip()(cut), [size, size], antialias=True).clamp(-1, 1)
