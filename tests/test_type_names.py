"""How Python's own messages and prints name the class of tensors."""

from types import ModuleType

import pytest
from beside import assert_alike


def test_class_of_tensors(torch: ModuleType) -> None:
    """The class prints with its module, a subclass with its own."""
    class Own(torch.Tensor):
        pass

    assert repr(torch.Tensor) == str(type(torch.ones(1))) == "<class 'torch.Tensor'>"
    assert (torch.Tensor.__module__, torch.Tensor.__qualname__) == ("torch", "Tensor")
    assert repr(type(torch.Tensor)) == "<class 'torch._C._TensorMeta'>"
    assert type(Own) is type(torch.Tensor)
    assert repr(Own).startswith(f"<class '{__name__}.test_class_of_tensors.")
    assert isinstance(torch.ones(1).as_subclass(Own), torch.Tensor)


@pytest.mark.parametrize("code", ["torch.ones(1) + {}", "torch.ones(1) < {}", "torch.Tensor.foo",
                                  "torch.ones(1).foo", "torch.ones(1)()"])
def test_messages(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Messages name it without."""
    assert_alike(code, torch, reference)
