"""The files in which PyTorch keeps its layers, and what only they hold."""

import pytest

KINDS = [
    ("batchnorm", "_BatchNorm", lambda nn: nn.BatchNorm2d(2)),
    ("batchnorm", "_NormBase", lambda nn: nn.InstanceNorm1d(2)),
    ("conv", "_ConvNd", lambda nn: nn.Conv1d(1, 1, 1)),
    ("conv", "_ConvTransposeNd", lambda nn: nn.ConvTranspose2d(1, 1, 1)),
    ("dropout", "_DropoutNd", lambda nn: nn.Dropout2d()),
    ("instancenorm", "_InstanceNorm", lambda nn: nn.InstanceNorm3d(2)),
    ("lazy", "LazyModuleMixin", lambda nn: nn.LazyLinear(2)),
    ("linear", "NonDynamicallyQuantizableLinear", lambda nn: nn.MultiheadAttention(2, 1).out_proj),
    ("loss", "_Loss", lambda nn: nn.MSELoss()),
    ("loss", "_WeightedLoss", lambda nn: nn.CrossEntropyLoss()),
    ("padding", "_ConstantPadNd", lambda nn: nn.ZeroPad2d(1)),
    ("pooling", "_AvgPoolNd", lambda nn: nn.AvgPool1d(2)),
    ("pooling", "_MaxPoolNd", lambda nn: nn.MaxPool3d(2)),
]


@pytest.mark.parametrize(("file", "name", "make"), KINDS, ids=[name for _, name, _ in KINDS])
def test_base_class(torch, file, name, make):
    """Programs find the base class of a layer in the file where PyTorch has it."""
    base = getattr(getattr(torch.nn.modules, file), name)

    assert isinstance(make(torch.nn), base)
    assert not isinstance(torch.nn.Identity(), base)


@pytest.mark.parametrize(
    ("name", "n"), [("_single", 1), ("_pair", 2), ("_triple", 3), ("_quadruple", 4)]
)
def test_repeating_a_size(torch, name, n):
    """A number is repeated for each dimension, several are kept."""
    spread = getattr(torch.nn.modules.utils, name)

    assert spread(5) == (5,) * n
    assert spread([1, 2]) == (1, 2)
    assert spread(range(3)) == (0, 1, 2)


def test_indenting(torch):
    """Representations of modules indent what is inside, and empty blank lines."""
    indented = torch.nn.modules.module._addindent("a\nb\n  \nc", 2)

    assert indented == "a\n  b\n\n  c"


def test_reductions_by_number(torch):
    """Losses outside of ``nn`` look up reductions in ``nn._reduction``."""
    reduction = torch.nn.functional._Reduction

    assert reduction is torch.nn._reduction
    assert [reduction.get_enum(name) for name in ("none", "mean", "sum")] == [0, 1, 2]
    assert reduction.legacy_get_string(None, False, emit_warning=False) == "none"
    with pytest.warns(UserWarning, match="please use reduction='sum' instead"):
        assert reduction.legacy_get_enum(False, None) == 2


def test_names_are_listed(torch):
    """All layers can be seen from the folder of the files."""
    assert set(torch.nn.modules.__dict__) | set(dir(torch.nn.modules)) >= {"Linear", "conv", "rnn"}


def test_container_by_names(torch):
    """The container of old takes its modules by name, and warns."""
    with pytest.warns(FutureWarning, match="`nn.Container` is deprecated"):
        made = torch.nn.Container(first=torch.nn.Linear(1, 2))

    assert repr(made) == (
        "Container(\n  (first): Linear(in_features=1, out_features=2, bias=True)\n)"
    )


def test_missing_name_raises(torch):
    """A name that no file has raises AttributeError with that name."""
    with pytest.raises(AttributeError, match="has no attribute 'no_such_layer'"):
        _ = torch.nn.modules.conv.no_such_layer
