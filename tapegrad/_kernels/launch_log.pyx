"""A log of launches: all that a stretch of a program computed, to be run again without Python."""

cimport cython
from cpython.time cimport perf_counter
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy, memset
from numpy cimport PyArray_BYTES, PyArray_NBYTES, import_array, npy_intp

from tapegrad._kernels.geometry cimport MAX_OPERANDS
from tapegrad._kernels.kernel cimport (
    Kernel, Loop, MAX_CORE_DIMS, Scalars, divert_launches, launch,
)
from tapegrad._kernels.memory cimport keep_buffers

import_array()

cdef LaunchLog current_log = None


cdef int logged_launch(Loop* loop, char** args, const npy_intp* dims, const npy_intp* steps,
                       void* params, Scalars* scalars) except -1:
    """Note a launch, do it and time it."""
    cdef LaunchLog log = current_log
    cdef double start
    log.note(loop, args, dims, steps, params, scalars)
    divert_launches(NULL)
    try:
        start = perf_counter()
        launch(loop, args, dims, steps, params, scalars)
        log.seconds.append(perf_counter() - start)
    finally:
        divert_launches(logged_launch)
    return 0


@cython.final
cdef class LaunchLog:
    """Every launch of a stretch of a program, in order, enough to run it again without Python.

    While it records, each buffer that is allocated stays alive, so that the addresses stay good.
    """

    cdef list launches
    cdef list buffers
    cdef readonly list seconds  # how long each launch took

    def __init__(self):
        self.launches, self.buffers, self.seconds = [], [], []

    cdef int note(self, Loop* loop, char** args, const npy_intp* dims, const npy_intp* steps,
                  void* params, Scalars* scalars) except -1:
        """Copy all that a launch was handed; pointers to scalars become offsets into their copy."""
        cdef Kernel kernel = <Kernel>loop.kernel
        cdef int n = kernel.n_operands, n_steps = n, k
        cdef uintptr_t address, block = <uintptr_t>scalars
        operands = []
        for k in range(n):
            n_steps += kernel.core_ndim[k]
            address = <uintptr_t>args[k]
            if scalars != NULL and block <= address < block + sizeof(Scalars):
                operands.append((True, address - block))
            else:
                operands.append((False, address))
        self.launches.append((
            kernel, <uintptr_t>loop, operands,
            [dims[k] for k in range(1 + kernel.n_core)], [steps[k] for k in range(n_steps)],
            None if kernel.params_size == 0 else (<char*>params)[:kernel.params_size],
            None if scalars == NULL else (<char*>scalars)[:sizeof(Scalars)],
        ))
        return 0

    def __len__(self):
        return len(self.launches)

    def kernel_names(self):
        """The name of the kernel of each launch."""
        return [entry[0].name for entry in self.launches]

    def poison(self):
        """Overwrite every buffer that was allocated while recording with bytes of 0xFF."""
        for buffer in self.buffers:
            memset(PyArray_BYTES(buffer), 0xFF, PyArray_NBYTES(buffer))

    def replay(self):
        """Run the recorded launches again, on the same memory."""
        for entry in self.launches:
            self._replay_one(*entry)

    def _replay_one(self, Kernel kernel, uintptr_t loop_address, list operands, list all_dims,
                    list all_steps, bytes params, bytes scalars):
        cdef char* args[MAX_OPERANDS]
        cdef npy_intp dims[1 + MAX_OPERANDS * MAX_CORE_DIMS]
        cdef npy_intp steps[MAX_OPERANDS * (1 + MAX_CORE_DIMS)]
        cdef Scalars block
        cdef uintptr_t address
        if scalars is not None:
            memcpy(&block, <const char*>scalars, sizeof(Scalars))
        for k, (is_scalar, address) in enumerate(operands):
            args[k] = <char*>&block + address if is_scalar else <char*>address
        for k, size in enumerate(all_dims):
            dims[k] = size
        for k, step in enumerate(all_steps):
            steps[k] = step
        own_params = bytearray(params or b"\0")
        launch(<Loop*>loop_address, args, dims, steps, <char*>own_params, NULL)


class record_launches:  # noqa: N801 - a context manager
    """Log every launch in a block: ``with record_launches() as log: ...``."""

    def __enter__(self):
        global current_log
        if current_log is not None:
            raise RuntimeError("launches are being recorded already")
        current_log = LaunchLog()
        keep_buffers(current_log.buffers)
        divert_launches(logged_launch)
        return current_log

    def __exit__(self, *exception):
        global current_log
        current_log = None
        divert_launches(NULL)
        keep_buffers(None)
