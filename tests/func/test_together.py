"""``vmap`` by the launches of the first sample: when, and that it is what each sample gives."""

import threading

import pytest


class Counted:
    """A function that knows how often it was called."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, *args):
        self.calls += 1
        return self.function(*args)


def mapped(tapegrad, function, *batches, **options):
    """Map a function; check its results against single calls; give how often mapping called it."""
    counted = Counted(function)
    found = tapegrad.vmap(counted, **options)(*[one.clone() for one in batches])
    single = [function(*[one[k].clone() for one in batches]) for k in range(len(batches[0]))]
    tapegrad.testing.assert_close(found, tapegrad.stack(single))
    return counted.calls


@pytest.fixture
def x(tapegrad):
    """Give a batch of five samples."""
    tapegrad.manual_seed(0)
    return tapegrad.randn(5, 4)


@pytest.fixture
def w(tapegrad):
    """Give a matrix that samples share."""
    return tapegrad.randn(4, 3, generator=tapegrad.Generator().manual_seed(1))


class TestOneCall:
    """Functions that are called once for all samples."""

    def test_elements_rows_and_products(self, tapegrad, x, w):
        """Element by element, over rows, with a shared matrix."""
        assert mapped(tapegrad, lambda a: (a * 2).exp(), x) == 1
        assert mapped(tapegrad, lambda a: a.softmax(0).cumsum(0), x) == 1
        assert mapped(tapegrad, lambda a: (a @ w).tanh(), x) == 1
        assert mapped(tapegrad, lambda a: w.t() @ a, x) == 1
        assert mapped(tapegrad, lambda a: a.outer(a) @ w, x) == 1

    def test_views_and_turned_results(self, tapegrad, x):
        """Results that lie in a larger buffer, or in another order than row by row."""
        assert mapped(tapegrad, lambda a: (a + 1)[1:3], x) == 1
        assert mapped(tapegrad, lambda a: (a + 1).view(2, 2).t(), x) == 1
        assert mapped(tapegrad, lambda a: a.view(2, 2).t().contiguous(), x) == 1
        assert mapped(tapegrad, lambda a: tapegrad.rot90(a.view(2, 2)), x) == 1

    def test_gradients_of_samples(self, tapegrad, x, w):
        """A sweep inside, by what samples share and by what they do not."""
        grad = tapegrad.func.grad
        assert mapped(tapegrad, lambda a: grad(lambda m: (a @ m).square().sum())(w), x) == 1
        assert mapped(tapegrad, grad(lambda a: (a @ w).sin().sum()), x) == 1
        assert mapped(tapegrad, lambda a: grad(grad(lambda s: s**3))(a[0]), x) == 1

    def test_numbers_made_inside(self, tapegrad, x):
        """Literals are read, zeros are written before they are added to."""
        assert mapped(tapegrad, lambda a: a * tapegrad.tensor([1.0, 2.0, 3.0, 4.0]), x) == 1
        assert mapped(tapegrad, lambda a: tapegrad.zeros(4).add_(a).mul_(2), x) == 1
        assert mapped(tapegrad, lambda a: tapegrad.zeros(6).index_add(0, tapegrad.arange(4), a),
                      x) == 1

    def test_shared_memory_that_changes_on_the_way(self, tapegrad, x):
        """What samples share is computed again too, for it may be overwritten between two reads."""
        def twice(a):
            shared = tapegrad.ones(4)
            first = a + shared
            shared.mul_(3)
            return first + shared

        assert mapped(tapegrad, twice, x) == 1

    def test_stretches(self, tapegrad, w):
        """Samples in stretches of any size, the last of which may be smaller."""
        x = tapegrad.randn(7, 4)
        for size in (1, 2, 3, 7, 100):
            assert mapped(tapegrad, lambda a: (a @ w).exp().sum(0), x, chunk_size=size) == 1

    def test_more_samples_than_go_together(self, tapegrad):
        """A batch that takes more memory than one stretch may."""
        x = tapegrad.randn(40, 100, 100)

        assert mapped(tapegrad, lambda a: (a @ a).relu().sum(1), x) == 1

    def test_result_of_an_argument_is_a_copy(self, tapegrad, x):
        """Writing to a result does not write to the batch."""
        before = x.clone()
        tapegrad.vmap(lambda a: a)(x).zero_()

        assert x.equal(before)

    def test_classes_of_samples(self, tapegrad):
        """Cross entropy over rows, of which logarithms or targets are shared."""
        scores, target = tapegrad.randn(5, 6, 3), tapegrad.randint(0, 3, (5, 6))
        entropy = tapegrad.nn.functional.cross_entropy
        slope = tapegrad.func.grad(entropy)

        assert mapped(tapegrad, slope, scores, target) == 1
        assert mapped(tapegrad, lambda s: slope(s, target[0]), scores) == 1
        assert mapped(tapegrad, lambda t: slope(scores[0], t), target) == 1


class TestCallForEach:
    """Functions that do more than launches, and are called for each sample."""

    def test_values_read(self, tapegrad, x):
        """Numbers of Python, arrays and branches depend on the sample."""
        assert mapped(tapegrad, lambda a: a * a.sum().item(), x) == 5
        assert mapped(tapegrad, lambda a: a * float(a[0]), x) == 5
        assert mapped(tapegrad, lambda a: a if a.sum() > 0 else -a, x) == 5
        assert mapped(tapegrad, lambda a: tapegrad.tensor(a.tolist()) * 2, x) == 5
        assert mapped(tapegrad, lambda a: tapegrad.from_numpy(a.numpy() + 1), x) == 5

    def test_computed_by_numpy(self, tapegrad):
        """What a library outside computes is in no log."""
        x = tapegrad.eye(3).expand(4, 3, 3) * tapegrad.arange(1.0, 5).view(4, 1, 1)

        assert mapped(tapegrad, tapegrad.linalg.matrix_rank, x) == 4

    def test_shapes_that_depend_on_values(self, tapegrad):
        """As many elements as are chosen."""
        x = tapegrad.tensor([[1, 0, 2], [0, 3, 4]])

        assert mapped(tapegrad, lambda a: a[a > 0], x) == 2

    def test_written_argument(self, tapegrad, x):
        """Each sample of the batch is written to, the first one too."""
        expected = x + 1
        counted = Counted(lambda a: a.add_(1).sum())
        found = tapegrad.vmap(counted)(x)

        assert counted.calls == 5
        assert x.equal(expected)
        tapegrad.testing.assert_close(found, expected.sum(1))

    def test_written_capture(self, tapegrad, x):
        """A sum over the samples outside of the function."""
        total = tapegrad.zeros(4)
        tapegrad.vmap(lambda a: total.add_(a).sum())(x)

        tapegrad.testing.assert_close(total, x.sum(0))

    def test_kept_value(self, tapegrad, x):
        """What a function leaves behind is that of the last sample."""
        kept = {}

        def remember(a):
            kept["last"] = a * 2
            return a + 1

        tapegrad.vmap(remember)(x)
        assert kept["last"].equal(x[-1] * 2)

    def test_gradients_left_at_leaves(self, tapegrad, x, w):
        """`backward` inside adds up at a leaf outside."""
        w.requires_grad_()

        def step(a):
            (a @ w).sum().backward()
            return a

        tapegrad.vmap(step)(x)
        tapegrad.testing.assert_close(w.grad, x.sum(0)[:, None].expand(4, 3))

    def test_random_numbers(self, tapegrad, x):
        """A draw moves a generator on."""
        counted = Counted(lambda a: a * tapegrad.rand(4))
        tapegrad.vmap(counted, randomness="different")(x)

        assert counted.calls == 5

    def test_graph_outside(self, tapegrad, x, w):
        """Results that are differentiated afterwards."""
        w.requires_grad_()
        counted = Counted(lambda a: (a @ w).sum())
        tapegrad.vmap(counted)(x).sum().backward()

        assert counted.calls == 5
        tapegrad.testing.assert_close(w.grad, x.sum(0)[:, None].expand(4, 3))

    def test_running_statistics(self, tapegrad):
        """A batch norm that trains counts each sample."""
        norm = tapegrad.nn.BatchNorm1d(3)
        x = tapegrad.randn(4, 6, 3)
        expected = tapegrad.nn.BatchNorm1d(3)
        for one in x:
            expected(one)
        with tapegrad.no_grad():
            tapegrad.vmap(norm)(x)

        assert norm.num_batches_tracked == 4
        tapegrad.testing.assert_close(norm.running_mean, expected.running_mean)


def test_refused_sample_is_named(tapegrad):
    """A wrong class in the last sample raises what that sample raises."""
    target = tapegrad.tensor([0, 1, 7])

    with pytest.raises(IndexError, match="Target 7 is out of bounds"):
        tapegrad.vmap(tapegrad.nn.functional.cross_entropy)(tapegrad.randn(3, 4), target)


def test_error_ends_the_recording(tapegrad, x):
    """After an exception inside, launches are recorded no more."""
    with pytest.raises(ZeroDivisionError):
        tapegrad.vmap(lambda a: a * (1 / 0))(x)

    with tapegrad._kernels.record_launches() as log:
        x + 1
    assert len(log) == 1
    assert mapped(tapegrad, lambda a: a + 1, x) == 1


def test_nested_maps(tapegrad):
    """The launches of an inner map are launches of the outer one."""
    x = tapegrad.randn(3, 4, 5)
    inner = Counted(lambda a: a.exp().sum())
    outer = Counted(tapegrad.vmap(inner))
    found = tapegrad.vmap(outer)(x)

    assert (outer.calls, inner.calls) == (1, 4)
    tapegrad.testing.assert_close(found, x.exp().sum(-1))


def test_other_threads_are_no_part_of_it(tapegrad, x, w):
    """Threads that map and compute at the same time get what they get alone."""
    wrong = []
    expected = (x @ w).exp().sum(1)

    def work():
        for _ in range(200):
            found = tapegrad.vmap(lambda a: (a @ w).exp().sum())(x)
            if not tapegrad.allclose(found, expected):
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong


def test_functions_of_much_memory_are_called_for_each(tapegrad, monkeypatch):
    """The buffers of a recorded sample stay alive, so there is a limit to them."""
    monkeypatch.setattr(tapegrad._kernels.record_sample, "MOST_BYTES", 50_000)
    x = tapegrad.randn(4, 100, 100)

    assert mapped(tapegrad, lambda a: (a + 1).exp().sum(), x) == 4
    assert mapped(tapegrad, lambda a: (a[0] + 1).exp().sum(), x) == 1


def test_memory_does_not_stay(tapegrad, x):
    """No buffer of the samples outlives the results."""
    def live():
        return tapegrad.vmap(lambda a: (a[:, None] * a).exp().sum(0))(tapegrad.randn(50, 100))

    import tracemalloc
    live()
    tracemalloc.start()
    live()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(5):
        live()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert after - before < 100_000
