"""Layers beside PyTorch's: the same repr, state, first values, results and gradients."""

import pytest
from support import assert_same, evaluate

LAYERS = [
    ("GLU()", "torch.randn(3, 4)"),
    ("RReLU(0.1, 0.3)", "torch.randn(3, 4)"),
    ("RReLU(inplace=True).eval()", "torch.randn(3, 4) * 1"),
    ("Hardshrink(0.3)", "torch.randn(3, 4)"),
    ("Softshrink()", "torch.randn(3, 4)"),
    ("FractionalMaxPool2d(3, output_size=(4, 3))", "torch.randn(2, 3, 8, 7)"),
    ("FractionalMaxPool2d((2, 3), output_ratio=0.5, return_indices=True)", "torch.randn(3, 8, 7)"),
    ("FractionalMaxPool3d(2, output_ratio=(0.5, 0.4, 0.7))", "torch.randn(2, 2, 6, 7, 5)"),
    ("Softmax2d()", "torch.randn(2, 3, 2, 2)"),
    ("BatchNorm2d(3)", "torch.randn(2, 3, 2, 2)"),
    ("BatchNorm3d(3, momentum=None)", "torch.randn(2, 3, 2, 2, 1)"),
    ("BatchNorm1d(3)", "torch.zeros(0, 3)"),
    ("GroupNorm(2, 4, bias=False)", "torch.randn(2, 4, 3)"),
    ("GroupNorm(2, 4, affine=False)", "torch.randn(2, 4, 3)"),
    ("InstanceNorm1d(3)", "torch.randn(2, 3, 4)"),
    ("InstanceNorm1d(3, track_running_stats=True, affine=True)", "torch.randn(2, 3, 4)"),
    ("InstanceNorm2d(3, affine=True)", "torch.randn(3, 4, 2)"),
    ("InstanceNorm3d(3, track_running_stats=True).eval()", "torch.randn(2, 3, 4, 2, 1)"),
    ("RMSNorm(4)", "torch.randn(3, 4)"),
    ("RMSNorm((3, 4), eps=1e-2, elementwise_affine=False)", "torch.randn(2, 3, 4)"),
    ("LocalResponseNorm(2)", "torch.randn(2, 4, 3)"),
    ("AlphaDropout(0.3)", "torch.randn(3, 4)"),
    ("FeatureAlphaDropout(0.3)", "torch.randn(2, 3, 4)"),
    ("Dropout1d(0.3)", "torch.randn(2, 3, 4)"),
    ("Dropout2d(0.3, inplace=True)", "torch.randn(2, 3, 4, 2) * 1"),
    ("Dropout3d(0.3)", "torch.randn(2, 3, 4, 2, 1)"),
    ("EmbeddingBag(4, 3, max_norm=1.0)", "torch.tensor([[0, 2], [3, 3]])"),
    ("EmbeddingBag(4, 3, mode='max', padding_idx=-1)",
     "torch.tensor([0, 2, 3]), torch.tensor([0, 1])"),
    ("Bilinear(2, 3, 4)", "torch.randn(5, 2), torch.randn(5, 3)"),
    ("CosineSimilarity(0)", "torch.randn(5, 2), torch.randn(5, 2)"),
    ("PairwiseDistance(3.0, keepdim=True)", "torch.randn(5, 2), torch.randn(5, 2)"),
    ("MarginRankingLoss(0.5)", "torch.randn(3), torch.randn(3), torch.ones(3)"),
    ("HingeEmbeddingLoss(reduction='sum')", "torch.randn(3), torch.tensor([1.0, -1, -1])"),
    ("CosineEmbeddingLoss(0.1)", "torch.randn(2, 3), torch.randn(2, 3), torch.tensor([1, -1])"),
    ("SoftMarginLoss()", "torch.randn(3), torch.tensor([1, -1, -1])"),
    ("MultiMarginLoss(2, 0.5, torch.rand(3))", "torch.randn(2, 3), torch.tensor([0, 2])"),
    ("MultiLabelMarginLoss()", "torch.randn(2, 3), torch.tensor([[0, 2, -1], [1, -1, 0]])"),
    ("MultiLabelSoftMarginLoss(torch.rand(3))", "torch.randn(2, 3), torch.ones(2, 3)"),
    ("TripletMarginLoss(swap=True)", "torch.randn(2, 3), torch.randn(2, 3), torch.randn(2, 3)"),
    ("TripletMarginWithDistanceLoss()",
     "torch.randn(2, 3), torch.randn(2, 3), torch.randn(2, 3)"),
    ("KLDivLoss(reduction='batchmean')", "torch.randn(2, 3), torch.rand(2, 3)"),
    ("PoissonNLLLoss(full=True)", "torch.randn(2, 3), torch.rand(2, 3) * 4"),
    ("GaussianNLLLoss(full=True)", "torch.randn(2, 3), torch.randn(2, 3), torch.rand(1, 3)"),
    ("CTCLoss()", "torch.randn(5, 1, 4).log_softmax(-1), torch.tensor([[1, 2]]), (5,), (2,)"),
    ("LinearCrossEntropyLoss(3, 4, bias=True)", "torch.randn(2, 3), torch.tensor([0, 3])"),
    ("LinearCrossEntropyLoss(3, 4, out_features=(2,))",
     "torch.randn(2, 3), torch.tensor([[0, 3], [1, 1]])"),
    ("MultiheadAttention(4, 2)", "*[torch.randn(3, 2, 4)] * 3"),
    ("MultiheadAttention(4, 2, batch_first=True, dropout=0.2)", "*[torch.randn(2, 3, 4)] * 3"),
    ("MultiheadAttention(4, 2, kdim=3, vdim=5, add_bias_kv=True, add_zero_attn=True)",
     "torch.randn(3, 2, 4), torch.randn(6, 2, 3), torch.randn(6, 2, 5)"),
    ("MultiheadAttention(4, 2, bias=False)", "torch.randn(3, 4), *[torch.randn(5, 4)] * 2"),
    ("MultiheadAttention(4, 2)",
     "*[torch.randn(3, 2, 4)] * 3, torch.tensor([[True, False, False]] * 2), False"),
    ("MultiheadAttention(4, 2)",
     "*[torch.randn(3, 2, 4)] * 3, None, True, torch.ones(3, 3).triu(1) > 0, False"),
]

REFUSALS = [
    "BatchNorm2d(3)(torch.ones(2, 3))", "InstanceNorm2d(3)(torch.ones(2, 3))",
    "InstanceNorm1d(3, affine=True)(torch.ones(2, 4, 5))", "InstanceNorm1d(3)(torch.ones(2, 3, 1))",
    "GroupNorm(3, 4)", "GroupNorm(2, 4)(torch.ones(4))", "Softmax2d()(torch.ones(2, 3))",
    "Softshrink(-1.0)(torch.ones(2))", "MultiMarginLoss(3)", "Bilinear(0, 2, 3)",
    "TripletMarginLoss(0.0)", "EmbeddingBag(4, 3, padding_idx=7)",
    "EmbeddingBag(4, 3)(torch.ones(3).long())", "EmbeddingBag(4, 3, mode='bad')(torch.ones(1, 3))",
    "MultiheadAttention(4, 3)", "MultiheadAttention(0, 1)", "Dropout1d(2.0)",
    "MultiheadAttention(4, 2)(*[torch.ones(3, 2, 5)] * 3)",
    "MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, attn_mask=torch.ones(3, 4))",
    "MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, is_causal=True)",
    "LinearCrossEntropyOptions(chunking_method='bad')", "LocalResponseNorm(2)(torch.ones(2, 3))",
    "Bilinear(2, 3, 4)(torch.ones(5, 2), torch.ones(4, 3))",
    "GLU()(torch.ones(3))", "RReLU(0.5, 0.1)(torch.ones(3))",
]


def run(library, layer, inputs):
    """Make a layer from a seed and run it; give everything that can be seen of it."""
    library.manual_seed(4)
    module = evaluate(f"torch.nn.{layer}", library)
    first = {key: value.clone() for key, value in module.state_dict().items()}
    given = evaluate(f"({inputs},)", library)
    floats = [x.requires_grad_() for x in {id(x): x for x in given}.values()
              if hasattr(x, "is_leaf") and x.is_floating_point()]
    library.manual_seed(5)
    out = module(*[x * 1 if hasattr(x, "is_leaf") and x.is_floating_point() and "inplace" in layer
                   else x for x in given])
    outputs = [one for one in (out if isinstance(out, tuple) else (out,)) if one is not None]
    leaves = [*floats, *module.parameters()]
    total = sum((one * one).sum() for one in outputs)
    grads = library.autograd.grad(total, leaves, allow_unused=True) if total.requires_grad else []
    return (repr(module), list(first), list(first.values()), outputs,
            [g for g in grads if g is not None], list(module.state_dict().values()))


@pytest.mark.parametrize(("layer", "inputs"), LAYERS, ids=[" ".join(row) for row in LAYERS])
def test_layer_is_pytorchs(torch, reference, layer, inputs):
    """Shown, initialised, run, differentiated and updated as in PyTorch."""
    assert_same(run(torch, layer, inputs), run(reference, layer, inputs), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("code", REFUSALS)
def test_refusal_is_pytorchs(torch, reference, code):
    """The same class and text."""
    def refusal(library):
        with pytest.raises(Exception) as caught:
            evaluate(f"torch.nn.{code}", library)
        return type(caught.value), str(caught.value)

    assert refusal(torch) == refusal(reference)
