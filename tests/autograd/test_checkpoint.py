"""``utils.checkpoint``: less saved, the same gradients, the same random numbers."""

import warnings

import pytest
from beside import assert_alike

BOTH_WAYS = pytest.mark.parametrize("use_reentrant", [True, False])

NAMES = """
import contextlib
C, nn = torch.utils.checkpoint, torch.nn
def leaf(): return torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
def f(x): return (x.sin() * x).exp()
def changing(first, second):
    calls = []
    def function(x):
        calls.append(x)
        return (first if len(calls) == 1 else second)(x)
    return function
def chain(): return [nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1)]
x = leaf()
"""

CALLS = [
    "C.checkpoint(f, x)", "C.checkpoint(f, x, y=1, use_reentrant=True)",
    "C.checkpoint(f, x, use_reentrant=True, debug=True)",
    "C.checkpoint(f, x, use_reentrant=True, context_fn=lambda: 1)",
    "C.checkpoint(f, x, use_reentrant=False, foo=1)",
    "C.checkpoint(f, x, use_reentrant=False, determinism_check='x')",
    "C.checkpoint(f, torch.ones(2), use_reentrant=True)",
    "C.checkpoint(f, torch.ones(2), use_reentrant=False)",
    "torch.autograd.grad(C.checkpoint(f, x, use_reentrant=True).sum(), x)",
    "C.checkpoint(f, x, use_reentrant=True).sum().backward(inputs=[x])",
    "C.checkpoint(lambda x: x.detach(), x, use_reentrant=True).sum().backward()",
    "C.checkpoint(lambda x: (x, 1, 'a'), x, use_reentrant=True)",
    "C.checkpoint(changing(lambda x: (x * x).exp(), lambda x: (x[:2] * x[:2]).exp()), x, "
    "use_reentrant=False).sum().backward()",
    "C.checkpoint(changing(lambda x: (x * x).exp(), lambda x: x * 2), x, "
    "use_reentrant=False).sum().backward()",
    "C.checkpoint(changing(lambda x: x.exp(), lambda x: x.exp().exp()), x, use_reentrant=False, "
    "early_stop=False).sum().backward()",
    "C.checkpoint(f, x, use_reentrant=False).grad_fn._saved_result",
    "C.checkpoint(f, x, use_reentrant=False, context_fn=lambda: "
    "(torch.no_grad(), torch.enable_grad())).sum().backward()",
    "C.checkpoint_sequential(chain(), 2, x, foo=1)",
    "C.checkpoint_sequential(chain(), 0, x, use_reentrant=False)",
    "C.checkpoint_sequential(chain(), 9, x, use_reentrant=False)",
    "C.checkpoint_sequential(nn.Sequential(*chain()), 2, x, use_reentrant=False).shape",
]


@pytest.mark.parametrize("call", CALLS)
def test_result_is_pytorchs(torch, reference, call):
    """Values and refusals are the same."""
    assert_alike(f"{NAMES}\n{call}", torch, reference)


def leaf(torch):
    """The leaf that most tests here use."""
    return torch.tensor([1.0, 2.0, 3.0], requires_grad=True)


@BOTH_WAYS
def test_gradients_are_those_without_checkpoint(torch, use_reentrant):
    """Several inputs and outputs, one of which is no tensor."""
    def function(x, y, scale):
        return x.sin() * y * scale, x + y

    a, b = leaf(torch), leaf(torch)
    outputs = torch.utils.checkpoint.checkpoint(function, a, b, 2.0, use_reentrant=use_reentrant)
    sum(one.exp().sum() for one in outputs).backward()
    c, d = leaf(torch), leaf(torch)
    sum(one.exp().sum() for one in function(c, d, 2.0)).backward()

    assert torch.equal(a.grad, c.grad) and torch.equal(b.grad, d.grad)


@BOTH_WAYS
def test_random_numbers_are_drawn_again(torch, use_reentrant):
    """The recomputation sees the first numbers; those drawn later are not disturbed."""
    torch.manual_seed(3)
    x = torch.ones(6, requires_grad=True)
    y = torch.utils.checkpoint.checkpoint(
        lambda x: x * torch.rand(6), x, use_reentrant=use_reentrant)
    y.sum().backward()
    following = torch.rand(2)
    torch.manual_seed(3)
    torch.rand(6)

    assert torch.equal(x.grad, y.detach()) and torch.equal(following, torch.rand(2))


@BOTH_WAYS
def test_random_numbers_may_differ(torch, use_reentrant):
    """Without preserve_rng_state the recomputation draws new ones."""
    x = torch.ones(6, requires_grad=True)
    y = torch.utils.checkpoint.checkpoint(
        lambda x: x * torch.rand(6), x, use_reentrant=use_reentrant, preserve_rng_state=False)
    y.sum().backward()

    assert not torch.equal(x.grad, y.detach())


@BOTH_WAYS
def test_second_sweep_recomputes_again(torch, use_reentrant):
    """With retain_graph gradients add up; without, the second sweep is refused."""
    x = leaf(torch)
    y = torch.utils.checkpoint.checkpoint(
        lambda x: (x**3).sum(), x, use_reentrant=use_reentrant)
    y.backward(retain_graph=True)
    y.backward()

    assert x.grad.tolist() == [6.0, 24.0, 54.0]
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.backward()


def test_second_derivative(torch, reference):
    """Without reentrance the gradient can be differentiated."""
    assert_alike(f"{NAMES}\ny = C.checkpoint(lambda x: (x**3).sin().sum(), x, "
                 "use_reentrant=False)\ng, = torch.autograd.grad(y, x, create_graph=True)\n"
                 "g, torch.autograd.grad(g.sum(), x)", torch, reference)


def test_nothing_is_saved(tapegrad):
    """Between forward and backward the tape holds the inputs alone."""
    x = tapegrad.ones(1000, dtype=tapegrad.float64, requires_grad=True)
    before = tapegrad.autograd.tape_info().saved_bytes
    y = tapegrad.utils.checkpoint.checkpoint(
        lambda x: x.exp().sin().exp().sum(), x, use_reentrant=False)
    kept = tapegrad.autograd.tape_info().saved_bytes - before
    y.backward()

    assert kept <= x.nbytes and tapegrad.autograd.tape_info().saved_bytes == before


def test_recomputation_stops_when_it_has_all(torch):
    """What follows the last saved tensor is not run again, unless early stopping is off."""
    steps = []

    def function(x):
        y = x.exp()
        steps.append("end")
        return y + 1

    x = leaf(torch)
    torch.utils.checkpoint.checkpoint(function, x, use_reentrant=False).sum().backward()
    assert steps == ["end"]
    with torch.utils.checkpoint.set_checkpoint_early_stop(False):
        y = torch.utils.checkpoint.checkpoint(function, x, use_reentrant=False)
    y.sum().backward()
    assert steps == ["end"] * 3


def test_checkpoints_nest(torch):
    """An inner one is recomputed from the outer one's recomputation: three runs."""
    runs = []

    def inner(x):
        runs.append(x)
        return x.sin().exp()

    def outer(x):
        return torch.utils.checkpoint.checkpoint(inner, x * x, use_reentrant=False).cos()

    x, other = leaf(torch), leaf(torch)
    torch.utils.checkpoint.checkpoint(outer, x, use_reentrant=False).sum().backward()
    (other * other).sin().exp().cos().sum().backward()

    assert torch.equal(x.grad, other.grad) and len(runs) == 3


@pytest.mark.parametrize("early_stop", [True, False])
def test_gradients_inside(torch, early_stop):
    """A function that takes gradients itself can be checkpointed, and checkpoints of it nest."""
    def inner(x):
        first, second = x.sin().exp().sin(), x.sin().exp().sin()
        torch.autograd.grad(first, x)
        torch.autograd.grad(second, x)
        return x.sin()

    def once(x):
        return torch.utils.checkpoint.checkpoint(inner, x, use_reentrant=False)

    x = torch.tensor(0.5, requires_grad=True)
    with torch.utils.checkpoint.set_checkpoint_early_stop(early_stop):
        torch.utils.checkpoint.checkpoint(once, x, use_reentrant=False).backward()

    assert x.grad.item() == pytest.approx(0.8775826)


def test_recomputed_tensors_are_given_up(torch):
    """A Function that reads its saved tensors twice in one backward is told so."""

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return g * (ctx.saved_tensors[0] + ctx.saved_tensors[0])

    y = torch.utils.checkpoint.checkpoint(
        lambda x: Square.apply(x * 3), torch.ones(2, requires_grad=True), use_reentrant=False
    )
    with pytest.raises(RuntimeError, match="for a tensor that was already unpacked once"):
        y.sum().backward()


def test_reentrance_should_be_chosen(torch):
    """Leaving it open warns, and takes the old way."""
    with pytest.warns(UserWarning, match="the use_reentrant parameter should be passed") as caught:
        y = torch.utils.checkpoint.checkpoint(lambda x: x * 2, leaf(torch))

    assert len(caught) == 1 and y.grad_fn.name() == "CheckpointFunctionBackward"


def test_sequential_gives_the_same_gradients(torch):
    """A chain in three segments."""
    chain = torch.nn.Sequential(
        torch.nn.Linear(3, 3), torch.nn.Tanh(), torch.nn.Linear(3, 3), torch.nn.Tanh())
    plain, segmented = leaf(torch), leaf(torch)
    chain(plain).sum().backward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.utils.checkpoint.checkpoint_sequential(
            chain, 3, segmented, use_reentrant=False).sum().backward()

    assert torch.equal(plain.grad, segmented.grad)


def test_debug_blocks_leave_gradients_as_they_are(torch):
    """They are about texts of errors alone."""
    checkpointing = torch.utils.checkpoint
    x = torch.tensor([0.5], requires_grad=True)
    with checkpointing.set_checkpoint_debug_enabled(False):
        checkpointing.checkpoint(torch.exp, x, use_reentrant=False).backward()

    assert x.grad.item() == x.exp().item()
