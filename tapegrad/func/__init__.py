"""Transforms of functions: their gradients, products and matrices of derivatives, as functions."""

from tapegrad.func.batch_norm import replace_all_batch_norm_modules_
from tapegrad.func.batching import vmap
from tapegrad.func.forward import jacfwd, jvp, linearize
from tapegrad.func.functional_call import functional_call, stack_module_state
from tapegrad.func.transforms import grad, grad_and_value, hessian, jacrev, vjp

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize",
    "replace_all_batch_norm_modules_", "stack_module_state", "vjp", "vmap",
]  # fmt: skip
