"""Shapes and strides: which elements an operation walks over, and in what order.

Plain C over sizes: broadcasting, the order of dimensions in memory,
dimensions that can be walked as one.
"""

from libc.string cimport memcpy
from numpy cimport (
    PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE, PyArray_NDIM, PyArray_SIZE,
    PyArray_STRIDES, import_array, ndarray, npy_intp,
)


import_array()


cdef int check_ndim(Py_ssize_t ndim) except -1:
    """Refuse more dimensions than any array has."""
    if ndim > MAX_DIMS:
        raise RuntimeError(f"tensors have at most {MAX_DIMS} dimensions, got {ndim}")
    return 0


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
    """Sort dimensions from the largest to the smallest stride; the first operand decides first.

    Dimensions that no operand can tell apart stay where they are, and are passed by, as in PyTorch.
    """
    cdef int position, slot, other
    cdef npy_intp difference
    for position in range(ndim):
        order[position] = position
    for position in range(ndim - 2, -1, -1):
        slot = position
        for other in range(position + 1, ndim):
            difference = inner_excess(order[slot], order[other], shape, n_operands, strides)
            if difference < 0:
                break
            if difference > 0:
                order[slot], order[other] = order[other], order[slot]
                slot = other
    return 0


cdef npy_intp inner_excess(int outer, int inner, const npy_intp* shape, int n_operands,
                           npy_intp[MAX_OPERANDS][MAX_DIMS] strides) noexcept:
    """By how much the inner one of two dimensions is longer: positive if they should be swapped."""
    cdef npy_intp difference
    cdef int k
    for k in range(n_operands):
        if strides[k][outer] == 0 or strides[k][inner] == 0:
            continue
        difference = strides[k][inner] - strides[k][outer]
        if difference == 0 and shape[inner] > shape[outer]:
            return 1
        if difference != 0:
            return difference
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


cdef int outer_ndim(int n, Operand* operands, int* core_ndim) noexcept:
    """The largest number of outer dimensions that one of the operands has."""
    cdef int ndim = 0, k
    for k in range(n):
        ndim = max(ndim, operands[k].ndim - core_ndim[k])
    return ndim


cdef int broadcast_shape(int n, Operand* operands, int* core_ndim, npy_intp* shape) except -1:
    """The common outer shape of operands; its number of dimensions is returned."""
    cdef int ndim = outer_ndim(n, operands, core_ndim), k, d, missing
    cdef npy_intp size
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
                    f"at non-singleton dimension "
                    f"{d - ndim + outer_ndim(k + 1, operands, core_ndim)}")
            shape[d] = size
    return ndim


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
