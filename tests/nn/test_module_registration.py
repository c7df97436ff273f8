"""How modules store what is assigned to them, and that programs may write to the registries."""

import abc
import gc
import inspect
import pickle
import weakref
from copy import copy, deepcopy
from types import ModuleType

import pytest
from support import assert_mistake


def plain_attributes(torch: ModuleType, module: object) -> list[str]:
    """Name what ``vars`` shows beyond an empty module."""
    return [name for name in vars(module) if name not in vars(torch.nn.Module())]


def test_parameters_are_registered_by_assignment(torch: ModuleType) -> None:
    """Parameters, buffers and modules go to their registries, other values to ``__dict__``."""
    module = torch.nn.Module()
    module.weight = torch.nn.Parameter(torch.ones(2))
    module.mean = torch.nn.Buffer(torch.zeros(2))
    module.child = torch.nn.ReLU()
    module.size = 3

    assert list(module._parameters) == ["weight"]
    assert list(module._buffers) == ["mean"]
    assert list(module._modules) == ["child"]
    assert plain_attributes(torch, module) == ["size"]


def test_vars_has_the_layout_of_pytorch(torch: ModuleType) -> None:
    """``__dict__`` shows the registries and plain attributes, in order, and no parameter."""
    layer = torch.nn.Linear(2, 3)

    assert list(vars(layer)) == [
        "training", "_parameters", "_buffers", "_non_persistent_buffers_set", "_backward_pre_hooks",
        "_backward_hooks", "_is_full_backward_hook", "_forward_hooks", "_forward_hooks_with_kwargs",
        "_forward_hooks_always_called", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs",
        "_state_dict_hooks", "_state_dict_pre_hooks", "_load_state_dict_pre_hooks",
        "_load_state_dict_post_hooks", "_modules", "in_features", "out_features",
    ]
    assert "weight" not in layer.__dict__
    assert layer.__dict__.get("weight") is None
    assert vars(torch.nn.ReLU()) == vars(torch.nn.ReLU())


def test_direct_writes_to_registries_take_effect(torch: ModuleType) -> None:
    """Every way to change a registry changes the attributes and what forward uses."""
    layer = torch.nn.Linear(2, 2)
    layer._parameters["weight"] = torch.nn.Parameter(torch.zeros(2, 2))
    layer._parameters["bias"] = None
    layer._buffers.update(seen=torch.ones(1))
    layer._modules.setdefault("child", torch.nn.ReLU())

    assert layer(torch.ones(1, 2)).tolist() == [[0.0, 0.0]]
    assert layer.bias is None
    assert layer.seen.item() == 1
    assert layer._modules.pop("child").__class__ is torch.nn.ReLU
    assert not hasattr(layer, "child")
    layer._buffers.clear()
    assert not hasattr(layer, "seen")
    del layer._parameters["weight"]
    assert not hasattr(layer, "weight")


@pytest.mark.parametrize("write", [
    lambda module, registry: setattr(module, "_parameters", registry),
    lambda module, registry: module.__dict__.__setitem__("_parameters", registry),
    lambda module, registry: module.__dict__.update(_parameters=registry),
    lambda module, registry: object.__setattr__(module, "_parameters", registry),
])
def test_a_registry_can_be_replaced(torch: ModuleType, write: object) -> None:
    """A plain dict put in a registry's place counts at once."""
    layer = torch.nn.Linear(2, 2)
    write(layer, {"other": torch.nn.Parameter(torch.ones(1))})
    layer._parameters["later"] = torch.nn.Parameter(torch.ones(1))

    assert not hasattr(layer, "weight")
    assert layer.other.item() == 1
    assert layer.later.item() == 1
    assert [name for name, _ in layer.named_parameters()] == ["other", "later"]


def test_writes_to_dict_are_attributes(torch: ModuleType) -> None:
    """``module.__dict__`` can be written, and values set past ``__setattr__`` are found."""
    module = torch.nn.Module()
    module.__dict__["x"] = 5
    object.__setattr__(module, "y", 6)

    assert (module.x, module.y) == (5, 6)
    assert module.__dict__.pop("y") == 6
    del module.__dict__["x"]
    assert not hasattr(module, "x")
    assert not hasattr(module, "y")


def test_dict_can_be_replaced(torch: ModuleType) -> None:
    """A module gets the attributes of another through ``__dict__``."""
    layer = torch.nn.Linear(2, 2)
    other = torch.nn.Linear.__new__(torch.nn.Linear)
    other.__dict__ = layer.__dict__.copy()

    assert other.weight is layer.weight
    assert other(torch.ones(1, 2)).shape == (1, 2)


def test_replacing_changes_the_kind(torch: ModuleType) -> None:
    """A name means the last thing assigned to it; None keeps a parameter's name registered."""
    module = torch.nn.Module()
    module.x = 1
    module.x = torch.nn.ReLU()
    module.x = torch.nn.Parameter(torch.ones(1))

    assert list(module._parameters) == ["x"]
    assert list(module._modules) == []
    assert plain_attributes(torch, module) == []
    module.x = None
    assert module.x is None
    assert module._parameters == {"x": None}
    del module.x
    module.x = 3
    assert plain_attributes(torch, module) == ["x"]


def test_buffers_keep_whether_they_persist(torch: ModuleType) -> None:
    """A tensor assigned to a buffer's name keeps its persistence; a new Buffer brings its own."""
    module = torch.nn.Module()
    module.x = torch.nn.Buffer(torch.ones(1), persistent=False)
    module.x = torch.zeros(2)
    assert module._non_persistent_buffers_set == {"x"}
    assert list(module.state_dict()) == []

    module.x = torch.nn.Buffer(torch.zeros(3))

    assert module._non_persistent_buffers_set == set()
    assert list(module.state_dict()) == ["x"]


def test_shallow_copies_share_registries(torch: ModuleType) -> None:
    """``copy.copy`` shares the registries, so a parameter replaced in one is replaced in both."""
    layer = torch.nn.Linear(2, 2)
    other = copy(layer)
    other.weight = torch.nn.Parameter(torch.zeros(2, 2))

    assert other._parameters is layer._parameters
    assert layer.weight is other.weight

    other._parameters = other._parameters.copy()
    other.weight = torch.nn.Parameter(torch.ones(2, 2))
    assert layer.weight is not other.weight


def tied_model(torch: ModuleType) -> object:
    """Build two layers that share a weight."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    model[1].weight = model[0].weight
    model.register_buffer("seen", torch.zeros(1), persistent=False)
    model.itself = [model]
    return model


@pytest.mark.parametrize("duplicate", [
    deepcopy,
    *(lambda model, n=n: pickle.loads(pickle.dumps(model, n)) for n in range(6)),
], ids=["deepcopy", *(f"pickle{n}" for n in range(6))])
def test_copies_keep_ties_and_are_separate(torch: ModuleType, duplicate: object) -> None:
    """Deep copies and pickles keep shared weights shared, and share nothing with the original."""
    model = tied_model(torch)
    other = duplicate(model)
    other[0].weight.data.fill_(3.0)

    assert other[1].weight is other[0].weight
    assert model[0].weight is not other[0].weight
    assert other.itself[0] is other
    assert list(vars(other)) == list(vars(model))
    assert [name for name, _ in other.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert other(torch.ones(1, 2)).shape == (1, 2)
    other[0]._parameters["weight"] = torch.nn.Parameter(torch.zeros(2, 2))
    assert other[0].weight.sum().item() == 0


def test_pickles_have_plain_registries(torch: ModuleType) -> None:
    """What is pickled is PyTorch's layout: plain dicts."""
    _, (kind,), state, *_ = torch.nn.Linear(2, 2).__reduce_ex__(2)
    plain = pickle.loads(pickle.dumps(dict(state)))

    assert kind is torch.nn.Linear
    assert {type(plain[name]) for name in ("_parameters", "_buffers", "_modules")} == {dict}
    assert list(plain["_parameters"]) == ["weight", "bias"]


def test_state_may_leave_attributes_out(torch: ModuleType) -> None:
    """A ``__getstate__`` that edits a copy of ``__dict__`` works, and old states are completed."""
    state = torch.nn.Linear(1, 1).__getstate__()
    kept = {name: value for name, value in dict(state).items() if "hooks" not in name}
    layer = torch.nn.Linear.__new__(torch.nn.Linear)
    layer.__setstate__({**kept, "_backward_hooks": {}, "_forward_hooks": {}})

    assert layer(torch.ones(1, 1)).shape == (1, 1)
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_modules_are_freed_by_their_last_reference(torch: ModuleType) -> None:
    """No cycle keeps a module or its parameters alive."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    references = [weakref.ref(model), weakref.ref(model[0]), weakref.ref(model[0].weight)]
    gc.disable()
    del model
    alive = [reference() for reference in references]
    gc.enable()

    assert alive == [None, None, None]


def test_dir_lists_everything_once(torch: ModuleType) -> None:
    """``dir`` has registered names and leaves out numbers, which are no attribute names."""
    names = dir(torch.nn.Sequential(torch.nn.ReLU()))

    assert "0" not in names
    assert {"weight", "bias", "forward", "in_features"} <= set(dir(torch.nn.Linear(1, 1)))
    assert len(names) == len(set(names))


def test_class_attributes_come_first(torch: ModuleType) -> None:
    """A class attribute hides an entry that is written to the registry, as ordinary lookup does."""
    class Named(torch.nn.Module):
        size = 3

    module = Named()
    module._parameters["size"] = torch.nn.Parameter(torch.ones(1))

    assert module.size == 3


def test_conversion_keeps_identity(torch: ModuleType) -> None:
    """``double`` changes parameters and gradients in place and leaves integers alone."""
    layer = torch.nn.BatchNorm1d(2)
    layer(torch.tensor([[0.0, 1.0], [2.0, 4.0]])).sum().backward()
    weight, grad = layer.weight, layer.weight.grad
    layer.double()

    assert layer.weight is weight
    assert weight.grad is grad
    assert (weight.dtype, grad.dtype) == (torch.float64, torch.float64)
    assert layer.running_mean.dtype is torch.float64
    assert layer.num_batches_tracked.dtype is torch.int64
    assert layer.to(torch.float16).weight.dtype is torch.float16
    assert layer.to("cpu", torch.float32).weight.dtype is torch.float32
    assert layer.to(torch.ones(1).double()).weight.dtype is torch.float64
    assert layer.float().bias.dtype is torch.float32
    assert layer.type(torch.float64).bias.dtype is torch.float64


def test_names_of_members(torch: ModuleType) -> None:
    """Tied members are listed once unless asked otherwise, with a prefix if given."""
    model = tied_model(torch)
    relu = torch.nn.ReLU()
    nested = torch.nn.Sequential(relu, relu, torch.nn.Sequential(relu))

    def parameter_names(*args: object, **kwargs: object) -> list[str]:
        return [name for name, _ in model.named_parameters(*args, **kwargs)]

    assert parameter_names("p") == ["p.0.weight", "p.0.bias", "p.1.bias"]
    assert parameter_names(recurse=False) == []
    assert "1.weight" in parameter_names(remove_duplicate=False)
    assert [name for name, _ in model.named_buffers()] == ["seen"]
    assert [name for name, _ in nested.named_modules()] == ["", "0", "2"]
    assert [name for name, _ in nested.named_modules(prefix="p", remove_duplicate=False)] == [
        "p", "p.0", "p.1", "p.2", "p.2.0"]
    assert len(list(nested.children())) == 2
    assert len(list(nested.modules())) == 3


def test_submodules_by_name(torch: ModuleType) -> None:
    """Dotted names find and replace."""
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Sequential(torch.nn.BatchNorm1d(1)))

    assert model.get_submodule("") is model
    assert model.get_submodule("1.0") is model[1][0]
    assert model.get_parameter("0.weight") is model[0].weight
    assert model.get_buffer("1.0.running_mean") is model[1][0].running_mean
    model.set_submodule("1.0", torch.nn.ReLU())
    model.set_submodule("1.new", torch.nn.Tanh())
    assert [type(module).__name__ for module in model[1]] == ["ReLU", "Tanh"]


def test_walks(torch: ModuleType) -> None:
    """``apply`` goes from the leaves up; modes and freezing reach everything."""
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Dropout())
    order = []
    model.apply(lambda module: order.append(type(module).__name__))

    assert order == ["Linear", "Dropout", "Sequential"]
    assert [module.training for module in model.eval().modules()] == [False] * 3
    assert [p.requires_grad for p in model.requires_grad_(False).parameters()] == [False] * 2


def test_zero_grad(torch: ModuleType) -> None:
    """Gradients are dropped, or filled with zeros."""
    layer = torch.nn.Linear(1, 1)
    layer(torch.ones(1, 1)).sum().backward()
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad.tolist() == [[0.0]]

    layer.zero_grad()

    assert layer.weight.grad is None


def test_parameters(torch: ModuleType) -> None:
    """A parameter prints, copies and pickles as PyTorch's, and shares its data's memory."""
    data = torch.ones(2)
    parameter = torch.nn.Parameter(data)
    parameter.note = "kept by pickle"
    frozen = deepcopy(torch.nn.Parameter(data, requires_grad=False))

    assert repr(parameter) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert repr(torch.nn.Parameter()) == "Parameter containing:\ntensor([], requires_grad=True)"
    assert parameter.data_ptr() == data.data_ptr()
    assert type(frozen) is torch.nn.Parameter
    assert not frozen.requires_grad
    assert pickle.loads(pickle.dumps(parameter)).note == "kept by pickle"
    assert not hasattr(deepcopy(parameter), "note")
    assert isinstance(parameter, torch.Tensor)
    assert not isinstance(data, torch.nn.Parameter)


def test_buffers(torch: ModuleType) -> None:
    """A buffer is a marked tensor."""
    buffer = torch.nn.Buffer(torch.ones(1), persistent=False)

    assert type(buffer) is torch.Tensor
    assert isinstance(buffer, torch.nn.Buffer)
    assert not isinstance(torch.ones(1), torch.nn.Buffer)
    assert isinstance(pickle.loads(pickle.dumps(buffer)), torch.nn.Buffer)
    assert not buffer.persistent


def test_custom_tensors_stay_what_they_are(torch: ModuleType) -> None:
    """A parameter made of a tensor subclass keeps the subclass and counts as a parameter."""
    class Marked(torch.Tensor):
        pass

    data = torch.Tensor._make_subclass(Marked, torch.ones(2), False)
    if type(data.detach()) is not Marked:
        with pytest.raises(RuntimeError, match="requires that detach"):
            torch.nn.Parameter(data)
        return
    parameter = torch.nn.Parameter(data)

    assert type(parameter) is Marked
    assert isinstance(parameter, torch.nn.Parameter)


def test_cooperative_initialisation(torch: ModuleType) -> None:
    """``call_super_init`` passes the arguments on."""
    class Other:
        def __init__(self, x: int) -> None:
            self.x = x

    class Both(torch.nn.Module, Other):
        call_super_init = True

    assert Both(5).x == 5


BEFORE_INIT = "class M(torch.nn.Module):\n    def __init__(self):\n        {}\nM()"
MISTAKES = [
    ("torch.nn.Linear(1, 1).foo", AttributeError, "'Linear' object has no attribute 'foo'"),
    (BEFORE_INIT.format("self.w = torch.nn.Parameter(torch.ones(1))"), AttributeError,
     "cannot assign parameters before Module.__init__() call"),
    (BEFORE_INIT.format("self.m = torch.nn.ReLU()"), AttributeError,
     "cannot assign module before Module.__init__() call"),
    (BEFORE_INIT.format("self.register_buffer('b', None)"), AttributeError,
     "cannot assign buffer before Module.__init__() call"),
    (BEFORE_INIT.format("self.b = torch.nn.Buffer(torch.ones(1))"), AttributeError,
     "cannot assign buffer before Module.__init__() call"),
    ("torch.nn.Module(3)", TypeError,
     "Module.__init__() takes 1 positional argument but 2 were given"),
    ("torch.nn.Module(a=3)", TypeError,
     "Module.__init__() got an unexpected keyword argument 'a'"),
    ("torch.nn.Module()(3)", NotImplementedError,
     'Module [Module] is missing the required "forward" function'),
    ("torch.nn.Linear(1, 1).weight = torch.ones(1)", TypeError,
     "cannot assign 'torch.FloatTensor' as parameter 'weight' "
     "(torch.nn.Parameter or None expected)"),
    ("m = torch.nn.Module()\nm.b = torch.nn.Buffer(torch.ones(1))\nm.b = 3", TypeError,
     "cannot assign 'int' as buffer 'b' (torch.nn.Buffer, torch.Tensor or None expected)"),
    ("m = torch.nn.Module()\nm.c = torch.nn.ReLU()\nm.c = 3", TypeError,
     "cannot assign 'int' as child module 'c' (torch.nn.Module or None expected)"),
    ("m = torch.nn.Module()\nm.x = 1\nm.x = torch.nn.Buffer(torch.ones(1))", KeyError,
     "\"attribute 'x' already exists\""),
    ("torch.nn.Module().register_parameter('x', 3)", TypeError,
     "cannot assign 'int' object to parameter 'x' (torch.nn.Parameter or None required)"),
    ("torch.nn.Module().register_parameter(3, None)", TypeError,
     "parameter name should be a string. Got int"),
    ("torch.nn.Module().register_parameter('a.b', None)", KeyError,
     "'parameter name can\\'t contain \".\"'"),
    ("torch.nn.Module().register_buffer('', None)", KeyError,
     "'buffer name can\\'t be empty string \"\"'"),
    ("torch.nn.Module().register_buffer('x', 3)", TypeError,
     "cannot assign 'int' object to buffer 'x' (torch Tensor or None required)"),
    ("torch.nn.Module().add_module('x', 3)", TypeError, "int is not a Module subclass"),
    ("torch.nn.Module().add_module('training', None)", KeyError,
     "\"attribute 'training' already exists\""),
    ("torch.nn.Module().add_module('a.b', None)", KeyError,
     "'module name can\\'t contain \".\", got: a.b'"),
    ("torch.nn.Sequential().get_submodule('5')", AttributeError,
     "Sequential has no attribute `5`"),
    ("torch.nn.Sequential().get_submodule('training')", AttributeError,
     "`training` is not an nn.Module"),
    ("torch.nn.Linear(1, 1).get_parameter('training')", AttributeError,
     "`training` is not an nn.Parameter"),
    ("torch.nn.Linear(1, 1).get_buffer('weight')", AttributeError, "`weight` is not a buffer"),
    ("torch.nn.Sequential().set_submodule('', torch.nn.ReLU())", ValueError,
     "Cannot set the submodule without a target name!"),
    ("torch.nn.Sequential().set_submodule('0', 3)", ValueError,
     "`module` is not an nn.Module, found <class 'int'>"),
    ("torch.nn.Sequential().set_submodule('0', torch.nn.ReLU(), strict=True)", AttributeError,
     "Sequential has no attribute `0`"),
    ("torch.nn.ReLU().train(1)", ValueError, "training mode is expected to be boolean"),
    ("torch.nn.ReLU().to(torch.int64)", TypeError,
     "nn.Module.to only accepts floating point or complex dtypes, "
     "but got desired dtype=torch.int64"),
    ("torch.nn.ReLU().to(foo=1)", TypeError,
     "to() received an invalid combination of arguments - got (foo=int, ), but expected one of:"),
    ("torch.nn.Parameter(torch.ones(2).long())", RuntimeError,
     "Only Tensors of floating point and complex dtype can require gradients"),
    ("torch.nn.Parameter([1.0])", AttributeError, "'list' object has no attribute 'detach'"),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes(torch: ModuleType, code: str, error: type[Exception], text: str) -> None:
    """Every mistake raises PyTorch's class and text."""
    assert_mistake(torch, code, error, text)


def test_subclass_with_its_own_lookup_can_call_the_base(torch: ModuleType) -> None:
    """``super().__getattr__`` is there for a subclass that defines ``__getattr__``."""
    class Forwarding(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.Linear(2, 3)

        def __getattr__(self, name: str) -> object:
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(self.inner, name)

    module = Forwarding()

    assert module.out_features == 3
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'missing'"):
        _ = module.missing
    with pytest.raises(AttributeError, match="'ReLU' object has no attribute 'missing'"):
        _ = torch.nn.ReLU().missing


def test_what_is_registered_can_be_looked_up_by_hand(torch: ModuleType) -> None:
    """``self.__getattr__`` gives parameters, buffers and modules, and nothing else."""
    class Reading(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.plain = torch.nn.Linear(2, 3), 1
            self.register_buffer("mean", torch.zeros(2))

        def read(self, name: str) -> object:
            return self.__getattr__(name)

    module = Reading()

    assert module.read("inner") is module.inner
    assert module.read("mean") is module.mean
    assert torch.nn.Module.__getattr__(module.inner, "weight") is module.inner.weight
    for name in ("plain", "missing"):
        with pytest.raises(AttributeError, match=f"'Reading' object has no attribute '{name}'"):
            module.read(name)


class Named(abc.ABC):
    """A base that stands before ``Module`` in a list of bases."""

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Give a name."""


def test_another_base_first(torch: ModuleType) -> None:
    """A class may name ``abc.ABC`` or a class of its own before ``Module``, and be copied."""
    class Model(Named, torch.nn.Module):
        name = "model"

        def forward(self, x):
            return x + 1

    class Unnamed(Named, torch.nn.Module):
        pass

    for copied in (copy(Model()), deepcopy(Model()), Model.__new__(Model)):
        assert type(copied) is Model
    assert deepcopy(Model())(torch.ones(1)).item() == 2
    with pytest.raises(TypeError, match="Can't instantiate abstract class Unnamed"):
        Unnamed()


def test_signatures(torch: ModuleType) -> None:
    """A module takes anything, for it hands that on to ``forward``; a class takes what it says."""
    class Model(torch.nn.Module):
        def __init__(self, size: int = 1) -> None:
            super().__init__()

    assert str(inspect.signature(Model())) == "(*args, **kwargs)"
    assert list(inspect.signature(Model).parameters) == ["size"]
    assert list(inspect.signature(torch.nn.Identity).parameters) == ["args", "kwargs"]
