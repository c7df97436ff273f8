"""Every operation with its saved values kept elsewhere: recomputed, or popped by a hook."""

import pytest
from op_samples import CASES

DIFFERENTIABLE = [case for case in CASES if case.differentiable]


def gradients(torch, case, around=None):
    """The gradients of a case's inputs; its operation is called by ``around`` if that is given."""
    arguments, function = case.inputs(torch, "float64"), case.function(torch)
    torch.manual_seed(0)
    result = function(*arguments) if around is None else around(function, *arguments)
    outputs = result if isinstance(result, tuple | list) else [result]
    roots = [one.sum() for one in outputs if one.requires_grad]
    return torch.autograd.grad(roots, case.leaves(arguments), allow_unused=True)


def assert_equal(torch, actual, expected):
    """The same gradients to the last bit."""
    for one, other in zip(actual, expected, strict=True):
        assert (one is None) == (other is None)
        assert one is None or torch.equal(one.nan_to_num(7), other.nan_to_num(7))


@pytest.fixture(autouse=True)
def noise_is_saved(torch, case):
    """Pass over what PyTorch saves before it draws it."""
    if torch.__name__ == "torch" and case.name == "rrelu":
        pytest.skip("PyTorch fills the noise of rrelu after it has saved it")


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
class TestEveryOp:
    """Plain gradients are what comes of saved values that are not on the tape."""

    def test_checkpoint(self, torch, case):
        """Saved tensors may be recomputed."""

        def checkpointed(function, *arguments):
            return torch.utils.checkpoint.checkpoint(function, *arguments, use_reentrant=False)

        assert_equal(torch, gradients(torch, case, checkpointed), gradients(torch, case))

    def test_popped(self, torch, case):
        """A hook may give up what it kept when it is asked for it."""
        store = {}

        def pack(tensor):
            store[len(store)] = tensor.clone()
            return len(store) - 1

        with torch.autograd.graph.saved_tensors_hooks(pack, store.pop):
            found = gradients(torch, case)

        assert_equal(torch, found, gradients(torch, case))
