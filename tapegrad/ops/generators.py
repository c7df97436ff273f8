"""Streams of random numbers: PyTorch's CPU generator, a Mersenne Twister, and the default one."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import GENERATOR_SIZE, OURS
from tapegrad._tensor import Tensor
from tapegrad._values import ReadOnly, constructor
from tapegrad.ops.generator_state import STATE_SIZE, from_portable, seed_of, to_portable

_DEFAULT_SEED = 67280421310721


_REFUSALS = {  # PyTorch's words for devices that it knows but has not here; others are none
    "cuda": "Cannot get CUDA generator without ATen_cuda library. PyTorch splits its backend into "
            "two shared libraries: a CPU library and a CUDA library; this error has occurred "
            "because you are trying to use some CUDA functionality, but the CUDA library has not "
            "been loaded by the dynamic linker for some reason.  The CUDA library MUST be loaded, "
            "EVEN IF you don't directly use any symbols from the CUDA library! One common culprit "
            "is a lack of -Wl,--no-as-needed in your link arguments; many dynamic linkers will "
            "delete dynamic library dependencies if you don't depend on any of their symbols.  You "
            "can check if this has occurred by using ldd on your binary to see if there is a "
            "dependency on *_cuda.so library.",
    "xla": "Cannot get XLA generator without torch_xla library. This error has occurred because "
           "you are trying to use some XLA functionality, but the XLA library has not been loaded "
           "by the dynamic linker. You must load xla libraries by `import torch_xla`",
    "xpu": "Cannot get XPU generator without ATen_xpu library.",
    "mps": "Cannot execute getNewGenerator() without MPS backend.",
    "mtia": "Cannot execute getNewGenerator() without MTIA backend.",
    "hip": "Backend doesn`t support getNewGenerator()",
    "hpu": "Backend doesn`t support getNewGenerator()",
    "privateuseone": "Please register PrivateUse1HooksInterface by "
                     "`RegisterPrivateUse1HooksInterface` first.",
}  # fmt: skip


class Generator(ReadOnly):
    """A stream of random numbers of its own. Source: Matsumoto and Nishimura 1998 (MT19937)."""

    __slots__ = ("__weakref__", "_lock", "_state", "device")
    __module__ = "torch._C"

    device: _types.device
    _lock: threading.Lock
    _state: np.ndarray

    @constructor
    def __init__(self, device: Any = None) -> None:
        where = _types.device("cpu" if device is None else device)
        if where.type != "cpu":
            none = f"{where.type.upper()} device type not an accelerator."
            raise RuntimeError(_REFUSALS.get(where.type, none))
        # Kernels advance the state in place; the lock keeps draws of several threads apart.
        self._describe(
            device=where, _state=np.zeros(GENERATOR_SIZE, np.uint8), _lock=threading.Lock()
        )
        self.manual_seed(_DEFAULT_SEED)

    def __reduce__(self) -> tuple:
        return generator_in, (self.device, to_portable(self._state).tobytes())

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream anew from a seed; a negative one counts back from 2**64."""
        if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool):
            raise RuntimeError(f"manual_seed expected a long, but got {_types.kind_of(seed)}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        with self._lock:
            OURS["seed"](self._state, params=(int(seed) % 2**64,))
        return self

    def seed(self) -> int:
        """Start the stream from a seed that nobody can guess, and return it."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little") & (2**53 - 1))
        return self.initial_seed()

    def initial_seed(self) -> int:
        """The seed that the stream started from."""
        return seed_of(self._state)

    def get_state(self) -> Tensor:
        """The stream's state as a tensor of bytes, which PyTorch's generator takes too."""
        return Tensor._wrap(to_portable(self._state))

    def set_state(self, new_state: Tensor) -> Generator:
        """Go back to a state that :meth:`get_state` gave, here or in PyTorch."""
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {_types.kind_of(new_state)}")
        if new_state.dtype is not _types.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if new_state.numel() != STATE_SIZE:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_SIZE} but found the input "
                f"RNG state size to be {new_state.numel()}"
            )
        state = from_portable(kernels.contiguous(new_state.detach().numpy()))
        with self._lock:
            self._state[:] = state
        return self

    def get_offset(self) -> int:
        """Raises RuntimeError: only generators of other devices count what they gave."""
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> Generator:
        """Raises RuntimeError, as :meth:`get_offset` does."""
        raise RuntimeError("CPU Generator does not use offset")

    def graphsafe_get_state(self) -> Generator:
        """Raises NotImplementedError: only generators of other devices share a state."""
        raise NotImplementedError("graphsafe_get_state is not supported in this Generator")

    def graphsafe_set_state(self, state: Generator) -> Generator:
        """Raises NotImplementedError, as :meth:`graphsafe_get_state` does."""
        raise NotImplementedError("graphsafe_set_state is not supported in this Generator")

    def draw(self, kernel: str, array: np.ndarray, params: tuple | None = None) -> np.ndarray:
        """Fill an array with random numbers, in the order in which its elements lie in memory."""
        if kernels.draw(OURS[kernel], array, self._state, self._lock, params):
            return array
        # with gaps: PyTorch draws normal numbers in blocks only into what has none
        flat = kernels.empty((array.size, 2), array.dtype)[:, 0]
        with self._lock:
            OURS[kernel](flat, self._state, params=params)
        walked = array.transpose(memory_order(array))
        kernels.copy_array(walked, flat.reshape(walked.shape))
        return array

    def draw_for(
        self, kernel: str, array: np.ndarray, params: tuple | None = None,
        out: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Random numbers of distributions that the elements of an array describe."""
        result = kernels.empty(array.shape, array.dtype) if out is None else out
        kernels.draw_for(OURS[kernel], array, result, self._state, self._lock, params)
        return result

    def clone_state(self) -> Generator:
        """A generator that goes on from the same state."""
        return Generator().set_state(self.get_state())


def generator_in(device: _types.device, state: bytes) -> Generator:
    """A generator in a state; pickles refer to generators this way."""
    made = Generator(device)
    made._state[:] = from_portable(np.frombuffer(state, np.uint8))
    return made


def memory_order(array: np.ndarray) -> list[int]:
    """The dimensions of an array, from the one of the largest steps to the smallest."""
    return sorted(range(array.ndim), key=lambda dim: -array.strides[dim])


default_generator = Generator()
default_generator.manual_seed(time.time_ns() & (2**53 - 1))


def _renew_lock() -> None:
    """In a forked process: the lock may have been held by a thread that does not exist there."""
    default_generator._describe(_lock=threading.Lock())


os.register_at_fork(after_in_child=_renew_lock)


def manual_seed(seed: int) -> Generator:
    """Seed the default generator: the same seed gives PyTorch's numbers."""
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator unpredictably."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Set the state of the default generator."""
    default_generator.set_state(new_state)


__all__ = [
    "Generator", "default_generator", "get_rng_state", "initial_seed", "manual_seed", "seed",
    "set_rng_state",
]  # fmt: skip
