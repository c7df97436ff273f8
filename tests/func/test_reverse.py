"""``func``: transforms of functions and calls with other parameters, beside PyTorch's."""

import pytest
from beside import assert_alike
from support import evaluate

NAMES = """
import collections
F, nn = torch.func, torch.nn
x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 0.5, 1.0])
wanting, weight = x.clone().requires_grad_(), torch.ones(3, requires_grad=True)
def total(x): return (x**2).sum()
def square(x): return x**2
def mixed(x, y): return (x * y * y).sum()
def without(f):
    with torch.no_grad(): return f()
def pulled(result, *cotangents): return result[0], result[1](*cotangents), *result[2:]
linear = nn.Linear(3, 2)
with torch.no_grad(): linear.weight.fill_(0.5); linear.bias.fill_(0.25)
class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
        self.b.weight = self.a.weight
    def forward(self, x): return self.b(self.a(x))
"""

TRANSFORMS = [
    "F.grad(total)(x)", "F.grad(total)(wanting)", "F.grad(lambda x: (x * x * weight).sum())(x)",
    "F.grad(lambda x: (x * x + weight).sum())(x)", "without(lambda: F.grad(total)(wanting))",
    "F.grad(lambda x: without(lambda: total(x)))(x)",
    "F.grad(lambda x: total(x) + without(lambda: total(x)))(x)",
    "F.grad(lambda x: F.grad(lambda z: z**3)(x))(torch.tensor(2.0))",
    "F.grad(mixed, argnums=1)(x, y)", "F.grad(mixed, argnums=(0, 1))(x, y)",
    "F.grad(mixed, argnums=-1)(x, y)", "F.grad(mixed, argnums=2)(x, y)",
    "F.grad(mixed, argnums=(0, 0))(x, y)", "F.grad(mixed, argnums=1.0)(x, y)",
    "F.grad(mixed, argnums=())(x, y)", "F.grad(mixed, argnums=('a',))(x, y)", "F.grad(total)()",
    "list(F.grad(lambda d: (d['a'] * d['b'][0]).sum())({'a': x, 'b': [y]}).values())",
    "F.grad(lambda d: (d['a'] * d['b']).sum())({'a': x, 'b': 2})", "F.grad(square)(3)",
    "F.grad(mixed)(x, y=y)", "F.grad(lambda x: (total(x), x * 2), has_aux=True)(x)",
    "F.grad(lambda x: (total(x), 3), has_aux=True)(x)", "F.grad(total, has_aux=True)(x)",
    "F.grad(square)(x)", "F.grad(lambda x: (total(x),))(x)", "F.grad(lambda x: 1.0)(x)",
    "F.grad(lambda x: torch.ones(()))(x)", "F.grad(lambda x, y: total(x), argnums=(0, 1))(x, y)",
    "F.grad(lambda x: x.sum())(torch.tensor([1, 2]))", "F.grad(lambda x: x.mul_(2).sum())(x)",
    "F.grad(total).__name__", "F.grad_and_value(total)(x)",
    "F.grad_and_value(lambda x: (total(x), x * 2), has_aux=True)(x)",
    "pulled(F.vjp(square, x), y)", "pulled(F.vjp(lambda a, b: (a * b, a + b), x, y), (y, y))",
    "pulled(F.vjp(lambda a, b: (a * b, a + b), x, y), y, y)",
    "pulled(F.vjp(lambda a: {'o': a * 2}, x), y)", "pulled(F.vjp(lambda a: [a * 2], x), (y,))",
    "pulled(F.vjp(lambda a: (a * 2, a * 3), x, has_aux=True), y)",
    "pulled(F.vjp(square, x), y[:2])", "pulled(F.vjp(square, x), y.double())",
    "pulled(F.vjp(square, x), 3)", "F.vjp(square, x, has_aux=True)", "F.vjp(square)",
    "pulled(F.vjp(lambda x: torch.ones(3), x), y)", "F.vjp(lambda x: 1.0, x)",
    "F.vjp(lambda x: (x, 1), x)", "F.vjp(square, 3)",
    "pulled(F.vjp(lambda p: p[0] * p[1], [x, x]), x)", "pulled(F.vjp(lambda x: x * weight, x), y)",
    "F.jacrev(square)(x)", "F.jacrev(F.jacrev(square))(x)", "F.jacrev(square)(wanting)",
    "F.jacrev(lambda a, b: a * b, argnums=(0, 1))(x, y)",
    "F.jacrev(lambda a, b: a * b, argnums=1)(x, y)", "F.jacrev(lambda a: (a * a, a.sum()))(x)",
    "F.jacrev(lambda a: {'k': a * a})(x)['k']",
    "F.jacrev(lambda a: a['p'] * a['q'])({'p': x, 'q': y})['q']",
    "F.jacrev(lambda a: (a * a, a + 1), has_aux=True)(x)", "F.jacrev(square, chunk_size=2)(x)",
    "F.jacrev(square, chunk_size=0)(x)", "F.jacrev(lambda x: torch.ones(2))(x)",
    "F.jacrev(lambda x: 1)(x)", "F.jacrev(square)(torch.ones(0))",
    "F.jacrev(lambda a: a @ a)(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))",
    "F.jacrev(lambda x, y: x * y)(x, 2.0)", "F.jacrev(lambda x, y: x * 2, argnums=(0,))(x, x)",
    "F.hessian(total)(x)", "F.hessian(mixed, argnums=(0, 1))(x, y)", "F.hessian(lambda a: a**3)(x)",
]
CALLS = [
    "F.functional_call(linear, {'weight': linear.weight * 2}, x)",
    "F.functional_call(linear, {'weight': torch.ones(2, 3), 'bias': torch.zeros(2)}, (x,))",
    "F.functional_call(linear, {'weight': torch.ones(2, 3)}, kwargs={'input': x})",
    "F.functional_call(linear, ({'weight': torch.ones(2, 3)}, {'bias': torch.zeros(2)}), x)",
    "F.functional_call(linear, ({'weight': weight}, {'weight': weight}), x)",
    "F.functional_call(linear, {'foo': torch.ones(2, 3)}, x)",
    "F.functional_call(linear, {'weight': torch.ones(2, 3)}, x, strict=True)",
    "F.functional_call(linear, {'weight': weight, 'bias': x, 'u': x}, x, strict=True)",
    "F.functional_call(nn.Sequential(linear), {'0.foo': x, 'b': x}, x, strict=True)",
    "F.functional_call(3, {'weight': torch.ones(2, 3)}, x)", "F.functional_call(linear, 3, x)",
    "F.functional_call(linear, {'weight': 3}, x)", "F.functional_call(linear, (3, 4), x)",
    "F.functional_call(linear, {'foo.weight': x}, x)", "F.functional_call(linear, {'': x}, x)",
    "F.functional_call(nn.Sequential(linear), {'0': x}, x)",
    "F.functional_call(linear, {'in_features': x}, x)",
    "list(F.grad(lambda p: F.functional_call(linear, p, (x,)).sum())("
    "dict(linear.named_parameters())).values())",
    "F.functional_call(Tied(), {'a.weight': torch.ones(3, 3)}, x)",
    "F.functional_call(Tied(), {'a.weight': torch.ones(3, 3)}, x, strict=True)",
    "F.functional_call(Tied(), {'a.weight': torch.ones(3, 3)}, x, tie_weights=False).shape",
    "F.functional_call(Tied(), {'b.weight': torch.ones(3, 3)}, x, strict=True, tie_weights=False)",
    "F.functional_call(Tied(), {'a.weight': (o := torch.ones(3, 3)), 'b.weight': o}, x)",
    "F.functional_call(Tied(), {'a.weight': torch.ones(3, 3), 'b.weight': torch.ones(3, 3)}, x)",
    "F.functional_call(Tied(), {'a.weight': torch.ones(2, 2)}, x)",
    "F.stack_module_state([])", "F.stack_module_state([nn.Linear(2, 1), nn.ReLU()])",
    "F.stack_module_state([nn.Linear(2, 1), nn.Linear(2, 1).eval()])",
    "F.stack_module_state([nn.Linear(2, 1), nn.Linear(2, 1)])[0]['weight'].shape",
    "list(F.stack_module_state([nn.BatchNorm1d(2), nn.BatchNorm1d(2)])[1].values())",
]


@pytest.mark.parametrize("call", [*TRANSFORMS, *CALLS])
def test_result_is_pytorchs(torch, reference, call):
    """Numbers, nesting and refusals are the same."""
    assert_alike(f"{NAMES}\n{call}", torch, reference)


@pytest.mark.parametrize("call", [
    "F.grad(total)(x)", "F.grad(total)(wanting)", "F.grad(lambda x: (x * x * weight).sum())(x)",
    "F.grad(lambda x: (x * x + weight).sum())(x)", "without(lambda: F.grad(total)(wanting))",
    "F.vjp(square, x)[0]", "F.vjp(lambda x: x * weight, x)[0]", "F.jacrev(square)(wanting)",
    "F.vjp(square, x)[1](weight)[0]",
])
def test_results_are_on_the_tape_where_pytorchs_are(torch, reference, call):
    """A transform's own graph stays inside; what the surroundings want gradients of goes on."""
    assert_alike(f"{NAMES}\n({call}).requires_grad", torch, reference)


def test_known_numbers(torch):
    """The third derivative of x⁴ at 2, by nested transforms."""
    code = f"{NAMES}\nF.grad(F.grad(F.grad(lambda x: x**4)))(torch.tensor(2.0))"

    assert evaluate(code, torch).item() == 48.0


def test_gradient_of_a_gradient_reaches_captured_tensors(torch, reference):
    """What a transform returns can be swept back to tensors that the function closes over."""
    assert_alike(f"{NAMES}\nF.grad(lambda x: (x**2 * weight).sum())(x).sum().backward()\n"
                 "weight.grad", torch, reference)


def test_module_is_whole_afterwards(torch):
    """Its own parameters are back after a call, also after one that failed."""
    module = torch.nn.Linear(3, 2)
    own = dict(module.named_parameters())
    torch.func.functional_call(module, {"weight": torch.ones(2, 3)}, torch.ones(3))
    with pytest.raises(RuntimeError):
        torch.func.functional_call(module, {"weight": torch.ones(5, 5)}, torch.ones(3))

    assert all(value is own[name] for name, value in module.named_parameters())


def test_buffers_are_written_in_the_given_tensors(torch):
    """Running statistics of a call go into the tensors that it was given."""
    norm, mean = torch.nn.BatchNorm1d(2), torch.zeros(2)
    torch.func.functional_call(norm, {"running_mean": mean}, torch.tensor([[1.0, 2], [3, 4]]))

    assert mean.tolist() == pytest.approx([0.2, 0.3]) and norm.running_mean.tolist() == [0, 0]
