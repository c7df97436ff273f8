"""Layout of the N-dimensional iteration around launches."""

from numpy cimport ndarray, npy_intp

from tapegrad._kernels.geometry cimport N_TYPES, Operand
from tapegrad._kernels.kernel cimport Loop, Scalars

cdef npy_intp ITEM_SIZES[N_TYPES]       # of the dtypes, in bytes
cdef list CASTS                         # by dtype: the kernels that cast to it

cdef int iterate(Loop* loop, Operand* operands, void* params) except -1
cdef ndarray elementwise(Loop* loop, Operand* operands, ndarray out, Scalars* scalars,
                         void* params)
cdef int raise_output_shape(ndarray out, int ndim, const npy_intp* shape) except -1
cdef ndarray cast(ndarray array, int type_number)
cdef int copy_into(ndarray target, ndarray source) except -1
cpdef ndarray fill(ndarray array, object value)
cdef int store_number(void* slot, int type_number, object value) except -1
cdef int scalar_operand(Operand* operand, double* slot, int type_number, object value) except -1
cpdef object refuse_overflow(object value, int type_number)
