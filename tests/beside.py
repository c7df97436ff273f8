"""The same code under tapegrad and PyTorch: results alike, errors with PyTorch's class and text."""

import warnings
from types import ModuleType
from typing import Any

from support import assert_same, evaluate


def run(code: str, torch: ModuleType) -> Any:
    """Give what the code evaluates to, or the exception that it raises."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return evaluate(code, torch)
        except Exception as error:
            return error


def assert_alike(code: str, torch: ModuleType, reference: ModuleType) -> None:
    """Both libraries give the same numbers, or refuse in the same words; ours may say more."""
    actual, expected = run(code, torch), run(code, reference)
    if isinstance(expected, Exception):
        assert isinstance(actual, Exception), f"{expected!r} was expected, not {actual}"
        assert type(actual).__name__ == type(expected).__name__, repr(actual)
        assert str(expected).startswith(str(actual)) or str(actual).startswith(str(expected))
    else:
        if isinstance(actual, Exception):
            raise actual
        assert_same(actual, expected, rtol=1e-5, atol=1e-6)
