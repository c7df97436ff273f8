"""Whole modules and optimizers: pickled under PyTorch's names, in PyTorch's layout."""

import pickletools
from types import ModuleType

import pytest
from archives import loaded, records, saved
from support import assert_same, evaluate

MODELS = [
    "torch.nn.Linear(2, 3)", "torch.nn.Sequential(torch.nn.Conv1d(1, 2, 3), torch.nn.ReLU())",
    "torch.nn.ModuleDict({'a': torch.nn.GELU(), 'b': torch.nn.Embedding(3, 2, padding_idx=0)})",
    "torch.nn.ModuleList([torch.nn.BatchNorm2d(2), torch.nn.LayerNorm(3), torch.nn.Softmax(1)])",
    "m = torch.nn.Linear(2, 2); torch.nn.Sequential(m, m).eval()",
    "torch.nn.ParameterList([torch.ones(2)])", "torch.nn.MSELoss()", "torch.nn.Bilinear(2, 2, 2)",
    "torch.nn.GRUCell(2, 3)",
    "m = torch.nn.Linear(1, 1); m.note = {'kept': torch.ones(2)}; m",
]  # fmt: skip


@pytest.mark.parametrize("code", MODELS)
def test_files_of_modules_are_alike(
    tapegrad: ModuleType, reference: ModuleType, code: str
) -> None:
    """The pickle of a module is PyTorch's, byte for byte."""
    ours, theirs = (saved(library, evaluate(f"torch.manual_seed(0); {code}", library))
                    for library in (tapegrad, reference))

    assert records(ours) == records(theirs)


@pytest.mark.parametrize("code", [
    *MODELS, "torch.nn.MultiheadAttention(4, 2)", "torch.nn.LSTM(2, 3, proj_size=2)",
    "torch.nn.LSTM(2, 3, 2, bidirectional=True)", "torch.nn.GRU(2, 3, bias=False)",
    "torch.nn.RNN(2, 3, nonlinearity='relu')"])
def test_modules_go_both_ways(tapegrad: ModuleType, reference: ModuleType, code: str) -> None:
    """A module saved in one library is that module in the other, with the same state."""
    for writer, reader in ((tapegrad, reference), (reference, tapegrad), (tapegrad, tapegrad)):
        model = evaluate(f"torch.manual_seed(0); {code}", writer)
        back = loaded(reader, saved(writer, model), weights_only=False)

        assert repr(back) == repr(model)
        assert back.training == model.training
        assert_same(list(back.state_dict().values()), list(model.state_dict().values()))
        assert type(back).__module__.partition(".")[0] == reader.__name__


def test_recurrent_layers_compute_alike(tapegrad: ModuleType, reference: ModuleType) -> None:
    """A recurrent layer from the other library runs, and follows a weight that is replaced."""
    for writer, reader in ((tapegrad, reference), (reference, tapegrad)):
        layer = writer.nn.LSTM(2, 3, 2)
        back = loaded(reader, saved(writer, layer), weights_only=False)
        for one, library in ((layer, writer), (back, reader)):
            one.weight_hh_l1 = library.nn.Parameter(library.full((12, 3), 0.5))

        assert_same(back(reader.ones(4, 2))[0], layer(writer.ones(4, 2))[0], 1e-5, 1e-6)


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
@pytest.mark.parametrize("code", ["torch.nn.LazyLinear(3)", "torch.nn.LazyBatchNorm1d()"])
def test_lazy_modules_go_both_ways(
    tapegrad: ModuleType, reference: ModuleType, code: str
) -> None:
    """A module without shapes gets them in the library that reads it."""
    for writer, reader in ((tapegrad, reference), (reference, tapegrad), (tapegrad, tapegrad)):
        back = loaded(reader, saved(writer, evaluate(code, writer)), weights_only=False)
        back(reader.ones(2, 3))

        assert type(back).__name__ in ("Linear", "BatchNorm1d")


def test_names_of_all_classes(tapegrad: ModuleType, reference: ModuleType) -> None:
    """Every class that both libraries have is written under PyTorch's module and name."""
    from tapegrad.serialization.names import find_torch, torch_name

    for space in ("nn", "optim", "optim.lr_scheduler"):
        ours, theirs = tapegrad, reference
        for part in space.split("."):
            ours, theirs = getattr(ours, part, None), getattr(theirs, part)
        for name in dir(theirs):
            one, other = getattr(ours, name, None), getattr(theirs, name)
            if isinstance(one, type) and isinstance(other, type) and "torch" in other.__module__:
                assert torch_name(one) == (other.__module__, other.__qualname__), name
                assert find_torch(other.__module__, other.__qualname__) is one


def test_safe_globals(torch: ModuleType) -> None:
    """A class is built in restricted loading once the user says that it is safe."""
    data = saved(torch, torch.nn.Linear(2, 3))
    serialization = torch.serialization
    before = set(serialization.get_safe_globals())

    with pytest.raises(Exception, match="GLOBAL torch.nn.modules.linear.Linear was not an allowed"):
        loaded(torch, data)
    with serialization.safe_globals([torch.nn.Linear, set]):
        assert repr(loaded(torch, data)) == "Linear(in_features=2, out_features=3, bias=True)"
        assert set(serialization.get_safe_globals()) - before == {torch.nn.Linear, set}
    assert set(serialization.get_safe_globals()) == before
    serialization.add_safe_globals([(torch.nn.Linear, "torch.nn.modules.linear.Linear")])
    try:
        assert loaded(torch, data).in_features == 2
    finally:
        serialization.clear_safe_globals()
    for mark, error in ((("x",), ValueError), ((1, 2), TypeError)):
        with serialization.safe_globals([mark]), pytest.raises(error, match="Expected"):
            loaded(torch, data)


def test_arrays_when_marked_as_safe(torch: ModuleType) -> None:
    """NumPy's arrays come back as PyTorch's documentation says."""
    import numpy as np

    data = saved(torch, np.arange(3.0))
    needed = [np._core.multiarray._reconstruct, np.ndarray, np.dtype, type(np.dtype("f8"))]
    with torch.serialization.safe_globals(needed):
        assert loaded(torch, data).tolist() == [0, 1, 2]


def test_unsafe_globals_are_listed(torch: ModuleType) -> None:
    """What a file would need is found without unpickling it."""
    import io

    data = saved(torch, [torch.nn.Linear(1, 1), torch.nn.ReLU()])
    found = torch.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(data))

    assert sorted(found) == [
        "torch.nn.modules.activation.ReLU", "torch.nn.modules.linear.Linear"]
    with pytest.raises(ValueError, match="Expected input to be a checkpoint"):
        torch.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(b"x"))


def test_names_that_are_not_here(tapegrad: ModuleType, reference: ModuleType) -> None:
    """A class that tapegrad does not have is refused by name; PyTorch's own is never imported."""
    reference.serialization.set_crc32_options(False)
    try:
        data = saved(reference, reference.nn.Identity).replace(b"Identity", b"Idontity")
    finally:
        reference.serialization.set_crc32_options(True)

    with pytest.raises(AttributeError, match="'Idontity'.*what tapegrad does not have"):
        loaded(tapegrad, data, weights_only=False)


class Own:
    """A class of the user's."""

    def __init__(self, value: object) -> None:
        self.value = value


def test_classes_of_the_user(torch: ModuleType) -> None:
    """A user's class keeps its own name."""
    data = saved(torch, Own(torch.ones(2)))
    names = {argument for opcode, argument, _ in pickletools.genops(
        records(data)["archive/data.pkl"]) if opcode.name == "GLOBAL"}

    assert f"{Own.__module__} Own" in names
    assert loaded(torch, data, weights_only=False).value.tolist() == [1, 1]


def test_optimizers(torch: ModuleType) -> None:
    """An optimizer comes back whole, over the parameters that it was saved with."""
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    other_model, other = loaded(torch, saved(torch, [model, optimizer]), weights_only=False)

    assert other.param_groups[0]["params"][0] is other_model.weight
    assert_same(other.state_dict()["state"][0]["momentum_buffer"],
                optimizer.state_dict()["state"][0]["momentum_buffer"])
