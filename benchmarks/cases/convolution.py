"""Single convolutions: the forward pass and each of the two gradients by itself."""

from dataclasses import dataclass, field
from functools import partial
from math import prod
from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step
from benchmarks.cases.training import backward

family = Family("Convolutions")


@dataclass(frozen=True)
class Convolution:
    """The shape of one convolution; ``out`` is the size of the result's spatial dimensions."""

    name: str
    title: str
    layer: str
    arguments: tuple[int, ...]
    x_shape: tuple[int, ...]
    out: tuple[int, ...]
    options: dict[str, int] = field(default_factory=dict)

    def made(self, torch: ModuleType) -> tuple[Any, Any]:
        """Return the layer and an input."""
        return (getattr(torch.nn, self.layer)(*self.arguments, **self.options),
                torch.randn(self.x_shape))

    @property
    def flops(self) -> float:
        """Two for each weight that a place of the result (transposed: of the input) meets."""
        n_in, n_out, size = self.arguments[:3]
        places = prod(self.x_shape[2:] if "Transpose" in self.layer else self.out)
        taps = size ** len(self.out)
        return 2 * self.x_shape[0] * n_in * n_out * taps * places / self.options.get("groups", 1)


def forward(torch: ModuleType, shape: Convolution) -> Step:
    """Return the layer applied without recording."""
    layer, x = shape.made(torch)

    def step() -> None:
        with torch.no_grad():
            layer(x)

    return step


def gradient(torch: ModuleType, shape: Convolution, of: str) -> Step:
    """Return the backward pass to the input or to the weight alone."""
    layer, x = shape.made(torch)
    layer.requires_grad_(False)
    wanted = {"input": x, "weight": layer.weight}[of].requires_grad_()
    out = layer(x)
    g = torch.randn(out.shape)
    return lambda: torch.autograd.grad(out, wanted, g, retain_graph=True)


def both_ways(torch: ModuleType, shape: Convolution) -> Step:
    """Return a forward and a backward pass, to input and parameters."""
    layer, x = shape.made(torch)
    x.requires_grad_()
    return backward([x, *layer.parameters()], lambda: layer(x))


for shape in (
    Convolution("conv-3x3", "3×3, 64 to 64, 56×56, batch 8", "Conv2d", (64, 64, 3),
                (8, 64, 56, 56), (56, 56), {"padding": 1}),
    Convolution("conv-1x1", "1×1, 256 to 256, 14×14, batch 8", "Conv2d", (256, 256, 1),
                (8, 256, 14, 14), (14, 14)),
    Convolution("conv-stride-2", "3×3, stride 2, 64 to 128, 56×56, batch 8", "Conv2d",
                (64, 128, 3), (8, 64, 56, 56), (28, 28), {"padding": 1, "stride": 2}),
    Convolution("conv-5x5", "5×5, 32 to 64, 28×28, batch 8", "Conv2d", (32, 64, 5),
                (8, 32, 28, 28), (28, 28), {"padding": 2}),
    Convolution("conv-dilated", "3×3, dilation 2, 64 to 64, 28×28, batch 8", "Conv2d",
                (64, 64, 3), (8, 64, 28, 28), (28, 28), {"padding": 2, "dilation": 2}),
):
    family.case(f"{shape.title}: forward", 1.1, name=f"{shape.name}-forward",
                flops=shape.flops)(partial(forward, shape=shape))
    for of in ("input", "weight"):
        family.case(f"{shape.title}: gradient of {of}", 1.1, name=f"{shape.name}-{of}",
                    flops=shape.flops)(partial(gradient, shape=shape, of=of))

for shape in (
    Convolution("depthwise", "depthwise 3×3, 64 channels, 56×56, batch 8", "Conv2d",
                (64, 64, 3), (8, 64, 56, 56), (56, 56), {"padding": 1, "groups": 64}),
    Convolution("transposed", "transposed 4×4, stride 2, 64 to 32, 28×28, batch 8",
                "ConvTranspose2d", (64, 32, 4), (8, 64, 28, 28), (56, 56),
                {"padding": 1, "stride": 2}),
    Convolution("conv1d", "1-d, 9 taps, 32 to 32, 8,192 long, batch 4", "Conv1d",
                (32, 32, 9), (4, 32, 8192), (8192,), {"padding": 4}),
):
    family.case(f"{shape.title}: forward", 1.5, name=f"{shape.name}-forward",
                flops=shape.flops)(partial(forward, shape=shape))
    family.case(f"{shape.title}: forward and backward", 1.5, name=f"{shape.name}-step",
                flops=3 * shape.flops)(partial(both_ways, shape=shape))
