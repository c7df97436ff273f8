"""Small Functions that tests of ``autograd.Function`` share."""


def define(torch, forward, backward, **members):
    """Make a Function from two plain functions."""
    members |= {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type("Sample", (torch.autograd.Function,), members)


def scalar(torch, value=3.0):
    """A 0-d tensor that requires grad."""
    return torch.tensor(value, requires_grad=True)


def square(torch):
    """A Function that saves its input; differentiable twice."""
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g

    return define(torch, forward, backward)
