"""Layout of recording."""

from cpython.object cimport PyObject
from libc.stdint cimport uint32_t
from numpy cimport ndarray

from tapegrad._core.op cimport Op
from tapegrad._tape cimport Entry
from tapegrad._tensor.tensor cimport Tensor

cdef int record_single(Op op, PyObject** args, Py_ssize_t n, Tensor out) except -1
cdef int record(Op op, PyObject** args, Py_ssize_t n, list outputs) except -1
cdef Entry* start_entry(Op op, PyObject** args, Py_ssize_t n, int n_outputs,
                        int total_dims) except NULL
cdef int save_slots(Op op, Entry* entry, PyObject** args, Tensor out, list outputs,
                    ndarray overwritten) except -1
cdef uint32_t wanted_edges(Op op, Entry* entry) noexcept
cdef int note_trace(Entry* entry, object made) except -1
