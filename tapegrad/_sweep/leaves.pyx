"""Accumulation into leaves: a buffer that nobody else can see is taken over, others are copied."""

from cpython.object cimport PyObject
from cpython.pythread cimport (
    NOWAIT_LOCK, WAIT_LOCK, PyThread_acquire_lock, PyThread_allocate_lock, PyThread_release_lock,
    PyThread_type_lock,
)
from cpython.ref cimport Py_REFCNT
from numpy cimport (
    NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_OWNDATA, PyArray_CHKFLAGS, PyArray_DIMS, PyArray_NDIM,
    PyArray_NBYTES, PyArray_STRIDES, PyArray_TYPE, import_array, ndarray,
)

from tapegrad._kernels.geometry cimport is_dense
from tapegrad._kernels.iteration cimport cast, copy_into
from tapegrad._kernels.memory cimport allocate, allocate_like
from tapegrad._sweep.gradients cimport add, add_into, clone, copy_of
from tapegrad._sweep.hooks cimport check_is_gradient
from tapegrad._tensor.tensor cimport Tensor, View, wrap

import os

import_array()

cdef extern from "numpy/arrayobject.h":
    PyObject* PyArray_BASE(ndarray array)

cdef PyThread_type_lock leaf_lock = PyThread_allocate_lock()


def _renew_lock():
    # A forked child must not inherit a lock that another thread of its parent held.
    global leaf_lock
    leaf_lock = PyThread_allocate_lock()


os.register_at_fork(after_in_child=_renew_lock)


cdef int lock_leaves() except -1:
    if PyThread_acquire_lock(leaf_lock, NOWAIT_LOCK):
        return 0
    with nogil:
        PyThread_acquire_lock(leaf_lock, WAIT_LOCK)
    return 0


cdef int accumulate(Tensor leaf, Tensor gradient, bint create_graph, int shown=0) except -1:
    """Add a gradient, if one came, to ``leaf.grad``, and run the hooks for after that.

    A gradient that nobody else can see is taken as it is, but for as many as it is ``shown`` to.
    """
    if gradient is not None:
        add_to_leaf(leaf, gradient, create_graph, shown)
    if leaf.accumulate_hooks:
        for hook in list(leaf.accumulate_hooks.values()):
            returned = hook(leaf)
            if returned is not None:
                check_is_gradient(returned)
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")
    return 0


cdef int add_to_leaf(Tensor leaf, Tensor gradient, bint create_graph, int shown) except -1:
    lock_leaves()
    try:
        if leaf._grad is None:
            leaf._grad = own_gradient(leaf, gradient, create_graph, shown)
        elif create_graph:
            leaf._grad = add(leaf._grad, gradient)
        else:
            add_into(leaf._grad, gradient)
    finally:
        PyThread_release_lock(leaf_lock)
    return 0


cdef object own_gradient(Tensor leaf, Tensor gradient, bint create_graph, int shown):
    cdef ndarray array = gradient.array
    if create_graph:
        return copy_of(gradient) if is_dense(leaf.array) else clone(gradient)
    if is_ours_alone(gradient, array, shown) and has_layout_of(leaf.array, array):
        return wrap(array)
    return wrap(laid_out_like(leaf.array, array))


cdef bint is_ours_alone(Tensor gradient, ndarray array, int shown) noexcept:
    """Whether nobody but the sweep, and hooks of the leaf's node, can see a gradient's memory.

    The sweep holds the tensor once; tensor and caller hold the array. A view is ours if its base is
    a tensor that only the view holds. What is held below by names of this function counts too.
    """
    cdef View view = gradient.view
    cdef Tensor base
    cdef int holders = 1
    if Py_REFCNT(gradient) > 1 + shown or gradient.entry != NULL or Py_REFCNT(array) > 2:
        return False
    if view is not None:
        base = view.base
        if Py_REFCNT(view) > 2 or Py_REFCNT(base) > 2 or base.entry != NULL \
                or PyArray_BASE(array) != <PyObject*>base.array:
            return False
        holders = 2
    return PyArray_CHKFLAGS(array, NPY_ARRAY_OWNDATA) or owns_through(array, holders)


cdef bint owns_through(ndarray array, int holders) noexcept:
    """Whether an array is all of another's memory, which only so many hold, itself among them."""
    cdef PyObject* memory = PyArray_BASE(array)
    return memory != NULL and memory.ob_refcnt <= holders and type(<object>memory) is ndarray \
        and PyArray_CHKFLAGS(<ndarray>memory, NPY_ARRAY_OWNDATA) \
        and PyArray_NBYTES(<ndarray>memory) == PyArray_NBYTES(array)


cdef bint has_layout_of(ndarray leaf, ndarray array) noexcept:
    """Whether a gradient lies in memory as its leaf does; row-major where the leaf has gaps."""
    cdef int k
    if PyArray_CHKFLAGS(leaf, NPY_ARRAY_C_CONTIGUOUS) or not is_dense(leaf):
        return PyArray_CHKFLAGS(array, NPY_ARRAY_C_CONTIGUOUS)
    for k in range(PyArray_NDIM(leaf)):
        if PyArray_STRIDES(array)[k] != PyArray_STRIDES(leaf)[k]:
            return False
    return True


cdef ndarray laid_out_like(ndarray leaf, ndarray array):
    """A copy of a gradient that lies in memory as its leaf does."""
    cdef ndarray copied
    cdef bint is_row_major = PyArray_CHKFLAGS(leaf, NPY_ARRAY_C_CONTIGUOUS) or not is_dense(leaf)
    if is_row_major and PyArray_CHKFLAGS(array, NPY_ARRAY_C_CONTIGUOUS):
        return cast(array, PyArray_TYPE(array))
    if is_row_major:
        copied = allocate(PyArray_NDIM(leaf), PyArray_DIMS(leaf), PyArray_TYPE(leaf))
    else:
        copied = allocate_like(leaf, PyArray_TYPE(leaf))
    copy_into(copied, array)
    return copied
