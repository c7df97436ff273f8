"""Tensors of unusual arrays and sequences: PyTorch's, or its refusal."""

import pytest
from beside import assert_alike, run

ARRAYS = [
    "np.asfortranarray(np.arange(6.0).reshape(2, 3))", "np.arange(6.0)[::-1]", "np.arange(6)[::2]",
    "np.arange(3.0).astype('>f8')", "np.zeros((0, 3))", "np.array(2.5)", "np.array(3)",
    "np.zeros(2, [('a', 'i4')])", "np.array([1, 2], dtype=object)", "np.zeros(2, 'M8[s]')",
    "np.array(['a'])", "np.array([b'a'])", "np.asmatrix(np.eye(2))", "np.ma.array([1.0, 2.0])",
    "np.broadcast_to(np.ones(1), (3, 2))", "np.zeros(2, 'q')", "np.ones(2, 'f2')",
    "np.float32(2.5)", "np.bool_(True)",
]  # fmt: skip
READERS = [
    "torch.from_numpy({})", "torch.tensor({})", "torch.as_tensor({})", "torch.asarray({})",
    "torch.asarray({}, copy=False)", "torch.as_tensor({}, dtype=torch.int64)",
    "torch.ones(2).new_tensor({})", "torch.tensor([{0}, {0}])",
    "torch.ones(2, 2).copy_({})",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy")
@pytest.mark.parametrize("reader", READERS)
def test_arrays(torch, reference, reader):
    """Every way of reading an array, beside every kind of array."""
    for array in ARRAYS:
        code = reader.format(array)
        theirs = run(code, reference)
        if "The only supported types are" in str(theirs):  # which are fewer here
            ours = run(code, torch)
            assert type(ours) is TypeError
            assert str(ours).split("The only")[0] == str(theirs).split("The only")[0]
        else:
            assert_alike(code, torch, reference)


@pytest.mark.parametrize("data", [
    "[[1, 2], np.array(3)]", "[np.bool_(True), 2]", "[np.float32(2)], dtype=torch.bool",
    "[np.int8(3)], dtype=torch.bool", "[[1], 2]", "(lambda x: x.append(x) or x)([])",
    "np.str_('a')", "range(3)",
    "bytearray(b'ab')", "iter([1])", "{}", "[None]", "[np.asmatrix(np.eye(2))]",
])  # fmt: skip
def test_sequences(torch, reference, data):
    """Sequences that hold themselves, or what is no number, end in an error too."""
    assert_alike(f"torch.tensor({data})", torch, reference)
