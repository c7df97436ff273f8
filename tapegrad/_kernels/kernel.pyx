"""Kernels and the one way to run them.

A :class:`Kernel` is a family of plain loops, one a dtype, all with the signature of NumPy's ufunc
and gufunc inner loops: NumPy's own, looked up once at import, or ours from ``_c/``. ``launch``
calls a loop; nothing else in the project writes tensor memory.
"""

import struct

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.exc cimport PyErr_Occurred
from cpython.object cimport PyObject
from libc.stdint cimport int64_t
from libc.string cimport memcpy
from numpy cimport (
    NPY_BOOL, NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, NPY_INT16, NPY_INT32, NPY_INT64, NPY_INT8,
    NPY_UINT8, PyArray_TYPE, import_array, import_ufunc, ndarray,
    npy_intp, ufunc,
)

from tapegrad._kernels.geometry cimport MAX_DIMS, MAX_OPERANDS, N_TYPES, Operand, operand_of
from tapegrad._kernels.memory cimport check_writable

import numpy as np

import_array()
import_ufunc()

cdef extern from *:
    """
    #include "kernels.h"
    #define TG_LIST_FAMILY(family) tg_##family##_kernels,
    static const tg_kernel *const tg_families[] = {TG_FAMILIES(TG_LIST_FAMILY) NULL};
    static const tg_kernel *const tg_shared_families[] = {TG_SHARED_FAMILIES(TG_LIST_FAMILY) NULL};
    """
    const tg_kernel* const tg_families[]
    const tg_kernel* const tg_shared_families[]

cdef extern from "vectors.h":
    int tg_vector_limit
    int tg_vector_level() nogil
    int tg_is_zen4() nogil

cdef extern from "planes.h":
    const int TG_MOST_PLANE_OPERANDS
    ctypedef struct tg_planes:
        tg_loop loop
        void* params
        int n_operands
        int ndim
        npy_intp shape[64]
        npy_intp steps[64][8]
    void tg_walk_planes(char**, const npy_intp*, const npy_intp*, void*) noexcept nogil

cdef extern from "threads.h":
    ctypedef struct tg_launch:
        tg_loop loop
        char** args
        const npy_intp* dims
        const npy_intp* steps
        void* params
        size_t params_size
        int n_operands
        int n_core
        int can_fail
        int together
    int TG_ROWS_TOGETHER
    int tg_thread_count()
    void tg_set_thread_count(int n)
    void tg_run_shared(const tg_launch* launch) nogil

cdef extern from "generator.h":
    const size_t tg_generator_size

cdef enum:
    # Below this many elements taking the GIL back costs more than others gain by its release.
    RELEASE_GIL_ABOVE = 32768
    # And from here on work is worth waking other threads for.
    SHARE_ABOVE = 65536

GENERATOR_SIZE = tg_generator_size
cdef iterate_function iterate = NULL


cdef void register_iteration(iterate_function function) noexcept:
    """Take the walk over operands with broadcasting, which stands above kernels."""
    global iterate
    iterate = function


cdef int type_number_of(str character) except -1:
    return np.dtype(character).num


# NumPy's loops that touch no Python object and raise nothing, also for integers: only these, and
# our own, run without the GIL. (`power` of integers raises.)
cdef frozenset WITHOUT_GIL = frozenset("""
    absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_or
    bitwise_xor cbrt ceil copysign cos cosh deg2rad divide equal exp exp2 expm1 fabs float_power
    floor fmax fmin greater greater_equal heaviside hypot invert isfinite isinf isnan left_shift
    less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or
    logical_xor matmul maximum minimum multiply negative nextafter not_equal positive rad2deg
    reciprocal right_shift rint sign signbit sin sinh spacing sqrt square subtract tan tanh trunc
""".split())


# These say how far apart numbers of a dtype are.
cdef frozenset ABOUT_SPACING = frozenset(("nextafter", "spacing"))


@cython.final
cdef class Kernel:
    """A family of loops that do one thing, one loop a dtype.

    Calling it runs the loop that fits the dtypes of the given arrays, inputs first, outputs last;
    core dimensions are the trailing ones and all others are broadcast.
    """

    def __init__(self, str name, str signature, str params_format=None, size_t params_size=0,
                 bint can_fail=False, bint keeps_gil=False):
        self.name, self.signature, self.params_format = name, signature, params_format
        self.params_size, self.can_fail, self.keeps_gil = params_size, can_fail, keeps_gil
        if params_size > MAX_PARAM_BYTES:
            raise ValueError(f"kernel {name}: {params_size} bytes of params")
        self._read_signature(signature)

    cdef int _read_signature(self, str signature) except -1:
        """Fill in how many operands there are and which core dimensions each of them has."""
        inputs, outputs = (
            [part.strip("()").replace("?", "") for part in side.split("),(")] if side else []
            for side in signature.replace(" ", "").split("->")
        )
        letters = []
        self.n_in, self.n_operands = len(inputs), len(inputs) + len(outputs)
        for k, operand in enumerate(inputs + outputs):
            names = [name for name in operand.split(",") if name]
            self.core_ndim[k] = len(names)
            for position, name in enumerate(names):
                if name not in letters:
                    letters.append(name)
                self.core_letter[k][position] = letters.index(name)
        self.n_core = len(letters)
        return 0

    @staticmethod
    def from_ufunc(ufunc source, str name=None, str without="", Kernel ours=None):
        """The loops of a NumPy ufunc whose inputs all have the same dtype.

        ``name`` is what errors call it; ``without`` lists NumPy's characters of dtypes to refuse;
        loops that ``ours`` has take the place of NumPy's.
        """
        signature = (<object>source).signature or ",".join(["()"] * source.nin) + "->" + ",".join(
            ["()"] * source.nout)
        cdef str known_as = (<object>source).__name__
        cdef Kernel kernel = Kernel(name or known_as, signature,
                                    keeps_gil=known_as not in WITHOUT_GIL)
        # The BLAS below matmul has threads of its own.
        kernel.is_shared = not kernel.keeps_gil and known_as != "matmul"
        cdef int position
        cdef Loop* loop
        for position, types in enumerate((<object>source).types):
            inputs, outputs = types.split("->")
            first = np.dtype(inputs[0]).num
            if first >= N_TYPES or len(set(inputs)) > 1 or inputs[0] in without \
                    or kernel.loops[first].function != NULL:
                continue
            loop = &kernel.loops[first]
            # By way of a bare pointer: NumPy declares what needs no GIL as if it did.
            loop.function = <tg_loop><void*>source.functions[position]
            loop.data = source.data[position]
            kernel._describe(loop, inputs + outputs)
            if ours is not None and ours.loops[first].function != NULL:
                loop.function, loop.data = ours.loops[first].function, NULL
        if known_as not in ABOUT_SPACING and (
                ours is None or ours.loops[<int>NPY_FLOAT16].function == NULL):
            kernel._let_halves_pass()
        return kernel

    cdef int _let_halves_pass(self) except -1:
        """Let float16 go through an element-wise loop for float, which works on vectors.

        The results are the same: NumPy's loop computes one half after the other in float.
        """
        cdef Loop* halves = &self.loops[<int>NPY_FLOAT16]
        cdef Loop* floats = &self.loops[<int>NPY_FLOAT32]
        cdef int k, n_halves = 0
        if halves.function == NULL or floats.function == NULL or self.n_core > 0:
            return 0
        while n_halves < self.n_operands and halves.types[n_halves] == NPY_FLOAT16:
            n_halves += 1
        for k in range(self.n_operands):
            if floats.types[k] != (NPY_FLOAT32 if k < n_halves else halves.types[k]):
                return 0
        self.of_floats = tg_loop_of_floats(
            floats.function, floats.data, self.n_operands, n_halves, self.n_in,
            (1U << n_halves) - (1U << self.n_in))
        halves.function, halves.data = <tg_loop><void*>tg_through_floats, &self.of_floats
        return 0

    cdef int _describe(self, Loop* loop, str types) except -1:
        loop.kernel = <PyObject*>self
        loop.needs_gil = self.keeps_gil
        for k, character in enumerate(types):
            loop.types[k] = type_number_of(character)
        return 0

    cdef Loop* loop_for(self, int type_number) except NULL:
        """The loop for a dtype. Raises PyTorch's error where there is none."""
        if type_number >= N_TYPES or self.loops[type_number].function == NULL:
            type_name = TYPE_NAMES.get(type_number)
            if self.refusals is not None and type_name in self.refusals:
                kind, text = self.refusals[type_name]
                raise kind(text)
            raise NotImplementedError(f'"{self.name}_cpu" not implemented for \'{type_name}\'')
        return &self.loops[type_number]

    def has_loop_for(self, int type_number):
        """Whether the kernel has a loop for NumPy's type number."""
        return 0 <= type_number < N_TYPES and self.loops[type_number].function != NULL

    def packed(self, *params):
        """The params as bytes, which a call takes as well: for what runs often with the same."""
        return struct.pack(self.params_format, *params)

    def __call__(self, *arrays, params=None):
        cdef Operand operands[MAX_OPERANDS]
        cdef char block[MAX_PARAM_BYTES]
        cdef int k
        if len(arrays) != self.n_operands:
            raise TypeError(f"kernel {self.name} takes {self.n_operands} arrays, got {len(arrays)}")
        for k in range(self.n_operands):
            operands[k] = operand_of(<ndarray?>arrays[k])
            if k >= self.n_in:
                check_writable(arrays[k])
        if type(params) is bytes and len(params) == <Py_ssize_t>self.params_size:
            memcpy(block, PyBytes_AS_STRING(params), self.params_size)
        else:
            self.pack(params, block)
        iterate(self._matching_loop(arrays), operands, block)

    cdef int pack(self, tuple params, char* block) except -1:
        """Lay the params out as the loop reads them, in ``MAX_PARAM_BYTES`` of the caller's."""
        if self.params_format is None:
            return 0
        if params != self.last_params or self.last_params is None:
            self.last_packed = struct.pack(self.params_format, *(params or ()))
            self.last_params = params
        memcpy(block, PyBytes_AS_STRING(self.last_packed), len(self.last_packed))
        return 0

    cdef Loop* _matching_loop(self, tuple arrays) except NULL:
        """The loop whose types are those of the arrays, whichever of them it is looked up by."""
        cdef int types[MAX_OPERANDS]
        cdef int k, position, n = len(arrays)
        cdef Loop* loop
        for k in range(n):
            types[k] = PyArray_TYPE(<ndarray?>arrays[k])
        for k in range(n):
            if types[k] >= N_TYPES:
                continue
            loop = &self.loops[types[k]]
            for position in range(n):
                if loop.types[position] != types[position]:
                    break
            else:
                if loop.function != NULL:
                    return loop
        dtypes = ", ".join(str(array.dtype) for array in arrays)
        raise NotImplementedError(f"kernel {self.name} has no loop for dtypes ({dtypes})")

    def __repr__(self):
        return f"<kernel {self.name} {self.signature}>"


class KernelRefusal(Exception):  # noqa: N818 - it is no error yet: the caller says which one
    """A kernel refused its input; ``args`` are the fields of its params after ``status``."""


TYPE_NAMES = {
    NPY_BOOL: "Bool", NPY_INT8: "Char", NPY_UINT8: "Byte", NPY_INT16: "Short", NPY_INT32: "Int",
    NPY_INT64: "Long", NPY_FLOAT16: "Half", NPY_FLOAT32: "Float", NPY_FLOAT64: "Double",
}


cdef dict read_table(const tg_kernel* row, dict kernels, bint is_shared):
    """Add the kernels of one C file's table, grouped by name."""
    cdef Kernel kernel
    cdef Loop* loop
    while row.name != NULL:
        name = row.name.decode()
        if name not in kernels:
            params_format = None if row.params_format == NULL else row.params_format.decode()
            kernels[name] = Kernel(name, row.signature.decode(), params_format, row.params_size,
                                   row.can_fail)
        kernel = kernels[name]
        kernel.is_shared = is_shared
        loop = &kernel.loops[row.dtype]
        loop.function = row.loop
        kernel._describe(loop, row.types.decode())
        row += 1
    return kernels


cdef dict read_families():
    """All kernels of ``_c``, by name."""
    cdef dict kernels = {}
    cdef int k = 0
    while tg_families[k] != NULL:
        read_table(tg_families[k], kernels, is_shared_family(tg_families[k]))
        k += 1
    return kernels


cdef bint is_shared_family(const tg_kernel* table) noexcept:
    cdef int k = 0
    while tg_shared_families[k] != NULL:
        if tg_shared_families[k] == table:
            return True
        k += 1
    return False


OURS = read_families()


def limit_vectors(int level):
    """Run vector loops of at most this level: 0 for plain C, 1 for AVX2, 2 for AVX-512.

    Gives the limit until now. For tests, which compare the levels.
    """
    global tg_vector_limit
    previous = tg_vector_limit
    tg_vector_limit = level
    return previous


cpdef bint has_wide_vectors() noexcept:
    """Whether our loops have more than the vectors that every processor of its kind has."""
    return tg_vector_level() > 0


cdef bint is_zen4() noexcept:
    """Whether the processor makes 16 products of floats in two halves, one vector a cycle."""
    return tg_is_zen4()


def numpy_kernel(source):
    """The kernel made of a NumPy ufunc's loops; a kernel is returned as it is."""
    if isinstance(source, Kernel):
        return source
    return Kernel.from_ufunc(source)


# While launches are recorded they go through here; see ``launch_log``.
cdef launch_function divert = NULL


cdef void divert_launches(launch_function function) noexcept:
    """Hand every launch to a function, which does it; NULL ends that."""
    global divert
    divert = function


cdef bint launches_are_recorded() noexcept:
    """Whether each launch goes to a log, from which it can be run again."""
    return divert != NULL


cdef int launch(Loop* loop, char** args, const npy_intp* dims, const npy_intp* steps,
                void* params, Scalars* scalars) except -1:
    """Run one loop over raw memory: with `launch_planes` all that writes tensor memory."""
    if divert != NULL:
        return divert(loop, args, dims, steps, params, scalars)
    return run_launch(loop, args, dims, steps, params)


cdef int run_launch(Loop* loop, char** args, const npy_intp* dims, const npy_intp* steps,
                    void* params) except -1:
    """What a launch does, whether it is recorded or not."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef npy_intp work = dims[0]
    cdef void* last = params if loop.data == NULL else loop.data
    cdef int k
    for k in range(kernel.n_core):
        if work > SHARE_ABOVE:          # with many core dimensions it would overflow
            break
        work *= dims[1 + k]
    if work > RELEASE_GIL_ABOVE and not loop.needs_gil:
        if work > SHARE_ABOVE and is_divisible(kernel, dims, steps):
            shared_launch(loop, args, dims, steps, last)
        else:
            with nogil:
                loop.function(args, dims, steps, last)
    else:
        loop.function(args, dims, steps, last)
        if loop.needs_gil and PyErr_Occurred() != NULL:
            return -1
    if kernel.can_fail and (<int64_t*>params)[0] != 0:
        raise KernelRefusal(*struct.unpack(
            kernel.params_format, (<char*>params)[:kernel.params_size])[1:])
    return 0


cdef bint is_divisible(Kernel kernel, const npy_intp* dims,
                       const npy_intp* steps) noexcept nogil:
    """Whether the outer iterations can be dealt out: none of them adds to what another wrote."""
    cdef double work = dims[0]
    cdef int k
    if not kernel.is_shared or dims[0] < 2:
        return False
    if kernel.share_above > 0:          # an element's work is so small that all dimensions count
        for k in range(kernel.n_core):
            work *= dims[1 + k]
        if work <= kernel.share_above:
            return False
    for k in range(kernel.n_in, kernel.n_operands):
        if steps[k] == 0:
            return False
    return True


cdef int shared_launch(Loop* loop, char** args, const npy_intp* dims, const npy_intp* steps,
                       void* params) noexcept:
    """Run a loop on as many threads as operations may use."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef tg_launch shared
    shared.loop, shared.args, shared.dims, shared.steps = loop.function, args, dims, steps
    shared.params, shared.params_size = params, kernel.params_size
    shared.n_operands, shared.n_core = kernel.n_operands, kernel.n_core
    shared.can_fail, shared.together = kernel.can_fail, TG_ROWS_TOGETHER
    with nogil:
        tg_run_shared(&shared)
    return 0


cdef bint goes_by_planes(Loop* loop, npy_intp n) noexcept:
    """Whether a loop over elements may go over several dimensions, the last of n, in a launch."""
    cdef Kernel kernel = <Kernel>loop.kernel
    return n <= SHARE_ABOVE and not launches_are_recorded() \
        and kernel.n_core == 0 and not kernel.can_fail and not loop.needs_gil \
        and kernel.n_operands <= TG_MOST_PLANE_OPERANDS


cdef int launch_planes(Loop* loop, char** args, int ndim, const npy_intp* shape,
                       npy_intp[MAX_OPERANDS][MAX_DIMS] strides, void* params) noexcept:
    """Run a loop over elements in all dimensions, the first of which threads share if it pays."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef tg_planes planes
    cdef tg_launch shared
    cdef npy_intp dims[2]
    cdef npy_intp steps[2 * MAX_OPERANDS]
    cdef int d, k
    planes.loop, planes.params = loop.function, params if loop.data == NULL else loop.data
    planes.n_operands, planes.ndim = kernel.n_operands, ndim - 1
    dims[0], dims[1] = shape[0], 1
    for d in range(1, ndim):
        planes.shape[d - 1] = shape[d]
        dims[1] *= shape[d]
        for k in range(kernel.n_operands):
            planes.steps[d - 1][k] = strides[k][d]
    for k in range(kernel.n_operands):
        steps[k], steps[kernel.n_operands + k] = strides[k][0], strides[k][ndim - 1]
    if dims[0] * dims[1] <= RELEASE_GIL_ABOVE:
        tg_walk_planes(args, dims, steps, &planes)
        return 0
    shared.loop, shared.args, shared.dims, shared.steps = tg_walk_planes, args, dims, steps
    shared.params, shared.params_size, shared.can_fail = &planes, 0, False
    shared.n_operands, shared.n_core, shared.together = kernel.n_operands, 1, 1
    with nogil:
        if dims[0] * dims[1] > SHARE_ABOVE and is_divisible(kernel, dims, steps):
            tg_run_shared(&shared)
        else:
            tg_walk_planes(args, dims, steps, &planes)
    return 0


cpdef int thread_count() noexcept:
    """How many threads a large launch may use."""
    return tg_thread_count()


def set_thread_count(int n):
    """Set how many threads a large launch may use."""
    tg_set_thread_count(n)
