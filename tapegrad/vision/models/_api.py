"""Named sets of weights, and the register of models."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from fnmatch import filter as matching
from functools import partial
from types import ModuleType
from typing import Any, TypeVar, get_args

from tapegrad.hub import load_state_dict_from_url
from tapegrad.nn import Module


@dataclass(eq=False)
class Weights:
    """Where a set of weights is, what prepares pictures for it, and what is known about it.

    Two are equal if all three are; transforms that are ``partial`` ones by what they hold.
    """

    url: str
    transforms: Callable
    meta: dict[str, Any]

    def __eq__(self, other: object) -> bool:
        return _content(self) == _content(other) if isinstance(other, Weights) else NotImplemented


def _content(weights: Weights) -> tuple:
    prepare = weights.transforms
    if isinstance(prepare, partial):
        return weights.url, weights.meta, prepare.func, prepare.args, prepare.keywords
    return weights.url, weights.meta, prepare


class WeightsEnum(Enum):
    """The sets of weights of one model, each a :class:`Weights`."""

    @classmethod
    def verify(cls, obj: Any) -> Any:
        """The set of that name, or the set itself. Raises KeyError, TypeError for any other."""
        if isinstance(obj, str):
            return cls[obj.replace(f"{cls.__name__}.", "")]
        if obj is not None and not isinstance(obj, cls):
            raise TypeError(
                f"Invalid Weight class provided; expected {cls.__name__} but received "
                f"{obj.__class__.__name__}."
            )
        return obj

    def get_state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The tensors by name: :func:`tapegrad.hub.load_state_dict_from_url`, running no code."""
        return load_state_dict_from_url(self.url, *args, **{"weights_only": True, **kwargs})

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}.{self._name_}"

    @property
    def url(self) -> str:
        """Where the file is."""
        return self.value.url

    @property
    def transforms(self) -> Callable:
        """What gives the transform that prepares pictures, when called."""
        return self.value.transforms

    @property
    def meta(self) -> dict[str, Any]:
        """What is known: ``categories``, ``num_params``, ``recipe``, ..."""
        return self.value.meta


M = TypeVar("M", bound=Module)
BUILTIN_MODELS: dict[str, Callable[..., Module]] = {}


def register_model(name: str | None = None) -> Callable[[Callable[..., M]], Callable[..., M]]:
    """A decorator: the function makes the model of that name, by default its own.

    Raises ValueError for a name that is taken.
    """

    def register(fn: Callable[..., M]) -> Callable[..., M]:
        key = fn.__name__ if name is None else name
        if key in BUILTIN_MODELS:
            raise ValueError(f"An entry is already registered under the name '{key}'.")
        BUILTIN_MODELS[key] = fn
        return fn

    return register


def list_models(
    module: ModuleType | None = None,
    include: Iterable[str] | str | None = None,
    exclude: Iterable[str] | str | None = None,
) -> list[str]:
    """Names of models in order: of a package, that match a pattern like ``"resnet*"``, or none."""
    names = [
        name for name, fn in BUILTIN_MODELS.items()
        if module is None or fn.__module__.rpartition(".")[0] == module.__name__
    ]  # fmt: skip
    wanted = _matching_any(names, include) if include else set(names)
    return sorted(wanted - _matching_any(names, exclude or ()))


def _matching_any(names: list[str], patterns: Iterable[str] | str) -> set[str]:
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return {name for pattern in patterns for name in matching(names, pattern)}


def get_model_builder(name: str) -> Callable[..., Module]:
    """The function that makes a model. Raises ValueError for an unknown one."""
    try:
        return BUILTIN_MODELS[name.lower()]
    except KeyError:
        raise ValueError(f"Unknown model {name.lower()}") from None


def get_model(name: str, **config: Any) -> Module:
    """A model by its name; ``config`` are its arguments. Raises ValueError for an unknown one."""
    return get_model_builder(name)(**config)


def get_model_weights(name: Callable | str) -> type[WeightsEnum]:
    """The sets of weights that a model, or the function that makes it, has.

    Raises ValueError where its parameter ``weights`` is not annotated with them.
    """
    builder = get_model_builder(name) if isinstance(name, str) else name
    parameters = inspect.signature(builder, eval_str=True).parameters
    if "weights" not in parameters:
        raise ValueError("The method is missing the 'weights' argument.")
    annotation = parameters["weights"].annotation
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, WeightsEnum):
            return kind
    raise ValueError(
        "The WeightsEnum class for the specific method couldn't be retrieved. Make sure the "
        "typing info is correct."
    )


def get_weight(name: str) -> WeightsEnum:
    """A set of weights by its full name, as ``"ResNet50_Weights.IMAGENET1K_V1"``.

    Raises ValueError for a name of another form or an unknown model, KeyError for an unknown set.
    """
    kind, dot, member = name.partition(".")
    if not dot or "." in member:
        raise ValueError(f"Invalid weight name provided: '{name}'.")
    weights = getattr(sys.modules[__package__], kind, None)
    if not (isinstance(weights, type) and issubclass(weights, WeightsEnum)):
        raise ValueError(
            f"The weight enum '{kind}' for the specific method couldn't be retrieved."
        )
    return weights[member]


__all__ = [
    "Weights", "WeightsEnum", "get_model", "get_model_builder", "get_model_weights", "get_weight",
    "list_models",
]  # fmt: skip
