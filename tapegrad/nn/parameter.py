"""Parameters and buffers: tensors that a module registers when they are assigned to it.

Ones whose shape is not known yet are what lazy modules have at first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import kind_of


class _ParameterMeta(type(Tensor)):  # type: ignore[misc]
    """Lets tensor subclasses be parameters without changing their type."""

    def __instancecheck__(self, instance: Any) -> bool:
        if (
            self is Parameter
            and isinstance(instance, Tensor)
            and getattr(instance, "_is_param", False)
        ):
            return True
        return super().__instancecheck__(instance)


class Parameter(Tensor, metaclass=_ParameterMeta):
    """A tensor that is a module's parameter as soon as it is assigned to the module.

    Shares the memory of ``data``. ``requires_grad`` is true unless said otherwise, also inside
    ``no_grad``.
    """

    _detached_class = Tensor

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        """Wrap ``data``, or nothing."""
        if data is None:
            data = tapegrad.empty(0)
        if not isinstance(requires_grad, bool):
            raise TypeError("_make_subclass(): argument 'require_grad' (position 3) must be bool, "
                            f"not {kind_of(requires_grad)}")
        if type(data) is Tensor or type(data) is Parameter:
            return Tensor._make_subclass(cls, data, requires_grad)
        return _mark_custom(data, requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol: Any) -> tuple:
        arguments: tuple = (self.data, self.requires_grad, OrderedDict())
        state = dict(self.__dict__)
        if not state:
            return _rebuild_parameter, arguments
        return _rebuild_parameter_with_state, (*arguments, state)


def _mark_custom(data: Any, requires_grad: bool) -> Any:
    """A parameter that keeps the class of ``data``, a tensor subclass of the user's own."""
    parameter = data.detach().requires_grad_(requires_grad)
    if type(parameter) is not type(data):
        raise RuntimeError(
            f"Creating a Parameter from an instance of type {type(data).__name__} requires that "
            "detach() returns an instance of the same type, but return type "
            f"{type(parameter).__name__} was found instead. To use the type as a Parameter, please "
            "correct the detach() semantics defined by its __torch_dispatch__() implementation."
        )
    parameter._is_param = True
    return parameter


def _rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks: Any) -> Parameter:
    return Parameter(data, requires_grad)


def _rebuild_parameter_with_state(
    data: Tensor, requires_grad: bool, backward_hooks: Any, state: dict[str, Any]
) -> Parameter:
    parameter = _rebuild_parameter(data, requires_grad, backward_hooks)
    parameter.__dict__.update(state)
    return parameter


class _BufferMeta(_ParameterMeta):
    """Knows buffers by their mark: they are plain tensors."""

    def __instancecheck__(self, instance: Any) -> bool:
        if (
            self is Buffer
            and isinstance(instance, Tensor)
            and getattr(instance, "_is_buffer", False)
        ):
            return True
        return super().__instancecheck__(instance)


class Buffer(Tensor, metaclass=_BufferMeta):
    """A tensor that is a module's buffer as soon as it is assigned to the module.

    Shares the memory of ``data`` and has its type. A buffer that is not ``persistent`` stays out of
    the module's ``state_dict``.
    """

    persistent: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        """Mark a tensor over the memory of ``data``."""
        if data is None:
            data = tapegrad.empty(0)
        buffer: Any = data.detach().requires_grad_(data.requires_grad)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer


# ------------------------------------------------------------------------- without a shape

_ALLOWED = frozenset(
    ("char", "copy_", "cpu", "double", "float", "get_device", "half", "int", "is_complex",
     "is_floating_point", "long", "requires_grad_", "short", "to")
)  # fmt: skip
_COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")


def _refused(name: str) -> Callable:
    """A method that says what one may not do yet."""

    def refuse(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        is_kept = name in (*_COMPARISONS, "__bool__", "__getitem__")
        known_as = name if is_kept else name.removeprefix("__").removesuffix("__")
        raise ValueError(
            f"Attempted to use an uninitialized parameter in <method '{known_as}' of "
            "'torch._C.TensorBase' objects>. This error happens when you are using a `LazyModule` "
            "or explicitly manipulating `torch.nn.parameter."
            f"{type(self).__name__}` objects. When using LazyModules Call `forward` with a dummy "
            "batch to initialize the parameters before calling torch functions"
        )

    return refuse


class UninitializedTensorMixin:
    """A tensor without elements, of which ``materialize`` makes a real one.

    Until then it can only be converted, and hardly be looked at.
    """

    cls_to_become: type

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        plain = set(dir(object)).difference(_COMPARISONS)
        for name in dir(Tensor):
            is_hidden = name.startswith("_") and not name.startswith("__")
            is_method = callable(getattr(Tensor, name)) and name not in plain
            if is_method and not is_hidden and name not in _ALLOWED and name not in _OWN:
                setattr(cls, name, _refused(name))

    def materialize(self: Any, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become a tensor with uninitialised memory of this shape."""
        self.data = tapegrad.empty(shape, device=device, dtype=dtype or self.data.dtype)
        self.__class__ = self.cls_to_become

    @property
    def shape(self) -> Any:
        """Not known yet: raises RuntimeError."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually "
            "happens in `load_state_dict` when trying to load an uninitialized parameter into an "
            "initialized one. Call `forward` to initialize the parameters before accessing their "
            "attributes."
        )

    def size(self: Any, dim: int | None = None) -> Any:
        """That of the memory there is: no elements."""
        return self.data.size(dim)

    def share_memory_(self) -> Any:
        """Refused: there is no memory yet."""
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to "
            "initialize the parameters before calling `module.share_memory()`."
        )

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, dtype=self.data.dtype)
        return memo[id(self)]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self: Any, protocol: Any) -> tuple:
        return type(self), (self.requires_grad,)


_OWN = frozenset(vars(UninitializedTensorMixin))


def is_lazy(param: Any) -> bool:
    """Whether a parameter or buffer has no shape yet."""
    return isinstance(param, UninitializedTensorMixin)


def _without_elements(cls: type, requires_grad: bool, device: Any, dtype: Any) -> Any:
    empty = tapegrad.empty(0, device=device, dtype=dtype)
    return Tensor._make_subclass(cls, empty, requires_grad)


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet, as lazy modules have them at first."""

    cls_to_become = Parameter

    def __new__(
        cls, requires_grad: bool = True, device: Any = None, dtype: Any = None
    ) -> UninitializedParameter:
        """Make one of a dtype."""
        return _without_elements(cls, requires_grad, device, dtype)

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        """Nothing is left to do; the signature is what users see."""


class _MaterializedBuffer(Tensor):
    """What an uninitialised buffer becomes: nothing but a tensor.

    An object cannot become an instance of a compiled class, so this one stands in for it.
    """

    _detached_class = Tensor

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.detach().__reduce_ex__(protocol)


_MaterializedBuffer.__name__ = _MaterializedBuffer.__qualname__ = "Tensor"


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    """A buffer whose shape is not known yet, as lazy modules have them at first."""

    cls_to_become = _MaterializedBuffer
    persistent: bool

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> UninitializedBuffer:
        """Make one of a dtype."""
        buffer = _without_elements(cls, requires_grad, device, dtype)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do: ``__new__`` takes the arguments."""
