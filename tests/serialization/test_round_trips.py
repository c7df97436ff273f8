"""Any containers of any tensors go round through both formats, and through PyTorch."""

from types import ModuleType
from typing import Any

from archives import loaded, saved
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
# Protocol 2 writes empty bytes as a call of ``bytes``, which PyTorch does not allow either.
plain = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(),
    st.binary(min_size=1), st.complex_numbers(allow_nan=False),
    st.sampled_from(["dtype", "size", "device"]))
keys = st.one_of(st.text(), st.integers(), st.tuples(st.integers(), st.text()),
                 st.binary(min_size=1))


@st.composite
def views(draw: Any) -> tuple:
    """Draw which storage a tensor lies over, and with which sizes, strides and offset."""
    sizes = draw(st.lists(st.integers(1, 3), max_size=3))
    strides = draw(st.lists(st.integers(0, 4), min_size=len(sizes), max_size=len(sizes)))
    last = sum(max(n - 1, 0) * step for n, step in zip(sizes, strides, strict=True))
    return ("view", draw(st.integers(0, 2)), tuple(sizes), tuple(strides),
            draw(st.integers(0, 29 - last)), draw(st.sampled_from(["tensor", "parameter", "grad"])))


values = st.recursive(
    st.one_of(plain, views()),
    lambda one: st.one_of(
        st.lists(one, max_size=3), st.dictionaries(keys, one, max_size=3),
        st.tuples(one, one), st.sets(keys, max_size=3)),
    max_leaves=8)


def built(torch: ModuleType, value: Any, storages: list) -> Any:
    """Turn a drawn description into objects of a library."""
    if isinstance(value, tuple) and value and value[0] == "view":
        _, number, sizes, strides, offset, kind = value
        view = storages[number].as_strided(sizes, strides, offset)
        if not view.is_floating_point() or kind == "tensor":
            return view
        return torch.nn.Parameter(view) if kind == "parameter" else view.detach().requires_grad_()
    if isinstance(value, str) and value in ("dtype", "size", "device"):
        return {"dtype": torch.float16, "size": torch.Size([2]), "device": torch.device("cpu")}[
            value]
    if isinstance(value, dict):
        return {key: built(torch, one, storages) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(built(torch, one, storages) for one in value)
    return value


def described(value: Any, torch: ModuleType, places: dict) -> Any:
    """Say what an object is, with storages numbered as they are first met."""
    if isinstance(value, torch.Tensor):
        storage = value.untyped_storage()
        place = places.setdefault(storage.data_ptr(), len(places)) if storage.nbytes() else None
        geometry = tuple(value.shape), value.stride(), value.storage_offset()
        return (type(value).__name__, place, storage.nbytes(), str(value.dtype),
                value.requires_grad, geometry, value.tolist())
    if isinstance(value, torch.Size):
        return repr(value)
    if isinstance(value, dict):
        return [(key, described(one, torch, places)) for key, one in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [described(one, torch, places) for one in value]
    return value if isinstance(value, set) else repr(value)


@settings(max_examples=60, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(value=values, dtypes=st.lists(st.sampled_from(DTYPES), min_size=3, max_size=3),
       is_new=st.booleans())
def test_round_trips(
    tapegrad: ModuleType, reference: ModuleType, value: Any, dtypes: list[str], is_new: bool
) -> None:
    """What either library reads of either one's file is what was saved."""
    libraries = (tapegrad, reference)
    results, files = [], []
    for torch in libraries:
        storages = [torch.arange(30).to(getattr(torch, dtype)) for dtype in dtypes]
        made = built(torch, value, storages)
        results.append(described(made, torch, {}))
        files.append(saved(torch, made, _use_new_zipfile_serialization=is_new))
    for torch in libraries:
        results += [described(loaded(torch, data), torch, {}) for data in files]

    assert results[1:] == results[:1] * 5
