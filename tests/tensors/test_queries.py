"""Questions to tensors, functions of the interpreter over elements, and parts by geometry."""

import pytest
from beside import assert_alike

NAMES = """
import warnings
warnings.simplefilter("ignore")
x, n = torch.arange(6.0).view(2, 3), torch.tensor([1, 2, 3])
leaf = torch.ones(2, requires_grad=True)
"""
CALLS = [
    "x.is_conj(), x.is_neg(), x.is_distributed(), x.is_signed(), x.is_inference()",
    "torch.is_conj(x), torch.is_neg(x), torch.is_distributed(x), torch.is_signed(n.byte())",
    "torch.is_inference(x), torch.get_device(x)", "torch.is_conj(3)", "torch.is_signed()",
    "torch.is_nonzero(x[0, 1]), x[0, :1].is_nonzero()", "torch.is_nonzero(x)",
    "torch.is_nonzero(3)", "torch.is_nonzero(x[:0])",
    "torch.is_same_size(x, x + 1), x.is_same_size(x.t())", "torch.is_same_size(x, 3)",
    "x.is_set_to(x.view(2, 3)), x.is_set_to(x.t())", "x.is_set_to(3)", "x.is_set_to(x.clone())",
    "x.real is x", "x.imag", "torch.imag(x)", "str(x.grad_dtype)", "(leaf * 2).grad_dtype",
    "x.name, x.volatile, x.is_sparse_csr", "x.storage_type().__name__",
    "n.bool().storage_type().__name__", "x.to_dense() is x", "x.to_dense(torch.float64)",
    "x.const_data_ptr() == x.data_ptr()", "x.dim_order()", "x.t().dim_order()",
    "x[:, :1].dim_order()", "x[0, 0].dim_order()",
    "torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last).dim_order()",
    "torch.ones(2, 3, 4).permute(2, 0, 1).dim_order()", "x.expand(2, 2, 3).dim_order()",
    "torch.ones(1, 3, 1, 5).transpose(1, 3).dim_order()", "x.dim_order(ambiguity_check=True)",
    "x[:, :1].dim_order(ambiguity_check=True)", "x.t().dim_order(ambiguity_check=True)",
    "x.apply_(lambda v: v * 2 + 1)", "n.apply_(lambda v: v * 1.5)", "x.t().apply_(lambda v: -v), x",
    "n.bool().apply_(lambda v: not v)", "x.half().apply_(lambda v: v / 3)", "leaf.apply_(abs)",
    "x[:0].apply_(abs)", "x.apply_(3)", "x.map_(x.t().reshape(2, 3), lambda a, b: a * b)",
    "x.map_(n, max)", "x.map_(n.float(), max)", "x.map_(x[:, :2], max)", "x.map_(3, max)",
    "torch.ones(2).map_(leaf, max)", "x.map2_(x + 1, x + 2, lambda a, b, c: a + b * c)",
    "x.prelu(torch.tensor(0.1))", "(x - 3).prelu(torch.tensor([0.1, 0.2, 0.3]))", "x.prelu(3)",
    "x.resize(3, 2)", "x.resize(7)", "x.resize_as(x.t())", "x.resize_as(n)", "leaf.resize(2, 1)",
    "x.narrow_copy(1, -1, 1)", "torch.narrow_copy(x, 1, 2, 2)",
    "torch.narrow_copy(x, 1, 1, 2, out=torch.empty(0))", "x.narrow_copy(0, 0)",
    "torch.as_strided_scatter(x, torch.zeros(2), (2,), (2,), 1)",
    "torch.as_strided_scatter(x, n.float(), (2,), (1,))",
    "torch.as_strided_(x.clone(), (2,), (2,), 1)", "x.slice_inverse(torch.zeros(1, 3), 0, 0, 1)",
    "torch.slice_inverse(x[1:], x, 0, 1)", "torch.resize_as_(x, n)", "torch.resize_as_(x)",
    "torch.alias_copy(x)", "torch.as_strided_copy(x, (2,), (1,))", "torch.detach_copy(leaf)",
    "torch.diagonal_copy(x, 1)", "torch.expand_copy(x, (2, 2, 3))", "torch.t_copy(3)",
    "torch.permute_copy(x, (1, 0))", "torch.permute_copy(x, 1, 0)", "torch.select_copy(x, 1, 1)",
    "torch.slice_copy(x, 1, 0, 2)", "torch.slice_copy(x, 1, None, None, 2)",
    "torch.slice_copy(x, 5)", "torch.split_copy(x, 1)", "torch.split_with_sizes_copy(x, [1, 2], 1)",
    "torch.squeeze_copy(x)", "torch.t_copy(x)", "torch.transpose_copy(x, 0, 1)",
    "torch.unbind_copy(x)", "torch.t_copy()", "torch.unfold_copy(x, 1, 2, 1)",
    "torch.unsqueeze_copy(x, 0)", "torch.view_copy(x, (3, 2))", "torch.view_copy(x, torch.int32)",
    "torch.view_copy(x, (3, 2), out=torch.empty(0))", "torch.t_copy(x).data_ptr() == x.data_ptr()",
    "torch.permute_copy(leaf[None], (1, 0)).sum().backward(); leaf.grad",
]
ABSENT = ["values", "to_sparse", "indices", "coalesce", "dequantize", "q_scale", "crow_indices"]


@pytest.mark.parametrize("call", CALLS)
def test_result_is_pytorchs(torch, reference, call):
    """Answers, elements and refusals are the same."""
    assert_alike(f"{NAMES}\n{call}", torch, reference)


@pytest.mark.parametrize("name", ABSENT)
def test_methods_of_other_layouts_are_absent(tapegrad, name):
    """Programs that ask with ``hasattr`` hear the truth."""
    assert not hasattr(tapegrad.ones(1), name)


@pytest.mark.parametrize("name", ["bfloat16", "cfloat", "cdouble", "chalf"])
def test_conversions_to_other_dtypes_are_refused(tapegrad, name):
    """A dtype that no tensor has is named."""
    with pytest.raises(NotImplementedError, match="no tensors of dtype"):
        getattr(tapegrad.ones(1), name)()


def test_scattered_part_passes_no_gradient(tapegrad):
    """What ``as_strided_scatter`` replaced gets none; PyTorch gives it that of another element."""
    leaf, part = (tapegrad.ones(n, requires_grad=True) for n in (3, 1))
    scattered = tapegrad.as_strided_scatter(leaf, part, (1,), (1,), 1)
    (scattered * tapegrad.tensor([1.0, 2.0, 3.0])).sum().backward()

    assert leaf.grad.tolist() == [1, 0, 3] and part.grad.tolist() == [2]


def test_failed_call_leaves_elements_alone(torch):
    """``apply_`` writes nothing until the last call has returned."""
    x = torch.tensor([1.0, 0.0])
    with pytest.raises(ZeroDivisionError):
        x.apply_(lambda v: 1 / v)

    assert x.tolist() == [1.0, 0.0] or torch.__name__ == "torch"
