"""The same tests over every op and all of its samples."""

from collections import Counter

import numpy as np
import pytest
from op_samples import CASES
from support import assert_same

DIFFERENTIABLE = [case for case in CASES if case.differentiable]
TWICE_ONLY_HERE = {"embedding_bag", "hardsigmoid", "multi_margin_loss", "multilabel_margin_loss",
                   "pdist"}
WITH_REFERENCE = [case for case in CASES if case.reference]


def as_list(result):
    """Give the results of an op as a list."""
    return list(result) if isinstance(result, tuple | list) else [result]


def layout(x):
    """Give the strides that matter: those of dimensions with more than one element."""
    return [stride for size, stride in zip(x.shape, x.stride(), strict=True)
            if size > 1 and x.numel()]


def gradients(torch, case, create_graph=False, dtype="float64"):
    """Sweep from weighted results; give the gradients of all inputs that want one.

    With ``create_graph`` the weights want one too: that of a linear op depends on them alone.
    """
    arguments = case.inputs(torch, dtype)
    outputs = as_list(case.function(torch)(*arguments))
    weights = weights_of(torch, outputs, create_graph)
    return torch.autograd.grad(outputs, case.leaves(arguments), weights, create_graph=create_graph)


def weights_of(torch, outputs, needs_grad=False):
    """Give a different factor for each element of the outputs."""
    return [torch.arange(1.0, 1.0 + out.numel(), dtype=out.dtype).sin().reshape(out.shape)
            .requires_grad_(needs_grad) for out in outputs]


@pytest.mark.parametrize("case", WITH_REFERENCE, ids=str)
class TestValues:
    """Results against NumPy's, computed in double precision."""

    @pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-6)])
    def test_value(self, torch, case, dtype, tolerance):
        """Shape and numbers are NumPy's up to the dtype's precision."""
        outputs = as_list(case.function(torch)(*case.inputs(torch, dtype)))
        expected = as_list(case.expected())

        assert len(outputs) == len(expected)
        for out, array in zip(outputs, expected, strict=True):
            assert tuple(out.shape) == np.shape(array)
            np.testing.assert_allclose(out.detach().numpy(), array, rtol=tolerance * 10,
                                       atol=tolerance)


@pytest.mark.parametrize("case", CASES, ids=str)
class TestEveryCase:
    """What holds for all ops."""

    def test_inputs_are_not_written(self, torch, case):
        """An op leaves its inputs and their versions alone."""
        arguments, untouched = case.inputs(torch), case.inputs(torch)
        case.function(torch)(*arguments)
        tensors = [x for x in arguments if isinstance(x, torch.Tensor)]

        assert all(x._version == 0 for x in tensors)
        assert_same([x for x in arguments if x is not None],
                    [x for x in untouched if x is not None])

    def test_nothing_is_recorded_under_no_grad(self, torch, case):
        """Results without recording are the same and have no history."""
        recorded = as_list(case.function(torch)(*case.inputs(torch)))
        with torch.no_grad():
            plain = as_list(case.function(torch)(*case.inputs(torch)))

        assert not any(out.requires_grad for out in plain)
        assert_same(plain, recorded)

    @pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
    def test_agrees_with_pytorch(self, torch, reference, case, dtype, tolerance):
        """Values, dtypes, strides and node names are PyTorch's."""
        ours = as_list(case.function(torch)(*case.inputs(torch, dtype)))
        theirs = as_list(case.function(reference)(*case.inputs(reference, dtype)))

        assert_same(ours, theirs, tolerance, tolerance)
        assert [layout(x) for x in ours] == [layout(x) for x in theirs]
        assert [x.grad_fn and x.grad_fn.name() for x in ours] == [
            x.grad_fn and x.grad_fn.name() for x in theirs]


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
class TestDerivatives:
    """First and second derivatives of all differentiable ops."""

    def test_first_derivative(self, torch, case):
        """The declared gradient matches central differences."""
        assert torch.autograd.gradcheck(case.function(torch), case.inputs(torch))

    def test_second_derivative(self, torch, case):
        """The gradient is itself differentiable."""
        if case.name in TWICE_ONLY_HERE and torch.__name__ == "torch":
            pytest.skip(f"PyTorch has no second derivative of {case.name}")
        if case.name == "ctc_loss":
            with pytest.raises(RuntimeError, match="_ctc_loss_backward is not implemented"):
                torch.autograd.gradgradcheck(case.function(torch), case.inputs(torch))
            return
        assert torch.autograd.gradgradcheck(case.function(torch), case.inputs(torch))

    def test_plain_and_recorded_backward_agree(self, torch, case):
        """create_graph changes what is recorded, not what is computed."""
        plain, recorded = gradients(torch, case), gradients(torch, case, create_graph=True)

        assert_same(plain, recorded, rtol=1e-10, atol=1e-12)
        assert not any(g.requires_grad for g in plain)

    def test_gradients_have_the_inputs_dtype_and_shape(self, torch, case):
        """Broadcasts and casts are undone."""
        leaves = case.leaves(case.inputs(torch, "float32"))

        for x, g in zip(leaves, gradients(torch, case, dtype="float32"), strict=True):
            assert (g.dtype, g.shape) == (x.dtype, x.shape)

    def test_gradients_agree_with_pytorch(self, torch, reference, case):
        """Gradients are PyTorch's."""
        assert_same(gradients(torch, case), gradients(reference, case), rtol=1e-9, atol=1e-11)

    def test_only_wanted_gradients_are_recorded(self, torch, case):
        """With one input frozen the others still get the same gradients."""
        expected = gradients(torch, case)
        for chosen in range(len(expected)):
            arguments = case.inputs(torch)
            leaves = case.leaves(arguments)
            for i, leaf in enumerate(leaves):
                leaf.requires_grad_(i == chosen)
            outputs = as_list(case.function(torch)(*arguments))
            (g,) = torch.autograd.grad(outputs, leaves[chosen], weights_of(torch, outputs))

            assert_same(g, expected[chosen], rtol=1e-12, atol=1e-13)


def nodes_below(outputs):
    """Give the names of all nodes that the outputs' graphs reach."""
    waiting, seen = [out.grad_fn for out in outputs if out.grad_fn is not None], {}
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen[node] = node.name().removeprefix("torch::autograd::")
            waiting += [below for below, _ in node.next_functions if below is not None]
    return set(seen.values())


def test_table_is_complete(tapegrad):
    """Every differentiable op appears in a graph of a case; every other one has a case, or is the
    formula of one that does.
    """
    reached = set()
    for case in CASES:
        reached |= nodes_below(as_list(case.function(tapegrad)(*case.inputs(tapegrad))))
        if case.differentiable:
            reached |= nodes_below(gradients(tapegrad, case, create_graph=True))
    named = {case.name for case in CASES}
    ops = tapegrad.ops.registered_ops().values()

    assert not {op.name for op in ops if op.is_differentiable and op.grad_name not in reached}
    formulas = {getattr(formula, "name", formula) for op in ops for formula in op.formulas}
    assert not {op.name for op in ops if not op.is_differentiable} - named - formulas


def single_op_cases(torch):
    """Give the ops whose entry alone stands between leaves and result, with their cases."""
    ops = list(torch.ops.registered_ops().values())
    n_named = Counter(op.grad_name for op in ops)
    by_node = {op.grad_name: op.name for op in ops if n_named[op.grad_name] == 1}
    for case in DIFFERENTIABLE:
        arguments = case.inputs(torch)
        out = case.function(torch)(*arguments)
        node = getattr(out, "grad_fn", None)
        if node is None or case.call or case.kwargs or by_node.get(node.name()) != case.name:
            continue
        below = [following for following, _ in node.next_functions if following is not None]
        if all(following.name() == "torch::autograd::AccumulateGrad" for following in below):
            op = torch.ops.registered_ops()[case.name]
            if op.params[0] in ("input", "condition", "bias"):
                yield op, case


def bytes_that_formulas_read(op, arguments, out):
    """Add up the tensors that the op's formulas name."""
    read = {name for names in op.reads for name in names}
    values = dict(zip(op.params, arguments, strict=False)) | {"out": out}
    return sum(values[name].nbytes for name in read if hasattr(values.get(name), "nbytes"))


def test_saved_memory_is_what_formulas_name(tapegrad):
    """An entry keeps the tensors that its formulas read, and nothing else."""
    n_checked = 0
    for op, case in single_op_cases(tapegrad):
        arguments = case.inputs(tapegrad)
        before = tapegrad.autograd.tape_info().saved_bytes
        out = case.function(tapegrad)(*arguments)
        saved = tapegrad.autograd.tape_info().saved_bytes - before
        all_wanted = len(case.leaves(arguments)) == len(out.grad_fn.next_functions)
        if all_wanted and not (op.has_many_outputs or op.is_view or op.takes_sequence):
            n_checked += 1
            assert saved == bytes_that_formulas_read(op, arguments, out), str(case)
        del out
    assert n_checked > 60


def test_cases_are_distinct():
    """No two cases test the same thing under the same name."""
    names = [(str(case), str(case.call)) for case in CASES]

    assert len(CASES) > 300 and len(set(names)) > 0.9 * len(names)
