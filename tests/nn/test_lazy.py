"""Lazy modules beside PyTorch: what they print, refuse, become, and save."""

import copy
import pickle

import pytest
from beside import assert_alike
from support import assert_same

LAYERS = {
    "LazyLinear(4)": "(3, 5)", "LazyLinear(4, bias=False)": "(2, 3, 5)",
    "LazyConv1d(4, 3, padding=1)": "(2, 3, 5)", "LazyConv1d(4, 3, groups=2)": "(2, 5)",
    "LazyConv2d(4, 2, 2, bias=False)": "(2, 3, 5, 5)",
    "LazyConv3d(4, 2, padding=1, padding_mode='replicate')": "(2, 3, 2, 3, 2)",
    "LazyConvTranspose1d(4, 3, dilation=2)": "(2, 3, 5)",
    "LazyConvTranspose2d(4, 2, 2, output_padding=1)": "(3, 5, 4)",
    "LazyConvTranspose3d(4, 2, groups=2)": "(2, 4, 2, 3, 2)",
    "LazyBatchNorm1d()": "(3, 5)", "LazyBatchNorm2d(affine=False)": "(3, 5, 2, 2)",
    "LazyBatchNorm3d(track_running_stats=False)": "(3, 2, 2, 2, 3)",
    "LazyBatchNorm1d(bias=False)": "(3, 5, 2)",
    "LazyInstanceNorm1d()": "(3, 5, 4)", "LazyInstanceNorm2d(affine=False)": "(3, 5, 2, 2)",
    "LazyInstanceNorm3d(1e-2, None)": "(3, 5, 2, 2, 1)",
}  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS)
def test_layer(torch, reference, layer):
    """Before and after the first input a layer is what it is in PyTorch."""
    assert_alike(f"""
m = torch.nn.{layer}
before = repr(m), [repr(v) for v in m.state_dict().values()][:2], m.has_uninitialized_params()
torch.manual_seed(1)
y = m(torch.randn{LAYERS[layer]})
y.sum().backward()
(*before, y, repr(m), *[(k, v) for k, v in m.state_dict().items()], len(m._forward_pre_hooks),
 len(m._load_state_dict_pre_hooks), *[p.grad for p in m.parameters()], hasattr(m, "_load_hook"))
""", torch, reference)


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if "InstanceNorm" not in layer])
def test_state_gives_the_shape(torch, layer):
    """A lazy layer takes shapes and values from a state, and an uninitialised state leaves it."""
    x = torch.randn(eval(LAYERS[layer]))
    known = eval(f"torch.nn.{layer}", {"torch": torch})
    known(x)
    lazy, other = (eval(f"torch.nn.{layer}", {"torch": torch}) for _ in range(2))
    lazy.load_state_dict(other.state_dict())
    lazy.load_state_dict(known.state_dict())

    assert not lazy.has_uninitialized_params()
    assert_same(lazy.eval()(x), known.eval()(x))
    assert type(lazy) is type(known)


@pytest.mark.parametrize("code", [
    "p.shape", "p + 1", "p.numel()", "p.detach()", "p.dim()", "p == p", "bool(p)",
    "p.zero_()", "p.mean()", "p.clone()", "-p", "abs(p)", "p.stride()", "p.is_contiguous()",
    "repr(p)", "p.requires_grad", "str(p.dtype)",
    "repr(torch.nn.UninitializedBuffer())", "str(m.double().weight.dtype)",
    "torch.nn.Linear(3, 4).load_state_dict(m.state_dict())",
    "m.weight.materialize((2, 3)); (type(p).__name__, tuple(p.shape), p.requires_grad)",
    "torch.nn.LazyConv2d(3, 2)(torch.ones(3))",
    "torch.nn.LazyConv2d(4, 2, groups=2)(torch.ones(1, 3, 5, 5))",
    "torch.nn.LazyBatchNorm2d()(torch.ones(3, 4))",
    "torch.nn.LazyInstanceNorm1d()(torch.ones(3))",
    "b = torch.nn.UninitializedBuffer(); b.materialize((2,)); type(b).__name__, tuple(b.shape)",
    "torch.nn.LazyConvTranspose1d(3, 2, padding_mode='reflect')",
    "tuple(p.size()), p.size(0)", "torch.nn.utils.spectral_norm(m)",
    "import warnings\nwarnings.simplefilter('ignore')\ntorch.nn.utils.weight_norm(m)",
])  # fmt: skip
def test_uninitialized(torch, reference, code):
    """What has no shape yet answers or refuses as in PyTorch."""
    assert_alike(f"m = torch.nn.LazyLinear(4)\np = m.weight\n{code}", torch, reference)


def mixin(torch):
    """Give the base of lazy modules."""
    return next(base for base in torch.nn.LazyLinear.__mro__ if base.__name__ == "LazyModuleMixin")


def test_own_lazy_module(torch):
    """The mixin asks for the sizes, checks that all are there, and keeps the class if told so."""
    class Scale(mixin(torch), torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.UninitializedParameter(dtype=torch.float64)

        def initialize_parameters(self, x, by=1.0):
            if x.dim():
                self.scale.materialize(x.shape)
                torch.nn.init.constant_(self.scale, by)

        def forward(self, x, by=1.0):
            return x * self.scale

    m = Scale()
    with pytest.raises(RuntimeError, match="module Scale has not been fully initialized"):
        m(torch.tensor(1.0))
    y = m(torch.ones(2), by=3.0)

    assert y.tolist() == [3.0, 3.0] and y.dtype is torch.float64 and type(m) is Scale


def test_missing_initialization(torch, reference):
    """A lazy module must say how it is initialised."""
    assert_alike("""
mixin = next(base for base in torch.nn.LazyLinear.__mro__ if base.__name__ == "LazyModuleMixin")
class Empty(mixin, torch.nn.Module):
    pass
Empty()(3)
""", torch, reference)


def test_copies_stay_uninitialized(torch):
    """A copied or pickled lazy module can still learn its size."""
    m = torch.nn.LazyBatchNorm1d(dtype=torch.float64)
    copied = copy.deepcopy(m)
    parameter = pickle.loads(pickle.dumps(m.weight))

    assert type(parameter) is torch.nn.UninitializedParameter
    assert copied(torch.ones(3, 2, dtype=torch.float64)).shape == (3, 2)
    assert m.has_uninitialized_params()


def test_optimizer_may_come_first(torch):
    """A parameter that is materialised stays the object that an optimizer holds."""
    m = torch.nn.LazyLinear(2)
    optimizer = torch.optim.SGD(m.parameters(), 0.1)
    m(torch.ones(1, 3)).sum().backward()
    before = m.weight.detach().clone()
    optimizer.step()

    assert_same(m.weight, before - 0.1, atol=1e-6)
