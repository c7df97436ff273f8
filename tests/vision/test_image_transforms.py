"""What is done to a picture before training, against operations on its numbers."""

import numpy as np
import pytest


@pytest.fixture
def transforms(tapegrad):
    """The namespace under test."""
    return tapegrad.vision.transforms


def random_bytes(*shape):
    """Values of pixels."""
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3)])
def test_bytes_become_fractions(reference, transforms, shape):
    """Bytes come out channel first and divided by 255, as in PyTorch's arithmetic."""
    pixels = random_bytes(*shape)
    planes = reference.from_numpy(pixels.reshape(4, 5, -1)).permute(2, 0, 1)
    image = transforms.ToTensor()(pixels)

    np.testing.assert_array_equal(image.numpy(), planes.float().div(255).numpy())


def test_floats_keep_their_values(tapegrad, transforms):
    """An array of floats is only turned; its dtype stays."""
    values = np.random.default_rng(0).random((3, 2, 4))
    image = transforms.ToTensor()(values)

    assert image.dtype is tapegrad.float64
    np.testing.assert_array_equal(image.numpy(), values.transpose(2, 0, 1))


def test_default_dtype_is_used(tapegrad, transforms):
    """Fractions of bytes have the default dtype."""
    tapegrad.set_default_dtype(tapegrad.float64)
    try:
        image = transforms.ToTensor()(random_bytes(2, 2))
    finally:
        tapegrad.set_default_dtype(tapegrad.float32)

    assert image.dtype is tapegrad.float64


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_pillow_pictures(transforms, mode, channels):
    """A picture of Pillow has its bands as channels."""
    Image = pytest.importorskip("PIL.Image")
    pixels = random_bytes(3, 4) if channels == 1 else random_bytes(3, 4, channels)
    image = transforms.ToTensor()(Image.fromarray(pixels, mode=None))

    assert Image.fromarray(pixels).mode == mode
    assert image.shape == (channels, 3, 4)
    expected = pixels.reshape(3, 4, -1).transpose(2, 0, 1) / np.float32(255)
    np.testing.assert_array_equal(image.numpy(), expected)


def test_black_and_white_picture(transforms):
    """The two values of a picture of bits are zero and one."""
    Image = pytest.importorskip("PIL.Image")
    bits = np.array([[True, False], [False, True]])
    image = transforms.ToTensor()(Image.fromarray(bits))

    assert image.tolist() == [[[1.0, 0.0], [0.0, 1.0]]]


def test_no_picture(transforms):
    """What is neither picture nor array of one raises."""
    with pytest.raises(TypeError, match=r"^pic should be PIL Image or ndarray. Got <class 'list'>"):
        transforms.ToTensor()([[1]])
    with pytest.raises(ValueError, match=r"^pic should be 2/3 dimensional. Got 1 dimensions.$"):
        transforms.ToTensor()(np.zeros(3))


@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 3, 4, 5)])
def test_normalize(tapegrad, reference, transforms, shape):
    """Each channel is shifted and scaled with its own numbers, which leaves the input alone."""
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    mean, std = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
    per_channel = [reference.tensor(one).view(3, 1, 1) for one in (mean, std)]
    expected = (reference.from_numpy(values) - per_channel[0]) / per_channel[1]
    given = tapegrad.from_numpy(values.copy())
    image = transforms.Normalize(mean, std)(given)

    np.testing.assert_array_equal(image.numpy(), expected.numpy())
    np.testing.assert_array_equal(given.numpy(), values)


def test_normalize_inplace(tapegrad, transforms):
    """In place, the result is the input."""
    given = tapegrad.ones(1, 2, 2)
    image = transforms.Normalize((0.5,), (0.25,), inplace=True)(given)

    assert image is given
    assert given.tolist() == [[[2.0, 2.0], [2.0, 2.0]]]


def test_normalize_refuses(tapegrad, transforms):
    """What has no channels, no fractions or no spread raises before anything is written."""
    normalize = transforms.functional.normalize
    image = tapegrad.ones(1, 2, 2)
    with pytest.raises(TypeError, match=r"^img should be Tensor Image. Got <class 'int'>$"):
        normalize(1, [0.5], [0.5])
    with pytest.raises(TypeError, match=r"^Input tensor should be a float tensor. Got torch.uint8"):
        normalize(image.byte(), [0.5], [0.5])
    with pytest.raises(ValueError, match=r"^Expected tensor to be a tensor image of size"):
        normalize(image[0], [0.5], [0.5])
    with pytest.raises(ValueError, match="^std evaluated to zero after conversion to torch.fl"):
        normalize(image, [0.5], [0.0], inplace=True)

    assert image.eq(1).all()


def test_compose_and_lambda(transforms):
    """Transforms are applied in their order; any function can be one."""
    both = transforms.Compose([transforms.Lambda(lambda x: x + 1), lambda x: x * 10])

    assert both(2) == 30
    with pytest.raises(TypeError, match="^Argument lambd should be callable, got 'int'$"):
        transforms.Lambda(3)


def test_printed_forms(transforms):
    """Each transform prints its arguments, a chain one a line."""
    chain = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,)), transforms.Lambda(abs)]
    )

    assert repr(chain) == (
        "Compose(\n    ToTensor()\n    Normalize(mean=(0.1307,), std=(0.3081,))\n    Lambda()\n)"
    )
