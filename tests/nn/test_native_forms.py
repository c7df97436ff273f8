"""``torch``'s own losses, dropouts, norms and look-ups, with a number for the reduction."""

import pytest
from beside import assert_alike

NAMES = """
x = torch.linspace(-1, 1, 12).view(4, 3).requires_grad_()
y, z, sign = x.detach().flip(0) * 0.7, x.detach().cos(), torch.tensor([1.0, -1.0, 1.0, -1.0])
w, ids = torch.arange(15.0).view(5, 3).requires_grad_(), torch.tensor([[1, 2], [4, 0]])
def mean(n): return torch.zeros(n), torch.ones(n)
def both(result, *leaves):
    first = result[0] if isinstance(result, tuple) else result
    (first.flatten() * torch.arange(first.numel()).cos()).sum().backward()
    return result, *[leaf.grad for leaf in leaves]
"""
BAGS = "w.double(), torch.tensor([3, 1, 1, 2, 0]), torch.tensor([0, 2, 2])"
SEQUENCE = "torch.arange(30.0).view(5, 2, 3).sin(), w[:4].reshape(2, 3, 2), y[0, :2]"
FORMS = [
    *(f"both(torch.embedding_bag({BAGS}, mode={mode}, include_last_offset={last}), w)"
      for mode in (0, 1, 2) for last in (False, True) if mode or not last),
    *(f"both(torch.embedding_bag({BAGS}, False, {mode}, False, None, False, 1), w)"
      for mode in (0, 1, 2)),
    f"both(torch.embedding_bag({BAGS}, per_sample_weights=torch.arange(5.0).double()), w)",
    f"torch.embedding_bag({BAGS}, mode=1, per_sample_weights=torch.arange(5.0).double())",
    f"torch.embedding_bag({BAGS}, mode='sum')", "torch.embedding_bag()",
    f"both(torch.conv_tbc({SEQUENCE}), w)", f"torch.conv_tbc({SEQUENCE}, 1)",
    f"torch.nn.functional.conv_tbc({SEQUENCE}, pad=3)", f"torch.conv_tbc({SEQUENCE}, -1)",
    f"torch.conv_tbc({SEQUENCE}, -2)", "torch.conv_tbc(y, y, y[0])", "torch.conv_tbc(y)",
    "torch.conv_tbc(y[None], y, y[0])", "torch.conv_tbc(y[None], y[None], y)",
    "torch.conv_tbc(y[None], y[None], y[0])", "torch.conv_tbc(y[None], y[None, :3], y[0, :2])",
    "both(torch.binary_cross_entropy_with_logits(x, z), x)",
    "torch.binary_cross_entropy_with_logits(x, z, None, torch.ones(3) * 2, 2)",
    "torch.binary_cross_entropy_with_logits(x, z, z, None, 0)",
    "both(torch.cosine_embedding_loss(x, y, sign), x)",
    "torch.cosine_embedding_loss(x, y, sign, 0.3, 0)", "torch.cosine_embedding_loss(x, y, x)",
    "both(torch.hinge_embedding_loss(x, sign[:, None]), x)",
    "torch.hinge_embedding_loss(x, sign[:, None], 0.5, 2)",
    "both(torch.kl_div(x, z.softmax(1)), x)", "torch.kl_div(x, y, 2, log_target=True)",
    "torch.kl_div(x, z, 0)", "torch.kl_div(x, z, 'mean')",
    "both(torch.margin_ranking_loss(x, y, sign[:, None]), x)",
    "torch.margin_ranking_loss(x, y, torch.ones(4, 3), 0.1, 0)",
    "both(torch.poisson_nll_loss(x, z, True, False, 1e-8, 1), x)",
    "torch.poisson_nll_loss(z, z, False, True, 1e-8, 0)", "torch.poisson_nll_loss(x, z)",
    "both(torch.triplet_margin_loss(x, y, z), x)",
    "torch.triplet_margin_loss(x, y, z, 0.5, 1.0, 1e-6, True, 0)",
    "torch.ctc_loss(torch.randn(5, 2, 4).log_softmax(2), torch.tensor([[1, 2], [3, 1]]),"
    " torch.tensor([5, 5]), torch.tensor([2, 2]), 0, 0)",
    "torch.ctc_loss(torch.zeros(5, 2, 4).log_softmax(2), torch.tensor([[1, 2], [3, 1]]), [5,"
    " 5], [2, 2])", "both(torch.embedding(w, ids), w)", "both(torch.embedding(w, ids, 2, True), w)",
    "torch.embedding(w, ids.float())", "torch.embedding(ids, w)", "torch.embedding(w, ids + 9)",
    "torch.embedding_renorm_(w.detach(), ids, 3.0, 2.0)", "both(torch.cosine_similarity(x, y), x)",
    "both(torch.pairwise_distance(x, y), x)", "both(torch.pdist(x), x)", "torch.pdist(x, 1.0)",
    "torch.bilinear(x, y, torch.ones(2, 3, 3))", "both(torch.hardshrink(x, 0.2), x)",
    "torch.hardshrink(x.detach(), out=torch.empty(4, 3))", "both(torch.dropout(x, 0.5, True), x)",
    "torch.dropout(x, 0.5, False)", "torch.dropout(x, 1.5, True)", "torch.dropout(x)",
    "torch.dropout_(y, 0.5, True), y", "torch.dropout_(y, 0.5, False) is y",
    "torch.alpha_dropout(x, 0.3, True)", "torch.alpha_dropout_(y, 0.3, True)",
    "torch.feature_dropout(x, 0.5, True)", "torch.feature_dropout_(y, 0.5, True)",
    "torch.feature_alpha_dropout(x, 0.5, True)", "torch.feature_alpha_dropout_(y, 0.5, True)",
    "torch.feature_dropout(sign, 0.5, True)", "both(torch.native_dropout(x, 0.5, True), x)",
    "torch.native_dropout(x, 0.5, False)", "torch.native_dropout(x, 1.0, True)",
    "torch.native_dropout(x.double(), 0.3, None)",
    "both(torch.batch_norm(x, None, None, *mean(3), True, 0.1, 1e-5, False), x)",
    "torch.batch_norm(x, None, None, *mean(3), False, 0.1, 1e-5, True)",
    "torch.batch_norm(x, None, None, *mean(2), False, 0.1, 1e-5, True)",
    "both(torch.native_batch_norm(x, torch.ones(3), None, None, None, True, 0.1, 1e-5), x)",
    "torch.native_batch_norm(x.view(2, 2, 3), None, None, None, None, True, 0.1, 1e-5)",
    "torch.native_batch_norm(x, None, None, *mean(3), False, 0.1, 1e-5)",
    "both(torch.native_layer_norm(x, (3,), torch.ones(3), None, 1e-5), x)",
    "torch.native_layer_norm(x.view(2, 2, 3), (2, 3), None, None, 1e-5)",
    "both(torch.native_group_norm(x.view(2, 2, 3), None, None, 2, 2, 3, 2, 1e-5), x)",
    "torch.native_channel_shuffle(x.view(1, 4, 3), 2)", "torch.native_channel_shuffle(x)",
    "torch.frobenius_norm(x, 1)", "both(torch.frobenius_norm(x, (0, 1), True), x)",
    "torch.frobenius_norm(x, ())", "torch.frobenius_norm(x.view(2, 2, 3), (0, 1, 2))",
    "both(torch.nuclear_norm(x + torch.eye(4, 3)), x)", "torch.nuclear_norm(x, True)",
    "torch.nuclear_norm(x.view(2, 2, 3), (1, 2))", "torch.nuclear_norm(x, 1)",
]


@pytest.mark.parametrize("call", FORMS)
def test_result_is_pytorchs(torch, reference, call):
    """Numbers, gradients, draws and refusals are the same."""
    assert_alike(f"{NAMES}\n{call}", torch, reference)


def test_native_losses_do_not_warn(torch):
    """The mean of ``torch.kl_div`` is asked for by number, so nothing will change about it."""
    torch.kl_div(torch.zeros(2, 2), torch.ones(2, 2))


MATRICES = """
F = torch.nn.functional
def filled(*shape): return torch.arange(float(torch.Size(shape).numel())).sin().view(shape)
a, b = filled(4, 8).requires_grad_(), filled(2, 8, 16).requires_grad_()
a3, b2 = filled(2, 4, 8).requires_grad_(), filled(8, 16).requires_grad_()
def ends(*where): return torch.tensor(where, dtype=torch.int32)
def both(result, *leaves):
    (result.flatten() * torch.arange(result.numel()).cos()).sum().backward()
    return result, *[leaf.grad for leaf in leaves]
"""
GROUPED = [
    "both(F.grouped_mm(a, b, offs=ends(1, 4)), a, b)", "both(F.grouped_mm(a3, b), a3, b)",
    "both(F.grouped_mm(a3, b2, offs=ends(4, 16)), a3, b2)",
    "both(F.grouped_mm(a, b2, offs=ends(4, 8)), a, b2)", "F.grouped_mm(a, b2, offs=ends(4, 6))",
    "F.grouped_mm(a, b, offs=ends(1, 2))[:2]", "F.grouped_mm(a[:0], b, offs=ends(0, 0))",
    "F.grouped_mm(a, b.mT.contiguous().mT, offs=ends(1, 4))",
    "F.grouped_mm(a.double(), b)", "F.grouped_mm(a, b.long())", "F.grouped_mm(a, b)",
    "F.grouped_mm(a3, b, offs=ends(1, 4))", "F.grouped_mm(a, b, offs=ends(1, 4).long())",
    "F.grouped_mm(a, b, offs=ends(1, 2, 4))", "F.grouped_mm(a, b, offs=ends(1, 4)[None])",
    "F.grouped_mm(a, b, offs=ends(1, 4), bias=torch.ones(16))", "F.grouped_mm(a[0], b)",
    "F.grouped_mm(a, b, offs=ends(1, 4), out_dtype=torch.float64)", "F.grouped_mm(a, b[:, :4])",
    "F.grouped_mm(a, b[..., :7].contiguous(), offs=ends(1, 4))",
    "F.grouped_mm(a[:, ::2], b[:, ::2], offs=ends(1, 4))", "F.grouped_mm(a3[:1], b)",
    "F.grouped_mm(a, b.half(), offs=ends(1, 4))", "F.grouped_mm(a)", "F.grouped_mm(a, 'b')",
    "F.grouped_mm(2, b)", "F.grouped_mm(a, b, offs=3)", "F.grouped_mm(a, b, bias=2)",
    "F.grouped_mm(a, b, out_dtype=3)", "F.grouped_mm(a, b, foo=1)",
]


@pytest.mark.parametrize("call", GROUPED)
def test_products_of_groups(torch, reference, call):
    """Products, gradients and refusals of ``grouped_mm`` are PyTorch's."""
    assert_alike(f"{MATRICES}\n{call}", torch, reference)


@pytest.mark.parametrize("ends", [(1, 9), (3, 2), (-1, 2)])
def test_groups_lie_within_the_matrix(tapegrad, ends):
    """Groups beyond the matrix, where PyTorch reads what lies there, are refused."""
    a, b = tapegrad.ones(4, 8), tapegrad.ones(2, 8, 16)

    with pytest.raises(RuntimeError, match="do not lie one behind the other"):
        tapegrad.nn.functional.grouped_mm(
            a, b, offs=tapegrad.tensor(ends, dtype=tapegrad.int32))
