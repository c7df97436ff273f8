# How Python's operators reach the ops that `ops` registers, and what may stand beside a tensor.

cdef enum:
    OP_ADD, OP_RADD, OP_SUB, OP_RSUB, OP_MUL, OP_DIV, OP_RDIV, OP_FLOORDIV, OP_RFLOORDIV, OP_MOD
    OP_RMOD, OP_POW, OP_POW_NUMBER, OP_RPOW, OP_MATMUL, OP_RMATMUL, OP_NEG, OP_ABS, OP_INVERT
    OP_AND, OP_OR, OP_XOR, OP_LSHIFT, OP_RSHIFT, OP_RLSHIFT, OP_RRSHIFT
    OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE
    OP_IADD, OP_ISUB, OP_IMUL, OP_IDIV, OP_IFLOORDIV, OP_IMOD, OP_IPOW
    OP_IAND, OP_IOR, OP_IXOR, OP_ILSHIFT, OP_IRSHIFT, OP_GETITEM, OP_SETITEM, N_OPERATORS

cdef tuple OPERATOR_NAMES = (
    "add", "radd", "sub", "rsub", "mul", "truediv", "rtruediv", "floordiv", "rfloordiv", "mod",
    "rmod", "pow", "pow_number", "rpow", "matmul", "rmatmul", "neg", "abs", "invert",
    "and", "or", "xor", "lshift", "rshift", "rlshift", "rrshift",
    "eq", "ne", "lt", "le", "gt", "ge",
    "iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow",
    "iand", "ior", "ixor", "ilshift", "irshift", "getitem", "setitem")
cdef dict operators = {}
cdef PyObject* operator_of[N_OPERATORS]     # what is in the table above, which owns it


def register_operators(dict table):
    """Tell which op each of Python's operators is; ``ops`` does so when it is imported."""
    cdef int k
    operators.update(table)
    for k, name in enumerate(OPERATOR_NAMES):
        operator_of[k] = <PyObject*>operators[name]


cdef type NUMPY_SCALAR = np.generic
cdef type NUMPY_NUMBER = np.number
cdef type NUMPY_BOOL = np.bool_


cdef inline bint is_number(object value) noexcept:
    return isinstance(value, (float, int)) or isinstance(value, NUMPY_SCALAR)


cdef inline bint is_plain_number(object value) noexcept:
    return type(value) is float or type(value) is int


cdef inline bint is_operand(object value) noexcept:
    """Whether an op takes the value as it is; the kinds that are most common come first."""
    return type(value) is Tensor or is_plain_number(value) \
        or isinstance(value, (Tensor, float, int))


cdef object plain_number(object value):
    """What PyTorch takes a scalar of NumPy for: a bool counts as a float. All else stays."""
    if isinstance(value, NUMPY_BOOL):
        return float(value)
    return value.item() if isinstance(value, NUMPY_NUMBER) else value


cdef object as_operand(object other):
    """NumPy's scalars as numbers; None for what is no operand. Arrays are NumPy's business."""
    return plain_number(other) if isinstance(other, NUMPY_SCALAR) else None


cdef object array_operator = None
cdef dict array_operators = {}


def register_array_operator(function, dict ufuncs):
    """Hand in what an array left of an operator gives: ``function(ufunc, array, tensor)``."""
    global array_operator
    array_operator = function
    array_operators.update({operators[name]: ufunc for name, ufunc in ufuncs.items()})


cdef apply_function apply_op = NULL


cdef void register_apply(apply_function function) noexcept:
    """Hand in what computes and records an op; operators call it without a detour."""
    global apply_op
    apply_op = function


cdef object binary(int which, object self, object other):
    """Run an operator whose op is called directly; NotImplemented for an operand it cannot take."""
    cdef PyObject* args[2]
    if not is_operand(other):
        other = as_operand(other)
        if other is None:
            return NotImplemented
    args[0], args[1] = <PyObject*>self, <PyObject*>other
    return apply_op(<object>operator_of[which], args, 2)


cdef object call(int which, object self, object other):
    """Run an operator that a Python function chooses an op for."""
    if not is_operand(other):
        other = as_operand(other)
        if other is None:
            return NotImplemented
    return (<object>operator_of[which])(self, other)


cdef object compare(int which, object self, object other):
    """Run a comparison; unlike PyTorch's these take arrays too."""
    if isinstance(other, ndarray) and PyArray_TYPE(other) < 24 \
            and DTYPES[PyArray_TYPE(other)] is not None:
        other = wrap(other)
    return binary(which, self, other)


cdef object reflected(int which, object self, object other):
    """Run an operator whose other operand came first."""
    if is_plain_number(other):
        return binary(which, self, other)
    if isinstance(other, ndarray):
        return array_operator(array_operators[<object>operator_of[which]], other, self)
    return call(which, self, other)
