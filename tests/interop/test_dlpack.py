"""DLPack: memory to and from NumPy and PyTorch, without copies, with its owner kept alive."""

import gc
import weakref

import numpy as np
import pytest
from beside import assert_alike

DTYPES = ["uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bool"]

NAMES = """
matrix = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
g = torch.ones(2, requires_grad=True)
D = torch.utils.dlpack
class Passing:
    def __init__(self, source): self.source = source
    def __dlpack__(self, **options): return self.source.__dlpack__(**options)
    def __dlpack_device__(self): return self.source.__dlpack_device__()
class Old(Passing):
    def __dlpack__(self): return self.source.__dlpack__()
"""


@pytest.mark.parametrize("call", [
    "np.from_dlpack(matrix)", "np.from_dlpack(g)", "np.from_dlpack(matrix.t())",
    "np.from_dlpack(matrix[:, ::2])", "np.from_dlpack(matrix > 2)",
    "np.from_dlpack(torch.tensor(2))", "np.from_dlpack(torch.ones(0, 3))",
    "np.from_dlpack(torch.ones(1).expand(3)).strides", "torch.from_dlpack(np.arange(3.0))",
    "torch.from_dlpack(np.asfortranarray(np.arange(6.0).reshape(2, 3))).stride()",
    "torch.from_dlpack(np.arange(3, dtype='>f4'))", "torch.from_dlpack(np.array(['a']))",
    "torch.from_dlpack(matrix) is matrix",
    "torch.from_dlpack(matrix).data_ptr() == matrix.data_ptr()", "torch.from_dlpack(3)",
    "torch.from_dlpack(matrix.__dlpack__())",
    "c = matrix.__dlpack__()\ntorch.from_dlpack(c), torch.from_dlpack(c)",
    "type(D.to_dlpack(matrix)).__name__", "D.from_dlpack(D.to_dlpack(matrix))",
    "D.from_dlpack(np.arange(2.0))", "[int(part) for part in matrix.__dlpack_device__()]",
    "type(matrix.__dlpack_device__()[0]).__name__", "str(matrix.__dlpack__())[:26]",
    "str(matrix.__dlpack__(max_version=(1, 0)))[:36]", "matrix.__dlpack__(stream=1)",
    "matrix.__dlpack__(stream='a')", "g.__dlpack__()",
    "torch.from_dlpack(matrix, copy=True).data_ptr() == matrix.data_ptr()",
    "torch.from_dlpack(matrix, device='cpu').shape", "torch.from_dlpack(Passing(np.arange(3.0)))",
    "torch.from_dlpack(Old(matrix))", "x = torch.from_dlpack(Old(matrix))\nx.add_(1)\nmatrix",
])
def test_result_is_pytorchs(torch, reference, call):
    """Values, layouts and refusals are the same."""
    assert_alike(f"{NAMES}\n{call}", torch, reference)


@pytest.mark.parametrize("name", DTYPES)
def test_both_libraries_exchange_memory(tapegrad, reference, name):
    """Every dtype goes to PyTorch and back, sharing memory."""
    x = tapegrad.ones(2, 3, dtype=getattr(tapegrad, name)).t()
    there = reference.from_dlpack(x)
    back = tapegrad.from_dlpack(there)
    there[0, 0] = 0

    assert str(there.dtype) == str(x.dtype) == str(back.dtype)
    assert tuple(there.stride()) == x.stride() == back.stride()
    assert x[0, 0].item() == 0 and back[0, 0].item() == 0


@pytest.mark.parametrize("name", DTYPES)
def test_numpy_exchanges_memory(torch, name):
    """Every dtype goes to NumPy and back."""
    x = torch.ones(4, dtype=getattr(torch, name))
    back = torch.from_dlpack(np.from_dlpack(x))

    assert back.dtype == x.dtype and back.data_ptr() == x.data_ptr()


def test_memory_outlives_its_tensor(torch):
    """What was exported stays valid when the tensor is gone."""
    x = torch.arange(1000.0)
    array = np.from_dlpack(x)
    del x
    gc.collect()
    junk = [torch.full((1000,), -1.0) for _ in range(10)]

    assert array.tolist() == list(range(1000)) and len(junk) == 10


def test_memory_is_given_back(torch):
    """An imported array is freed with the tensor over it; unused capsules free theirs too."""
    class Tracked(np.ndarray):
        pass

    array = np.arange(3.0).view(Tracked)
    reference = weakref.ref(array)
    x = torch.from_dlpack(array)
    capsule = torch.from_numpy(array).__dlpack__()
    del array
    assert x.tolist() == [0, 1, 2] and reference() is not None
    del x, capsule
    gc.collect()

    assert reference() is None


def test_negative_strides_are_refused(tapegrad):
    """PyTorch aborts the process here."""
    with pytest.raises(ValueError, match="At least one stride in the given numpy array is neg"):
        tapegrad.from_dlpack(np.arange(3.0)[::-1])
