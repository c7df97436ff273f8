"""Tensors: an array, its gradient, and its place on the tape.

The verbs live in ``ops``; they are attached to the type when it is declared there. What stands here
is what a tensor *is*: memory, leaf or output of an entry, hooks, conversions. Parts of this module
lie in files of their own: ``views.pxi``, ``operators.pxi`` and ``lifetime.pxi``.
"""

cimport cython
from cpython.object cimport PyObject, PyTypeObject, visitproc
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport uint32_t, uintptr_t
from numpy cimport (
    NPY_BOOL, PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE, PyArray_NDIM,
    PyArray_SIZE, PyArray_STRIDES, PyArray_TYPE, import_array, ndarray,
)

from tapegrad._kernels.geometry cimport is_dense
from tapegrad._kernels.kernel cimport is_float
from tapegrad._kernels.memory cimport note_values_read, owner_of, recycle, strided_view
from tapegrad._tape cimport (
    IS_LEAF, Edge, Entry, connect, new_leaf, release, visit_owned, watch_python,
)
from tapegrad._tensor.modes cimport (
    grad_enabled, inference_enabled, set_grad_mode, was_inferring,
)
from tapegrad._tensor.nodes cimport Carry, add_hook, carry_of, node_of, short_name, size_tuple

import types
import warnings
import weakref
from collections import OrderedDict

import numpy as np

from tapegrad import _types

import_array()

cdef extern from "Python.h":
    ctypedef int (*traverse_function "traverseproc")(PyObject*, visitproc, void*) noexcept
    ctypedef int (*inquiry)(PyObject*) noexcept
    ctypedef void (*destructor)(PyObject*) noexcept
    object PyObject_GenericGetDict(object, void*)
    int PyObject_GenericSetDict(object, object, void*) except -1
    int PyObject_GenericSetAttr(object, object, PyObject*) except -1
    ctypedef struct _TypeSlots "PyTypeObject":
        traverse_function tp_traverse
        inquiry tp_clear
        destructor tp_dealloc
        Py_ssize_t tp_dictoffset
        Py_ssize_t tp_weaklistoffset
        const char* tp_name
        PyObject* tp_dict
        unsigned long tp_flags
    void PyType_Modified(PyTypeObject*)

cdef ndarray NO_ELEMENTS = np.empty(0, np.float32)
cdef list DTYPES = [_types.BY_NUMPY_NUMBER.get(number) for number in range(24)]
cdef dict TENSOR_TYPE_NAMES = {
    "bool": "Bool", "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int",
    "int64": "Long", "float16": "Half", "float32": "Float", "float64": "Double",
}
cdef dict C_NAMES = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short int",
    "int32": "int", "int64": "long int", "float16": "c10::Half", "float32": "float",
    "float64": "double",
}
cdef object CPU = _types.device("cpu")

include "views.pxi"


cdef str describe(ndarray array):
    """PyTorch's short name of a tensor in errors: ``[torch.FloatTensor [2, 3]]``."""
    return f"[{type_name(array)} {list((<object>array).shape)}]"


cdef str type_name(ndarray array):
    """PyTorch's old name of a tensor's type: ``torch.FloatTensor``."""
    return f"torch.{TENSOR_TYPE_NAMES[DTYPES[PyArray_TYPE(array)].name]}Tensor"


cdef object render = None
cdef object construct_legacy = None
cdef object reduced = None


def register_tensor_support(*, repr, construct, reduce_tensor):
    """Hand in what tensors do in Python: printing, ``Tensor(...)``, pickling."""
    global render, construct_legacy, reduced
    render, construct_legacy, reduced = repr, construct, reduce_tensor


include "operators.pxi"


@cython.binding(False)                   # the interpreter calls plain methods faster,
@cython.always_allow_keywords(False)     # and refuses an argument too many as PyTorch does
@cython.embedsignature.format("clinic")  # for inspect, which reads it off plain methods
cdef class Tensor:
    """A multi-dimensional array of one dtype that remembers how it was computed.

    ``Tensor(2, 3)`` is uninitialised float memory and ``Tensor([1, 2])`` a float copy; prefer
    :func:`tapegrad.tensor`, :func:`tapegrad.zeros` and the like.
    Source: https://docs.pytorch.org/docs/2.13/tensors.html
    """

    __array_priority__ = 1000
    # A user's own subclass stays what it is when detached; parameters become plain tensors.
    _detached_class = None

    def __cinit__(self):
        self.array = NO_ELEMENTS

    def __init__(self, *args, **kwargs):
        if construct_legacy is not None and type(self) is Tensor:
            self.array = construct_legacy(args, kwargs)

    def __setattr__(self, name, value):
        try:
            PyObject_GenericSetAttr(self, name, <PyObject*>value)
        except AttributeError:
            refuse_read_only(self, name)
            raise

    def __delattr__(self, name):
        try:
            PyObject_GenericSetAttr(self, name, NULL)
        except AttributeError:
            refuse_read_only(self, name)
            raise

    @staticmethod
    def _make_subclass(cls, Tensor data not None, bint require_grad=False):
        """A tensor of class ``cls`` over the same memory as ``data``, off the tape."""
        cdef Tensor tensor
        if not (isinstance(cls, type) and issubclass(cls, Tensor)):
            raise TypeError(f"{cls!r} is no subclass of Tensor")
        tensor = Tensor.__new__(<type>cls)
        tensor.array = data.array
        tensor.version = version_of(data)
        tensor.flags = data.flags & IS_INFERENCE
        if require_grad:
            if not is_float(PyArray_TYPE(tensor.array)):
                raise RuntimeError(
                    "Only Tensors of floating point and complex dtype can require gradients")
            tensor.requires_grad_(True)
        return tensor

    @staticmethod
    def _of_class(cls, Tensor source not None):
        """The source as a tensor of class ``cls``: same memory, same place on the tape."""
        cdef Tensor tensor
        if not (isinstance(cls, type) and issubclass(cls, Tensor)):
            raise TypeError(f"{cls!r} is no subclass of Tensor")
        tensor = Tensor.__new__(<type>cls)
        tensor.array, tensor.version, tensor.view = source.array, version_of(source), source.view
        tensor.flags = source.flags
        if source.entry != NULL:
            adopt(tensor, source.entry, source.output)
        return tensor

    @staticmethod
    def _wrap(ndarray array not None):
        """A tensor over an array of a supported dtype, sharing its (<Tensor>self)."""
        return wrap(array)

    # -- what it is

    @property
    def _array(self):
        """The NumPy array that holds the values; writing to it is invisible to autograd."""
        return self.array

    @property
    def shape(self):
        """The size of every dimension."""
        return size_tuple(PyArray_NDIM(self.array), PyArray_DIMS(self.array))

    def size(self, dim=None):
        """The shape, or the size of one dimension."""
        if dim is None:
            return self.shape
        return PyArray_DIMS(self.array)[position_of(self, dim)]

    @property
    def ndim(self):
        """The number of dimensions."""
        return PyArray_NDIM(self.array)

    def dim(self):
        """The number of dimensions."""
        return PyArray_NDIM(self.array)

    def ndimension(self):
        """The number of dimensions."""
        return PyArray_NDIM(self.array)

    def numel(self):
        """The number of elements."""
        return PyArray_SIZE(self.array)

    def nelement(self):
        """The number of elements."""
        return PyArray_SIZE(self.array)

    @property
    def dtype(self):
        """The type of the elements."""
        return DTYPES[PyArray_TYPE(self.array)]

    @property
    def itemsize(self):
        """The size of one element in bytes."""
        return PyArray_ITEMSIZE(self.array)

    def element_size(self):
        """The size of one element in bytes."""
        return PyArray_ITEMSIZE(self.array)

    @property
    def nbytes(self):
        """The size of all elements in bytes."""
        return PyArray_ITEMSIZE(self.array) * PyArray_SIZE(self.array)

    @property
    def device(self):
        """Where the tensor lives: the CPU."""
        return CPU

    @property
    def layout(self):
        """How elements are stored: ``torch.strided``."""
        return _types.strided

    @property
    def is_cpu(self):
        """True: tensors live on the CPU."""
        return True

    def stride(self, dim=None):
        """The step from one element to the next along each dimension, in elements."""
        strides = strides_of(self.array)
        return strides if dim is None else strides[position_of(self, dim)]

    def storage_offset(self):
        """Where the first element lies in the memory that views share, in elements."""
        return bytes_into(owner_of(self.array), self.array) // PyArray_ITEMSIZE(self.array)

    def data_ptr(self):
        """The address of the first element."""
        note_values_read()
        return <uintptr_t>PyArray_BYTES(self.array) if PyArray_SIZE(self.array) else 0

    def is_floating_point(self):
        """Whether the dtype is a floating-point one."""
        return is_float(PyArray_TYPE(self.array))

    def is_complex(self):
        """False: there are no complex dtypes here."""
        return False

    def is_signed(self):
        """Whether the dtype can hold negative numbers."""
        return self.dtype.is_signed

    def is_inference(self):
        """Whether the tensor was made in inference mode."""
        return bool(self.flags & IS_INFERENCE)

    @property
    def _version(self):
        """How often the memory was written in place."""
        if self.flags & IS_INFERENCE:
            raise RuntimeError("Inference tensors do not track version counter.")
        return 0 if self.version is None else self.version.count

    @property
    def _base(self):
        """The tensor that this one is a view of, or None."""
        return None if self.view is None else self.view.base

    def _is_view(self):
        return self.view is not None

    # -- its place on the tape

    @property
    def requires_grad(self):
        """Whether operations on this tensor are recorded."""
        return requires_grad(self)

    @requires_grad.setter
    def requires_grad(self, value):
        if not isinstance(value, bool):
            raise RuntimeError("requires_grad must be a bool")
        if value and not is_float(PyArray_TYPE(self.array)):
            raise RuntimeError(
                "only Tensors of floating point and complex dtype can require gradients")
        if value and not self.is_leaf:
            raise RuntimeError("you can only change requires_grad flags of leaf variables.")
        self.requires_grad_(value)

    @requires_grad.deleter
    def requires_grad(self):
        raise RuntimeError("requires_grad must be a bool")

    def requires_grad_(self, requires_grad=True):
        """Say whether operations on this leaf are recorded; returns the tensor."""
        if not isinstance(requires_grad, (bool, np.bool_)):
            raise TypeError(f"no bool: {requires_grad!r}")
        if not self.is_leaf:
            if requires_grad:
                return self
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach().")
        if requires_grad and not is_float(PyArray_TYPE(self.array)):
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if requires_grad and self.flags & IS_INFERENCE and not inference_enabled():
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not "
                "allowed.")
        if requires_grad:
            self.flags |= REQUIRES_GRAD
        else:
            self.flags &= ~REQUIRES_GRAD
        return self

    @property
    def is_leaf(self):
        """Whether the tensor was made by the user, not by a recorded operation."""
        if self.view is not None:
            refresh_view(self)
        return self.entry == NULL or self.entry.flags & IS_LEAF != 0

    @property
    def grad_fn(self):
        """The operation that made this tensor, or None for a leaf."""
        if self.view is not None:
            refresh_view(self)
        if self.entry != NULL and self.entry.flags & IS_LEAF:
            return None
        return node_of(self.entry)

    @property
    def output_nr(self):
        """Which output of ``grad_fn`` this tensor is."""
        return self.output

    @property
    def grad(self):
        """The accumulated gradient, or None before the first backward."""
        if self._grad is None and self.entry != NULL and not self.retains_grad:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its "
                ".grad attribute won't be populated during autograd.backward(). If you indeed want "
                "the .grad field to be populated for a non-leaf Tensor, use .retain_grad() on the "
                "non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you "
                "access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for "
                "more informations.", UserWarning, stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value):
        if value is None:
            self._grad = None
            return
        check_new_grad(self, value)
        self._grad = value

    @grad.deleter
    def grad(self):
        self._grad = None

    @property
    def retains_grad(self):
        """Whether this non-leaf keeps its gradient in ``.grad``."""
        return self.entry != NULL and self.entry.carry != NULL and \
            self.output in (<Carry>self.entry.carry).retained

    def retain_grad(self):
        """Keep this non-leaf's gradient in ``.grad`` during backward."""
        if not requires_grad(self):
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.view is not None:
            refresh_view(self)
        if self.entry != NULL:
            carry_of(self.entry).retained[self.output] = weakref.ref(self)

    @cython.always_allow_keywords(True)
    def register_hook(self, hook):
        """Call ``hook(grad)`` whenever this tensor's gradient is computed; its result replaces it.

        Returns a handle with ``remove()``. Raises RuntimeError for a tensor without gradient.
        """
        if not requires_grad(self):
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.view is not None:
            refresh_view(self)
        if self.entry == NULL:
            if self.hooks is None:
                watch_python(self.accumulate_hooks is None)
                self.hooks = OrderedDict()
            return add_hook(self.hooks, hook)
        return add_hook(
            carry_of(self.entry).tensor_hooks.setdefault(self.output, OrderedDict()), hook)

    @cython.always_allow_keywords(True)
    def register_post_accumulate_grad_hook(self, hook):
        """Call ``hook(tensor)`` after a gradient was accumulated into this leaf."""
        if not requires_grad(self):
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.entry != NULL:
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self.accumulate_hooks is None:
            watch_python(self.hooks is None)
            self.accumulate_hooks = OrderedDict()
        return add_hook(self.accumulate_hooks, hook)

    # -- memory shared without the tape

    @property
    def data(self):
        """The same memory as a tensor of its own: no history, its own version counter."""
        cdef Tensor tensor = wrap(self.array)
        tensor.flags = self.flags & IS_INFERENCE
        return tensor

    @data.setter
    def data(self, value):
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self.requires_grad and not is_float(PyArray_TYPE((<Tensor>value).array)):
            raise RuntimeError("data set to a tensor that requires gradients must be floating "
                               "point or complex dtype")
        self.array = (<Tensor>value).array

    @data.deleter
    def data(self):
        raise RuntimeError("Deleting tensor data is not allowed. Delete tensor instead!")

    def detach(self):
        """The same memory without history; writes to either count as writes to both."""
        cdef Tensor tensor
        if type(self) is Tensor or type(self)._detached_class is Tensor:
            tensor = wrap(self.array)
        else:
            tensor = Tensor.__new__(<type>type(self))
            tensor.array = self.array
        tensor.version = version_of(self)
        tensor.flags = self.flags & IS_INFERENCE
        return tensor

    def detach_(self):
        """Take this tensor off the tape: it becomes a leaf without gradient."""
        if self.view is not None and not inference_enabled():
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using "
                "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as "
                "True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
                "these gradients. To fix this error, please refer to the Optimizer.zero_grad() "
                "function in torch/optim/optimizer.py as the solution.")
        adopt(self, NULL, 0)
        return self

    def numpy(self, *, force=False):
        """The values as a NumPy array that shares this tensor's (<Tensor>self)."""
        if not force and requires_grad(self) and grad_enabled():
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. "
                               "Use tensor.detach().numpy() instead.")
        note_values_read()
        return self.array

    def item(self):
        """The value of a tensor with one element, as a Python number."""
        if PyArray_SIZE(self.array) != 1:
            raise RuntimeError(f"a Tensor with {PyArray_SIZE(self.array)} elements cannot be "
                               "converted to Scalar")
        note_values_read()
        return self.array.item()

    def tolist(self):
        """The values as nested lists of Python numbers; a number for a 0-d tensor."""
        note_values_read()
        return self.array.tolist()

    def is_contiguous(self, *, memory_format=None):
        """Whether the elements lie without gaps, row-major or in a format's order."""
        if memory_format is None:
            return bool(PyArray_IS_C_CONTIGUOUS(self.array))
        order = memory_format.order
        if order is None:
            return bool(PyArray_IS_C_CONTIGUOUS(self.array))
        is_of_rank = PyArray_NDIM(self.array) == len(order)
        return is_of_rank and self.array.transpose(order).flags.c_contiguous

    # -- Python's protocols

    def __len__(self):
        if PyArray_NDIM(self.array) == 0:
            raise TypeError("len() of a 0-d tensor")
        return PyArray_DIMS(self.array)[0]

    def __bool__(self):
        note_values_read()
        if PyArray_SIZE(self.array) == 1:
            return bool(self.array.item())
        if PyArray_SIZE(self.array) == 0:
            raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")

    def __float__(self):
        return float(only_value(self))

    def __int__(self):
        return int(only_value(self))

    def __index__(self):
        if PyArray_SIZE(self.array) != 1 or is_float(PyArray_TYPE(self.array)):
            raise TypeError("only integer tensors of a single element can be converted to an index")
        note_values_read()
        return int(self.array.item())

    def __complex__(self):
        return complex(only_value(self))

    def __hash__(self):
        return <Py_ssize_t><uintptr_t><PyObject*>self

    def __iter__(self):
        if PyArray_NDIM(self.array) == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, element):
        if isinstance(element, (Tensor, float, int)):
            return bool((self == element).any())
        raise RuntimeError(
            f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
            f"{type(element)}.")

    def __repr__(self):
        note_values_read()
        return render(self)

    def __format__(self, spec):
        if PyArray_NDIM(self.array) == 0 and type(self) is Tensor:
            return self.item().__format__(spec)
        return object.__format__(self, spec)

    def __reduce_ex__(self, protocol):
        return reduced(self)

    def __copy__(self):
        tensor = Tensor._make_subclass(type(self), self.detach(), requires_grad(self))
        if (<object>self).__dict__:
            tensor.__dict__.update((<object>self).__dict__)
        return tensor

    def __deepcopy__(self, dict memo not None):
        cdef Tensor tensor
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
                "because of a torch.nn.utils.weight_norm usage, see "
                "https://github.com/pytorch/pytorch/pull/103001")
        if id(self) in memo:
            return memo[id(self)]
        kind = type(self)
        tensor = Tensor.__new__(<type>kind)
        tensor.array = copied_memory(self, memo)
        memo[id(self)] = tensor
        tensor.flags = self.flags
        if self._grad is not None:
            tensor._grad = self._grad.__deepcopy__(memo)
        if (<object>self).__dict__:
            from copy import deepcopy    # here: it is a fortieth of the time of an import
            (<object>tensor).__dict__.update(deepcopy((<object>self).__dict__, memo))
        return tensor

    # -- operators: each is an op that `ops` registers

    def __add__(self, other):
        return binary(OP_ADD, self, other)

    def __radd__(self, other):
        return reflected(OP_RADD, self, other)

    def __sub__(self, other):
        return binary(OP_SUB, self, other)

    def __rsub__(self, other):
        return reflected(OP_RSUB, self, other)

    def __mul__(self, other):
        return binary(OP_MUL, self, other)

    def __rmul__(self, other):
        return reflected(OP_MUL, self, other)

    def __truediv__(self, other):
        return binary(OP_DIV, self, other)

    def __rtruediv__(self, other):
        return reflected(OP_RDIV, self, other)

    def __floordiv__(self, other):
        return call(OP_FLOORDIV, self, other)

    def __rfloordiv__(self, other):
        return reflected(OP_RFLOORDIV, self, other)

    def __mod__(self, other):
        return call(OP_MOD, self, other)

    def __rmod__(self, other):
        return reflected(OP_RMOD, self, other)

    def __pow__(self, other, modulo):
        if modulo is not None:
            return NotImplemented
        if is_plain_number(other) and is_float(PyArray_TYPE((<Tensor>self).array)):
            return binary(OP_POW_NUMBER, self, other)
        return call(OP_POW, self, other)

    def __rpow__(self, other, modulo):
        return reflected(OP_RPOW, self, other) if modulo is None else NotImplemented

    def __matmul__(self, other):
        return NotImplemented if is_number(other) else call(OP_MATMUL, self, other)

    def __rmatmul__(self, other):
        return NotImplemented if is_number(other) else reflected(OP_RMATMUL, self, other)

    def __and__(self, other):
        return binary(OP_AND, self, other)

    def __rand__(self, other):
        return reflected(OP_AND, self, other)

    def __or__(self, other):
        return binary(OP_OR, self, other)

    def __ror__(self, other):
        return reflected(OP_OR, self, other)

    def __xor__(self, other):
        return binary(OP_XOR, self, other)

    def __rxor__(self, other):
        return reflected(OP_XOR, self, other)

    def __lshift__(self, other):
        return call(OP_LSHIFT, self, other)

    def __rlshift__(self, other):
        return reflected(OP_RLSHIFT, self, other)

    def __rshift__(self, other):
        return call(OP_RSHIFT, self, other)

    def __rrshift__(self, other):
        return reflected(OP_RRSHIFT, self, other)

    def __neg__(self):
        return (<object>operator_of[OP_NEG])(self)

    def __pos__(self):
        if PyArray_TYPE(self.array) == NPY_BOOL:
            raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
        return self

    def __abs__(self):
        return (<object>operator_of[OP_ABS])(self)

    def __invert__(self):
        return (<object>operator_of[OP_INVERT])(self)

    def __eq__(self, other):
        return compare(OP_EQ, self, other)

    def __ne__(self, other):
        return compare(OP_NE, self, other)

    def __lt__(self, other):
        return compare(OP_LT, self, other)

    def __le__(self, other):
        return compare(OP_LE, self, other)

    def __gt__(self, other):
        return compare(OP_GT, self, other)

    def __ge__(self, other):
        return compare(OP_GE, self, other)

    def __iadd__(self, other):
        return call(OP_IADD, self, other)

    def __isub__(self, other):
        return call(OP_ISUB, self, other)

    def __imul__(self, other):
        return call(OP_IMUL, self, other)

    def __itruediv__(self, other):
        return call(OP_IDIV, self, other)

    def __ifloordiv__(self, other):
        return call(OP_IFLOORDIV, self, other)

    def __imod__(self, other):
        return call(OP_IMOD, self, other)

    def __ipow__(self, other, modulo):
        return call(OP_IPOW, self, other) if modulo is None else NotImplemented

    def __iand__(self, other):
        return call(OP_IAND, self, other)

    def __ior__(self, other):
        return call(OP_IOR, self, other)

    def __ixor__(self, other):
        return call(OP_IXOR, self, other)

    def __ilshift__(self, other):
        return call(OP_ILSHIFT, self, other)

    def __irshift__(self, other):
        return call(OP_IRSHIFT, self, other)

    def __getitem__(self, index):
        return (<object>operator_of[OP_GETITEM])(self, index)

    def __setitem__(self, index, value):
        (<object>operator_of[OP_SETITEM])(self, index, value)

    def __delitem__(self, index):
        raise TypeError("Tensor does not support deleting items")


cdef int position_of(Tensor tensor, int dim) except -1:
    """A dimension counted from the front. Raises PyTorch's errors for one that is not there."""
    cdef int ndim = PyArray_NDIM(tensor.array)
    if ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, "
                         f"{ndim - 1}], but got {dim})")
    return dim + ndim if dim < 0 else dim


cdef inline Py_ssize_t bytes_into(ndarray base, ndarray view) noexcept:
    """How far into the memory of its base a view begins."""
    return <Py_ssize_t>PyArray_BYTES(view) - <Py_ssize_t>PyArray_BYTES(base)


cdef tuple strides_of(ndarray array):
    """Strides in elements. NumPy gives empty arrays zeros: theirs are row-major."""
    cdef int ndim = PyArray_NDIM(array), k
    cdef Py_ssize_t size = PyArray_ITEMSIZE(array), step = 1
    strides = tuple([PyArray_STRIDES(array)[k] // size for k in range(ndim)])
    if PyArray_SIZE(array) > 0 or all(strides):
        return strides
    steps = []
    for k in range(ndim - 1, -1, -1):
        steps.append(step)
        step *= max(PyArray_DIMS(array)[k], 1)
    return tuple(reversed(steps))


cdef ndarray copied_memory(Tensor tensor, dict memo):
    """A copy of a tensor's memory; views that shared memory share it in their copies too."""
    cdef ndarray base = tensor.array if tensor.view is None else tensor.view.base.array
    cdef ndarray copy
    if not is_dense(base):      # as after detach(), which is no view
        base = owner_of(base)
    if not is_dense(base) or PyArray_TYPE(base) != PyArray_TYPE(tensor.array):
        return tensor.array.copy(order="K")
    key = ("memory", id(base))
    if key not in memo:
        memo[key] = base.copy(order="K")
    copy = memo[key]
    if base is tensor.array:
        return copy
    return strided_view(copy, PyArray_NDIM(tensor.array), PyArray_DIMS(tensor.array),
                        PyArray_STRIDES(tensor.array),
                        PyArray_BYTES(copy) + bytes_into(base, tensor.array))


cdef object only_value(Tensor tensor):
    if PyArray_SIZE(tensor.array) != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    note_values_read()
    return tensor.array.item()


def drop_gradients(tensors not None):
    """Set ``grad`` of each tensor to None, without a look at the attribute's name for each."""
    for tensor in tensors:
        (<Tensor?>tensor)._grad = None


include "attributes.pxi"
include "lifetime.pxi"
