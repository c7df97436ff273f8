"""Who shares memory with whom, and how long buffers live."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest


def test_from_numpy_shares(torch):
    """A write on either side is seen on the other."""
    array = np.zeros(3)
    x = torch.from_numpy(array)
    array[0] = 5
    x[1] = 7

    assert x.tolist() == [5.0, 7.0, 0.0] and array.tolist() == [5.0, 7.0, 0.0]


def test_as_tensor_shares_and_tensor_copies(torch):
    """as_tensor of a fitting array shares; tensor never does."""
    array = np.zeros(2, dtype=np.float32)
    shared, copied = torch.as_tensor(array), torch.tensor(array)
    array[0] = 5

    assert shared.tolist() == [5.0, 0.0] and copied.tolist() == [0.0, 0.0]


def test_as_tensor_of_a_tensor_is_the_tensor(torch):
    """Without a change of dtype nothing is made."""
    x = torch.ones(2)

    assert torch.as_tensor(x) is x and torch.as_tensor(x, dtype=torch.float64) is not x


def test_numpy_shares(torch):
    """So does numpy(), also of views."""
    x = torch.arange(6.0).reshape(2, 3)
    column = x[:, 1].numpy()
    column[0] = 50

    assert x[0, 1].item() == 50.0 and column.strides == (12,)


def test_array_keeps_the_buffer_alive(torch):
    """The array outlives the tensor."""
    array = torch.arange(1000.0).numpy()
    gc.collect()
    junk = [torch.full((1000,), -1.0) for _ in range(10)]

    assert array.tolist() == list(range(1000)) and len(junk) == 10


def test_tensor_keeps_the_array_alive(torch):
    """The tensor outlives the array's name."""
    array = np.arange(1000.0)
    reference = weakref.ref(array)
    x = torch.from_numpy(array)
    del array
    gc.collect()

    assert x.sum().item() == 499_500.0
    del x
    gc.collect()
    assert reference() is None


def test_view_keeps_the_buffer_alive(torch):
    """A view outlives its base."""
    view = torch.arange(10.0)[3:]
    gc.collect()

    assert view.tolist() == [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]


@pytest.mark.parametrize("code", [
    "x.view(6)", "x.reshape(6)", "x.t()", "x[0]", "x[:1]", "x.unsqueeze(0)", "x.squeeze()",
    "x.expand(2, 2, 3)", "x.detach()", "x.data", "x.unbind()[0]", "x.split(1)[0]", "x.flatten()",
    "x.permute(1, 0)", "x.contiguous()", "x.float()", "x.to(torch.float32)", "x.view_as(x)",
])
def test_same_memory(torch, code):
    """These give the memory of the original."""
    x = torch.zeros(2, 3)

    assert eval(code, {"torch": torch, "x": x}).data_ptr() == x.data_ptr()


@pytest.mark.parametrize("code", [
    "x.clone()", "x.t().reshape(6)", "x.t().contiguous()", "x[[0, 1]]", "x.double()", "x + 0",
    "x.t().flatten()", "torch.cat([x])", "torch.stack([x])", "x.detach().clone()", "torch.relu(x)",
    "x.to(torch.float32, copy=True)", "copy.deepcopy(x)", "x[x == 0]",
])
def test_new_memory(torch, code):
    """These give memory of their own."""
    x = torch.zeros(2, 3)

    assert eval(code, {"torch": torch, "x": x, "copy": copy}).data_ptr() != x.data_ptr()


def test_pointer_follows_the_offset(torch):
    """data_ptr is the address of the first element."""
    x = torch.zeros(2, 3)

    assert x[1].data_ptr() == x.data_ptr() + 12 and x[1].storage_offset() == 3


def test_clone_keeps_the_strides(torch):
    """A clone of a dense tensor is laid out as it is."""
    x = torch.arange(6.0).reshape(2, 3).t()

    assert x.clone().stride() == (1, 3) and torch.equal(x.clone(), x)


def test_results_keep_the_layout(torch):
    """Element-wise results of a transposed tensor are laid out as it is."""
    x = torch.arange(6.0).reshape(2, 3).t()

    assert (x * 2).stride() == (1, 3) and (x + torch.ones(3, 2)).stride() == (1, 3)
    assert x.exp().stride() == (1, 3) and torch.zeros_like(x).stride() == (1, 3)


def test_data_assignment(torch):
    """Assigning .data exchanges the memory and keeps the tensor."""
    x = torch.ones(2, requires_grad=True)
    x.data = torch.tensor([5.0, 6.0, 7.0])

    assert x.tolist() == [5.0, 6.0, 7.0] and x.requires_grad and x.is_leaf


def test_data_is_outside_the_graph(torch):
    """A write through .data records nothing."""
    x = torch.ones(2, requires_grad=True)
    x.data.mul_(3)
    (x * x).sum().backward()

    assert x.grad.tolist() == [6.0, 6.0]


def test_deepcopy_of_shared_tensors(torch):
    """Tensors that share memory share the copy's memory; one object stays one."""
    x = torch.zeros(4)
    a, b, c = copy.deepcopy([x, x[1:], x])
    b.fill_(1)

    assert a is c and a.tolist() == [0.0, 1.0, 1.0, 1.0] and x.tolist() == [0.0] * 4


def test_deepcopy_keeps_attributes(torch):
    """A leaf's flag, gradient and attributes are copied."""
    x = torch.ones(2, requires_grad=True)
    x.note = ["kept"]
    (x * 2).sum().backward()
    y = copy.deepcopy(x)

    assert y.requires_grad and y.grad.tolist() == [2.0, 2.0] and y.grad is not x.grad
    assert y.note == ["kept"] and y.note is not x.note


def test_pickle_round_trip(torch):
    """Values, dtype, strides and the flag survive; a graph's tensor cannot be pickled as leaf."""
    for x in (torch.arange(6).reshape(2, 3).t(), torch.tensor(1.5), torch.zeros(0, 2),
              torch.ones(2, dtype=torch.float16, requires_grad=True)):
        y = pickle.loads(pickle.dumps(x))
        assert torch.equal(x, y) and x.dtype == y.dtype and x.stride() == y.stride()
        assert x.requires_grad == y.requires_grad


def test_weak_references_and_attributes(torch):
    """A tensor can be referred to weakly and takes attributes."""
    x = torch.ones(2)
    x.name_of_mine = "x"
    reference = weakref.ref(x)

    assert reference() is x and x.name_of_mine == "x"
    del x
    assert reference() is None


def test_iteration_gives_rows_of_the_graph(torch):
    """Iterating unbinds: rows share memory and history."""
    x = torch.arange(4.0).reshape(2, 2).requires_grad_()
    first, second = x
    (first * second).sum().backward()

    assert x.grad.tolist() == [[2.0, 3.0], [0.0, 1.0]]
    assert first.grad_fn.name() == "UnbindBackward0"


def test_read_only_array_warns(torch):
    """An array that cannot be written is taken with PyTorch's warning."""
    array = np.zeros(2)
    array.flags.writeable = False

    with pytest.warns(UserWarning, match="The given NumPy array is not writable"):
        torch.from_numpy(array)


def test_asarray_shares(torch):
    """np.asarray gives the tensor's memory."""
    x = torch.zeros(2)
    np.asarray(x)[0] = 3

    assert x.tolist() == [3.0, 0.0]


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")
def test_tensor_times_array(torch):
    """A tensor on the left takes an array as if it were a tensor."""
    out = torch.ones(2) * np.array([1.0, 2.0])

    assert out.tolist() == [1.0, 2.0] and out.dtype == torch.float64
    assert isinstance(out, torch.Tensor)


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")
def test_numpy_scalar_times_tensor(torch):
    """A NumPy scalar on either side counts as a number."""
    out = np.float64(3) * torch.ones(2), torch.ones(2) * np.float64(3)

    assert all(type(x) is torch.Tensor and x.dtype == torch.float32 for x in out)


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")
def test_ufunc_of_a_tensor(torch):
    """A NumPy function of a tensor gives a tensor."""
    out = np.exp(torch.zeros(2))

    assert isinstance(out, torch.Tensor) and out.tolist() == [1.0, 1.0]
