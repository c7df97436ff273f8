"""Convolutions, pools, padding and resampling as layers, beside PyTorch's."""

import tracemalloc
from types import ModuleType

import pytest
from support import assert_same

# A layer, and the shape of its input.
LAYERS = [
    ("Conv1d(2, 4, 3)", (2, 2, 7)), ("Conv1d(2, 3, 2, padding='same')", (2, 7)),
    ("Conv2d(4, 6, 3, 2, (1, 2), groups=2, bias=False)", (2, 4, 6, 5)),
    ("Conv2d(2, 3, 3, padding=1, padding_mode='circular')", (1, 2, 4, 5)),
    ("Conv2d(2, 3, 3, padding='same', padding_mode='reflect', dilation=2)", (1, 2, 5, 5)),
    ("Conv3d(2, 2, (1, 2, 3), stride=2)", (1, 2, 3, 4, 5)),
    ("ConvTranspose1d(2, 4, 3, 2, output_padding=1)", (2, 2, 4)),
    ("ConvTranspose2d(4, 2, 3, 2, 1, groups=2, dilation=2)", (2, 4, 3, 4)),
    ("ConvTranspose3d(1, 2, 2, bias=False)", (1, 2, 3, 2)),
    ("MaxPool1d(2)", (2, 3, 6)), ("MaxPool2d(3, 2, 1, ceil_mode=True)", (2, 3, 6, 6)),
    ("MaxPool3d(2, stride=1, dilation=2)", (1, 4, 3, 4)),
    ("AvgPool1d(2, 1, 1, count_include_pad=False)", (2, 3, 6)),
    ("AvgPool2d((2, 3), divisor_override=4)", (2, 3, 6, 6)), ("AvgPool3d(2)", (1, 2, 4, 4, 4)),
    ("LPPool1d(2, 3)", (2, 3, 6)), ("LPPool2d(2.0, 2, stride=1)", (2, 4, 4)),
    ("LPPool3d(2, 2)", (1, 1, 2, 4, 2)),
    ("AdaptiveAvgPool1d(3)", (2, 2, 5)), ("AdaptiveAvgPool2d((2, None))", (2, 2, 5, 4)),
    ("AdaptiveAvgPool3d(2)", (1, 2, 3, 4, 5)), ("AdaptiveMaxPool1d(3)", (2, 2, 5)),
    ("AdaptiveMaxPool2d(2)", (2, 5, 4)), ("AdaptiveMaxPool3d((1, 2, None))", (1, 3, 4, 5)),
    ("ConstantPad1d(1, 2.5)", (2, 3)), ("ConstantPad2d((1, -1, 0, 2), 3)", (2, 3, 4)),
    ("ConstantPad3d(1, 0.5)", (1, 2, 2, 2)),
    ("ZeroPad1d((1, 2))", (2, 3)), ("ZeroPad2d(1)", (1, 2, 3, 3)), ("ZeroPad3d(1)", (1, 2, 2, 2)),
    ("ReflectionPad1d(2)", (2, 3)), ("ReflectionPad2d((1, 2, 0, 1))", (2, 3, 4)),
    ("ReflectionPad3d(1)", (1, 2, 2, 3)),
    ("ReplicationPad1d(2)", (2, 3)), ("ReplicationPad2d((1, 2, 0, 1))", (2, 3, 4)),
    ("ReplicationPad3d(1)", (1, 2, 2, 3)),
    ("CircularPad1d(2)", (2, 3)), ("CircularPad2d((1, 2, 0, 1))", (2, 3, 4)),
    ("CircularPad3d(1)", (1, 2, 2, 3)),
    ("Upsample(scale_factor=2, mode='bilinear')", (1, 2, 3, 3)), ("Upsample((4, 5))", (1, 2, 3, 3)),
    ("UpsamplingNearest2d(5)", (1, 2, 3, 3)),
    ("UpsamplingBilinear2d(scale_factor=2)", (1, 2, 3, 3)),
    ("PixelShuffle(2)", (1, 8, 2, 3)), ("PixelUnshuffle(2)", (1, 2, 4, 6)),
    ("ChannelShuffle(2)", (1, 4, 3, 3)),
    ("Fold((3, 4), 2)", (1, 8, 6)), ("Unfold(2, padding=1, stride=2)", (1, 2, 4, 4)),
]


def made(torch: ModuleType, code: str, dtype: str = "float32"):
    """Make a layer after the same seed."""
    torch.manual_seed(3)
    return eval(f"nn.{code}", {"nn": torch.nn}).to(getattr(torch, dtype))


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("code", "shape"), LAYERS, ids=[row[0] for row in LAYERS])
class TestEveryLayer:
    """What holds for all of them."""

    def test_description(self, torch, reference, code, shape):
        """Layers print as PyTorch's."""
        assert repr(made(torch, code)) == repr(made(reference, code))

    def test_state(self, torch, reference, code, shape):
        """The same seed gives the same parameters, under the same names."""
        ours, theirs = (made(library, code).state_dict() for library in (torch, reference))

        assert list(ours) == list(theirs)
        assert_same(list(ours.values()), list(theirs.values()), 0, 0)

    def test_result_and_gradients(self, torch, reference, code, shape):
        """Results, and gradients of input and parameters, are PyTorch's."""
        found = []
        for library in (torch, reference):
            layer = made(library, code, "float64")
            n = 1
            for size in shape:
                n *= size
            x = library.arange(float(n), dtype=library.float64).cos().reshape(shape)
            x.requires_grad_()
            out = layer(x)
            out.sin().sum().backward()
            found.append([out, x.grad, *[one.grad for one in layer.parameters()]])

        assert_same(*found, 1e-10, 1e-12)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_unpooling(torch, reference, n):
    """Maxima go back to where they were."""
    found = []
    for library in (torch, reference):
        x = (library.arange(4.0 ** n) * 7 % 11).reshape([1] + [4] * n)
        pool = getattr(library.nn, f"MaxPool{n}d")(2, return_indices=True)
        unpool = getattr(library.nn, f"MaxUnpool{n}d")(2)
        found.append([unpool(*pool(x)), unpool(*pool(x), output_size=[5] * n)])

    assert_same(*found)
    assert repr(torch.nn.MaxUnpool2d(2, 1)) == repr(reference.nn.MaxUnpool2d(2, 1))


@pytest.mark.parametrize(("call", "text"), [
    ("nn.Conv2d(3, 4, 3, groups=2)", "in_channels must be divisible by groups"),
    ("nn.Conv2d(4, 3, 3, groups=2)", "out_channels must be divisible by groups"),
    ("nn.Conv2d(4, 4, 3, groups=0)", "groups must be a positive integer"),
    ("nn.Conv2d(4, 4, 3, padding='foo')", "Invalid padding string 'foo', should be one of"),
    ("nn.Conv2d(4, 4, 3, padding='same', stride=2)",
     "padding='same' is not supported for strided convolutions"),
    ("nn.Conv2d(4, 4, 3, padding_mode='foo')", "padding_mode must be one of"),
    ("nn.ConvTranspose2d(4, 4, 3, padding_mode='circular')",
     'Only "zeros" padding mode is supported for ConvTranspose2d'),
    ("nn.ConvTranspose2d(2, 2, 3, 2)(torch.ones(1, 2, 4, 4), (20, 20))",
     "requested an output size of (20, 20), but valid sizes range from [9, 9] to [10, 10] (for an "
     "input of torch.Size([4, 4]))"),
    ("nn.ConvTranspose2d(2, 2, 3, 2)(torch.ones(1, 2, 4, 4), (20,))",
     "ConvTranspose2D: for 4D input, output_size must have 2 or 4 elements (got 1)"),
    ("nn.CircularPad2d(1)(torch.ones(2))", "expected 3D or 4D input (got 1D input)"),
])
def test_mistake(torch, call, text):
    """What a layer cannot be made of, or take, is refused in PyTorch's words."""
    with pytest.raises(ValueError) as caught:
        eval(call, {"nn": torch.nn, "torch": torch})

    assert str(caught.value).startswith(text)


def test_size_of_a_transposed_convolution(torch):
    """``output_size`` says which of the possible sizes is meant."""
    layer = torch.nn.ConvTranspose2d(2, 2, 3, 2)

    assert layer(torch.ones(1, 2, 4, 4), output_size=(10, 9)).shape == (1, 2, 10, 9)


def test_places_of_long_axes_are_not_kept(tapegrad: ModuleType) -> None:
    """Signals of ever new lengths leave no tables of places and weights behind."""
    signal = tapegrad.zeros(1, 1, 100)
    tracemalloc.start()
    try:
        for k in range(30):
            tapegrad.nn.functional.interpolate(signal, size=100_000 + k, mode="linear")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 20e6  # all tables would be 72 MB
