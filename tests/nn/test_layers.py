"""Layers: their repr, the keys of their state, and what they start with for a seed."""

from types import ModuleType

import numpy as np
import pytest
from support import evaluate

LAYERS = [
    ("Identity(3)", "Identity()", []),
    ("Linear(2, 3)", "Linear(in_features=2, out_features=3, bias=True)", ["weight", "bias"]),
    ("Linear(2, 3, bias=False, dtype=torch.float64)",
     "Linear(in_features=2, out_features=3, bias=False)",
     ["weight"]),
    ("Flatten()", "Flatten(start_dim=1, end_dim=-1)", []),
    ("Flatten(0, 1)", "Flatten(start_dim=0, end_dim=1)", []),
    ("Unflatten(1, (2, 3))", "Unflatten(dim=1, unflattened_size=(2, 3))", []),
    ("Dropout()", "Dropout(p=0.5, inplace=False)", []),
    ("Dropout(0.2, inplace=True)", "Dropout(p=0.2, inplace=True)", []),
    ("Embedding(3, 2)", "Embedding(3, 2)", ["weight"]),
    ("Embedding(3, 2, padding_idx=-1, max_norm=1.0, norm_type=1.0, scale_grad_by_freq=True)",
     "Embedding(3, 2, padding_idx=2, max_norm=1.0, norm_type=1.0, scale_grad_by_freq=True)",
     ["weight"]),
    ("LayerNorm(3)",
     "LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)",
     ["weight", "bias"]),
    ("LayerNorm((2, 3), bias=False)",
     "LayerNorm((2, 3), eps=1e-05, elementwise_affine=True, bias=False)",
     ["weight"]),
    ("LayerNorm([3], eps=1e-3, elementwise_affine=False)",
     "LayerNorm((3,), eps=0.001, elementwise_affine=False, bias=False)",
     []),
    ("BatchNorm1d(3)",
     "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, "
     "track_running_stats=True)",
     ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]),
    ("BatchNorm1d(3, bias=False)",
     "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=False, "
     "track_running_stats=True)",
     ["weight", "running_mean", "running_var", "num_batches_tracked"]),
    ("BatchNorm1d(3, momentum=None, affine=False, track_running_stats=False)",
     "BatchNorm1d(3, eps=1e-05, momentum=None, affine=False, bias=False, "
     "track_running_stats=False)",
     []),
    ("ReLU()", "ReLU()", []),
    ("ReLU(inplace=True)", "ReLU(inplace=True)", []),
    ("ReLU6()", "ReLU6()", []),
    ("ReLU6(True)", "ReLU6(inplace=True)", []),
    ("LeakyReLU()", "LeakyReLU(negative_slope=0.01)", []),
    ("LeakyReLU(0.2, True)", "LeakyReLU(negative_slope=0.2, inplace=True)", []),
    ("ELU()", "ELU(alpha=1.0)", []),
    ("ELU(2.0, True)", "ELU(alpha=2.0, inplace=True)", []),
    ("SELU()", "SELU()", []),
    ("SELU(True)", "SELU(inplace=True)", []),
    ("CELU()", "CELU(alpha=1.0)", []),
    ("CELU(1.0, True)", "CELU(alpha=1.0, inplace=True)", []),
    ('GELU()', "GELU(approximate='none')", []),
    ("GELU('tanh')", "GELU(approximate='tanh')", []),
    ("SiLU()", "SiLU()", []),
    ("SiLU(True)", "SiLU(inplace=True)", []),
    ("Mish(True)", "Mish(inplace=True)", []),
    ("Sigmoid()", "Sigmoid()", []),
    ("Tanh()", "Tanh()", []),
    ("Softplus()", "Softplus(beta=1.0, threshold=20.0)", []),
    ("Softsign()", "Softsign()", []),
    ("LogSigmoid()", "LogSigmoid()", []),
    ("Softmax()", "Softmax(dim=None)", []),
    ("Softmax(1)", "Softmax(dim=1)", []),
    ("LogSoftmax(dim=1)", "LogSoftmax(dim=1)", []),
    ("Softmin(dim=-1)", "Softmin(dim=-1)", []),
    ("Hardtanh()", "Hardtanh(min_val=-1.0, max_val=1.0)", []),
    ("Hardtanh(-2, 2, True)", "Hardtanh(min_val=-2, max_val=2, inplace=True)", []),
    ("Hardsigmoid(True)", "Hardsigmoid()", []),
    ("Hardswish(True)", "Hardswish()", []),
    ("Tanhshrink()", "Tanhshrink()", []),
    ("Threshold(1, 2)", "Threshold(threshold=1, value=2)", []),
    ("Threshold(1, 2, True)", "Threshold(threshold=1, value=2, inplace=True)", []),
    ("PReLU()", "PReLU(num_parameters=1)", ["weight"]),
    ("PReLU(3, init=0.1)", "PReLU(num_parameters=3)", ["weight"]),
    ("CrossEntropyLoss()", "CrossEntropyLoss()", []),
    ("CrossEntropyLoss(torch.ones(2))", "CrossEntropyLoss()", ["weight"]),
    ("NLLLoss(torch.ones(2))", "NLLLoss()", ["weight"]),
    ("MSELoss()", "MSELoss()", []),
    ("L1Loss()", "L1Loss()", []),
    ("SmoothL1Loss()", "SmoothL1Loss()", []),
    ("HuberLoss()", "HuberLoss()", []),
    ("BCELoss(torch.ones(2))", "BCELoss()", ["weight"]),
    ("BCEWithLogitsLoss(pos_weight=torch.ones(2))", "BCEWithLogitsLoss()", ["pos_weight"]),
]


@pytest.mark.parametrize(("code", "text", "keys"), LAYERS, ids=[case[0] for case in LAYERS])
def test_repr_and_state(torch: ModuleType, code: str, text: str, keys: list[str]) -> None:
    """A layer prints as in PyTorch and has the same state."""
    layer = evaluate(f"torch.nn.{code}", torch)

    assert repr(layer) == text
    assert list(layer.state_dict()) == keys


def test_first_values_are_those_of_pytorch(torch: ModuleType) -> None:
    """The same seed gives the same weights."""
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 2), torch.nn.Embedding(2, 2, padding_idx=1),
        torch.nn.Linear(2, 1, bias=False))
    expected = {
        "0.weight": [[-0.00432252, 0.30971584, -0.47518533], [-0.4248946, -0.22236897, 0.15482073]],
        "0.bias": [-0.01143914, 0.45777494],
        "1.weight": [[-1.08452237, -1.39859545], [0.0, 0.0]],
        "2.weight": [[0.2795442, 0.42428017]],
    }

    for name, value in model.state_dict().items():
        np.testing.assert_allclose(value.numpy(), expected[name], rtol=1e-5, atol=1e-7)
    torch.manual_seed(0)
    np.testing.assert_allclose(
        torch.nn.Linear(2, 2, dtype=torch.float64).weight.detach().numpy(),
        [[0.6647553301890121, 0.29390167076471757], [-0.05744119269283829, 0.595027081222347]])


def test_layers_call_their_function(torch: ModuleType) -> None:
    """Each activation layer gives what its function gives."""
    nn, x = torch.nn, torch.linspace(-2.0, 3.0, 6).reshape(2, 3)
    pairs = [
        (nn.ReLU(), "relu"), (nn.ReLU6(), "relu6"), (nn.SELU(), "selu"), (nn.SiLU(), "silu"),
        (nn.Mish(), "mish"), (nn.Sigmoid(), "sigmoid"), (nn.Tanh(), "tanh"), (nn.CELU(), "celu"),
        (nn.Softsign(), "softsign"), (nn.Tanhshrink(), "tanhshrink"), (nn.ELU(), "elu"),
        (nn.LogSigmoid(), "logsigmoid"), (nn.Hardsigmoid(), "hardsigmoid"), (nn.GELU(), "gelu"),
        (nn.Hardswish(), "hardswish"), (nn.Hardtanh(), "hardtanh"), (nn.Softplus(), "softplus"),
        (nn.LeakyReLU(), "leaky_relu"),
    ]

    for layer, name in pairs:
        assert torch.equal(layer(x), getattr(nn.functional, name)(x)), name
    assert torch.equal(nn.Softmax(1)(x), nn.functional.softmax(x, 1))
    assert torch.equal(nn.LogSoftmax(1)(x), nn.functional.log_softmax(x, 1))
    assert torch.equal(nn.Softmin(1)(x), nn.functional.softmin(x, 1))
    assert nn.Threshold(0.5, 9.0)(x).tolist() == [[9.0, 9.0, 9.0], [1.0, 2.0, 3.0]]
    assert nn.PReLU()(x)[0].tolist() == [-0.5, -0.25, 0.0]


def test_shapes(torch: ModuleType) -> None:
    """Flatten joins, Unflatten splits, Identity returns, Dropout evaluates to its input."""
    x = torch.ones(2, 3, 4)

    assert torch.nn.Flatten()(x).shape == (2, 12)
    assert torch.nn.Flatten(0, 1)(x).shape == (6, 4)
    assert torch.nn.Unflatten(2, (2, -1))(x).shape == (2, 3, 2, 2)
    assert torch.nn.Identity(5, a=3)(x) is x
    assert torch.equal(torch.nn.Dropout(0.9).eval()(x), x)
    assert torch.nn.Linear(4, 5)(x).shape == (2, 3, 5)
    assert torch.nn.LayerNorm((3, 4))(x).abs().max().item() == 0
    assert torch.nn.Embedding(3, 2)(torch.tensor([[0, 2]])).shape == (1, 2, 2)


def test_embedding_from_a_table(torch: ModuleType) -> None:
    """A given table is used as it is, frozen by default, and its padding keeps its values."""
    table = torch.ones(3, 2)
    layer = torch.nn.Embedding.from_pretrained(table, padding_idx=0)

    assert layer.weight.data_ptr() == table.data_ptr()
    assert not layer.weight.requires_grad
    assert layer.weight[0].tolist() == [1.0, 1.0]
    assert torch.nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad


def test_padding_takes_no_gradient(torch: ModuleType) -> None:
    """The row of the padding gets zero even where nan arrives, and so does what is sent to it."""
    table = torch.ones(3, 2, requires_grad=True)
    out = torch.nn.functional.embedding(torch.tensor([0, 1, 1]), table, padding_idx=1)
    g = torch.tensor([[1.0, 2.0], [torch.nan, 3.0], [4.0, torch.inf]], requires_grad=True)
    (slope,) = torch.autograd.grad(out, table, g, create_graph=True)
    (back,) = torch.autograd.grad(slope, g, torch.full((3, 2), torch.nan))

    assert slope.tolist() == [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]
    assert back[1:].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_losses_are_modules(torch: ModuleType) -> None:
    """Losses keep their settings and call their functions."""
    nn = torch.nn
    x, y = torch.tensor([[0.2, 0.8]]), torch.tensor([[1.0, 0.0]])

    assert nn.MSELoss(reduction="sum")(x, y).item() == pytest.approx(1.28)
    assert nn.L1Loss()(x, y).item() == pytest.approx(0.8)
    assert nn.SmoothL1Loss(beta=0.5)(x, y).item() == pytest.approx(0.55)
    assert nn.HuberLoss(delta=0.5)(x, y).item() == pytest.approx(0.275)
    assert nn.BCELoss()(x, y).item() == pytest.approx(1.609438)
    assert nn.BCEWithLogitsLoss(pos_weight=torch.tensor([2.0, 1.0]))(x, y).item() == (
        pytest.approx(1.183689))
    classes = torch.tensor([1])
    assert nn.NLLLoss()(x, classes).item() == pytest.approx(-0.8)
    assert nn.CrossEntropyLoss(label_smoothing=0.1)(x, classes).item() == pytest.approx(0.467488)


@pytest.mark.parametrize(("arguments", "reduction"), [
    ((None, True), "mean"), ((None, False), "none"), ((True, None), "mean"),
    ((False, None), "sum"), ((False, True), "sum"), ((False, False), "none"),
])
def test_reductions_of_old(torch: ModuleType, arguments: tuple, reduction: str) -> None:
    """``size_average`` and ``reduce`` still choose a reduction, with a warning."""
    with pytest.warns(UserWarning, match=f"please use reduction='{reduction}' instead"):
        loss = torch.nn.MSELoss(*arguments)

    assert loss.reduction == reduction
