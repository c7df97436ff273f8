"""Attention by blocks of queries: PyTorch's numbers for any sizes, masks and layouts."""

import pytest
from beside import assert_alike

SIZES = {  # heads, queries, keys, features; the last two take several blocks
    "square": (3, 5, 5, 4),
    "long": (2, 7, 20, 8),
    "short": (2, 20, 7, 8),
    "one query": (2, 1, 9, 4),
    "blocks": (1, 300, 300, 8),
    "uneven blocks": (1, 90, 1500, 4),
}
MASKS = {
    "none": "m = None",
    "bool": "m = torch.rand({n}, {n_keys}) > 0.3; m[:, 0] = True",
    "float": "m = torch.randn(2, 1, 1, {n_keys}).double()",
    "one number a query": "m = torch.randn({n}, 1).double()",
}
SETTING = """
{mask}
q, k, v = (torch.randn(2, {heads}, n, {features}).double().requires_grad_()
           for n in ({n}, {n_keys}, {n_keys}))
y = torch.nn.functional.scaled_dot_product_attention({q}, k, v, m, is_causal={is_causal})
"""


def setting(sizes: tuple, mask: str = "none", is_causal: bool = False, q: str = "q") -> str:
    heads, n, n_keys, features = sizes
    return SETTING.format(
        heads=heads, n=n, n_keys=n_keys, features=features, is_causal=is_causal, q=q,
        mask=MASKS[mask].format(n=n, n_keys=n_keys),
    )  # fmt: skip


GRADIENTS = "y, *torch.autograd.grad((y * y * y).sum(), [q, k, v])"


@pytest.mark.parametrize("sizes", SIZES.values(), ids=list(SIZES))
class TestBesidePyTorch:
    @pytest.mark.parametrize("mask", list(MASKS))
    def test_masks(self, sizes, mask, torch, reference):
        """Result and gradients under any mask."""
        assert_alike(setting(sizes, mask) + GRADIENTS, torch, reference)

    def test_causal(self, sizes, torch, reference):
        """No query looks at a later key."""
        assert_alike(setting(sizes, is_causal=True) + GRADIENTS, torch, reference)


@pytest.mark.parametrize("is_causal", [False, True])
def test_is_as_near_the_truth_as_pytorch(is_causal, torch, reference):
    """The mean error of float32 over many keys is PyTorch's, within half as much again."""
    errors = []
    for lib in (torch, reference):
        lib.manual_seed(0)
        heads = [lib.randn(1, 2, 700, 16) for _ in range(3)]
        found = []
        for dtype in (lib.float32, lib.float64):
            qkv = [one.to(dtype).requires_grad_() for one in heads]
            y = lib.nn.functional.scaled_dot_product_attention(*qkv, is_causal=is_causal)
            found.append([y, *lib.autograd.grad((y * y).sum(), qkv)])
        errors.append([(a - b).square().mean().item() ** 0.5 for a, b in zip(*found, strict=True)])

    assert all(ours <= 1.5 * theirs for ours, theirs in zip(*errors, strict=True))


def test_weights_far_below_are_zero(torch):
    """A place whose score is far below the largest has no weight, and one a little nearer has."""
    scores = torch.tensor([0.0, -80, -95, -110, -140, -1000, -torch.inf])
    weights = scores.softmax(0)
    q, v = torch.ones(1, 1, 1, 7), torch.eye(7).reshape(1, 1, 7, 7)
    attend = torch.nn.functional.scaled_dot_product_attention
    alike = attend(q, torch.zeros_like(v), v, scores[None])

    assert [w > 0 for w in weights.tolist()] == [True, True, True, False, False, False, False]
    assert [w > 0 for w in alike.flatten().tolist()] == [w > 0 for w in weights.tolist()]


@pytest.mark.parametrize(
    "laid", ["q.transpose(2, 3).contiguous().transpose(2, 3)", "q.flip(0)", "q[:1].expand_as(q)"]
)
def test_layouts(laid, torch, reference):
    """Queries may lie in any order, or repeat."""
    assert_alike(setting(SIZES["square"], q=laid) + GRADIENTS, torch, reference)


def test_heads_of_a_place_stay_side_by_side(torch):
    """The result lies as the queries do, so that joining the heads costs no copy."""
    q = torch.randn(2, 5, 3, 4).transpose(1, 2)
    y = torch.nn.functional.scaled_dot_product_attention(q, q, q)

    assert y.stride() == q.stride()


def test_row_without_any_key_is_zero(torch):
    """A query that may look nowhere gets nothing, and gives nothing back."""
    q = torch.randn(1, 1, 3, 4, requires_grad=True)
    mask = torch.tensor([[True, False], [False, False], [True, True]])
    k = torch.randn(1, 1, 2, 4)
    y = torch.nn.functional.scaled_dot_product_attention(q, k, k, mask)
    (slope,) = torch.autograd.grad(y.sum(), q)

    assert y[0, 0, 1].tolist() == slope[0, 0, 1].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("is_causal", [False, True])
def test_second_derivatives(is_causal, tapegrad):
    """They exist here; PyTorch refuses them."""
    q, k, v = (tapegrad.randn(1, 2, 3, 2).double().requires_grad_() for _ in range(3))

    def attend(*heads):
        return tapegrad.nn.functional.scaled_dot_product_attention(*heads, is_causal=is_causal)

    assert tapegrad.autograd.gradcheck(attend, (q, k, v))
    assert tapegrad.autograd.gradgradcheck(attend, (q, k, v))


@pytest.mark.parametrize("places", [[1], [0, 1, 2]])
def test_nan_is_not_hidden(places, torch):
    """A score of NaN makes its query's row NaN, and leaves the others alone."""
    q, mask = torch.randn(1, 1, 3, 4), torch.zeros(3, 3)
    mask[1, places] = float("nan")
    y = torch.nn.functional.scaled_dot_product_attention(q, q, q, mask)

    assert y.isnan().all(-1).flatten().tolist() == [False, True, False]


def test_node(torch):
    """The node is PyTorch's."""
    q = torch.randn(1, 1, 3, 4, requires_grad=True)
    y = torch.nn.functional.scaled_dot_product_attention(q, q, q)

    assert y.grad_fn.name() == "ScaledDotProductFlashAttentionForCpuBackward0"


def test_weights_are_not_saved(counts, torch):
    """Between forward and backward there are the inputs, and no matrix of 256 by 256."""
    q, k, v = (torch.randn(1, 8, 256, 4, requires_grad=True) for _ in range(3))
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    _, saved = counts()

    assert y.shape == q.shape
    assert saved <= 3 * 4 * q.numel()
