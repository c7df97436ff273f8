"""A small BERT whose weights follow a recipe, so that numbers of the reference can be stored.

``tiny_bert.json`` was written by this program, under ``transformers`` 4.57.6 and PyTorch 2.13::

    from transformers import BertConfig, BertModel
    model = BertModel(BertConfig(**CONFIG)).eval()
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights(
        {name: tuple(x.shape) for name, x in model.state_dict().items()}).items()})
    ids, mask, kinds = (torch.from_numpy(array) for array in batch())
    hidden, pooled = model(ids, mask, kinds, return_dict=False)
    loss_of(hidden, pooled).backward()
    stored = {
        "shapes": {name: list(x.shape) for name, x in model.state_dict().items()},
        "hidden": hidden[:, ::3, :4].tolist(),
        "pooled": pooled[:, :6].tolist(),
        "gradients": {name: x.grad.norm().item() for name, x in model.named_parameters()},
    }
"""

from typing import Any

import numpy as np

CONFIG: dict[str, Any] = {
    "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 32, "max_position_embeddings": 12,
}  # fmt: skip
LENGTHS = (8, 5, 1)


def weights(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Sine waves: element i of array k is ``sin(0.37 i + k)``, scaled; norms lie around 1."""
    return {name: wave(k, shape, name.endswith("LayerNorm.weight"))
            for k, (name, shape) in enumerate(shapes.items())}


def wave(k: int, shape: tuple[int, ...], is_scale: bool) -> np.ndarray:
    values = 0.3 * np.sin(0.37 * np.arange(np.prod(shape)) + k) + is_scale
    return values.reshape(shape).astype(np.float32)


def batch() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tokens, mask and kinds of three texts of different length."""
    places = np.arange(max(LENGTHS))
    mask = (places < np.array(LENGTHS)[:, None]).astype(np.int64)
    ids = (7 * places + 11 * np.arange(len(LENGTHS))[:, None]) % 49 + 1
    return ids * mask, mask, (places > 2) * mask


def loss_of(hidden: Any, pooled: Any) -> Any:
    """A number that depends on every output, differently."""
    return (hidden * hidden.tanh()).sum() + pooled.exp().sum()
