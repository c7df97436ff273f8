"""The five programs that PyTorch's own introductions teach with, and what each one prints."""

import threading

import pytest

FIRST_STEPS = """\
tensor([[1., 1.],
        [1., 1.]], requires_grad=True)
tensor([[4., 4.],
        [4., 4.]], grad_fn=<AddBackward0>)
tensor([[48., 48.],
        [48., 48.]], grad_fn=<MulBackward0>) tensor(48., grad_fn=<MeanBackward0>)
None
tensor([[6., 6.],
        [6., 6.]])
"""

DOUBLING = """\
8 tensor([  788.9900,  -150.2356, -1115.5402], grad_fn=<MulBackward0>)
tensor([5.1200e+01, 5.1200e+02, 5.1200e-02])
"""

GRAD_MODE = """\
True True False
tensor([2.3747, 0.0861, 4.7471])
"""

DETACHED = """\
tensor([[1., 1.],
        [1., 1.]], grad_fn=<MulBackward0>)
tensor([[2., 2.],
        [2., 2.]], grad_fn=<MulBackward0>)
False True
"""

TWICE = """\
tensor([[ 0.0000,  2.6667,  5.3333],
        [ 8.0000, 10.6667, 13.3333]])
"""

LINE = """\
tensor(7., grad_fn=<AddBackward0>)
tensor(3.) tensor(2.) tensor(1.)
"""

POLYNOMIAL = """\
tensor([-12.,  65.], grad_fn=<SubBackward0>)
tensor([True, True])
tensor([True, True])
tensor([36., 81.]) tensor([-12.,  -8.])
"""

LOGISTIC = """\
tensor([ 1.3755, -0.6023, -4.8127], grad_fn=<AddBackward0>)
tensor(0.6819, grad_fn=<BinaryCrossEntropyWithLogitsBackward0>)
AddBackward0 BinaryCrossEntropyWithLogitsBackward0 None
tensor([[0.2661, 0.1179, 0.0027],
        [0.2661, 0.1179, 0.0027],
        [0.2661, 0.1179, 0.0027],
        [0.2661, 0.1179, 0.0027],
        [0.2661, 0.1179, 0.0027]])
tensor([0.2661, 0.1179, 0.0027])
"""

FROZEN = """\
Backbone(
  (body): Linear(in_features=6, out_features=512, bias=True)
  (fc): Linear(in_features=512, out_features=10, bias=True)
)
['2.360', '2.211', '1.982'] AddmmBackward0
['fc.weight', 'fc.bias']
"""


def test_first_steps(torch, capsys):
    """Adding, squaring and averaging ones gives a gradient of six everywhere."""
    x = torch.ones(2, 2, requires_grad=True)
    print(x)
    y = x + 3.0
    print(y)
    z = y * y * 3
    out = z.mean()
    print(z, out)
    print(x.grad_fn)
    out.backward()
    print(x.grad)

    assert capsys.readouterr().out == FIRST_STEPS


def test_doubling_until_long(torch, capsys):
    """A loop whose length depends on the data is differentiated as it ran."""
    torch.manual_seed(0)
    x = torch.randn(3, requires_grad=True)
    y, n_doublings = x * 2, 0
    while y.data.norm() < 1000:
        y = y * 2
        n_doublings += 1
    print(n_doublings, y)
    y.backward(gradient=torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float))
    print(x.grad)

    assert capsys.readouterr().out == DOUBLING


def test_no_grad_around_a_square(torch, capsys):
    """Inside no_grad the result of a tensor that requires grad does not."""
    torch.manual_seed(0)
    x = torch.randn(3, requires_grad=True)
    with torch.no_grad():
        inside = x**2
    print(x.requires_grad, (x**2).requires_grad, inside.requires_grad)
    print(inside)

    assert capsys.readouterr().out == GRAD_MODE


def test_detached_tensor_shares_memory(torch, capsys):
    """A change made in place through the detached tensor is seen by the original."""
    x = torch.ones(2, 2, requires_grad=True)
    z = x * 1
    print(z)
    zd = z.detach()
    zd.add_(1)
    print(z)
    print(zd.requires_grad, zd.eq(z).all().item())

    assert capsys.readouterr().out == DETACHED


def test_integer_gradient(torch):
    """An integer one serves as the gradient of a float scalar."""
    x = torch.ones(2, 2, requires_grad=True)
    out = (x + 2).pow(2).mean()
    out.backward(torch.tensor(1))

    assert repr(x.grad) == "tensor([[1.5000, 1.5000],\n        [1.5000, 1.5000]])"


def test_second_backward_raises(torch, capsys):
    """The gradient of a mean of squares is right once; the second sweep finds nothing saved."""
    y = torch.arange(6.0).reshape(2, 3).requires_grad_()
    z = (y * y * 8).mean()
    z.backward()
    print(y.grad)

    assert capsys.readouterr().out == TWICE
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        z.backward()


def test_vector_jacobian_product(torch):
    """The gradient argument weighs the outputs."""
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x * 3).backward(torch.tensor([1.0, 10.0, 100.0]))

    assert repr(x.grad) == "tensor([  3.,  30., 300.])"


def test_straight_line(torch, capsys):
    """Slope, input and offset of a line each get their derivative."""
    m, x, c = (torch.tensor(value, requires_grad=True) for value in (2.0, 3.0, 1.0))
    y = m * x + c
    print(y)
    y.backward()
    print(m.grad, x.grad, c.grad)

    assert capsys.readouterr().out == LINE


def test_polynomial_with_gradient(torch, capsys):
    """A vector of results is swept with a vector of ones."""
    a = torch.tensor([2.0, 3.0], requires_grad=True)
    b = torch.tensor([6.0, 4.0], requires_grad=True)
    Q = 3 * a**3 - b**2
    print(Q)
    Q.backward(gradient=torch.tensor([1.0, 1.0]))
    print(9 * a**2 == a.grad)
    print(-2 * b == b.grad)
    print(a.grad, b.grad)

    assert capsys.readouterr().out == POLYNOMIAL


def test_polynomial_without_gradient(torch):
    """Without the vector PyTorch asks for a scalar; its sum gives the same gradients."""
    a = torch.tensor([2.0, 3.0], requires_grad=True)
    Q = 3 * a**3

    with pytest.raises(RuntimeError, match="^grad can be implicitly created only for scalar"):
        Q.backward()
    Q.sum().backward()
    assert repr(9 * a**2 == a.grad) == "tensor([True, True])"


def test_logistic_regression(torch, capsys):
    """One layer and its loss print their operations, their gradients and where grad stops."""
    torch.manual_seed(0)
    x, y = torch.ones(5), torch.zeros(3)
    w = torch.randn(5, 3, requires_grad=True)
    b = torch.randn(3, requires_grad=True)
    z = torch.matmul(x, w) + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    print(z)
    print(loss)
    print(z.grad_fn.name(), loss.grad_fn.name(), w.grad_fn)
    loss.backward()
    print(w.grad)
    print(b.grad)

    assert capsys.readouterr().out == LOGISTIC


def test_break_in_requires_grad(torch):
    """The sweep stops at the tensor that asks for nothing, and not before."""
    x = torch.ones(3)
    first = torch.full((3,), 2.0, requires_grad=True)
    second = torch.full((3,), 5.0)
    hidden = x * first
    frozen = (hidden * second).detach()
    z = frozen * first + hidden
    z.sum().backward()

    assert repr(first.grad) == "tensor([11., 11., 11.])"
    assert second.grad is None and not frozen.requires_grad and hidden.requires_grad


def small_backbone(torch):
    """A body of two layers that ends in 512 features, and a head called fc."""
    class Backbone(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Linear(6, 512)
            self.fc = torch.nn.Linear(512, 1000)

        def forward(self, x):
            return self.fc(torch.relu(self.body(x)))

    return Backbone()


def test_fine_tuning_a_new_head(torch, capsys):
    """Only the replaced head learns; the frozen body gets no gradient and does not move."""
    torch.manual_seed(0)
    model = small_backbone(torch)
    for p in model.parameters():
        p.requires_grad = False
    model.fc = torch.nn.Linear(512, 10)
    body, head = model.body.weight.clone(), model.fc.weight.detach().clone()
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=1e-2, momentum=0.9)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        logits = model(torch.ones(4, 6))
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 3]))
        loss.backward()
        optimizer.step()
        losses.append(f"{loss.item():.3f}")
    print(model)
    print(losses, logits.grad_fn.name())
    print([name for name, p in model.named_parameters() if p.grad is not None])

    assert capsys.readouterr().out == FROZEN
    assert torch.equal(model.body.weight, body) and not torch.equal(model.fc.weight, head)


def test_frozen_model_records_nothing(torch):
    """With every parameter frozen the result has no history."""
    model = small_backbone(torch)
    for p in model.parameters():
        p.requires_grad = False
    out = model(torch.ones(2, 6))

    assert out.grad_fn is None and not out.requires_grad


def test_optimizer_skips_frozen_parameters(torch):
    """An optimizer of all parameters leaves alone those without a gradient."""
    torch.manual_seed(0)
    model = small_backbone(torch)
    model.body.requires_grad_(False)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
    model(torch.ones(2, 6)).sum().backward()
    optimizer.step()
    moved = [name for name, p in model.named_parameters() if not torch.equal(p, before[name])]

    assert moved == ["fc.weight", "fc.bias"]
    assert model.body.weight.grad is None


def test_no_grad_decorates_a_function(torch):
    """A decorated function computes without recording, its caller goes on recording."""
    x = torch.tensor([1.0], requires_grad=True)

    @torch.no_grad()
    def doubler(x):
        return x * 2

    assert not doubler(x).requires_grad and (x * 2).requires_grad


def test_grad_mode_belongs_to_a_thread(torch):
    """A thread started under no_grad records all the same."""
    x, seen = torch.ones(1, requires_grad=True), []
    with torch.no_grad():
        worker = threading.Thread(target=lambda: seen.append((x * 2).requires_grad))
        worker.start()
        worker.join()
        seen.append((x * 2).requires_grad)

    assert seen == [True, False]
