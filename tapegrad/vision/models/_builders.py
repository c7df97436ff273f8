"""What every function that makes a model does with ``weights``, ``progress``, ``pretrained``."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature
from pathlib import PurePath
from typing import Any, TypeVar

from tapegrad import serialization
from tapegrad.nn import Module
from tapegrad.vision.models._api import WeightsEnum, register_model

M = TypeVar("M", bound=Module)
FILES = (".pth", ".pt", ".bin", ".safetensors")


def builder(
    sets: type[WeightsEnum], **with_weights: Any
) -> Callable[[Callable[..., M]], Callable[..., M]]:
    """A decorator for a function that makes a model of its keyword arguments; it is registered.

    The function then takes ``weights`` too: None, one of ``sets`` or its name, or the path of a
    file of tensors by name; and ``progress``, whether a bar shows the download. ``pretrained``
    is still taken, with a warning, for ``IMAGENET1K_V1``. ``with_weights`` are arguments of the
    model that has weights.
    """

    def decorate(make: Callable[..., M]) -> Callable[..., M]:
        @wraps(make)
        def build(*args: Any, **kwargs: Any) -> M:
            _name_positions(args, kwargs)
            _modernise(kwargs, sets)
            weights, progress = kwargs.pop("weights", None), kwargs.pop("progress", True)
            if weights is None:
                return make(**kwargs)
            kwargs.update(with_weights)
            if _is_file(weights):
                return _filled(make(**kwargs), serialization.load(weights))
            chosen = sets.verify(weights)
            if chosen.meta["categories"] is not None:
                kwargs = fixed(kwargs, num_classes=len(chosen.meta["categories"]))
            tensors = chosen.get_state_dict(progress=progress, check_hash=True)
            return _filled(make(**kwargs), tensors)

        build.__signature__ = Signature(  # type: ignore[attr-defined]
            [
                Parameter("weights", Parameter.KEYWORD_ONLY, default=None, annotation=sets | None),
                Parameter("progress", Parameter.KEYWORD_ONLY, default=True, annotation=bool),
                Parameter("kwargs", Parameter.VAR_KEYWORD, annotation=Any),
            ],
            return_annotation=make.__annotations__.get("return"),
        )
        return register_model()(build)

    return decorate


def _is_file(weights: Any) -> bool:
    """Whether it is a path: an object for one, or a name that no set of weights has."""
    if not isinstance(weights, str):
        return isinstance(weights, os.PathLike)
    return PurePath(weights).suffix in FILES or os.path.isfile(weights)


def _filled(model: M, tensors: dict[str, Any]) -> M:
    model.load_state_dict(tensors)
    return model


def fixed(kwargs: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The arguments with what the model does not let its user choose.

    Raises ValueError if one was chosen otherwise.
    """
    for name, value in values.items():
        if kwargs.get(name, value) != value:
            raise ValueError(
                f"The parameter '{name}' expected value {value} but got {kwargs[name]} instead."
            )
    return {**kwargs, **values}


def _name_positions(args: tuple, kwargs: dict[str, Any]) -> None:
    """Move what came by position, as before torchvision 0.13, to the names."""
    if args:
        named = dict(zip(("weights", "progress"), args, strict=False))
        listed = " and ".join(map(repr, named))
        _warn(
            f"Using {listed} as positional parameter(s) is deprecated since 0.13 and may be "
            "removed in the future. Please use keyword parameter(s) instead."
        )
        kwargs.update(named)


def _modernise(kwargs: dict[str, Any], sets: type[WeightsEnum]) -> None:
    """Put a set of weights in the place of ``pretrained``, or of a truth value for ``weights``."""
    by_position = "weights" in kwargs
    if not by_position and "pretrained" not in kwargs:
        return
    if by_position and _is_modern(kwargs["weights"]):
        return
    pretrained = kwargs.pop("pretrained", None)
    wanted = kwargs.pop("weights") if by_position else pretrained
    chosen = kwargs["weights"] = sets["IMAGENET1K_V1"] if wanted else None
    if not by_position:
        _warn(
            "The parameter 'pretrained' is deprecated since 0.13 and may be removed in the future, "
            "please use 'weights' instead."
        )
    advice = (
        f" You can also use `weights={sets.__name__}.DEFAULT` to get the most up-to-date weights."
    )
    _warn(
        "Arguments other than a weight enum or `None` for 'weights' are deprecated since 0.13 and "
        "may be removed in the future. The current behavior is equivalent to passing "
        f"`weights={chosen}`.{advice if wanted else ''}"
    )


def _is_modern(weights: Any) -> bool:
    if isinstance(weights, str):
        return weights != "legacy"
    return weights is None or isinstance(weights, (WeightsEnum, os.PathLike))


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=4)
