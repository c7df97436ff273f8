"""Einstein's summation convention: ``einsum("ij,jk->ik", a, b)``."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from operator import methodcaller, mul

from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops.linalg.products import bmm

# A label is a letter or, for a dimension under an ellipsis, its number counted from the last.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def einsum(*args) -> Tensor:
    """Sum products of elements over the subscripts that the output does not name.

    ``einsum("bij,bjk->bik", a, b)`` names the dimensions of each operand by letters; a repeated
    letter takes a diagonal, ``...`` stands for the remaining dimensions, which are broadcast.
    Without ``->`` the output has the letters that appear once, in alphabetical order. Subscripts
    may also be lists of numbers below 52, one behind each operand, and perhaps one for the output:
    ``einsum(a, [0, 1], b, [1, 2], [0, 2])``. Raises RuntimeError for what cannot be paired.
    """
    equation, operands = _arguments(args)
    plan = _plan(equation, tuple([tuple(one.shape) for one in operands]))
    tensor = operands[0]
    for step in plan[0]:
        tensor = step(tensor)
    for other, (other_steps, multiply, steps) in zip(operands[1:], plan[1:], strict=True):
        for step in other_steps:
            other = step(other)
        tensor = multiply(tensor, other)
        for step in steps:
            tensor = step(tensor)
    return tensor


class _Operand:
    """The sizes and labels of a tensor's dimensions, and the steps that led there."""

    __slots__ = ("labels", "shape", "steps")

    def __init__(self, shape: list, labels: list) -> None:
        self.shape, self.labels = shape, labels
        self.steps: list[Callable[[Tensor], Tensor]] = []

    def sizes(self) -> dict:
        """The size of each label."""
        return dict(zip(self.labels, self.shape, strict=True))

    def drop(self, dims: list, way: str) -> None:
        """Take out dimensions, by that method."""
        if dims:
            self.steps.append(methodcaller(way, tuple(dims)))
            self.labels = [one for k, one in enumerate(self.labels) if k not in dims]
            self.shape = [size for k, size in enumerate(self.shape) if k not in dims]

    def arrange(self, wanted: list) -> None:
        """Put the dimensions in another order."""
        if self.labels != wanted:
            order = [self.labels.index(label) for label in wanted]
            self.steps.append(methodcaller("permute", order))
            self.labels, self.shape = list(wanted), [self.shape[k] for k in order]

    def reshape(self, shape: list) -> None:
        """See or copy the elements in another shape, which no label names."""
        if shape != self.shape:
            self.steps.append(methodcaller("reshape", shape))


@lru_cache(1024)
def _plan(equation: str, shapes: tuple) -> list:
    """What to do with operands of these shapes.

    That is the steps of the first one, and for each other one its steps, how the two are
    multiplied, and the steps of the product.
    """
    terms, output = _parse(equation, len(shapes))
    operands = [_named(k, *one) for k, one in enumerate(zip(shapes, terms, strict=True))]
    _check_sizes(operands)
    wanted = _output_labels(output, operands)
    found, products = operands[0], []
    if len(operands) == 1:
        found.drop([k for k, one in enumerate(found.labels) if one not in wanted], "sum")
    for k, other in enumerate(operands[1:], 2):
        found, multiply = _contraction(found, other, _labels_needed(operands[k:], wanted))
        products.append((other, multiply, found))
    found.arrange(wanted)
    others = [(other.steps, multiply, product.steps) for other, multiply, product in products]
    return [operands[0].steps, *others]


def _arguments(args: tuple) -> tuple[str, list]:
    if len(args) == 2 and isinstance(args[1], (list, tuple)) and not isinstance(args[0], Tensor):
        args = (args[0], *args[1])
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one "
            "operand and its subscripts list"
        )
    if isinstance(args[0], Tensor):
        return _equation_of_lists(args), list(args[0 : len(args) // 2 * 2 : 2])
    equation, *operands = args
    if isinstance(equation, bytes):
        equation = equation.decode()
    if not isinstance(equation, str):
        raise TypeError(
            "einsum(): argument 'equation' (position 1) must be str, not "
            f"{type(equation).__name__}"
        )
    for k, one in enumerate(operands):
        if not isinstance(one, Tensor):
            raise TypeError(
                f"expected Tensor as element {k} in argument 1, but got {kind_of(one)}"
            )
    return equation, operands


def _equation_of_lists(args: tuple) -> str:
    def spelled(subscripts) -> str:
        text = ""
        for one in subscripts:
            if one is Ellipsis:
                text += "..."
            elif one >= 0 and one < 52:  # PyTorch compares it so, which decides the error
                text += _LETTERS[one]
            else:
                raise ValueError(
                    "einsum(): subscript in subscript list is not within the valid range [0, 52)"
                )
        return text

    equation = ",".join(spelled(one) for one in args[1::2])
    return f"{equation}->{spelled(args[-1])}" if len(args) % 2 else equation


def _parse(equation: str, n_operands: int) -> tuple[list[list], list | None]:
    """The labels of each operand and of the output; "..." among them, or None for no output."""
    left, arrow, right = equation.partition("->")
    terms, start = [], 0
    for k, term in enumerate(left.split(",")):
        again = "for which an ellipsis was already found"
        terms.append(_labels(term, start, f"operand {k}", again))
        start += len(term) + 1
    if len(terms) > n_operands:
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    if len(terms) < n_operands:
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    if not arrow:
        return terms, None
    output = _labels(right, len(left) + 2, "output", "but an ellipsis (...) was already found")
    return terms, output


def _labels(term: str, start: int, where: str, again: str) -> list:
    labels: list = []
    k = 0
    while k < len(term):
        character = term[k]
        if character == ".":
            if "..." in labels:
                raise RuntimeError(f"einsum(): found '.' for {where} {again}")
            if term[k : k + 3] != "...":
                dots = " (...)" if where == "output" else ""
                raise RuntimeError(
                    f"einsum(): found '.' for {where} that is not part of any ellipsis{dots}"
                )
            labels.append("...")
            k += 2
        elif character in _LETTERS:
            labels.append(character)
        elif character != " ":
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {start + k} in the equation string, "
                "subscripts must be in [a-zA-Z]"
            )
        k += 1
    return labels


def _named(k: int, shape: tuple, term: list) -> _Operand:
    """An operand with a label for each dimension; those of an ellipsis are numbers."""
    has_rest = "..." in term
    n_rest = len(shape) - len(term) + has_rest
    if n_rest < 0 or (n_rest and not has_rest):
        fault = "is more than" if has_rest else "does not match"
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({len(term) - has_rest}) {fault} "
            f"the number of dimensions ({len(shape)}) for operand {k}"
            + ("" if has_rest else " and no ellipsis was given")
        )
    labels: list = []
    for label in term:
        labels += range(n_rest - 1, -1, -1) if label == "..." else [label]
    operand = _Operand(list(shape), labels)
    _take_diagonals(k, operand)
    return operand


def _take_diagonals(k: int, operand: _Operand) -> None:
    """Replace dimensions that share a label by their diagonal."""
    labels, shape = operand.labels, operand.shape
    for label in [one for one in dict.fromkeys(labels) if labels.count(one) > 1]:
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if shape[first] != shape[second]:
                raise RuntimeError(
                    f"einsum(): subscript {label} is repeated for operand {k} but the sizes don't "
                    f"match, {shape[second]} != {shape[first]}"
                )
            operand.steps += [
                methodcaller("diagonal", 0, first, second), methodcaller("movedim", -1, first)
            ]
            del labels[second], shape[second]


def _check_sizes(operands: list) -> None:
    """Refuse a label whose sizes differ in two operands and are not 1."""
    sizes: dict = {}
    for k, operand in enumerate(operands):
        for label, size in operand.sizes().items():
            seen = sizes.setdefault(label, size)
            if seen == 1:
                sizes[label] = size
            elif size not in (1, seen):
                _refuse_size(k, label, size, seen, operand.labels)


def _refuse_size(k: int, label, size: int, seen: int, labels: list) -> None:
    if isinstance(label, str):
        raise RuntimeError(
            f"einsum(): subscript {label} has size {size} for operand {k} which does not "
            f"broadcast with previously seen size {seen}"
        )
    place = max(one for one in labels if not isinstance(one, str)) - label
    raise RuntimeError(
        f"einsum(): dimension {place} covered by ellipsis in operand {k}has size {size} which does "
        f"not broadcast with previously seen ellipsis with size {seen} for the respective dimension"
    )


def _output_labels(output: list | None, operands: list) -> list:
    counts: dict = {}
    for operand in operands:
        for label in operand.labels:
            counts[label] = counts.get(label, 0) + 1
    rest = sorted((one for one in counts if not isinstance(one, str)), reverse=True)
    if output is None:
        return rest + sorted(one for one in counts if isinstance(one, str) and counts[one] == 1)
    wanted: list = []
    for label in output:
        if label != "..." and label not in counts:
            raise RuntimeError(
                f"einsum(): output subscript {label} does not appear in the equation for any input "
                "operand"
            )
        if label in wanted:
            raise RuntimeError(
                f"einsum(): output subscript {label} appears more than once in the output"
            )
        wanted += rest if label == "..." else [label]
    return wanted


def _labels_needed(operands: list, wanted: list) -> set:
    return set(wanted).union(*(one.labels for one in operands))


def _sum_out(operand: _Operand, needed: set) -> None:
    """Sum over the dimensions that nothing needs any more; those of size 1 are only dropped."""
    sizes = operand.sizes()
    operand.drop(
        [k for k, one in enumerate(operand.labels) if one not in needed and sizes[one] == 1],
        "squeeze",
    )
    operand.drop([k for k, one in enumerate(operand.labels) if one not in needed], "sum")


def _drop_ones(operand: _Operand, other: _Operand) -> None:
    """Drop the dimensions of size 1 that the other operand has too: they only broadcast."""
    sizes = operand.sizes()
    operand.drop(
        [k for k, one in enumerate(operand.labels) if one in other.labels and sizes[one] == 1],
        "squeeze",
    )


def _contraction(a: _Operand, b: _Operand, needed: set) -> tuple[_Operand, Callable]:
    """Multiply two operands and sum over what nothing needs any more, as products of matrices."""
    _drop_ones(a, b)
    _drop_ones(b, a)
    _sum_out(a, needed.union(b.labels))
    _sum_out(b, needed.union(a.labels))
    shared = [label for label in a.labels if label in b.labels]
    batch = [label for label in shared if label in needed]
    contracted = [label for label in shared if label not in needed]
    a_only = [label for label in a.labels if label not in shared]
    b_only = [label for label in b.labels if label not in shared]
    sizes = a.sizes() | b.sizes()
    labels = batch + a_only + b_only
    product = _Operand([sizes[label] for label in labels], labels)
    if not contracted:
        # Elements are only multiplied; as in PyTorch, dtypes may then differ.
        a.arrange(batch + a_only)
        b.arrange(batch + b_only)
        a.reshape(a.shape + [1] * len(b_only))
        b.steps += [methodcaller("unsqueeze", len(batch))] * len(a_only)
        return product, mul
    _group(a, batch, a_only, contracted)
    _group(b, batch, contracted, b_only)
    grouped = [math.prod(sizes[label] for label in group) for group in (batch, a_only, b_only)]
    if grouped != product.shape:
        product.steps.append(methodcaller("reshape", product.shape))
    return product, bmm


def _group(operand: _Operand, *groups: list) -> None:
    """Put the dimensions in groups, one dimension a group."""
    sizes = operand.sizes()
    operand.arrange([label for group in groups for label in group])
    operand.reshape([math.prod(sizes[label] for label in group) for group in groups])


__all__ = ["einsum"]
