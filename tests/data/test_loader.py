"""Loaders without workers: order, batches, random numbers afterwards, refusals and warnings."""

import pickle

import pytest
from beside import assert_alike
from support import assert_same

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies

SET_UP = """
globals().update({name: item for name, item in vars(torch.utils.data).items() if name[0] != "_"})
x = torch.arange(22.).reshape(11, 2)
y = torch.arange(11)
plain = TensorDataset(x, y)
class Drawing(Sampler):
    def __iter__(self): return iter(torch.randperm(5).tolist())
    def __len__(self): return 5
class Stream(IterableDataset):
    def __iter__(self): return iter(range(7))
class Sized(Stream):
    def __len__(self): return 7
class Failing(Dataset):
    def __getitem__(self, index): return {}[index]
    def __len__(self): return 3
class AtOnce(Failing):
    def __getitems__(self, indices): return [10 * index for index in indices]
class Scaled(TensorDataset):
    def __getitem__(self, index): return tuple(10 * one for one in super().__getitem__(index))
def passes(**options):
    loader = DataLoader(options.pop("dataset", plain), **options)
    return [*loader], [*loader], torch.rand(1)
"""


@pytest.mark.parametrize("code", [
    "passes()",
    "passes(batch_size=4)",
    "passes(batch_size=4, drop_last=True)",
    "passes(batch_size=4, shuffle=True)",
    "passes(batch_size=4, shuffle=True, generator=torch.Generator().manual_seed(3))",
    "passes(batch_size=None)",
    "passes(batch_size=None, shuffle=True)",
    "passes(batch_size=None, sampler=[[0, 3], [5]])",
    "passes(sampler=[3, 1, -1], batch_size=2)",
    "passes(sampler=Drawing(), batch_size=2)",
    "passes(sampler=WeightedRandomSampler([1.] * 11, 20), batch_size=8)",
    "passes(sampler=RandomSampler(plain, True, 20), batch_size=8)",
    "passes(sampler=DistributedSampler(plain, 3, 1), batch_size=2)",
    "passes(batch_sampler=[[0, 2], [4, 1, 3], (5,)])",
    "passes(batch_sampler=BatchSampler(Drawing(), 2, False))",
    "passes(batch_size=4, collate_fn=lambda samples: [one[0] for one in samples])",
    "passes(dataset=range(5), batch_size=2)",
    "passes(dataset='hello', batch_size=2)",
    "passes(dataset={'a': 1, 'b': 2}, sampler=['b', 'a'], batch_size=2)",
    "passes(dataset=Subset(plain, [8, 3, 1]), batch_size=2)",
    "passes(dataset=Subset(plain, [8, 3, 1]), batch_size=2, shuffle=True)",
    "passes(dataset=ConcatDataset([plain, plain]), batch_size=6, shuffle=True)",
    "passes(dataset=StackDataset(plain, y), batch_size=6, shuffle=True)",
    "passes(dataset=AtOnce(), batch_size=2)",
    "passes(dataset=Scaled(x, y), batch_size=4)",
    "passes(dataset=Stream(), batch_size=3)",
    "passes(dataset=Stream(), batch_size=3, drop_last=True)",
    "passes(dataset=Stream(), batch_size=None)",
    "passes(dataset=TensorDataset(x, torch.ones(11, requires_grad=True)), batch_size=4)",
    "passes(dataset=TensorDataset(torch.rand(3, 0, 2), torch.tensor([True, False, True])))",
    "[len(DataLoader(plain, b, drop_last=d)) for b in (1, 4, 11) for d in (True, False)]",
    "[len(DataLoader(Sized(), b, drop_last=d)) for b in (1, 4, 7) for d in (True, False)]",
    "len(DataLoader(Sized(), None)), len(DataLoader(plain, None)), len(iter(DataLoader(plain, 4)))",
    "len(DataLoader(Stream()))",
    "len(DataLoader(plain, batch_sampler=iter([[1]])))",
    "list(DataLoader(Failing()))",
    "list(DataLoader(plain, sampler=[11]))",
    "list(DataLoader(plain, batch_sampler=[[1, 12]]))",
    "list(DataLoader(plain, batch_sampler=[[]]))",
    "list(DataLoader([None]))",
    "list(DataLoader([[1], [1, 2]], batch_size=2))",
    "DataLoader(plain, num_workers=-1)",
    "DataLoader(plain, timeout=-1)",
    "list(DataLoader(plain, timeout=1))",
    "DataLoader(plain, prefetch_factor=2)",
    "DataLoader(plain, num_workers=1, prefetch_factor=-1)",
    "DataLoader(plain, persistent_workers=True)",
    "DataLoader(plain, multiprocessing_context='fork')",
    "DataLoader(plain, num_workers=1, multiprocessing_context='threads')",
    "DataLoader(plain, num_workers=1, multiprocessing_context=3)",
    "DataLoader(plain, shuffle=True, sampler=[1])",
    "DataLoader(plain, sampler=[1], batch_sampler=[[1]])",
    "DataLoader(plain, batch_size=2, batch_sampler=[[1]])",
    "DataLoader(plain, drop_last=True, batch_sampler=[[1]])",
    "DataLoader(plain, batch_size=None, drop_last=True)",
    "DataLoader(plain, batch_size=0)",
    "DataLoader(plain, batch_size=2.5)",
    "DataLoader(plain, drop_last=3)",
    "DataLoader([], shuffle=True)",
    "list(DataLoader([]))",
    "DataLoader(Stream(), shuffle=True)",
    "DataLoader(Stream(), shuffle=False).batch_size",
    "DataLoader(Stream(), sampler=[1])",
    "DataLoader(Stream(), batch_sampler=[[1]])",
    *(f"DataLoader(plain).{name} = 3" for name in (
        "batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")),
    "loader = DataLoader(plain); loader.collate_fn = len; next(iter(loader))",
    "loader = DataLoader(plain, 3, batch_sampler=None); loader.batch_sampler.batch_size",
    "[DataLoader(plain, num_workers=n).prefetch_factor or -1 for n in (0, 1)]",
    "import pickle; pickle.dumps(iter(DataLoader(plain)))",
    "get_worker_info()",
])
def test_loaders_beside_pytorch(torch, reference, code):
    """Batches, order, random numbers afterwards and refusals are PyTorch's."""
    assert_alike(SET_UP + code, torch, reference)


@hypothesis.settings(deadline=None)
@hypothesis.given(n=st.integers(1, 40), batch_size=st.none() | st.integers(1, 9),
                  shuffle=st.booleans(), drop_last=st.booleans(), own=st.booleans())
def test_any_loader(torch, reference, n, batch_size, shuffle, drop_last, own):
    """Two passes with the same seed give PyTorch's batches and leave PyTorch's generators."""
    hypothesis.assume(batch_size or not drop_last)

    def batches(library):
        library.manual_seed(2)
        generator = library.Generator().manual_seed(3)
        dataset = library.utils.data.TensorDataset(library.arange(n), library.arange(2 * n)[::2])
        loader = library.utils.data.DataLoader(
            dataset, batch_size, shuffle, drop_last=drop_last, generator=generator if own else None)
        return [*loader], [*loader], library.rand(1), library.rand(1, generator=generator)

    assert_same(batches(torch), batches(reference))


def test_rows_are_copies(torch):
    """Writing into a batch leaves the dataset as it was."""
    x = torch.zeros(4, 2)
    for (batch,) in torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), 2):
        batch += 1

    assert x.sum().item() == 0


def test_class_of_a_batch_of_rows(torch):
    """Rows of a tensor class are stacked one by one, so the class has its say."""
    parameter = torch.nn.Parameter(torch.ones(3, 2))
    (batch,) = next(iter(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(parameter))))

    assert batch.requires_grad and batch.grad_fn is not None


def test_loaders_can_be_pickled(torch):
    """A loader is only a plan: it may be sent to another process."""
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.arange(4)), 2)
    again = pickle.loads(pickle.dumps(loader))

    assert_same(list(again), list(loader))


def test_loaders_take_type_arguments(torch):
    """Annotations may say what a loader gives."""
    data = torch.utils.data

    assert data.DataLoader[int] and data.Dataset[int] and data.IterableDataset[int]


class TestWarnings:
    def test_of_a_stream_longer_than_it_says(self, torch):
        """A stream that was asked for its length and goes on after it is warned of."""
        class Liar(torch.utils.data.IterableDataset):
            def __len__(self):
                return 1

            def __iter__(self):
                return iter(range(2))

            def __repr__(self):
                return "<liar>"

        loader = torch.utils.data.DataLoader(Liar(), batch_size=None)
        assert len(loader) == 1
        text = (r"^Length of IterableDataset <liar> was reported to be 1\(when accessing "
                r"len\(dataloader\)\), but 2 samples have been fetched\. $")

        with pytest.warns(UserWarning, match=text):
            assert list(loader) == [0, 1]

    def test_of_pinned_memory(self, torch):
        """Asked for where there is nothing but a CPU."""
        loader = torch.utils.data.DataLoader(range(2), pin_memory=True)

        with pytest.warns(UserWarning, match="'pin_memory' argument is set as true but no acceler"):
            assert len(list(loader)) == 2

    def test_of_a_device_for_pinned_memory(self, torch):
        """An argument that nobody should use any more."""
        loader = torch.utils.data.DataLoader(range(2), pin_memory=True, pin_memory_device="cuda")

        with pytest.warns(UserWarning) as noted:
            assert len(list(loader)) == 2
        assert str(noted[0].message) == (
            "pin_memory_device is deprecated, the current accelerator will be used as the device,"
            "ignore pin_memory_device='cuda'.")

    def test_of_more_workers_than_processors(self, torch):
        """Workers that only wait for each other."""
        text = ("This DataLoader will create 5000 worker processes in total. Our suggested max "
                "number of worker in current system is .*, which is smaller than what this")

        with pytest.warns(UserWarning, match=text):
            torch.utils.data.DataLoader(range(2), num_workers=5000)
