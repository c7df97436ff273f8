"""A step of an optimizer as one compiled call over all parameters of a group."""

cimport cython
from cpython.object cimport PyObject
from libc.math cimport NAN
from libc.stdint cimport int64_t
from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS,
    PyArray_ITEMSIZE, PyArray_NDIM, PyArray_SIZE, PyArray_TYPE, import_array,
    ndarray, npy_intp,
)

from tapegrad._core.saved cimport announce_write, saved_hooks_depth
from tapegrad._kernels.geometry cimport MAX_OPERANDS, Operand, operand_of
from tapegrad._kernels.iteration cimport cast, copy_into, iterate
from tapegrad._kernels.kernel cimport Kernel, Loop, launch
from tapegrad._kernels.memory cimport allocate, check_writable
from tapegrad._tensor.modes cimport default_float
from tapegrad._tensor.tensor cimport Tensor, note_write

from tapegrad._kernels import OURS

import_array()

cdef extern from "Python.h":
    PyObject* PyDict_GetItemWithError(object, object) except? NULL
    PyObject** PySequence_Fast_ITEMS(list) noexcept

cdef enum:
    N_FACTORS = 4               # TG_N_FACTORS
    MAX_PARAMS = 16
    MAX_OPTIONS = 16

cdef union Param:
    double number
    int64_t count

cdef enum OptionKind:
    PLAIN
    LEARNING_RATE               # two params: the rate, and whether it is a tensor below float64
    FLOAT32_DEFAULT             # no option: whether the default dtype is float32

cdef dict OPTION_KINDS = {"lr": LEARNING_RATE, "float32_default": FLOAT32_DEFAULT}


cdef tuple FLAGS = ("differentiable", "capturable", "foreach", "fused")


def has_flags(group):
    """Whether a group asks for more than a plain step."""
    cdef PyObject* value
    for name in FLAGS:
        value = PyDict_GetItemWithError(group, name)
        if value != NULL and <object>value is not None and <object>value:
            return True
    return False


@cython.final
cdef class Update:
    """What a step does to the parameters of a group: a kernel over parameters, gradients, state.

    ``kernel`` steps the elements. ``factors``, if there is one, first counts the step of each
    parameter and derives the factors that ``kernel`` reads. ``numbers`` are the one-element
    tensors of the state with what they begin with, ``tensors`` those of the parameter's shape; one
    that stands in ``optional`` exists where that option of the group is set. ``options`` are what
    the kernels read of the group, after ``lr``, ``weight_decay`` and ``maximize``; ``is_new``
    tells a kernel that the state has just been made. ``is_whole`` kernels do not work element by
    element: they are handed each parameter as (batch, rows, columns).
    """

    cdef Kernel kernel, factors
    cdef readonly dict numbers
    cdef readonly tuple tensors
    cdef tuple conditions       # of each tensor: the option without which there is none, or None
    cdef tuple options
    cdef OptionKind kinds[MAX_OPTIONS]
    cdef bint is_whole
    cdef bytes formats
    cdef int new_at             # where the params say that a parameter's state is new

    def __init__(self, str kernel, str factors=None, *, dict numbers=None, tuple tensors=(),
                 dict optional=None, tuple options=(), bint is_whole=False):
        self.kernel = OURS[kernel]
        self.factors = None if factors is None else OURS[factors]
        self.numbers = numbers or {}
        self.tensors, self.is_whole = tensors, is_whole
        self.conditions = tuple([(optional or {}).get(name) for name in tensors])
        self.options = ("lr", "weight_decay", "maximize", *options)
        self.formats = self.kernel.params_format.encode()
        if len(self.options) > MAX_OPTIONS or len(self.formats) > MAX_PARAMS:
            raise ValueError(f"{kernel}: too many options")
        for k, name in enumerate(self.options):
            self.kinds[k] = OPTION_KINDS.get(name, PLAIN)
        self.new_at = len(self.formats) - 1 if "is_new" in options else -1

    def names(self, group):
        """The tensors of the state that the options of a group ask for."""
        return [name for name in self.used(group) if name is not None]

    cdef list used(self, object group):
        """The names of the tensors of the state; None where the group asks for none."""
        cdef Py_ssize_t k
        cdef list names = []
        for k in range(len(self.tensors)):
            condition = self.conditions[k]
            names.append(self.tensors[k] if condition is None or group[condition] else None)
        return names

    def __call__(self, group, optimizer):
        """Step all parameters that have a gradient; ``optimizer.start`` makes what is kept."""
        cdef Step step = Step.__new__(Step)
        cdef Tensor parameter
        cdef Py_ssize_t row, n
        cdef list params = group["params"]
        n = len(params)
        step.prepare(self, group, n)
        for row in range(n):
            parameter = params[row]
            if parameter._grad is not None:
                step.add(parameter, optimizer)
        for row in range(step.n_rows):
            step.check(row)
        step.run()


@cython.final
@cython.internal
@cython.freelist(2)
cdef class Step:
    """One call of an :class:`Update`: the tensors of every parameter, row by row."""

    cdef Update update
    cdef object group
    cdef Param params[MAX_PARAMS]
    cdef list names             # of the tensors of the state; None where one is not used
    cdef list tensors           # n_each a row: parameter, gradient, tensors, numbers
    cdef list is_new            # one a row; None where nothing is kept
    cdef bint has_state
    cdef int n_each, n_shaped   # operands of a row, and those of the parameter's shape
    cdef Py_ssize_t n_rows

    cdef int prepare(self, Update update, object group, Py_ssize_t most_rows) except -1:
        self.update, self.group, self.n_rows = update, group, 0
        self.names = update.used(group)
        self.has_state = len(update.numbers) > 0
        for name in self.names:
            self.has_state = self.has_state or name is not None
        self.n_shaped = 2 + <int>len(self.names)
        self.n_each = self.n_shaped + <int>len(update.numbers)
        self.tensors = [None] * (most_rows * self.n_each)
        self.is_new = [False] * most_rows if self.has_state else None
        return self.pack()

    cdef int pack(self) except -1:
        """Lay the options out as the kernels read them."""
        cdef int at = 0, k
        cdef PyObject* found
        for k in range(<int>len(self.update.options)):
            found = PyDict_GetItemWithError(self.group, self.update.options[k])
            value = 0 if found == NULL else <object>found
            if self.update.kinds[k] == LEARNING_RATE:
                at = self.put(at, value)
                at = self.put(at, isinstance(value, Tensor)
                              and PyArray_TYPE((<Tensor>value).array) != NPY_FLOAT64)
            elif self.update.kinds[k] == FLOAT32_DEFAULT:
                at = self.put(at, default_float() == NPY_FLOAT32)
            elif isinstance(value, (tuple, list)):
                for part in value:
                    at = self.put(at, part)
            else:
                at = self.put(at, value)
        if at != len(self.update.formats):
            raise ValueError(f"{self.update.kernel.name}: expected {len(self.update.formats)} "
                             f"numbers among the options, got {at}")
        return 0

    cdef int put(self, int at, object value) except -1:
        if at >= len(self.update.formats):
            raise ValueError(f"{self.update.kernel.name}: too many numbers among the options")
        if self.update.formats[at] == c"d":
            self.params[at].number = NAN if value is None else float(value)
        else:
            self.params[at].count = bool(value)
        return at + 1

    cdef int add(self, Tensor parameter, object optimizer) except -1:
        """Gather the tensors of a parameter; its state is made if there is none."""
        cdef object state = None
        cdef Py_ssize_t at = self.n_rows * self.n_each
        self.tensors[at], self.tensors[at + 1] = parameter, parameter._grad
        if self.has_state:
            state = optimizer.state[parameter]
            if self.needs_start(state):
                self.is_new[self.n_rows] = True
                state.update(optimizer.start(parameter, self.group))
        at += 2
        for name in self.names:
            self.tensors[at] = parameter if name is None else <Tensor?>state[name]
            at += 1
        for name in self.update.numbers if self.has_state else ():
            self.tensors[at] = <Tensor?>state[name]
            at += 1
        self.n_rows += 1
        return 0

    cdef bint needs_start(self, object state) except -1:
        """Whether nothing is kept of a parameter yet; what counts no steps may be kept as None."""
        cdef PyObject* kept
        if not state:
            return True
        if len(self.update.numbers) > 0:
            return False
        kept = PyDict_GetItemWithError(state, self.names[0])
        return kept == NULL or <object>kept is None

    cdef int check(self, Py_ssize_t number) except -1:
        """Refuse what differs in shape or dtype or must not be written, before anything is."""
        cdef int k
        cdef PyObject** row = self.row(number)
        cdef ndarray array, first = (<Tensor>row[0]).array
        cdef Loop* loop = self.update.kernel.loop_for(PyArray_TYPE(first))
        for k in range(self.n_each):
            if 1 < k < self.n_shaped and row[k] == row[0]:
                continue                # it stands for a tensor of the state that is not there
            array = (<Tensor>row[k]).array
            if k != 1:
                check_writable(array)
            if k >= self.n_shaped:
                if PyArray_SIZE(array) != 1:
                    raise RuntimeError(f"expected a single number in the optimizer's state, got "
                                       f"a tensor of shape {list(shape(array))}")
                continue
            if PyArray_TYPE(array) != loop.types[k]:
                raise RuntimeError(f"{self.update.kernel.name}: expected all tensors of one update "
                                   f"to have the same dtype, got {array.dtype}")
            if not self.fits(k, array, first):
                raise RuntimeError(f"The size of tensor a {list(shape(first))} must match the "
                                   f"size of tensor b {list(shape(array))}")
        return 0

    cdef bint fits(self, int k, ndarray array, ndarray parameter) noexcept:
        """Whether operand ``k`` has the parameter's shape, or what a kernel makes of it."""
        cdef Kernel kernel = self.update.kernel
        cdef npy_intp dims[5]
        cdef npy_intp size = 1
        cdef int position
        if not self.update.is_whole or k < 2:
            return has_shape(array, parameter)
        matrix_dims(parameter, dims)
        for position in range(kernel.core_ndim[k]):
            size *= dims[1 + kernel.core_letter[k][position]]
        return PyArray_SIZE(array) == size

    cdef inline PyObject** row(self, Py_ssize_t number) noexcept:
        """The tensors of a parameter, which the list holds."""
        return PySequence_Fast_ITEMS(self.tensors) + number * self.n_each

    cdef ndarray array(self, Py_ssize_t number, int k):
        return (<Tensor>self.row(number)[k]).array

    cdef int run(self) except -1:
        """Launch for every row, and count the writes."""
        cdef npy_intp dims[2]
        cdef ndarray factors = None
        cdef Py_ssize_t row
        cdef char* at = NULL
        dims[0], dims[1] = self.n_rows, N_FACTORS
        if self.update.factors is not None and self.n_rows > 0:
            factors = allocate(2, dims, NPY_FLOAT64)
        if saved_hooks_depth > 0:
            for row in range(self.n_rows):
                self.note_writes(row, is_ahead=True)
        for row in range(self.n_rows):
            if factors is not None:
                at = <char*>PyArray_BYTES(factors) + row * N_FACTORS * sizeof(double)
                self.count(row, at)
            if self.update.new_at >= 0:
                self.params[self.update.new_at].count = self.has_state and self.is_new[row]
            if self.update.is_whole:
                self.step_whole(row, at)
            else:
                self.step_elements(row, at)
            self.note_writes(row)
        return 0

    cdef int note_writes(self, Py_ssize_t number, bint is_ahead=False) except -1:
        """Count a write to all tensors of a row except the gradient, or announce it."""
        cdef int k
        cdef PyObject** row = self.row(number)
        for k in range(self.n_each):
            if k == 0 or k > 1 and row[k] != row[0]:
                if is_ahead:
                    announce_write(<Tensor>row[k])
                else:
                    note_write(<Tensor>row[k], self.update.kernel.name)
        return 0

    cdef int count(self, Py_ssize_t row, char* factors) except -1:
        """The first launch. Numbers of several dtypes, as loading can leave them, go by float64."""
        cdef int k, n = self.n_each - self.n_shaped, number = -1
        cdef list arrays = [self.array(row, k) for k in range(self.n_shaped, self.n_each)]
        cdef char* args[MAX_OPERANDS]
        cdef npy_intp dims[2]
        cdef npy_intp steps[MAX_OPERANDS + 1]
        cdef ndarray array
        cdef list counted = arrays
        number = PyArray_TYPE(<ndarray>arrays[0])
        for array in arrays:
            if PyArray_TYPE(array) != number or number not in (NPY_FLOAT32, NPY_FLOAT64):
                counted = [cast(array, NPY_FLOAT64) for array in arrays]
                number = NPY_FLOAT64
                break
        for k in range(n):
            args[k], steps[k] = PyArray_BYTES(<ndarray>counted[k]), 0
        args[n], steps[n], steps[n + 1] = factors, 0, sizeof(double)
        dims[0], dims[1] = 1, N_FACTORS
        launch(self.update.factors.loop_for(number), args, dims, steps, self.params, NULL)
        if counted is not arrays:
            for k in range(n):
                if counted[k] is not arrays[k]:
                    copy_into(<ndarray>arrays[k], <ndarray>counted[k])
        return 0

    cdef int step_elements(self, Py_ssize_t number, char* factors) except -1:
        """The second launch; memory that lies flat is walked as one row."""
        cdef PyObject** row = self.row(number)
        cdef char* args[MAX_OPERANDS]
        cdef npy_intp dims[2]
        cdef npy_intp steps[MAX_OPERANDS + 1]
        cdef int k, n = self.n_shaped
        cdef bint flat = True
        cdef ndarray array = (<Tensor>row[0]).array
        cdef Loop* loop = self.update.kernel.loop_for(PyArray_TYPE(array))
        dims[0], dims[1] = PyArray_SIZE(array), N_FACTORS
        for k in range(n):
            array = (<Tensor>row[k]).array
            flat = flat and PyArray_IS_C_CONTIGUOUS(array)
            args[k], steps[k] = PyArray_BYTES(array), PyArray_ITEMSIZE(array)
        if not flat:
            return self.step_strided(number, factors, loop)
        args[n], steps[n], steps[n + 1] = factors, 0, sizeof(double)
        return launch(loop, args, dims, steps, self.params, NULL)

    cdef int step_strided(self, Py_ssize_t row, char* factors, Loop* loop) except -1:
        cdef Operand operands[MAX_OPERANDS]
        cdef npy_intp count = N_FACTORS, stride = sizeof(double)
        cdef int k
        for k in range(self.n_shaped):
            operands[k] = operand_of(self.array(row, k))
        operands[self.n_shaped] = Operand(factors, 1, &count, &stride)
        return iterate(loop, operands, self.params)

    cdef int step_whole(self, Py_ssize_t row, char* factors) except -1:
        """The second launch for a kernel that sees a parameter as (batch, rows, columns)."""
        cdef char* args[MAX_OPERANDS]
        cdef npy_intp dims[5]
        cdef npy_intp steps[4 * MAX_OPERANDS]
        cdef int k, n = self.n_shaped
        cdef ndarray array = self.array(row, 0)
        cdef Loop* loop = self.update.kernel.loop_for(PyArray_TYPE(array))
        cdef list arrays = [packed(self.array(row, k)) for k in range(n)]
        matrix_dims(array, dims)
        dims[4] = N_FACTORS
        for k in range(4 * MAX_OPERANDS):
            steps[k] = 0                # the loops rely on what lies flat
        for k in range(n):
            args[k] = PyArray_BYTES(<ndarray>arrays[k])
        args[n] = factors
        launch(loop, args, dims, steps, self.params, NULL)
        for k in range(n):
            if arrays[k] is not self.array(row, k) and k != 1:
                copy_into(self.array(row, k), <ndarray>arrays[k])
        return 0


cdef bint has_shape(ndarray array, ndarray first) noexcept:
    cdef int d
    if PyArray_NDIM(array) != PyArray_NDIM(first):
        return False
    for d in range(PyArray_NDIM(first)):
        if PyArray_DIMS(array)[d] != PyArray_DIMS(first)[d]:
            return False
    return True


cdef tuple shape(ndarray array):
    return tuple([PyArray_DIMS(array)[d] for d in range(PyArray_NDIM(array))])


cdef ndarray packed(ndarray array):
    """The array itself if its elements lie row-major without gaps, or a copy."""
    if PyArray_IS_C_CONTIGUOUS(array):
        return array
    cdef ndarray copy = allocate(PyArray_NDIM(array), PyArray_DIMS(array), PyArray_TYPE(array))
    copy_into(copy, array)
    return copy


cdef void matrix_dims(ndarray array, npy_intp* dims) noexcept:
    """One iteration over (batch, rows, columns)."""
    cdef int d, ndim = PyArray_NDIM(array)
    dims[0] = dims[1] = 1
    dims[2] = PyArray_DIMS(array)[ndim - 2] if ndim > 1 else 1
    dims[3] = PyArray_DIMS(array)[ndim - 1] if ndim > 0 else 1
    for d in range(ndim - 2):
        dims[1] *= PyArray_DIMS(array)[d]
