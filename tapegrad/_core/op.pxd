"""Layout of operations."""

from cpython.object cimport PyObject
from libc.stdint cimport uint32_t

from tapegrad._kernels.kernel cimport Kernel
from tapegrad._tensor.tensor cimport apply_function

cdef enum ParamKind:
    # Where an argument of a gradient formula comes from.
    FROM_GRADIENT = 0      # the gradient of output `index`
    FROM_GRADIENTS = 1     # the gradients of all outputs, in a tuple
    FROM_SLOT = 2          # saved value `index`
    FROM_SHAPE = 3         # the shape of the tensor at edge `index`, else saved value `fallback`
    FROM_NEEDS = 4         # which edges want a gradient, a tuple of bools

cdef enum SlotKind:
    SAVES_ARGUMENT = 0
    SAVES_OUTPUT = 1
    SAVES_SHAPE = 2

cdef enum:
    MAX_SLOTS = 12
    MAX_EDGES = 8
    MAX_FORMULA_ARGS = 16


cdef struct FormulaArg:
    ParamKind kind
    int index
    int fallback


cdef struct SlotPlan:
    SlotKind kind
    int index
    uint32_t needed_by                  # bit e: the formula of edge e reads it
    int source                          # of an argument: its edge, or that it has none


cdef class Op:
    cdef void* vectorcall
    cdef readonly str name
    cdef readonly str grad_name
    cdef public str __doc__
    cdef readonly Kernel kernel
    cdef bint prefers_kernel            # where operands are alike; else its forward function runs
    cdef readonly dict kernels_by_number    # for some values of the last operand; None without
    cdef readonly object forward
    cdef readonly tuple params          # names of the arguments
    cdef readonly tuple defaults        # of the last arguments
    # One an edge, or a single joint one: a function, the name of an op, None for the gradient.
    cdef readonly tuple formulas
    cdef readonly tuple reads           # the names of their arguments
    cdef readonly bint is_joint
    cdef readonly bint is_view
    cdef readonly bint is_outer         # it is a.T @ b: the sum of several is one of all rows
    cdef readonly bint makes_float      # integers become the default dtype
    cdef readonly bint takes_mask       # the first input is a mask of bools
    cdef readonly int n_tensors         # how many of the first inputs must not be numbers
    cdef readonly bint takes_numbers    # even where none of the operands is a tensor
    cdef readonly bint widens_half      # beside a number, float16 is computed in float32
    cdef readonly bint takes_sequence   # the first argument is a list of tensors
    cdef readonly bint writes           # the forward writes into its first argument
    cdef readonly bint overwrites       # ... all of it, whatever was there
    cdef readonly bint has_many_outputs
    cdef readonly bint is_function       # a custom Function: its context computes the gradients
    # An entry of this op stands for two of PyTorch's graph: `inner` on the edge `inner_edge`, then
    # `outer`; it is split when somebody looks.
    cdef readonly Op inner
    cdef readonly Op outer
    cdef int inner_edge
    cdef bint keeps_between             # and its last slot is what `inner` makes, for `outer`
    cdef int n_recorded                 # outputs with a place in the graph; more are only saved
    cdef uint32_t dropped_slots         # bit s: backward drops slot s after use, whatever it holds
    cdef int n_params
    cdef int n_edges
    cdef int n_slots
    cdef int edge_param[MAX_EDGES]
    cdef SlotPlan slots[MAX_SLOTS]
    cdef int n_formula_args[MAX_EDGES]
    cdef FormulaArg formula_args[MAX_EDGES][MAX_FORMULA_ARGS]


cdef class InplaceOp:
    cdef void* vectorcall
    cdef readonly Op op


cdef apply_function run_op
cdef apply_function run_inplace
cdef void register_execution(apply_function run, apply_function run_in_place) noexcept

# The same as seen by the interpreter: NULL says that an error is set.
ctypedef PyObject* (*raw_function)(PyObject*, PyObject**, Py_ssize_t) noexcept
ctypedef PyObject* (*raw_call)(PyObject*, PyObject* const*, size_t, PyObject*) noexcept

cdef object call_with_names(object callable, tuple args, dict kwargs)
cdef object call_named(object callable, PyObject* const* args, size_t n, PyObject* names)
cdef object explained(object callable, PyObject* const* args, size_t n, PyObject* names)
cdef tuple positional(PyObject* const* args, size_t n)
cdef dict names_of(PyObject* names, PyObject* const* values)
cdef int set_fast_call(type kind, Py_ssize_t offset) except -1
cdef object out_writer
