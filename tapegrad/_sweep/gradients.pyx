"""Gradients in the form that their input expects, and the ops that the sweep itself needs."""

from libc.stdint cimport int16_t, uint32_t
from numpy cimport PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array, ndarray, npy_intp

from tapegrad._kernels.kernel cimport Kernel
from tapegrad._kernels.reductions cimport column_sums, reduce
from tapegrad._tape cimport IS_LEAF, Edge, Entry, OutputShape
from tapegrad._tensor.modes cimport grad_enabled
from tapegrad._tensor.nodes cimport node_of
from tapegrad._tensor.tensor cimport Tensor, shape_tuple, wrap

from tapegrad._kernels import OURS

import_array()


cdef Kernel SUM = OURS["sum"]
cdef object add = None
cdef object add_into = None
cdef object clone = None
cdef object copy_of = None
cdef object reduce_to_shape = None
cdef object convert = None
cdef object has_nan = None


def register_gradient_ops(**given):
    """Hand in the ops that the sweep itself needs: to accumulate, undo broadcasts, and convert."""
    global add, add_into, clone, copy_of, reduce_to_shape, convert, has_nan
    add, add_into, copy_of = given["add"], given["add_into"], given["copy_of"]
    clone, reduce_to_shape = given["clone"], given["reduce_to_shape"]
    convert, has_nan = given["convert"], given["has_nan"]


cdef OutputShape expected_at(Edge* edge) noexcept:
    """What a gradient that arrives at the end of an edge has to look like."""
    if edge.entry.flags & IS_LEAF:
        return described((<Tensor>edge.entry.op).array)
    return edge.entry.outputs[edge.output]


cdef OutputShape described(ndarray array) noexcept:
    """What a gradient of an array's tensor has to look like."""
    cdef OutputShape expected
    expected.dims, expected.ndim = PyArray_DIMS(array), <int16_t>PyArray_NDIM(array)
    expected.type_number = <int16_t>PyArray_TYPE(array)
    return expected


cdef object conform(Entry* entry, uint32_t e, object result):
    """The gradient in the shape and dtype of the input it is for; broadcasts are undone."""
    cdef Tensor gradient
    cdef OutputShape expected
    if result is None:
        return None
    if not isinstance(result, Tensor):
        raise RuntimeError(f"expected Variable or None (got {type(result).__name__})")
    gradient = result
    expected = expected_at(&entry.edges[e])
    if not has_shape(gradient.array, &expected):
        gradient = undo_broadcast(entry, e, gradient, expected.ndim, expected.dims)
    if PyArray_TYPE(gradient.array) != expected.type_number:
        gradient = convert(gradient, expected.type_number)
    return gradient


cdef bint has_shape(ndarray array, OutputShape* expected) noexcept:
    cdef int k
    if PyArray_NDIM(array) != expected.ndim:
        return False
    for k in range(expected.ndim):
        if PyArray_DIMS(array)[k] != expected.dims[k]:
            return False
    return True


cdef object undo_broadcast(Entry* entry, uint32_t e, Tensor gradient, int ndim,
                           const npy_intp* dims):
    """Sum a gradient over the dimensions along which its input was repeated."""
    cdef ndarray array = gradient.array
    cdef int extra = PyArray_NDIM(array) - ndim, k
    cdef bint fits = extra >= 0
    cdef list repeated
    if ndim == 1 and extra == 1 and dims[0] == PyArray_DIMS(array)[1] and not grad_enabled():
        return wrap(column_sums(array))
    repeated = []
    for k in range(PyArray_NDIM(array) if fits else 0):
        if k < extra or dims[k - extra] == 1 and PyArray_DIMS(array)[k] != 1:
            repeated.append(k)
        elif dims[k - extra] != PyArray_DIMS(array)[k]:
            fits = False
    if not fits:
        raise RuntimeError(
            f"Function {type(node_of(entry)).__name__} returned an invalid gradient at index {e} - "
            f"got {list(gradient.shape)} but expected shape compatible with "
            f"{list(shape_tuple(entry.edges[e].entry, entry.edges[e].output))}")
    if not grad_enabled() and len(repeated) == extra:
        return wrap(reduce(SUM, array, repeated, False))
    return reduce_to_shape(gradient, shape_tuple(entry.edges[e].entry, entry.edges[e].output))
