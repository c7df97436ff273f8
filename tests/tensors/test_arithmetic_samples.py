"""Arithmetic, comparison and powers: printed as PyTorch prints it."""

import numpy as np
import pytest
from beside import assert_alike
from support import evaluate

SAMPLES = [
    ("torch.tensor([1, 2]) + 1", "tensor([2, 3])"),
    ("torch.tensor([1, 2]) + 1.5", "tensor([2.5000, 3.5000])"),
    ("torch.tensor([1, 2]) + True", "tensor([2, 3])"),
    ("torch.tensor([True, False]) + True", "tensor([True, True])"),
    ("torch.tensor([True, False]) + 1", "tensor([2, 1])"),
    ("torch.tensor([True, True]) + torch.tensor([True, False])", "tensor([True, True])"),
    ("torch.tensor([True, True]) * torch.tensor([True, False])", "tensor([ True, False])"),
    ("1 - torch.tensor([1.5, 2.5])", "tensor([-0.5000, -1.5000])"),
    ("2 / torch.tensor([1.0, 4.0])", "tensor([2.0000, 0.5000])"),
    ("2 / torch.tensor([1, 4])", "tensor([2.0000, 0.5000])"),
    ("torch.tensor([7, -7]) / 2", "tensor([ 3.5000, -3.5000])"),
    ("torch.tensor([7, -7]) // 2", "tensor([ 3, -4])"),
    ("torch.tensor([7, -7]) % 3", "tensor([1, 2])"),
    ("torch.tensor([7, -7]) % -3", "tensor([-2, -1])"),
    ("torch.tensor([7.5, -7.5]) // 2", "tensor([ 3., -4.])"),
    ("torch.tensor([7.5, -7.5]) % 2", "tensor([1.5000, 0.5000])"),
    ("torch.tensor([7.5, -7.5]) % -2", "tensor([-0.5000, -1.5000])"),
    ("7 // torch.tensor([2, -2])", "tensor([ 3, -4])"),
    ("7 % torch.tensor([4, -4])", "tensor([ 3, -1])"),
    ("torch.tensor([7, -7]) // 2.0", "tensor([ 3., -4.])"),
    ("torch.tensor([1.0, 0.0, -1.0]) / 0", "tensor([inf, nan, -inf])"),
    ("torch.tensor([1.0, 0.0, -1.0]) // 0", "tensor([inf, nan, -inf])"),
    ("torch.tensor([1.0, 0.0]) % 0", "tensor([nan, nan])"),
    ("torch.tensor([1, 0, -1]) / 0", "tensor([inf, nan, -inf])"),
    ('torch.div(torch.tensor([7, -7]), 2, rounding_mode="trunc")', "tensor([ 3, -3])"),
    ('torch.div(torch.tensor([7, -7]), 2, rounding_mode="floor")', "tensor([ 3, -4])"),
    ('torch.div(torch.tensor([7.0, -7.0]), 2, rounding_mode="trunc")', "tensor([ 3., -3.])"),
    ("torch.floor_divide(torch.tensor([7, -7]), 2)", "tensor([ 3, -4])"),
    ("torch.remainder(torch.tensor([-7.0]), 3)", "tensor([2.])"),
    ("torch.add(torch.tensor([1.0]), torch.tensor([2.0]), alpha=3)", "tensor([7.])"),
    ("torch.sub(torch.tensor([1.0]), 2, alpha=3)", "tensor([-5.])"),
    ("torch.mul(torch.tensor([2]), torch.tensor([3.5]))", "tensor([7.])"),
    ("torch.tensor([1, 2]) ** 2", "tensor([1, 4])"),
    ("torch.tensor([1, 2]) ** 2.0", "tensor([1., 4.])"),
    ("torch.tensor([1.0, 4.0]) ** 0.5", "tensor([1., 2.])"),
    ("torch.tensor([1.0, 4.0]) ** -1", "tensor([1.0000, 0.2500])"),
    ("torch.tensor([2, 3]) ** torch.tensor([3, 2])", "tensor([8, 9])"),
    ("2 ** torch.tensor([1, 2])", "tensor([2, 4])"),
    ("2.0 ** torch.tensor([1, 2])", "tensor([2., 4.])"),
    ("2 ** torch.tensor([0.5])", "tensor([1.4142])"),
    ("torch.tensor([-8.0]) ** (1 / 3)", "tensor([nan])"),
    ("torch.tensor([-2.0]) ** 3", "tensor([-8.])"),
    ("torch.tensor([0.0]) ** 0", "tensor([1.])"),
    ("torch.pow(2, torch.tensor([3]))", "tensor([8])"),
    ("torch.pow(torch.tensor([2.0]), torch.tensor(3))", "tensor([8.])"),
    ("torch.tensor([127], dtype=torch.int8) + torch.tensor([1], dtype=torch.int8)",
     "tensor([-128], dtype=torch.int8)"),
    ("torch.tensor([127], dtype=torch.int8) + 1", "tensor([-128], dtype=torch.int8)"),
    ("torch.tensor([255], dtype=torch.uint8) + 1", "tensor([0], dtype=torch.uint8)"),
    ("torch.tensor([0], dtype=torch.uint8) - 1", "tensor([255], dtype=torch.uint8)"),
    ("-torch.tensor([1], dtype=torch.uint8)", "tensor([255], dtype=torch.uint8)"),
    ("torch.tensor([2**63 - 1]) + 1", "tensor([-9223372036854775808])"),
    ("torch.tensor([2**62]) * 4", "tensor([0])"),
    ("-torch.tensor([-(2**63)])", "tensor([-9223372036854775808])"),
    ("abs(torch.tensor([-(2**63)]))", "tensor([-9223372036854775808])"),
    ("torch.tensor([2**31 - 1], dtype=torch.int32) * 2", "tensor([-2], dtype=torch.int32)"),
    ("torch.tensor([-128], dtype=torch.int8) // -1", "tensor([-128], dtype=torch.int8)"),
    ("torch.tensor([60000.0], dtype=torch.float16) * 2", "tensor([inf], dtype=torch.float16)"),
    ("torch.tensor([1.0], dtype=torch.float16) + 1", "tensor([2.], dtype=torch.float16)"),
    ("torch.tensor([1.0], dtype=torch.float16) + torch.tensor([1.0])", "tensor([2.])"),
    ("torch.tensor([3e38]) * 10", "tensor([inf])"),
    ("-torch.tensor([1.5, -0.0])", "tensor([-1.5000,  0.0000])"),
    ("+torch.tensor([1.5])", "tensor([1.5000])"),
    ("abs(torch.tensor([-1, 2]))", "tensor([1, 2])"),
    ("~torch.tensor([True, False])", "tensor([False,  True])"),
    ("~torch.tensor([0, 5])", "tensor([-1, -6])"),
    ("torch.tensor([True, False]) & True", "tensor([ True, False])"),
    ("torch.tensor([6, 3]) & 2", "tensor([2, 2])"),
    ("torch.tensor([6, 3]) | 1", "tensor([7, 3])"),
    ("torch.tensor([6, 3]) ^ 5", "tensor([3, 6])"),
    ("torch.tensor([True, False]) | torch.tensor([False, False])", "tensor([ True, False])"),
    ("torch.tensor([True, False]) ^ torch.tensor([True, True])", "tensor([False,  True])"),
    ("torch.tensor([1, 2, 3]) == torch.tensor([1, 5, 3])", "tensor([ True, False,  True])"),
    ("torch.tensor([1, 2, 3]) != 2", "tensor([ True, False,  True])"),
    ("torch.tensor([1, 2, 3]) < 2", "tensor([ True, False, False])"),
    ("torch.tensor([1, 2, 3]) <= 2.5", "tensor([ True,  True, False])"),
    ("2 > torch.tensor([1, 2, 3])", "tensor([ True, False, False])"),
    ("torch.tensor([1, 2, 3]) >= torch.tensor([[1], [3]])",
     "tensor([[ True,  True,  True],\n        [False, False,  True]])"),
    ("torch.tensor([nan]) == torch.tensor([nan])", "tensor([False])"),
    ("torch.tensor([nan, 1.0]) < inf", "tensor([False,  True])"),
    ("torch.tensor([1, 2]) == None", "False"),
    ("torch.tensor([1, 2]) != None", "True"),
    ('torch.tensor([1.0]) == "a"', "False"),
    ("torch.eq(torch.tensor([1, 2]), 1)", "tensor([ True, False])"),
    ("torch.tensor([1, 2]).eq(1)", "tensor([ True, False])"),
    ("torch.tensor([1, 2]).ne(1)", "tensor([False,  True])"),
    ("torch.tensor([1, 2]).lt(2)", "tensor([ True, False])"),
    ("torch.tensor([1, 2]).ge(2)", "tensor([False,  True])"),
    ("torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))", "True"),
    ("torch.equal(torch.tensor([1, 2]), torch.tensor([[1, 2]]))", "False"),
    ("torch.equal(torch.tensor([nan]), torch.tensor([nan]))", "False"),
    ("torch.allclose(torch.tensor([1.0]), torch.tensor([1.0 + 1e-6]))", "True"),
    ("torch.allclose(torch.tensor([1.0]), torch.tensor([1.1]))", "False"),
    ("torch.isnan(torch.tensor([nan, 1.0]))", "tensor([ True, False])"),
    ("torch.isinf(torch.tensor([inf, -inf, nan, 1.0]))", "tensor([ True,  True, False, False])"),
    ("torch.isfinite(torch.tensor([inf, nan, 1.0]))", "tensor([False, False,  True])"),
    ("torch.exp(torch.tensor([0, 1]))", "tensor([1.0000, 2.7183])"),
    ("torch.exp(torch.tensor([0.0, 1.0, -inf, inf, nan]))",
     "tensor([1.0000, 2.7183, 0.0000,    inf,    nan])"),
    ("torch.log(torch.tensor([1.0, 0.0, -1.0, inf]))", "tensor([0., -inf, nan, inf])"),
    ("torch.sqrt(torch.tensor([4.0, 0.0, -1.0]))", "tensor([2., 0., nan])"),
    ("torch.sqrt(torch.tensor([4, 9]))", "tensor([2., 3.])"),
    ("torch.tanh(torch.tensor([0.0, 100.0, -100.0]))", "tensor([ 0.,  1., -1.])"),
    ("torch.sigmoid(torch.tensor([0.0, 100.0, -200.0]))", "tensor([0.5000, 1.0000, 0.0000])"),
    ("torch.sigmoid(torch.tensor([0, 1]))", "tensor([0.5000, 0.7311])"),
    ("torch.relu(torch.tensor([-1.0, 0.0, 2.0, nan]))", "tensor([0., 0., 2., nan])"),
    ("torch.relu(torch.tensor([-1, 2]))", "tensor([0, 2])"),
    ("torch.abs(torch.tensor([-1.5, nan]))", "tensor([1.5000,    nan])"),
    ("torch.sin(torch.tensor([0.0, 1.0]))", "tensor([0.0000, 0.8415])"),
    ("torch.cos(torch.tensor([0.0, 1.0]))", "tensor([1.0000, 0.5403])"),
    ("torch.erf(torch.tensor([0.0, 1.0, -3.0]))", "tensor([ 0.0000,  0.8427, -1.0000])"),
    ("torch.square(torch.tensor([3, -2]))", "tensor([9, 4])"),
    ("torch.clamp(torch.tensor([-2.0, 0.5, 2.0]), -1, 1)", "tensor([-1.0000,  0.5000,  1.0000])"),
    ("torch.clamp(torch.tensor([-2, 5]), min=0)", "tensor([0, 5])"),
    ("torch.clamp(torch.tensor([-2, 5]), max=1.5)", "tensor([-2.0000,  1.5000])"),
    ("torch.clamp(torch.tensor([nan, 5.0]), 0, 1)", "tensor([nan, 1.])"),
    ("torch.clamp(torch.tensor([1.0]), 3, 2)", "tensor([2.])"),
    ("torch.maximum(torch.tensor([1.0, nan]), torch.tensor([2.0, 1.0]))", "tensor([2., nan])"),
    ("torch.minimum(torch.tensor([1, 5]), torch.tensor([2.5, 1.0]))", "tensor([1., 1.])"),
    ("torch.where(torch.tensor([True, False]), torch.tensor([1, 2]), torch.tensor([3.5, 4.5]))",
     "tensor([1.0000, 4.5000])"),
    ("torch.where(torch.tensor([True, False]), 1, 2)", "tensor([1, 2])"),
    ("torch.where(torch.tensor([True, False]), torch.tensor([1.0, 2.0]), 0)", "tensor([1., 0.])"),
    ("torch.where(torch.tensor([[True], [False]]), torch.tensor([1, 2]), torch.tensor(9))",
     "tensor([[1, 2],\n        [9, 9]])"),
    ("torch.ones(2, 1) + torch.ones(3)", "tensor([[2., 2., 2.],\n        [2., 2., 2.]])"),
    ("torch.ones(0) + torch.ones(1)", "tensor([])"),
    ("torch.ones(0, 3) * torch.ones(3)", "tensor([], size=(0, 3))"),
    ("torch.ones(2, 1, 0) + torch.ones(5, 1)", "tensor([], size=(2, 5, 0))"),
    ("np.float32(2) * torch.ones(2)", "tensor([2., 2.])"),
    ("torch.ones(2) * np.float64(2)", "tensor([2., 2.])"),
    ("torch.ones(2, dtype=torch.int64) * np.float32(1.5)", "tensor([1.5000, 1.5000])"),
    ("torch.ones(2) * np.int64(3)", "tensor([3., 3.])"),
    ("torch.tensor(3).add(torch.tensor(4.5))", "tensor(7.5000)"),
    ("torch.add(2.0, 3.0)", "tensor(5.)"),
    ("torch.add(2, 3, alpha=4)", "tensor(14)"),
    ("torch.mul(True, False)", "tensor(False)"),
    ("torch.sub(2, 3.5)", "tensor(-1.5000)"),
    ("torch.div(7, 2)", "tensor(3.5000)"),
    ('torch.div(-7, 2, rounding_mode="trunc")', "tensor(-3)"),
    ("torch.floor_divide(-7, 2)", "tensor(-4)"),
]


@pytest.mark.parametrize(("code", "printed"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_arithmetic(torch, code, printed):
    """Values and dtypes of the results are these."""
    assert repr(evaluate(code, torch)) == printed


@pytest.mark.parametrize(
    "call",
    ["x * 0.7", "0.7 * x", "x / 0.7", "x / 3", "x * torch.tensor(0.7)", "x * 1e6", "x + 1e6",
     "x.clone().mul_(1 / 3)", "x + 0.7", "0.7 - x"],
)  # fmt: skip
def test_numbers_beside_half_precision(torch, reference, call: str) -> None:
    """A product or quotient by a number rounds once, and not the number before it."""
    values = np.random.default_rng(0).standard_normal(2000).astype(np.float16)
    found, wanted = (
        eval(call, {"torch": library, "x": library.tensor(values)}).numpy()
        for library in (torch, reference)
    )

    assert np.array_equal(found, wanted)


def test_reversed_runs_backwards(torch, reference) -> None:
    """`reversed` gives a tensor, of a number the number itself."""
    for library in (torch, reference):
        assert reversed(library.arange(3)).tolist() == [2, 1, 0]
        assert reversed(library.tensor(3)).tolist() == 3


@pytest.mark.parametrize("call", [
    "torch.add(True, True, alpha=True)", "torch.add(True, True)", "torch.add(1, 1, alpha=True)",
    "torch.add(torch.tensor(True), True, alpha=True)",
    "torch.add(True, torch.tensor([True]), alpha=0)",
])  # fmt: skip
def test_sums_of_bools(torch, reference, call):
    """Of bools alone they are bools, whatever the factor."""
    assert_alike(f"y = {call}; y, str(y.dtype)", torch, reference)
