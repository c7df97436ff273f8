"""A log of launches: all that a stretch of a program computed, to be run again without Python."""

from bisect import bisect_right

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.pythread cimport PyThread_get_thread_ident
from cpython.time cimport perf_counter
from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset
from numpy cimport (
    PyArray_BYTES, PyArray_DescrFromType, PyArray_IS_C_CONTIGUOUS, PyArray_NBYTES, import_array,
    ndarray, npy_intp,
)

from tapegrad._kernels.geometry cimport MAX_OPERANDS
from tapegrad._kernels.kernel cimport (
    Kernel, Loop, MAX_CORE_DIMS, MAX_PARAM_BYTES, Scalars, divert_launches, launch, run_launch,
)
from tapegrad._kernels.memory cimport keep_buffers, only_launches, owner_of
from tapegrad._kernels.products cimport launch_product, loop_of_product

import numpy as np

from tapegrad._kernels.kernel import KernelRefusal

import_array()

cdef extern from *:
    """
    /* NumPy's allocator, which counts what it is asked for. */
    static Py_ssize_t tg_n_allocations = 0;
    static void *tg_counted_malloc(void *context, size_t size)
    {
        ++tg_n_allocations;
        return malloc(size);
    }
    static void *tg_counted_calloc(void *context, size_t n, size_t size)
    {
        ++tg_n_allocations;
        return calloc(n, size);
    }
    static void *tg_counted_realloc(void *context, void *block, size_t size)
    {
        ++tg_n_allocations;
        return realloc(block, size);
    }
    static void tg_counted_free(void *context, void *block, size_t size)
    {
        free(block);
    }
    static PyDataMem_Handler tg_counting = {
        "tapegrad_counting", 1,
        {NULL, tg_counted_malloc, tg_counted_calloc, tg_counted_realloc, tg_counted_free}};
    """
    ctypedef struct PyDataMem_Handler:
        pass
    PyDataMem_Handler tg_counting
    Py_ssize_t tg_n_allocations

cdef extern from "<fenv.h>":
    const int FE_INVALID
    int feclearexcept(int)
    int fetestexcept(int)

cdef extern from "numpy/arrayobject.h":
    object PyDataMem_SetHandler(object handler)

cdef extern from "Python.h":
    object PyCapsule_New(void* pointer, const char* name, void* destructor)
    Py_ssize_t Py_REFCNT(object)
    Py_ssize_t PY_SSIZE_T_MAX

cdef object COUNTING = PyCapsule_New(&tg_counting, "mem_handler", NULL)

cdef LaunchLog current_log = None


cdef int logged_launch(Loop* loop, char** args, const npy_intp* dims, const npy_intp* steps,
                       void* params, Scalars* scalars) except -1:
    """Note a launch of the thread that records, do it and time it."""
    cdef LaunchLog log = current_log
    cdef double start
    if PyThread_get_thread_ident() != log.thread:
        return run_launch(loop, args, dims, steps, params)
    log.note(loop, args, dims, steps, params, scalars)
    start = perf_counter()
    run_launch(loop, args, dims, steps, params)
    log.seconds.append(perf_counter() - start)
    return 0


@cython.final
cdef class LaunchLog:
    """Every launch of a stretch of a program, in order, enough to run it again without Python.

    While it records, each buffer that is allocated stays alive, so that the addresses stay good.
    """

    cdef list launches
    cdef list buffers           # (array,) is one whose elements Python wrote
    cdef unsigned long thread
    cdef readonly list seconds  # how long each launch took
    cdef readonly bint is_complete  # no element came from, or went to, Python or NumPy otherwise

    def __init__(self):
        self.launches, self.buffers, self.seconds = [], [], []
        self.thread, self.is_complete = PyThread_get_thread_ident(), False

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
            if not isinstance(buffer, tuple):
                memset(PyArray_BYTES(buffer), 0xFF, PyArray_NBYTES(buffer))

    def replay(self):
        """Run the recorded launches again, on the same memory."""
        for entry in self.launches:
            self._replay_one(*entry)

    def _replay_one(self, Kernel kernel, uintptr_t loop_address, list operands, list all_dims,
                    list all_steps, bytes params, bytes scalars):
        cdef Launch one
        unpack(&one, operands, all_dims, all_steps, scalars)
        own_params = bytearray(params or b"\0")
        launch(<Loop*>loop_address, one.args, one.dims, one.steps, <char*>own_params, NULL)


cdef struct Launch:
    char* args[MAX_OPERANDS]
    npy_intp dims[1 + MAX_OPERANDS * MAX_CORE_DIMS]
    npy_intp steps[MAX_OPERANDS * (1 + MAX_CORE_DIMS)]
    Scalars scalars


cdef int unpack(Launch* one, list operands, list all_dims, list all_steps,
                bytes scalars) except -1:
    """What a launch was handed; operands that are numbers point into their copy."""
    cdef uintptr_t address
    if scalars is not None:
        memcpy(&one.scalars, <const char*>scalars, sizeof(Scalars))
    for k, (is_scalar, address) in enumerate(operands):
        one.args[k] = <char*>&one.scalars + address if is_scalar else <char*>address
    for k, size in enumerate(all_dims):
        one.dims[k] = size
    for k, step in enumerate(all_steps):
        one.steps[k] = step
    return 0


class record_launches:  # noqa: N801 - a context manager
    """Log every launch in a block: ``with record_launches() as log: ...``."""

    def __enter__(self):
        if current_log is not None:
            raise RuntimeError("launches are being recorded already")
        return self.begin(PY_SSIZE_T_MAX)

    def begin(self, Py_ssize_t most_bytes):
        """Start a log, which keeps no more buffers than that."""
        global current_log
        current_log = LaunchLog()
        self.handler, self.n_before = PyDataMem_SetHandler(COUNTING), tg_n_allocations
        keep_buffers(current_log.buffers, most_bytes)
        divert_launches(logged_launch)
        return current_log

    def __exit__(self, *exception):
        global current_log
        current_log.is_complete = only_launches(tg_n_allocations - <Py_ssize_t>self.n_before)
        current_log = None
        divert_launches(NULL)
        keep_buffers(None)
        PyDataMem_SetHandler(self.handler)


class record_sample(record_launches):  # noqa: N801 - a context manager
    """The same for a block that goes on without a log if there is one, or if it would be large."""

    MOST_BYTES = 1 << 26

    def __enter__(self):
        self.log = None if current_log is not None else self.begin(self.MOST_BYTES)
        return self.log

    def __exit__(self, *exception):
        if self.log is not None:
            super().__exit__(*exception)


include "sample_launches.pxi"
