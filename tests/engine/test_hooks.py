"""Hooks on tensors and on nodes of the graph: when they run, what they see, what they change."""

import pytest


def scalar(torch, value=2.0):
    """A 0-d tensor that requires grad."""
    return torch.tensor(value, requires_grad=True)


def test_hook_sees_the_gradient(torch):
    """A hook on an inner tensor is called once, with the gradient of that tensor."""
    x, seen = scalar(torch), []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.item()))
    (y * y).backward()

    assert seen == [12.0]


def test_hook_replaces_the_gradient(torch):
    """What a hook returns goes on in place of what came."""
    x = scalar(torch)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    y.backward()

    assert x.grad.item() == 30.0


def test_hooks_run_in_order_of_registration(torch):
    """Each hook sees what the one before returned."""
    x, seen = scalar(torch), []
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: seen.append(g.item()))
    x.register_hook(lambda g: g * 10)
    (x * 3).backward()

    assert seen == [4.0] and x.grad.item() == 40.0


def test_removed_hook_is_silent(torch):
    """A handle takes its hook away; removing twice does no harm."""
    x, seen = scalar(torch), []
    handle = x.register_hook(lambda g: seen.append("first"))
    x.register_hook(lambda g: seen.append("second"))
    handle.remove()
    handle.remove()
    (x * 3).backward()

    assert seen == ["second"]


def test_handle_is_a_context_manager(torch):
    """The hook lives as long as the block."""
    x, seen = scalar(torch), []
    with x.register_hook(lambda g: seen.append(g.item())):
        (x * 3).backward()
    (x * 3).backward()

    assert seen == [3.0]


def test_leaf_hook_fires_once_with_the_total(torch):
    """A leaf that is used many times calls its hook once a sweep, with the sum."""
    x, seen = scalar(torch), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 3 + x * x + x).backward()

    assert seen == [8.0] and x.grad.item() == 8.0


def test_leaf_hook_does_not_see_the_old_gradient(torch):
    """The hook gets this sweep's share, not what was accumulated before."""
    x, seen = scalar(torch), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 3).backward()
    (x * 5).backward()

    assert seen == [3.0, 5.0] and x.grad.item() == 8.0


def test_hook_runs_when_the_tensor_is_an_input(torch):
    """autograd.grad returns what the hooks of its input made."""
    x = scalar(torch)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    (g,) = torch.autograd.grad(y * 2, y)

    assert g.item() == 20.0


def test_retain_grad_keeps_the_gradient(torch):
    """An inner tensor keeps its gradient, and accumulates it, when asked."""
    x = scalar(torch)
    y = x * 3
    y.retain_grad()
    y.retain_grad()
    (y * y).backward()

    assert y.retains_grad and not x.retains_grad
    assert y.grad.item() == 12.0


def test_retain_grad_sees_what_the_hooks_made(torch):
    """The kept gradient is the one after all hooks, also those registered later."""
    x = scalar(torch)
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.backward()

    assert y.grad.item() == 10.0


def test_retain_grad_needs_requires_grad(torch):
    """A tensor without a gradient cannot keep one; a leaf keeps its own anyway."""
    scalar(torch).retain_grad()

    with pytest.raises(RuntimeError, match=r"^can't retain_grad on Tensor that has "
                                           r"requires_grad=False"):
        torch.ones(1).retain_grad()


def test_hook_needs_requires_grad(torch):
    """A tensor that gets no gradient cannot have a hook."""
    with pytest.raises(RuntimeError, match="^cannot register a hook on a tensor that doesn't "
                                           "require gradient"):
        torch.ones(1).register_hook(print)


def test_hook_stays_with_the_values_it_was_put_on(torch):
    """After an in-place write the hook still belongs to the earlier values."""
    x, seen = scalar(torch), []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.item()))
    y.mul_(2)
    (y * 5).backward()

    assert seen == [10.0]


def test_retained_gradient_follows_the_tensor(torch):
    """After an in-place write the kept gradient is that of the new values."""
    x = scalar(torch)
    y = x * 3
    y.retain_grad()
    y.mul_(2)
    (y * 5).backward()

    assert y.grad.item() == 5.0


def test_post_accumulate_hook_sees_the_accumulated_gradient(torch):
    """The hook gets the leaf after its gradient has been added."""
    x, seen = scalar(torch), []
    x.register_post_accumulate_grad_hook(lambda p: seen.append((p is x, p.grad.item())))
    (x * 3).backward()
    (x * 5).backward()

    assert seen == [(True, 3.0), (True, 8.0)]


def test_post_accumulate_hook_can_free_the_gradient(torch):
    """Stepping inside the sweep and dropping the gradient is allowed."""
    x = scalar(torch)

    def step(p):
        with torch.no_grad():
            p.sub_(p.grad * 0.5)
        p.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * 3).backward()
    handle.remove()

    assert x.item() == 0.5 and x.grad is None


def test_post_accumulate_hook_is_for_leaves(torch):
    """Only leaves accumulate."""
    with pytest.raises(RuntimeError, match="^post accumulate grad hooks cannot be registered on "
                                           "non-leaf tensors"):
        (scalar(torch) * 2).register_post_accumulate_grad_hook(print)


def test_node_hook_sees_both_sides(torch):
    """A hook on a node gets the gradients that it made and those that it was given."""
    x, seen = scalar(torch), []
    y = x * 3
    y.grad_fn.register_hook(
        lambda made, given: seen.append((made[0].item(), made[1], given[0].item())))
    (y * 2).backward()

    assert seen == [(6.0, None, 2.0)]


def test_node_hook_replaces_what_the_node_made(torch):
    """A tuple returned by a node's hook goes on."""
    x = scalar(torch)
    y = x * 3
    y.grad_fn.register_hook(lambda made, given: (made[0] * 10, None))
    y.backward()

    assert x.grad.item() == 30.0


def test_node_prehook_replaces_what_arrives(torch):
    """A node's pre-hook sees and may replace the gradients of its outputs."""
    x, seen = scalar(torch), []
    y = x * 3

    def prehook(given):
        seen.append(given[0].item())
        return (given[0] * 10,)

    y.grad_fn.register_prehook(prehook)
    (y * 2).backward()

    assert seen == [2.0] and x.grad.item() == 60.0


def test_order_of_all_kinds_of_hooks(torch):
    """Tensor hooks, then node pre-hooks, then the node, then node hooks, downward."""
    x, order = scalar(torch), []
    y = x * 3
    y.grad_fn.register_prehook(lambda given: order.append("prehook"))
    y.register_hook(lambda g: order.append("tensor"))
    y.grad_fn.register_hook(lambda made, given: order.append("hook"))
    x.register_hook(lambda g: order.append("leaf"))
    x.register_post_accumulate_grad_hook(lambda p: order.append("accumulated"))
    y.backward()

    assert order == ["tensor", "prehook", "hook", "leaf", "accumulated"]


def test_later_operations_run_first(torch):
    """Hooks of later tensors come before those of earlier ones."""
    x, order = scalar(torch), []
    first = x * 2
    second = x * 3
    third = first * second
    for name, tensor in (("first", first), ("second", second), ("third", third)):
        tensor.register_hook(lambda g, name=name: order.append(name))
    third.backward()

    assert order == ["third", "second", "first"]


def test_accumulate_node_can_have_hooks(torch):
    """The accumulation node of a leaf, held alive, calls its hooks."""
    x, seen = scalar(torch), []
    accumulate = (x * 2).grad_fn.next_functions[0][0]
    accumulate.register_hook(lambda made, given: seen.append(given[0].item()))
    (x * 3).backward()

    assert seen == [3.0]


def test_error_in_a_hook_reaches_the_caller(torch):
    """What a hook raises comes out of backward, and the engine works on afterwards."""
    x = scalar(torch)
    y = x * 3

    def fail(g):
        raise KeyError("from the hook")

    handle = y.register_hook(fail)
    with pytest.raises(KeyError, match="from the hook"):
        y.backward(retain_graph=True)
    handle.remove()
    y.backward()

    assert x.grad.item() == 3.0


def test_hook_must_return_a_tensor(torch):
    """Anything but a tensor or None is refused."""
    x = scalar(torch)
    x.register_hook(lambda g: 3.0)

    with pytest.raises(TypeError, match="^expected Variable, but hook returned 'float'"):
        (x * 2).backward()


def test_hook_must_keep_the_shape(torch):
    """A gradient of another shape is refused."""
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: torch.ones(3))

    with pytest.raises(RuntimeError, match="^hook '<lambda>' has changed the size of value"):
        y.sum().backward()


def test_hook_may_record_with_create_graph(torch):
    """Operations inside a hook are part of the second graph."""
    x = scalar(torch)
    y = x * x
    y.register_hook(lambda g: g * x)
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    (g2,) = torch.autograd.grad(g, x)

    assert g.item() == 8.0 and g2.item() == 8.0


def test_hook_removed_while_it_runs(torch):
    """A hook may take itself away."""
    x, seen = scalar(torch), []

    def once(g):
        seen.append(g.item())
        handle.remove()

    handle = x.register_hook(once)
    (x * 3).backward()
    (x * 3).backward()

    assert seen == [3.0]


def test_multi_grad_hook(torch):
    """A hook over several tensors runs once all of their gradients are there."""
    a, b, seen = scalar(torch), scalar(torch, 3.0), []
    torch.autograd.graph.register_multi_grad_hook(
        [a, b], lambda grads: seen.append([g.item() for g in grads]))
    (a * b).backward()

    assert seen == [[3.0, 2.0]]


def test_multi_grad_hook_waits_only_for_what_is_swept(torch):
    """A tensor that a backward does not reach counts as None; mode any takes the first gradient."""
    a, b, together, first = scalar(torch), scalar(torch, 3.0), [], []
    hook = torch.autograd.graph.register_multi_grad_hook
    handle = hook([a, b], lambda grads: together.append([g and g.item() for g in grads]))
    hook([a, b], lambda g: first.append(g.item()), mode="any")
    (a * 5).backward()
    handle.remove()
    (a * b * 0 + a).backward()

    assert together == [[5.0, None]] and len(first) == 2


@pytest.mark.parametrize(("hook", "error", "text"), [
    (lambda made, given: (1, 2, 3), RuntimeError,
     "hook '<lambda>' has returned an incorrect number of values (got 3, but expected 2)"),
    (lambda made, given: 3, TypeError, "expected tuple, but hook returned 'int'"),
])
def test_node_hook_must_return_a_gradient_for_each_input(torch, hook, error, text):
    """The hook of a node returns as many gradients as it is given."""
    y = scalar(torch) * 2
    y.grad_fn.register_hook(hook)

    with pytest.raises(error) as caught:
        y.backward()
    assert str(caught.value) == text


def test_node_prehook_of_a_leaf_changes_its_gradient(torch):
    """A hook before the accumulation replaces what is accumulated."""
    x = scalar(torch)
    accumulate = (x * 2).grad_fn.next_functions[0][0]
    accumulate.register_prehook(lambda given: (given[0] * 10,))
    (x * 3).backward()

    assert x.grad.item() == 30.0
