"""Calls that compiled code serves before Python is entered: all ways to write them, by PyTorch."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

# What is called, with which tensors, and with what else by place and by name.
CALLS: dict[str, tuple[str, list[tuple[int, ...]], list[tuple[tuple, dict]]]] = {
    "linear of a batch": ("linear", [(2, 3, 4), (5, 4), (5,)], [((), {})]),
    "linear of a vector": ("linear", [(4,), (5, 4), (5,)], [((), {})]),
    "linear without a bias": ("linear", [(2, 3, 4), (5, 4)], [((), {}), ((None,), {})]),
    "linear of a batch of one": ("linear", [(1, 3, 4), (5, 4)], [((), {})]),
    "linear with a bias by row": ("linear", [(2, 3, 4), (5, 4), (1, 5)], [((), {})]),
    "linear of nothing": ("linear", [(2, 0, 4), (5, 4), (5,)], [((), {})]),
    "layer norm": ("layer_norm", [(2, 3, 4)], [
        (((4,),), {}), (((3, 4),), {}), (([4],), {}), (((4,),), {"eps": 0.1}),
        (((4,), None, None, 1), {})]),
    "scaled layer norm": ("layer_norm", [(2, 3, 4)], [(((4,), "4", "4", 1e-3), {}),
                          (((4,),), {"bias": "4", "weight": "4"}), (((4,), "4"), {})]),
    "batch norm": ("batch_norm", [(6, 4, 3)], [
        ((".4", ".4+", "4", "4", True, 0.3, 1e-3), {}), ((".4", ".4+", "4", "4"), {}),
        ((".4", ".4+"), {"training": True, "bias": "4", "weight": "4", "momentum": 0.5}),
        ((None, None, "4", "4", True), {}), ((".4", ".4+", None, None, False, 0.1, 0.0), {})]),
    "attention": ("scaled_dot_product_attention", [(2, 2, 3, 4)] * 3, [
        ((), {}), ((), {"is_causal": True}), ((None, 0.0, True), {}), ((), {"scale": 0.3}),
        ((), {"enable_gqa": True})]),
    "conv1d": ("conv1d", [(2, 4, 9), (6, 4, 3), (6,)], [
        ((), {}), ((2, 1), {}), (((2,), [1]), {}), ((), {"padding": 1, "dilation": 2}),
        ((), {"padding": "same"})]),
    "conv2d": ("conv2d", [(2, 4, 9, 8), (6, 2, 3, 2)], [
        ((None, 1, 0, 1, 2), {}), ((None, (2, 1), (0, 1)), {"groups": 2})]),
    "conv of one image": ("conv2d", [(4, 9, 8), (6, 4, 3, 2)], [((), {})]),
    "matmul of a batch": ("matmul", [(2, 3, 4), (4, 5)], [((), {})]),
    "matmul of a batch of one": ("matmul", [(1, 3, 4), (4, 5)], [((), {})]),
    "reshape": ("reshape", [(2, 3, 4)], [(((6, 4),), {}), (((-1, 3),), {}), (([24],), {}),
                                         (((2, 3, 4, 1),), {})]),
}
# Calls that are none: each must raise what PyTorch raises.
MISTAKES: list[tuple[str, list[tuple[int, ...]], tuple, dict]] = [
    ("linear", [(2, 3, 4), (5, 3), (5,)], (), {}), ("linear", [(2, 3, 4), (5, 4), (4,)], (), {}),
    ("linear", [(2, 3, 4), (5, 4)], (3,), {}), ("linear", [(2, 3, 4)], (), {}),
    ("matmul", [(2, 3, 4), (3, 5)], (), {}),
    ("layer_norm", [(2, 3, 4)], ((5,),), {}), ("layer_norm", [(2, 3, 4)], ((4,), "3"), {}),
    ("layer_norm", [(2, 3, 4)], ((),), {}),
    ("batch_norm", [(6, 4, 3)], (".3", ".4+"), {}), ("batch_norm", [(6, 4, 3)], (None, None), {}),
    ("batch_norm", [(1, 4)], (".4", ".4+", None, None, True), {}),
    ("batch_norm", [(6, 4, 3)], (".4", ".4+", "4", "4", True, 0.1, 0.0), {}),
    ("scaled_dot_product_attention", [(2, 2, 3, 4), (2, 2, 3, 5), (2, 2, 3, 5)], (), {}),
    ("scaled_dot_product_attention", [(2, 2, 3, 4)] * 3, (None, 0.0, False, 0.3), {}),
    ("conv1d", [(2, 4, 9), (6, 4, 3)], (None, True), {}),
    ("conv1d", [(2, 4, 9), (6, 4, 3)], (None, (True,)), {}),
    ("conv1d", [(2, 4, 9), (6, 4, 3)], (None, (1.0,)), {}),
    ("conv1d", [(2, 4, 9), (6, 4, 3)], (None, 0), {}),
    ("conv1d", [(2, 4, 9), (6, 4, 30)], (), {}), ("conv1d", [(2, 4, 9), (6, 4, 3), (5,)], (), {}),
    ("conv2d", [(2, 4, 9), (6, 4, 3)], (), {}),
    ("reshape", [(2, 3, 4)], ((5, 5),), {}), ("reshape", [(2, 3, 4)], ((-1, -1),), {}),
    ("reshape", [(2, 3, 4)], ((2**70, 1),), {}), ("reshape", [(2, 3, 4)], ((24.0,),), {}),
]


def drawn(torch: ModuleType, shape: tuple[int, ...], *, is_leaf: bool = True) -> Any:
    """Give a tensor of numbers that depend on the shape alone."""
    numbers = np.random.default_rng(sum(shape) + len(shape)).normal(size=shape).astype("f4")
    return torch.from_numpy(numbers).requires_grad_(is_leaf)


def read(torch: ModuleType, given: Any) -> Any:
    """Give what stands for a vector: "4" with a gradient, ".4" without, ".4+" of no negatives."""
    if not isinstance(given, str) or not given.strip(".+").isdigit():
        return given
    made = drawn(torch, (int(given.strip(".+")),), is_leaf=not given.startswith("."))
    return made.abs() if given.endswith("+") else made


def called(torch: ModuleType, name: str, shapes: list, args: tuple, kwargs: dict) -> Any:
    """Call a function of the library, with what it may write to."""
    function: Callable = getattr(torch.nn.functional, name, None) or getattr(torch, name)
    tensors = [drawn(torch, shape) for shape in shapes]
    others = [read(torch, one) for one in args]
    named = {key: read(torch, one) for key, one in kwargs.items()}
    out = function(*tensors, *others, **named)
    leaves = [one for one in (*tensors, *others, *named.values())
              if isinstance(one, torch.Tensor)]
    return out, leaves


def nodes(out: Any) -> list[str]:
    """Name the nodes of a graph, the deepest ones last."""
    found, waiting = [], [out.grad_fn]
    while waiting:
        node = waiting.pop(0)
        if node is not None:
            found.append(node.name())
            waiting += [below for below, _ in node.next_functions]
    return found


@pytest.mark.parametrize("name", CALLS)
def test_calls_are_pytorchs(torch: ModuleType, reference: ModuleType, name: str) -> None:
    """Results, nodes, gradients and what is written are PyTorch's, recorded or not."""
    function, shapes, ways = CALLS[name]
    for args, kwargs in ways:
        (ours, our_leaves), (theirs, their_leaves) = (
            called(library, function, shapes, args, kwargs) for library in (torch, reference))
        assert nodes(ours) == nodes(theirs), (args, kwargs)
        ours.square().sum().backward()
        theirs.square().sum().backward()
        for a, b in zip([ours, *our_leaves], [theirs, *their_leaves], strict=True):
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-4, 1e-5)
            if a.is_leaf and a.requires_grad:
                np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), 1e-4, 1e-5)
        with torch.no_grad():
            again, _ = called(torch, function, shapes, args, kwargs)
        assert again.grad_fn is None
        np.testing.assert_array_equal(again.detach().numpy(), ours.detach().numpy())


@pytest.mark.parametrize(("function", "shapes", "args", "kwargs"), MISTAKES, ids=str)
def test_mistakes_are_pytorchs(
    torch: ModuleType, reference: ModuleType, function: str, shapes: list, args: tuple,
    kwargs: dict,
) -> None:
    """What is no common call raises as ever, also after a call that is remembered as equal."""
    if function == "conv1d":
        called(torch, function, [(2, 4, 9), (6, 4, 3)], (None, 1), {})
        called(torch, function, [(2, 4, 9), (6, 4, 3)], (None, (1,)), {})
    with pytest.raises(Exception) as theirs:
        called(reference, function, shapes, args, kwargs)
    with pytest.raises(theirs.type) as ours:
        called(torch, function, shapes, args, kwargs)
    assert str(ours.value).startswith(str(theirs.value).split("\n")[0][:60])
