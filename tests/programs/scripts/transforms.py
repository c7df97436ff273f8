"""Gradients a sample, an ensemble as one function, Jacobians and Hessians by ``torch.func``."""

from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import (
    functional_call,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    stack_module_state,
    vjp,
    vmap,
)


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.conv2 = nn.Conv2d(4, 8, 3)
        self.fc1 = nn.Linear(32, 16)
        self.fc2 = nn.Linear(16, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return F.log_softmax(self.fc2(x), dim=1)


class SimpleMLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 16)
        self.fc2 = nn.Linear(16, 10)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def per_sample_gradients(data, targets):
    model = Digits()
    params = {name: value.detach() for name, value in model.named_parameters()}
    buffers = {name: value.detach() for name, value in model.named_buffers()}

    def compute_loss(params, buffers, sample, target):
        predictions = functional_call(model, (params, buffers), (sample.unsqueeze(0),))
        return F.nll_loss(predictions, target.unsqueeze(0))

    of_all = vmap(grad(compute_loss), in_dims=(None, None, 0, 0))(params, buffers, data, targets)
    for position in range(len(data)):
        one = torch.autograd.grad(
            F.nll_loss(model(data[position, None]), targets[position, None]),
            list(model.parameters()))
        for name, expected in zip(params, one, strict=True):
            torch.testing.assert_close(of_all[name][position], expected, atol=1e-5, rtol=1e-4)
    for name, value in of_all.items():
        print(f"{name:13} {tuple(value.shape)!s:18} norm {value.norm():.4f}")


def ensemble(data):
    models = [SimpleMLP() for _ in range(5)]
    params, buffers = stack_module_state(models)

    def fmodel(params, buffers, x):
        return functional_call(models[0], (params, buffers), (x,))

    minibatches = data.reshape(5, -1, 64)
    own = vmap(fmodel)(params, buffers, minibatches)
    torch.testing.assert_close(
        own, torch.stack([m(x) for m, x in zip(models, minibatches, strict=True)]))
    same = vmap(fmodel, in_dims=(0, 0, None))(params, buffers, minibatches[0])
    own.square().mean().backward()
    print("ensemble", tuple(own.shape), tuple(same.shape), f"{own.mean():.4f} {same.std():.4f}")
    print(f"gradient {params['fc1.weight'].grad.norm():.4f}")


def derivatives():
    weight, bias, x = torch.randn(6, 6), torch.randn(6), torch.randn(6)
    xs = torch.randn(3, 6)

    def predict(weight, bias, x):
        return F.linear(x, weight, bias).tanh()

    y = predict(weight, bias, x.requires_grad_())
    rows, = vmap(lambda v: torch.autograd.grad(y, x, v))(torch.eye(6))
    _, pull = vjp(partial(predict, weight, bias), x.detach())
    pulled, = vmap(pull)(torch.eye(6))
    backwards = jacrev(predict, argnums=2)(weight, bias, x.detach())
    forwards = jacfwd(predict, argnums=2)(weight, bias, x.detach())
    for other in (pulled, backwards, forwards):
        torch.testing.assert_close(rows, other)
    _, product = jvp(partial(predict, weight, bias), (x.detach(),), (xs[0],))
    torch.testing.assert_close(product, forwards @ xs[0])
    of_batch = vmap(jacrev(predict, argnums=2), in_dims=(None, None, 0))(weight, bias, xs)
    curvature = vmap(hessian(predict, argnums=2), in_dims=(None, None, 0))(weight, bias, xs)
    print("jacobians", tuple(of_batch.shape), f"{of_batch.norm():.4f}")
    print("hessians", tuple(curvature.shape), f"{curvature.norm():.4f}")


torch.manual_seed(0)
images = torch.rand(10, 1, 8, 8)
per_sample_gradients(images, torch.randint(0, 10, (10,)))
ensemble(images)
derivatives()
