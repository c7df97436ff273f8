"""Several pictures in one, and pictures as files, against pictures put together by hand."""

import io

import numpy as np
import pytest


@pytest.fixture
def utils(tapegrad):
    """The namespace under test."""
    return tapegrad.vision.utils


def test_grid_is_rows_of_padded_pictures(tapegrad, reference, utils):
    """Padding each picture above and to the left, then joining, gives the same grid."""
    values = np.random.default_rng(0).random((5, 3, 2, 4)).astype(np.float32)
    grid = utils.make_grid(tapegrad.from_numpy(values), nrow=3, padding=1, pad_value=0.5)
    pad = reference.nn.functional.pad
    cells = [pad(one, (1, 0, 1, 0), value=0.5) for one in reference.from_numpy(values)]
    cells.append(reference.full((3, 3, 5), 0.5))
    rows = [reference.cat(cells[k : k + 3], 2) for k in (0, 3)]

    assert grid.shape == (3, 7, 16)
    np.testing.assert_array_equal(
        grid.numpy(), pad(reference.cat(rows, 1), (0, 1, 0, 1), value=0.5).numpy()
    )


@pytest.mark.parametrize("shape", [(2, 4), (1, 2, 4), (1, 1, 2, 4), (3, 2, 4), (1, 3, 2, 4)])
def test_single_picture(tapegrad, utils, shape):
    """One picture stays as it is, in three channels and without a border."""
    image = tapegrad.rand(shape)
    grid = utils.make_grid(image)

    assert grid.shape == (3, 2, 4)
    assert grid.equal(image.reshape(-1, 2, 4).expand(3, 2, 4))


def test_list_of_pictures(tapegrad, utils):
    """A list is a batch; grey pictures get three equal channels."""
    images = [tapegrad.rand(1, 2, 2) for _ in range(3)]
    grid = utils.make_grid(images)

    assert grid.equal(utils.make_grid(tapegrad.stack(images)))
    assert grid[0].equal(grid[2])
    assert grid.shape == (3, 6, 14)


@pytest.mark.parametrize("scale_each", [False, True])
def test_normalized_grid(tapegrad, reference, utils, scale_each):
    """Values are stretched to [0, 1], of all pictures or of each, and the input is left alone."""
    values = np.random.default_rng(0).normal(size=(2, 3, 2, 2)).astype(np.float32)
    given = tapegrad.from_numpy(values.copy())
    grid = utils.make_grid(given, padding=0, normalize=True, scale_each=scale_each)
    images = reference.from_numpy(values)
    over = (1, 2, 3) if scale_each else (0, 1, 2, 3)
    low, high = images.amin(over, keepdim=True), images.amax(over, keepdim=True)

    expected = reference.cat(tuple((images - low) / (high - low)), 2).numpy()
    np.testing.assert_allclose(grid.numpy(), expected, rtol=3e-7)
    np.testing.assert_array_equal(given.numpy(), values)


def test_value_range(tapegrad, utils):
    """What lies outside the given range is cut off."""
    image = tapegrad.tensor([-2.0, 0.0, 1.0, 9.0]).reshape(1, 2, 2).expand(3, 2, 2)
    grid = utils.make_grid(image, normalize=True, value_range=(-1, 3))

    assert grid[0].tolist() == [[0.0, 0.25], [0.5, 1.0]]


def test_grid_is_no_part_of_a_graph(tapegrad, utils):
    """Making a grid records nothing."""
    grid = utils.make_grid(tapegrad.rand(2, 3, 2, 2, requires_grad=True))

    assert not grid.requires_grad


def test_no_pictures(utils):
    """What is neither tensor nor list of tensors raises, as a range that is no tuple does."""
    with pytest.raises(TypeError, match=r"^tensor or list of tensors expected, got <class 'int'>$"):
        utils.make_grid(3)
    with pytest.raises(TypeError, match=r"^tensor or list of tensors expected, got <class 'list'>"):
        utils.make_grid([3])


def test_range_must_be_a_tuple(tapegrad, utils):
    """A range given as a list raises."""
    with pytest.raises(TypeError, match="^value_range has to be a tuple"):
        utils.make_grid(tapegrad.rand(3, 2, 2), normalize=True, value_range=[0, 1])


def test_saved_picture(tapegrad, utils, tmp_path):
    """A saved picture holds the grid in bytes, rounded and cut off."""
    Image = pytest.importorskip("PIL.Image")
    image = tapegrad.tensor([[[-1.0, 0.0, 0.25, 0.5]], [[0.1, 0.2, 0.3, 0.4]], [[0.9, 1, 1.1, 2]]])
    utils.save_image(image, tmp_path / "one.png")

    with Image.open(tmp_path / "one.png") as saved:
        assert np.array(saved).transpose(2, 0, 1).tolist() == [
            [[0, 0, 64, 128]], [[26, 51, 77, 102]], [[230, 255, 255, 255]]
        ]  # fmt: skip


def test_saved_to_a_stream(tapegrad, utils):
    """A stream takes the picture in the format that is named, arranged as asked."""
    Image = pytest.importorskip("PIL.Image")
    stream = io.BytesIO()
    utils.save_image(tapegrad.rand(4, 1, 5, 5), stream, format="png", nrow=2, padding=0)

    with Image.open(stream) as saved:
        assert saved.size == (10, 10) and saved.format == "PNG"
