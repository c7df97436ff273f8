"""First values: the draws of PyTorch for the same seed, and the mistakes."""

from types import ModuleType

import numpy as np
import pytest
from beside import assert_alike
from support import assert_mistake, evaluate

VALUES = [
    ("uniform_(x, -1, 2)",
     [[1.2728949, -0.16206735], [0.20920777, 1.2040534], [-0.91215533, 1.3995759]]),
    ("normal_(x, 1, 2)",
     [[2.3227043, 1.5338482], [1.1233546, 2.2426348], [0.09618807, 0.6677395]]),
    ("trunc_normal_(x)",
     [[0.66135216, 0.2669241], [0.06167726, 0.6213173], [-0.45190597, -0.16613023]]),
    ("trunc_normal_(x, 1.0, 2.0, -1.0, 0.5)",
     [[0.1364474, -0.5810337], [-0.3953961, 0.1020267], [-0.9560777, 0.19978794]]),
    ("xavier_uniform_(x, 2.0)",
     [[1.1288851, -0.9670113], [-0.42472926, 1.0283358], [-2.0625849, 1.3139148]]),
    ("xavier_normal_(x)",
     [[0.41827583, 0.16881762], [0.03900812, 0.39295557], [-0.28581044, -0.10506999]]),
    ("kaiming_uniform_(x, 0.1)",
     [[0.8880329, -0.7606955], [-0.33411154, 0.80893624], [-1.622524, 1.0335857]]),
    ("kaiming_normal_(x, mode='fan_out', nonlinearity='relu')",
     [[0.5399918, 0.21794261], [0.05035927, 0.50730348], [-0.36897966, -0.13564477]]),
    ("orthogonal_(x, 2.0)",
     [[1.6464367, -0.10130541], [0.15354557, 1.9935908], [-1.1250201, 0.12383253]]),
    ("sparse_(x, 0.5)", [[0.0066135218, 0.0], [0.0, 0.0], [0.0, -0.0016613023]]),
    ("eye_(x)", [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
    ("constant_(x, 3)", [[3.0, 3.0]] * 3),
    ("ones_(x)", [[1.0, 1.0]] * 3),
    ("zeros_(x)", [[0.0, 0.0]] * 3),
]


@pytest.mark.parametrize(("call", "value"), VALUES, ids=[case[0] for case in VALUES])
def test_values(torch: ModuleType, call: str, value: list) -> None:
    """Every function fills its tensor with PyTorch's draws, returns it, and records nothing."""
    code = "torch.manual_seed(1)\nx = torch.nn.Parameter(torch.empty(3, 2))\n"
    x, out = evaluate(f"{code}out = torch.nn.init.{call}\n(x, out)", torch)

    assert out is x
    assert out.grad_fn is None
    np.testing.assert_allclose(out.detach().numpy(), value, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("shape", [(5, 3), (17, 33), (4, 3, 3)])
@pytest.mark.parametrize("call", [
    "orthogonal_(x)", "trunc_normal_(x)", "kaiming_uniform_(x, 5 ** 0.5)", "xavier_uniform_(x)",
    "kaiming_normal_(x, mode='fan_out')", "xavier_normal_(x, 2.0)", "sparse_(x, 0.3)",
    "dirac_(x)",
])  # fmt: skip
def test_other_shapes(torch: ModuleType, reference: ModuleType, call: str, shape: tuple) -> None:
    """Whatever the shape, the values are PyTorch's, or the refusal is."""
    assert_alike(f"x = torch.empty{shape}\ntorch.nn.init.{call}", torch, reference)


def test_generators_are_used(torch: ModuleType) -> None:
    """A generator of one's own gives its own draws."""
    def draw(seed: int) -> object:
        generator = torch.Generator().manual_seed(seed)
        return torch.nn.init.xavier_uniform_(torch.empty(2, 2), generator=generator)

    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))


@pytest.mark.parametrize(("shape", "groups", "ones"), [
    ((4, 2, 3), 2, [[0, 0, 1], [1, 1, 1], [2, 0, 1], [3, 1, 1]]),
    ((2, 3, 3, 4), 1, [[0, 0, 1, 2], [1, 1, 1, 2]]),
    ((1, 1, 3, 3, 3), 1, [[0, 0, 1, 1, 1]]),
])
def test_dirac(torch: ModuleType, shape: tuple, groups: int, ones: list) -> None:
    """Ones stand in the centre of each channel's kernel."""
    filled = torch.nn.init.dirac_(torch.empty(*shape), groups).numpy()

    assert np.argwhere(filled).tolist() == ones
    assert set(filled.flatten()) == {0.0, 1.0}


def test_orthogonal_of_many_dimensions(torch: ModuleType) -> None:
    """Later dimensions are joined; rows are orthonormal when there are fewer of them."""
    rows = torch.nn.init.orthogonal_(torch.empty(2, 3, 2)).numpy().reshape(2, 6)

    np.testing.assert_allclose(rows @ rows.T, np.eye(2), atol=1e-6)


def test_gains(torch: ModuleType) -> None:
    """The gain of each non-linearity."""
    gain = torch.nn.init.calculate_gain

    assert [gain(name) for name in ("linear", "conv2d", "sigmoid", "selu")] == [1, 1, 1, 0.75]
    assert gain("tanh") == 5 / 3
    assert gain("relu") == 2**0.5
    assert gain("leaky_relu") == pytest.approx(1.4141428569978354)
    assert gain("leaky_relu", 2) == pytest.approx(0.6324555320336759)
    assert torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(2, 3, 4, 5)) == (60, 40)


def test_empty_tensors_are_left_alone(torch: ModuleType) -> None:
    """There is nothing to fill, which is worth a warning."""
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        torch.nn.Linear(0, 3)


def test_bounds_far_from_the_mean(torch: ModuleType) -> None:
    """Bounds that hardly any draw satisfies are worth a warning, and hold."""
    with pytest.warns(UserWarning, match="mean is more than 2 std from"):
        filled = torch.nn.init.trunc_normal_(torch.empty(20), 9.0)

    assert -2 <= filled.min().item() <= filled.max().item() <= 2


@pytest.mark.parametrize("name", [
    "uniform", "normal", "eye", "xavier_uniform", "xavier_normal", "kaiming_uniform",
    "kaiming_normal", "orthogonal"])
def test_old_names(torch: ModuleType, name: str) -> None:
    """The names without underscore still work, with a warning."""
    with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is now deprecated"):
        getattr(torch.nn.init, name)(torch.empty(2, 2))


MISTAKES = [
    ("eye_(torch.empty(2))", "Only tensors with 2 dimensions are supported"),
    ("sparse_(torch.empty(2), 0.5)", "Only tensors with 2 dimensions are supported"),
    ("dirac_(torch.empty(2, 3))", "Only tensors with 3, 4, or 5 dimensions are supported"),
    ("dirac_(torch.empty(3, 3, 3), 2)", "dim 0 must be divisible by groups"),
    ("orthogonal_(torch.empty(2))", "Only tensors with 2 or more dimensions are supported"),
    ("xavier_normal_(torch.empty(2))",
     "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"),
    ("kaiming_normal_(torch.empty(2, 3), mode='foo')",
     "Mode foo not supported, please use one of ['fan_in', 'fan_out']"),
    ("calculate_gain('foo')", "Unsupported nonlinearity foo"),
    ("calculate_gain('leaky_relu', True)", "negative_slope True not a valid number"),
]


@pytest.mark.parametrize(("call", "text"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes(torch: ModuleType, call: str, text: str) -> None:
    """Every mistake raises PyTorch's text."""
    assert_mistake(torch, f"torch.nn.init.{call}", ValueError, text)
