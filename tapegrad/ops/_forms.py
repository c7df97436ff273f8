"""Functions that PyTorch has in several forms, and what it says where arguments fit none."""

from __future__ import annotations

from collections.abc import Callable

from tapegrad._types import kind_of


def forms(name: str, *signatures: str) -> Callable[..., TypeError]:
    """Make the refusal of a function: given its arguments, an error that lists the signatures."""

    def refusal(*given: object) -> TypeError:
        kinds = [kind_of(value) for value in given]
        lines = [line for one in signatures for line in _described(one, given)]
        return TypeError(
            f"{name}() received an invalid combination of arguments - got ({', '.join(kinds)}), "
            "but expected one of:\n" + "".join(f"{line}\n" for line in lines)
        )

    return refusal


def _described(signature: str, given: tuple) -> list[str]:
    """A signature; if the number of arguments is right, also which of their types are not."""
    wanted = [param.split()[0] for param in signature[1:-1].split(", ") if param != "*"]
    if len(wanted) != len(given):
        return [f" * {signature}"]
    marked = [
        want if kind_of(value) == want else f"!{_kind(value)}!"
        for value, want in zip(given, wanted, strict=True)
    ]
    return [
        f" * {signature}",
        "      didn't match because some of the arguments have invalid types: "
        f"({', '.join(marked)})",
    ]


def _kind(value: object) -> str:
    """A value's type; of a sequence also those of what is in it."""
    if not isinstance(value, (list, tuple)):
        return kind_of(value)
    inner = ", ".join(map(kind_of, value))
    return f"list of [{inner}]" if isinstance(value, list) else f"tuple of ({inner})"


def tensor_or_number(name: str, other: str = "other") -> Callable[..., TypeError]:
    """A tensor first, then a tensor or a number."""
    return forms(name, f"(Tensor input, Tensor {other}, *, Tensor out = None)",
                 f"(Tensor input, Number {other}, *, Tensor out = None)")  # fmt: skip


def either_number(
    name: str, other: str = "other", *, out: bool = False
) -> Callable[..., TypeError]:
    """Two tensors, or a tensor and a number in either order; after a number perhaps ``out``."""
    return forms(
        name,
        f"(Tensor input, Tensor {other}, *, Tensor out = None)",
        f"(Number self, Tensor {other}{', *, Tensor out = None' if out else ''})",
        f"(Tensor input, Number {other}, *, Tensor out = None)",
    )


__all__ = ["either_number", "forms", "tensor_or_number"]
