"""What lies in a constraint's region, one by one and all at once: PyTorch's answers."""

from types import ModuleType

import pytest
from beside import assert_alike

REGIONS = (
    "C.real", "C.positive", "C.nonnegative", "C.unit_interval", "C.boolean", "C.positive_integer",
    "C.nonnegative_integer", "C.integer_interval(0, 3)", "C.interval(0.1, 0.5)",
    "C.half_open_interval(0.1, 0.5)", "C.greater_than(0.1)", "C.less_than(0.1)",
    "C.greater_than_eq(2**60)", "C.interval(torch.tensor([0.0, 0.1]), 0.5)",
)  # fmt: skip
VALUES = (
    "[0.1]", "[0.5]", "[0.0]", "[-0.0]", "[1.0]", "[0, 1]", "[3.0]", "[2.5]", "[-1.0]", "[5e-324]",
    "[float('inf')]", "[-float('inf')]", "[float('nan')]", "[0.2, float('nan')]", "[2**60 + 1]",
    "[True, False]", "[]", "[[0.2, 0.3], [0.3, 0.2]]",
)  # fmt: skip
DTYPES = ("None", "torch.float64", "torch.float16", "torch.int32")
SUPPORTED = """
D, C = torch.distributions, torch.distributions.constraints
class Supported(D.Distribution):
    arg_constraints = {'value': region}
    def __init__(self, value):
        self.value = value
        super().__init__(value.shape)
def outcome(call):
    try:
        return call()
    except (ValueError, RuntimeError) as error:
        return type(error).__name__
"""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("region", REGIONS)
def test_all_at_once(
    torch: ModuleType, reference: ModuleType, region: str, value: str, dtype: str
) -> None:
    """A parameter is refused where one of its values lies outside, and only there."""
    code = SUPPORTED.replace("region}", f"{region}}}")
    made = f"\nvalue = torch.tensor({value}, dtype={dtype})\n"
    assert_alike(
        f"{code}{made}({region}.check(value), outcome(lambda: Supported(value).batch_shape), "
        "outcome(lambda: Supported(value.expand(2, *value.shape).mT).batch_shape))",
        torch, reference,
    )  # fmt: skip


@pytest.mark.parametrize("value", [
    "torch.tensor([0.2, 0.8])", "torch.tensor([0.2, 0.7])", "torch.tensor([1.2, -0.2])",
    "torch.tensor([[0.5, 0.5], [1.0, 0.0]])", "torch.zeros(0, 2)", "torch.zeros(2, 0)",
    "torch.tensor([float('nan'), 1.0])", "torch.tensor(1.0)", "torch.tensor([0, 1])",
])  # fmt: skip
@pytest.mark.parametrize("region", ["C.simplex", "C.real_vector", "C.independent(C.positive, 1)",
                                    "C.independent(C.simplex, 1)", "C.one_hot"])  # fmt: skip
def test_events(torch: ModuleType, reference: ModuleType, region: str, value: str) -> None:
    """Regions of whole rows, also of too few dimensions or without any element."""
    code = SUPPORTED.replace("region}", f"{region}}}")
    assert_alike(f"{code}\noutcome(lambda: Supported({value}).batch_shape)", torch, reference)


def test_own_check(torch: ModuleType, reference: ModuleType) -> None:
    """A program's own region, made from one of ours or from nothing, is asked by its check."""
    assert_alike(
        SUPPORTED.replace("region}", "Even()}").replace(
            "class Supported",
            "class Even(type(C.positive)):\n"
            "    def __init__(self): super().__init__(0.0)\n"
            "    def check(self, value): return value % 2 == 0\n"
            "class Supported",
        )
        + "\n[outcome(lambda: Supported(torch.tensor(x)).batch_shape) for x in (-2.0, 2.0, 3.0)]",
        torch, reference,
    )  # fmt: skip


WEIGHTS = (
    "torch.tensor([0.0, 0.0])", "torch.tensor([1.0, -0.5])", "torch.tensor([1.0, float('inf')])",
    "torch.tensor([1.0, float('nan')])", "torch.tensor([[1.0, 0.0], [0.0, 0.0]])",
    "torch.tensor([[1.0, 0.0], [0.0, 2.0]])", "torch.tensor([5e-324, 0.0], dtype=torch.float64)",
    "torch.rand(3, 5).T", "torch.rand(4).half()",
    "torch.full((3,), 3e38)", "torch.zeros(0, 3)", "torch.zeros(2, 0)", "torch.zeros(0)",
    "torch.ones(3, dtype=torch.int64)", "torch.ones(1, 2, 3)",
)  # fmt: skip


@pytest.mark.parametrize("arguments", ["1", "1, True", "2", "3, True", "0"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_weights(
    torch: ModuleType, reference: ModuleType, weights: str, arguments: str
) -> None:
    """Categories for the same seed, and the refusals of what is no weight."""
    assert_alike(f"torch.multinomial({weights}, {arguments})", torch, reference)


@pytest.mark.parametrize("value", ["0", "[1]", "[0, 1]", "[[2], [0]]", "[[0, 1], [2, 2]]"])
@pytest.mark.parametrize("shape", ["3", "2, 3", "1, 3", "2, 1, 3"])
def test_categories(
    torch: ModuleType, reference: ModuleType, shape: str, value: str
) -> None:
    """Draws, log probabilities and their graphs for batches of any shape."""
    assert_alike(
        f"logits = torch.randn({shape}, requires_grad=True)\n"
        "d = torch.distributions.Categorical(logits=logits)\n"
        f"p = d.log_prob(torch.tensor({value}))\n"
        "p.sum().backward()\n"
        "draws = [d.sample(), d.sample((2,)), d.sample((2, 1)), d.sample((1,))]\n"
        "(p, type(p.grad_fn).__name__, type(p.grad_fn.next_functions[0][0]).__name__, logits.grad,"
        " draws)", torch, reference,
    )  # fmt: skip
