"""ResNet-18 (He et al. 2016): trained, with a frozen body, and applied."""

from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step
from benchmarks.cases.training import classify, predict

family = Family("ResNet-18")

GIGAFLOPS_AT_224 = 3.63  # of one image; the convolutions' work goes with its area


def basic_block(torch: ModuleType, n_in: int, n_out: int, stride: int) -> Any:
    """Return two 3×3 convolutions beside the identity, or beside a 1×1 where shapes change."""
    nn = torch.nn

    class BasicBlock(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out),
                nn.ReLU(inplace=True),
                nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False), nn.BatchNorm2d(n_out))
            self.shortcut = nn.Sequential() if (n_in, stride) == (n_out, 1) else nn.Sequential(
                nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x: Any) -> Any:
            return self.relu(self.body(x) + self.shortcut(x))

    return BasicBlock()


def resnet18(torch: ModuleType, n_classes: int) -> Any:
    """Return the network."""
    nn = torch.nn
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
              nn.MaxPool2d(3, 2, 1)]
    n_in = 64
    for n_out, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [basic_block(torch, n_in, n_out, stride), basic_block(torch, n_out, n_out, 1)]
        n_in = n_out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, n_classes))


def work(n_images: int, size: int) -> float:
    """Return the operations of a forward pass."""
    return GIGAFLOPS_AT_224 * 1e9 * n_images * (size / 224) ** 2


@family.case("SGD step at 3×64×64, batch 16", 1.1, has_peak=True,
             flops=3 * work(16, 64) - 2 * 16 * 3 * 64 * 7 * 7 * 32 * 32)  # images need no gradient
def resnet_step(torch: ModuleType) -> Step:
    """All layers are trained."""
    return classify(torch, resnet18(torch, 10), torch.randn(16, 3, 64, 64), 10)


@family.case("SGD step of the head alone, frozen body, 3×64×64, batch 16", 1.1, has_peak=True,
             flops=work(16, 64))
def resnet_head(torch: ModuleType) -> Step:
    """Only the last layer needs gradients."""
    model = resnet18(torch, 10)
    for layer in list(model)[:-1]:
        layer.requires_grad_(False)
    return classify(torch, model, torch.randn(16, 3, 64, 64), 10)


@family.case("inference, batch 1 at 3×224×224", 1.2, has_peak=True, flops=work(1, 224))
def resnet_inference(torch: ModuleType) -> Step:
    """One image, in evaluation mode."""
    return predict(torch, resnet18(torch, 1000), torch.randn(1, 3, 224, 224))
