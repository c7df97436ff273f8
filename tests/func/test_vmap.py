"""``func.vmap``: functions of a sample mapped over a batch, beside PyTorch's."""

import pytest
from beside import assert_alike
from support import evaluate

NAMES = """
import functools
F, vmap, nn = torch.func, torch.vmap, torch.nn
x, y = torch.arange(6.0).view(2, 3) + 1, torch.tensor([[2.0, 0.5, 1.0], [1.0, -1.0, 3.0]])
w = torch.tensor([1.0, -2.0, 0.5])
def square(x): return x**2
def loss(w, x, t): return ((w * x).sum() - t) ** 2
"""

CALLS = [
    "vmap(square)(x)", "vmap(torch.dot)(x, y)", "vmap(torch.dot, in_dims=1)(x, y)",
    "vmap(torch.dot, in_dims=(0, None))(x, w)", "vmap(torch.dot, (None, -2))(w, y)",
    "vmap(torch.mv, (None, 0))(torch.eye(3), x)", "vmap(vmap(torch.mul))(x, y)",
    "vmap(vmap(torch.mul, (None, 0)), (0, None))(w, w)", "vmap(lambda a: a * w, out_dims=1)(x)",
    "vmap(lambda a: a * w, out_dims=-1)(x).shape", "vmap(lambda a: a.sum(), out_dims=1)(x)",
    "vmap(lambda a: (a, a.sum()))(x)", "vmap(lambda a: (a, a * 2), out_dims=(1, 0))(x)",
    "vmap(lambda a: {'s': a.sum(), 'l': [a]}, out_dims={'s': 0, 'l': [1]})(x)['l']",
    "vmap(lambda a: {'s': a.sum(), 'l': [a]}, out_dims=0)(x)['s']",
    "vmap(lambda d: d['x'] @ d['y'], in_dims=({'x': 0, 'y': None},))({'x': x, 'y': w})",
    "vmap(lambda d: d['x'] @ d['y'], in_dims=({'x': 0},))({'x': x, 'y': w})",
    "vmap(lambda p, q: p[0] * q, in_dims=((0, None), 0))((x, w), y)",
    "vmap(lambda p, q: p[0] * q, in_dims=([0, None], 0))([x, w], y)",
    "vmap(lambda a, s: a * s, in_dims=(0, None))(x, 2.0)", "vmap(lambda a, s=2.0: a * s)(x, s=x)",
    "vmap(lambda a: torch.ones(2))(x)", "vmap(lambda a: torch.ones(2), out_dims=None)(x)",
    "vmap(lambda a: a, out_dims=None)(x)", "vmap(lambda a: (a, 3), out_dims=(0, None))(x)",
    "vmap(lambda a: 3)(x)", "vmap(lambda a: None)(x)", "vmap(lambda a: ())(x)",
    "vmap(functools.partial(lambda s, a: 3, 2))(x)", "vmap(nn.ReLU())(x - 3)",
    "vmap(square, out_dims=(0,))(x)", "vmap(square, out_dims=(0, 1))(x)",
    "vmap(square, out_dims=2)(x)", "vmap(lambda a: (a, a), out_dims=(0, 0, 0))(x)",
    "vmap(square, out_dims=0.5)(x)", "vmap(square, out_dims=('a',))(x)",
    "vmap(square, in_dims=(0, 0))(x)", "vmap(square, in_dims=0.5)(x)",
    "vmap(square, in_dims=[0])(x)", "vmap(square, in_dims=('a',))(x)", "vmap(square, in_dims=3)(x)",
    "vmap(square, in_dims=-3)(x)", "vmap(square)(3)", "vmap(square, in_dims=None)(x)",
    "vmap(square, in_dims=(None,))(x)", "vmap(square)()", "vmap(square)(torch.tensor(3.0))",
    "vmap(torch.mul)(x, x[:1])", "vmap(square, randomness='x')(x)", "vmap(square, chunk_size=0)(x)",
    "vmap(square, chunk_size=1)(x)", "vmap(square, chunk_size=5)(x)", "vmap(square)(x[:0])",
    "vmap(lambda a: a.sum(), out_dims=0)(x[:0])",
    "vmap(lambda a: torch.stack([a, a]), 1, 1)(x[:, :0]).shape",
    "vmap(lambda a: a * torch.rand(()))(x)",
    "vmap(lambda a: a * torch.rand(3), randomness='same')(x)",
    "vmap(lambda a: a * torch.rand(3), randomness='different')(x)",
    "vmap(lambda a: a * torch.randn(3), randomness='same')(x), torch.rand(2)",
    "vmap(lambda a: nn.functional.dropout(a))(x)",
    "vmap(lambda a: nn.functional.dropout(a, training=False))(x)",
    "vmap(lambda a: nn.functional.dropout(a), randomness='same')(x)",
    "vmap(lambda a: a.add_(1))(x), x", "vmap(square).__name__", "F.vmap(square)(x)",
    "vmap(F.grad(lambda a: (a**3).sum()))(x)", "vmap(F.grad(loss), (None, 0, 0))(w, x, w[:2])",
    "vmap(F.grad_and_value(loss, argnums=(0, 1)), (None, 0, 0))(w, x, w[:2])",
    "vmap(F.grad(lambda p, a: (p['w'] * a).sum() ** 2), (None, 0))({'w': w}, x)['w']",
    "vmap(F.grad(loss), (None, 0, 0), chunk_size=1)(w, x, w[:2])",
    "F.grad(lambda a: vmap(square)(a).sum())(x)",
    "F.grad(lambda v: vmap(loss, (None, 0, 0))(v, x, v[:2]).sum())(w)", "vmap(F.jacrev(square))(x)",
    "vmap(F.jacfwd(square))(x)", "vmap(F.hessian(lambda a: (a**3).sum()))(x)",
    "F.jacrev(vmap(square))(x).shape", "vmap(lambda a: F.vjp(square, a)[1](w)[0])(x)",
    "vmap(lambda a, t: F.jvp(square, (a,), (t,))[1])(x, y)", "F.vjp(vmap(square), x)[1](y)[0]",
    "F.jvp(vmap(square), (x,), (y,))", "vmap(lambda v: torch.autograd.grad(z, p, v))(torch.eye(3))",
    "vmap(lambda v: torch.autograd.grad(z, p, v)[0])(torch.eye(3)); vmap(lambda v:"
    " torch.autograd.grad(z, p, v)[0])(torch.eye(3))",
    "vmap(square)(x.clone().requires_grad_()).requires_grad", "vmap(square)(x.long())",
    "vmap(lambda a: a > 2)(x)", "vmap(lambda a, i: a[i])(x, torch.tensor([[0, 2], [1, 1]]))",
    "vmap(lambda a: torch.where(a > 2, a, 0.0))(x)",
    "vmap(lambda m: torch.linalg.inv(m))(torch.eye(3).expand(2, 3, 3) * 2)",
    "vmap(nn.functional.cross_entropy)(x, torch.tensor([1, 2]))",
    "F.replace_all_batch_norm_modules_(nn.Sequential(nn.BatchNorm1d(3)))[0].running_mean",
]
GRAPH = "p = torch.tensor([1.0, 2.0, 3.0], requires_grad=True); z = p**2\n"


@pytest.mark.parametrize("call", CALLS)
def test_result_is_pytorchs(torch, reference, call):
    """Numbers, nesting and refusals are the same."""
    assert_alike(f"{NAMES}{GRAPH}\n{call}", torch, reference)


def test_per_sample_gradients(torch, reference):
    """The tutorial's model: gradients of each sample's loss by ``vmap(grad(...))``."""
    assert_alike(f"""{NAMES}
model = nn.Sequential(nn.Conv2d(1, 4, 3, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                      nn.Linear(36, 10), nn.LogSoftmax(dim=1))
data, targets = torch.rand(8, 1, 8, 8), torch.randint(0, 10, (8,))
params = {{k: v.detach() for k, v in model.named_parameters()}}
buffers = {{k: v.detach() for k, v in model.named_buffers()}}
def compute_loss(params, buffers, sample, target):
    predictions = F.functional_call(model, (params, buffers), (sample.unsqueeze(0),))
    return nn.functional.nll_loss(predictions, target.unsqueeze(0))
found = vmap(F.grad(compute_loss), in_dims=(None, None, 0, 0))(params, buffers, data, targets)
list(found.values())
""", torch, reference)


def test_per_sample_gradients_add_up(torch):
    """Their mean is the gradient of the mean loss."""
    each, whole = evaluate(f"""{NAMES}
model = nn.Linear(3, 2)
params = dict(model.named_parameters())
def one(p, a): return F.functional_call(model, p, (a,)).square().sum()
found = vmap(F.grad(one), (None, 0))(params, x)
vmap(one, (None, 0))(params, x).mean().backward()
[v.mean(0) for v in found.values()], [p.grad for p in model.parameters()]
""", torch)

    for one, other in zip(each, whole, strict=True):
        torch.testing.assert_close(one, other)


def test_ensemble_of_models(torch, reference):
    """The tutorial's ensemble: stacked parameters, one batch for all and a batch for each."""
    assert_alike(f"""{NAMES}
class SimpleMLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(12, 8), nn.Linear(8, 8), nn.Linear(8, 3)
    def forward(self, x):
        x = nn.functional.relu(self.fc1(x.flatten(1)))
        return self.fc3(nn.functional.relu(self.fc2(x)))
models = [SimpleMLP() for _ in range(4)]
params, buffers = F.stack_module_state(models)
def fmodel(params, buffers, x): return F.functional_call(models[0], (params, buffers), (x,))
data = torch.randn(4, 5, 3, 4)
own = vmap(fmodel)(params, buffers, data)
same = vmap(fmodel, in_dims=(0, 0, None))(params, buffers, data[0])
own.sum().backward()
own, same, params['fc1.weight'].grad
""", torch, reference)


def test_refused_draw_leaves_the_generator_alone(tapegrad):
    """After an error about random numbers the next ones are what they would have been."""
    with pytest.raises(RuntimeError, match="called random operation"):
        tapegrad.vmap(lambda a: a * tapegrad.rand(()))(tapegrad.ones(3))
    after = tapegrad.rand(3)
    tapegrad.manual_seed(0)

    assert after.equal(tapegrad.rand(3))


def test_last_sample_frees_the_graph(torch):
    """A mapped sweep keeps a graph for the samples to come, and no longer."""
    leaf = torch.ones(2, requires_grad=True)
    result = leaf**2
    torch.vmap(lambda v: torch.autograd.grad(result, leaf, v))(torch.eye(2))

    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(result, leaf, torch.ones(2))


NODES = [
    "x.sin()", "x * 2 + 1", "x.sum()", "x.mean()", "x.max()", "x.prod()", "x @ x", "x.view(3, 1)",
    "torch.cat([x, x])", "torch.nn.functional.softmax(x, 0)",
]  # fmt: skip


@pytest.mark.parametrize("out_dims", [0, -1])
@pytest.mark.parametrize("sample", NODES)
def test_results_name_the_node_of_the_batch(torch, reference, sample, out_dims):
    """What is printed of a result names the operation, not the stack of the samples' results."""
    shown = [
        str(library.vmap(lambda x, library=library: eval(sample, {"x": x, "torch": library}),
                         out_dims=out_dims)(library.ones(4, 3, requires_grad=True)))
        for library in (torch, reference)]

    assert shown[0] == shown[1]
