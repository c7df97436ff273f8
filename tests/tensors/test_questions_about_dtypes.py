"""What dtypes promote to, may be cast to and hold at most, also those that no tensor has."""

import pytest
from beside import assert_alike

DTYPES = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bfloat16",
    "uint16", "uint32", "uint64", "complex32", "complex64", "complex128", "float8_e4m3fn",
    "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz",
]  # fmt: skip
TYPES = [f"torch.{name}" for name in DTYPES] + ["int", "float", "bool", "complex"]


@pytest.mark.parametrize("dtype", TYPES)
def test_pairs(torch, reference, dtype):
    """Promotion and casts between any two, for which Python's types may stand."""
    for other in TYPES:
        assert_alike(f"str(torch.promote_types({dtype}, {other}))", torch, reference)
        assert_alike(f"torch.can_cast({dtype}, {other})", torch, reference)


@pytest.mark.parametrize("dtype", TYPES)
def test_limits(torch, reference, dtype):
    """Every limit, the printed form, and the refusal of the other kind of number."""
    for limits, names in (("finfo", "bits eps max min tiny smallest_normal resolution dtype"),
                          ("iinfo", "bits max min dtype")):  # fmt: skip
        assert_alike(f"repr(torch.{limits}({dtype}))", torch, reference)
        for name in names.split():
            assert_alike(f"torch.{limits}({dtype}).{name}", torch, reference)


@pytest.mark.parametrize("dtype", TYPES[:-4])
def test_parts(torch, reference, dtype):
    """The complex dtype of a real one and back."""
    assert_alike(f"str({dtype}.to_complex())", torch, reference)
    assert_alike(f"str({dtype}.to_real())", torch, reference)


@pytest.mark.parametrize("arguments", [
    "torch.ones(2), 1.5", "2, 2.5", "True, 2", "torch.tensor(1.5), torch.tensor([1])", "2, None",
    "torch.ones(2, dtype=torch.int8), np.float64(2)", "tensor=torch.ones(2), other=torch.ones(2)",
    "scalar=1, tensor=torch.ones(2)", "tensor=torch.ones(2), other=2", "scalar1=2, scalar2=2.5",
    "'a', 2", "torch.ones(2)",
])  # fmt: skip
def test_result_type(torch, reference, arguments):
    """Tensors and numbers, in each of the four forms that PyTorch has."""
    assert_alike(f"str(torch.result_type({arguments}))", torch, reference)
