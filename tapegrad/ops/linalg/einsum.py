"""Einstein's summation convention: ``einsum("ij,jk->ik", a, b)``."""

from __future__ import annotations

import math

from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops.linalg.products import bmm
from tapegrad.ops.shape import diagonal, reshape

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
    terms, output = _parse(equation, operands)
    views = [_named(k, *one) for k, one in enumerate(zip(operands, terms, strict=True))]
    _check_sizes(views)
    wanted = _output_labels(output, views)
    tensor, labels = views[0]
    if len(views) == 1 and set(labels) - set(wanted):
        tensor = tensor.sum([k for k, label in enumerate(labels) if label not in wanted])
        labels = [label for label in labels if label in wanted]
    for k, (other, other_labels) in enumerate(views[1:], 2):
        needed = _labels_needed(views[k:], wanted)
        tensor, labels = _contract(tensor, labels, other, other_labels, needed)
    return _arranged(tensor, labels, wanted)


def _arranged(tensor: Tensor, labels: list, wanted: list) -> Tensor:
    """The tensor with its dimensions in another order."""
    if labels == wanted:
        return tensor
    return tensor.permute([labels.index(label) for label in wanted])


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


def _parse(equation: str, operands: list) -> tuple[list[list], list | None]:
    """The labels of each operand and of the output; "..." among them, or None for no output."""
    left, arrow, right = equation.partition("->")
    terms, start = [], 0
    for k, term in enumerate(left.split(",")):
        again = "for which an ellipsis was already found"
        terms.append(_labels(term, start, f"operand {k}", again))
        start += len(term) + 1
    if len(terms) > len(operands):
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    if len(terms) < len(operands):
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


def _named(k: int, operand: Tensor, term: list) -> tuple[Tensor, list]:
    """An operand with a label for each dimension; those of an ellipsis are numbers."""
    has_rest = "..." in term
    n_rest = operand.ndim - len(term) + has_rest
    if n_rest < 0 or (n_rest and not has_rest):
        fault = "is more than" if has_rest else "does not match"
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({len(term) - has_rest}) {fault} "
            f"the number of dimensions ({operand.ndim}) for operand {k}"
            + ("" if has_rest else " and no ellipsis was given")
        )
    labels: list = []
    for label in term:
        labels += range(n_rest - 1, -1, -1) if label == "..." else [label]
    return _without_repeats(k, operand, labels)


def _without_repeats(k: int, operand: Tensor, labels: list) -> tuple[Tensor, list]:
    """Replace dimensions that share a label by their diagonal."""
    for label in [one for one in dict.fromkeys(labels) if labels.count(one) > 1]:
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            n, m = operand.shape[first], operand.shape[second]
            if n != m:
                raise RuntimeError(
                    f"einsum(): subscript {label} is repeated for operand {k} but the sizes don't "
                    f"match, {m} != {n}"
                )
            operand = diagonal(operand, 0, first, second).movedim(-1, first)
            labels = labels[:second] + labels[second + 1 :]
    return operand, labels


def _check_sizes(views: list) -> None:
    """Refuse a label whose sizes differ in two operands and are not 1."""
    sizes: dict = {}
    for k, (operand, labels) in enumerate(views):
        for label, size in zip(labels, operand.shape, strict=True):
            seen = sizes.setdefault(label, size)
            if seen == 1:
                sizes[label] = size
            elif size not in (1, seen):
                _refuse_size(k, label, size, seen, labels)


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


def _output_labels(output: list | None, views: list) -> list:
    counts: dict = {}
    for _, labels in views:
        for label in labels:
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


def _labels_needed(views: list, wanted: list) -> set:
    return set(wanted).union(*(labels for _, labels in views))


def _summed(tensor: Tensor, labels: list, needed: set) -> tuple[Tensor, list]:
    """Sum over the dimensions that nothing needs any more; those of size 1 are only dropped."""
    ones = [k for k, one in enumerate(labels) if one not in needed and tensor.shape[k] == 1]
    tensor, labels = _dropped(tensor, labels, ones)
    dims = [k for k, label in enumerate(labels) if label not in needed]
    if not dims:
        return tensor, labels
    return tensor.sum(dims), [label for label in labels if label in needed]


def _dropped(tensor: Tensor, labels: list, dims: list) -> tuple[Tensor, list]:
    """A tensor without some dimensions of size 1."""
    if not dims:
        return tensor, labels
    return tensor.squeeze(tuple(dims)), [one for k, one in enumerate(labels) if k not in dims]


def _contract(a: Tensor, a_labels: list, b: Tensor, b_labels: list, needed: set):
    """Multiply two operands and sum over what nothing needs any more, as products of matrices."""
    a, a_labels = _without_ones(a, a_labels, b, b_labels)
    b, b_labels = _without_ones(b, b_labels, a, a_labels)
    a, a_labels = _summed(a, a_labels, needed.union(b_labels))
    b, b_labels = _summed(b, b_labels, needed.union(a_labels))
    shared = [label for label in a_labels if label in b_labels]
    batch = [label for label in shared if label in needed]
    contracted = [label for label in shared if label not in needed]
    a_only = [label for label in a_labels if label not in shared]
    b_only = [label for label in b_labels if label not in shared]
    labels = batch + a_only + b_only
    if not contracted:
        # Elements are only multiplied; as in PyTorch, dtypes may then differ.
        left = _arranged(a, a_labels, batch + a_only)
        right = _arranged(b, b_labels, batch + b_only)
        left = left.reshape(left.shape + (1,) * len(b_only))
        for _ in a_only:
            right = right.unsqueeze(len(batch))
        return left * right, labels
    left = _grouped(a, a_labels, batch, a_only, contracted)
    right = _grouped(b, b_labels, batch, contracted, b_only)
    sizes = dict(zip(a_labels, a.shape, strict=True)) | dict(zip(b_labels, b.shape, strict=True))
    return reshape(bmm(left, right), [sizes[label] for label in labels]), labels


def _without_ones(a: Tensor, a_labels: list, b: Tensor, b_labels: list) -> tuple[Tensor, list]:
    """Drop the dimensions of size 1 that the other operand has too: they only broadcast."""
    ones = [k for k, label in enumerate(a_labels) if label in b_labels and a.shape[k] == 1]
    return _dropped(a, a_labels, ones)


def _grouped(tensor: Tensor, labels: list, *groups: list) -> Tensor:
    """The tensor with its dimensions in groups, one dimension a group."""
    order = [label for group in groups for label in group]
    sizes = dict(zip(labels, tensor.shape, strict=True))
    shape = [math.prod(sizes[label] for label in group) for group in groups]
    return reshape(_arranged(tensor, labels, order), shape)


__all__ = ["einsum"]
