"""Tuples with named fields, as operations with several results return them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any


class NamedResult(tuple):
    """Several results of one operation: a tuple whose items have names as well."""

    __slots__ = ()
    fields: tuple[str, ...] = ()
    of: Callable[[tuple], NamedResult]  # of as many values, which are not counted

    def __new__(cls, values: Any) -> NamedResult:
        """Name the items of a sequence, which must have one for each field."""
        values = tuple(values)
        if len(values) != len(cls.fields):
            raise TypeError(
                f"torch.return_types.{cls.__name__}() takes a {len(cls.fields)}-sequence "
                f"({len(values)}-sequence given)"
            )
        return super().__new__(cls, values)

    def __repr__(self) -> str:
        items = ",\n".join(f"{name}={item!r}" for name, item in zip(self.fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{items})"

    def __reduce__(self) -> tuple:
        return _rebuild, (type(self).__name__, tuple(self))


_TYPES: dict[str, type[NamedResult]] = {}


def _rebuild(name: str, values: tuple) -> NamedResult:
    return _TYPES[name](values)


def named_result(name: str, *fields: str) -> type[NamedResult]:
    """The type of an operation's results, by PyTorch's name of it and of its fields."""
    members: dict[str, Any] = {
        field: property(itemgetter(k), doc=f"Item {k}.") for k, field in enumerate(fields)
    }
    members |= {"__slots__": (), "__module__": "torch.return_types", "fields": fields}
    made: type[NamedResult] = type(name, (NamedResult,), members)
    made.of = staticmethod(partial(tuple.__new__, made))
    _TYPES[name] = made
    _TYPES[f"{name}_out"] = type(f"{name}_out", (NamedResult,), members)
    return made


def written_results(result: tuple, targets: tuple) -> tuple:
    """The tensors that were written for ``out``, named as the results are, in a type of its own."""
    if not isinstance(result, NamedResult):
        return type(result)(targets)
    return _TYPES[f"{type(result).__name__}_out"](targets)


def result_types() -> dict[str, type[NamedResult]]:
    """Every such type by its name."""
    return dict(_TYPES)


__all__ = ["NamedResult", "named_result", "result_types", "written_results"]
