"""Lines of memory along one dimension, read and written by positions, and rows by index arrays.

The loops of ``_c/scatter.c`` walk lines; here their operands get the dimension of the lines last,
without a view being made of any. Those of ``_c/index.c`` and ``_c/scatter_rows.c`` move rows.
"""

from libc.stdint cimport int64_t
from libc.string cimport memcpy
from numpy cimport (
    NPY_BOOL, NPY_INT64, PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE,
    PyArray_NDIM, PyArray_SAMESHAPE, PyArray_SIZE, PyArray_STRIDES, PyArray_TYPE, import_array,
    ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous, flat, join_last_dimensions
from tapegrad._kernels.geometry cimport MAX_DIMS, Operand, check_ndim, move_last, operand_of
from tapegrad._kernels.iteration cimport cast, copy_into, fill, iterate
from tapegrad._kernels.kernel cimport Kernel, launch
from tapegrad._kernels.memory cimport allocate, check_writable, note_values_read
from tapegrad._kernels.reductions cimport reduce

from tapegrad._kernels.kernel import OURS, KernelRefusal

import_array()

cdef Kernel POSITIONS = OURS["positions"]
cdef Kernel CHECK = OURS["check_positions"]
cdef Kernel OFFSETS = OURS["index_offsets"]
cdef Kernel GATHER = OURS["gather_rows"]
cdef Kernel PICK = OURS["pick"]
cdef Kernel COUNT = OURS["count_nonzero"]
cdef Kernel NONZERO = OURS["nonzero"]


cdef struct Lines:
    # Where an operand's geometry is kept whose lines lie along a dimension.
    npy_intp cut[MAX_DIMS]
    npy_intp dims[MAX_DIMS]
    npy_intp strides[MAX_DIMS]


cdef struct Dimension:
    # What the kernels read of it, as position_params in _c/scatter.c.
    int64_t status
    int64_t bad_index
    int64_t size
    int64_t wraps


cdef struct IndexedDimension:
    # As index_params in _c/index.c.
    int64_t status
    int64_t bad_index
    int64_t size
    int64_t stride
    int64_t lowest              # that is allowed


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


cdef int repeat(Operand* operand, Lines* lines, ndarray number, npy_intp n) noexcept:
    """Let a number stand for each of the n elements of a line."""
    operand[0] = operand_of(number)
    lines.dims[0], lines.strides[0] = n, 0
    operand.ndim, operand.dims, operand.strides = 1, lines.dims, lines.strides
    return 0


cdef int run(Kernel kernel, ndarray target, ndarray positions, ndarray values, Operand* operands,
             npy_intp size, int dim, object refusal) except -1:
    """Run a kernel of lines, which checks the positions if there is a ``refusal`` to raise."""
    if PyArray_TYPE(positions) != NPY_INT64 or PyArray_TYPE(values) != PyArray_TYPE(target):
        raise TypeError(f"{kernel.name} of {target.dtype} takes no {positions.dtype} positions of "
                        f"{values.dtype}")
    cdef Dimension given = Dimension(0, 0, size if refusal is not None else -1, False)
    try:
        iterate(kernel.loop_for(PyArray_TYPE(target)), operands, &given)
    except KernelRefusal as refused:
        raise refusal(refused.args[0], dim, size) from None
    return 0


cpdef ndarray checked_positions(ndarray index, Py_ssize_t size, refusal, int dim=0,
                                bint wraps=False):
    """An index as int64 positions in a dimension. With ``wraps`` negative ones count from the end.

    ``refusal`` makes the error for one that is not there, of it, the dimension and its size.
    """
    cdef Operand operands[2]
    cdef ndarray result = allocate(PyArray_NDIM(index), PyArray_DIMS(index), NPY_INT64)
    cdef Dimension given = Dimension(0, 0, size, wraps)
    operands[0], operands[1] = operand_of(index), operand_of(result)
    try:
        iterate(POSITIONS.loop_for(PyArray_TYPE(index)), operands, &given)
    except KernelRefusal as refused:
        raise refusal(refused.args[0], dim, size) from None
    return result


cdef ndarray as_positions(ndarray index):
    """An index as the kernels of lines read it, which check it themselves."""
    return index if PyArray_TYPE(index) == NPY_INT64 else cast(index, NPY_INT64)


cdef npy_intp size_along(ndarray array, int dim) noexcept:
    """The size of a dimension; a number is a line of one element."""
    return PyArray_DIMS(array)[dim] if PyArray_NDIM(array) else 1


def positions_along(ndarray index not None, ndarray array not None, int dim, refusal,
                    bint wraps=False):
    """What :func:`checked_positions` gives for a dimension of an array."""
    return checked_positions(index, size_along(array, dim), refusal, dim, wraps)


def check_positions(ndarray index not None, ndarray array not None, int dim, refusal):
    """Refuse an index that is not all positions in a dimension, counted from the front."""
    cdef Operand operand
    cdef Dimension given = Dimension(0, 0, size_along(array, dim), False)
    index = as_positions(index)
    operand = operand_of(index)
    try:
        iterate(CHECK.loop_for(NPY_INT64), &operand, &given)
    except KernelRefusal as refused:
        raise refusal(refused.args[0], dim, given.size) from None


def pick(ndarray source not None, ndarray index not None, int dim, refusal=None):
    """Elements of each line at its positions: ``out[i, j] = source[i, index[i, j]]``.

    Positions were checked before, unless ``refusal`` makes the error for a bad one.
    """
    cdef ndarray positions = as_positions(index)
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
        operands[0].dims[operands[0].ndim - 1], dim, refusal)
    return result


def place(str kernel not None, ndarray target not None, ndarray index not None,
          ndarray values not None, int dim, refusal=None):
    """Write or combine values into each line of the target at its positions.

    A value without dimensions goes to all of them; of more values than a single place without
    dimensions takes, it gets the first.
    Positions were checked before, unless ``refusal`` makes the error for a bad one. What comes
    before it is written then, so the target must be new.
    """
    cdef ndarray positions = as_positions(index)
    cdef Operand operands[3]
    cdef Lines lines[3]
    if PyArray_SIZE(positions) == 0:
        return
    check_writable(target)
    lie_along(&operands[1], &lines[1], positions, dim)
    lie_along(&operands[2], &lines[2], target, dim, positions)
    if PyArray_NDIM(values) == 0 or PyArray_NDIM(positions) == 0:
        repeat(&operands[0], &lines[0], values, operands[1].dims[operands[1].ndim - 1])
    else:
        lie_along(&operands[0], &lines[0], values, dim, positions, False)
    run(OURS[kernel], target, positions, values, operands,
        operands[2].dims[operands[2].ndim - 1], dim, refusal)


def pick_slices(ndarray source not None, ndarray index not None, int dim, refusal):
    """Whole slices at positions, those of a vector or a single one, for all lines."""
    cdef ndarray positions = flat(as_positions(index)), result
    cdef Operand operands[3]
    cdef Lines lines[3]
    cdef npy_intp dims[MAX_DIMS]
    cdef int k, ndim = PyArray_NDIM(source)
    for k in range(ndim):
        dims[k] = PyArray_DIMS(source)[k] if k != dim else PyArray_SIZE(positions)
    result = allocate(ndim, dims, PyArray_TYPE(source))
    lie_along(&operands[0], &lines[0], source, dim)
    operands[1] = operand_of(positions)
    lie_along(&operands[2], &lines[2], result, dim)
    if PyArray_SIZE(result) == 0:
        checked_positions(positions, operands[0].dims[operands[0].ndim - 1], refusal, dim)
    else:
        run(PICK, result, positions, source, operands,
            operands[0].dims[operands[0].ndim - 1], dim, refusal)
    return result


def place_slices(str kernel not None, ndarray target not None, ndarray positions not None,
                 ndarray values not None, int dim):
    """Write or combine whole slices: positions, checked before, of a vector for all lines.

    A value without dimensions goes to all of them.
    """
    cdef Operand operands[3]
    cdef Lines lines[3]
    if PyArray_SIZE(values) == 0 or PyArray_SIZE(positions) == 0 or PyArray_SIZE(target) == 0:
        return
    check_writable(target)
    positions = flat(positions)
    if PyArray_NDIM(values) == 0:
        repeat(&operands[0], &lines[0], values, PyArray_SIZE(positions))
    else:
        lie_along(&operands[0], &lines[0], values, dim)
    operands[1] = operand_of(positions)
    lie_along(&operands[2], &lines[2], target, dim)
    run(OURS[kernel], target, positions, values, operands, 0, dim, None)


def pick_numbers(ndarray source not None, ndarray index not None, refusal):
    """The elements of these numbers in row-major order, from the end where they are negative."""
    cdef ndarray positions = checked_positions(index, PyArray_SIZE(source), refusal, 0, True)
    cdef ndarray result = allocate(PyArray_NDIM(index), PyArray_DIMS(index), PyArray_TYPE(source))
    cdef ndarray elements = flat(source), numbers = flat(positions), target = flat(result)
    cdef Operand[3] operands = [operand_of(elements), operand_of(numbers), operand_of(target)]
    if PyArray_SIZE(result) > 0:
        run(PICK, result, positions, source, operands, PyArray_SIZE(source), 0, None)
    return result


def place_numbers(str kernel not None, ndarray target not None, ndarray index not None,
                  ndarray values not None, refusal):
    """Write or combine values, in row-major order, at the elements of these numbers."""
    cdef ndarray positions = checked_positions(index, PyArray_SIZE(target), refusal, 0, True)
    cdef ndarray whole = contiguous(target), numbers = flat(positions), given = flat(values)
    cdef ndarray elements = flat(whole)
    cdef Operand[3] operands = [operand_of(given), operand_of(numbers), operand_of(elements)]
    if PyArray_SIZE(positions) == 0:
        return
    check_writable(target)
    run(OURS[kernel], target, positions, values, operands, 0, 0, None)
    if whole is not target:
        copy_into(target, whole)


def leading_indices(ndarray array not None, tuple indices not None):
    """Packed index arrays of one shape for the first dimensions of a row-major array, else None.

    None stands for a whole dimension in ``indices``.
    """
    cdef Py_ssize_t k, n = 0
    cdef ndarray first, index
    while n < len(indices) and indices[n] is not None:
        n += 1
    for k in range(n, len(indices)):
        if indices[k] is not None:
            return None
    if n == 0 or not PyArray_IS_C_CONTIGUOUS(array):
        return None
    first = indices[0]
    for k in range(1, n):
        index = indices[k]
        if not PyArray_SAMESHAPE(first, index):
            return None
    return tuple([contiguous(index) for index in indices[:n]])


cdef ndarray byte_offsets(ndarray array, tuple indices, refusal, bint wraps):
    """Where the elements lie that index arrays of one shape pick along the first dimensions.

    Negative numbers count from the end if it ``wraps``, and are refused otherwise.
    """
    cdef ndarray first = indices[0], index
    cdef ndarray total = allocate(PyArray_NDIM(first), PyArray_DIMS(first), NPY_INT64)
    cdef Operand[3] operands
    cdef IndexedDimension given
    cdef npy_intp size
    cdef int dim
    fill(total, 0)
    for dim in range(len(indices)):
        index, size = indices[dim], PyArray_DIMS(array)[dim]
        given = IndexedDimension(0, 0, size, PyArray_STRIDES(array)[dim], -size if wraps else 0)
        operands = [operand_of(index), operand_of(total), operand_of(total)]
        try:
            iterate(OFFSETS.loop_for(PyArray_TYPE(index)), operands, &given)
        except KernelRefusal as refused:
            raise refusal(refused.args[0], dim, size) from None
    return total


def gather_rows(ndarray source not None, tuple indices not None, refusal, *, bint wraps=True):
    """The rows that index arrays of one shape pick along the first dimensions.

    Negative numbers count from the end if it ``wraps``, and are refused otherwise.
    """
    cdef int n = indexed(source, indices), ndim = PyArray_NDIM(source) - n
    cdef ndarray joined = join_last_dimensions(source, n)
    cdef ndarray where = byte_offsets(joined, indices, refusal, wraps), result
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp width = PyArray_DIMS(joined)[n]
    check_ndim(PyArray_NDIM(where) + ndim)
    memcpy(dims, PyArray_DIMS(where), PyArray_NDIM(where) * sizeof(npy_intp))
    memcpy(dims + PyArray_NDIM(where), PyArray_DIMS(source) + n, ndim * sizeof(npy_intp))
    result = allocate(PyArray_NDIM(where) + ndim, dims, PyArray_TYPE(source))
    move_rows(GATHER, joined, 0, PyArray_STRIDES(joined)[n], where, width, result,
              width * PyArray_ITEMSIZE(result), PyArray_ITEMSIZE(result))
    return result


def write_rows(str kernel not None, ndarray target not None, tuple indices not None,
               ndarray values not None, refusal):
    """Write or add rows, in row-major order, where index arrays pick along the first dimensions.

    Raises ValueError where values have another dtype or number, or where the dimensions behind do
    not lie in the target as one.
    """
    cdef int n = indexed(target, indices)
    cdef ndarray joined = join_last_dimensions(target, n), rows = contiguous(values)
    cdef ndarray where = byte_offsets(joined, indices, refusal, True)
    cdef npy_intp width = PyArray_DIMS(joined)[n], item = PyArray_ITEMSIZE(rows)
    if PyArray_BYTES(joined) != PyArray_BYTES(target) \
            or PyArray_TYPE(rows) != PyArray_TYPE(target) \
            or PyArray_SIZE(rows) != PyArray_SIZE(where) * width:
        raise ValueError("these rows do not fit into this array")
    check_writable(target)
    move_rows(OURS[kernel], rows, width * item, item, where, width, joined, 0,
              PyArray_STRIDES(joined)[n])


cdef int indexed(ndarray array, tuple indices) except -1:
    """How many dimensions have an index array."""
    if not 0 < len(indices) <= PyArray_NDIM(array):
        raise ValueError(f"{len(indices)} indices for {PyArray_NDIM(array)} dimensions")
    return <int>len(indices)


cdef int move_rows(Kernel kernel, ndarray source, npy_intp source_row, npy_intp source_step,
                   ndarray where, npy_intp width, ndarray target, npy_intp target_row,
                   npy_intp target_step) except -1:
    """Launch a loop over rows; offsets say where those lie that have no step of their own."""
    cdef char* data[3]
    cdef npy_intp dims[2]
    cdef npy_intp steps[5]
    data[0], data[1], data[2] = PyArray_BYTES(source), PyArray_BYTES(where), PyArray_BYTES(target)
    dims[0], dims[1] = PyArray_SIZE(where), width
    steps[0], steps[1], steps[2] = source_row, sizeof(int64_t), target_row
    steps[3], steps[4] = source_step, target_step
    if dims[0] == 0 or dims[1] == 0:
        return 0
    return launch(kernel.loop_for(PyArray_TYPE(source)), data, dims, steps, NULL, NULL)


cpdef ndarray true_positions(ndarray mask):
    """The row-major numbers of the elements that are not zero."""
    cdef ndarray elements, found
    cdef Operand[2] operands
    cdef npy_intp count
    elements = flat(mask if PyArray_TYPE(mask) == NPY_BOOL else cast(mask, NPY_BOOL))
    note_values_read()
    count = reduce(COUNT, elements, None, False)
    found = allocate(1, &count, NPY_INT64)
    if count > 0:
        operands = [operand_of(elements), operand_of(found)]
        iterate(NONZERO.loop_for(NPY_BOOL), operands, NULL)
    return found
