"""How a module's parts are walked and found by their dotted names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tapegrad._tensor import Tensor
from tapegrad.nn._attributes import Attributes
from tapegrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from tapegrad.nn.module import Module


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


class Traversal(Attributes):
    """Iterators over parameters, buffers and sub-modules, and look-up by dotted name."""

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Each parameter once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Each parameter with its dotted name; tied ones once, under their first name."""
        yield from self._named_members(
            lambda module: module._parameters.items(), prefix, recurse, remove_duplicate
        )

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Each buffer once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Each buffer with its dotted name."""
        yield from self._named_members(
            lambda module: module._buffers.items(), prefix, recurse, remove_duplicate
        )

    def children(self) -> Iterator[Module]:
        """Each direct sub-module once."""
        for _, module in self.named_children():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Each direct sub-module with its name."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it, each once."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it with their dotted names; ``memo`` holds those already
        seen.
        """
        memo = set() if memo is None else memo
        this: Any = self
        if this in memo:
            return
        if remove_duplicate:
            memo.add(this)
        yield prefix, this
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, _join(prefix, name), remove_duplicate)

    def _named_members(
        self,
        get_members_fn: Callable[[Any], Any],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        """What ``get_members_fn`` lists of this module and of those below, with dotted names."""
        seen = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for module_name, module in modules:
            for name, member in get_members_fn(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield _join(module_name, name), member

    def apply(self, fn: Callable[[Module], None]) -> Module:
        """Call ``fn`` on every module below, children first, then on this one."""
        this: Any = self
        for module in self.children():
            module.apply(fn)
        fn(this)
        return this

    def get_submodule(self, target: str) -> Module:
        """The sub-module with this dotted name; the empty name is this module."""
        module: Any = self
        for name in target.split(".") if target else ():
            module = _child(module, name)
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with this dotted name."""
        found, name = self._get_member(target)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with this dotted name."""
        module_name, _, name = target.rpartition(".")
        found, _ = self._get_member(target)
        if name not in self.get_submodule(module_name)._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return found

    def _get_member(self, target: str) -> tuple[Any, str]:
        module_name, _, name = target.rpartition(".")
        module = self.get_submodule(module_name)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        return getattr(module, name), name

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put ``module`` under this dotted name; ``strict`` demands that one is there already."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Traversal):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        parent_name, _, name = target.rpartition(".")
        parent = self.get_submodule(parent_name)
        if strict or hasattr(parent, name):
            _child(parent, name)
        setattr(parent, name, module)


def _child(module: Any, name: str) -> Any:
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    child = getattr(module, name)
    if not isinstance(child, Traversal):
        raise AttributeError(f"`{name}` is not an nn.Module")
    return child
