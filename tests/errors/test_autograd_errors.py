"""Mistakes about gradients and in-place writes, with class and text from PyTorch."""

import pytest
from support import assert_mistake

MISTAKES = [
    ("(torch.ones(2, requires_grad=True) * 2).backward()", RuntimeError,
     "grad can be implicitly created only for scalar outputs"),
    ("x = torch.ones(1, requires_grad=True); y = x.exp(); y.backward(); y.backward()", RuntimeError,
     "Trying to backward through the graph a second time (or directly access saved tensors "
     "after they have already been freed). Saved intermediate values of the graph are freed "
     "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
     "backward through the graph a second time or if you need to access saved tensors after "
     "calling backward."),
    ("torch.ones(2).sum().backward()", RuntimeError,
     "element 0 of tensors does not require grad and does not have a grad_fn"),
    ("torch.autograd.grad(torch.ones(1), torch.ones(1, requires_grad=True))", RuntimeError,
     "element 0 of tensors does not require grad and does not have a grad_fn"),
    ("torch.autograd.grad(torch.ones(1, requires_grad=True) * 2, torch.ones(1))", RuntimeError,
     "One of the differentiated Tensors does not require grad"),
    ("x = torch.ones(2, requires_grad=True); (x * 2).backward(torch.ones(2, 1))", RuntimeError,
     "Mismatch in shape: grad_output[0] has a shape of torch.Size([2, 1]) and output[0] has a "
     "shape of torch.Size([2])."),
    ("x = torch.ones(2, requires_grad=True); torch.autograd.backward([x * 2], [None])",
     RuntimeError,
     "grad can be implicitly created only for scalar outputs"),
    ("x = torch.ones(2, requires_grad=True); torch.autograd.grad(x.sum(), [])", RuntimeError,
     "`inputs` argument to `grad()` cannot be empty."),
    ("x = torch.ones(2, requires_grad=True); x.sum().backward(inputs=[])", RuntimeError,
     "`inputs` argument to `backward()` cannot be empty."),
    ("x = torch.ones(2, requires_grad=True); x.add_(1)", RuntimeError,
     "a leaf Variable that requires grad is being used in an in-place operation."),
    ("x = torch.ones(2, requires_grad=True); x[0] = 1", RuntimeError,
     "a view of a leaf Variable that requires grad is being used in an in-place operation."),
    ("x = torch.ones(2, requires_grad=True); x += 1", RuntimeError,
     "a leaf Variable that requires grad is being used in an in-place operation."),
    ("x = torch.ones(2, requires_grad=True); y = x.exp(); y.mul_(2); y.sum().backward()",
     RuntimeError,
     "one of the variables needed for gradient computation has been modified by an inplace "
     "operation: [torch.FloatTensor [2]], which is output 0 of Exp, is at version 1; expected "
     "version 0 instead. Hint: enable anomaly detection to find the operation that failed to "
     "compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."),
    ("x = torch.ones(2, requires_grad=True); (x * 1).requires_grad_(False)", RuntimeError,
     "you can only change requires_grad flags of leaf variables. If you want to use a computed "
     "variable in a subgraph that doesn't require differentiation use var_no_grad = "
     "var.detach()."),
    ("x = torch.ones(2, requires_grad=True); (x * 1).requires_grad = False", RuntimeError,
     "you can only change requires_grad flags of leaf variables. If you want to use a computed "
     "variable in a subgraph that doesn't require differentiation use var_no_grad = "
     "var.detach()."),
    ("torch.ones(2, dtype=torch.int64, requires_grad=True)", RuntimeError,
     "Only Tensors of floating point and complex dtype can require gradients"),
    ("torch.tensor([1, 2], requires_grad=True)", RuntimeError,
     "Only Tensors of floating point and complex dtype can require gradients"),
    ("torch.tensor([True], requires_grad=True)", RuntimeError,
     "Only Tensors of floating point and complex dtype can require gradients"),
    ("torch.ones(2, dtype=torch.int64).requires_grad_()", RuntimeError,
     "only Tensors of floating point dtype can require gradients"),
    ("torch.zeros(2, dtype=torch.int32).requires_grad = True", RuntimeError,
     "only Tensors of floating point and complex dtype can require gradients"),
    ("torch.ones(2).retain_grad()", RuntimeError,
     "can't retain_grad on Tensor that has requires_grad=False"),
    ("torch.ones(2).register_hook(print)", RuntimeError,
     "cannot register a hook on a tensor that doesn't require gradient"),
    ("torch.ones(2, requires_grad=True).numpy()", RuntimeError,
     "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."),
    ("np.asarray(torch.ones(2, requires_grad=True))", RuntimeError,
     "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."),
    ("(torch.ones(2, requires_grad=True) * 2).numpy()", RuntimeError,
     "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."),
    ("x = torch.ones(2, requires_grad=True); x.grad = torch.ones(3)", RuntimeError,
     "attempting to assign a gradient of size '[3]' to a tensor of size '[2]'. Please ensure "
     "that the gradient and the tensor are the same size"),
    ("x = torch.ones(2, requires_grad=True); x.grad = 1", TypeError,
     "assigned grad expected to be a Tensor or None but got grad of type int"),
    ("x = torch.ones(4, requires_grad=True) * 1; x.split(2)[0].add_(1)", RuntimeError,
     "Output 0 of Split is a view and is being modified inplace. This view is the output of a "
     "function that returns multiple views. Such functions do not allow the output views to be "
     "modified inplace. You should replace the inplace operation by an out-of-place one."),
    ("x = torch.ones(4, requires_grad=True) * 1; x.unbind()[1].zero_()", RuntimeError,
     "Output 1 of Unbind is a view and is being modified inplace. This view is the output of a "
     "function that returns multiple views. Such functions do not allow the output views to be "
     "modified inplace. You should replace the inplace operation by an out-of-place one."),
    ("x = torch.ones(2, requires_grad=True); x.detach_().backward()", RuntimeError,
     "element 0 of tensors does not require grad and does not have a grad_fn"),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistake(torch, code, error, text):
    """Class and text are PyTorch's; a sentence of ours may follow."""
    assert_mistake(torch, code, error, text)
