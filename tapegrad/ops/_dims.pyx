"""Reading the dimensions, sizes and numbers that users give: compiled, for every view needs it."""

from libc.stdint cimport uint64_t
from numpy cimport PyArray_DIMS, PyArray_NDIM, PyArray_SIZE, import_array, ndarray

from tapegrad._kernels.views cimport normal_dim as counted_from_front
from tapegrad._tensor.tensor cimport Tensor

import operator

import numpy as np

from tapegrad._kernels.views import normal_dim
from tapegrad._types import kind_of

import_array()

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object, int* overflow) except? -1


def normal_dims(dim, int ndim):
    """One or several different dimensions, counted from the front."""
    if not isinstance(dim, (tuple, list)):
        return (counted_from_front(dim, ndim),) if ndim else _of_scalar(dim)
    dims = tuple([counted_from_front(one, ndim) for one in dim])
    for position, one in enumerate(dims):
        if one in dims[:position]:
            raise RuntimeError(f"dim {one} appears multiple times in the list of dims")
    return dims if ndim else ()


cpdef tuple dims_of(Tensor input, dim):
    """The dims that a reduction's argument names; None for all of them."""
    if dim is None or dim is ... or isinstance(dim, (tuple, list)) and not dim:
        return None
    return normal_dims(dim, PyArray_NDIM(input.array))


cpdef tuple every_dim_or(Tensor input, dim):
    """The dims that a reduction's argument names, all of them one by one."""
    cdef tuple dims = dims_of(input, dim)
    return tuple(range(PyArray_NDIM(input.array))) if dims is None else dims


def count(shape, dims):
    """How many elements of a shape one result over some dimensions is made of; None are all."""
    cdef object n = 1
    for one in (shape if dims is None else dims):
        n *= one if dims is None else shape[one]
    return n


def distinct_dims(dims, int ndim):
    """Dimensions counted from the front; None where one is named twice."""
    cdef uint64_t seen = 0
    cdef int one
    cdef list result = []
    for dim in dims:
        one = counted_from_front(dim, ndim)
        if seen >> one & 1:
            return None
        seen |= <uint64_t>1 << one
        result.append(one)
    return tuple(result)


def plain_place(Tensor input not None, dim, start):
    """A dimension and a position in it, or at its end, from the front, and how large it is.

    None where anything else than whole numbers is given, or a position that is not there.
    """
    cdef ndarray array = input.array
    cdef int ndim = PyArray_NDIM(array), place
    cdef Py_ssize_t size, first
    if type(dim) is not int or type(start) is not int or not -ndim <= dim < ndim:
        return None
    place = dim + ndim if dim < 0 else dim
    size = PyArray_DIMS(array)[place]
    if not -size <= start <= size:
        return None
    first = start + size if start < 0 else start
    return place, first, size


def dims_of_one(Tensor input not None, dim):
    """Those of one or several dimensions, counted from the front, that have size 1."""
    cdef ndarray array = input.array
    return tuple([one for one in normal_dims(dim, PyArray_NDIM(array))
                  if PyArray_DIMS(array)[<int>one] == 1])


cdef tuple _of_scalar(dim):
    normal_dim(dim, 0)
    return ()


def is_index(value):
    """Whether a value may stand among sizes: a whole number, but no truth value."""
    if isinstance(value, bool):
        return False
    try:
        operator.index(value)
    except TypeError:
        return False
    return True


def number_of(value):
    """A number, for which a tensor without dimensions may stand that has no gradient to lose."""
    if type(value) is int or type(value) is float:
        return value
    if isinstance(value, Tensor) and value.ndim == 0 and not value.requires_grad:
        return value.item()
    if not isinstance(value, (int, float, np.number)):
        raise TypeError(f"no number: {value!r}")
    return value


def sizes_of(str function, args, keyword=None, str name="size"):
    """Sizes given one by one or as one sequence: ``view(2, 3)`` or ``view((2, 3))``.

    Raises TypeError in the name of the function that was given them as its argument ``name``.
    """
    if args and keyword is not None and keyword != ():
        raise TypeError(f"{function}() takes its {name} once")
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    elif not args:
        if keyword is None:
            raise TypeError(f'{function}() missing 1 required positional arguments: "{name}"')
        args = keyword
    if are_plain(args):
        return args
    if isinstance(args, (tuple, list)) and args and isinstance(args[0], bool):
        raise TypeError(f"{function}(): argument '{name}' (position 1) must be "
                        "tuple of ints, not bool")
    if not isinstance(args, (tuple, list)):
        raise TypeError(_bad_size(function, args, name))
    try:
        sizes = tuple([int(operator.index(one)) for one in args])
    except TypeError:
        raise TypeError(_bad_size(function, args, name)) from None
    if not are_plain(sizes):
        raise TypeError(_too_large(function, sizes, name))
    return sizes


cdef bint are_plain(object sizes) except -1:
    """Whether sizes are a tuple of whole numbers of 64 bits."""
    cdef int overflow = 0
    if type(sizes) is not tuple:
        return False
    for size in <tuple>sizes:
        if type(size) is not int:
            return False
        PyLong_AsLongLongAndOverflow(size, &overflow)
        if overflow != 0:
            return False
    return True


def named_sizes(str function, tuple args, dict keyword, str name):
    """What :func:`sizes_of` gives of sizes that may be given by name, where nothing else may."""
    if keyword and keyword.keys() != {name}:
        raise TypeError(f"{function}() takes no argument but '{name}'")
    return sizes_of(function, args, keyword.get(name), name)


def _too_large(function, sizes, name):
    position = next(k for k, size in enumerate(sizes) if not -2**63 <= size < 2**63)
    return (
        f"{function}(): argument '{name}' failed to unpack the object at pos {position + 1} with "
        'error "Overflow when unpacking long long'
    )


def _bad_size(function, sizes, name):
    if not isinstance(sizes, (tuple, list)):
        return f"{function}(): argument '{name}' must be tuple of ints, not {type(sizes).__name__}"
    position, kind = next(
        (k, type(size).__name__) for k, size in enumerate(sizes) if not hasattr(size, "__index__")
    )
    if position == 0:
        return f"{function}(): argument '{name}' (position 1) must be tuple of ints, not {kind}"
    return (
        f"{function}(): argument '{name}' failed to unpack the object at pos {position + 1} with "
        f'error "type must be tuple of ints,but got {kind}"'
    )


def check_tensors(tensors):
    """Refuse what is no tensor among the tensors of a sequence."""
    if set(map(type, tensors)) == {Tensor}:  # nearly always, and much faster
        return
    for k, one in enumerate(tensors):
        if not isinstance(one, Tensor):
            raise TypeError(
                f"expected Tensor as element {k} in argument 0, but got {kind_of(one)}"
            )


def check_sequence(function, tensors):
    """Refuse what is no tuple or list of tensors, in the name of a function."""
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type(tensors).__name__}"
        )
    check_tensors(tensors)


def plain_ints(given, Py_ssize_t n):
    """As many whole numbers as there are dimensions, given as such or as one for all; else None."""
    if type(given) is int:
        return (given,) * n
    if type(given) is list:
        given = tuple(given)
    if not are_plain(given) or len(given) != n and len(given) != 1:
        return None
    return given if len(given) == n else given * n


def joined_sizes(Tensor input not None, int start, int end):
    """A tensor's sizes with those of the dimensions from ``start`` to ``end`` as one."""
    cdef ndarray array = input.array
    cdef object size = 1
    cdef int k
    cdef list sizes = []
    for k in range(PyArray_NDIM(array)):
        if k < start or k > end:
            sizes.append(PyArray_DIMS(array)[k])
            continue
        size *= PyArray_DIMS(array)[k]
        if k == end:
            sizes.append(size)
    return tuple(sizes)


def first_larger(Tensor x not None, Tensor limit not None, int dim=-1):
    """The first dimension but ``dim`` in which a tensor is larger than another; -1 for none.

    There must be no fewer dimensions in the other.
    """
    cdef ndarray a = x.array, b = limit.array
    cdef int k
    for k in range(min(PyArray_NDIM(a), PyArray_NDIM(b))):
        if k != dim and PyArray_DIMS(a)[k] > PyArray_DIMS(b)[k]:
            return k
    return -1


def index_fits(Tensor index not None, Tensor input not None, int dim, Tensor source=None):
    """Whether an index that is not empty is no larger than a tensor beside ``dim``, nor a source.

    What has no dimensions counts as one element of one; as a source it is for a single place.
    """
    cdef ndarray positions = index.array, target = input.array, values
    cdef int ndim = PyArray_NDIM(positions), k
    if max(ndim, 1) != max(PyArray_NDIM(target), 1):
        return False
    for k in range(ndim):
        if k != dim and PyArray_DIMS(positions)[k] > PyArray_DIMS(target)[k]:
            return False
    if source is None:
        return True
    values = source.array
    if PyArray_NDIM(values) == 0:
        return ndim <= 1 and PyArray_SIZE(positions) == 1
    if PyArray_NDIM(values) != max(ndim, 1):
        return False
    for k in range(max(ndim, 1)):
        if PyArray_DIMS(values)[k] < (PyArray_DIMS(positions)[k] if ndim else 1):
            return False
    return True


def agree_beside(Tensor x not None, Tensor other not None, int dim):
    """Whether two tensors have the same sizes in all dimensions but ``dim``."""
    cdef ndarray a = x.array, b = other.array
    cdef int k
    if PyArray_NDIM(a) != PyArray_NDIM(b):
        return False
    for k in range(PyArray_NDIM(a)):
        if k != dim and PyArray_DIMS(a)[k] != PyArray_DIMS(b)[k]:
            return False
    return True


def common_shape(*shapes):
    """The shape to which all broadcast. Raises RuntimeError where two sizes do not fit."""
    cdef tuple joint = ()
    for shape in shapes:
        joint = _joint(joint, tuple(shape))
    return joint


cdef tuple _joint(tuple a, tuple b):
    cdef Py_ssize_t ndim = max(len(a), len(b)), k
    cdef list sizes
    if not a or a == b:
        return b
    sizes = [1] * ndim
    for k in range(1, ndim + 1):
        m = a[len(a) - k] if k <= len(a) else 1
        n = b[len(b) - k] if k <= len(b) else 1
        if m != n and m != 1 and n != 1:
            raise RuntimeError(
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at "
                f"non-singleton dimension {ndim - k}"
            )
        sizes[ndim - k] = n if m == 1 else m
    return tuple(sizes)


def alike(tuple tensors, expand):
    """Tensors expanded to the shape to which all broadcast; those that have it stay themselves.

    Raises RuntimeError where two sizes do not fit.
    """
    cdef tuple shape
    cdef Py_ssize_t k
    for k in range(1, len(tensors)):
        if not have_one_shape((<Tensor?>tensors[0]).array, (<Tensor?>tensors[k]).array):
            shape = common_shape(*[one.shape for one in tensors])
            return tuple([one if one.shape == shape else expand(one, shape) for one in tensors])
    return tensors


cdef bint have_one_shape(ndarray a, ndarray b) noexcept:
    cdef int k
    if PyArray_NDIM(a) != PyArray_NDIM(b):
        return False
    for k in range(PyArray_NDIM(a)):
        if PyArray_DIMS(a)[k] != PyArray_DIMS(b)[k]:
            return False
    return True


def order_after_move(tuple sources, tuple targets, int ndim):
    """The dimensions in order once some of them, named once each, have moved to new places."""
    cdef list order = [None] * ndim
    cdef int source, target, place
    cdef list rest = [k for k in range(ndim) if k not in sources]
    for source, target in zip(sources, targets):
        order[target] = source
    rest.reverse()
    for place in range(ndim):
        if order[place] is None:
            order[place] = rest.pop()
    return tuple(order)


def ranges_between(tuple cuts, size):
    """Where slices from each position to the next one, of a dimension, begin and end."""
    cdef list found = []
    cdef object start = 0, stop
    for stop in cuts + (size,):
        first = max(start + size, 0) if start < 0 else min(start, size)
        last = max(stop + size, 0) if stop < 0 else min(stop, size)
        found.append((first, max(first, last)))
        start = stop
    return found


def even_ranges(size, sections):
    """Where a number of ranges that fill a dimension begin and end: the first are one larger."""
    cdef list found = [None] * sections     # fails at once if there is no memory for so many
    cdef object start = 0, stop, each = size // sections, n_larger = size % sections
    cdef Py_ssize_t k
    for k in range(len(found)):
        stop = start + each + (1 if k < n_larger else 0)
        found[k] = (start, stop)
        start = stop
    return found


cpdef object inferred_shape(sizes, count):
    """Sizes with a -1 filled in so that they hold ``count`` elements."""
    cdef Py_ssize_t position, place = -1
    cdef object known = 1       # may need more than 64 bits
    cdef tuple found = simply_inferred(sizes, count) if type(sizes) is tuple else None
    if found is not None:
        return found
    for position in range(len(sizes)):
        size = sizes[position]
        if size == -1:
            if place >= 0:
                raise RuntimeError("only one dimension can be inferred")
            place = position
        elif size < -1:
            if sizes.count(-1) > 1:
                raise RuntimeError("only one dimension can be inferred")
            raise RuntimeError(
                f"invalid shape dimension {size} at index {position} of shape {list(sizes)}"
            )
        else:
            known *= size
    if place < 0:
        if known != count:
            raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {count}")
        return sizes
    if known == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the unspecified "
            "dimension size -1 can be any value and is ambiguous"
            if count == 0
            else f"shape '{list(sizes)}' is invalid for input of size {count}"
        )
    if count % known:
        raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {count}")
    return (*sizes[:place], count // known, *sizes[place + 1:])


cdef tuple simply_inferred(tuple sizes, Py_ssize_t count):
    """The same at once where nothing is to be refused and no product large; else None."""
    cdef Py_ssize_t position, place = -1, size, known = 1
    for position in range(len(sizes)):
        size = sizes[position]
        if size == -1 and place < 0:
            place = position
        elif 0 < size < LARGE and known < LARGE:
            known *= size
        else:
            return None
    if place < 0:
        return sizes if known == count else None
    if count % known:
        return None
    return sizes[:place] + (count // known,) + sizes[place + 1:]


cdef enum:
    LARGE = 0x40000000  # 2**30: the product of two such sizes has 64 bits


def check_expansion(shape, wanted, Tensor input not None):
    """The sizes that a shape expands to, -1 filled in; RuntimeError for those that it cannot."""
    cdef Py_ssize_t missing = len(wanted) - len(shape), k
    if missing == 0 and shape == wanted:
        return wanted
    if missing < 0:
        raise RuntimeError(
            f"expand({input.type()}{{{list(shape)}}}, size={list(wanted)}): the number of sizes "
            f"provided ({len(wanted)}) must be greater or equal to the number of dimensions in the "
            f"tensor ({len(shape)})"
        )
    cdef list result = list(wanted)
    for k in range(len(wanted) - 1, -1, -1):
        size = wanted[k]
        old = 1 if k < missing else shape[k - missing]
        if size == -1 and k < missing:
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) isn't allowed in a leading, "
                f"non-existing dimension {k}"
            )
        if size != -1 and old not in (1, size):
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) must match the existing size ({old}) at "
                f"non-singleton dimension {k}.  Target sizes: {list(wanted)}.  Tensor sizes: "
                f"{list(shape)}"
            )
        if size == -1:
            result[k] = old
        elif size < 0:
            raise RuntimeError(_negative(list(wanted), size))
    return tuple(result)


def _negative(wanted, size):
    """What PyTorch says of a size below zero: it counts the elements first."""
    if 0 in wanted:
        return f"Trying to create tensor with negative dimension {size}: {wanted}"
    return "numel: integer multiplication overflow"
