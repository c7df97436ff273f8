"""What several test files share: samples written as code, the same code under two libraries."""

import ast
import gc
from types import ModuleType
from typing import Any

import numpy as np


def evaluate(code: str, torch: ModuleType) -> Any:
    """Run the statements of ``code`` and give the value of the last one, if it is an expression."""
    names = {"torch": torch, "np": np, "nan": float("nan"), "inf": float("inf")}
    *statements, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        statements, last = [*statements, last], None
    exec(compile(ast.Module(statements, []), "<sample>", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "<sample>", "eval"), names)


def as_plain(value: Any) -> Any:
    """Turn tensors into (dtype, array) pairs, so that results of two libraries can be compared."""
    if isinstance(value, tuple | list):
        return [as_plain(item) for item in value]
    if hasattr(value, "detach"):
        return str(value.dtype), value.detach().numpy()
    return value


def assert_same(actual: Any, expected: Any, rtol: float = 0.0, atol: float = 0.0) -> None:
    """Same structure, dtypes and shapes; same numbers up to the tolerances, NaN where NaN."""
    actual, expected = as_plain(actual), as_plain(expected)
    if isinstance(expected, list):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_same(one, other, rtol, atol)
    elif isinstance(expected, np.ndarray):
        assert actual.shape == expected.shape
        np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)
    elif isinstance(expected, tuple):
        assert actual[0] == expected[0]
        assert_same(actual[1], expected[1], rtol, atol)
    else:
        assert actual == expected or (actual != actual and expected != expected)


def outcome(function: Any, *args: Any) -> Any:
    """Give what a call returns, or the class and the text of what it raises."""
    try:
        return as_plain(function(*args))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def graph_names(node: Any) -> Any:
    """Describe a graph below ``node`` as nested tuples ``(name, (next, output number), ...)``."""
    if node is None:
        return None
    below = ((graph_names(following), number) for following, number in node.next_functions)
    return (node.name(), *below)


def is_collected(reference: Any) -> bool:
    """Tell whether a full garbage collection leaves the object of a weak reference dead."""
    gc.collect()
    return reference() is None


def assert_mistake(torch: ModuleType, code: str, error: type[Exception], text: str) -> None:
    """The code raises that class, with a text that begins as PyTorch's does."""
    try:
        evaluate(code, torch)
    except Exception as caught:
        assert type(caught) is error, repr(caught)
        assert str(caught).startswith(text)
    else:
        raise AssertionError(f"nothing was raised by {code}")
