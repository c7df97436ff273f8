"""Kernels and the one way to run them.

A :class:`Kernel` is a family of plain loops, one a dtype, all with the signature of NumPy's ufunc
and gufunc inner loops: NumPy's own, looked up once at import, or ours from ``_c/``. ``launch``
calls a loop; nothing else in the project writes tensor memory. Around it stand the N-dimensional
iteration (broadcasting, merging of dimensions), the checks for overlapping memory, and the log of
launches.
"""

import struct

cimport cython
from cpython.exc cimport PyErr_Occurred
from cpython.object cimport PyObject
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memset
from numpy cimport (
    NPY_BOOL, NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, NPY_INT8, NPY_INT16, NPY_INT32, NPY_INT64,
    NPY_UINT8, PyArray_BYTES, PyArray_CheckExact, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS,
    PyArray_ISWRITEABLE, PyArray_ITEMSIZE, PyArray_NBYTES, PyArray_NDIM, PyArray_SIZE,
    PyArray_SimpleNew, PyArray_STRIDES, PyArray_TYPE, dtype as numpy_dtype, import_array,
    import_ufunc, ndarray, npy_intp, ufunc,
)

import numpy as np

import_array()
import_ufunc()

cdef extern from "numpy/arrayobject.h":
    object PyArray_NewFromDescr(object subtype, numpy_dtype descr, int nd, const npy_intp* dims,
                                const npy_intp* strides, void* data, int flags, object obj)
    numpy_dtype PyArray_DescrFromType(int type_number)
    int PyArray_SetBaseObject(ndarray array, object base) except -1
    int PyArray_FLAGS(ndarray array)
    int NPY_ARRAY_WRITEABLE
    void PyArray_ENABLEFLAGS(ndarray array, int flags)
    int NPY_ARRAY_C_CONTIGUOUS
    int NPY_ARRAY_OWNDATA
    int NPY_ARRAY_ALIGNED
    PyObject* PyArray_BASE(ndarray array)

cdef extern from "Python.h":
    void Py_INCREF(object)
    void Py_DECREF(object)
    Py_ssize_t Py_REFCNT(object)
    ctypedef struct _TypeSlots "PyTypeObject":
        Py_ssize_t tp_weaklistoffset

cdef extern from *:
    """
    #include "kernels.h"
    #define TG_LIST_FAMILY(family) tg_##family##_kernels,
    static const tg_kernel *const tg_families[] = {TG_FAMILIES(TG_LIST_FAMILY) NULL};
    """
    const tg_kernel* const tg_families[]

cdef extern from "generator.h":
    const size_t tg_generator_size

cdef enum:
    # Below this many elements taking the GIL back costs more than others gain by its release.
    RELEASE_GIL_ABOVE = 32768
    N_CASTS = N_TYPES

GENERATOR_SIZE = tg_generator_size

# ---------------------------------------------------------------------------------- kernels

cdef object NO_PARAMS = bytearray(8)


cdef int type_number_of(str character) except -1:
    return np.dtype(character).num


# NumPy's loops that touch no Python object and raise nothing, also for integers: only these, and
# our own, run without the GIL. (`power` of integers raises.)
cdef frozenset WITHOUT_GIL = frozenset("""
    absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_or
    bitwise_xor cbrt ceil copysign cos cosh deg2rad divide equal exp exp2 expm1 fabs float_power
    floor fmax fmin greater greater_equal heaviside hypot invert isfinite isinf isnan less
    less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or
    logical_xor matmul maximum minimum multiply negative nextafter not_equal positive rad2deg
    reciprocal rint sign signbit sin sinh spacing sqrt square subtract tan tanh trunc
""".split())


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
    def from_ufunc(ufunc source, str name=None, str without=""):
        """The loops of a NumPy ufunc whose inputs all have the same dtype.

        ``name`` is what errors call it; ``without`` lists NumPy's characters of dtypes to refuse.
        """
        signature = (<object>source).signature or ",".join(["()"] * source.nin) + "->" + ",".join(
            ["()"] * source.nout)
        cdef str known_as = (<object>source).__name__
        cdef Kernel kernel = Kernel(name or known_as, signature,
                                    keeps_gil=known_as not in WITHOUT_GIL)
        cdef int position
        cdef Loop* loop
        for position, types in enumerate((<object>source).types):
            inputs, outputs = types.split("->")
            first = np.dtype(inputs[0]).num
            if first >= N_TYPES or len(set(inputs)) > 1 or inputs[0] in without \
                    or kernel.loops[first].function != NULL:
                continue
            loop = &kernel.loops[first]
            loop.function = <tg_loop>source.functions[position]
            loop.data = source.data[position]
            kernel._describe(loop, inputs + outputs)
        return kernel

    cdef int _describe(self, Loop* loop, str types) except -1:
        loop.kernel = <PyObject*>self
        loop.needs_gil = self.keeps_gil
        for k, character in enumerate(types):
            loop.types[k] = type_number_of(character)
        return 0

    cdef Loop* loop_for(self, int type_number) except NULL:
        """The loop for a dtype. Raises PyTorch's error where there is none."""
        if type_number >= N_TYPES or self.loops[type_number].function == NULL:
            raise NotImplementedError(
                f'"{self.name}_cpu" not implemented for \'{TYPE_NAMES.get(type_number)}\'')
        return &self.loops[type_number]

    def has_loop_for(self, int type_number):
        """Whether the kernel has a loop for NumPy's type number."""
        return 0 <= type_number < N_TYPES and self.loops[type_number].function != NULL

    def __call__(self, *arrays, tuple params=None):
        cdef Operand operands[MAX_OPERANDS]
        cdef int k
        if len(arrays) != self.n_operands:
            raise TypeError(f"kernel {self.name} takes {self.n_operands} arrays, got {len(arrays)}")
        for k in range(self.n_operands):
            operands[k] = operand_of(<ndarray?>arrays[k])
            if k >= self.n_in:
                check_writable(arrays[k])
        packed = self.pack(params)
        iterate(self._matching_loop(arrays), operands, <char*>packed)

    def pack(self, tuple params):
        """A fresh block of memory that holds the params as the loop reads them."""
        if self.params_format is None:
            return NO_PARAMS
        if params != self.last_params or self.last_params is None:
            self.last_packed = struct.pack(self.params_format, *(params or ()))
            self.last_params = params
        return bytearray(self.last_packed)

    cdef Loop* _matching_loop(self, tuple arrays) except NULL:
        """The loop whose types are those of the arrays, whichever of them it is looked up by."""
        cdef int k, position, n = len(arrays), types[MAX_OPERANDS]
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


cdef dict read_table(const tg_kernel* row, dict kernels):
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
        read_table(tg_families[k], kernels)
        k += 1
    return kernels


OURS = read_families()

cdef Kernel MATMUL = Kernel.from_ufunc(np.matmul)
cdef list CASTS = [None] * N_TYPES
for _name, _kernel in OURS.items():
    if _name.startswith("cast_to_"):
        CASTS[np.dtype(_name[len("cast_to_"):]).num] = _kernel


def numpy_kernel(source):
    """The kernel made of a NumPy ufunc's loops; a kernel is returned as it is."""
    if isinstance(source, Kernel):
        return source
    return Kernel.from_ufunc(source)


# ---------------------------------------------------------------------------------- launch

cdef LaunchLog current_log = None


cdef int launch(Loop* loop, char** args, const npy_intp* dims, const npy_intp* steps,
                void* params, Scalars* scalars) except -1:
    """Run one loop over raw memory: the only place where tensor memory is written."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef npy_intp work = dims[0]
    cdef void* last = params if loop.data == NULL else loop.data
    cdef int k
    if current_log is not None:
        current_log.note(loop, args, dims, steps, params, scalars)
    for k in range(kernel.n_core):
        work *= dims[1 + k]
    if work > RELEASE_GIL_ABOVE and not loop.needs_gil:
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


@cython.final
cdef class LaunchLog:
    """Every launch of a stretch of a program, in order, enough to run it again without Python.

    While it records, each buffer that is allocated stays alive, so that the addresses stay good.
    """

    cdef list launches
    cdef list buffers

    def __init__(self):
        self.launches, self.buffers = [], []

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
        return current_log

    def __exit__(self, *exception):
        global current_log
        current_log = None


# ---------------------------------------------------------------------------------- memory

# Small row-major arrays that nobody uses any more wait here for the next one of their dtype and
# shape: making and freeing an array object costs more than the arithmetic of a small op.
cdef enum:
    N_BUCKETS = 64
    BUCKET_DEPTH = 8
    RECYCLED_BYTES = 2048

cdef int WHOLE = (NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_OWNDATA | NPY_ARRAY_ALIGNED
                  | NPY_ARRAY_WRITEABLE)

cdef struct Bucket:
    PyObject* arrays[BUCKET_DEPTH]
    int n

cdef Bucket recycled[N_BUCKETS]


cdef inline Bucket* bucket_of(int ndim, const npy_intp* dims, int type_number) noexcept:
    cdef size_t key = type_number
    cdef int k
    for k in range(ndim):
        key = key * 37 + <size_t>dims[k]
    return &recycled[key % N_BUCKETS]


cdef ndarray allocate(int ndim, const npy_intp* dims, int type_number):
    """New uninitialised row-major memory."""
    cdef Bucket* bucket = bucket_of(ndim, dims, type_number)
    cdef ndarray array
    if bucket.n > 0 and has_form(bucket.arrays[bucket.n - 1], ndim, dims, type_number):
        bucket.n -= 1
        array = <ndarray>bucket.arrays[bucket.n]
        Py_DECREF(array)
    else:
        array = PyArray_SimpleNew(ndim, <npy_intp*>dims, type_number)
    if current_log is not None:
        current_log.buffers.append(array)
    return array


cdef inline bint has_form(PyObject* array, int ndim, const npy_intp* dims,
                          int type_number) noexcept:
    cdef int k
    if PyArray_TYPE(<ndarray>array) != type_number or PyArray_NDIM(<ndarray>array) != ndim:
        return False
    for k in range(ndim):
        if PyArray_DIMS(<ndarray>array)[k] != dims[k]:
            return False
    return True


cdef void recycle(PyObject* array) noexcept:
    """Called by an owner that is about to drop an array: keeps it if that was the last one."""
    cdef Bucket* bucket
    cdef int type_number
    if Py_REFCNT(<object>array) != 1 or not PyArray_CheckExact(<object>array) \
            or (PyArray_FLAGS(<ndarray>array) & WHOLE) != WHOLE \
            or PyArray_BASE(<ndarray>array) != NULL or has_weak_references(array):
        return
    type_number = PyArray_TYPE(<ndarray>array)
    if type_number >= N_TYPES or PyArray_NBYTES(<ndarray>array) > RECYCLED_BYTES:
        return
    bucket = bucket_of(PyArray_NDIM(<ndarray>array), PyArray_DIMS(<ndarray>array), type_number)
    if bucket.n < BUCKET_DEPTH:
        Py_INCREF(<object>array)
        bucket.arrays[bucket.n] = array
        bucket.n += 1


cdef Py_ssize_t WEAK_REFERENCES_AT = (<_TypeSlots*>ndarray).tp_weaklistoffset


cdef inline bint has_weak_references(PyObject* array) noexcept:
    return (<PyObject**>(<char*>array + WEAK_REFERENCES_AT))[0] != NULL


cdef ndarray allocate_ordered(int ndim, const npy_intp* dims, int* order, int type_number):
    """New memory in which dimension ``order[0]`` varies slowest and ``order[ndim - 1]`` fastest."""
    cdef npy_intp strides[MAX_DIMS]
    cdef numpy_dtype descr = PyArray_DescrFromType(type_number)
    cdef npy_intp step = descr.itemsize
    cdef int k
    cdef ndarray array
    for k in range(ndim - 1, -1, -1):
        strides[order[k]] = step
        step *= dims[order[k]] if dims[order[k]] > 0 else 1
    Py_INCREF(descr)
    array = PyArray_NewFromDescr(ndarray, descr, ndim, dims, strides, NULL, 0, None)
    if current_log is not None:
        current_log.buffers.append(array)
    return array


cdef ndarray allocate_like(ndarray model, int type_number):
    """New memory of the model's shape, its dimensions in the same order in memory."""
    cdef Operand operand = operand_of(model)
    cdef npy_intp strides[MAX_OPERANDS][MAX_DIMS]
    cdef int order[MAX_DIMS]
    if PyArray_IS_C_CONTIGUOUS(model):
        return allocate(operand.ndim, operand.dims, type_number)
    broadcast_strides(&operand, 0, operand.ndim, operand.dims, strides[0])
    memory_order(operand.ndim, operand.dims, 1, strides, order)
    return allocate_ordered(operand.ndim, operand.dims, order, type_number)


cdef ndarray strided_view(ndarray owner, int ndim, const npy_intp* dims, const npy_intp* strides,
                          char* data):
    """A view with any geometry over the owner's memory; the caller vouches for its bounds."""
    cdef numpy_dtype descr = PyArray_DescrFromType(PyArray_TYPE(owner))
    cdef ndarray view
    Py_INCREF(descr)
    view = PyArray_NewFromDescr(ndarray, descr, ndim, dims, strides, data,
                                PyArray_FLAGS(owner) & NPY_ARRAY_WRITEABLE, None)
    Py_INCREF(owner)
    PyArray_SetBaseObject(view, owner)
    return view


def empty(shape, dtype):
    """A new uninitialised array; forward functions get their results' memory here."""
    cdef npy_intp dims[MAX_DIMS]
    cdef int ndim = len(shape), k
    if ndim > MAX_DIMS:
        raise RuntimeError(f"tensors have at most {MAX_DIMS} dimensions, got {ndim}")
    for k in range(ndim):
        dims[k] = shape[k]
        if dims[k] < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {dims[k]}: {list(shape)}")
    try:
        return allocate(ndim, dims, np.dtype(dtype).num)
    except ValueError:
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(shape)}") from None


def empty_like(ndarray model not None, dtype=None):
    """A new uninitialised array of the model's shape and memory order."""
    return allocate_like(model, PyArray_TYPE(model) if dtype is None else np.dtype(dtype).num)


def strided(ndarray flat not None, shape, strides, Py_ssize_t offset):
    """A view with any shape and strides, in elements, over a one-dimensional array."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp steps[MAX_DIMS]
    cdef npy_intp size = PyArray_ITEMSIZE(flat)
    cdef int k
    low, high = offset, offset + 1
    for k, (length, stride) in enumerate(zip(shape, strides, strict=True)):
        dims[k], steps[k] = length, stride * size
        low, high = low + min(0, (length - 1) * stride), high + max(0, (length - 1) * stride)
    if 0 not in shape and (low < 0 or high > PyArray_SIZE(flat)):
        raise RuntimeError(f"a view of sizes {list(shape)}, strides {list(strides)} and offset "
                           f"{offset} is out of bounds for storage of {PyArray_SIZE(flat)} "
                           "elements")
    return strided_view(flat, len(shape), dims, steps, PyArray_BYTES(flat) + offset * size)


cdef Operand operand_of(ndarray array) noexcept:
    cdef Operand operand
    operand.data = PyArray_BYTES(array)
    operand.ndim = PyArray_NDIM(array)
    operand.dims = PyArray_DIMS(array)
    operand.strides = PyArray_STRIDES(array)
    return operand


cdef bint is_dense(ndarray array) noexcept:
    """Whether the elements fill their stretch of memory without gap or overlap, in any order."""
    cdef int ndim = PyArray_NDIM(array), k, _position
    cdef npy_intp* dims = PyArray_DIMS(array)
    cdef npy_intp* strides = PyArray_STRIDES(array)
    cdef npy_intp expected = PyArray_ITEMSIZE(array)
    cdef bint used[MAX_DIMS]
    if PyArray_IS_C_CONTIGUOUS(array):
        return True
    for k in range(ndim):
        used[k] = dims[k] == 1
    for _position in range(ndim):
        for k in range(ndim - 1, -1, -1):
            if not used[k] and strides[k] == expected:
                used[k] = True
                expected *= dims[k]
                break
    for k in range(ndim):
        if not used[k]:
            return False
    return True


cdef int extent(ndarray array, char** low, char** high) noexcept:
    """The first byte of an array's memory and the one after its last."""
    cdef npy_intp span
    cdef int k
    low[0] = high[0] = PyArray_BYTES(array)
    for k in range(PyArray_NDIM(array)):
        span = (PyArray_DIMS(array)[k] - 1) * PyArray_STRIDES(array)[k]
        if span > 0:
            high[0] += span
        else:
            low[0] += span
    high[0] += PyArray_ITEMSIZE(array)
    return 0


cdef bint memory_meets(ndarray a, ndarray b) noexcept:
    cdef char* a_low
    cdef char* a_high
    cdef char* b_low
    cdef char* b_high
    if PyArray_SIZE(a) == 0 or PyArray_SIZE(b) == 0:
        return False
    extent(a, &a_low, &a_high)
    extent(b, &b_low, &b_high)
    return a_low < b_high and b_low < a_high


cdef bint same_elements(ndarray a, ndarray b) noexcept:
    """Whether two arrays are the same elements in the same order."""
    cdef int k
    if PyArray_BYTES(a) != PyArray_BYTES(b) or PyArray_NDIM(a) != PyArray_NDIM(b) or \
            PyArray_ITEMSIZE(a) != PyArray_ITEMSIZE(b):
        return False
    for k in range(PyArray_NDIM(a)):
        if PyArray_DIMS(a)[k] != PyArray_DIMS(b)[k]:
            return False
        if PyArray_STRIDES(a)[k] != PyArray_STRIDES(b)[k] and PyArray_DIMS(a)[k] > 1:
            return False
    return True


cdef int check_writable(ndarray target) except -1:
    """Refuse memory in which one write would change several elements."""
    cdef int k
    if not PyArray_ISWRITEABLE(target):
        raise RuntimeError(
            "the array under this tensor is read-only: clone() the tensor before writing to it")
    if PyArray_IS_C_CONTIGUOUS(target):
        return 0
    for k in range(PyArray_NDIM(target)):
        if PyArray_STRIDES(target)[k] == 0 and PyArray_DIMS(target)[k] > 1:
            raise RuntimeError(
                "unsupported operation: more than one element of the written-to tensor refers to "
                "a single memory location. Please clone() the tensor before performing the "
                "operation.")
    return 0


cdef int check_overlap(ndarray target, ndarray source) except -1:
    """Refuse an input that shares part of the written memory, where PyTorch does."""
    if memory_meets(target, source) and not same_elements(target, source) \
            and is_dense(target) and is_dense(source):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor "
            "refer to a single memory location. Please clone() the tensor before performing the "
            "operation.")
    return 0


def check_written(ndarray target, sources):
    """Refuse to write memory that holds one element twice, or part of an array that is read."""
    cdef ndarray source
    check_writable(target)
    for source in sources:
        check_overlap(target, source)


# ---------------------------------------------------------------------------------- iteration

cdef int broadcast_strides(Operand* operand, int core_ndim, int ndim, const npy_intp* shape,
                           npy_intp* strides) noexcept:
    """The operand's strides over the outer shape: zero along dimensions that it repeats."""
    cdef int outer = operand.ndim - core_ndim, missing = ndim - outer, k
    for k in range(ndim):
        if k < missing or operand.dims[k - missing] == 1 and shape[k] != 1:
            strides[k] = 0
        else:
            strides[k] = operand.strides[k - missing]
    return 0


cdef int memory_order(int ndim, const npy_intp* shape, int n_operands,
                      npy_intp[MAX_OPERANDS][MAX_DIMS] strides, int* order) noexcept:
    """Sort dimensions from the largest to the smallest stride; the first operand decides first."""
    cdef int position, slot, k, a, b
    cdef npy_intp difference
    for position in range(ndim):
        order[position] = position
    for position in range(1, ndim):
        slot = position
        while slot > 0:
            a, b = order[slot - 1], order[slot]
            difference = 0
            for k in range(n_operands):
                if strides[k][a] == 0 or strides[k][b] == 0:
                    continue
                difference = strides[k][b] - strides[k][a]
                if difference == 0:
                    difference = shape[b] - shape[a] if shape[a] == 1 or shape[b] == 1 else 0
                if difference != 0:
                    break
            if difference <= 0:
                break
            order[slot - 1], order[slot] = b, a
            slot -= 1
    return 0


cdef int merge_dimensions(int ndim, npy_intp* shape, int n_operands,
                          npy_intp[MAX_OPERANDS][MAX_DIMS] strides, int* order) noexcept:
    """Reorder dimensions, drop those of size one, join neighbours that every operand walks as one.

    Returns how many dimensions are left; ``shape`` and ``strides`` are rewritten.
    """
    cdef npy_intp old_shape[MAX_DIMS]
    cdef npy_intp old_strides[MAX_OPERANDS][MAX_DIMS]
    cdef int n = 0, position, dim, k
    cdef bint joins
    for k in range(ndim):
        old_shape[k] = shape[k]
    for k in range(n_operands):
        memcpy(old_strides[k], strides[k], ndim * sizeof(npy_intp))
    for position in range(ndim):
        dim = order[position]
        if old_shape[dim] == 1:
            continue
        joins = n > 0
        if joins:
            for k in range(n_operands):
                if strides[k][n - 1] != old_strides[k][dim] * old_shape[dim]:
                    joins = False
                    break
        if not joins:
            shape[n] = 1
            n += 1
        shape[n - 1] *= old_shape[dim]
        for k in range(n_operands):
            strides[k][n - 1] = old_strides[k][dim]
    return n


cdef int run(Loop* loop, Operand* operands, int ndim, npy_intp* shape,
             npy_intp[MAX_OPERANDS][MAX_DIMS] strides, void* params, Scalars* scalars) except -1:
    """Launch a loop for every index of the outer shape, as few times as the layout allows."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef int n = kernel.n_operands, k, position, n_steps
    cdef int order[MAX_DIMS]
    cdef npy_intp index[MAX_DIMS]
    cdef npy_intp dims[1 + MAX_OPERANDS * MAX_CORE_DIMS]
    cdef npy_intp steps[MAX_OPERANDS * (1 + MAX_CORE_DIMS)]
    cdef char* args[MAX_OPERANDS]
    cdef char* handed[MAX_OPERANDS]     # a copy: NumPy's matmul moves the pointers it is given
    for k in range(ndim):
        if shape[k] == 0:
            return 0
    if ndim > 1:
        order_by_outputs(kernel, ndim, shape, strides, order)
        ndim = merge_dimensions(ndim, shape, n, strides, order)
    n_steps = n
    for k in range(n):
        args[k] = operands[k].data
        steps[k] = strides[k][ndim - 1] if ndim else 0
        for position in range(kernel.core_ndim[k]):
            dims[1 + kernel.core_letter[k][position]] = \
                operands[k].dims[operands[k].ndim - kernel.core_ndim[k] + position]
            steps[n_steps] = operands[k].strides[operands[k].ndim - kernel.core_ndim[k] + position]
            n_steps += 1
    dims[0] = shape[ndim - 1] if ndim else 1
    for k in range(ndim - 1):
        index[k] = 0
    while True:
        memcpy(handed, args, n * sizeof(char*))
        launch(loop, handed, dims, steps, params, scalars)
        position = ndim - 2
        while position >= 0:
            index[position] += 1
            for k in range(n):
                args[k] += strides[k][position]
            if index[position] < shape[position]:
                break
            for k in range(n):
                args[k] -= strides[k][position] * shape[position]
            index[position] = 0
            position -= 1
        if position < 0:
            return 0


cdef int order_by_outputs(Kernel kernel, int ndim, const npy_intp* shape,
                          npy_intp[MAX_OPERANDS][MAX_DIMS] strides, int* order) noexcept:
    """The order in which to walk: along the outputs' memory first, then along the inputs'."""
    cdef npy_intp ranked[MAX_OPERANDS][MAX_DIMS]
    cdef int n = kernel.n_operands, k, d, source
    for k in range(n):
        source = (k + kernel.n_in) % n
        for d in range(ndim):
            ranked[k][d] = strides[source][d] if strides[source][d] >= 0 else -strides[source][d]
    return memory_order(ndim, shape, n, ranked, order)


cdef int broadcast_shape(int n, Operand* operands, int* core_ndim, npy_intp* shape) except -1:
    """The common outer shape of operands; its number of dimensions is returned."""
    cdef int ndim = 0, k, d, outer, missing
    cdef npy_intp size
    for k in range(n):
        outer = operands[k].ndim - core_ndim[k]
        if outer > ndim:
            ndim = outer
    for d in range(ndim):
        shape[d] = 1
    for k in range(n):
        missing = ndim - (operands[k].ndim - core_ndim[k])
        for d in range(ndim - 1, missing - 1, -1):
            size = operands[k].dims[d - missing]
            if size == shape[d] or size == 1:
                continue
            if shape[d] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({shape[d]}) must match the size of tensor b ({size}) "
                    f"at non-singleton dimension {d}")
            shape[d] = size
    return ndim


cdef int iterate(Loop* loop, Operand* operands, void* params) except -1:
    """Run a loop over operands with core dimensions, outputs given; checks that all sizes agree."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef npy_intp shape[MAX_DIMS]
    cdef npy_intp strides[MAX_OPERANDS][MAX_DIMS]
    cdef npy_intp sizes[MAX_OPERANDS * MAX_CORE_DIMS]
    cdef int ndim, k, position, letter
    cdef npy_intp size
    for letter in range(kernel.n_core):
        sizes[letter] = -1
    for k in range(kernel.n_operands):
        if operands[k].ndim < kernel.core_ndim[k]:
            raise ValueError(f"kernel {kernel.name}: operand {k} needs {kernel.core_ndim[k]} dims")
        for position in range(kernel.core_ndim[k]):
            letter = kernel.core_letter[k][position]
            size = operands[k].dims[operands[k].ndim - kernel.core_ndim[k] + position]
            if sizes[letter] not in (-1, size):
                raise ValueError(f"kernel {kernel.name}: operand {k} has {size}, expected "
                                 f"{sizes[letter]} in core dimension {position}")
            sizes[letter] = size
    for k in range(kernel.n_operands):
        if operands[k].ndim != kernel.core_ndim[k]:
            break
    else:
        return run(loop, operands, 0, shape, strides, params, NULL)
    ndim = broadcast_shape(kernel.n_operands, operands, kernel.core_ndim, shape)
    for k in range(kernel.n_in, kernel.n_operands):
        # An output without outer dimensions is one that every iteration adds to.
        for position in range(operands[k].ndim - kernel.core_ndim[k]):
            if operands[k].dims[position] != shape[position]:
                raise ValueError(
                    f"kernel {kernel.name}: output {k} does not have the inputs' shape")
    for k in range(kernel.n_operands):
        broadcast_strides(&operands[k], kernel.core_ndim[k], ndim, shape, strides[k])
    return run(loop, operands, ndim, shape, strides, params, NULL)


cdef inline bint walks_flat(Operand* operand, int ndim, const npy_intp* dims, npy_intp itemsize) \
        noexcept:
    """Whether the operand has exactly these dimensions and lies row-major without gaps."""
    cdef npy_intp step = itemsize
    cdef int k
    if operand.ndim != ndim:
        return False
    for k in range(ndim - 1, -1, -1):
        if operand.dims[k] != dims[k] or operand.strides[k] != step:
            return False
        step *= dims[k]
    return True


cdef ndarray elementwise(Loop* loop, Operand* operands, ndarray out, Scalars* scalars):
    """Run an element-wise loop with broadcasting into ``out``, or into new memory."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef int n_in = kernel.n_in, k, model = 0
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp steps[MAX_OPERANDS]
    cdef npy_intp count = 1
    cdef Operand* shaped
    for k in range(1, n_in):
        if operands[k].ndim > operands[model].ndim:
            model = k
    shaped = &operands[model]
    for k in range(n_in):
        args[k] = operands[k].data
        if operands[k].ndim == 0:
            steps[k] = 0
            continue
        steps[k] = ITEM_SIZES[loop.types[k]]
        if not walks_flat(&operands[k], shaped.ndim, shaped.dims, steps[k]):
            return broadcast_elementwise(loop, operands, out, scalars)
    if out is None:
        out = allocate(shaped.ndim, shaped.dims, loop.types[n_in])
    elif not PyArray_IS_C_CONTIGUOUS(out) or not walks_flat(
            shaped, PyArray_NDIM(out), PyArray_DIMS(out), ITEM_SIZES[loop.types[model]]):
        return broadcast_elementwise(loop, operands, out, scalars)
    for k in range(shaped.ndim):
        count *= shaped.dims[k]
    args[n_in] = PyArray_BYTES(out)
    steps[n_in] = ITEM_SIZES[loop.types[n_in]]
    launch(loop, args, &count, steps, scalars, scalars)
    return out


cdef npy_intp ITEM_SIZES[N_TYPES]
for _number in range(N_TYPES):
    ITEM_SIZES[_number] = 0
for _number in TYPE_NAMES:
    ITEM_SIZES[_number] = PyArray_DescrFromType(_number).itemsize


cdef ndarray broadcast_elementwise(Loop* loop, Operand* operands, ndarray out, Scalars* scalars):
    """The general case: any layout, broadcast; new memory keeps the inputs' order of dimensions."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef int n_in = kernel.n_in, ndim, k
    cdef npy_intp shape[MAX_DIMS]
    cdef npy_intp strides[MAX_OPERANDS][MAX_DIMS]
    cdef int order[MAX_DIMS]
    ndim = broadcast_shape(n_in, operands, kernel.core_ndim, shape)
    for k in range(n_in):
        broadcast_strides(&operands[k], 0, ndim, shape, strides[k])
    if out is None:
        memory_order(ndim, shape, n_in, strides, order)
        out = allocate_ordered(ndim, shape, order, loop.types[n_in])
    operands[n_in] = operand_of(out)
    if operands[n_in].ndim < ndim:
        raise_output_shape(out, ndim, shape)
    for k in range(operands[n_in].ndim):
        if k >= operands[n_in].ndim - ndim and \
                shape[k - operands[n_in].ndim + ndim] not in (1, operands[n_in].dims[k]):
            raise_output_shape(out, ndim, shape)
    ndim = operands[n_in].ndim
    for k in range(ndim):
        shape[k] = operands[n_in].dims[k]
    for k in range(n_in + 1):
        broadcast_strides(&operands[k], 0, ndim, shape, strides[k])
    run(loop, operands, ndim, shape, strides, scalars, scalars)
    return out


cdef int raise_output_shape(ndarray out, int ndim, const npy_intp* shape) except -1:
    wanted = [shape[k] for k in range(ndim)]
    raise RuntimeError(
        f"output with shape {[PyArray_DIMS(out)[k] for k in range(PyArray_NDIM(out))]} "
        f"doesn't match the broadcast shape {wanted}")


cdef ndarray cast(ndarray array, int type_number):
    """The array in another dtype, in new memory."""
    cdef Operand operands[2]
    operands[0] = operand_of(array)
    return elementwise((<Kernel>CASTS[type_number]).loop_for(PyArray_TYPE(array)), operands, None,
                       NULL)


cdef int copy_into(ndarray target, ndarray source) except -1:
    """Write the source's values, broadcast and cast, into the target; any overlap is right."""
    cdef Operand operands[2]
    if memory_meets(target, source):
        if same_elements(target, source):
            return 0
        source = cast(source, PyArray_TYPE(source))
    operands[0] = operand_of(source)
    elementwise((<Kernel>CASTS[PyArray_TYPE(target)]).loop_for(PyArray_TYPE(source)), operands,
                target, NULL)
    return 0


# ---------------------------------------------------------------------------------- for ops

def cast_array(ndarray array not None, dtype):
    """The array in another dtype, in new memory (also where the dtype is the same)."""
    return cast(array, np.dtype(dtype).num)


def copy_array(ndarray target not None, ndarray source not None):
    """Write the source's values, broadcast and cast, into the target."""
    check_writable(target)
    copy_into(target, source)


def contiguous(ndarray array not None):
    """The array itself where it is row-major, else a row-major copy."""
    cdef ndarray result
    if PyArray_IS_C_CONTIGUOUS(array):
        return array
    result = allocate(PyArray_NDIM(array), PyArray_DIMS(array), PyArray_TYPE(array))
    copy_into(result, array)
    return result


def writable(ndarray array not None):
    """The same array, marked as one that may be written: for memory whose owner cannot say so."""
    PyArray_ENABLEFLAGS(array, NPY_ARRAY_WRITEABLE)
    return array


cpdef ndarray fill(ndarray array, object value):
    """Set every element to a Python number."""
    cdef Operand operands[2]
    cdef Scalars scalars
    cdef int source = NPY_FLOAT64 if isinstance(value, float) else NPY_INT64
    if source != NPY_FLOAT64 or PyArray_TYPE(array) != NPY_FLOAT32 or not -1e38 < value < 1e38:
        refuse_overflow(value, PyArray_TYPE(array))
    scalar_operand(&operands[0], &scalars.slot[0], source, value)
    elementwise((<Kernel>CASTS[PyArray_TYPE(array)]).loop_for(source), operands, array, &scalars)
    return array


cdef bint view_strides(ndarray array, int ndim, const npy_intp* dims, npy_intp* strides) noexcept:
    """Strides that show the array's elements in another shape without a copy, if there are any."""
    cdef npy_intp sizes[MAX_DIMS]
    cdef npy_intp steps[MAX_DIMS]
    cdef int old = -1, new = ndim - 1, k
    cdef npy_intp step, block, filled = 1
    if PyArray_SIZE(array) == 0 or PyArray_IS_C_CONTIGUOUS(array):
        step = PyArray_ITEMSIZE(array)
        for k in range(ndim - 1, -1, -1):
            strides[k] = step
            step *= dims[k] if dims[k] > 0 else 1
        return True
    for k in range(PyArray_NDIM(array)):
        if PyArray_DIMS(array)[k] != 1:
            old += 1
            sizes[old], steps[old] = PyArray_DIMS(array)[k], PyArray_STRIDES(array)[k]
    step = PyArray_ITEMSIZE(array)
    while old >= 0:
        # One block: neighbouring old dimensions that are walked as one.
        block, step, filled = sizes[old], steps[old], 1
        old -= 1
        while old >= 0 and steps[old] == steps[old + 1] * sizes[old + 1]:
            block *= sizes[old]
            old -= 1
        while new >= 0 and (filled < block or dims[new] == 1):
            strides[new] = step * filled
            filled *= dims[new]
            new -= 1
        if filled != block:
            return False
    while new >= 0:
        strides[new] = step * filled
        new -= 1
    return True


def can_view(ndarray array not None, shape):
    """Whether the elements can be seen in another shape without a copy."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    for k, size in enumerate(shape):
        dims[k] = size
    return view_strides(array, len(shape), dims, strides)


def reshaped_view(ndarray array not None, shape):
    """The same memory in another shape of as many elements. Raises if strides do not allow it."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    for k, size in enumerate(shape):
        dims[k] = size
    if not view_strides(array, len(shape), dims, strides):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead.")
    return strided_view(array, len(shape), dims, strides, PyArray_BYTES(array))


def expanded(ndarray array not None, shape):
    """Dimensions of size 1 repeated to a larger shape, without copying."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef Operand operand = operand_of(array)
    cdef int ndim = len(shape)
    for k, size in enumerate(shape):
        dims[k] = size
    broadcast_strides(&operand, 0, ndim, dims, strides)
    return strided_view(array, ndim, dims, strides, PyArray_BYTES(array))


def broadcast_array(ndarray array not None, shape):
    """The array expanded to a shape; leading dimensions of size 1 too many are dropped."""
    while array.ndim > len(shape) and PyArray_DIMS(array)[0] == 1:
        array = array[0]
    if np.broadcast_shapes((<object>array).shape, tuple(shape)) != tuple(shape):
        raise ValueError(f"{(<object>array).shape} cannot be broadcast to {tuple(shape)}")
    return expanded(array, shape)


def joined(ndarray array not None, int n_kept):
    """Dimensions from ``n_kept`` on as one: a view where the layout allows, else a copy."""
    return join_last_dimensions(array, n_kept)


def pointwise(Kernel kernel not None, *operands, ndarray out=None, dtype=None):
    """Run an element-wise kernel on arrays of the loop's dtypes and on Python numbers.

    The result is new unless ``out`` is given; ``dtype`` says which loop where the first operand
    does not.
    """
    cdef Operand all_operands[MAX_OPERANDS]
    cdef Scalars scalars
    cdef Scalars* used = NULL
    cdef int k, number
    cdef Loop* loop
    number = PyArray_TYPE(<ndarray?>operands[0]) if dtype is None else np.dtype(dtype).num
    loop = kernel.loop_for(number)
    for k in range(kernel.n_in):
        operand = operands[k]
        if isinstance(operand, ndarray):
            all_operands[k] = operand_of(<ndarray>operand)
        else:
            used = &scalars
            scalar_operand(&all_operands[k], &scalars.slot[k], loop.types[k], operand)
    return elementwise(loop, all_operands, out, used)


cdef int scalar_operand(Operand* operand, double* slot, int type_number, object value) except -1:
    """An operand that is a Python number, stored in the dtype that the loop reads."""
    store_number(slot, type_number, value)
    operand.data, operand.ndim = <char*>slot, 0
    operand.dims = operand.strides = NULL
    return 0


cdef int store_number(void* slot, int type_number, object value) except -1:
    """Write a Python number as an element of the given dtype."""
    if type_number == NPY_FLOAT32:
        (<float*>slot)[0] = value
    elif type_number == NPY_FLOAT64:
        (<double*>slot)[0] = value
    elif type_number == NPY_FLOAT16:
        (<uint16_t*>slot)[0] = np.float16(value).view(np.uint16)
    elif type_number == NPY_BOOL:
        (<uint8_t*>slot)[0] = bool(value)
    else:
        store_integer(slot, type_number, int(value))
    return 0


cdef int store_integer(void* slot, int type_number, object value) except -1:
    """Write a whole number; one that the dtype cannot hold wraps, as PyTorch's operands do."""
    cdef int64_t number
    if not -2**63 <= value < 2**64:
        raise OverflowError("int too big to convert")
    number = <int64_t><uint64_t>(value & 0xFFFFFFFFFFFFFFFF)
    if type_number == NPY_INT64:
        (<int64_t*>slot)[0] = number
    elif type_number == NPY_INT32:
        (<int32_t*>slot)[0] = <int32_t>number
    elif type_number == NPY_INT16:
        (<int16_t*>slot)[0] = <int16_t>number
    else:
        (<int8_t*>slot)[0] = <int8_t>number
    return 0


# PyTorch lets a negative number wrap into uint8.
cdef dict LIMITS = {
    NPY_UINT8: (-255, 255, "uint8_t"), NPY_INT8: (-128, 127, "int8_t"),
    NPY_INT16: (-2**15, 2**15 - 1, "int16_t"), NPY_INT32: (-2**31, 2**31 - 1, "int"),
    NPY_INT64: (-2**63, 2**63 - 1, "int64_t"), NPY_FLOAT16: (-65504, 65504, "c10::Half"),
    NPY_FLOAT32: (-3.4028234663852886e38, 3.4028234663852886e38, "float"),
}


cpdef object refuse_overflow(object value, int type_number):
    """Refuse a Python number that an element of the dtype cannot hold, with PyTorch's text."""
    if type_number not in LIMITS:
        return None
    lowest, highest, name = LIMITS[type_number]
    is_special = isinstance(value, float) and value - value != 0
    if is_special and type_number in (NPY_FLOAT16, NPY_FLOAT32):
        return None
    if isinstance(value, int) and not -2**63 <= value < 2**64:
        raise OverflowError("int too big to convert")
    if is_special or not lowest <= value <= highest:
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    return None


def outputs(Kernel kernel not None, tuple inputs not None, tuple shapes not None,
            tuple params=None):
    """Run a kernel with core dimensions into new memory; gives its outputs, one a shape."""
    cdef Loop* loop = NULL
    cdef Operand operands[MAX_OPERANDS]
    cdef npy_intp dims[MAX_DIMS]
    cdef ndarray array
    cdef int k, d
    for k in range(kernel.n_in):
        array = inputs[k]
        operands[k] = operand_of(array)
        if loop == NULL and PyArray_TYPE(array) < N_TYPES:
            loop = &kernel.loops[PyArray_TYPE(array)]
            if loop.function == NULL:
                loop = NULL
    if loop == NULL:
        raise NotImplementedError(f"kernel {kernel.name} has no loop for these dtypes")
    for k in range(kernel.n_in):
        if PyArray_TYPE(<ndarray>inputs[k]) != loop.types[k]:
            raise NotImplementedError(f"kernel {kernel.name}: input {k} has dtype "
                                      f"{inputs[k].dtype}, which its loop does not read")
    results = []
    for k, shape in enumerate(shapes, kernel.n_in):
        for d, size in enumerate(shape):
            dims[d] = size
        array = allocate(len(shape), dims, loop.types[k])
        operands[k] = operand_of(array)
        results.append(array)
    packed = kernel.pack(params)
    iterate(loop, operands, <char*>packed)
    return results[0] if len(results) == 1 else tuple(results)


def along(Kernel kernel not None, *arguments):
    """Run a kernel of rows, such as ``(n)->(n)``, along one dimension of arrays of one shape.

    The arguments are the arrays and, last, the dimension.
    """
    cdef Operand operands[MAX_OPERANDS]
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_OPERANDS][MAX_DIMS]
    cdef ndarray first = arguments[0]
    cdef Loop* loop = kernel.loop_for(PyArray_TYPE(first))
    cdef ndarray result = allocate(PyArray_NDIM(first), PyArray_DIMS(first),
                                   loop.types[kernel.n_in])
    cdef int k, dim = arguments[kernel.n_in]
    for k in range(kernel.n_operands):
        operands[k] = operand_of(result if k == kernel.n_in else <ndarray?>arguments[k])
        move_last(&operands[k], dim, dims, strides[k])
    iterate(loop, operands, NULL)
    return result


cdef int move_last(Operand* operand, int dim, npy_intp* dims, npy_intp* strides) noexcept:
    """Let an operand's dimension ``dim`` come last; a 0-d one becomes a row of one element."""
    cdef int k, position = 0, n = operand.ndim
    if n == 0:
        dims[0], strides[0] = 1, 0
    for k in range(n):
        if k != dim:
            dims[position], strides[position] = operand.dims[k], operand.strides[k]
            position += 1
    if n:
        dims[n - 1], strides[n - 1] = operand.dims[dim], operand.strides[dim]
    operand.ndim = max(n, 1)
    operand.dims, operand.strides = dims, strides
    return 0


cpdef object reduce(Kernel kernel, ndarray array, object dims, bint keepdim):
    """Run a kernel of signature ``(n)->()``, or with more outputs, over some dimensions at once."""
    cdef int ndim = PyArray_NDIM(array), k, n_kept = 0, n_out
    cdef bint reduced[MAX_DIMS]
    cdef npy_intp in_dims[MAX_DIMS]
    cdef npy_intp in_strides[MAX_DIMS]
    cdef Operand operands[MAX_OPERANDS]
    cdef Loop* loop = kernel.loop_for(PyArray_TYPE(array))
    cdef ndarray out, source = array
    for k in range(ndim):
        reduced[k] = dims is None
    if dims is not None:
        for k in dims:
            reduced[k] = True
    if not reduced_last(array, reduced, in_dims, in_strides, &n_kept):
        source = contiguous(kept_first(array, reduced))
        for k in range(ndim):
            reduced[k] = k >= n_kept
        reduced_last(source, reduced, in_dims, in_strides, &n_kept)
    operands[0].data = PyArray_BYTES(source)
    operands[0].ndim, operands[0].dims, operands[0].strides = n_kept + 1, in_dims, in_strides
    results = []
    for n_out in range(1, kernel.n_operands):
        out = allocate(n_kept, in_dims, loop.types[n_out])
        operands[n_out] = operand_of(out)
        results.append(out)
    iterate(loop, operands, NULL)
    if keepdim:
        kept_shape = with_ones(array, dims)
        results = [result.reshape(kept_shape) for result in results]
    return results[0] if kernel.n_operands == 2 else tuple(results)


cdef ndarray column_sums(ndarray matrix):
    """The sums over the rows of a matrix, as the gradient of a bias needs them."""
    cdef Kernel kernel = OURS["sum"]
    cdef Loop* loop = kernel.loop_for(PyArray_TYPE(matrix))
    cdef ndarray sums = allocate(1, PyArray_DIMS(matrix) + 1, PyArray_TYPE(matrix))
    cdef npy_intp dims[2]
    cdef npy_intp steps[3]
    cdef char* args[2]
    args[0], args[1] = PyArray_BYTES(matrix), PyArray_BYTES(sums)
    dims[0], dims[1] = PyArray_DIMS(matrix)[1], PyArray_DIMS(matrix)[0]
    steps[0], steps[1], steps[2] = (
        PyArray_STRIDES(matrix)[1], PyArray_STRIDES(sums)[0], PyArray_STRIDES(matrix)[0])
    if dims[0] > 0:
        launch(loop, args, dims, steps, NULL, NULL)
    return sums


cdef tuple with_ones(ndarray array, object dims):
    """The array's shape with 1 for every reduced dimension."""
    cdef int k
    return tuple([1 if dims is None or k in dims else PyArray_DIMS(array)[k]
                  for k in range(PyArray_NDIM(array))])


cdef ndarray kept_first(ndarray array, bint* reduced):
    """The array with the dimensions that stay before those that go."""
    cdef int k, ndim = PyArray_NDIM(array)
    return array.transpose([k for k in range(ndim) if not reduced[k]]
                           + [k for k in range(ndim) if reduced[k]])


cdef bint reduced_last(ndarray array, bint* reduced, npy_intp* dims, npy_intp* strides,
                       int* n_kept) noexcept:
    """The geometry in which all reduced dimensions are one last one; False if there is none."""
    cdef int k, n = 0
    cdef npy_intp size = 1, step = PyArray_ITEMSIZE(array)
    cdef bint joins = True
    for k in range(PyArray_NDIM(array)):
        if not reduced[k]:
            dims[n], strides[n] = PyArray_DIMS(array)[k], PyArray_STRIDES(array)[k]
            n += 1
    for k in range(PyArray_NDIM(array) - 1, -1, -1):
        if not reduced[k] or PyArray_DIMS(array)[k] == 1:
            continue
        if size == 1:
            step = PyArray_STRIDES(array)[k]
        elif PyArray_STRIDES(array)[k] != step * size:
            joins = False
        size *= PyArray_DIMS(array)[k]
    dims[n], strides[n] = size, step
    n_kept[0] = n
    return joins or PyArray_SIZE(array) == 0


cdef ndarray join_last_dimensions(ndarray array, int n_kept):
    """Dimensions from ``n_kept`` on as one: a view where the layout allows, else a copy."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef npy_intp size
    cdef int ndim = PyArray_NDIM(array), k
    if ndim == n_kept:
        return array[..., None]
    memcpy(dims, PyArray_DIMS(array), ndim * sizeof(npy_intp))
    memcpy(strides, PyArray_STRIDES(array), ndim * sizeof(npy_intp))
    size, step = 1, strides[ndim - 1]
    for k in range(ndim - 1, n_kept - 1, -1):
        if dims[k] == 1:
            continue
        if size == 1:
            step = strides[k]
        elif strides[k] != step * size and PyArray_SIZE(array) > 0:
            return join_last_dimensions(contiguous(array), n_kept)
        size *= dims[k]
    dims[n_kept], strides[n_kept] = size, step
    return strided_view(array, n_kept + 1, dims, strides, PyArray_BYTES(array))


cdef ndarray _for_blas(ndarray array):
    """The array itself where BLAS can read its last two dimensions, else a row-major copy."""
    cdef int ndim = PyArray_NDIM(array)
    cdef npy_intp size = PyArray_ITEMSIZE(array)
    cdef npy_intp* strides = PyArray_STRIDES(array) + ndim - 2
    cdef npy_intp* dims = PyArray_DIMS(array) + ndim - 2
    if strides[1] == size and strides[0] >= dims[1] * size or \
            strides[0] == size and strides[1] >= dims[0] * size:
        return array
    return contiguous(array)


def matmul(ndarray a not None, ndarray b not None):
    """Matrix products ``(..., n, k) @ (..., k, m) -> (..., n, m)``, batch dimensions broadcast."""
    cdef Operand operands[3]
    cdef npy_intp dims[MAX_DIMS]
    cdef int ndim
    cdef int core[2]
    cdef Loop* loop = MATMUL.loop_for(PyArray_TYPE(a))
    cdef ndarray out
    a, b = _for_blas(a), _for_blas(b)
    operands[0], operands[1] = operand_of(a), operand_of(b)
    core[0] = core[1] = 2
    ndim = broadcast_shape(2, operands, core, dims)
    dims[ndim], dims[ndim + 1] = operands[0].dims[operands[0].ndim - 2], \
        operands[1].dims[operands[1].ndim - 1]
    out = allocate(ndim + 2, dims, PyArray_TYPE(a))
    operands[2] = operand_of(out)
    iterate(loop, operands, NULL)
    return out


def transposed(ndarray array not None):
    """A matrix with its dimensions swapped, as a view; a vector or number as it is."""
    cdef npy_intp dims[2]
    cdef npy_intp strides[2]
    cdef int ndim = PyArray_NDIM(array), k
    for k in range(ndim):
        dims[k] = PyArray_DIMS(array)[ndim - 1 - k]
        strides[k] = PyArray_STRIDES(array)[ndim - 1 - k]
    return strided_view(array, ndim, dims, strides, PyArray_BYTES(array))


cpdef ndarray mm(ndarray a, ndarray b):
    """``a @ b`` of two matrices."""
    return product_of_matrices(a, b, False, False)


def mm_nt(ndarray a not None, ndarray b not None):
    """``a @ b.T``."""
    return product_of_matrices(a, b, False, True)


def mm_tn(ndarray a not None, ndarray b not None):
    """``a.T @ b``."""
    return product_of_matrices(a, b, True, False)


cdef ndarray product_of_matrices(ndarray a, ndarray b, int turn_a, int turn_b):
    """The product of two matrices, or of their transposes, without the general iteration.

    Raises PyTorch's refusals of sizes and dtypes that do not fit.
    """
    cdef npy_intp n = PyArray_DIMS(a)[turn_a], inner = PyArray_DIMS(a)[1 - turn_a]
    cdef npy_intp m = PyArray_DIMS(b)[1 - turn_b]
    cdef Loop* loop
    cdef npy_intp dims[4]
    cdef npy_intp steps[9]
    cdef char* args[3]
    cdef ndarray out
    if inner != PyArray_DIMS(b)[turn_b]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{inner} and "
                           f"{PyArray_DIMS(b)[turn_b]}x{m})")
    if PyArray_TYPE(a) != PyArray_TYPE(b):
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: "
                           f"{C_NAMES[PyArray_TYPE(a)]} != {C_NAMES[PyArray_TYPE(b)]}")
    loop = MATMUL.loop_for(PyArray_TYPE(a))
    a, b = _for_blas(a), _for_blas(b)
    dims[0], dims[1], dims[2], dims[3] = n, m, inner, m
    out = allocate(2, dims, PyArray_TYPE(a))
    dims[0], dims[1] = 1, n
    steps[0] = steps[1] = steps[2] = 0
    args[0], args[1], args[2] = PyArray_BYTES(a), PyArray_BYTES(b), PyArray_BYTES(out)
    steps[3], steps[4] = PyArray_STRIDES(a)[turn_a], PyArray_STRIDES(a)[1 - turn_a]
    steps[5], steps[6] = PyArray_STRIDES(b)[turn_b], PyArray_STRIDES(b)[1 - turn_b]
    steps[7], steps[8] = PyArray_STRIDES(out)[0], PyArray_STRIDES(out)[1]
    if n > 0 and m > 0:
        launch(loop, args, dims, steps, NULL, NULL)
    return out


cdef dict C_NAMES = {
    NPY_BOOL: "bool", NPY_INT8: "signed char", NPY_UINT8: "unsigned char", NPY_INT16: "short",
    NPY_INT32: "int", NPY_INT64: "long", NPY_FLOAT16: "c10::Half", NPY_FLOAT32: "float",
    NPY_FLOAT64: "double",
}


def addmm(ndarray bias not None, ndarray a not None, ndarray b not None):
    """``bias + a @ b``; the bias is broadcast."""
    return with_bias(product_of_matrices(a, b, False, False), bias)


def linear(ndarray bias not None, ndarray a not None, ndarray b not None):
    """``bias + a @ b.T``; the bias is broadcast."""
    return with_bias(product_of_matrices(a, b, False, True), bias)


cdef ndarray with_bias(ndarray product, ndarray bias):
    """A fresh matrix plus a bias, in the matrix's memory."""
    cdef Operand operands[3]
    cdef Loop* loop = ADD.loop_for(PyArray_TYPE(product))
    if PyArray_NDIM(bias) == 1 and PyArray_TYPE(bias) == PyArray_TYPE(product) \
            and PyArray_DIMS(bias)[0] == PyArray_DIMS(product)[1]:
        add_to_rows(loop, product, bias)
        return product
    operands[0], operands[1] = operand_of(product), operand_of(bias)
    return elementwise(loop, operands, product, NULL)


cdef int add_to_rows(Loop* loop, ndarray matrix, ndarray row) except -1:
    """Add one row to every row of a fresh matrix."""
    cdef npy_intp n = PyArray_DIMS(matrix)[1], k
    cdef npy_intp steps[3]
    cdef char* args[3]
    steps[0] = steps[2] = PyArray_STRIDES(matrix)[1]
    steps[1] = PyArray_STRIDES(row)[0]
    for k in range(PyArray_DIMS(matrix)[0]):
        args[0] = args[2] = PyArray_BYTES(matrix) + k * PyArray_STRIDES(matrix)[0]
        args[1] = PyArray_BYTES(row)
        launch(loop, args, &n, steps, NULL, NULL)
    return 0


cdef Kernel ADD = Kernel.from_ufunc(np.add)
