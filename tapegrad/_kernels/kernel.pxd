"""Layout of kernels and launches."""

from cpython.object cimport PyObject
from numpy cimport NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, npy_intp

from tapegrad._kernels.geometry cimport MAX_DIMS, MAX_OPERANDS, N_TYPES, Operand

cdef enum:
    MAX_CORE_DIMS = 3
    MAX_PARAM_BYTES = 256

cdef extern from "kernels.h":
    ctypedef void (*tg_loop)(char**, const npy_intp*, const npy_intp*, void*) noexcept nogil
    ctypedef struct tg_kernel:
        const char* name
        const char* signature
        const char* types
        int dtype
        tg_loop loop
        const char* params_format
        size_t params_size
        int can_fail


cdef extern from "through_floats.h":
    ctypedef struct tg_loop_of_floats:
        tg_loop loop
        void* params
        int n_operands, n_halves, n_read
        unsigned written
    void tg_through_floats(char**, const npy_intp*, const npy_intp*,
                           const tg_loop_of_floats*) noexcept nogil


cdef struct Loop:
    # What a kernel does for one dtype. `function` is NULL where the kernel has no such loop.
    tg_loop function
    void* data                          # what NumPy's own loops want as their last argument
    PyObject* kernel                    # borrowed: the kernel owns its loops
    Loop* boxes                         # of a cast: the same for three dimensions in one launch
    signed char types[MAX_OPERANDS]     # type number of each operand
    bint needs_gil


cdef struct Scalars:
    # Python numbers among the operands, stored in the dtype that the loop reads.
    double slot[4]


cdef class Kernel:
    cdef readonly str name
    cdef readonly str signature
    cdef readonly str params_format
    cdef size_t params_size
    cdef readonly int n_in
    cdef readonly int n_operands
    cdef int n_core                     # different core dimensions
    cdef int core_ndim[MAX_OPERANDS]
    cdef int core_letter[MAX_OPERANDS][MAX_CORE_DIMS]
    cdef bint can_fail
    cdef tuple last_params              # most calls repeat the params of the one before
    cdef bytes last_packed
    cdef bint flags_failure             # what fails is told by the processor's flag alone
    cdef bint keeps_gil                 # may set a Python exception from inside
    cdef bint is_shared                 # large launches may be shared among threads
    cdef double share_above             # of its core dimensions' product: what such a launch is
    cdef public dict refusals           # by dtype: the error that is not the usual one
    cdef Loop loops[N_TYPES]
    cdef tg_loop_of_floats of_floats    # how halves go through NumPy's loop for floats

    cdef Loop* loop_for(self, int type_number) except NULL
    cdef int pack(self, tuple params, char* block) except -1
    cdef int _read_signature(self, str signature) except -1
    cdef int _let_halves_pass(self) except -1
    cdef int _describe(self, Loop* loop, str types) except -1
    cdef Loop* _matching_loop(self, tuple arrays) except NULL


# Here and not in the .pyx, so that other modules take it in.
cdef inline bint is_float(int type_number) noexcept:
    return type_number == NPY_FLOAT32 or type_number == NPY_FLOAT64 or type_number == NPY_FLOAT16


ctypedef int (*iterate_function)(Loop* loop, Operand* operands, void* params) except -1
cdef void register_iteration(iterate_function function) noexcept

ctypedef int (*launch_function)(Loop* loop, char** args, const npy_intp* dims,
                                const npy_intp* steps, void* params, Scalars* scalars) except -1
cdef void divert_launches(launch_function function) noexcept
cdef bint launches_are_recorded() noexcept
cdef bint goes_by_planes(Loop* loop, npy_intp n) noexcept
cdef int launch_planes(Loop* loop, char** args, int ndim, const npy_intp* shape,
                       npy_intp[MAX_OPERANDS][MAX_DIMS] strides, void* params) noexcept
cdef int launch(Loop* loop, char** args, const npy_intp* dims, const npy_intp* steps,
                void* params, Scalars* scalars) except -1
cdef int run_launch(Loop* loop, char** args, const npy_intp* dims, const npy_intp* steps,
                    void* params) except -1
cpdef bint has_wide_vectors() noexcept
cdef bint is_zen4() noexcept
cpdef int thread_count() noexcept
