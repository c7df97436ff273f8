"""What transforms are called with, and ``transforms.json``: what torchvision 0.28 gave.

``python tests/vision/transforms/transform_cases.py`` writes the file, where torchvision and
scikit-learn are installed.
"""

import hashlib
import json
import random
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

STORED = Path(__file__).with_name("transforms.json")
KINDS = ("bytes", "floats", "picture", "grey", "array")

CORNERS = [[0, 0], [44, 0], [44, 39], [0, 39]]

# Expressions for a function of an image: ``T`` are the transforms, ``F`` the functions.
CASES = """
T.Resize(20)
T.Resize((17, 31))
T.Resize((17, 31), antialias=False)
T.Resize(20, max_size=21)
T.Resize(60, T.InterpolationMode.BICUBIC)
T.Resize(10, T.InterpolationMode.BICUBIC)
T.Resize(10, T.InterpolationMode.NEAREST)
T.Resize(10, T.InterpolationMode.NEAREST_EXACT)
T.Resize(10, T.InterpolationMode.LANCZOS)
T.Resize(10, 4)
T.Resize([30], max_size=30)
T.Resize((3, 4, 5))
T.Resize("x")
T.Resize((3, 4), max_size=9)
T.CenterCrop(20)
T.CenterCrop((50, 11))
T.CenterCrop((1, 2, 3))
T.Pad(3)
T.Pad((3, 4), fill=7)
T.Pad((1, 2, 3, 4), fill=(1, 2, 3))
T.Pad(5, padding_mode="edge")
T.Pad(5, padding_mode="reflect")
T.Pad((1, 2, 3, 4), padding_mode="symmetric")
T.Pad((-2, 3, 4, -5), padding_mode="symmetric")
T.Pad((-2, 3, 4, -5), padding_mode="edge")
T.Pad((-2, 3, 4, -5))
T.Pad((1, 2, 3))
T.Pad("x")
T.Pad(3, fill="x")
T.Pad(3, padding_mode="q")
T.RandomCrop(16)
T.RandomCrop((16, 20), padding=4)
T.RandomCrop(50, pad_if_needed=True, padding_mode="reflect")
T.RandomCrop(100)
T.RandomResizedCrop(16)
T.RandomResizedCrop((16, 20), scale=(0.5, 1), ratio=(5, 6))
T.RandomResizedCrop(16, scale=3)
T.RandomResizedCrop(16, ratio=3)
T.RandomHorizontalFlip()
T.RandomVerticalFlip(0.7)
T.ColorJitter(0.4, 0.4, 0.4, 0.1)
T.ColorJitter(brightness=(0.5, 2))
T.ColorJitter(hue=0.5)
T.ColorJitter(hue=0.6)
T.ColorJitter(brightness=-1)
T.ColorJitter(contrast="x")
T.ColorJitter(saturation=(2, 1))
T.Grayscale()
T.Grayscale(3)
T.Grayscale(2)
T.RandomGrayscale(0.9)
T.RandomInvert(0.9)
T.RandomRotation(30)
T.RandomRotation((10, 80), T.InterpolationMode.BILINEAR, expand=True)
T.RandomRotation(45, expand=True, fill=9)
T.RandomRotation(45, center=(3, 4), fill=(1, 2, 3))
T.RandomRotation(-3)
T.RandomRotation((1, 2, 3))
T.RandomRotation(3, center=4)
T.RandomRotation(3, fill={})
T.RandomRotation(30, T.InterpolationMode.BICUBIC)
T.RandomAffine(30)
T.RandomAffine(30, translate=(0.1, 0.2), scale=(0.5, 2), shear=10)
T.RandomAffine(9, (0.1, 0.2), (0.5, 2), (1, 9, 3, 14), T.InterpolationMode.BILINEAR, 3, (2, 5))
T.RandomAffine(30, translate=(2, 3))
T.RandomAffine(30, scale=(0, 3))
T.RandomAffine(30, shear=(1, 2, 3))
T.Normalize((0.5, 0.4, 0.3), (0.1, 0.2, 0.3))
T.Normalize((0.5, 0.4, 0.3), (0.1, 0.0, 0.3))
T.ToTensor()
T.PILToTensor()
T.ToPILImage()
T.ToPILImage("YCbCr")
T.ToPILImage("LA")
T.ToPILImage("F")
T.ConvertImageDtype(torch.float32)
T.ConvertImageDtype(torch.uint8)
T.ConvertImageDtype(torch.int16)
T.ConvertImageDtype(torch.int64)
T.ConvertImageDtype(torch.float64)
T.RandomErasing(1.0)
T.RandomErasing(0.9, value="random")
T.RandomErasing(0.9, value=(0.1, 0.2, 0.3), scale=(0.1, 0.2), ratio=(1, 2))
T.RandomErasing(0.9, value=(1, 2))
T.RandomErasing(0.9, scale=(0.9, 1), ratio=(9, 10))
T.RandomErasing(2)
T.RandomErasing(value="x")
T.RandomErasing(value={})
T.RandomErasing(scale=3)
T.RandomErasing(ratio=3)
T.RandomErasing(scale=(0, 2))
T.RandomApply([T.Resize(10), T.CenterCrop(5)])
T.RandomChoice([T.Resize(10), T.CenterCrop(5)], p=[0.1, 0.9])
T.RandomChoice(3)
T.RandomChoice([], p=3)
T.RandomOrder([T.Resize(10), T.CenterCrop(5)])
T.Compose([T.Resize(10), T.CenterCrop(5)])
T.Lambda(3)
T.FiveCrop(10)
T.FiveCrop(100)
T.FiveCrop((1, 2, 3))
T.TenCrop((10, 9), vertical_flip=True)
T.RandomPerspective(p=1.0)
T.RandomPerspective(0.3, 0.5, T.InterpolationMode.NEAREST, fill=(1, 2, 3))
T.RandomPerspective(0.9, 1.0, 2, fill=9)
T.RandomPerspective(fill={})
T.RandomPerspective(interpolation=T.InterpolationMode.BICUBIC, p=1.0)
T.ElasticTransform(alpha=90.0, sigma=3.0)
T.ElasticTransform([50.0, 20.0], (2.0, 0.0), T.InterpolationMode.NEAREST, fill=(1, 2, 3))
T.ElasticTransform(3)
T.ElasticTransform((3, 4))
T.ElasticTransform(sigma=(3.0,))
T.ElasticTransform(fill="x")
T.GaussianBlur(5)
T.GaussianBlur((3, 7), sigma=(0.5, 5))
T.GaussianBlur([9], sigma=2)
T.GaussianBlur((1, 2, 3))
T.GaussianBlur(4)
T.GaussianBlur(3, sigma=0)
T.GaussianBlur(3, sigma=(2, 1))
T.GaussianBlur(3, sigma="x")
T.GaussianBlur(99)
T.RandomPosterize(3)
T.RandomPosterize(9, p=1.0)
T.RandomSolarize(0.6, p=0.8)
T.RandomSolarize(100.0, p=0.8)
T.RandomSolarize(300, p=1.0)
T.RandomAdjustSharpness(3, p=0.8)
T.RandomAdjustSharpness(0.2, p=0.8)
T.RandomAdjustSharpness(-1, p=1.0)
T.RandomAutocontrast(0.8)
T.RandomEqualize(0.8)
lambda x: T.LinearTransformation(torch.ones(30, 30) / 9, torch.arange(30.0))(x[..., :2, :5])
T.LinearTransformation(torch.eye(3, 4), torch.zeros(3))
T.LinearTransformation(torch.eye(3), torch.zeros(4))
T.LinearTransformation(torch.eye(3), torch.zeros(3).double())
T.LinearTransformation(torch.eye(3), torch.zeros(3))
T.AutoAugment()
T.AutoAugment(T.AutoAugmentPolicy.CIFAR10, T.InterpolationMode.BILINEAR, fill=9)
T.AutoAugment(T.AutoAugmentPolicy.SVHN, fill=(1, 2, 3))
T.AutoAugment("q")
T.RandAugment()
T.RandAugment(3, 20, 25, T.InterpolationMode.BILINEAR, fill=9)
T.RandAugment(magnitude=31)
T.TrivialAugmentWide()
T.TrivialAugmentWide(11, T.InterpolationMode.BILINEAR, fill=[9, 8, 7])
T.AugMix(mixture_width=5, chain_depth=1)
T.AugMix(10, 2, 2, 0.5, False, T.InterpolationMode.NEAREST, fill=9)
T.AugMix(11)
lambda x: F.perspective(x, CORNERS, [[5, 1], [40, 3], [44, 39], [1, 9]])
lambda x: F.perspective(x, [[0, 0]], [[5, 1]])
lambda x: F.perspective(x, CORNERS, CORNERS, "q")
lambda x: F.elastic_transform(x, torch.zeros(1, 40, 45, 2) + 0.13, fill=7)
lambda x: F.elastic_transform(x, torch.zeros(1, 40, 44, 2))
lambda x: F.elastic_transform(x, 3)
lambda x: F.gaussian_blur(x, 5)
lambda x: F.gaussian_blur(x, [3, 5], [1.0])
lambda x: F.gaussian_blur(x, "x")
lambda x: F.gaussian_blur(x, [1, 2, 3])
lambda x: F.gaussian_blur(x, 4)
lambda x: F.gaussian_blur(x, 3, "x")
lambda x: F.gaussian_blur(x, 3, [1, 2, 3])
lambda x: F.gaussian_blur(x, 3, -1)
lambda x: F.adjust_sharpness(x, 2.5)
lambda x: F.autocontrast(x)
lambda x: F.equalize(x)
lambda x: F.posterize(x, 2)
lambda x: F.posterize(x, 8)
lambda x: F.solarize(x, 0.5)
lambda x: F.crop(x, -3, -4, 20, 10)
lambda x: F.crop(x, 30, 40, 20, 10)
lambda x: F.resized_crop(x, 3, 4, 20, 10, (7, 8))
lambda x: F.resize(x, (1, 2, 3))
lambda x: F.resize(x, (1, 2), "q")
lambda x: F.resize(x, 20, max_size=20)
lambda x: F.resize(x, (20, 30), max_size=20)
lambda x: F.hflip(x)
lambda x: F.vflip(x)
lambda x: F.adjust_brightness(x, 1.5)
lambda x: F.adjust_brightness(x, -1.5)
lambda x: F.adjust_contrast(x, 0.3)
lambda x: F.adjust_contrast(x, -1)
lambda x: F.adjust_saturation(x, 1.8)
lambda x: F.adjust_saturation(x, -1.8)
lambda x: F.adjust_hue(x, 0.3)
lambda x: F.adjust_hue(x, -0.3)
lambda x: F.adjust_hue(x, -0.8)
lambda x: F.adjust_gamma(x, 2.2, 0.9)
lambda x: F.adjust_gamma(x, -2)
lambda x: F.rgb_to_grayscale(x)
lambda x: F.to_grayscale(x, 3)
lambda x: F.invert(x)
lambda x: F.rotate(x, 90, expand=True)
lambda x: F.rotate(x, "q")
lambda x: F.rotate(x, 3, center=3)
lambda x: F.rotate(x, 3, fill=[1, 2])
lambda x: F.affine(x, 33.0, [1, 2], 1.2, [3, 4])
lambda x: F.affine(x, 33.0, [1, 2], 1.2, 3)
lambda x: F.affine(x, 33.0, [1, 2], -1.2, 3)
lambda x: F.affine(x, 33.0, [1], 1.2, 3)
lambda x: F.affine(x, 33.0, 1, 1.2, 3)
lambda x: F.affine(x, 33.0, [1, 2], 1.2, "q")
lambda x: F.affine(x, 33.0, [1, 2], 1.2, [1, 2, 3])
lambda x: F.get_dimensions(x)
lambda x: F.get_image_size(x)
lambda x: F.get_image_num_channels(x)
lambda x: F.erase(x, 1, 2, 3, 4, 0.5)
lambda x: F.normalize(x, [0.5], [0.5])
lambda x: F.five_crop(x, 200)
lambda x: F.pad(x, 3, padding_mode=3)
lambda x: F.pad(x, (1, 2, 3))
lambda x: F.pad(x, 3, fill=(1, 2))
""".strip().splitlines()


def image(torch: ModuleType, kind: str) -> Any:
    """Give smooth waves of colour, 40×45, as a tensor, an array or a picture of Pillow."""
    y, x = np.mgrid[:40, :45]
    waves = [np.sin(x / 5 + k) * np.cos(y / (4 + k)) for k in range(3)]
    array = (np.stack(waves, -1) * 100 + 128 + (x * y % 7)[..., None]).astype(np.uint8)
    if kind == "array":
        return array
    if kind in ("bytes", "floats"):
        planes = torch.from_numpy(array.transpose(2, 0, 1).copy())
        return planes if kind == "bytes" else planes.to(torch.float32) / 255
    from PIL import Image

    return Image.fromarray(array) if kind == "picture" else Image.fromarray(array).convert("L")


def results(torch: ModuleType, vision: ModuleType, code: str, kind: str) -> tuple[str, list]:
    """Give the printed form, and what two calls give; or what is raised."""
    names = {"T": vision.transforms, "F": vision.transforms.functional, "torch": torch,
             "CORNERS": CORNERS}  # fmt: skip
    torch.manual_seed(1)
    random.seed(1)
    try:
        transform = eval(code, names)
    except Exception as error:
        return f"{type(error).__name__}: {error}", []
    given: list = []
    try:
        for _ in range(2):
            given.append(plain(transform(image(torch, kind))))
    except Exception as error:
        given.append(f"{type(error).__name__}: {error}")
    return "" if code.startswith("lambda") else repr(transform), given


def plain(value: Any) -> Any:
    """Turn images into arrays."""
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if hasattr(value, "detach"):
        return value.detach().numpy()
    return np.array(value) if hasattr(value, "getbands") else value


def summary(value: Any) -> Any:
    """Cut a text down to a hash, an array to its dtype, shape and a mean weighted by place."""
    if isinstance(value, list):
        return [summary(each) for each in value]
    if isinstance(value, str):
        return hashlib.blake2b(value.encode(), digest_size=4).hexdigest()
    if not isinstance(value, np.ndarray):
        return value
    weights = np.random.default_rng(0).random(value.size)
    mean = float(np.dot(value.reshape(-1), weights)) / max(value.size, 1)
    return f"{value.dtype} {'×'.join(map(str, value.shape))}", float(f"{mean:.7g}")


def digest(results: dict[str, tuple[str, list]]) -> tuple[str, dict[str, list]]:
    """The printed form, and for kinds of images what the calls gave; what is the same once."""
    found: dict[str, list] = {}
    for kind, (_, given) in results.items():
        told = summary(given[:1] if len(given) == 2 and alike(*given) else given)
        same = next((kinds for kinds, other in found.items() if other == told), None)
        if same is not None:
            found.pop(same)
            kind = f"{same}, {kind}"
        found[kind] = told
    return summary(next(iter(results.values()))[0]), found


def alike(one: Any, other: Any) -> bool:
    """Whether two calls gave the same."""
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(np.array_equal(one, other))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from conftest import original

    vision, torch = original(), __import__("torch")
    warnings.simplefilter("ignore")
    stored = {
        code: digest({kind: results(torch, vision, code, kind) for kind in KINDS})
        for code in CASES
    }
    lines = (
        f"{json.dumps(code)}: {json.dumps(given, ensure_ascii=False)}"
        for code, given in stored.items()
    )
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
