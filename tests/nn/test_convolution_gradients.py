"""``nn.grad``: gradients of convolutions from that of the output."""

from types import ModuleType

import pytest
from beside import assert_alike
from support import assert_same

SETTINGS = ["", ", 2", ", 1, 1", ", (2,), (1,), (2,)", ", 2, 1, 1, 2"]
SETUP = """
x, w = {x}, {w}
y = torch.nn.functional.conv{n}d(x, w, None{settings})
g = torch.randn(y.shape, requires_grad=True, dtype=torch.double)
"""


def setup(n: int, settings: str) -> str:
    """Write the code that makes input, weight and the gradient of the output."""
    groups = 2 if settings.endswith(", 2, 1, 1, 2") else 1
    size = (5, 4, 6)[:n]
    options = "requires_grad=True, dtype=torch.double"
    return SETUP.format(n=n, settings=settings, x=f"torch.randn(2, 4, *{size}, {options})",
                        w=f"torch.randn(6, {4 // groups}, *{(3, 2, 3)[:n]}, {options})")


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("settings", SETTINGS)
class TestConvolutionGradients:
    def test_values(self, torch: ModuleType, n: int, settings: str) -> None:
        """They are what the backward pass gives."""
        names: dict = {"torch": torch}
        exec(setup(n, settings), names)
        x, w, g = names["x"], names["w"], names["g"]
        wanted = torch.autograd.grad(names["y"], [x, w], g)
        given = eval(
            f"torch.nn.grad.conv{n}d_input(x.shape, w, g{settings}), "
            f"torch.nn.grad.conv{n}d_weight(x, w.shape, g{settings})", names)

        assert_same(given, wanted, rtol=1e-6, atol=1e-9)

    def test_derivatives(
        self, torch: ModuleType, reference: ModuleType, n: int, settings: str
    ) -> None:
        """They have derivatives themselves."""
        assert_alike(setup(n, settings) + f"""
x_grad = torch.nn.grad.conv{n}d_input(x.shape, w, g{settings})
w_grad = torch.nn.grad.conv{n}d_weight(x, w.shape, g{settings})
torch.autograd.grad((x_grad ** 2).sum() + (w_grad ** 2).sum(), [x, w, g])
""", torch, reference)


@pytest.mark.parametrize("call", [
    "conv2d_input([2, 3, 5, 5], w, g)", "conv2d_input([4, 5, 5], w, g)", "conv2d_input([3], w, g)",
    "conv1d_input([2, 4, 5], w, g)", "conv2d_weight(x, [6, 2, 3, 3], g)",
    "conv2d_weight(x.double(), [6, 4, 3, 3], g)", "conv2d_input(x.shape, w, g, (1, 1, 1))",
    "conv2d_input(x.shape, w, g, 0)", "conv2d_input([2, 4, 2, 2], w, g)",
    "conv2d_weight(x, [5, 2, 3, 3], g, groups=2)", "conv2d_weight(x, [6, 4, 3, 3], 3)",
])  # fmt: skip
def test_mistakes(torch: ModuleType, reference: ModuleType, call: str) -> None:
    """What does not fit raises PyTorch's class and text."""
    assert_alike(f"""
x, w, g = torch.ones(2, 4, 5, 5), torch.ones(6, 4, 3, 3), torch.ones(2, 6, 3, 3)
torch.nn.grad.{call}
""", torch, reference)


@pytest.mark.parametrize("call", [
    "conv2d_input([2, 4, 6, 5], w, g)", "conv2d_input([3, 4, 5, 5], w, g)",
    "conv2d_weight(x, [6, 4, 3, 2], g)", "conv2d_weight(x, [6, 4, 3, 3], g[:, :3])",
])  # fmt: skip
def test_gradients_of_another_size(torch: ModuleType, call: str) -> None:
    """A gradient that no such output has is refused."""
    x, w, g = torch.ones(2, 4, 5, 5), torch.ones(6, 4, 3, 3), torch.ones(2, 6, 3, 3)

    with pytest.raises(RuntimeError, match="could not create a primitive descriptor"):
        eval(f"torch.nn.grad.{call}", {"torch": torch, "x": x, "w": w, "g": g})


def test_found_among_the_functions(torch):
    """``F.grad`` is the same module."""
    assert torch.nn.functional.grad is torch.nn.grad
