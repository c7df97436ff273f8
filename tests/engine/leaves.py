"""Leaves that several test files start from."""


def leaf(torch, *values):
    """A float tensor of the values that requires grad."""
    return torch.tensor(values, requires_grad=True)


def hidden(torch, *shape):
    """An inner tensor 0, 1, 2, ... of a shape, and the leaf it comes from."""
    x = torch.arange(float(torch.ones(shape).numel())).reshape(shape).requires_grad_()
    return x, x * 1
