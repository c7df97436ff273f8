"""Messages between a loader and a worker, over a socket; large ones in shared memory."""

from __future__ import annotations

import array
import contextlib
import io
import os
import pickle
import socket
import struct
from collections.abc import Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.utils.data._utils.memory import read_file, write_file

# Arrays from this size on are kept out of the pickle, so that they are not copied with it.
_APART = 2**12
# Messages beyond this size go by a file. Of those below, a socket holds a dozen.
_LARGE = 2**14

# The number of parts, and whether they are in a file; then comes the size of each part.
_HEAD = struct.Struct("<II")

_NON_LEAF = (
    "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not "
    "support crossing process boundaries.  If you just want to transfer the data, call detach() on "
    "the tensor before serializing (e.g., putting it on the queue)."
)
_NO_DESCRIPTORS = (
    "Too many open files. Communication with the workers is no longer possible. Please increase "
    "the limit using `ulimit -n` in the shell or change the sharing strategy by calling "
    "`torch.multiprocessing.set_sharing_strategy('file_system')` at the beginning of your code"
)

Parts = Sequence[bytes | memoryview]


class _Pickler(ForkingPickler):
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Tensor) and obj.requires_grad and not obj.is_leaf:
            raise RuntimeError(_NON_LEAF)
        return NotImplemented


def packed(message: Any) -> Parts:
    """A pickle, and the memory of the large arrays in it."""
    buffers: list[memoryview] = []

    def is_small(buffer: pickle.PickleBuffer) -> bool:
        memory = buffer.raw()
        if memory.nbytes < _APART:
            return True
        buffers.append(memory)
        return False

    stream = io.BytesIO()
    _Pickler(stream, 5, True, is_small).dump(message)
    return [stream.getbuffer(), *buffers]


class Channel:
    """One end of a connection that sends and receives whole messages."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.unsent = bytearray()

    def fileno(self) -> int:
        """The socket's descriptor: a channel can be waited for."""
        return self.link.fileno()

    def send(self, parts: Parts) -> None:
        """Send a packed message, waiting for the other end to take it."""
        sizes = [len(part) for part in parts]
        if sum(sizes) > _LARGE:
            try:
                self._send_file(parts, sizes)
                return
            except OSError as error:
                if isinstance(error, ConnectionError):
                    raise
                # Out of shared memory or descriptors: the socket is slower, but will do.
        self.link.sendall(_head(sizes, in_file=False))
        for part in parts:
            self.link.sendall(part)

    def _send_file(self, parts: Parts, sizes: list[int]) -> None:
        head = _head(sizes, in_file=True)
        file = write_file(parts)
        try:
            n_sent = socket.send_fds(self.link, [head], [file])
        finally:
            os.close(file)
        self.link.sendall(head[n_sent:])

    def post(self, message: Any) -> None:
        """Send a message without waiting: what the other end has no room for is kept back."""
        body = ForkingPickler.dumps(message)
        self.unsent += _head([len(body)], in_file=False) + body
        self.flush()

    def flush(self) -> None:
        """Send of what was kept back as much as there is room for."""
        try:
            del self.unsent[: self.link.send(self.unsent, socket.MSG_DONTWAIT)]
        except BlockingIOError:
            pass
        except OSError:  # the other end has gone, which its reader will notice
            self.unsent.clear()

    def receive(self) -> Any:
        """The next message. Raises EOFError if the other end has gone."""
        head, files = self._receive_head()
        n_parts, in_file = _HEAD.unpack(head)
        sizes = array.array("Q", self._receive_bytes(8 * n_parts))
        if in_file and not files:
            raise RuntimeError(_NO_DESCRIPTORS)
        if in_file:
            body, *buffers = read_file(files[0], sizes)
        else:
            body, *buffers = [memoryview(self._receive_bytes(size)) for size in sizes]
        return pickle.loads(body, buffers=buffers)

    def _receive_head(self) -> tuple[bytes, list[int]]:
        try:
            head, files, _, _ = socket.recv_fds(self.link, _HEAD.size, 1)
        except ConnectionError:
            raise EOFError from None
        if not head:
            raise EOFError
        return head + self._receive_bytes(_HEAD.size - len(head)), files

    def _receive_bytes(self, size: int) -> bytearray:
        received = bytearray(size)
        rest = memoryview(received)
        while rest:
            n_received = self.link.recv_into(rest)
            if not n_received:
                raise EOFError
            rest = rest[n_received:]
        return received

    def close(self) -> None:
        """End the connection, for all processes that share it."""
        with contextlib.suppress(OSError):  # the other end was first
            self.link.shutdown(socket.SHUT_RDWR)
        self.link.close()


def _head(sizes: Sequence[int], in_file: bool) -> bytes:
    return _HEAD.pack(len(sizes), in_file) + array.array("Q", sizes).tobytes()
