"""NumPy and tensors: operators in both orders, conversion, arrays of every layout."""

import operator

import numpy as np
import pytest
from beside import assert_alike
from support import evaluate

NAMES = """
import copy, io, operator as O, pickle
t, ti = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1, 2, 3])
matrix = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
g = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
a = np.array([1.0, 2.0, 3.0])
af, ai = a.astype(np.float32), a.astype(np.int64)
zero_dims = np.array(2.0)
"""
ARITHMETIC = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning",
                                        "ignore:The given NumPy array is not writable")


@pytest.mark.parametrize("operands", [
    "t, a", "t, af", "ti, ai", "ti, a", "g, a", "t, zero_dims", "t, np.float64(2)",
    "np.float64(2), t", "t, np.float32(2)", "np.float32(2), t", "t, np.int64(2)", "np.int64(2), t",
    "np.int64(2), ti", "np.float64(2), ti", "ti, np.float64(2)", "[1, 2, 3], t", "t, [1, 2, 3]",
    "np.float64(2), g", "t, a[:2]", "t, np.array(['a'])",
])
@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_is_pytorchs(torch, reference, name, operands):
    """NumPy computes where an array takes part, with its promotion; scalars are numbers."""
    assert_alike(f"{NAMES}\nO.{name}({operands})", torch, reference)


@pytest.mark.parametrize("operands", ["ti, ai", "ti, np.int64(2)", "np.int64(2), ti", "2, ti"])
@pytest.mark.parametrize("name", ["and_", "or_", "xor", "lshift", "rshift"])
def test_bits_are_pytorchs(torch, reference, name, operands):
    """The same for the operators on bits."""
    assert_alike(f"{NAMES}\nO.{name}({operands})", torch, reference)


@pytest.mark.parametrize("call", [
    "O.matmul(t, a)", "O.matmul(t, af)", "O.matmul(g, a)", "O.matmul(t, zero_dims)",
    "O.matmul(np.float64(2), t)", "O.iadd(t, a)", "O.imul(t, a)", "O.ipow(t, a)", "O.isub(t, ai)",
    "np.asarray(t)", "np.asarray(t, dtype=np.float64)", "np.asarray(g)", "np.array(t)",
    "np.shares_memory(np.asarray(t), t.numpy())", "np.shares_memory(np.array(t), t.numpy())",
    "t.__array__()", "t.__array__(np.float64)", "np.sin(t)", "np.sin(ti)", "np.sin(g)",
    "np.add(t, t)", "np.add(a, t)", "np.add(a, t, out=np.empty(3))", "np.isnan(t)",
    "np.divmod(t, 2)", "np.modf(t)", "np.add.reduce(t)", "np.add.accumulate(t)",
    "np.multiply.outer(t, t)", "np.argmax(t)", "np.cumsum(t)", "np.clip(t, 1, 2)", "np.sort(t)",
    "np.concatenate([t, t])", "np.stack([t, t])", "np.where(t > 1, t, 0)", "np.allclose(t, a)",
    "np.testing.assert_allclose(t, a)", "np.linalg.norm(t)", "np.reshape(t, (3, 1))",
    "a[ti - 1]", "a[torch.tensor(1)]", "a[t > 1]", "t[ai - 1]", "t[a > 1]",
    "[1, 2, 3][torch.tensor(1)]", "b = a.copy()\nb[:] = t\nb", "b = a.copy()\nb[:] = g\nb",
    "np.array([torch.tensor(1.0), torch.tensor(2.0)])", "np.array([t, t])", "np.array([g, g])",
    "torch.add(t, a)", "torch.sin(a)", "torch.maximum(t, a)", "torch.add(t, np.float64(2))",
    "torch.mul(ti, np.int64(2))", "torch.full((np.int64(2),), np.float32(3))",
    "torch.zeros(np.int64(2))", "matrix.sum(np.int64(1))", "t.reshape(np.int64(3), 1)",
    "t[np.int64(1)]", "t.clamp(np.float64(2))", "ti ** np.float32(0.5)", "np.float32(t[0])",
])
def test_result_is_pytorchs(torch, reference, call):
    """Values and refusals of conversions, ufuncs and NumPy's arguments."""
    assert_alike(f"{NAMES}\n{call}", torch, reference)


@pytest.mark.parametrize("call", [
    "torch.from_numpy(np.asfortranarray(np.arange(6.0).reshape(2, 3))).stride()",
    "torch.from_numpy(np.arange(3.0)[::-1])", "torch.from_numpy(np.arange(3, dtype='>f4'))",
    "torch.from_numpy(np.zeros(3, dtype=[('a', 'f4'), ('b', 'u1')])['a'])",
    "torch.from_numpy(np.zeros(2, np.longlong))", "torch.from_numpy(np.array(2.0))",
    "torch.from_numpy(np.float64(2))", "torch.from_numpy([1])", "torch.from_numpy(t)",
    "torch.from_numpy(np.broadcast_to(np.arange(3.0), (2, 3))).stride()",
    "torch.from_numpy(np.ones((0, 3)))", "torch.from_numpy(np.ma.masked_array([1.0, 2.0], [0, 1]))",
    "torch.tensor(np.arange(3.0)[::-1])", "torch.tensor(np.arange(3, dtype='>f4'))",
    "torch.tensor(np.asfortranarray(np.arange(6.0).reshape(2, 3))).stride()",
    "torch.tensor(np.zeros(3, dtype=[('a', 'f4'), ('b', 'u1')])['a'])",
    "torch.tensor(np.float16(2))", "torch.tensor(np.bool_(True))", "torch.tensor(np.array(3))",
    "torch.tensor([np.float64(1), np.int8(2)])", "torch.tensor([np.ones(2), np.ones(2)])",
    "torch.as_tensor(np.arange(3.0)[::-1])", "torch.as_tensor(np.arange(3, dtype='>f4'))",
    "torch.as_tensor(np.arange(3.0), dtype=torch.float32)",
    "torch.asarray(np.arange(3.0))", "torch.asarray(np.arange(3.0)[::-1])",
    "torch.asarray([1, 2])", "torch.asarray(t) is t", "torch.asarray(3.5)",
    "torch.asarray(np.float64(3.5))", "torch.asarray(g).requires_grad",
    "torch.asarray(g, requires_grad=False).requires_grad", "torch.asarray([1.0], copy=False)",
    "torch.asarray(np.arange(2.0), dtype=torch.float32, copy=False)",
    "torch.asarray(bytearray(b'abcd'), dtype=torch.uint8)",
    "torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int16)",
    "torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.uint8, offset=2, count=3)",
    "torch.frombuffer(bytearray(), dtype=torch.uint8)",
    "torch.frombuffer(bytearray(b'abc'), dtype=torch.int16)",
    "torch.frombuffer(bytearray(b'abcd'), dtype=torch.int16, count=3)",
    "torch.frombuffer(bytearray(b'abcd'), dtype=torch.int16, offset=4)",
    "torch.frombuffer(bytearray(b'abcd'), dtype=torch.int16, offset=1)",
    "torch.frombuffer(bytearray(b'abcd'), dtype=torch.int16, count=0)",
    "torch.frombuffer(3, dtype=torch.int16)", "torch.frombuffer(bytearray(b'abcd'))",
    "torch.frombuffer(b'abcd', dtype=torch.uint8)",
    "g.numpy()", "g.numpy(force=True)", "matrix.t().numpy().strides",
    "pickle.loads(pickle.dumps(matrix.t())).stride()", "pickle.loads(pickle.dumps(t.half()))",
    "pickle.loads(pickle.dumps(g)).requires_grad", "pickle.loads(pickle.dumps(g * 2)).is_leaf",
    "pickle.loads(pickle.dumps(g * 2)).requires_grad", "copy.copy(g * 2).requires_grad",
    "copy.copy(t).data_ptr() == t.data_ptr()", "copy.deepcopy(matrix.t()).stride()",
    "copy.deepcopy(g * 2)", "(g * 2).sum().backward()\ncopy.deepcopy(g).grad",
    "bytes(torch.tensor([1, 2], dtype=torch.uint8))", "memoryview(t)",
])
def test_memory_is_taken_as_pytorch_does(torch, reference, call):
    """Layouts, byte orders, buffers, copies and pickles: the same tensor or the same refusal."""
    assert_alike(f"{NAMES}\n{call}", torch, reference)


@pytest.mark.parametrize("name", [*ARITHMETIC, "matmul"])
def test_array_comes_first(tapegrad, name):
    """An array on the left gives the tensor that one on the right would; PyTorch mostly refuses."""
    function = getattr(operator, name)
    array, values = np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0], np.float32)
    result = function(array, tapegrad.from_numpy(values))

    assert isinstance(result, tapegrad.Tensor) and result.dtype == tapegrad.float64
    np.testing.assert_array_equal(result.numpy(), function(array, values))


@pytest.mark.parametrize("code", ["a * g", "np.array(['a']) * t", "np.array([1j]) * t"])
def test_array_first_may_be_refused(tapegrad, code):
    """History is not dropped silently, and dtypes that tensors do not have are named."""
    with pytest.raises((RuntimeError, TypeError), match="requires grad|did not contain a loop|"
                                                        "can't convert np.ndarray"):
        evaluate(f"{NAMES}\n{code}", tapegrad)


def test_copies_can_be_forbidden(tapegrad):
    """__array__ understands NumPy 2's ``copy``."""
    x = tapegrad.ones(2)

    assert not np.shares_memory(x.__array__(copy=True), x.numpy())
    with pytest.raises(ValueError, match="Unable to avoid copy"):
        np.asarray(x, dtype=np.float64, copy=False)


def test_comparisons_with_arrays(tapegrad):
    """A comparison with an array is one with its values, in both orders."""
    x, array = tapegrad.tensor([1.0, 2.0]), np.array([2.0, 2.0])

    assert (x < array).tolist() == [True, False] and (array < x).tolist() == [False, False]


def test_read_only_memory_stays_unwritten(tapegrad):
    """A write through a tensor over a read-only array is refused."""
    array = np.zeros(3)
    array.flags.writeable = False
    for x in (tapegrad.from_numpy(array), tapegrad.from_dlpack(array)):
        with pytest.raises((RuntimeError, ValueError)):
            x.add_(1)

    assert array.tolist() == [0, 0, 0]
