"""A pickle machine for PyTorch's subset of the opcodes: stack, memo, containers, numbers, text.

It builds plain values only; what names, calls and storages do is added by :mod:`.restricted`.
"""

from __future__ import annotations

import pickle as ops
import struct
import warnings
from collections import Counter, OrderedDict
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

from tapegrad.serialization.keys import check_key
from tapegrad.serialization.source import Source

# What a malformed pickle makes the machine stumble over.
_STUMBLES = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, struct.error)


class Machine:
    """Reads one pickle from a file that has ``read``, ``readline``, ``seek`` and ``tell``."""

    steps: Steps

    def __init__(self, file: Any, *, encoding: str = "bytes") -> None:
        self._source = Source(file)
        self._encoding = encoding
        self._memo: dict[int, Any] = {}
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []

    def load(self) -> Any:
        """Read until the pickle ends. Raises UnpicklingError, or EOFError if it never does."""
        steps = self.steps
        try:
            while True:
                code = self._source.read(1)[0]
                if code == ops.STOP[0]:
                    return self._stack.pop()
                step = steps.get(code)
                if step is None:
                    raise UnpicklingError(f"Unsupported operand {code}")
                step(self)
        except _STUMBLES as error:
            raise UnpicklingError(f"{type(error).__name__}: {error}") from error

    # -- containers

    def _append(self) -> None:
        self._extend([self._stack.pop()], "append to")

    def _appends(self) -> None:
        self._extend(self._pop_mark(), "extend")

    def _extend(self, items: list, verb: str) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise UnpicklingError(f"Can only {verb} lists, but got {type(target)}")
        target.extend(items)

    def _set_item(self) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set_pairs([key, value], "SETITEM")

    def _set_items(self) -> None:
        self._set_pairs(self._pop_mark(), "SETITEMS")

    def _set_pairs(self, items: list, opcode: str) -> None:
        target = self._stack[-1]
        if type(target) not in (dict, OrderedDict, Counter):
            raise UnpicklingError(
                f"Can only {opcode} for dict, collections.OrderedDict, collections.Counter, but "
                f"got {type(target)}"
            )
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[check_key(key)] = value

    def _mark(self) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def _pop_mark(self) -> list:
        items, self._stack = self._stack, self._marks.pop()
        return items

    def _tuple(self) -> None:
        items = self._pop_mark()
        self._stack.append(tuple(items))

    def _tuple_of(self, count: int) -> None:
        if len(self._stack) < count:
            raise IndexError("pop from empty list")
        self._stack[-count:] = [tuple(self._stack[-count:])]

    # -- memo, numbers, text

    def _get(self, width: int) -> None:
        self._stack.append(self._memo[self._number(width)])

    def _put(self, width: int) -> None:
        self._memo[self._number(width)] = self._stack[-1]

    def _number(self, width: int) -> int:
        return int.from_bytes(self._source.read(width), "little")

    def _text(self) -> None:
        self._stack.append(str(self._source.read(self._number(4)), "utf-8", "surrogatepass"))

    def _bytes(self) -> None:
        data = self._source.read(self._number(1))
        self._stack.append(data if self._encoding == "bytes" else data.decode(self._encoding))

    def _long(self) -> None:
        self._stack.append(ops.decode_long(self._source.read(self._number(1))))

    def _protocol(self) -> None:
        protocol = self._number(1)
        if protocol != 2:
            warnings.warn(
                f"Detected pickle protocol {protocol} in the checkpoint, which was not the default "
                "pickle protocol used by `torch.load` (2). The weights_only Unpickler might not "
                "support all instructions implemented by this protocol, please file an issue for "
                "adding support if you encounter this.",
                stacklevel=2,
            )


Steps = dict[int, Callable[[Any], None]]


def _pushing(make: Callable[[], Any]) -> Callable[[Machine], None]:
    return lambda machine: machine._stack.append(make())


def _unpacking(layout: str) -> Callable[[Machine], None]:
    reader = struct.Struct(layout)
    return lambda machine: machine._stack.append(
        reader.unpack(machine._source.read(reader.size))[0]
    )


STEPS: Steps = {
    code[0]: step
    for code, step in (
        (ops.APPEND, Machine._append), (ops.APPENDS, Machine._appends),
        (ops.SETITEM, Machine._set_item),
        (ops.SETITEMS, Machine._set_items), (ops.MARK, Machine._mark),
        (ops.TUPLE, Machine._tuple), (ops.TUPLE1, lambda machine: machine._tuple_of(1)),
        (ops.TUPLE2, lambda machine: machine._tuple_of(2)),
        (ops.TUPLE3, lambda machine: machine._tuple_of(3)),
        (ops.NONE, _pushing(lambda: None)), (ops.NEWFALSE, _pushing(bool)),
        (ops.NEWTRUE, _pushing(lambda: True)), (ops.EMPTY_TUPLE, _pushing(tuple)),
        (ops.EMPTY_LIST, _pushing(list)), (ops.EMPTY_DICT, _pushing(dict)),
        (ops.EMPTY_SET, _pushing(set)), (ops.BININT, _unpacking("<i")),
        (ops.BININT1, _unpacking("<B")), (ops.BININT2, _unpacking("<H")),
        (ops.BINFLOAT, _unpacking(">d")), (ops.BINUNICODE, Machine._text),
        (ops.SHORT_BINSTRING, Machine._bytes), (ops.LONG1, Machine._long),
        (ops.BINGET, lambda machine: machine._get(1)),
        (ops.LONG_BINGET, lambda machine: machine._get(4)),
        (ops.BINPUT, lambda machine: machine._put(1)),
        (ops.LONG_BINPUT, lambda machine: machine._put(4)),
        (ops.PROTO, Machine._protocol),
    )
}  # fmt: skip
