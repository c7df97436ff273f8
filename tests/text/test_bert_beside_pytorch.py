"""A BERT beside the same network put together from PyTorch's own layers."""

from typing import Any

import numpy as np
import pytest
from tiny_bert import CONFIG, batch, loss_of

WIDTH, HEADS = CONFIG["hidden_size"], CONFIG["num_attention_heads"]


def encoder_layer(torch: Any, state: dict[str, Any], k: int) -> Any:
    """PyTorch's layer of a transformer with the weights of layer ``k``."""
    layer = torch.nn.TransformerEncoderLayer(
        WIDTH, HEADS, CONFIG["intermediate_size"], activation="gelu", layer_norm_eps=1e-12,
        batch_first=True)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            parts = [state[f"encoder.layer.{k}.{each}"] for each in NAMES[name]]
            parameter.copy_(torch.cat(parts))
    return layer


PARTS = ("weight", "bias")
NAMES = {
    **{f"self_attn.in_proj_{part}": [f"attention.self.{which}.{part}"
                                     for which in ("query", "key", "value")] for part in PARTS},
    **{f"{theirs}.{part}": [f"{ours}.{part}"] for part in PARTS for theirs, ours in (
        ("self_attn.out_proj", "attention.output.dense"),
        ("norm1", "attention.output.LayerNorm"), ("linear1", "intermediate.dense"),
        ("linear2", "output.dense"), ("norm2", "output.LayerNorm"))},
}  # fmt: skip


def composed(torch: Any, state: dict[str, Any]) -> tuple[Any, Any, list[Any], Any]:
    """Outputs, leaves and layers of PyTorch's version."""
    ids, mask, kinds = (torch.from_numpy(array) for array in batch())
    leaves = {name: x.clone().requires_grad_() for name, x in state.items()
              if not name.startswith("encoder.")}
    layers = [encoder_layer(torch, state, k) for k in range(CONFIG["num_hidden_layers"])]
    tables = [leaves[f"embeddings.{which}_embeddings.weight"]
              for which in ("word", "position", "token_type")]
    words = torch.nn.functional.embedding(ids, tables[0], padding_idx=0)
    x = words + tables[1][: ids.shape[1]] + tables[2][kinds]
    x = torch.nn.functional.layer_norm(
        x, (WIDTH,), leaves["embeddings.LayerNorm.weight"], leaves["embeddings.LayerNorm.bias"],
        1e-12)
    # Theirs knows -inf alone, so a row without anything to look at would differ: there is none.
    for layer in layers:
        layer.eval()
        x = layer(x, src_key_padding_mask=mask == 0)
    pooled = torch.tanh(x[:, 0] @ leaves["pooler.dense.weight"].T + leaves["pooler.dense.bias"])
    return x, pooled, layers, leaves


@pytest.fixture
def both(model, tokens, reference):
    """Give our outputs after backward, and PyTorch's version after backward."""
    ours = model(*tokens)
    state = {name: reference.from_numpy(x.numpy().copy())
             for name, x in model.state_dict().items()}
    theirs = composed(reference, state)
    loss_of(*ours).backward()
    loss_of(*theirs[:2]).backward()
    return ours, theirs


def test_outputs(both):
    """Vectors of tokens and of texts agree."""
    ours, theirs = both

    for actual, expected in zip(ours, theirs[:2], strict=True):
        np.testing.assert_allclose(
            actual.detach().numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-5)


def test_gradients(model, both):
    """So do the gradients of all parameters."""
    _, (_, _, layers, leaves) = both
    expected = {name: leaf.grad for name, leaf in leaves.items()}
    for k, layer in enumerate(layers):
        for name, parameter in layer.named_parameters():
            ours = NAMES[name]
            pieces = parameter.grad.chunk(len(ours))
            expected |= {f"encoder.layer.{k}.{one}": grad
                         for one, grad in zip(ours, pieces, strict=True)}

    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(parameter.grad.numpy(), expected[name].numpy(),
                                   rtol=1e-3, atol=1e-4, err_msg=name)


def test_training_drops_as_pytorch_does(tapegrad, model, reference):
    """A seeded pass in training mode gives the numbers of PyTorch's layer with the same seed.

    Of one text: with several, PyTorch's layer draws for each place in turn, not for each text.
    """
    x = np.random.default_rng(0).normal(size=(1, 5, WIDTH)).astype(np.float32)
    state = {name: reference.from_numpy(y.numpy().copy()) for name, y in model.state_dict().items()}
    theirs = encoder_layer(reference, state, 0).train()
    theirs.dropout.p = 0.0  # BERT has none inside the feed-forward network
    tapegrad.manual_seed(5)
    reference.manual_seed(5)
    actual = model.encoder.layer[0].train()(tapegrad.from_numpy(x), None)
    expected = theirs(reference.from_numpy(x))

    np.testing.assert_allclose(
        actual.detach().numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-5)
