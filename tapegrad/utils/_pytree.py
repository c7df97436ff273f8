"""Nested lists, tuples and dictionaries of values, taken apart and put together again."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class TreeSpec(NamedTuple):
    """How values are nested: the container's type and keys, and the same of its items.

    A leaf has the type None. Prints as the structure with a star for each leaf.
    """

    kind: type | None = None
    keys: Any = None
    items: tuple[TreeSpec, ...] = ()

    @property
    def num_leaves(self) -> int:
        """How many values there are."""
        return 1 if self.kind is None else sum(one.num_leaves for one in self.items)

    def __repr__(self) -> str:
        if self.kind is None:
            return "*"
        items = list(map(repr, self.items))
        if self.kind is list:
            return f"[{', '.join(items)}]"
        if self.kind is tuple:
            return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
        keys = self.kind._fields if hasattr(self.kind, "_fields") else self.keys
        pairs = ", ".join(f"{key!r}: {item}" for key, item in zip(keys, items, strict=True))
        return f"{{{pairs}}}" if self.kind is dict else f"{self.kind.__name__}({pairs})"

    def outline(self, indent: int = 0) -> str:
        """The structure as PyTorch's ``TreeSpec`` prints: an item a line, stars for leaves."""
        if self.kind is None:
            return "*"
        gap = ",\n" + " " * (indent + 2)
        context = self.kind if hasattr(self.kind, "_fields") else self.keys
        items = gap.join(one.outline(indent + 2) for one in self.items)
        return f"TreeSpec({self.kind.__name__}, {context}, [{items}])"

    def spread(self, tree: Any) -> list | None:
        """The leaves of a tree of this structure; one in the place of a branch is all of its.

        None if the tree is structured otherwise.
        """
        own = tree_flatten(tree)[1]
        if own.kind is None:
            return [tree] * self.num_leaves
        if (own.kind, own.keys, len(own.items)) != (self.kind, self.keys, len(self.items)):
            return None
        values = tree.values() if isinstance(tree, dict) else tree
        parts = [one.spread(value) for one, value in zip(self.items, values, strict=True)]
        return None if None in parts else [leaf for part in parts for leaf in part or ()]


LEAF = TreeSpec()
_MAPPINGS = (dict, OrderedDict)


def tree_flatten(tree: Any) -> tuple[list, TreeSpec]:
    """The values in order, and how they were nested."""
    leaves: list = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list) -> TreeSpec:
    kind = type(tree)
    if kind in _MAPPINGS or kind is defaultdict:
        keys = list(tree)
        items = tuple(_flatten(tree[key], leaves) for key in keys)
        return TreeSpec(kind, (tree.default_factory, keys) if kind is defaultdict else keys, items)
    if kind in (list, tuple) or (isinstance(tree, tuple) and hasattr(kind, "_fields")):
        return TreeSpec(kind, None, tuple(_flatten(one, leaves) for one in tree))
    leaves.append(tree)
    return LEAF


def tree_unflatten(leaves: Sequence, treespec: TreeSpec) -> Any:
    """The values nested as a spec says. Raises ValueError if their number is another."""
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"tree_unflatten(leaves, treespec): `leaves` has length {len(leaves)} but the spec "
            f"refers to a pytree that holds {treespec.num_leaves} items ({treespec})."
        )
    return _unflatten(iter(leaves), treespec)


def _unflatten(leaves: Any, spec: TreeSpec) -> Any:
    if spec.kind is None:
        return next(leaves)
    items = [_unflatten(leaves, one) for one in spec.items]
    if spec.kind is defaultdict:
        factory, keys = spec.keys
        return defaultdict(factory, zip(keys, items, strict=True))
    if spec.kind in _MAPPINGS:
        return spec.kind(zip(spec.keys, items, strict=True))
    return spec.kind(*items) if hasattr(spec.kind, "_fields") else spec.kind(items)


def tree_map(func: Callable, tree: Any) -> Any:
    """``func`` of each value, nested as they were."""
    leaves, spec = tree_flatten(tree)
    return tree_unflatten([func(one) for one in leaves], spec)


__all__ = ["TreeSpec", "tree_flatten", "tree_map", "tree_unflatten"]
