"""Functions that PyTorch has in several forms, and what it says where arguments fit none."""

from __future__ import annotations

from collections.abc import Callable

from tapegrad._types import kind_of


def forms(name: str, *signatures: str) -> Callable[..., TypeError]:
    """Make the refusal of a function: given its arguments, an error that lists the signatures."""

    def refusal(*given: object) -> TypeError:
        kinds = [kind_of(value) for value in given]
        lines = [line for one in signatures for line in _described(one, kinds)]
        return TypeError(
            f"{name}() received an invalid combination of arguments - got ({', '.join(kinds)}), "
            "but expected one of:\n" + "".join(f"{line}\n" for line in lines)
        )

    return refusal


def _described(signature: str, kinds: list[str]) -> list[str]:
    """A signature; if the number of arguments is right, also which of their types are not."""
    wanted = [param.split()[0] for param in signature[1:-1].split(", ") if param != "*"]
    if len(wanted) != len(kinds):
        return [f" * {signature}"]
    marked = [kind if kind == want else f"!{kind}!"
              for kind, want in zip(kinds, wanted, strict=True)]  # fmt: skip
    return [
        f" * {signature}",
        "      didn't match because some of the arguments have invalid types: "
        f"({', '.join(marked)})",
    ]


def tensor_or_number(name: str, other: str = "other") -> Callable[..., TypeError]:
    """A tensor first, then a tensor or a number."""
    return forms(name, f"(Tensor input, Tensor {other}, *, Tensor out = None)",
                 f"(Tensor input, Number {other}, *, Tensor out = None)")  # fmt: skip


def either_number(name: str) -> Callable[..., TypeError]:
    """Two tensors, or a tensor and a number in either order."""
    return forms(
        name,
        "(Tensor input, Tensor other, *, Tensor out = None)",
        "(Number self, Tensor other)",
        "(Tensor input, Number other, *, Tensor out = None)",
    )


def power(name: str) -> Callable[..., TypeError]:
    """As :func:`either_number`, where the second is called the exponent."""
    return forms(
        name,
        "(Tensor input, Tensor exponent, *, Tensor out = None)",
        "(Number self, Tensor exponent, *, Tensor out = None)",
        "(Tensor input, Number exponent, *, Tensor out = None)",
    )


__all__ = ["either_number", "forms", "power", "tensor_or_number"]
