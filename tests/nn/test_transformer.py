"""Transformers beside PyTorch: numbers for the same seed, masks, gradients and refusals."""

import pytest
from beside import assert_alike

LAYERS = [
    "TransformerEncoderLayer(4, 2, 8, {options})",
    "TransformerDecoderLayer(4, 2, 8, {options})",
    "Transformer(4, 2, 2, 1, 8, {options})",
]
OPTIONS = ["", "dropout=0.0, norm_first=True, bias=False", "activation='gelu', batch_first=True",
           "activation=torch.tanh, layer_norm_eps=1e-2", "0.0, batch_first=True"]
MASKS = {
    "TransformerEncoderLayer": ["", "causal", "~causal.isfinite()",
                                "None, padding", "causal, padding.double() * -5"],
    "TransformerDecoderLayer": ["", "causal", "tgt_key_padding_mask=padding",
                                "causal, memory_key_padding_mask=padding",
                                "causal, tgt_is_causal=True"],
    "Transformer": ["", "causal, causal", "causal, causal, src_is_causal=True, tgt_is_causal=True",
                    "src_key_padding_mask=padding, memory_key_padding_mask=padding"],
}
PROGRAM = """
m = torch.nn.{layer}.double().{mode}()
a, b = torch.randn(2, 3, 3, 4, dtype=torch.float64, requires_grad=True)
causal = torch.nn.Transformer.generate_square_subsequent_mask(3, dtype=torch.float64)
padding = torch.tensor([[False, False, True], [False, True, True], [False, False, False]])
y = m({inputs}{masks})
weights = torch.arange(y.numel()).sin().reshape(y.shape)
(y, *torch.autograd.grad((y * weights).sum(), [a, *m.parameters()]))
"""


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_layers(torch, reference, layer, options, mode):
    """Values and gradients are PyTorch's with every mask."""
    for masks in MASKS[layer.split("(")[0]]:
        inputs = "a, " if "EncoderLayer" in layer else "a, b, "
        assert_alike(PROGRAM.format(layer=layer.format(options=options), mode=mode, inputs=inputs,
                                    masks=masks), torch, reference)


@pytest.mark.parametrize("settings", ["batch_first=True", "batch_first=True, norm_first=True", ""])
@pytest.mark.parametrize("masks", [
    "", "causal", "None, padding", "causal, padding", "None, padding.flip(1)",
    "None, torch.zeros(3, 3).masked_fill_(padding, -inf)",
])  # fmt: skip
def test_encoder_without_recording(torch, reference, settings, masks):
    """Padding that PyTorch leaves out comes out as it does there."""
    assert_alike(f"""
layer = torch.nn.TransformerEncoderLayer(4, 2, 8, {settings})
m = torch.nn.TransformerEncoder(layer, 2, torch.nn.LayerNorm(4)).eval()
padding = torch.tensor([[False, False, True], [False, True, True], [False, False, False]])
causal = torch.nn.Transformer.generate_square_subsequent_mask(3)
x = torch.randn(3, 3, 4)
with torch.no_grad():
    y = m(x, {masks})
y
""", torch, reference)


def test_unbatched(torch, reference):
    """The batch may be missing."""
    assert_alike("""
m = torch.nn.Transformer(4, 2, 1, 1, 8, batch_first=True)
m(torch.randn(5, 4), torch.randn(3, 4))
""", torch, reference)


@pytest.mark.parametrize("code", [
    "torch.nn.Transformer(4, 2)(torch.ones(3, 2, 4), torch.ones(3, 1, 4))",
    "torch.nn.Transformer(4, 2, 1, 1, 8)(torch.ones(3, 2, 3), torch.ones(3, 2, 4))",
    "torch.nn.TransformerEncoderLayer(4, 2, activation='selu')",
    "torch.nn.TransformerEncoderLayer(4, 3)",
    "torch.nn.TransformerEncoderLayer(4, 2, 8)(torch.ones(3, 2, 4), is_causal=True)",
    "torch.nn.TransformerEncoderLayer(4, 2, 8)(torch.ones(3, 2, 4), torch.ones(3, 3).int())",
    "repr(torch.nn.Transformer(4, 2, 1, 1, 8, norm_first=True))",
    "[(k, tuple(v.shape)) for k, v in torch.nn.Transformer(4, 2, 1, 1, 8).state_dict().items()]",
    "torch.nn.Transformer(4, 2, custom_encoder=torch.nn.Identity(), num_decoder_layers=1).encoder"
    "(torch.ones(2))",
])  # fmt: skip
def test_settings_and_mistakes(torch, reference, code):
    """Reprs, states and refusals are PyTorch's."""
    assert_alike(code, torch, reference)


@pytest.mark.parametrize("settings", ["4, 2", "4, 2, batch_first=True, bias=False",
                                      "3, 3, batch_first=True", "4, 2, norm_first=True",
                                      "4, 2, batch_first=True, activation=torch.tanh"])
def test_encoder_says_why_it_keeps_padding(torch, reference, settings):
    """The warning names the reason, in PyTorch's words, at the caller's line."""
    texts = []
    for library in (torch, reference):
        layer = eval(f"torch.nn.TransformerEncoderLayer({settings})", {"torch": library})
        with pytest.warns(UserWarning, match="use_nested_tensor is False because") as caught:
            library.nn.TransformerEncoder(layer, 1)
        assert caught[0].filename == __file__
        texts.append(str(caught[0].message))

    assert texts[0] == texts[1]
