"""Arguments of a kind that PyTorch does not take, or takes for something else, beside PyTorch."""

import pytest
from beside import assert_alike

LOSSES = [
    "F.cross_entropy(x, c, ignore_index=1.0)",
    "F.cross_entropy(x, c, ignore_index=True)",
    "F.cross_entropy(x, c, ignore_index=None)",
    "F.cross_entropy(x, c, ignore_index=np.int64(1))",
    "F.cross_entropy(x, c, label_smoothing='a')",
    "F.cross_entropy(x, c, label_smoothing=None)",
    "F.cross_entropy(x, c, label_smoothing=1)",
    "torch.nn.CrossEntropyLoss(ignore_index=1.0)(x, c)",
    "F.nll_loss(x, c, ignore_index=1.0)",
    "F.nll_loss(x, c, ignore_index=True)",
    "F.ctc_loss(scores, labels, (5.0, 5), (2, 2))",
    "F.ctc_loss(scores, labels, (5, 5), (2, 2.0))",
    "F.hinge_embedding_loss(n, y)",
    "F.hinge_embedding_loss(n, y, margin=2.5, reduction='none')",
    "F.hinge_embedding_loss(n, y, reduction='sum')",
    "F.hinge_embedding_loss(n.byte(), y, reduction='none')",
    "F.hinge_embedding_loss(n > 1, n > 1)",
    "F.binary_cross_entropy(c, c)",
]
LOOKED_UP = [
    "F.embedding(c, x, padding_idx=1.0)",
    "F.embedding(c, x, padding_idx=True)",
    "F.embedding(c, x, padding_idx=7)",
    "F.embedding(c, x, max_norm='a')",
    "F.embedding_bag(c[None], x, padding_idx=1.0)",
    "F.embedding_bag(c[None], x, padding_idx=True)",
    "F.embedding_bag(c, x, torch.tensor([0, 1.0]))",
]
SIZES = [
    "F.layer_norm(x, (4.0,))", "F.layer_norm(x, 4)", "F.layer_norm(x, [True])",
    "F.layer_norm(x, (3, 4.0))", "F.rms_norm(x, (4.0,))", "F.rms_norm(x, 4)",
    "torch.flip(x, 0)", "torch.flip(x, 0, 1)", "torch.flip(x, (0.0,))", "torch.flip(x, (0, 1))",
    "x.flip(0, 1)", "x.flip(dims=(0,))", "torch.tile(x, 0)", "torch.tile(x, (2,))", "x.tile(2, 1)",
    "torch.permute(x, 1, 0)", "torch.permute(x, (1, 0))", "x.permute(1, 0)",
    "torch.movedim(x, (0,), 1)", "torch.movedim(x, 0, [1])",
    "torch.Tensor(np.array(3)).shape", "torch.Tensor(np.array([3]))",
]
WINDOWS = [
    *(f"F.conv1d(image, torch.ones(3, 3, 3), {option})" for option in (
        "stride=True", "stride=[True]", "groups=1.0", "groups=True", "padding=1.5")),
    "F.conv2d(image[:, None], torch.ones(3, 1, 3, 3), padding=[1, True])",
    "F.max_pool2d(image, True)", "F.max_pool2d(image, [2, True])", "F.avg_pool2d(image, 2, True)",
    "F.adaptive_avg_pool2d(image, True)", "F.adaptive_max_pool2d(image, [True, 2])",
    "F.pad(x, [True, 1])", "F.pad(x, [1, True])",
]
TOO_LARGE = [
    "torch.cumsum(x, 2**63)", "torch.sum(x, 2**63)", "x.sum(dim=2**63)", "x.chunk(2**63)",
    "x.transpose(0, 2**63)", "x.select(0, 2**63)", "x[2**63]", "F.softmax(x, 2**63)",
    "x.narrow(0, 0, 2**63)", "torch.cumsum(x, np.array(0))",
    "torch.zeros(2, requires_grad=None)", "torch.zeros(2, requires_grad=1)",
]
TOLERANCES = [
    "torch.linalg.pinv(A, 3, rtol=None)", "torch.linalg.pinv(A, 0.5, atol=None)",
    "torch.linalg.pinv(A, atol=None, rtol=None)", "torch.linalg.pinv(A, None)",
    "torch.linalg.matrix_rank(A, 3, rtol=None)", "torch.linalg.matrix_rank(A, atol=0.1, rtol=None)",
]
WRAPPED = [
    *(f"torch.tensor([3], dtype=torch.{dtype}) {sign} {divisor}"
      for dtype, divisor in (("uint8", 256), ("uint8", -256), ("int8", -256), ("int16", 1 << 16),
                             ("int32", 1 << 32), ("int32", 1 << 31), ("int64", 1 << 64),
                             ("uint8", "torch.tensor(256)"), ("uint8", "torch.tensor([256])"))
      for sign in ("//", "%")),
    "torch.div(n.byte(), -256, rounding_mode='trunc')", "torch.fmod(n.byte(), 256)",
    "n.byte().floor_divide_(256)", "n.byte().remainder_(torch.tensor(256))",
]
ELLIPSES = [
    "z[..., ...]", "z[..., ..., 0]", "z[..., ..., 5]", "z[..., 0, ..., 0]", "z[0, ..., 0, ...]",
    "z[..., ..., 0:1]", "z[..., ..., 1:]", "z[..., ..., None]", "z[..., None, ...]",
    "z[..., ..., torch.tensor(0)]", "z[..., ..., [0]]", "z.__setitem__((..., ..., 0), 1)",
]
BOUNDS = [
    "b.clamp(False, True)", "b.clamp(0, 1)", "b.clamp(min=torch.tensor(True))",
    "b.clamp(max=torch.tensor(False))", "b.clamp(torch.tensor(False), torch.tensor(True))",
    "b.clamp_(min=torch.tensor(True))", "b.clamp_(False, True)",
    *(f"torch.logit(x / 12, eps={eps})" for eps in (1, 0.6, True, 0, -1.0)),
]
NOTHING_DRAWN = [
    *(f"none.{draw}" for draw in ("normal_()", "uniform_()", "exponential_()", "cauchy_()",
                                  "log_normal_()", "geometric_(0.5)", "random_()", "bernoulli()")),
    "torch.randn(0, dtype=torch.int64)", "torch.rand(0, dtype=torch.int64)",
    "torch.randn(1, dtype=torch.int64)", "torch.randn_like(none)", "torch.normal(none, 1.0)",
    "torch.normal(1.0, none)", "torch.normal(none, none)", "torch.bernoulli(none)",
    "torch.normal(c, 1.0)", "torch.bernoulli(c)",
]
SCALES = [
    *(f"torch.{call}, {scale}=torch.tensor([1.0]))" for call, scale in (
        ("addmm(A, A, A", "alpha"), ("addmv(A[0], A, A[0]", "beta"), ("addcmul(A, A, A", "value"),
        ("baddbmm(A[None], A[None], A[None]", "alpha"), ("addbmm(A, A[None], A[None]", "beta"),
        ("addr(A, A[0], A[0]", "beta"), ("addcdiv(A, A, A", "value"))),
    "torch.addmm(A, A, A, alpha=torch.tensor(2.0))", "torch.addr(A, A[0], A[0], beta=True)",
    "torch.linspace(0, 1, True)", "torch.linspace(0, 1, 2**63)", "torch.logspace(0, 1, 3, None)",
]
NOT_A_NUMBER = [
    *(f"F.{name}(x, float('nan'))" for name in ("dropout", "alpha_dropout", "dropout1d")),
    "F.huber_loss(x, x + 1, delta=float('nan'))", "torch.normal(x, float('nan'))",
    "torch.normal(1.0, float('nan'), (2,))", "torch.cdist(x, x, float('nan'))",
    "x.new_full((2,), 1.0, device='bogus')", "torch.normal(1.0, 1.0, (2,), device='bogus')",
]
HALF = [
    "torch.binomial(half, half / 2)", "torch._sample_dirichlet(half)",
    "torch._standard_gamma(half)", "F.rrelu(half, training=True)", "F.rrelu(half)",
]
LONE = [
    "torch.linalg.vector_norm(torch.tensor(8.5), 100)", "torch.norm(torch.tensor(8.5), 100)",
    "torch.linalg.vector_norm(torch.tensor([[8.5], [1e9]]), 100, 1)",
    "torch.linalg.vector_norm(torch.tensor([8.5]), 0)",
    "torch.chunk(torch.empty(0), 2)", "torch.chunk(torch.empty(3, 0), 4, 1)",
]
CALLS = [*LOSSES, *LOOKED_UP, *SIZES, *WINDOWS, *TOO_LARGE, *TOLERANCES, *WRAPPED, *ELLIPSES,
         *BOUNDS, *NOTHING_DRAWN, *SCALES, *NOT_A_NUMBER, *HALF, *LONE]
SETUP = """
F = torch.nn.functional
x, z = torch.arange(12.0).view(3, 4), torch.arange(24.0).view(2, 3, 4)
c, n, y = torch.tensor([0, 1, 2]), torch.tensor([1, 2, 3]), torch.tensor([1, -1, 1])
b, A = torch.tensor([True, False]), torch.tensor([[2.0, 1.0], [1.0, 3.0]])
image = torch.arange(24.0).view(2, 3, 4)
half = torch.ones(3).half()
none = torch.empty(0, dtype=torch.int64)
scores, labels = torch.randn(5, 2, 4).log_softmax(2), torch.tensor([[1, 2], [1, 1]])
"""


@pytest.mark.parametrize("call", CALLS)
def test_arguments_are_taken_and_refused_alike(torch, reference, call):
    """The result is PyTorch's, or class and text of the refusal are."""
    assert_alike(f"{SETUP}{call}", torch, reference)
