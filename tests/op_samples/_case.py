"""How a row of the sample table is written.

A sample is an array; ``inputs`` turns it into a tensor of the dtype that a test asks for. Kinks
and ties are left out of differentiable rows: central differences mean nothing there.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from op_samples._references import REFERENCES

STREAM = np.random.RandomState(20)


class Array:
    """Numbers of an input, and how its tensor is laid out."""

    def __init__(self, values: Any, turned: bool = False, fixed: bool = False) -> None:
        self.values, self.turned, self.fixed = np.asarray(values), turned, fixed

    def tensor(self, torch: ModuleType, dtype: str, needs_grad: bool) -> Any:
        """Make the tensor: floats in ``dtype``, other kinds as they are."""
        is_float = self.values.dtype.kind == "f"
        values = self.values.T if self.turned else self.values
        made = torch.tensor(values.tolist(), dtype=getattr(
            torch, dtype if is_float else str(self.values.dtype))).reshape(values.shape)
        if self.turned:
            made = made.permute(*range(made.dim())[::-1])
        return made.requires_grad_() if is_float and needs_grad and not self.fixed else made


class Case:
    """One call of an op."""

    def __init__(self, name: str, *inputs: Any, call: Callable | None = None,
                 differentiable: bool = True, reference: Callable | None = None,
                 **kwargs: Any) -> None:
        self.name, self.samples, self.kwargs, self.call = name, inputs, kwargs, call
        self.differentiable, self.reference = differentiable, reference or REFERENCES.get(name)

    def __str__(self) -> str:
        shapes = [f"{x.values.dtype.kind}{list(x.values.shape)}{'T' * x.turned}"
                  if isinstance(x, Array) else repr(x) for x in self.samples]
        options = [f"{key}={value}" for key, value in self.kwargs.items()]
        return f"{self.name}({', '.join(shapes + options)})"

    def inputs(self, torch: ModuleType, dtype: str = "float64", needs_grad: bool = True) -> tuple:
        """Make the arguments, new ones each time."""
        return tuple(x.tensor(torch, dtype, needs_grad) if isinstance(x, Array) else x
                     for x in self.samples)

    def function(self, torch: ModuleType) -> Callable:
        """Find the op in a library, with this case's options."""
        call = self.call or (lambda library, *args, **options: public(library, self.name)(
            *args, **options))
        return lambda *args: call(torch, *args, **self.kwargs)

    def leaves(self, arguments: tuple) -> list:
        """Give the arguments that want a gradient."""
        return [x for x in arguments if getattr(x, "requires_grad", False)]

    def expected(self) -> Any:
        """Compute the result with NumPy."""
        samples = [x.values if isinstance(x, Array) else x for x in self.samples]
        with np.errstate(all="ignore"), catch_warnings():
            simplefilter("ignore", RuntimeWarning)
            return self.reference(*samples, **self.kwargs)


def public(torch: ModuleType, name: str) -> Callable:
    """Find a function by its public name."""
    for home in (torch.nn.functional, torch, torch.Tensor):
        if hasattr(home, name):
            return getattr(home, name)
    raise LookupError(name)


def real(*shape: int) -> Array:
    """Normal numbers of both signs."""
    return Array(STREAM.randn(*shape))


def positive(*shape: int) -> Array:
    """Numbers between 0.5 and 2."""
    return Array(STREAM.uniform(0.5, 2.0, shape))


def spread(*shape: int) -> Array:
    """Numbers beyond 3 on either side, none of them near -3, 0 or 3."""
    return Array(apart(*shape).values * 4)


def unit(*shape: int) -> Array:
    """Numbers between 0.1 and 0.9."""
    return Array(STREAM.uniform(0.1, 0.9, shape))


def apart(*shape: int) -> Array:
    """Numbers of both signs, at least 0.2 from zero and from each other."""
    n = int(np.prod(shape))
    steps = 0.3 * (np.arange(n) - n // 2) + 0.25
    return Array(STREAM.permutation(steps).reshape(shape))


def between(*shape: int) -> Array:
    """Numbers that lie between those of ``apart``."""
    return Array(apart(*shape).values + 0.1)


def turned(sample: Array) -> Array:
    """The same numbers, laid out by columns."""
    return Array(sample.values, turned=True)


def fixed(sample: Array) -> Array:
    """The same numbers, that never want a gradient."""
    return Array(sample.values, fixed=True)


def classes(n_classes: int, *shape: int) -> Array:
    """Class numbers."""
    return Array(STREAM.randint(0, n_classes, shape))


def coins(*shape: int) -> Array:
    """A mask with both values."""
    return Array((np.arange(np.prod(shape)) % 3 == 0).reshape(shape))


def edges() -> Array:
    """Values at which floats are special."""
    return Array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 1e-30, 88.0, -104.0])


def pointwise(name: str, sample: Callable = real, **kwargs: Any) -> list[Case]:
    """Shapes and layouts that every op of one input should bear."""
    return [Case(name, sample(3, 4), **kwargs), Case(name, turned(sample(3, 2)), **kwargs),
            Case(name, sample(), **kwargs), Case(name, sample(0, 2), **kwargs),
            Case(name, sample(5, 67), differentiable=False, **kwargs),
            Case(name, edges(), differentiable=False, **kwargs)]


def pairwise(name: str, left: Callable = real, right: Callable = real) -> list[Case]:
    """Shapes and layouts that every op of two inputs should bear."""
    return [Case(name, left(3, 4), right(3, 4)), Case(name, left(3, 1), right(4)),
            Case(name, turned(left(3, 4)), right(3, 4)), Case(name, left(2), right()),
            Case(name, left(0, 3), right(3)), Case(name, left(2, 1, 3), right(4, 1)),
            Case(name, left(5, 67), right(67), differentiable=False)]


def comparing(name: str) -> list[Case]:
    """Comparisons, with equal values and NaN among the operands."""
    return [Case(name, Array([1.0, 2.0, 3.0]), Array([1.0, 3.0, 2.0]), differentiable=False),
            Case(name, edges(), Array(edges().values[::-1].copy()), differentiable=False),
            Case(name, Array([[1.0], [2.0]]), Array([1.0, 2.0]), differentiable=False),
            Case(name, real(0), real(1), differentiable=False),
            Case(name, Array([1.0, 2.0]), 1.0, differentiable=False)]


def reducing(name: str, sample: Callable = real) -> list[Case]:
    """Dimensions and layouts that every reduction should bear."""
    return [Case(name, sample(3, 4)), Case(name, sample(2, 3, 4), dim=1),
            Case(name, sample(2, 3, 4), dim=-1, keepdim=True),
            Case(name, turned(sample(3, 4)), dim=0), Case(name, sample()),
            Case(name, sample(5, 300), dim=1, differentiable=False)]
