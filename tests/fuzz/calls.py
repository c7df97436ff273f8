"""What can be called, and random arguments for it."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

# Not to be called at random: they change the process, write files, or wait. The layers at the end
# make as many modules as they are told, in PyTorch too: 2**40 of them never end, nor does drawing
# from the normal distribution's tails until a draw is likely enough.
LEFT_OUT = {
    "set_printoptions", "set_default_dtype", "set_grad_enabled", "set_detect_anomaly", "seed",
    "set_num_threads", "set_num_interop_threads", "save", "load", "share_memory_", "manual_seed",
    "set_rng_state", "set_default_device", "inference_mode", "trunc_normal_",
    "Transformer", "TransformerEncoder", "TransformerDecoder", "RNNBase", "RNN", "LSTM", "GRU",
}
NAMESPACES = [
    "", "linalg", "special", "nn.functional", "autograd", "autograd.functional", "func", "fft",
    "nn.init", "nn.utils", "nn.utils.rnn", "utils.dlpack", "signal.windows", "autograd.graph",
]


def callables(torch: ModuleType) -> dict[str, Callable]:
    """Everything public that can be called, by its name."""
    found: dict[str, Callable] = {}
    for namespace in NAMESPACES:
        place = resolved(torch, namespace)
        for name in dir(place) if place is not None else ():
            value = getattr(place, name, None)
            if is_wanted(name, value) and not inspect.isclass(value):
                found[f"{namespace}.{name}".lstrip(".")] = value
    for name in dir(torch.Tensor):
        if is_wanted(name, getattr(torch.Tensor, name)):
            found[f"Tensor.{name}"] = getattr(torch.Tensor, name)
    for name in dir(torch.nn):
        value = getattr(torch.nn, name)
        if inspect.isclass(value) and issubclass(value, torch.nn.Module) and name not in LEFT_OUT:
            found[f"nn.{name}"] = value
    return found


def resolved(torch: ModuleType, namespace: str) -> Any:
    """The module at a dotted path, or None."""
    place: Any = torch
    for name in filter(None, namespace.split(".")):
        place = getattr(place, name, None)
    return place


def is_wanted(name: str, value: Any) -> bool:
    """Whether a public name stands for something that may be called."""
    is_operator = name.startswith("__") and name.strip("_") in OPERATORS
    return callable(value) and name not in LEFT_OUT and (is_operator or not name.startswith("_"))


OPERATORS = {
    "add", "radd", "sub", "rsub", "mul", "truediv", "floordiv", "mod", "pow", "rpow", "matmul",
    "getitem", "setitem", "iadd", "imul", "and", "or", "xor", "lshift", "rshift", "eq", "lt",
    "contains", "array", "dlpack", "deepcopy", "reduce_ex", "index", "bool", "len", "format",
}
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
NUMBERS = [
    0, 1, 2, 3, -1, -2, 5, 64, 2**31, -(2**31), 2**63 - 1, -(2**63), 2**63, 2**64, 10**30, 0.0,
    -0.0, 0.5, 1.5, -2.5, 1e308, 1e-320, float("nan"), float("inf"), -float("inf"), True, False,
]
SIZES = [0, 1, 2, 3, 4, 5, 7]
WORDS = [
    "mean", "sum", "none", "floor", "trunc", "constant", "reflect", "replicate", "circular",
    "bilinear", "nearest", "bicubic", "area", "fro", "nuc", "ij", "ij,jk->ik", "i...->...", "prod",
    "amax", "reduced", "complete", "linear", "relu", "fan_in", "zeros", "border", "", "é", "cpu",
]


class Arguments:
    """Random arguments from one seed."""

    def __init__(self, torch: ModuleType, seed: int) -> None:
        self.torch = torch
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        makers = [
            (10, self.tensor), (5, self.number), (3, self.small), (2, self.sizes), (1, self.word),
            (1, self.dtype), (1, self.nothing), (1, self.tensors), (1, self.oddity),
            (1, self.index),
        ]
        self.makers = [maker for weight, maker in makers for _ in range(weight)]

    def any(self) -> Any:
        """An argument of any kind."""
        return self.random.choice(self.makers)()

    def tensor(self) -> Any:
        """A tensor of any dtype and layout: 0-d, empty, of many dimensions, a view, a leaf."""
        pick = self.random
        shape = self.shape()
        name = pick.choice([*DTYPES, "float32", "float32", "float64", "int64", "int64"])
        kind = np.dtype(name).kind
        values = self.numbers.standard_normal(shape) * pick.choice([1, 1, 3, 100, 1e6])
        if kind == "f" and pick.random() < 0.2:
            values = np.where(self.numbers.random(shape) < 0.3, pick.choice(NUMBERS[15:25]), values)
        with np.errstate(all="ignore"):
            array = np.array(np.clip(values, 0, 5) if kind == "u" else values).astype(name)
        tensor = self.torch.from_numpy(array)
        if kind == "f" and pick.random() < 0.4:
            tensor.requires_grad_()
            tensor = tensor * 1 if pick.random() < 0.5 else tensor
        return self.viewed(tensor)

    def viewed(self, tensor: Any) -> Any:
        """The tensor, or one of its views."""
        pick = self.random.random()
        if tensor.ndim and pick < 0.1:
            return tensor.transpose(0, -1)
        if tensor.ndim and pick < 0.2:
            return tensor[::2]
        if pick < 0.25:
            return tensor.unsqueeze(0).expand((3, *tensor.shape))
        if tensor.ndim and pick < 0.3:
            return tensor[..., 1:]
        return tensor

    def shape(self) -> tuple[int, ...]:
        """Mostly few small dimensions."""
        ndim = self.random.choice([0, 1, 1, 2, 2, 2, 3, 3, 4, 5])
        if self.random.random() < 0.02:
            return (1,) * self.random.choice([20, 33, 60])
        return tuple(self.random.choice(SIZES) for _ in range(ndim))

    def number(self) -> Any:
        """A Python or NumPy number, also one at the limits."""
        value = self.random.choice(NUMBERS)
        if self.random.random() < 0.1:
            with np.errstate(all="ignore"):
                return self.random.choice([np.float32, np.float64])(value)
        return value

    def small(self) -> int:
        """A number that may be a dimension or a size."""
        return self.random.choice([-3, -2, -1, 0, 0, 1, 1, 2, 3])

    def sizes(self) -> Any:
        """A sequence of numbers."""
        values = [self.random.choice([*SIZES, -1, 1, 2]) for _ in range(self.random.randrange(5))]
        if self.random.random() < 0.05:
            values.append(self.random.choice(NUMBERS))
        return self.random.choice([list, tuple])(values)

    def word(self) -> str:
        """A string that some function knows."""
        return self.random.choice(WORDS)

    def dtype(self) -> Any:
        """A dtype."""
        return getattr(self.torch, self.random.choice(DTYPES))

    def nothing(self) -> None:
        """None."""

    def tensors(self) -> Any:
        """Several tensors."""
        values = [self.tensor() for _ in range(self.random.randrange(4))]
        return self.random.choice([list, tuple])(values)

    def index(self) -> Any:
        """What may stand between brackets."""
        pick = self.random
        one = [slice(pick.choice([None, *range(-4, 5)]), pick.choice([None, *range(-4, 5)]),
                     pick.choice([None, 1, 2])), ..., None, pick.randrange(-4, 5), self.tensor()]
        return pick.choice([pick.choice(one), tuple(pick.sample(one, pick.randrange(4)))])

    def oddity(self) -> Any:
        """What belongs nowhere."""
        return self.random.choice([
            object(), {}, {"a": 1}, set(), b"abc", 1j, lambda *args: args[0] if args else 0, print,
            np.zeros(3, ">f4"), np.zeros((3, 2))[::-1], np.array(["a"]), np.array([object()]),
            type, iter([1, 2]), self.torch.Tensor, slice(None), range(3), [[1, 2], [3]], [[]],
            [1, [2]], np.ones((2, 2)), np.array(3), self.torch.nn.Linear(2, 2), Ellipsis,
        ])

    def likely(self, name: str, default: Any) -> Any:
        """An argument that a parameter of this name and default may well have."""
        pick = self.random
        if pick.random() < 0.1:
            return self.any()
        if isinstance(default, bool):
            return pick.choice([True, False])
        if isinstance(default, str):
            return self.word()
        if isinstance(default, float):
            return pick.choice([default, 0.5, 0.1, 1.0, 0.0, -1.0, self.number()])
        if isinstance(default, tuple):
            return self.sizes()
        if name in SMALL or isinstance(default, int):
            return self.small()
        if name in ("size", "sizes", "shape", "dims", "normalized_shape", "kernel_size"):
            return pick.choice([self.sizes, self.small])()
        if name == "dtype":
            return self.dtype()
        if name in ("indices", "index", "target", "tensors", "equation", "out"):
            return pick.choice([self.index, self.tensor, self.tensors, self.word])()
        return pick.choice([self.tensor, self.tensor, self.tensor, self.small, self.number])()

    def arguments(self, name: str, function: Callable) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments: mostly likely ones, sometimes any."""
        if self.random.random() < 0.7:
            parameters = signature(function)
            if parameters:
                return self.from_signature(name, parameters)
        count = self.random.choice([0, 1, 1, 2, 2, 3, 4])
        keywords = self.random.sample(KEYWORDS, self.random.choice([0, 0, 0, 1, 2]))
        return (
            [self.tensor(), *(self.any() for _ in range(count))],
            {keyword: self.any() for keyword in keywords},
        )

    def from_signature(self, name: str, parameters: list) -> tuple[list[Any], dict[str, Any]]:
        """What the parameters seem to want; some of the optional ones."""
        args: list[Any] = []
        keywords: dict[str, Any] = {}
        for position, one in enumerate(parameters):
            if one.kind is one.VAR_KEYWORD:
                continue
            if one.kind is one.VAR_POSITIONAL:
                if not keywords:
                    args += [self.any() for _ in range(self.random.randrange(4))]
                continue
            is_first = position == 0 and not (name.startswith("nn.") and name[3].isupper())
            if one.default is one.empty or is_first:
                value = self.tensor() if is_first else self.likely(one.name, None)
            elif self.random.random() < 0.3:
                value = self.likely(one.name, one.default)
            else:
                continue
            if one.kind is one.KEYWORD_ONLY or len(args) < position:
                keywords[one.name] = value
            else:
                args.append(value)
        return args, keywords


SMALL = {
    "dim", "dim0", "dim1", "dim2", "k", "n", "diagonal", "offset", "start", "end", "steps",
    "groups", "num_features", "in_features", "out_features", "num_embeddings", "embedding_dim",
    "num_classes",
    "in_channels", "out_channels", "repeats", "shifts", "chunks", "split_size", "length", "source",
    "destination", "stride", "padding", "dilation", "high", "low", "num_samples", "p", "correction",
}  # fmt: skip
KEYWORDS = [
    "dim", "keepdim", "dtype", "out", "reduction", "weight", "p", "eps", "size", "value", "alpha",
]  # fmt: skip


def signature(function: Callable) -> list[inspect.Parameter]:
    """The parameters of a function, as far as they are known."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def tensors_in(value: Any, torch: ModuleType) -> Iterator[Any]:
    """The tensors in a result."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from tensors_in(one, torch)
