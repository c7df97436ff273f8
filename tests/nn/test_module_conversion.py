"""What converts, moves or copies a module as a whole."""

import inspect
from types import ModuleType

import pytest
from support import assert_mistake


def test_names_and_arguments(torch: ModuleType, reference: ModuleType) -> None:
    """Every public method of PyTorch's Module is there, with its arguments and defaults."""
    for name, method in inspect.getmembers(reference.nn.Module, inspect.isfunction):
        if name.startswith("_"):
            continue
        ours, theirs = (
            [(one.name, one.kind, one.default) for one in inspect.signature(function)
             .parameters.values()] for function in (getattr(torch.nn.Module, name), method))

        assert ours == theirs, name


def test_conversions_without_tensors(torch: ModuleType) -> None:
    """Where there is nothing to convert, every conversion gives the module back."""
    module = torch.nn.ReLU()

    for name in ("half", "bfloat16", "cuda", "xpu", "mtia", "ipu", "share_memory"):
        assert getattr(module, name)() is module


def test_types(torch: ModuleType) -> None:
    """``type`` converts integers too, ``half`` only what is floating-point."""
    dtypes = [
        {str(tensor.dtype) for tensor in module.state_dict().values()}
        for module in (torch.nn.BatchNorm1d(2).type(torch.float64), torch.nn.BatchNorm1d(2).half())
    ]

    assert dtypes == [{"torch.float64"}, {"torch.float16", "torch.int64"}]


@pytest.mark.filterwarnings("ignore:tapegrad runs programs as they are written")
def test_compile_keeps_the_module(torch: ModuleType) -> None:
    """``compile`` changes the module in place and gives nothing back."""
    assert torch.nn.Linear(1, 1).compile(backend="eager") is None
    assert torch.nn.Module._compiled_call_impl is None


def test_replicas(torch: ModuleType) -> None:
    """A replica has no parameters of its own; its buffers and sub-modules may be replaced."""
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.ReLU())
    model.scale = torch.nn.Parameter(torch.ones(1))
    replica = model._replicate_for_data_parallel()
    replica._modules["1"] = torch.nn.Tanh()

    assert type(replica) is torch.nn.Sequential
    assert list(replica.parameters()) == list(model[0].parameters())
    assert not hasattr(replica, "scale")
    assert type(model[1]) is torch.nn.ReLU


MISTAKES = [
    ("torch.nn.Linear(1, 1).type(torch.int32)", RuntimeError,
     "data set to a tensor that requires gradients must be floating point or complex dtype"),
    ("x = torch.ones(1, requires_grad=True) * 1\nx.data = torch.ones(1, dtype=torch.bool)",
     RuntimeError,
     "data set to a tensor that requires gradients must be floating point or complex dtype"),
    ("torch.nn.Linear(1, 1).type(3)", TypeError, "dtype must be a type, str, or dtype object"),
    ("torch.nn.Linear(1, 1).to_empty()", TypeError,
     "Module.to_empty() missing 1 required keyword-only argument: 'device'"),
    ("torch.nn.Linear(1, 1).load_state_dict()", TypeError,
     "Module.load_state_dict() missing 1 required positional argument: 'state_dict'"),
    ("m = torch.nn.ReLU()\nm.register_full_backward_hook(lambda m, gi, go: torch.ones(3, 1))\n"
     "m(torch.ones(3, 1, requires_grad=True)).sum().backward()", RuntimeError,
     "Backward hook returned an invalid number of grad_input, got 3, but expected 1"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes(torch: ModuleType, code: str, error: type[Exception], text: str) -> None:
    """Every mistake raises PyTorch's class and text."""
    assert_mistake(torch, code, error, text)


@pytest.mark.parametrize("call", [
    "'cpu', copy=True", "torch.float64, copy=False", "torch.ones(2), copy=True", "copy=True",
    "'cpu', torch.float32, False, True", "torch.float32, False, True", "torch.ones(2), True, False",
])
def test_no_copy(torch: ModuleType, call: str) -> None:
    """A module is converted in place; that it should be copied is refused, also where it is not."""
    assert_mistake(torch, f"torch.nn.Linear(2, 2).to({call})", RuntimeError,
                   ".to() does not accept copy argument")
