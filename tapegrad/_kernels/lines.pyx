"""Lines of memory along one dimension, read and written by positions.

The loops of ``_c/scatter.c`` walk lines; here their operands get the dimension of the lines last,
without a view being made of any.
"""

from numpy cimport (
    NPY_INT64, PyArray_DIMS, PyArray_NDIM, PyArray_SIZE, PyArray_TYPE,
    import_array, ndarray, npy_intp,
)

from tapegrad._kernels.geometry cimport MAX_DIMS, Operand, move_last, operand_of
from tapegrad._kernels.iteration cimport cast, iterate
from tapegrad._kernels.kernel cimport MAX_PARAM_BYTES, Kernel
from tapegrad._kernels.memory cimport allocate, check_writable

from tapegrad._kernels.kernel import OURS, KernelRefusal

import_array()

cdef Kernel POSITIONS = OURS["positions"]
cdef Kernel PICK = OURS["pick"]


cdef struct Lines:
    # Where an operand's geometry is kept whose lines lie along a dimension.
    npy_intp cut[MAX_DIMS]
    npy_intp dims[MAX_DIMS]
    npy_intp strides[MAX_DIMS]


cdef int lie_along(Operand* operand, Lines* lines, ndarray array, int dim, ndarray reach=None,
                   bint keeps_dim=True) except -1:
    """Let the lines of an array lie along a dimension; a number is a line of one element.

    Of the other dimensions it has what an index of the shape of ``reach`` reaches, and so of this
    one unless it ``keeps_dim``.
    """
    cdef int k, ndim = PyArray_NDIM(array)
    dim += ndim if dim < 0 else 0
    operand[0] = operand_of(array)
    if reach is not None and PyArray_NDIM(reach) == ndim:
        for k in range(ndim):
            lines.cut[k] = PyArray_DIMS(array)[k]
            if (k != dim or not keeps_dim) and PyArray_DIMS(reach)[k] < lines.cut[k]:
                lines.cut[k] = PyArray_DIMS(reach)[k]
        operand.dims = lines.cut
    return move_last(operand, dim, lines.dims, lines.strides)


cdef int run(Kernel kernel, ndarray target, ndarray positions, ndarray values, Operand* operands,
             npy_intp size, object refusal) except -1:
    """Run a kernel of lines, which checks the positions if there is a ``refusal`` to raise."""
    if PyArray_TYPE(positions) != NPY_INT64 or PyArray_TYPE(values) != PyArray_TYPE(target):
        raise TypeError(f"{kernel.name} of {target.dtype} takes no {positions.dtype} positions of "
                        f"{values.dtype}")
    cdef char block[MAX_PARAM_BYTES]
    kernel.pack((0, 0, size if refusal is not None else -1, False), block)
    try:
        iterate(kernel.loop_for(PyArray_TYPE(target)), operands, block)
    except KernelRefusal as refused:
        raise refusal(refused.args[0]) from None
    return 0


def checked_positions(ndarray index not None, Py_ssize_t size, refusal, bint wraps=False):
    """An index as int64 positions in a dimension; ``refusal`` makes the error for a bad one.

    With ``wraps`` negative ones count from the end.
    """
    cdef Operand operands[2]
    cdef char block[MAX_PARAM_BYTES]
    cdef ndarray result = allocate(PyArray_NDIM(index), PyArray_DIMS(index), NPY_INT64)
    operands[0], operands[1] = operand_of(index), operand_of(result)
    POSITIONS.pack((0, 0, size, wraps), block)
    try:
        iterate(POSITIONS.loop_for(PyArray_TYPE(index)), operands, block)
    except KernelRefusal as refused:
        raise refusal(refused.args[0]) from None
    return result


cpdef ndarray as_positions(ndarray index):
    """An index as the kernels of lines read it, which check it themselves."""
    return index if PyArray_TYPE(index) == NPY_INT64 else cast(index, NPY_INT64)


def pick(ndarray source not None, ndarray positions not None, int dim, refusal=None):
    """Elements of each line at its positions: ``out[i, j] = source[i, positions[i, j]]``.

    Positions were checked before, unless ``refusal`` makes the error for a bad one.
    """
    cdef ndarray result = allocate(PyArray_NDIM(positions), PyArray_DIMS(positions),
                                   PyArray_TYPE(source))
    cdef Operand operands[3]
    cdef Lines lines[3]
    if PyArray_SIZE(result) == 0:
        return result
    lie_along(&operands[0], &lines[0], source, dim, positions)
    lie_along(&operands[1], &lines[1], positions, dim)
    lie_along(&operands[2], &lines[2], result, dim)
    run(PICK, result, positions, source, operands,
        operands[0].dims[operands[0].ndim - 1], refusal)
    return result


def place(str kernel not None, ndarray target not None, ndarray positions not None,
          ndarray values not None, int dim, refusal=None):
    """Write or combine values into each line of the target at its positions.

    Positions were checked before, unless ``refusal`` makes the error for a bad one. What comes
    before it is written then, so the target must be new.
    """
    cdef Operand operands[3]
    cdef Lines lines[3]
    if PyArray_SIZE(positions) == 0:
        return
    check_writable(target)
    lie_along(&operands[0], &lines[0], values, dim, positions, False)
    lie_along(&operands[1], &lines[1], positions, dim)
    lie_along(&operands[2], &lines[2], target, dim, positions)
    run(OURS[kernel], target, positions, values, operands,
        operands[2].dims[operands[2].ndim - 1], refusal)


def place_slices(str kernel not None, ndarray target not None, ndarray positions not None,
                 ndarray values not None, int dim):
    """Write or combine whole slices: one position of the vector for all lines."""
    cdef Operand operands[3]
    cdef Lines lines[3]
    if PyArray_SIZE(values) == 0 or PyArray_SIZE(positions) == 0:
        return
    check_writable(target)
    lie_along(&operands[0], &lines[0], values, dim)
    operands[1] = operand_of(positions)
    lie_along(&operands[2], &lines[2], target, dim)
    run(OURS[kernel], target, positions, values, operands, 0, None)
