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
ONE_NAME = [
    *(f"x.{name}(dim=1, axis=1)" for name in ("sum", "mean")), "torch.sum(x, 1, axis=1)",
    *(f"torch.{name}(x, keepdim=True)" for name in ("sum", "mean", "prod", "median", "nanmedian",
                                                    "nanmean", "amax", "logsumexp")),
    "x.sum(None, True)", "x.sum(axis=(0, 1), keepdims=True)", "torch.std(x, True, 1)",
    "torch.var_mean(x, True, True)", "torch.std(x, True)",
]
TRUTH_VALUES = [
    "x.split(True)", "torch.split(x, True)", "torch.tensor_split(x, True)", "torch.hsplit(x, True)",
    "torch.randint(True, (2,))", "torch.randint(0, True, (2,))", "torch.randint_like(x, True)",
    "torch.eye(2, True)", "torch.eye(True)", "torch.eye(2, requires_grad='a')",
    "torch.eye(2, requires_grad=1)",
]
PLACES = [
    *(f"torch.{name}split(z, 1, 2)" for name in "hvd"), "z.hsplit(1, 2)",
    "z.dsplit(torch.tensor(2))",
    "z.hsplit(torch.tensor([1]))", "z.hsplit(np.array(1))", "torch.arange(0, None)",
    "torch.arange(0, end=None)", "torch.arange(0, 5, None)",
]
ONE_ELEMENT = [
    *(f"x.{call}" for call in (
        "tril(one)", "topk(one)", "kthvalue(one)", "select(0, one)", "narrow(0, 0, one)",
        "unsafe_split(one)", "select_scatter(x[0], 0, one)", "sum(one)", "amax(one)", "all(one)",
        "squeeze(one)", "argmax(one)", "argmax(dim=one)", "median(dim=one)", "cumsum(one)",
        "count_nonzero(one)", "quantile(0.5, one)", "chunk(one)", "roll(one)", "diag(one)",
        "aminmax(dim=one)", "multinomial(one)", "repeat(one, one)", "view(one, -1)")),
    *(f"x.{call}" for call in (
        "chunk(np.array(2))", "diag(np.array(1))", "diff(np.array(1))", "rot90(np.array(1))",
        "tril(np.array(1))", "narrow(0, 0, np.array(1))")),
    "F.group_norm(z, np.array(3))", "F.conv1d(image, torch.ones(3, 3, 2), groups=one)",
    "F.pixel_shuffle(torch.ones(1, 4, 2, 2), np.array(2))",
]
TEXT_IN_BYTES = [
    "x.index_reduce(0, c, x, b'amax')", "x.scatter_reduce(0, x.long() % 3, x, b'sum')",
    "torch.zeros(2, device=b'cpu')", "x.to(b'cpu')", "F.gelu(x, approximate=b'tanh')",
    "torch.div(x, 2, rounding_mode=b'floor')", "torch.quantile(x, 0.5, interpolation=b'lower')",
    "torch.linalg.matrix_norm(A, b'fro')", "torch.searchsorted(c, c, side=b'right')",
    "torch.linalg.eigvalsh(A, b'L')", "torch.div(x, 2, rounding_mode=b'bogus')",
]
UNTAPED = [
    *(f"x.int().{call}" for call in (
        "select_scatter(w[0], 0, 0)", "slice_scatter(w)", "diagonal_scatter(w[0][:3])",
        "index_fill(0, c, w.sum())", "masked_fill(x > 1, w.sum())",
        "select_scatter(w[0].detach(), 0, 0)")),
    "x.select_scatter(w[0], 0, 0)", "torch.no_grad()(x.int().slice_scatter)(w)",
]
NARROW = [
    "torch.pdist(half[:, None])", "F.avg_pool3d(torch.ones(1, 2, 2, 2).half(), 2)",
    "F.multi_margin_loss(x.half(), c)", "F.multilabel_margin_loss(x.half(), x.long() % 3)",
    "torch.linalg.vander(half)", "torch.vander(half)",
]
MET = [
    "torch.block_diag(torch.tensor(1.0, dtype=torch.float64), x)",
    "torch.block_diag(x.int(), torch.tensor(1.0))", "torch.block_diag(*[x] * 9, x.double())",
    *(f"torch.logsumexp(x, 0, out=torch.empty(4, dtype=torch.{dtype}))"
      for dtype in ("int64", "bool", "float64", "float16")),
]
TWO_DTYPES = [
    *(f"F.cosine_similarity({a}, {b})" for a, b in (
        ("x.half()", "x"), ("x", "x.double()"), ("x.int()", "x"), ("x.half() * 0", "x"),
        ("x", "torch.tensor(1.0, dtype=torch.float64)"), ("x * 1e-20", "x"))),
    *(f"torch.ldexp({a}, {b})" for a, b in (
        ("x", "torch.tensor(1.1).half()"), ("x.half()", "torch.tensor(1.1)"),
        ("x.double()", "torch.tensor(1.1)"), ("x.double()", "torch.tensor(1.1).half()"),
        ("x[0, 1]", "torch.tensor(1.1).half()"))),
    "torch.linalg.lstsq(x[:2] + A[:, :1], x[:2], 1, driver='gels')[0]",
]
SCATTERED = [
    *(f"x.scatter(0, x.long() % 3, torch.ones({size}))" for size in (0, 2, 3, 5)),
    "z.scatter(1, z.long() % 2, torch.ones(2, 3))", "z.scatter(1, z.long() % 2, torch.ones(2, 2))",
    "z.scatter(1, z.long() % 2, torch.ones(2, 3, 4, 5))",
    "x[0].scatter(0, c, torch.tensor(1.0))", "x[0].scatter_add(0, c, torch.tensor(1.0))",
    "x[0].scatter(0, c[:1], torch.tensor(1.0))", "x[0].scatter(0, c[0], torch.ones(0))",
    "x.scatter(0, torch.zeros(3, 5).long(), y.float())",
]
RESIZED = [
    *(f"F.interpolate(z, scale_factor={factor})" for factor in (
        "torch.tensor(2.0)", "one", "np.float32(2)", "'a'", "float('nan')", "float('inf')", "2**63",
        "-1.0", "[None]", "True")),
    *(f"F.interpolate(z, {size})" for size in (
        "2**63", "torch.tensor(1.0)", "one", "2.0", "True", "np.int64(3)", "[3.5]", "(True,)")),
    "F.interpolate(z[None], (3, 3), mode='bilinear', align_corners=0)",
    "F.interpolate(z[None], 3.0, mode='nearest-exact')",
    "F.interpolate(z[None], scale_factor=(2, 'a'), mode='bicubic')",
    *(f"F.max_unpool2d({pooled}, 2, output_size={size})" for pooled in ("*image2",) for size in (
        "one", "torch.tensor([4, 4])", "np.array([4, 4])", "(4.0, 4)", "(4, 4.0)", "(4, 5)", "4")),
    *(f"F.max_unpool2d(*image2, {kernel})" for kernel in (
        "2.0", "True", "one", "torch.tensor(2)", "np.array(2)", "(2, 2.0)")),
]
TRUE_BEHIND = [
    *(f"x.{call}" for call in (
        "view(12, True)", "view(True, 12)", "permute(0, True)", "flip(0, True)", "sum((0, True))",
        "repeat(2, True)", "as_strided((2, True), (1, True))", "tensor_split((1, True))",
        "repeat_interleave(True)", "narrow(0, True, 1)", "histogram(True)",
        "histogram(np.array(3))")),
    "torch.roll(x, (1, True), (0, True))", "F.avg_pool2d(z, (2, True))", "F.unfold(z[None], True)",
    "F.conv_transpose2d(image[None], torch.ones(2, 1, 2, 2), output_padding=(0, True))",
]
DRAWN = [
    *(f"x.clone().{draw}" for draw in (
        "uniform_(float('nan'), 1)", "uniform_(0, float('inf'))", "uniform_(-3e38, 3e38)",
        "uniform_(1, 0)", "normal_(0, float('nan'))", "double().uniform_(-3e38, 3e38)",
        "half().uniform_(0, 1e5)")),
    *(f"F.rrelu(x, {bounds})" for bounds in ("float('nan')", "0.1, float('inf')", "1, 0.5")),
    *(f"torch.{name}space(0.5, 3, {steps}, dtype=torch.bool)"
      for name in ("lin", "log") for steps in (0, 1, 2)),
]
ORDERS = [
    *(f"torch.{call}" for call in (
        "norm(x, one)", "linalg.norm(A, one)", "linalg.matrix_norm(A, one)",
        "linalg.matrix_norm(A, torch.tensor(1))", "norm(x, torch.tensor(1.0))",
        "linalg.vector_norm(x, True)", "linalg.norm(x[0], False)", "std(x, torch.tensor(True))",
        "var_mean(x, torch.tensor(False))", "sum(x, torch.tensor(True))",
        "isclose(x, x, rtol=2**70)", "allclose(x, x, atol=2**70)")),
]
ARRAYS = [
    "F.cross_entropy(x.numpy(), c)", "F.cross_entropy(x, c.numpy())", "F.cross_entropy(1, c)",
    "F.cross_entropy(x, c, x.numpy())", "F.batch_norm(x.numpy(), None, None, training=True)",
    "F.batch_norm(1, None, None, training=True)", "F.batch_norm(1, None, None)",
    "F.adaptive_max_pool2d(z.numpy(), 2)", "F.adaptive_max_pool2d(1, 2)",
    "F.adaptive_max_pool3d(z[None].int(), (2, None, None))",
    "F.adaptive_max_pool3d(z[None], (2, None))", "F.rms_norm(x[0], (3, 4))",
    "F.rms_norm(x[0], (3, 4), one)", "x.index_put((None, c), torch.tensor(1.0))",
    "x.index_put_([c, None], torch.tensor(1.0))",
    "F.grid_sample(z[None].int(), x.view(1, 2, 3, 2))",
]
FACTORS_OF_HALF = [
    *(f"torch.{name}(A.half())" for name in (
        "linalg.svd", "svd", "linalg.svdvals", "linalg.cond", "linalg.qr", "geqrf", "slogdet",
        "linalg.cholesky", "linalg.cholesky_ex", "linalg.slogdet", "logdet", "linalg.det")),
    "torch.linalg.cond(A.half(), 1)", "torch.linalg.householder_product(A.half(), A[0].half())",
    "torch.cdist(x.half(), x)", "torch.cdist(x, x.half())", "torch.geqrf(A.int())",
]
NAMED_DTYPES = [
    *(f"F.scaled_dot_product_attention({given})" for given in (
        "z.byte(), z, z", "z.half(), z, z", "z, z.bool(), z", "z.double(), z, z.short()",
        "z, z, z, z[0, :, :3].byte()", "z, z, z, z[0, :, :3].half()")),
    *(f"F.bilinear({given})" for given in (
        "x, x, torch.ones(2, 4, 4).double(), torch.ones(2)", "x.int(), x, torch.ones(2, 4, 4)",
        "x, x, torch.ones(2, 4, 4), torch.ones(2).int()")),
    *(f"torch.{name}(x, dx={dx})" for name in ("trapezoid", "cumulative_trapezoid")
      for dx in ("one", "torch.tensor(2.0)", "2")),
]
ONE_ELEMENT_AS_FLOAT = [
    *(f"F.{call}" for call in (
        "smooth_l1_loss(x, x * 2, beta=torch.ones(1))", "huber_loss(x, x * 2, delta=torch.ones(1))",
        "huber_loss(x, x * 2, delta=torch.tensor(1))", "dropout1d(x, torch.ones(1) / 2)",
        "dropout2d(z, torch.ones(1) / 2)", "dropout2d(z, torch.tensor(0.5)).shape",
        "dropout3d(z[None], torch.ones(1) / 2)", "dropout2d(z, w[0, 0])")),
]
ARRAYS_AS_TARGETS = [
    *(f"F.{name}_loss(x, x.numpy())" for name in ("mse", "l1", "smooth_l1", "huber")),
    "F.mse_loss(x.numpy(), x)", "F.l1_loss(x.double().numpy(), x)",
]
TAPE_LOST = [
    *(f"torch.{call}, dtype=torch.int64)" for call in (
        "cumsum(w, 0", "cumprod(w, 0", "sum(w", "sum(w, 0", "prod(w", "prod(w, 0", "nansum(w, 0",
        "sum(w.detach()")),
    "torch.bernoulli(w, 0.5).requires_grad", "torch.bernoulli(w, 0.5).sum().backward()",
    "torch.no_grad()(torch.sum)(w, dtype=torch.int64)",
]
TEXT_OF_FUNCTIONS = [
    "torch.einsum(b'ij->ji', x)", "F.pad(z, (1, 1), mode=b'reflect')",
    "F.pad(z, (1, 1), mode=b'constant')", "F.pad(z, (1, 1), mode=b'bogus')",
    "torch.meshgrid(n, y, indexing=b'xy')", "torch.meshgrid(n, y, indexing=b'bogus')",
]
SPACED = [
    *(f"torch.{name}space({bounds}, 4)" for name in ("lin", "log") for bounds in (
        "one, torch.tensor(3.0)", "torch.tensor(0.0), one", "one, one", "one, 3", "0, one",
        "torch.tensor(0.0), torch.tensor(3.0)")),
]
LEAST_SQUARES = [
    *(f"torch.linalg.lstsq(torch.eye(4).expand({batch}, 4, 4), torch.ones({right}))"
      for batch, right in (
        ("2, 1", "1, 4, 2"), ("2", "4"), ("2", "2, 4"), ("2", "4, 2"), ("4", "4, 2"),
        ("1", "2, 4, 2"), ("2, 1", "3, 4, 2"), ("5, 2", "4, 2"), ("2", "1, 1, 4, 2"))),
]
HALF_BY_NUMBER = [
    *(f"torch.div(x.half(), {divisor}, rounding_mode='{mode}')"
      for divisor in ("0.1", "3.3", "half * 0.1") for mode in ("floor", "trunc")),
    "x.half() // 0.1", "x.half().floor_divide_(0.1)", "torch.special.zeta(half * 2, half)",
    "torch.special.zeta(half * 2, 2)",
]
EDGES = [
    "F.hardshrink(x - 5, float('nan'))", "F.hardshrink(x * float('nan'))", "F.hardshrink(x - 5, 2)",
    "F.hardshrink(x - 5, -2)",
    *(f"torch.native_batch_norm(torch.ones({size}), None, None, None, None, True, 0.1, 1e-5)"
      for size in ("0, 4", "2, 4, 0", "2, 0")),
    *(f"F.scaled_dot_product_attention(*[{given} / 24] * 3, mask)" for given in (
        "z.half()", "z.double()", "z[None].double()")),
]
POOLED = [
    *(f"F.max_pool{n}d(z, {given}, return_indices=True)"
      for n in (1, 2, 3) for given in ("2.0", "True", "(2,) * 4", "2, ceil_mode=1", "2, wrong=1")),
    "F.max_pool2d([1], 3, return_indices=True)", "F.adaptive_max_pool2d(z, 2, wrong=1)",
    "F.adaptive_max_pool2d(z, (2, 2.0), return_indices=True)",
    *(f"F.adaptive_avg_pool2d({given})" for given in (
        "z, (2, 2.0)", "z, (2, torch.tensor(1.0))", "1, 2", "x.numpy(), (2, 2)", "z, 'a'", "z",
        "z, None", "z, (2, None)")),
    *(f"F.fractional_max_pool2d({given})" for given in (
        "z, torch.tensor(2.0), output_size=2", "z, (2, 2.0), output_size=2", "1, 2, output_size=2",
        "z, 2, output_size='a'", "z, 2, wrong=1, return_indices=True")),
    "F.max_unpool2d(1, one, 2)", "F.max_unpool2d(x.numpy(), one, 2)",
    "torch.lu(A, get_infos=True, wrong=1)",
    *(f"torch.unique(n, {flags}wrong=1)" for flags in (
        "", "return_counts=True, ", "return_inverse=True, ",
        "return_counts=True, return_inverse=True, ")),
    "torch.unique_consecutive(n, return_counts=True, wrong=1)", "torch.unique(z[0, 0, 0], dim=-1)",
]
MIXED = [
    *(f"F.layer_norm(x.{dtype}(), (4,), {given})" for dtype in ("float", "double", "half", "long")
      for given in ("x[1], x[1].int()", "x[1].int(), x[1]", "x[1], x[1].half()", "None, x[1]",
                    "x[1], x[1]", "x[1]", "x[1].half(), x[1].half()", "x[1].half(), x[1]")),
    *(f"F.group_norm(z.{dtype}(), 3, {given})" for dtype in ("float", "half", "long")
      for given in ("n.float(), n", "n.float(), n.half()", "n.half(), n.float()", "None, n.float()",
                    "n.float(), n.float()")),
    *(f"F.batch_norm(z.{dtype}(), {given})" for dtype in ("float", "half", "long")
      for given in ("n.float(), n.double()", "n.float(), n.float(), n.float(), n.half()",
                    "n.float(), n.float(), None, n.half()", "n.half(), n.float(), None, n.float()",
                    "n.float(), n.float(), n.float(), n.float()")),
    *(f"F.instance_norm(z.{dtype}(), None, None, {given})" for dtype in ("float", "half", "long")
      for given in ("n.float(), n", "n.half(), n.float()")),
    "F.batch_norm(z, n[None].float(), n[None].float())",
    "F.batch_norm(z[:, :1].clone(), torch.tensor(1.0), torch.tensor(1.0))",
    "F.batch_norm(z, n.float()[:, None], n.float()[:, None], training=True)",
    "F.batch_norm(z, None, None, n[None].float(), n[None].float(), training=True)",
    "F.scaled_dot_product_attention(x[0].double(), x, x)",
    *(f"F.local_response_norm(z, {given})" for given in (
        "None", "2, beta=None", "2, alpha='a'", "2, k=None", "0", "2", "3")),
    *(f"F.local_response_norm(z.{dtype}(), 2)" for dtype in ("int", "bool", "long")),
    *(f"torch.histogram({given})" for given in (
        "b, b.float()", "x, n", "c, c.float()", "c, c", "c, 3", "x.half(), half")),
    *(f"x.expand({sizes})" for sizes in ("-7, 3, 4", "-2, 0, 4", "3, -2")), "one.expand(-3)",
    "torch.signal.windows.hann(3, 2)",
]
CALLS = [*LOSSES, *LOOKED_UP, *SIZES, *WINDOWS, *TOO_LARGE, *TOLERANCES, *WRAPPED, *ELLIPSES,
         *BOUNDS, *NOTHING_DRAWN, *SCALES, *NOT_A_NUMBER, *HALF, *LONE,
         *ONE_NAME, *TRUTH_VALUES, *PLACES, *ONE_ELEMENT, *TEXT_IN_BYTES, *UNTAPED, *NARROW, *MET,
         *TWO_DTYPES, *SCATTERED, *RESIZED, *TRUE_BEHIND, *DRAWN, *ORDERS, *ARRAYS,
         *FACTORS_OF_HALF, *NAMED_DTYPES, *ONE_ELEMENT_AS_FLOAT, *ARRAYS_AS_TARGETS, *TAPE_LOST,
         *TEXT_OF_FUNCTIONS, *SPACED, *LEAST_SQUARES, *HALF_BY_NUMBER, *EDGES, *POOLED, *MIXED]
SETUP = """
F = torch.nn.functional
x, z = torch.arange(12.0).view(3, 4), torch.arange(24.0).view(2, 3, 4)
c, n, y = torch.tensor([0, 1, 2]), torch.tensor([1, 2, 3]), torch.tensor([1, -1, 1])
b, A = torch.tensor([True, False]), torch.tensor([[2.0, 1.0], [1.0, 3.0]])
image = torch.arange(24.0).view(2, 3, 4)
half, mask = torch.ones(3).half(), torch.zeros(3, 3)
none = torch.empty(0, dtype=torch.int64)
one, w = torch.tensor([1]), torch.ones(3, 4, requires_grad=True)
image2 = torch.ones(1, 2, 2), torch.zeros(1, 2, 2, dtype=torch.int64)
scores, labels = torch.randn(5, 2, 4).log_softmax(2), torch.tensor([[1, 2], [1, 1]])
"""


@pytest.mark.parametrize("call", CALLS)
def test_arguments_are_taken_and_refused_alike(torch, reference, call):
    """The result is PyTorch's, or class and text of the refusal are."""
    assert_alike(f"{SETUP}{call}", torch, reference)
