"""Memory of tensors: new arrays and those used again, views of any geometry, overlap.

Nothing here writes elements; that is what launches do.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.pythread cimport PyThread_get_thread_ident
from libc.stdint cimport uint64_t
from numpy cimport (
    PyArray_BYTES, PyArray_CheckExact, PyArray_DescrFromType, PyArray_DIMS, PyArray_ISWRITEABLE,
    PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE, PyArray_NDIM, PyArray_SIZE,
    PyArray_STRIDES, PyArray_TYPE, dtype as numpy_dtype, import_array, ndarray,
    npy_intp,
)

from tapegrad._kernels.geometry cimport (
    MAX_DIMS, MAX_OPERANDS, N_TYPES, Operand, broadcast_strides, check_ndim, is_dense, memory_order,
    operand_of,
)

import numpy as np
from numpy.lib.stride_tricks import as_strided

import_array()

# What as_strided leaves between a view and the array that it views.
cdef object BETWEEN_STRIDED = type(as_strided(np.empty(1), (1,), (8,)).base)

cdef extern from "numpy/arrayobject.h":
    ctypedef struct PyTypeObject:
        pass
    object PyArray_NewFromDescr(PyTypeObject* subtype, numpy_dtype descr, int nd,
                                const npy_intp* dims, const npy_intp* strides, void* data,
                                int flags, object obj)
    PyObject* raw_new_array "PyArray_NewFromDescr"(
        PyTypeObject*, numpy_dtype, int, const npy_intp*, const npy_intp*, void*, int,
        PyObject*) noexcept
    int PyArray_SetBaseObject(ndarray array, object base) except -1
    int PyArray_FLAGS(ndarray array)
    int NPY_ARRAY_WRITEABLE
    void PyArray_ENABLEFLAGS(ndarray array, int flags)
    int NPY_ARRAY_C_CONTIGUOUS
    int NPY_ARRAY_OWNDATA
    int NPY_ARRAY_ALIGNED
    PyObject* PyArray_BASE(ndarray array)
    ctypedef struct PyArrayObject_fields:
        PyObject* mem_handler

cdef extern from *:
    """
    #include "blocks.h"
    static PyDataMem_Handler tg_block_handler = {
        "tapegrad", 1, {NULL, tg_block_malloc, tg_block_calloc, tg_block_realloc, tg_block_free}};
    enum { TG_TRACE_DOMAIN = 389047 };  /* where tracemalloc counts NumPy's arrays */
    """
    struct PyDataMem_Handler:
        pass
    PyDataMem_Handler tg_block_handler
    void* tg_block_malloc(void* context, size_t size) noexcept
    unsigned int TG_TRACE_DOMAIN

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX
    void Py_INCREF(object)
    void Py_DECREF(object)
    Py_ssize_t Py_REFCNT(object)
    bint PyErr_ExceptionMatches(object) noexcept
    void PyErr_Clear() noexcept
    ctypedef struct _TypeSlots "PyTypeObject":
        Py_ssize_t tp_weaklistoffset
    object PyCapsule_New(void* pointer, const char* name, void* destructor)
    int PyTraceMalloc_Track(unsigned int domain, size_t address, size_t size) noexcept

# Small row-major arrays that nobody uses any more wait here for the next one of their dtype and
# shape: making and freeing an array object costs more than the arithmetic of a small op. As many
# are kept as a loop of a thousand steps frees at once. What waits has no weak references: where an
# array leads to its own, it leads to the one below it.
cdef enum:
    N_BUCKETS = 256
    RECYCLED_BYTES = 16384
    OBJECT_BYTES = 256         # of an array, about, beside its elements
    MOST_BYTES_KEPT = 4194304
    LARGE_BYTES = 65536

cdef size_t LARGEST_BYTES = <size_t>1 << 46

cdef int WHOLE = (NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_OWNDATA | NPY_ARRAY_ALIGNED
                  | NPY_ARRAY_WRITEABLE)

cdef PyObject* recycled[N_BUCKETS]      # the uppermost of each bucket
cdef Py_ssize_t bytes_kept = 0
cdef int emptied = 0                    # the bucket that went last to make room

# While launches are recorded, everything that the recording thread allocates stays alive here.
cdef list kept_buffers = None
cdef unsigned long keeping_thread = 0
cdef Py_ssize_t bytes_to_keep = 0
cdef Py_ssize_t n_made_by_numpy = 0     # of arrays made since whose memory NumPy allocated for them
cdef bint is_partial = False            # more happened since than launches over what is kept


cdef void keep_buffers(list buffers, Py_ssize_t most_bytes=PY_SSIZE_T_MAX) noexcept:
    """Append whatever this thread allocates from now on to a list; None ends that.

    With more than so many bytes nothing is kept any more.
    """
    global kept_buffers, keeping_thread, bytes_to_keep, n_made_by_numpy, is_partial
    kept_buffers, keeping_thread, bytes_to_keep = buffers, PyThread_get_thread_ident(), most_bytes
    n_made_by_numpy, is_partial = 0, False


cpdef void note_values_read() noexcept:
    """Say that elements become numbers of Python, or memory that it may read as it likes."""
    global is_partial
    is_partial = True


cdef bint only_launches(Py_ssize_t n_allocations):
    """Whether launches are all that happened since buffers are kept, and all buffers are there.

    NumPy has made so many allocations since: those of other arrays would be in no log.
    """
    return not is_partial and n_allocations == n_made_by_numpy


cdef inline bint is_keeping() noexcept:
    """Whether what this thread allocates is kept."""
    return kept_buffers is not None and PyThread_get_thread_ident() == keeping_thread


cdef int keep(ndarray array) except -1:
    """Keep a buffer, or stop keeping any."""
    global kept_buffers, bytes_to_keep, is_partial
    bytes_to_keep -= bytes_of(array)
    if bytes_to_keep >= 0:
        kept_buffers.append(array)
    else:
        kept_buffers.clear()
        kept_buffers, is_partial = None, True
    return 0


cdef int keep_as_constant(ndarray array) except -1:
    """Say that Python wrote the elements of the array that was allocated last.

    It is memory like that of before then, which no launch has to write first.
    """
    if is_keeping():
        kept_buffers[len(kept_buffers) - 1] = (array,)
    return 0


@cython.overflowcheck(False)    # a hash: it may wrap
cdef inline PyObject** bucket_of(int ndim, const npy_intp* dims, int type_number) noexcept:
    cdef size_t key = type_number
    cdef int k
    for k in range(ndim):
        key = key * 37 + <size_t>dims[k]
    return &recycled[key % N_BUCKETS]


cdef ndarray allocate(int ndim, const npy_intp* dims, int type_number):
    """New uninitialised row-major memory."""
    cdef PyObject** bucket = bucket_of(ndim, dims, type_number)
    cdef ndarray array
    if bucket[0] != NULL and has_form(bucket[0], ndim, dims, type_number):
        array = <ndarray>bucket[0]
        remove(bucket)
    else:
        array = new_array(type_number, ndim, dims, NULL)
    if is_keeping():
        keep(array)
    return array


cdef inline void remove(PyObject** bucket) noexcept:
    """Take the uppermost array out of its bucket, which held it."""
    global bytes_kept
    cdef PyObject* array = bucket[0]
    bucket[0], weak_references(array)[0] = weak_references(array)[0], NULL
    bytes_kept -= OBJECT_BYTES + bytes_of(<ndarray>array)
    Py_DECREF(<object>array)


cdef object BLOCK_HANDLER = PyCapsule_New(&tg_block_handler, "mem_handler", NULL)


cdef ndarray new_array(int type_number, int ndim, const npy_intp* dims, const npy_intp* strides):
    """A new array that owns its memory; a large one's comes from the blocks that are kept."""
    global n_made_by_numpy
    cdef numpy_dtype descr = PyArray_DescrFromType(type_number)
    cdef size_t size = large_size(descr.itemsize, ndim, dims)
    cdef void* block = NULL if size == 0 else tg_block_malloc(NULL, size)
    cdef ndarray array
    cdef PyObject* made
    cdef int flags = 0 if block == NULL else NPY_ARRAY_WRITEABLE
    Py_INCREF(descr)
    made = raw_new_array(<PyTypeObject*>ndarray, descr, ndim, dims, strides, block, flags, NULL)
    if made == NULL:
        refuse_size(ndim, dims)
    array = <ndarray>made
    Py_DECREF(array)
    if block == NULL:
        n_made_by_numpy += is_keeping()
        return array
    Py_INCREF(BLOCK_HANDLER)
    (<PyArrayObject_fields*>array).mem_handler = <PyObject*>BLOCK_HANDLER
    PyArray_ENABLEFLAGS(array, NPY_ARRAY_OWNDATA)
    PyTraceMalloc_Track(TG_TRACE_DOMAIN, <size_t>block, size)
    return array


cdef int refuse_size(int ndim, const npy_intp* dims) except -1:
    """Raise what NumPy said of memory that it did not make, in PyTorch's words if it was sizes."""
    cdef int k
    if PyErr_ExceptionMatches(ValueError):
        PyErr_Clear()
        raise RuntimeError("Storage size calculation overflowed with "
                           f"sizes={[dims[k] for k in range(ndim)]}")
    return -1


cdef size_t large_size(size_t itemsize, int ndim, const npy_intp* dims) noexcept:
    """How many bytes an array takes; 0 if they are few, or so many that NumPy has to say it."""
    cdef size_t size = itemsize
    cdef int k
    for k in range(ndim):
        if dims[k] <= 0 or size > LARGEST_BYTES // <size_t>dims[k]:
            return 0
        size *= <size_t>dims[k]
    return size if size >= LARGE_BYTES else 0


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
    global bytes_kept
    cdef PyObject** bucket
    cdef int type_number
    cdef npy_intp n_bytes
    if Py_REFCNT(<object>array) != 1 or not PyArray_CheckExact(<object>array) \
            or (PyArray_FLAGS(<ndarray>array) & WHOLE) != WHOLE \
            or PyArray_BASE(<ndarray>array) != NULL or weak_references(array)[0] != NULL:
        return
    type_number = PyArray_TYPE(<ndarray>array)
    n_bytes = bytes_of(<ndarray>array)
    if type_number >= N_TYPES or n_bytes > RECYCLED_BYTES:
        return
    bytes_kept += OBJECT_BYTES + n_bytes
    if bytes_kept > MOST_BYTES_KEPT:
        make_room()
    bucket = bucket_of(PyArray_NDIM(<ndarray>array), PyArray_DIMS(<ndarray>array), type_number)
    Py_INCREF(<object>array)
    bucket[0], weak_references(array)[0] = array, bucket[0]


cdef void make_room() noexcept:
    """Empty buckets in turn, so that shapes of which a program makes no more do not stay."""
    global emptied
    while bytes_kept > MOST_BYTES_KEPT // 2:
        emptied = (emptied + 1) % N_BUCKETS
        while recycled[emptied] != NULL:
            remove(&recycled[emptied])


cdef Py_ssize_t WEAK_REFERENCES_AT = (<_TypeSlots*>ndarray).tp_weaklistoffset


cdef inline PyObject** weak_references(PyObject* array) noexcept:
    """Where an array leads to its weak references."""
    return <PyObject**>(<char*>array + WEAK_REFERENCES_AT)


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
    array = new_array(type_number, ndim, dims, strides)
    if is_keeping():
        keep(array)
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
    view = PyArray_NewFromDescr(<PyTypeObject*>ndarray, descr, ndim, dims, strides, data,
                                PyArray_FLAGS(owner) & NPY_ARRAY_WRITEABLE, None)
    Py_INCREF(owner)
    PyArray_SetBaseObject(view, owner)
    return view


cdef int type_number_of(dtype) except -1:
    """NumPy's number of a dtype, or of what stands for one."""
    if isinstance(dtype, numpy_dtype):
        return (<numpy_dtype>dtype).type_num
    if dtype not in TYPE_NUMBERS:
        TYPE_NUMBERS[dtype] = np.dtype(dtype).num
    return TYPE_NUMBERS[dtype]


cdef dict TYPE_NUMBERS = {}     # of what stood for a dtype before: NumPy takes long to say it


def empty(shape, dtype):
    """A new uninitialised array; forward functions get their results' memory here."""
    cdef npy_intp dims[MAX_DIMS]
    cdef int ndim = len(shape), k
    check_ndim(ndim)
    for k, size in enumerate(shape):       # by index a Size would enter Python
        dims[k] = size
        if dims[k] < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {dims[k]}: {list(shape)}")
    return allocate(ndim, dims, type_number_of(dtype))


def empty_like(ndarray model not None, dtype=None):
    """A new uninitialised array of the model's shape and memory order."""
    return allocate_like(model, PyArray_TYPE(model) if dtype is None else type_number_of(dtype))


def strided(ndarray flat not None, shape, strides, Py_ssize_t offset):
    """A view with any shape and strides, in elements, over a one-dimensional array."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp steps[MAX_DIMS]
    cdef npy_intp size = PyArray_ITEMSIZE(flat)
    cdef object low = offset, high = offset + 1, reach     # may need more than 64 bits
    cdef int k
    if len(shape) != len(strides):
        raise ValueError("as many strides as sizes are needed")
    check_ndim(len(shape))
    for k in range(len(shape)):
        length, stride = shape[k], strides[k]
        dims[k], steps[k] = length, stride * size
        reach = (length - 1) * stride
        if reach < 0:
            low += reach
        else:
            high += reach
    if 0 not in shape and (low < 0 or high > PyArray_SIZE(flat)):
        raise RuntimeError(f"a view of sizes {list(shape)}, strides {list(strides)} and offset "
                           f"{offset} is out of bounds for storage of {PyArray_SIZE(flat)} "
                           "elements")
    return strided_view(flat, len(shape), dims, steps, PyArray_BYTES(flat) + offset * size)


def writable(ndarray array not None):
    """The same array, marked as one that may be written: for memory whose owner cannot say so."""
    PyArray_ENABLEFLAGS(array, NPY_ARRAY_WRITEABLE)
    return array


cdef ndarray owner_of(ndarray array):
    """The array whose memory this one is a part of; itself, if it is nobody's part."""
    cdef object base = (<object>array).base
    while base is not None:
        if isinstance(base, BETWEEN_STRIDED):
            base = base.base
        if not isinstance(base, ndarray):
            break
        array = <ndarray>base
        base = (<object>array).base
    return array


def memory_of(ndarray array not None):
    """All memory in which a tensor's array lies, views of it included, as flat bytes."""
    cdef ndarray owner = owner_of(array)
    cdef Py_ssize_t k, last = 0
    if PyArray_SIZE(owner) == 0:
        return np.empty(0, np.uint8)
    if PyArray_IS_C_CONTIGUOUS(owner) and PyArray_TYPE(owner) < N_TYPES:
        return (<object>owner).reshape(-1).view(np.uint8)
    for k in range(PyArray_NDIM(owner)):
        last += (PyArray_DIMS(owner)[k] - 1) * PyArray_STRIDES(owner)[k]
    # NumPy's own function, for an array of records may own what others see as bytes.
    flat = as_strided(owner, (last // PyArray_ITEMSIZE(owner) + 1,), (PyArray_ITEMSIZE(owner),))
    return flat.view(np.uint8)


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


cdef bint may_repeat(ndarray array) noexcept:
    """Whether two elements may lie in one place: dimensions are sorted, not solved."""
    cdef npy_intp reach = 0, step
    cdef int k, _n, last, ndim = PyArray_NDIM(array)
    cdef uint64_t passed = 0
    if PyArray_IS_C_CONTIGUOUS(array):
        return False
    for _n in range(ndim):
        last = -1
        for k in range(ndim):
            if not passed >> k & 1 and (
                    last < 0 or PyArray_STRIDES(array)[k] < PyArray_STRIDES(array)[last]):
                last = k
        passed |= (<uint64_t>1) << last
        step = PyArray_STRIDES(array)[last]
        if PyArray_DIMS(array)[last] > 1:
            if step <= reach:
                return True
            reach += (PyArray_DIMS(array)[last] - 1) * step
    return False


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


cdef int check_overlap(ndarray target, ndarray source, bint even_whole=False) except -1:
    """Refuse an input that shares part of the written memory, where PyTorch does.

    ``even_whole``: also one that is the written memory itself.
    """
    if memory_meets(target, source) and (even_whole or not same_elements(target, source)) \
            and is_dense(target) and is_dense(source):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor "
            "refer to a single memory location. Please clone() the tensor before performing the "
            "operation.")
    return 0


def check_written(ndarray target, sources, bint even_whole=False):
    """Refuse to write memory that holds one element twice, or part of an array that is read.

    ``even_whole``: or all of it.
    """
    cdef ndarray source
    check_writable(target)
    for source in sources:
        check_overlap(target, source, even_whole)
