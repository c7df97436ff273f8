"""Nothing stays: live entries, saved bytes and chunks are counted and go back."""

import gc
import os
import subprocess
import sys
import tracemalloc
import weakref

import pytest
from support import is_collected

GROWTH = """
import os
import tapegrad as torch

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

x = torch.ones(1, requires_grad=True)
kept = [x * 2 for _ in range(1000)]
before = resident()
kept += [x * 2 for _ in range(300_000)]
print((resident() - before) // 300_000)
"""


def test_entries_are_counted(torch, counts):
    """Each recorded operation is an entry as long as its result lives."""
    x = torch.ones(4, requires_grad=True)
    y = x * 2
    z = y.exp()
    alive = counts()[0]
    del y, z

    assert alive == 2 and counts() == (0, 0)


def test_saved_bytes_are_counted(torch, counts):
    """exp saves its result, four floats of four bytes."""
    y = torch.ones(4, requires_grad=True).exp()

    assert counts() == (1, y.numel() * 4)


def test_value_saved_twice_is_counted_as_saved(torch, counts):
    """Saved bytes go to zero when the graph has gone."""
    x = torch.ones(4, requires_grad=True)
    y = (x * x).exp().sum()
    assert counts()[1] > 0
    y.backward()

    assert counts()[1] == 0


def test_info_is_a_named_tuple(tapegrad):
    """The numbers have names."""
    info = tapegrad.autograd.tape_info()

    assert {"entries", "saved_bytes", "chunks", "chunk_bytes"} <= set(info._fields)
    assert all(isinstance(number, int) and number >= 0 for number in info)


def test_dropped_forward_passes_leave_nothing(torch, tapegrad, counts):
    """Forward passes that nobody differentiates do not grow the tape."""
    x = torch.ones(4, requires_grad=True)
    (x * 2).exp()
    chunks = tapegrad.autograd.tape_info().chunks
    for _ in range(1_000_000):
        x * 2

    assert counts() == (0, 0) and tapegrad.autograd.tape_info().chunks == chunks


def test_training_steps_leave_nothing(torch, tapegrad, counts):
    """Ten thousand steps end with the memory of the first."""
    w = torch.ones(4, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1e-3, momentum=0.9)

    def step():
        optimizer.zero_grad()
        ((w * 2).tanh() - 0.5).pow(2).mean().backward()
        optimizer.step()

    step()
    chunks = tapegrad.autograd.tape_info().chunks
    for _ in range(10_000):
        step()

    assert counts() == (0, 0) and tapegrad.autograd.tape_info().chunks == chunks


def test_interleaved_lifetimes_do_not_leak_chunks(torch, tapegrad, counts):
    """A window of live results over a long run needs a bounded number of chunks."""
    x = torch.ones(4, requires_grad=True)
    window = [x * 2 for _ in range(500)]
    chunks = tapegrad.autograd.tape_info().chunks
    for i in range(50_000):
        window[i % 500] = x * 2

    assert counts()[0] == 500
    assert tapegrad.autograd.tape_info().chunks <= 3 * chunks + 3


def test_backward_frees_what_was_saved(torch, counts):
    """After the sweep nothing saved is left, though the results still live."""
    x = torch.ones(1000, requires_grad=True)
    y = x.exp()
    z = y.tanh()
    loss = (z * y).sum()
    loss.backward()

    assert counts()[1] == 0 and loss.grad_fn is not None


def test_backward_frees_as_it_passes(torch, counts):
    """A hook low in the graph sees less saved memory than one high up."""
    x, seen = torch.ones(1000, requires_grad=True), []
    low = x.exp()
    high = low.exp().exp().exp()
    high.register_hook(lambda g: seen.append(counts()[1]))
    low.register_hook(lambda g: seen.append(counts()[1]))
    high.sum().backward()

    assert seen == [16_000, 4_000]


def test_retained_graph_keeps_what_was_saved(torch, counts):
    """retain_graph frees nothing, the end of the tensors does."""
    x = torch.ones(1000, requires_grad=True)
    y = x.exp().sum()
    y.backward(retain_graph=True)
    retained = counts()[1]
    del y

    assert retained == 4_000 and counts() == (0, 0)


def test_failed_sweep_leaves_nothing_waiting(torch, counts):
    """Gradients that waited when a hook raised are gone with the graph."""
    x = torch.ones(1000, requires_grad=True)
    y = x.exp()

    def fail(g):
        raise KeyError

    y.register_hook(fail)
    with pytest.raises(KeyError):
        (y * y).sum().backward()
    del y
    gc.collect()

    assert counts() == (0, 0)


def test_saved_input_keeps_its_buffer_not_its_history(torch, counts):
    """A tensor that was saved and dropped dies with the graph."""
    x = torch.ones(4, requires_grad=True)
    y = x * 2
    reference = weakref.ref(y)
    z = y * y
    del y

    assert is_collected(reference) and counts()[0] == 2
    z.sum().backward()
    assert x.grad.tolist() == [8.0] * 4


def test_frozen_layers_record_nothing(torch, counts):
    """Below the first trainable tensor there are no entries and nothing is saved."""
    x, frozen = torch.ones(10, 10), torch.ones(10, 10)
    for _ in range(5):
        x = torch.relu(x @ frozen)
    nothing = counts()
    out = x @ torch.ones(10, 2, requires_grad=True)

    assert nothing == (0, 0) and counts() == (1, 400) and out.requires_grad


def leave_things(torch):
    """Let tensors go that have all that a tensor can have."""
    x = torch.ones(2, 2, requires_grad=True)
    last = (x * 2).unbind()[1]
    last.retain_grad()
    last.sum().backward()
    written, viewed = torch.ones(2).add_(1), torch.ones(2)[:1]
    written.mark, viewed.grad = "mark", torch.ones(1)
    hooked = torch.ones(2, requires_grad=True)
    hooked.register_hook(lambda g: g * 2)
    return [weakref.ref(one) for one in (written, viewed, last)]


def test_tensor_has_nothing_of_those_before_it(torch):
    """Tensors made after others went have no gradient, attribute, version, base or hook of them."""
    for _ in range(300):
        references = leave_things(torch)
    made = [torch.ones(2) * 2 for _ in range(600)]

    assert [reference() for reference in references] == [None] * 3
    for one in made:
        assert (one.grad, one._version, one._base, one.output_nr) == (None, 0, None, 0)
        assert one.is_leaf and not one.requires_grad and not one.__dict__
        assert weakref.getweakrefcount(one) == 0 and one.grad_fn is None


def test_arrays_that_wait_are_few_megabytes(torch):
    """Arrays of shapes that a program makes no more are given back."""
    tracemalloc.start()
    for n in range(1, 4000):
        torch.ones(n) * 2
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert kept < 6_000_000


def test_context_that_holds_its_own_output(torch, counts):
    """A Function whose ctx refers to its output is a cycle, and is collected."""
    class Holding(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.out = x * 2
            return ctx.out

        @staticmethod
        def backward(ctx, g):
            return g * 2

    references = []
    for _ in range(100):
        out = Holding.apply(torch.ones(1000, requires_grad=True))
        references.append(weakref.ref(out))
    del out

    assert all(is_collected(reference) for reference in references[:1])
    assert [reference() for reference in references] == [None] * 100 and counts() == (0, 0)


def leaf_in_its_hook(torch):
    """A leaf whose hook closes over it."""
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda g: g + x)
    return weakref.ref(x)


def leaf_in_its_last_hook(torch):
    """A leaf whose hook after accumulation closes over it, after a sweep."""
    x = torch.ones(2, requires_grad=True)
    x.register_post_accumulate_grad_hook(lambda p: (x, None)[1])
    (x * 2).sum().backward()
    return weakref.ref(x)


def leaf_that_is_used_and_closed_over(torch):
    """A leaf whose hook closes over what was computed from it."""
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    x.register_hook(lambda g: y)
    return weakref.ref(x)


def later_tensor_in_an_inner_hook(torch):
    """A tensor that a hook of an earlier inner tensor closes over."""
    y = torch.ones(2, requires_grad=True) * 2
    z = y.exp()
    y.register_hook(lambda g: z)
    return weakref.ref(z)


def result_in_its_nodes_hook(torch):
    """A tensor that a hook on its own node closes over."""
    y = torch.ones(2, requires_grad=True) * 2
    y.grad_fn.register_hook(lambda made, given: y)
    return weakref.ref(y)


def node_in_its_own_hook(torch):
    """A tensor whose node is closed over by a hook of that node, beside an object."""
    y = torch.ones(2, requires_grad=True) * 2
    node, kept = y.grad_fn, type("Kept", (), {})()
    node.register_hook(lambda made, given: (node, kept))
    return weakref.ref(kept)


def node_in_its_tensors_hook(torch):
    """An object that a tensor's hook closes over together with the tensor's node."""
    y = torch.ones(2, requires_grad=True) * 2
    node, kept = y.grad_fn, type("Kept", (), {})()
    y.register_hook(lambda g: (node, kept, None)[2])
    return weakref.ref(kept)


def tensor_in_its_attribute(torch):
    """A tensor with an attribute that is itself."""
    x = torch.ones(2)
    x.myself = x
    return weakref.ref(x)


@pytest.mark.parametrize("make", [
    leaf_in_its_hook, leaf_in_its_last_hook, leaf_that_is_used_and_closed_over,
    later_tensor_in_an_inner_hook, node_in_its_own_hook, node_in_its_tensors_hook,
    result_in_its_nodes_hook, tensor_in_its_attribute,
])
def test_cycles_are_collected(tapegrad, make):
    """Garbage collection sees through leaves, entries, hooks and attributes."""
    assert is_collected(make(tapegrad))


@pytest.mark.parametrize("make", [later_tensor_in_an_inner_hook, result_in_its_nodes_hook])
def test_collected_cycles_leave_no_entries(torch, counts, make):
    """Entries of a collected cycle are freed."""
    for _ in range(10):
        make(torch)
    gc.collect()

    assert counts() == (0, 0)


def test_long_chain_is_swept_and_freed(torch, counts):
    """A chain of a million operations is no special case."""
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    y.backward()

    assert x.grad.item() == 1.0
    del y
    assert counts() == (0, 0)


def test_long_chain_is_freed_without_a_sweep(torch, counts):
    """Dropping its end frees it without recursion."""
    y = torch.ones(1, requires_grad=True)
    for _ in range(1_000_000):
        y = y * 1.0
    del y

    assert counts() == (0, 0)


def test_long_chain_of_functions_is_freed(torch, counts):
    """So with entries that carry Python objects."""
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g

    y = torch.ones(1, requires_grad=True)
    for _ in range(100_000):
        y = Same.apply(y)
    del y
    gc.collect()

    assert counts() == (0, 0)


def test_long_chain_of_views_is_freed(torch):
    """Views of views hold one base, not each other."""
    y = torch.ones(2, 3)
    for _ in range(200_000):
        y = y.t()

    assert y._base is not None and y._base._base is None


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="Linux tells its memory there")
def test_kept_losses_are_small(tapegrad):
    """A kept one-op loss takes at most 500 bytes of the process."""
    answer = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, text=True,
                            check=True)

    assert 0 < int(answer.stdout) <= 500


def test_kept_losses_are_swept(torch, counts):
    """A hundred thousand kept losses are each still differentiable."""
    x = torch.ones(1, requires_grad=True)
    kept = [x * 2 for _ in range(100_000)]
    kept[0].backward()
    kept[-1].backward()

    assert x.grad.item() == 4.0 and counts()[0] == 100_000
