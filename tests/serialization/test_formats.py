"""What is written is, entry by entry, what PyTorch writes; and each reads the other's files."""

from types import ModuleType

import numpy as np
import pytest
from archives import loaded, records, saved
from support import assert_same, evaluate

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
VALUES = [
    *(f"torch.arange(6).reshape(2, 3).to(torch.{dtype})" for dtype in DTYPES),
    "torch.tensor(3.5)", "torch.zeros(0)", "torch.zeros(2, 0, 3)",
    "[torch.zeros(0), torch.ones(0)]",
    "torch.arange(6.).reshape(2, 3).t()", "torch.arange(10.)[2::3]", "torch.ones(1).expand(3, 4)",
    "x = torch.arange(6.); [x, x[2:], x.reshape(2, 3).t(), x]",
    "x = torch.arange(6.); [x[2:].detach(), x[:2].data]", "[torch.ones(2), torch.ones(2)]",
    "torch.ones(2, requires_grad=True)", "torch.ones(2, requires_grad=True) * 2",
    "torch.nn.Parameter(torch.ones(2))", "torch.nn.Parameter(torch.ones(2), requires_grad=False)",
    "p = torch.nn.Parameter(torch.ones(2)); p.note = 'kept'; p",
    "x = torch.ones(2); x.note = [1]; x", "torch.nn.Buffer(torch.ones(2))",
    "{'a': [1, 2.5, 'text', None, True, (1, (2, 3))], 'b': {'c': {1, 2}}, 3: 2**70, 'd': b'bytes'}",
    "[1j, bytearray(b'x'), -1, 2**31, 'ä', '']",
    "import collections as c; [c.OrderedDict(a=1, b=torch.ones(1)), c.Counter('aab')]",
    "[torch.Size([2, 3]), torch.ones(2, 3).shape, torch.float32, torch.bool, torch.strided]",
    "torch.device('cpu')", "x = [1]; [x, x]", "x = []; x.append(x); len(x)",
    "[torch.device('cuda:1'), torch.device('cuda')]",
    "torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.ReLU()).state_dict()",
    "torch.arange(4.).storage()", "torch.arange(4.).untyped_storage()",
    "x = torch.arange(4.); [x, x.storage(), x[1:]]", "np.arange(3.)",
    "torch.from_numpy(np.arange(6.)[2:4])",
]  # fmt: skip
LINEAR = """
torch.manual_seed(0)
model = torch.nn.Linear(2, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
model(torch.ones(1, 2)).sum().backward()
optimizer.step()
"""
VALUES.append(f"{LINEAR}\n[model.state_dict(), optimizer.state_dict()]")
pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")


@pytest.mark.parametrize("code", VALUES)
def test_files_are_alike(tapegrad: ModuleType, reference: ModuleType, code: str) -> None:
    """Every entry, the pickle included, is byte for byte PyTorch's, in PyTorch's layout."""
    ours, theirs = (saved(library, evaluate(code, library)) for library in (tapegrad, reference))

    assert records(ours).keys() == records(theirs).keys()
    # Equal strings are one object in the one library and two in the other; then only positions in
    # the memo differ.
    if "device" not in code:
        assert records(ours) == records(theirs)
        assert len(ours) == len(theirs)


def described(value: object) -> object:
    """Turn what was loaded into what can be compared between libraries."""
    kind = type(value).__name__
    if hasattr(value, "detach"):
        return (kind, str(value.dtype), tuple(value.shape), value.stride(), value.storage_offset(),
                value.requires_grad, value.detach().numpy().tolist(), sorted(value.__dict__))
    if isinstance(value, dict):
        return kind, [(key, described(one)) for key, one in value.items()]
    if isinstance(value, list | tuple):
        return kind, list(map(described, value))
    return kind, repr(value)


@pytest.mark.parametrize(("code", "is_new"), [
    (code, is_new) for code in VALUES for is_new in (True, False)
    if is_new or "untyped_storage" not in code  # PyTorch cannot read its own
])
def test_each_reads_the_other(
    tapegrad: ModuleType, reference: ModuleType, code: str, is_new: bool
) -> None:
    """All four ways between the libraries give the same values, classes, strides and offsets."""
    libraries = (tapegrad, reference)
    files = [saved(one, evaluate(code, one), _use_new_zipfile_serialization=is_new)
             for one in libraries]
    results = [described(loaded(one, data, weights_only="np." not in code))
               for one in libraries for data in files]

    assert results[1:] == results[:1] * 3


@pytest.mark.parametrize("is_new", [True, False], ids=["zip", "legacy"])
def test_views_share_memory_again(torch: ModuleType, is_new: bool) -> None:
    """Two views of one storage are two views of one storage after loading."""
    x = torch.arange(6.0)
    whole, part = loaded(torch, saved(torch, [x, x[2:]], _use_new_zipfile_serialization=is_new))
    part[0] = 9

    assert whole.tolist() == [0, 1, 9, 3, 4, 5]
    assert part.storage_offset() == 2


def test_a_slice_of_an_array_is_saved_alone(tapegrad: ModuleType) -> None:
    """What else lies in the memory of a NumPy array does not get into the file."""
    large = np.arange(10_000.0)
    data = saved(tapegrad, tapegrad.from_numpy(large[5:8]))

    assert len(data) < 4000


def test_two_dtypes_over_one_memory(torch: ModuleType) -> None:
    """A file cannot say that a storage has two dtypes."""
    x = torch.arange(4.0)

    with pytest.raises(RuntimeError, match="view the same data as different types"):
        saved(torch, [x, x.view(torch.int32)])


def test_other_pickle_modules_and_protocols(torch: ModuleType) -> None:
    """The pickle may be of any protocol, by any module that looks like pickle."""
    import pickle

    value = {"x": torch.arange(3.0), "kind": torch.float32}
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        data = saved(torch, value, pickle_protocol=protocol, pickle_module=pickle)
        back = loaded(torch, data, weights_only=False)

        assert_same(back["x"], value["x"])
        assert back["kind"] is torch.float32


def test_bfloat16_becomes_float32(tapegrad: ModuleType, reference: ModuleType) -> None:
    """Values of a dtype that is not here arrive in the one that holds them all, with a warning."""
    x = reference.randn(3, 4).to(reference.bfloat16)
    for is_new in (True, False):
        data = saved(reference, [x, x.t()[1:]], _use_new_zipfile_serialization=is_new)
        with pytest.warns(UserWarning, match="bfloat16.*loaded as torch.float32"):
            whole, part = loaded(tapegrad, data)

        assert whole.dtype is tapegrad.float32
        assert whole.tolist() == x.float().tolist()
        assert part.tolist() == x.t()[1:].float().tolist() and part.stride() == (1, 4)


@pytest.mark.parametrize("dtype", ["complex64", "uint16", "float8_e5m2"])
@pytest.mark.parametrize("is_new", [True, False], ids=["zip", "legacy"])
def test_missing_dtypes_are_named(
    tapegrad: ModuleType, reference: ModuleType, dtype: str, is_new: bool
) -> None:
    """A file with a dtype that is not here is refused with the dtype's name."""
    x = reference.ones(2).to(getattr(reference, dtype))
    for value in (x, x.dtype):
        data = saved(reference, value, _use_new_zipfile_serialization=is_new)

        for is_restricted in (True, False):
            with pytest.raises(RuntimeError, match=f"torch.{dtype}.*does not have"):
                loaded(tapegrad, data, weights_only=is_restricted)


@pytest.mark.parametrize("order", ["big", "little"])
def test_byte_orders(torch: ModuleType, reference: ModuleType, order: str) -> None:
    """A file from a machine of another byte order is turned round; one without a mark is little."""
    from archives import with_records

    data = saved(reference, reference.arange(3.0))
    numbers = np.arange(3, dtype=">f4" if order == "big" else "<f4").tobytes()
    turned = with_records(data, byteorder=order.encode(), data__0=numbers)

    assert loaded(torch, turned).tolist() == [0, 1, 2]
    torch.serialization.set_default_load_endianness(
        torch.serialization.LoadEndianness[order.upper()])
    try:
        assert loaded(torch, with_records(turned, byteorder=None)).tolist() == [0, 1, 2]
    finally:
        torch.serialization.set_default_load_endianness(None)
