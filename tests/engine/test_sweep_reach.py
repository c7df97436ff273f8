"""A sweep visits what its root reaches, and what leads to its inputs; nothing else."""


def noting(torch, tensor, name, seen):
    """Register a hook that notes the name."""
    tensor.register_hook(lambda g: seen.append(name))
    return tensor


def test_unrelated_graphs_are_not_visited(torch):
    """Hooks of graphs recorded before, between and after do not fire."""
    seen = []
    x, other = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    before = noting(torch, other * 2, "before", seen)
    first = noting(torch, x * 2, "first", seen)
    between = noting(torch, other * 3, "between", seen)
    root = noting(torch, first * 3, "root", seen)
    after = noting(torch, root * before * between, "after", seen)
    root.sum().backward()

    assert seen == ["root", "first"] and other.grad is None and after.requires_grad


def test_sibling_branches_are_not_visited(torch):
    """A branch that starts from the same tensor but does not lead to the root is left out."""
    seen = []
    x = torch.ones(2, requires_grad=True)
    shared = noting(torch, x * 2, "shared", seen)
    noting(torch, shared * 5, "sibling", seen)
    noting(torch, shared * 3, "root", seen).sum().backward()

    assert seen == ["root", "shared"] and x.grad.tolist() == [6.0, 6.0]


def test_only_what_leads_to_the_inputs_runs(torch):
    """With inputs= a branch without an input fires no hook."""
    seen = []
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    left, right = noting(torch, a * 2, "left", seen), noting(torch, b * 3, "right", seen)
    (left + right).sum().backward(inputs=[a])

    assert seen == ["left"] and b.grad is None


def test_nothing_below_an_inner_input_runs(torch):
    """autograd.grad stops at its inputs."""
    seen = []
    x = noting(torch, torch.ones(2, requires_grad=True), "leaf", seen)
    first = noting(torch, x * 2, "first", seen)
    second = noting(torch, first * 3, "second", seen)
    torch.autograd.grad(second.sum(), second)

    assert seen == ["second"]


def test_input_that_is_below_another_input(torch):
    """Of nested inputs each gets its gradient."""
    x = torch.ones(2, requires_grad=True)
    first = x * 2
    second = first * 3
    grads = torch.autograd.grad(second.sum(), [second, first, x])

    assert [g.tolist() for g in grads] == [[1.0, 1.0], [3.0, 3.0], [6.0, 6.0]]


def test_each_node_runs_once(torch):
    """A diamond's lower node runs when both sides have arrived."""
    seen = []
    x = torch.ones((), requires_grad=True)
    shared = x * 2
    shared.register_hook(lambda g: seen.append(g.item()))
    left, right = shared * 3, shared * 5
    (left * right).backward()

    assert seen == [2 * 30.0]


def test_wide_ladder(torch):
    """A ladder of 200 diamonds has 2 to the 200 paths and is swept in one pass."""
    x = torch.ones((), dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(200):
        y = y * 0.5 + y * 0.5
    y.backward()

    assert x.grad.item() == 1.0


def test_hooks_of_leaves_not_reached_stay_silent(torch):
    """A leaf that only another branch uses does not fire."""
    seen = []
    x = noting(torch, torch.ones((), requires_grad=True), "x", seen)
    w = noting(torch, torch.ones((), requires_grad=True), "w", seen)
    out, _ = x * 2, x * w
    out.backward()

    assert seen == ["x"]
