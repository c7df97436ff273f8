"""``func``: products of Jacobians with tangents, and Jacobians by columns, beside PyTorch's."""

import pytest
from beside import assert_alike

NAMES = """
F = torch.func
x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 0.5, 1.0])
weight = torch.ones(3, requires_grad=True)
def square(x): return x**2
def both(a, b): return a * b.sin(), a.sum()
def linear(f, *primals, by):
    value, product = F.linearize(f, *primals)
    return value, product(*by), product(*by)
"""

CALLS = [
    "F.jvp(square, (x,), (y,))", "F.jvp(both, (x, y), (y, x))", "F.jvp(torch.exp, (x,), (y,))",
    "F.jvp(lambda d: {'o': d['a'] * d['b'][0]}, ({'a': x, 'b': [y]},), ({'a': y, 'b':"
    " [x]},))[1]['o']", "F.jvp(lambda a: (a * 2, a * 3), (x,), (y,), has_aux=True)",
    "F.jvp(lambda a: (a * 2, 3), (x,), (y,), has_aux=True)",
    "F.jvp(square, (x,), (y,), has_aux=True)", "F.jvp(lambda a: torch.ones(2), (x,), (y,))",
    "F.jvp(lambda a: a.floor(), (x,), (y,))",
    "F.jvp(lambda a: torch.ones(2), (x,), (y,), strict=True)",
    "F.jvp(lambda a: a.long(), (x,), (y,))",
    "F.jvp(lambda a: F.jvp(square, (a,), (y,))[1], (x,), (y,))",
    "F.jvp(F.grad(lambda a: (a**3).sum()), (x,), (y,))",
    "F.grad(lambda a: F.jvp(lambda z: z**3, (a,), (y,))[1].sum())(x)",
    "F.jvp(lambda a: F.vjp(lambda z: z**3, a)[1](y)[0], (x,), (y,))",
    "F.jvp(lambda a: a * weight, (x,), (y,))", "F.jvp(lambda a, b: a @ b, (x, y), (y, x))",
    "F.jvp(square, (x,), (x[:2],))", "F.jvp(square, (x.long(),), (x,))",
    "F.jvp(square, (x,), (x.long(),))", "F.jvp(square, (x,), x)", "F.jvp(square, x, x)",
    "F.jvp(square, (x,), (3,))", "F.jvp(square, (3,), (x,))", "F.jvp(square, (), ())",
    "F.jvp(square, (x, [x]), (x, (x, x)))", "F.jvp(lambda a: 1, (x,), (y,))",
    "F.jvp(lambda a: None, (x,), (y,))", "F.jvp(lambda a: (), (x,), (y,))",
    "F.jvp(lambda a: (a, 1), (x,), (y,))", "F.jacfwd(square)(x)", "F.jacfwd(both, argnums=1)(x, y)",
    "F.jacfwd(both, argnums=(0, 1))(x, y)", "F.jacfwd(F.jacrev(lambda a: (a**3).sum()))(x)",
    "F.jacrev(F.jacfwd(lambda a: (a**3).sum()))(x)", "F.jacfwd(F.jacfwd(square))(x)",
    "F.jacfwd(lambda a: torch.ones(2))(x)", "F.jacfwd(lambda a: (a * a, a + 1), has_aux=True)(x)",
    "F.jacfwd(square)(torch.ones(0))", "F.jacfwd(lambda a: (a * a, 3), has_aux=True)(x)",
    "F.jacfwd(lambda a: 3)(x)", "F.jacfwd(lambda a: a.sum())(torch.tensor(2.0))",
    "F.jacfwd(square)(x.long())",
    "F.jacfwd(lambda a: a @ a)(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))", "F.jacfwd(square)()",
    "F.jacfwd(square, argnums=1)(x)", "F.jacfwd(lambda a: a * torch.rand(3))(x)",
    "F.jacfwd(lambda a: a * torch.rand(3), randomness='same')(x)",
    "F.jacfwd(square, randomness='bad')(x)",
    "F.jacfwd(lambda d: d['a'] * d['b'])({'a': x, 'b': y})['b']", "linear(square, x, by=(y,))",
    "linear(both, x, y, by=(y, x))", "linear(lambda d: [d['a'] * 2], {'a': x}, by=({'a': y},))",
    "linear(square, x, by=(x[:2],))", "linear(square, x, by=(x.double(),))",
    "linear(square, x, by=(x, x))",
]


@pytest.mark.parametrize("call", CALLS)
def test_result_is_pytorchs(torch, reference, call):
    """Numbers, nesting and refusals are the same."""
    assert_alike(f"{NAMES}\n{call}", torch, reference)


@pytest.mark.parametrize("call", [
    "F.jvp(square, (x,), (y,))[1]", "F.jvp(lambda a: a * weight, (x,), (y,))[0]",
    "F.jvp(lambda a: a * weight, (x,), (y,))[1]", "F.jvp(square, (x,), (weight,))[1]",
    "F.jacfwd(square)(weight)", "F.linearize(square, x)[1](y)",
])
def test_results_are_on_the_tape_where_pytorchs_are(torch, reference, call):
    """A transform's own graph stays inside; what the surroundings want gradients of goes on."""
    assert_alike(f"{NAMES}\n({call}).requires_grad", torch, reference)


def test_product_can_be_swept_back_to_captured_tensors(torch, reference):
    """What a product with tangents depends on outside gets its gradient."""
    assert_alike(f"{NAMES}\nF.jvp(lambda a: a**2 * weight, (x,), (y,))[1].sum().backward()\n"
                 "weight.grad", torch, reference)


def test_layers_have_products(torch, reference):
    """Convolution, normalisation and activations in a direction."""
    assert_alike(f"""{NAMES}
nn = torch.nn
results = []
for shape, layer in [((2, 3, 8, 8), nn.Conv2d(3, 4, 3)), ((4, 6), nn.LayerNorm(6)),
                     ((4, 6), nn.BatchNorm1d(6).eval()),
                     ((4, 6), nn.Sequential(nn.GELU(), nn.Softmax(1)))]:
    size = torch.zeros(shape).numel()
    layer, point = layer.double(), torch.linspace(-1, 1, size).double().view(shape)
    with torch.no_grad():
        for p in layer.parameters(): p.copy_(torch.linspace(-0.5, 0.5, p.numel()).view_as(p))
    results.append(F.jvp(layer, (point,), (point.flip(0).cos(),))[1].detach())
results
""", torch, reference)


def test_product_agrees_with_pull_backs(torch):
    """Where PyTorch has no forward formula too: u · (J t) is (uᵀ J) · t for an LSTM."""
    lstm = torch.nn.LSTM(3, 2).double()
    point, tangent = torch.randn(4, 1, 3).double(), torch.randn(4, 1, 3).double()
    value, product = torch.func.jvp(lambda x: lstm(x)[0], (point,), (tangent,))
    _, pull = torch.func.vjp(lambda x: lstm(x)[0], point)

    torch.testing.assert_close((value * product).sum(), (pull(value)[0] * tangent).sum())
