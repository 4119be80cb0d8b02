"""A torchvision ResNet in small: the same parts in the same order, for tests that are fast."""

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock


class SmallResNet(nn.Module):
    """(B, 3, H, W) to logits (B, n_classes); 24 features."""

    def __init__(self, n_classes: int = 5, width: int = 24):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3, stride=2, bias=False), nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.layer1 = nn.Sequential(BasicBlock(width, width))
        self.layer2 = nn.Sequential(BasicBlock(width, width))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(width, n_classes)

    def forward(self, x):
        x = self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(self.avgpool(x).flatten(1))


def small_resnet(seed: int = 0) -> SmallResNet:
    """With random weights and, in its batch norms, random statistics; in eval mode."""
    torch.manual_seed(seed)
    model = SmallResNet()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1), nn.init.uniform_(module.running_var, 0.5, 2)
    return model.eval()
