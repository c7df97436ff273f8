# Attributes of a Tensor: those that ops attach to the type, those that a program sets on a tensor,
# and those that it cannot write.

cdef tuple READ_ONLY = (property, types.GetSetDescriptorType)


def attach_method(str name not None, value):
    """Make ``value`` an attribute of the Tensor type: how ops become methods."""
    (<dict><object>(<_TypeSlots*>Tensor).tp_dict)[name] = value
    PyType_Modified(<PyTypeObject*>Tensor)


def _attributes_of(self):
    """The attributes that a program has set on a tensor."""
    return PyObject_GenericGetDict(self, NULL)


def _set_attributes(self, value):
    PyObject_GenericSetDict(self, value, NULL)


def _clear_attributes(self):
    PyObject_GenericSetDict(self, {}, NULL)


cdef int refuse_read_only(Tensor tensor, name) except -1:
    """Say as PyTorch does, after a failed write or deletion, that an attribute is Tensor's own."""
    described = Tensor.__dict__.get(name)
    if isinstance(described, READ_ONLY) and getattr(type(tensor), name) is described:
        raise AttributeError(
            f"attribute '{name}' of 'torch._C.TensorBase' objects is not writable") from None
    return 0


cdef int check_new_grad(Tensor tensor, object value) except -1:
    """Refuse what cannot be this tensor's gradient."""
    cdef Tensor grad
    if not isinstance(value, Tensor):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type "
                        f"{type(value).__name__}")
    grad = value
    if grad is tensor:
        raise RuntimeError("can't assign Variable as its own grad")
    if PyArray_TYPE(grad.array) != PyArray_TYPE(tensor.array):
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{C_NAMES[grad.dtype.name]}' to a tensor "
            f"with grad_dtype '{TENSOR_TYPE_NAMES[tensor.dtype.name]}'. The gradient must match "
            "the tensor's grad_dtype (defaults to the tensor's dtype). You can set the tensor's "
            "grad_dtype attribute with a specific dtype, or None to allow any dtype. Set "
            "grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may break "
            "downstream systems that assume they match.")
    if grad.shape != tensor.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(grad.shape)}' to a tensor of size "
            f"'{list(tensor.shape)}'. Please ensure that the gradient and the tensor are the same "
            "size")
    return 0
