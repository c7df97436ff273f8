"""Storages: the memory under tensors, seen as bytes and as elements."""

from types import ModuleType

import pytest
from beside import assert_alike

pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
CALLS = [
    "repr(x.untyped_storage()[:5])", "repr(x.storage())", "x.storage().tolist()",
    "x.untyped_storage().tolist()", "x[2:].untyped_storage().nbytes()", "x.storage()[1]",
    "x.untyped_storage()[100]", "x.storage()[-7]", "len(x.storage())", "x.storage().size()",
    "x.storage().nbytes()", "x.storage().element_size()", "x.storage().dtype is torch.float32",
    "x.untyped_storage().fill_(0); x.tolist()", "x.storage().fill_(3); x.tolist()",
    "s = x.storage(); s[1] = 9; x.tolist()", "[*x.untyped_storage()][:8]",
    "x.untyped_storage().clone().tolist()", "x.untyped_storage()[::2]",
    "x.untyped_storage().data_ptr() == x[2:].untyped_storage().data_ptr() == x.data_ptr()",
    "str(x.untyped_storage().device)", "torch.is_storage(x.storage()), torch.is_storage(x)",
    "isinstance(x.storage(), torch.FloatStorage), isinstance(x.storage(), torch.LongStorage)",
    "torch.FloatStorage([1, 2]).tolist()", "torch.LongStorage(3).size()",
    "x[2:].storage_offset(), x[2:].detach().storage_offset(), x[1:][1:].data.storage_offset()",
    "torch.from_numpy(np.arange(6.)[2:]).storage_offset()",
    "torch.from_numpy(np.arange(6.)[2:]).untyped_storage().nbytes()",
    "torch.from_numpy(np.arange(6.).reshape(2, 3).T).stride()",
    "x[2:].detach().as_strided((2,), (1,), 0).tolist()",
    "torch.zeros(0).set_(x.untyped_storage()).tolist()", "torch.zeros(0).set_(x).tolist()",
    "torch.zeros(0).set_(x.storage(), 1, (2,), (2,)).tolist()", "torch.zeros(2).set_().tolist()",
    "torch.zeros(0).set_(x.untyped_storage(), 1, (2, 2)).stride()",
    "torch.zeros(0, dtype=torch.int32).set_(x.untyped_storage()).dtype is torch.int32",
    "torch.zeros(0, dtype=torch.int32).set_(x.storage())",
    "torch.zeros(0, dtype=torch.int32).set_(x)",
    "y = torch.zeros(0); y.set_(x); y[0] = 7; x[0].item()",
    *(f"torch.zeros(0).set_(x.untyped_storage(), {geometry})" for geometry in (
        "-1, (2,), (1,)", "0, (2,), (-1,)", "0, (-2,), (1,)", "0, (2,), (1, 1)",
        "0, (2**62, 4), (0, 0)", "0, (2**33, 2**33), (2**33, 1)")),
]


@pytest.mark.parametrize("code", CALLS)
def test_storages(tapegrad: ModuleType, reference: ModuleType, code: str) -> None:
    """Storages answer as PyTorch's do."""
    assert_alike(f"x = torch.arange(6.)\n{code}", tapegrad, reference)


def test_storages_do_not_grow(tapegrad: ModuleType) -> None:
    """PyTorch enlarges a storage that is too small; here it is refused."""
    x = tapegrad.arange(6.0)

    with pytest.raises(RuntimeError, match="out of bounds for storage of size 24"):
        tapegrad.zeros(0).set_(x.untyped_storage(), 0, (7,), (1,))


def test_dimensions_are_bounded(tapegrad: ModuleType) -> None:
    """More dimensions than arrays can have are refused, not written past an array's end."""
    with pytest.raises(RuntimeError, match="at most 64 dimensions"):
        tapegrad.ones(1).as_strided((1,) * 1000, (1,) * 1000)


def test_storages_warn(torch: ModuleType) -> None:
    """Typed storages are what PyTorch gives up; the warning comes once there, each time here."""
    if torch.__name__ == "torch":
        pytest.skip("PyTorch warns once in a process")

    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        torch.ones(1).storage()
