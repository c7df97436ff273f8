"""Loaders with worker processes: the same batches, in the same order, with the same seeds."""

import multiprocessing
import pickle
import random
import threading
import weakref

import numpy as np
import pytest
from support import assert_same, is_collected

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

METHODS = [one for one in ("fork", "forkserver", "spawn")
           if one in multiprocessing.get_all_start_methods()]
CONTAINERS = {
    "mixed": lambda index: {"index": index, "text": f"sample {index}", "pair": (index, 0.5)},
    "array": lambda index: np.full((100, 10), index),
    "text array": lambda index: [f"{index}", None],
}


class Computed:
    """A dataset of as many samples as asked for, each what a function makes of its index."""

    def __init__(self, length, function):
        self.length, self.function = length, function

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return self.function(index)


def loader(library, dataset, **options):
    """A loader with two workers, started in the way that the test asks for."""
    options = {"num_workers": 2, "multiprocessing_context": "fork", **options}
    return library.utils.data.DataLoader(dataset, **options)


def stream(library, function):
    """A stream of what a function gives for each worker's number."""
    class Stream(library.utils.data.IterableDataset):
        def __iter__(self):
            return iter(function(library.utils.data.get_worker_info().id))

        def __len__(self):
            return 3

    return Stream()


def unevenly(worker):
    """Two samples of the first worker, seven of the second, and so on."""
    return range(10 * worker, 10 * worker + 5 * worker + 2)


@pytest.mark.parametrize("options", [
    {"batch_size": 4}, {"batch_size": 4, "drop_last": True}, {"batch_size": None},
    {"batch_size": 4, "shuffle": True}, {"batch_sampler": [[3], [1, 2], [0, 5, 4]]},
    {"batch_size": 3, "prefetch_factor": 1}, {"batch_size": 3, "prefetch_factor": 50},
    {"batch_size": 3, "num_workers": 3, "persistent_workers": True, "shuffle": True},
    {"batch_size": 3, "collate_fn": lambda rows: [row[1].item() for row in rows]},
    {"batch_size": 3, "timeout": 100},
], ids=lambda options: " ".join(f"{k}={getattr(v, '__name__', v)}" for k, v in options.items()))
def test_batches_beside_pytorch(torch, reference, options):
    """Passes with workers give PyTorch's batches and leave its random numbers."""
    def batches(library):
        library.manual_seed(5)
        dataset = library.utils.data.TensorDataset(
            library.arange(34.0).reshape(17, 2), library.arange(17))
        loaded = loader(library, dataset, **options)
        n_passes = 2 if "persistent_workers" in options else 1
        return [list(loaded) for _ in range(n_passes)], library.rand(1)

    assert_same(batches(torch), batches(reference))


# PyTorch's iterator, half made, fails when it is dropped.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_in_advance(torch):
    """A loader whose workers may not load ahead makes no iterator."""
    with pytest.raises(AssertionError, match="^prefetch_factor must be greater than 0 for Multi"):
        iter(loader(torch, range(3), prefetch_factor=0))


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("own_generator", [False, True])
def test_seeds_beside_pytorch(torch, reference, own_generator, persistent):
    """Random numbers of all three kinds in the workers are PyTorch's, in each pass."""
    def batches(library):
        def sample(index):
            info = library.utils.data.get_worker_info()
            drawn = library.rand(1).item(), random.random(), float(np.random.rand())
            return info.id, info.num_workers, info.seed, *drawn

        library.manual_seed(5)
        generator = library.Generator().manual_seed(6) if own_generator else None
        loaded = loader(library, Computed(6, sample), generator=generator, shuffle=True,
                        persistent_workers=persistent, collate_fn=list)
        return [*loaded], [*loaded], library.rand(1)

    assert_same(batches(torch), batches(reference))


def test_seed_of_numpy(tapegrad, reference):
    """The seed for NumPy's generator is the one that PyTorch mixes by hand."""
    from tapegrad.utils.data._utils.worker import numpy_seed

    for base_seed in (0, 1, 2**32 - 1, 2**32, 2**63 - 1):
        expected = reference.utils.data._utils.worker._generate_state(base_seed, 3)

        assert numpy_seed(base_seed, 3).tolist() == expected


@pytest.mark.parametrize("options", [
    {"batch_size": 2}, {"batch_size": 2, "drop_last": True}, {"batch_size": None},
    {"batch_size": 2, "num_workers": 3}, {"batch_size": 2, "persistent_workers": True},
    {"batch_size": 2, "prefetch_factor": 5, "num_workers": 3},
], ids=str)
def test_streams_beside_pytorch(torch, reference, options):
    """Batches of streams that end at different times come in PyTorch's order."""
    def batches(library):
        loaded = loader(library, stream(library, unevenly), **options)
        # Not list(loaded), which would ask for a length.
        return [[batch for batch in loaded] for _ in range(2)]

    assert_same(batches(torch), batches(reference))


def test_warning_of_the_length_of_a_stream(torch):
    """Workers that all give the whole stream make it longer than it says."""
    loaded = loader(torch, stream(torch, lambda worker: range(3)), batch_size=None)
    assert len(loaded) == 3
    with pytest.warns(UserWarning) as noted:
        assert len(list(loaded)) == 6

    # Python 3.12 warns of a fork beside threads as well, where there are any.
    texts = [str(one.message) for one in noted if one.category is UserWarning]
    assert len(texts) == 3
    for count, text in enumerate(texts, 4):
        assert f"was reported to be 3(when accessing len(dataloader)), but {count} samples" in text
        assert "For multiprocessing data-loading, this could be caused by not properly" in text


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers(torch, reference, name):
    """What travels between processes arrives as it was, arrays as arrays that can be written."""
    def batches(library):
        return list(loader(library, Computed(5, CONTAINERS[name]), batch_size=2, collate_fn=list))

    ours, theirs = batches(torch), batches(reference)

    assert repr(ours) == repr(theirs)
    if name == "array":
        ours[0][0] += 1
        assert ours[0][0].mean() == 1


def test_in_any_order(torch):
    """Without order every batch comes once."""
    loaded = loader(torch, Computed(20, lambda index: index), in_order=False, num_workers=3)

    assert sorted(batch.item() for batch in loaded) == list(range(20))


def test_faster_workers_come_first_without_order(torch):
    """A worker that waits does not hold up the other."""
    is_first_seen = multiprocessing.get_context("fork").Event()

    def sample(index):
        return index if index else (is_first_seen.wait(100), 0)[1]

    loaded = iter(loader(torch, Computed(6, sample), in_order=False, batch_size=None))
    first = next(loaded)
    is_first_seen.set()

    assert first != 0 and sorted([first, *loaded]) == list(range(6))


def test_tensors_that_want_a_gradient(torch):
    """A leaf arrives as a leaf that wants one."""
    def sample(index):
        return torch.ones(2, requires_grad=True)

    batch = next(iter(loader(torch, Computed(2, sample), batch_size=None)))

    assert batch.requires_grad and batch.is_leaf


def test_initialisation(torch):
    """Each worker calls the function with its number, after seeding and before loading."""
    places = {}

    def set_up(worker):
        places["worker"], places["seed"] = worker, torch.initial_seed()

    def sample(index):
        info = torch.utils.data.get_worker_info()
        assert info.seed == places["seed"] and info.dataset.length == 4
        return places["worker"]

    loaded = loader(torch, Computed(4, sample), worker_init_fn=set_up, batch_size=None)

    assert list(loaded) == [0, 1, 0, 1] and places == {}


def test_threads_of_a_worker(torch):
    """Workers share the processors: each computes on one thread."""
    loaded = loader(torch, Computed(2, lambda index: torch.get_num_threads()), batch_size=None)

    assert list(loaded) == [1, 1]


def test_worker_info_prints_and_is_fixed(torch, reference):
    """What ``get_worker_info()`` gives looks like PyTorch's and cannot be changed."""
    def printed(library):
        def sample(index):
            info = library.utils.data.get_worker_info()
            try:
                info.id = 3
            except AttributeError as error:
                return repr(info).split("dataset")[0], type(error).__name__, str(error)

        library.manual_seed(0)
        return list(loader(library, Computed(2, sample), batch_size=None))

    assert printed(torch) == printed(reference)


@pytest.mark.parametrize("method", METHODS)
def test_ways_to_start(torch, method):
    """Fork, spawn and forkserver give the same."""
    dataset = torch.utils.data.TensorDataset(torch.arange(6000).reshape(6, 1000))
    loaded = loader(torch, dataset, batch_size=3, multiprocessing_context=method)

    assert [batch[:, 0].tolist() for (batch,) in loaded] == [[0, 1000, 2000], [3000, 4000, 5000]]


def test_what_cannot_be_sent_to_a_spawned_worker(torch):
    """A warning says why starting fails, and no process stays."""
    dataset = Computed(2, lambda index: index)

    with pytest.warns(UserWarning, match="Got pickle error when attempting to start a worker"):
        with pytest.raises((AttributeError, pickle.PicklingError)):
            iter(loader(torch, dataset, multiprocessing_context="spawn"))
    assert multiprocessing.active_children() == []


def test_persistent_workers_stay(torch):
    """The processes, and what the dataset keeps in them, are there in the next pass."""
    def sample(index):
        seen.append(index)
        return len(seen)

    seen = []
    loaded = loader(torch, Computed(2, sample), batch_size=None, persistent_workers=True)
    pids = [[worker.pid for worker in iter(loaded)._workers] for _ in range(2)]

    assert pids[0] == pids[1]
    assert next(iter(loaded)) > 1


def test_pass_that_is_left_halfway(torch):
    """The next pass of persistent workers starts from the beginning."""
    loaded = loader(torch, Computed(20, lambda index: index), persistent_workers=True)
    for _ in range(3):
        taken = [batch.item() for batch, _ in zip(loaded, range(5), strict=False)]
        assert taken == [0, 1, 2, 3, 4]

    assert [batch.item() for batch in loaded] == list(range(20))


def test_workers_end_with_their_pass(torch):
    """After the last batch no process is left."""
    list(loader(torch, Computed(3, lambda index: index)))

    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("persistent", [False, True])
def test_workers_end_when_nobody_wants_them(torch, persistent):
    """An iterator that is dropped halfway takes its processes with it."""
    loaded = loader(torch, Computed(100, lambda index: torch.ones(9000)), num_workers=2,
                    persistent_workers=persistent)
    iterator = iter(loaded)
    next(iterator)
    dropped = weakref.ref(iterator)
    del iterator, loaded

    assert is_collected(dropped)
    assert multiprocessing.active_children() == []


def test_two_loaders_side_by_side(torch):
    """Workers of one loader do not keep those of another alive."""
    first, second = (loader(torch, Computed(9, lambda index: index)) for _ in range(2))
    pairs = [(one.item(), other.item()) for one, other in zip(first, second, strict=True)]

    assert pairs == [(index, index) for index in range(9)]
    assert multiprocessing.active_children() == []


def test_long_lists_of_indices(torch):
    """Tasks larger than any socket's room neither block nor get lost."""
    batches = [list(range(k, k + 60_000)) for k in range(12)]
    loaded = loader(torch, Computed(10**6, lambda index: index), batch_sampler=batches,
                    collate_fn=lambda samples: "x" * 300_000 + str(samples[0]),
                    prefetch_factor=6)

    assert [text[300_000:] for text in loaded] == [str(k) for k in range(12)]


def test_fork_after_threads_have_computed(tapegrad):
    """Locks that other threads hold at the fork hold up no worker."""
    def keep_drawing():
        while not is_enough.is_set():
            tapegrad.randn(200_000)

    a = tapegrad.randn(400, 400)
    expected = [(a @ a).sum().item()] * 4
    is_enough = threading.Event()
    threads = [threading.Thread(target=keep_drawing) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        dataset = Computed(4, lambda index: (a @ a).sum().item() + 0 * tapegrad.rand(()).item())
        loaded = loader(tapegrad, dataset, batch_size=None, timeout=300)
        sums = [list(loaded) for _ in range(3)]
    finally:
        is_enough.set()
        for thread in threads:
            thread.join()

    np.testing.assert_allclose(sums, [expected] * 3, rtol=1e-4)
