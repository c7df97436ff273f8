# How a sweep calls a gradient formula: what its parameters name, and the op where it is one.

cdef object evaluate(Op op, int formula, Entry* entry, object holder, Sweep sweep):
    """Call a gradient formula with what its parameters name; None if no gradient arrived."""
    cdef PyObject* stack[MAX_FORMULA_ARGS]
    cdef int n = 0, k
    cdef object argument
    cdef object function = op.formulas[formula]
    if function is None:
        return formula_argument(&op.formula_args[formula][0], entry, holder, sweep)
    if type(function) is str:
        function = resolve_formula(op, formula)
    try:
        for k in range(op.n_formula_args[formula]):
            argument = formula_argument(&op.formula_args[formula][k], entry, holder, sweep)
            if has_no_gradient(op.formula_args[formula][k].kind, argument):
                return None
            Py_INCREF(argument)
            stack[k] = <PyObject*>argument
            n += 1
        argument = None
        if type(function) is Op:
            return run_op(function, stack, n)
        return PyObject_Vectorcall(function, stack, n, NULL)
    finally:
        for k in range(n):
            Py_XDECREF(stack[k])


cdef inline bint has_no_gradient(ParamKind kind, object argument):
    """Whether an argument says that no gradient has arrived."""
    if kind == FROM_GRADIENT:
        return argument is None
    if kind != FROM_GRADIENTS:
        return False
    for one in <tuple>argument:
        if one is not None:
            return False
    return True


cdef dict named_ops = None


def register_named_ops(dict ops not None):
    """Hand in the declared ops, which formulas may name."""
    global named_ops
    named_ops = ops


cdef object resolve_formula(Op op, int formula):
    """The op that a formula names; looked up once, when all are declared."""
    cdef list formulas = list(op.formulas)
    formulas[formula] = named_ops[formulas[formula]]
    op.formulas = tuple(formulas)
    return formulas[formula]


cdef inline object formula_argument(FormulaArg* plan, Entry* entry, object holder, Sweep sweep):
    cdef Edge* edge
    if plan.kind == FROM_GRADIENT:
        return holder if entry.n_outputs == 1 else (<list>holder)[plan.index]
    if plan.kind == FROM_SLOT:
        if entry.saved[plan.index].source == PACKED:
            return sweep.unpack(entry, plan.index)
        return unwrap_saved(entry, plan.index)
    if plan.kind == FROM_SHAPE:
        edge = &entry.edges[plan.index]
        return unwrap_saved(entry, plan.fallback) if edge.entry == NULL \
            else shape_tuple(edge.entry, edge.output)
    if plan.kind == FROM_GRADIENTS:
        return (holder,) if entry.n_outputs == 1 else tuple(holder)
    return needs_of(entry, sweep)


cdef tuple needs_of(Entry* entry, Sweep sweep):
    cdef uint32_t e
    return tuple([entry.edges[e].entry != NULL and sweep.is_wanted(&entry.edges[e])
                  for e in range(entry.n_edges)])


cdef int check_not_freed(Op op, Entry* entry) except -1:
    """Raise PyTorch's error if a formula that will run reads what an earlier sweep dropped."""
    cdef uint32_t s
    for s in range(entry.n_saved):
        if entry.saved[s].value == NULL and (
                op.is_function or op.slots[s].needed_by & wanted_edges(entry)):
            unwrap_saved(entry, s)
    return 0


cdef uint32_t wanted_edges(Entry* entry) noexcept:
    cdef uint32_t e, wanted = 0
    if entry.n_edges > 31:
        return ~<uint32_t>0
    for e in range(entry.n_edges):
        if entry.edges[e].entry != NULL:
            wanted |= (<uint32_t>1) << e
    return wanted
