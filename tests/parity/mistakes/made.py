"""The mistakes: each is made with every callable, in both libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

MISTAKES = {
    "()": lambda t, x: ((), {}),
    "(3)": lambda t, x: ((3,), {}),
    "(2.5)": lambda t, x: ((2.5,), {}),
    "('a')": lambda t, x: (("a",), {}),
    "(None)": lambda t, x: ((None,), {}),
    "([1])": lambda t, x: (([1],), {}),
    "({})": lambda t, x: (({},), {}),
    "([x, 'a'])": lambda t, x: (([x, "a"],), {}),
    "(dtype)": lambda t, x: ((t.float32,), {}),
    "(input=3)": lambda t, x: ((), {"input": 3}),
    "(unknown=1)": lambda t, x: ((), {"unknown": 1}),
}
OF_TENSORS = {
    "(x)": lambda t, x: ((x,), {}),
    "(x, 'a')": lambda t, x: ((x, "a"), {}),
    "(x, 2.5)": lambda t, x: ((x, 2.5), {}),
    "(x, None)": lambda t, x: ((x, None), {}),
    "(x, [])": lambda t, x: ((x, []), {}),
    "(x, ['a'])": lambda t, x: ((x, ["a"]), {}),
    "(x, {})": lambda t, x: ((x, {}), {}),
    "(x, x, 'a')": lambda t, x: ((x, x, "a"), {}),
    "(x, 1, 'a')": lambda t, x: ((x, 1, "a"), {}),
    "(x, x, x, 'a')": lambda t, x: ((x, x, x, "a"), {}),
    "(x times 12)": lambda t, x: ((x,) * 12, {}),
    "(x, unknown=1)": lambda t, x: ((x,), {"unknown": 1}),
    "(x, x, unknown=1)": lambda t, x: ((x, x), {"unknown": 1}),
    "(x, input=x)": lambda t, x: ((x,), {"input": x}),
    "(x, dim='a')": lambda t, x: ((x,), {"dim": "a"}),
    "(x, dtype=3)": lambda t, x: ((x,), {"dtype": 3}),
    "(x, out=3)": lambda t, x: ((x,), {"out": 3}),
}
# These change what the process has in common, write files, or start programs.
_SETTERS = ("autocast_", "set_anomaly", "set_autocast", "set_default", "set_num", "set_print")
NOT_CALLED = {"compile", "load", "manual_seed", "save", "seed", "set_rng_state"}


def spaces(library: Any) -> dict[str, Any]:
    """Give the namespaces whose callables are compared."""
    return {"torch": library, "Tensor": library.Tensor, "linalg": library.linalg,
            "special": library.special, "nn.functional": library.nn.functional}


def names(ours: Any, theirs: Any) -> Iterator[str]:
    """Give the dotted names of what both libraries let users call."""
    for (space, mine), other in zip(spaces(ours).items(), spaces(theirs).values(), strict=True):
        for name in sorted(dir(other)):
            found = getattr(other, name, None)
            if not name.startswith(("_", *_SETTERS)) \
                    and name not in NOT_CALLED and hasattr(mine, name) \
                    and callable(found) and not isinstance(found, type):
                yield f"{space}.{name}"


def calls(library: Any, name: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Give every mistake with one callable: what it is called, and what makes it."""
    space, _, attribute = name.rpartition(".")
    for text, make in {**MISTAKES, **OF_TENSORS}.items():
        if space != "Tensor":
            yield f"{name}{text}", _call(library, space, attribute, make)
        elif text in MISTAKES:
            yield f"x.{attribute}{text}", _call(library, space, attribute, make)
        elif not text.startswith(("(x)", "(x, input=x)")):
            shown = text.replace("(x, ", "(", 1)
            yield f"x.{attribute}{shown}", _call(library, space, attribute, make, 1)


def _call(library: Any, space: str, attribute: str, make: Callable,
          left_out: int = 0) -> Callable[[], Any]:
    def run() -> Any:
        x = library.ones(2, 2)
        args, kwargs = make(library, x)
        function = getattr(spaces(library)[space], attribute)
        first = (x,) if space == "Tensor" else ()
        return function(*first, *args[left_out:], **kwargs)

    return run
