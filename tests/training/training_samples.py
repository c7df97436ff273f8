"""A small training to test with."""

from types import ModuleType
from typing import Any

import numpy as np


def samples(n: int = 22, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points, and on which side of a curve each is."""
    inputs = np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32)
    return inputs, (inputs[:, 0] + inputs[:, 1] ** 2 > 0.5).astype(np.int64)


def loader_of(torch: ModuleType, n: int = 22, seed: int = 0, **options: Any) -> Any:
    """Batches of 5 points, in an order of its own seed."""
    tensors = [torch.from_numpy(one) for one in samples(n, seed)]
    data = torch.utils.data
    options = {"batch_size": 5, "shuffle": True, **options}
    order = torch.Generator().manual_seed(7)
    return data.DataLoader(data.TensorDataset(*tensors), generator=order, **options)


def model_of(torch: ModuleType) -> Any:
    """A classifier of points with all that training changes."""
    torch.manual_seed(1)
    nn = torch.nn
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))


def make(tapegrad: ModuleType, **options: Any) -> Any:
    """A trainer of such a model, without a bar."""
    model = model_of(tapegrad)
    optimizer = tapegrad.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    options = {"progress": False, **options}
    return tapegrad.training.Trainer(model, tapegrad.nn.CrossEntropyLoss(), optimizer, **options)


def weights_of(model: Any) -> list[list]:
    """All numbers of a model, to compare to the bit."""
    return [tensor.numpy().tobytes() for tensor in model.state_dict().values()]
