"""Convolutions on every instruction set, beside PyTorch and its sums in float64."""

from types import ModuleType

import numpy as np
import pytest

# Input, weight, is transposed, and stride, padding, dilation, groups.
CASES = [
    ((2, 5, 13, 50), (31, 5, 3, 3), False, (1, 1, 1, 1)),
    ((3, 4, 9, 8), (6, 4, 3, 2), False, (2, 2, 1, 1)),
    ((2, 40, 7, 7), (16, 40, 1, 1), False, (2, 0, 1, 1)),
    ((2, 6, 11, 70), (6, 1, 3, 3), False, (1, 1, 1, 6)),
    ((1, 3, 900), (35, 3, 9), False, (1, 4, 2, 1)),
    ((2, 4, 5, 6, 7), (8, 2, 2, 3, 2), False, (2, 1, 2, 2)),
    ((2, 8, 6, 9), (8, 3, 4, 4), True, (2, 1, 1, 2)),
    ((2, 4, 5, 6), (4, 5, 2, 2), True, (3, 0, 2, 1)),
    ((1, 3, 4, 4, 5), (3, 17, 2, 3, 3), True, (1, 1, 1, 1)),
    ((3, 4, 9, 40), (8, 1, 5, 3), False, (2, 1, 2, 4)),  # one or two channels a group: no tiles
    ((2, 2, 7, 150), (12, 2, 2, 1), False, (1, 0, 1, 1)),
    ((7, 1, 8, 8), (19, 1, 3, 3), False, (1, 1, 1, 1)),  # their lines fill no vector
    ((3, 2, 7, 9), (32, 1, 3, 2), False, (2, 1, 1, 2)),
    ((4, 20, 5, 6), (1, 20, 2, 3), False, (1, 1, 2, 1)),
    ((2, 7, 6, 2100), (2, 7, 1, 4), False, (1, 1, 1, 1)),
    ((2, 3, 9, 9), (3, 1, 3, 3), True, (2, 1, 1, 3)),
    ((1, 130, 7, 7), (300, 130, 3, 3), False, (1, 1, 1, 1)),
    ((16, 48, 2, 3), (18, 48, 3, 3), False, (1, 1, 1, 1)),  # small images: samples side by side
    ((30, 16, 5, 7), (40, 16, 3, 3), False, (2, 2, 2, 1)),
    ((16, 96, 4, 4), (96, 40, 4, 4), True, (2, 1, 1, 1)),
    ((1, 4, 5, 5, 5), (4, 8, 3, 3, 3), True, (1, 0, 1, 1)),
    ((1, 6, 9, 9), (12, 6, 3, 3), False, (1, 1, 1, 1)),
    ((6, 3, 26, 20), (5, 3, 3, 3), False, (1, 1, 1, 1)),  # weights' sums over parts of the samples
    ((4, 5, 32, 35), (5, 4, 2, 3), True, (1, 1, 1, 1)),
    ((2, 34, 9, 13), (33, 34, 3, 3), False, (1, 1, 1, 1)),  # by squares of four outputs
    ((1, 32, 10, 70), (32, 48, 3, 3), True, (1, 0, 1, 1)),
    ((3, 64, 30, 33), (64, 32, 3, 3), False, (1, 2, 1, 2)),
    ((2, 33, 19, 18), (34, 33, 3, 3), False, (1, 2, 2, 1)),  # squares of several phases or parts
    ((2, 33, 11, 12), (40, 33, 5, 5), False, (1, 2, 1, 1)),
    ((1, 32, 17, 18), (40, 32, 7, 4), False, (1, 3, 2, 1)),
    ((2, 34, 9, 10), (34, 20, 4, 4), True, (2, 1, 1, 1)),
    ((1, 34, 20, 23), (40, 34, 5, 4), False, (2, 0, 1, 1)),
    ((5, 16, 45, 47), (19, 16, 3, 3), False, (1, 1, 1, 1)),  # the weights' gradient by squares too
    ((4, 80, 17, 18), (33, 80, 5, 4), False, (1, 2, 1, 1)),
    ((2, 48, 61, 60), (18, 48, 3, 3), False, (1, 2, 2, 1)),
    ((1, 32, 9, 21), (40, 16, 3, 3), False, (1, 0, 1, 2)),
    ((2, 32, 24, 27), (40, 32, 4, 4), False, (2, 1, 1, 1)),  # and at a stride of 2
    ((3, 32, 35, 19), (24, 32, 5, 4), False, (2, 2, 1, 1)),
    ((2, 40, 13, 15), (40, 32, 4, 4), True, (2, 1, 1, 1)),
    ((1, 48, 41, 40), (33, 48, 4, 5), False, (2, 3, 2, 1)),
    ((1, 130, 9, 9), (300, 130, 3, 3), False, (2, 1, 1, 1)),  # patches kept for further rows
    ((1, 70, 4, 5), (70, 300, 4, 4), True, (2, 1, 1, 1)),
    ((1, 128, 16, 16), (170, 128, 3, 3), False, (1, 2, 2, 1)),
    ((2, 32, 301), (40, 32, 9), False, (1, 4, 1, 1)),  # lines by squares
    ((3, 48, 76), (33, 48, 10), False, (1, 0, 1, 1)),
    ((1, 64, 8300), (32, 32, 11), False, (1, 7, 1, 2)),
    ((2, 40, 79), (40, 32, 12), True, (1, 3, 1, 1)),
    ((2, 32, 1, 163), (36, 32, 1, 8), False, (1, 0, 1, 1)),
    ((5, 37, 11, 9), (45, 37, 1, 1), False, (1, 0, 1, 1)),  # one tap: lines where they lie
    ((9, 50, 7, 7), (20, 50, 1, 1), False, (1, 0, 1, 1)),  # several samples a block
    ((2, 18, 23, 29), (18, 35, 1, 1), True, (1, 0, 1, 2)),  # several blocks a sample
    ((37, 40, 1, 2), (33, 40, 1, 1), False, (1, 0, 1, 1)),  # lines too short
    ((3, 300, 5, 9), (40, 150, 1, 1), False, (1, 0, 1, 2)),  # several blocks of channels
    ((32, 33, 5, 5), (40, 33, 3, 3), False, (1, 1, 1, 1)),  # samples side by side, wider
    ((16, 20, 7, 7), (45, 20, 3, 3), False, (1, 1, 1, 1)),
    ((30, 24, 6, 7), (24, 33, 3, 3), True, (1, 1, 1, 1)),
    ((16, 40, 14, 13), (41, 40, 3, 3), False, (2, 1, 1, 1)),
    ((16, 300, 4, 4), (20, 300, 3, 3), False, (1, 1, 1, 1)),
    ((1, 40, 14, 14), (44, 40, 3, 3), False, (1, 1, 1, 1)),  # 49 squares: one lane left behind
    ((3, 33, 50, 53), (64, 33, 3, 3), False, (2, 1, 1, 1)),  # three taps at a stride of 2
    ((1, 40, 51, 48), (75, 40, 3, 3), False, (2, 2, 1, 1)),
    ((2, 32, 49, 56), (60, 16, 3, 3), False, (2, 0, 1, 2)),
    ((1, 16, 48, 1040), (62, 16, 3, 3), False, (2, 1, 1, 1)),
    ((1, 20, 17), (28, 20, 3), False, (1, 1, 1, 1)),
    ((1, 40, 7, 7), (28, 40, 1, 1), False, (1, 0, 1, 1)),
]


def results(library: ModuleType, case: tuple, dtype: str) -> list[np.ndarray]:
    """Return the output and the gradients of input and weight."""
    x_shape, w_shape, is_transposed, (stride, padding, dilation, groups) = case
    rng = np.random.default_rng(0)
    x, w = (library.tensor(rng.normal(size=shape).astype(np.float32)).to(getattr(library, dtype))
            .requires_grad_() for shape in (x_shape, w_shape))
    function = getattr(library.nn.functional,
                       f"conv{'_transpose' * is_transposed}{len(x_shape) - 2}d")
    options = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
    out = function(x, w, **options)
    g = library.tensor(rng.normal(size=tuple(out.shape)).astype(np.float32)).to(out.dtype)
    out.backward(g)
    return [tensor.detach().numpy() for tensor in (out, x.grad, w.grad)]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.usefixtures("level")
class TestEveryInstructionSet:
    def test_float64(self, torch: ModuleType, reference: ModuleType, case: tuple) -> None:
        """Outputs and gradients are PyTorch's."""
        for ours, theirs in zip(results(torch, case, "float64"),
                                results(reference, case, "float64"), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)

    def test_float32(self, torch: ModuleType, reference: ModuleType, case: tuple) -> None:
        """Outputs and gradients are as near to those in float64 as PyTorch's, within a factor."""
        every = (results(torch, case, "float32"), results(reference, case, "float32"),
                 results(reference, case, "float64"))
        for ours, theirs, exact in zip(*every, strict=True):
            error, allowed = (np.sqrt(np.mean((x - exact) ** 2)) for x in (ours, theirs))

            assert error <= 2 * allowed + 1e-8


@pytest.mark.parametrize("case", CASES[-49:], ids=str)
def test_threads_change_no_bit(torch: ModuleType, case: tuple) -> None:
    """One thread, two and three give the same results, whichever way the work is shared."""
    before, every = torch.get_num_threads(), []
    for n in (1, 2, 3):
        torch.set_num_threads(n)
        every.append(results(torch, case, "float32"))
    torch.set_num_threads(before)

    for alone, *shared in zip(*every, strict=True):
        for each in shared:
            np.testing.assert_array_equal(alone, each)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 3e38])
@pytest.mark.parametrize("transposed", ["", "_transpose"])
def test_what_is_not_finite_spreads_along_a_line(
    torch: ModuleType, reference: ModuleType, transposed: str, value: float
) -> None:
    """An infinity in one of two lines gives PyTorch's infinities and NaNs around it, no others."""
    rng, every = np.random.default_rng(0), []
    x, w, g = (rng.normal(size=shape).astype(np.float32)
               for shape in ((2, 32, 101), (32, 32, 9), (2, 32, 101)))
    x[1, 3, 50] = value
    for library in (torch, reference):
        weight = library.tensor(w, requires_grad=True)
        function = getattr(library.nn.functional, f"conv{transposed}1d")
        out = function(library.tensor(x), weight, padding=4)
        out.backward(library.tensor(g))
        every.append((out.detach().numpy(), weight.grad.numpy()))

    for ours, theirs in zip(*every, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 3e38])
@pytest.mark.parametrize("where", ["image", "slope"])
def test_what_is_not_finite_spreads_in_the_gradient_of_weights(
    torch: ModuleType, reference: ModuleType, where: str, value: float
) -> None:
    """An infinity in an image or a slope gives PyTorch's infinities and NaNs, no others."""
    rng, gradients = np.random.default_rng(0), []
    x, w, g = (rng.normal(size=shape).astype(np.float32)
               for shape in ((2, 16, 17, 18), (20, 16, 3, 3), (2, 20, 15, 16)))
    (x if where == "image" else g)[1, 3, 14, 0] = value
    for library in (torch, reference):
        weight = library.tensor(w, requires_grad=True)
        library.nn.functional.conv2d(library.tensor(x), weight).backward(library.tensor(g))
        gradients.append(weight.grad.numpy())

    np.testing.assert_allclose(*gradients, rtol=1e-3, atol=1e-3)


def test_infinity_stays_where_it_was_met(torch: ModuleType) -> None:
    """What lies behind the end of a line has no part in the gradient of the weights."""
    x = torch.ones(1, 1, 1, 5)
    x[..., 4] = float("inf")
    w = torch.ones(1, 1, 1, 2, requires_grad=True)
    torch.nn.functional.conv2d(x, w).backward(torch.tensor([[[[1.0, 1.0, 1.0, 1.0]]]]))

    assert w.grad.flatten().tolist() == [4.0, float("inf")]


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 3e38])
@pytest.mark.parametrize(("kernel", "options"), [
    (3, {"padding": 1}), (3, {"padding": 2, "dilation": 2}), (5, {"padding": 2}),
    (4, {"padding": 1, "stride": 2}), (3, {"padding": 1, "stride": 2}),
], ids=str)  # fmt: skip
def test_what_is_not_finite_spreads_as_by_sliding(
    torch: ModuleType, reference: ModuleType, kernel: int, options: dict, value: float
) -> None:
    """An infinity in one of two images gives PyTorch's infinities and NaNs around it, no others."""
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=shape).astype(np.float32)
            for shape in ((2, 64, 49, 50), (64, 64, kernel, kernel)))
    x[1, 3, 4, 5] = value
    for name in ("conv2d", "conv_transpose2d"):
        ours, theirs = (
            getattr(library.nn.functional, name)(library.tensor(x), library.tensor(w), **options)
            .numpy() for library in (torch, reference))

        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
