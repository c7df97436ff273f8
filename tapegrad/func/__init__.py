"""Transforms of functions: their gradients, products and matrices of derivatives, as functions."""

from tapegrad.func.functional_call import functional_call, stack_module_state
from tapegrad.func.transforms import grad, grad_and_value, hessian, jacrev, vjp

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacrev", "stack_module_state", "vjp",
]  # fmt: skip
