"""Short random programs around what a single call does not reach."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from tests.fuzz.calls import Arguments


def sizes(torch: ModuleType, draw: Arguments) -> Any:
    """A size among the tuples: sums, products, parts, other elements, copies."""
    one = torch.Size(draw.any() if draw.random.random() < 0.3 else draw.shape())
    return draw.random.choice([
        lambda: one + draw.any(), lambda: draw.any() + one, lambda: one * draw.any(),
        lambda: one[draw.index()], lambda: one.numel(), lambda: one.count(draw.any()),
        lambda: one.index(draw.any()), lambda: pickle.loads(pickle.dumps(one)),
        lambda: torch.Size.__new__(draw.any()), lambda: torch.zeros(2, 3).size(draw.any()),
        lambda: hash(one), lambda: repr(one), lambda: one == draw.any(), lambda: one < draw.any(),
    ])()  # fmt: skip


def views(torch: ModuleType, draw: Arguments) -> Any:
    """Views of views, through methods and brackets, the last one written."""
    x = draw.tensor()
    for _ in range(draw.random.randrange(1, 6)):
        name = draw.random.choice(VIEWS)
        count = draw.random.randrange(4)
        try:
            made = x[draw.index()] if name is None else getattr(x, name)(
                *(draw.random.choice([draw.small, draw.sizes, draw.dtype])() for _ in range(count)))
        except Exception:
            continue
        x = made[0] if isinstance(made, (tuple, list)) and made else made
    return draw.random.choice([
        lambda: x.add_(draw.any()), lambda: x.copy_(draw.any()), lambda: x.fill_(draw.any()),
        lambda: x.__setitem__(draw.index(), draw.any()), lambda: x.numpy(), lambda: x.tolist(),
        lambda: x.contiguous(), lambda: x.detach().resize_(draw.sizes()),
        lambda: x.untyped_storage(), lambda: x.set_(draw.tensor()),
        lambda: x.data.view(draw.dtype()),
    ])()  # fmt: skip


VIEWS = [
    None, None, "view", "reshape", "transpose", "permute", "unsqueeze", "squeeze", "expand", "t",
    "narrow", "select", "diagonal", "unfold", "flatten", "unflatten", "movedim", "split", "chunk",
    "swapaxes", "as_strided", "detach", "view_as", "expand_as", "unbind", "tensor_split", "mT",
]  # fmt: skip


def generators(torch: ModuleType, draw: Arguments) -> Any:
    """A generator that is seeded, copied, and given states that may be none."""
    generator = torch.Generator()
    state = generator.get_state()
    for _ in range(3):
        state[draw.random.randrange(len(state))] = draw.random.randrange(256)
    steps = [
        lambda: generator.manual_seed(draw.any()), lambda: generator.set_state(draw.any()),
        lambda: generator.set_state(state), lambda: generator.set_state(state[: draw.small()]),
        lambda: pickle.loads(pickle.dumps(generator)), lambda: copy.deepcopy(generator),
        lambda: torch.Generator(draw.any()), lambda: generator.clone_state(),
        lambda: torch.rand(draw.sizes(), generator=generator),
        lambda: torch.randperm(draw.small(), generator=generator),
        lambda: torch.empty(3).normal_(draw.number(), draw.number(), generator=generator),
    ]  # fmt: skip
    draw.random.choice(steps)()
    return draw.random.choice(steps)()


def functions(torch: ModuleType, draw: Arguments) -> Any:
    """A Function that returns views, its own inputs, or nothing of use, forward and backward."""
    results = [
        lambda x: x, lambda x: x[...], lambda x: x.view(-1), lambda x: (x, x), lambda x: (x, None),
        lambda x: x.detach(), lambda x: x * 2, lambda x: draw.any(), lambda x: [x], lambda x: x.t(),
        lambda x: x.add_(1), lambda x: (x[:1], x[1:]), lambda x: x.expand(2, *x.shape),
    ]  # fmt: skip
    forwards, backwards = draw.random.choice(results), draw.random.choice(results)

    class Chosen(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, *rest: Any) -> Any:
            draw.random.choice([
                lambda: None, lambda: ctx.save_for_backward(x), lambda: ctx.mark_dirty(x),
                lambda: ctx.save_for_backward(draw.any()), lambda: ctx.set_materialize_grads(False),
                lambda: ctx.mark_non_differentiable(draw.any()),
            ])()  # fmt: skip
            return forwards(x)

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            return backwards(grads[0])

    leaf = torch.ones(draw.shape(), requires_grad=True)
    out = Chosen.apply(draw.random.choice([leaf, leaf * 1, leaf[..., None], draw.any()]))
    for one in out if isinstance(out, (tuple, list)) else [out]:
        if draw.random.random() < 0.3:
            one.mul_(2)
        one.sum().backward()
    return leaf.grad


def constructors(torch: ModuleType, draw: Arguments) -> Any:
    """The classes of tensors and parameters, called with anything."""
    kinds = [
        torch.Tensor, torch.FloatTensor, torch.LongTensor, torch.BoolTensor, torch.nn.Parameter,
        torch.nn.Buffer, torch.nn.UninitializedParameter, type("Own", (torch.Tensor,), {}),
        torch.UntypedStorage, torch.FloatStorage, torch.tensor, torch.as_tensor, torch.asarray,
    ]  # fmt: skip
    kind = draw.random.choice(kinds)
    made = kind(*(draw.any() for _ in range(draw.random.randrange(3))))
    return draw.random.choice([lambda: made, lambda: copy.deepcopy(made), lambda: repr(made)])()


def printing(torch: ModuleType, draw: Arguments) -> Any:
    """A tensor printed with random options."""
    names = ["precision", "threshold", "edgeitems", "linewidth", "profile", "sci_mode"]
    try:
        torch.set_printoptions(**{
            name: draw.any() if draw.random.random() < 0.2 else draw.random.choice([0, 1, 2, 5, 80])
            for name in draw.random.sample(names, 2)})  # fmt: skip
        return repr(draw.tensor())
    finally:
        torch.set_printoptions(profile="default", sci_mode=None)


def optimizers(torch: ModuleType, draw: Arguments) -> Any:
    """An optimizer whose state was tampered with takes a step."""
    kinds = [getattr(torch.optim, name) for name in dir(torch.optim)
             if isinstance(getattr(torch.optim, name), type) and name != "Optimizer"]  # fmt: skip
    params = [torch.ones(draw.shape(), requires_grad=True) for _ in range(2)]
    made = draw.random.choice(kinds)(params, lr=draw.random.choice([0.1, draw.any()]))
    with_gradients(torch, draw, params)
    if draw.random.random() < 0.7:
        made.step()
    state = made.state_dict()
    for values in (*state["state"].values(), *state["param_groups"]):
        for name in list(values):
            if draw.random.random() < 0.2:
                values[name] = draw.any()
    if draw.random.random() < 0.5:
        made.load_state_dict(state)
    else:
        for param in params:
            for name in list(made.state[param]):
                if draw.random.random() < 0.3:
                    made.state[param][name] = draw.any()
    with_gradients(torch, draw, params)
    made.step()
    return params


def with_gradients(torch: ModuleType, draw: Arguments, params: list) -> None:
    """Give parameters gradients, some of them of a shape or dtype of their own."""
    for param in params:
        try:
            param.grad = draw.any() if draw.random.random() < 0.2 else torch.ones_like(param)
        except Exception:
            param.grad = None


def states(torch: ModuleType, draw: Arguments) -> Any:
    """A module whose weights were exchanged for anything is loaded, and called."""
    nn = torch.nn
    made, shape = draw.random.choice([
        (nn.Linear(2, 3), (4, 2)), (nn.BatchNorm1d(3), (4, 3)), (nn.LSTM(2, 3), (4, 1, 2)),
        (nn.Conv2d(1, 2, 3), (1, 1, 4, 4)), (nn.GRUCell(2, 3), (4, 2)), (nn.LazyLinear(3), (4, 2)),
        (nn.Sequential(nn.Linear(2, 2), nn.PReLU()), (4, 2)), (nn.LayerNorm(2), (4, 2)),
    ])  # fmt: skip
    state = made.state_dict()
    for name in list(state):
        if draw.random.random() < 0.4:
            state[name] = draw.any()
    if draw.random.random() < 0.2:
        state[draw.random.choice([draw.word(), draw.any()])] = draw.tensor()
    made.load_state_dict(
        state, strict=draw.random.choice([True, False]), assign=draw.random.choice([True, False])
    )
    return made(torch.ones(shape) if draw.random.random() < 0.8 else draw.tensor())


def files(torch: ModuleType, draw: Arguments) -> Any:
    """What was saved is loaded again, with bytes changed, left out or put in."""
    value = draw.random.choice([
        draw.tensor, lambda: {"a": draw.tensor(), "b": [1, 2.5, "c"]}, draw.tensors, draw.dtype,
        lambda: torch.nn.Linear(2, 2).state_dict(), lambda: torch.nn.Parameter(torch.ones(3)),
    ])()  # fmt: skip
    buffer = io.BytesIO()
    is_zip = draw.random.random() < 0.5
    torch.save(value, buffer, _use_new_zipfile_serialization=is_zip)
    data = bytearray(buffer.getvalue())
    for _ in range(draw.random.choice([1, 1, 2, 8])):
        damage(data, draw)
    return torch.load(io.BytesIO(bytes(data)), weights_only=True)


def damage(data: bytearray, draw: Arguments) -> None:
    """Change a byte, put one in, or leave some or all the rest out."""
    place, byte = draw.random.randrange(len(data) + 1), draw.random.randrange(256)
    kept = draw.random.choice([place, place + 1, place + 2, place + 64, len(data)])
    data[place:kept] = draw.random.choice([b"", bytes([byte])])


def arrays(torch: ModuleType, draw: Arguments) -> Any:
    """NumPy's functions on tensors, and tensors of unusual arrays."""
    x = draw.tensor().detach()
    names = ["add", "matmul", "sum", "concatenate", "sort", "where", "einsum", "reshape", "dot",
             "exp", "broadcast_to", "copyto", "take", "put", "isnan", "array", "stack"]  # fmt: skip
    odd = [
        np.zeros(3, ">f4"), np.zeros((4, 6))[::-1, ::2], np.zeros(3, "M8[s]"), np.ma.ones(3),
        np.zeros(2, [("a", "i4")]), np.array([None]), np.zeros(9, "u1")[1:].view("f8"),
        np.array(3), np.asmatrix(np.eye(2)), np.zeros((0, 3)), np.zeros(2, "f2"), np.zeros(2, "g"),
        np.zeros(2, "c8"),
        np.broadcast_to(np.ones(1), (3, 4)), np.zeros(3, "U2"), np.zeros(2, "u4"),
    ]  # fmt: skip
    array = draw.random.choice(odd)
    return draw.random.choice([
        lambda: getattr(np, draw.random.choice(names))(x, draw.any()),
        lambda: getattr(np, draw.random.choice(names))(x), lambda: torch.from_numpy(array),
        lambda: torch.tensor(array), lambda: torch.as_tensor(array, dtype=draw.dtype()),
        lambda: array * x, lambda: x @ array, lambda: array == x, lambda: x.__array_wrap__(array),
        lambda: torch.from_dlpack(draw.random.choice([array, x.__dlpack__(), draw.any()])),
        lambda: np.asarray(x, dtype=draw.random.choice(["f4", "i1", "U3", "O", ">f8"])),
        lambda: torch.frombuffer(bytearray(12), dtype=draw.dtype(), count=draw.small(),
                                 offset=draw.small()),
        lambda: pickle.loads(pickle.dumps(x, draw.random.randrange(6))), lambda: copy.copy(x),
        lambda: torch.from_numpy(array).numpy().resize(draw.sizes()),
    ])()  # fmt: skip


SCENES: dict[str, Callable[[ModuleType, Arguments], Any]] = {
    f"scenes.{scene.__name__}": scene
    for scene in (sizes, views, generators, functions, constructors, printing, optimizers, states,
                  files, arrays)
}  # fmt: skip
