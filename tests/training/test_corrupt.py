"""Pictures that cannot be read."""

import pytest
from training_samples import make

Image = pytest.importorskip("PIL.Image", reason="needs the package pillow")


@pytest.fixture
def pictures(tapegrad, tmp_path):
    """Twelve pictures in files; numbers 2, 3, 4 and 5 are cut off, empty, none, and missing."""
    files = [tmp_path / f"{k}.png" for k in range(12)]
    for k, file in enumerate(files):
        Image.new("RGB", (8, 8), (k * 20, 0, 0)).save(file)
    files[2].write_bytes(files[2].read_bytes()[:50])
    files[3].write_bytes(b"")
    files[4].write_bytes(b"no picture")
    files[5].unlink()

    class Pictures(tapegrad.utils.data.Dataset):
        samples = [(str(file), k % 2) for k, file in enumerate(files)]

        def __len__(self):
            return len(self.samples)

        def __getitem__(self, index):
            path, target = self.samples[index]
            with Image.open(path) as picture:
                red, _, _ = picture.convert("RGB").getpixel((0, 0))
            return tapegrad.full((4,), red / 255), target

    return Pictures()


def test_named(tapegrad, training, pictures):
    """The first one that cannot be read is named by its file, with the reason."""
    readable = training.Readable(pictures)
    loader = tapegrad.utils.data.DataLoader(readable, 4)
    with pytest.raises(training.CorruptSampleError, match=r"2\.png cannot be read: ") as caught:
        list(loader)

    assert isinstance(caught.value.__cause__, (OSError, SyntaxError))
    with pytest.raises(training.CorruptSampleError, match=r"5\.png cannot be read: .*No such file"):
        readable[5]


def test_named_in_subsets(tapegrad, training, pictures):
    """Subsets of subsets name the file as well; what has no file is named by its number."""
    subset = tapegrad.utils.data.Subset(tapegrad.utils.data.Subset(pictures, [9, 3, 1]), [1])

    class Plain:
        def __getitem__(self, index):
            raise OSError("gone")

    with pytest.raises(training.CorruptSampleError, match=r"3\.png cannot be read"):
        training.Readable(subset)[0]
    with pytest.raises(training.CorruptSampleError, match="^sample 7 cannot be read: gone$"):
        training.Readable(Plain())[7]


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("options", [{}, {"num_workers": 1, "multiprocessing_context": "fork"}])
def test_skipped(tapegrad, training, pictures, options):
    """Batches lose what cannot be read, and a batch of which nothing is left is left out."""
    loader = tapegrad.utils.data.DataLoader(training.Readable(pictures, "skip"), 2, **options)
    with pytest.warns(UserWarning, match="left out") as caught:
        batches = list(training.readable_batches(loader))
    reds = [[round(value * 255 / 20) for value in x[:, 0].tolist()] for x, _ in batches]

    assert reds == [[0, 1], [6, 7], [8, 9], [10, 11]]
    texts = "\n".join(str(one.message) for one in caught)
    assert "batch 1 is left out" in texts and "batch 2 is left out" in texts
    assert options or all(f"{k}.png" in texts for k in (2, 3, 4, 5))


def test_skipped_in_training(tapegrad, training, pictures):
    """A training goes on without them; in a batch of its own each sample counts."""
    loader = tapegrad.utils.data.DataLoader(training.Readable(pictures, "skip"), 3)
    trainer = make(tapegrad)
    with pytest.warns(UserWarning, match="left out"):
        trainer.fit(loader, loader, epochs=1)

    assert trainer.mean.count == 8
    assert trainer.position.step == 3


def test_mistakes_are_raised(tapegrad, training):
    """Only what says that a file is unreadable is passed over."""
    class Wrong:
        def __getitem__(self, index):
            raise TypeError("a mistake")

    with pytest.raises(TypeError, match="a mistake"):
        training.Readable(Wrong(), "skip").__getitems__([0, 1])
    with pytest.raises(ValueError, match="on_corrupt must be"):
        training.Readable(Wrong(), "ignore")
