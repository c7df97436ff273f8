"""``autograd.grad``'s options, mutation of saved tensors, and old names, beside PyTorch's."""

import pytest
from beside import assert_alike
from support import evaluate

NAMES = """
A, G = torch.autograd, torch.autograd.graph
def leaf(): return torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
x, other, eye, ones = leaf(), leaf(), torch.eye(3), torch.ones(3)
one = torch.ones(())
"""

CALLS = [
    "x * x, x, eye, is_grads_batched=True",
    "(x * x, x.sum()), x, (eye, ones), is_grads_batched=True",
    "(x * x, x.sum()), x, (eye, None), is_grads_batched=True",
    "x * x, x, is_grads_batched=True", "x.sum(), x, one, is_grads_batched=True",
    "(x * x, x * 2), x, (eye, torch.ones(2, 3)), is_grads_batched=True",
    "x * x, x, torch.ones(0, 3), is_grads_batched=True",
    "x * x, (x, other), eye, is_grads_batched=True",
    "x * x, (x, other), eye, is_grads_batched=True, allow_unused=True",
    "x * x, (x, other), eye, is_grads_batched=True, materialize_grads=True",
    "x * x * x, x, eye, is_grads_batched=True, create_graph=True",
    "x.sum(), (x, other), materialize_grads=True",
    "x.sum(), (x, other), materialize_grads=True, allow_unused=False",
    "x.sum(), (x, other), allow_unused=True", "x.sum(), (x, other)", "x.sum(), torch.ones(2)",
    "ones.sum(), x", "x * x, x", "x.sum(), ()", "(), x", "x.sum(), [3]", "x.sum(), x, [3]",
    "x.sum(), x, [one, one]", "(x.sum(), x.sum()), x, [one]", "x.sum(), x, torch.ones(2)",
    "x.sum(), x, one.double()", "x, x, ones", "x.sum(), (x, x)",
    "(x * 2).sum(), G.get_gradient_edge(x)",
]
OTHERS = [
    "t = torch.ones(2)\nG.increment_version(t)\nt._version",
    "t = torch.ones(2)\nG.increment_version([t, t])\nt._version", "G.increment_version(3)",
    "G.get_gradient_edge(ones)", "G.register_multi_grad_hook((ones,), print)",
    "A.Variable(ones, requires_grad=True)", "A.Variable(3)", "isinstance(ones, A.Variable)",
    "A.Variable(x * 2).requires_grad", "A.grad_mode.no_grad is torch.no_grad",
    "with A.set_multithreading_enabled(False):\n    (x * x).sum().backward()\nx.grad",
    "with G.allow_mutation_on_saved_tensors():\n"
    "    b = x.clone()\n    y = (b**2).sum()\n    b.sin_()\n    y.backward()\nx.grad",
    "with G.allow_mutation_on_saved_tensors():\n"
    "    b = x.clone()\n    v = b[:2]\n    y = (b**2).sum() + v.exp().sum()\n    v.mul_(5)\n"
    "    b.add_(1)\n    (y + b.sum()).backward()\nx.grad",
    "with G.allow_mutation_on_saved_tensors():\n"
    "    with G.allow_mutation_on_saved_tensors():\n        pass",
    "with G.allow_mutation_on_saved_tensors():\n    y = (x**2).sum()\ny.backward()",
]


@pytest.mark.parametrize("call", [*(f"A.grad({one})" for one in CALLS), *OTHERS])
def test_result_is_pytorchs(torch, reference, call):
    """Numbers and refusals are the same."""
    assert_alike(f"{NAMES}\n{call}", torch, reference)


def test_batched_gradients_are_the_rows_of_a_jacobian(torch):
    """One sweep a row, from the identity."""
    (matrix,) = evaluate(f"{NAMES}\nA.grad(x * x, x, eye, is_grads_batched=True)", torch)

    assert matrix.tolist() == [[2, 0, 0], [0, 4, 0], [0, 0, 6]]


def test_counted_write_is_noticed_by_backward(torch):
    """A version that was counted up by hand makes a saved tensor unusable."""
    x = torch.ones(2, requires_grad=True)
    middle = x * 2
    y = (middle * middle).sum()
    torch.autograd.graph.increment_version(middle)

    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        y.backward()
