"""Transforms give what torchvision's give: images, printed forms, draws and errors."""

import json
import warnings

import numpy as np
import pytest
from transform_cases import CASES, KINDS, STORED, alike, results, summary

EXPECTED = json.loads(STORED.read_text(encoding="utf-8"))


def run(torch, vision, code, kind):
    """Results, with PyTorch's warnings left to the tests of warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return results(torch, vision, code, kind)


def assert_close(actual, expected, atol):
    """The same structure and text, numbers up to ``atol``."""
    if isinstance(expected, list | tuple):
        assert isinstance(actual, list | tuple) and len(actual) == len(expected), (actual, expected)
        for one, other in zip(actual, expected, strict=True):
            assert_close(one, other, atol)
    elif isinstance(expected, float):
        assert abs(actual - expected) <= atol + 1e-4 * abs(expected)
    elif isinstance(expected, np.ndarray):
        assert actual.dtype == expected.dtype
        difference = np.abs(actual.astype(np.float64) - expected.astype(np.float64))
        assert actual.shape == expected.shape and difference.max(initial=0) <= atol
        assert np.mean(difference > 1e-5) < 0.01
    else:
        assert actual == expected


@pytest.mark.parametrize("code", CASES)
def test_results_are_the_stored_ones(torch, vision, code):
    """Every kind of image becomes what it became in torchvision with the same seed.

    Where floats are rounded to bytes a few may round the other way.
    """
    pytest.importorskip("PIL", reason="Pillow is not installed")
    form, expected = EXPECTED[code]
    by_kind = {kind: given for kinds, given in expected.items() for kind in kinds.split(", ")}
    for kind in KINDS:
        shown, given = run(torch, vision, code, kind)
        given = given[:1] if len(given) == 2 and alike(*given) else given

        assert summary(shown) == form, shown
        assert_close(summary(given), by_kind[kind], 1e-5 if kind == "floats" else 0.01)


@pytest.mark.parametrize("code", CASES)
def test_side_by_side(tapegrad, torchvision, reference, code):
    """Pixel by pixel the results are torchvision's."""
    for kind in KINDS:
        actual = run(tapegrad, tapegrad.vision, code, kind)
        expected = run(reference, torchvision, code, kind)
        assert_close(actual, expected, 1e-5 if kind == "floats" else 1)


def test_every_transform_has_a_case(tapegrad):
    """No transform and no function is left out."""
    transforms = tapegrad.vision.transforms
    names = {f"T.{name}" for name in transforms.__all__ if name[0].isupper()}
    names |= {f"F.{name}" for name in transforms.functional.__all__ if name[0].islower()}
    exempt = {
        "T.AutoAugmentPolicy", "T.InterpolationMode", "F.center_crop", "F.convert_image_dtype",
        "F.pil_to_tensor", "F.ten_crop", "F.to_pil_image", "F.to_tensor",
    }  # fmt: skip

    text = "\n".join(CASES)
    assert {name for name in names if f"{name}(" not in text} - exempt == set()


@pytest.mark.parametrize(("call", "text"), [
    ("T.RandomResizedCrop(9, scale=(2, 1))", "Scale and ratio should be of kind (min, max)"),
    ("T.RandomErasing(ratio=(2, 1))", "Scale and ratio should be of kind (min, max)"),
    ("T.Resize(9, antialias=False)(picture)", "Anti-alias option is always applied for PIL Image "
     "input. Argument antialias is ignored."),
])  # fmt: skip
def test_warnings(vision, call, text):
    """What torchvision warns of is warned of."""
    Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    with pytest.warns(UserWarning) as caught:
        eval(call, {"T": vision.transforms, "picture": Image.new("RGB", (5, 6))})

    assert [str(each.message) for each in caught] == [text]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I", "F", "RGB", "RGBA", "CMYK", "HSV"])
def test_every_mode_becomes_a_tensor(torch, vision, torchvision, reference, mode):
    """Pictures of every mode have torchvision's values, and come back from them."""
    Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    rgb = Image.fromarray(pixels)
    picture = rgb.convert("RGBA").convert(mode) if mode == "LA" else rgb.convert(mode)
    for name in ("to_tensor", "pil_to_tensor"):
        ours = getattr(vision.transforms.functional, name)(picture)
        theirs = getattr(torchvision.transforms.functional, name)(picture)
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
        assert str(ours.dtype) == str(theirs.dtype)


def test_pictures_survive_the_way_there_and_back(torch, vision):
    """Bytes of one to four channels are the same after a picture was made of them."""
    pytest.importorskip("PIL", reason="Pillow is not installed")
    F = vision.transforms.functional
    for channels in (1, 2, 3, 4):
        image = torch.randint(0, 256, (channels, 5, 4), dtype=torch.uint8)
        assert torch.equal(F.pil_to_tensor(F.to_pil_image(image)), image)


def test_gradients_flow_through_geometry(torch, vision):
    """Tensors that want gradients can be resized, flipped, padded and turned."""
    F = vision.transforms.functional
    x = torch.rand(3, 8, 9, dtype=torch.float64, requires_grad=True)
    steps = F.rotate(F.pad(F.hflip(F.resize(x, [5, 6])), 2), 20.0, F.InterpolationMode.BILINEAR)
    steps.sum().backward()

    assert x.grad.shape == x.shape and bool((x.grad != 0).any())


def test_preparation_of_a_model(torch, vision):
    """The preparation of named weights prints as there, and gives a picture's tensor."""
    Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    prepare = vision.models.ResNet50_Weights.IMAGENET1K_V2.transforms()

    assert repr(prepare) == (
        "ImageClassification(\n    crop_size=[224]\n    resize_size=[232]\n"
        "    mean=[0.485, 0.456, 0.406]\n    std=[0.229, 0.224, 0.225]\n"
        "    interpolation=InterpolationMode.BILINEAR\n)"
    )
    assert prepare(Image.new("RGB", (300, 240))).shape == (3, 224, 224)
    assert prepare(torch.zeros(2, 3, 300, 240, dtype=torch.uint8)).shape == (2, 3, 224, 224)
