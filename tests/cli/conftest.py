"""Folders of tinted pictures, and weights to begin with."""

from pathlib import Path
from types import ModuleType

import pytest
from command_line import register_tiny, write_pictures


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of eight pictures a colour."""
    pytest.importorskip("PIL", reason="needs the package pillow")
    folder = tmp_path_factory.mktemp("pictures")
    write_pictures(folder, 8, 0)
    return folder


@pytest.fixture(scope="session")
def weights(torch: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file of weights of the network ``tiny`` for ten classes, which has seen colours."""
    register_tiny()
    torch.manual_seed(0)
    model = torch.vision.models.get_model("tiny", num_classes=10)
    model[1].momentum = None
    tints = 2.4 * torch.eye(3).repeat(8, 1).reshape(24, 3, 1, 1) - 1.2
    with torch.no_grad():
        model(tints + 0.4 * torch.randn(24, 3, 32, 32))
    path = tmp_path_factory.mktemp("weights") / "tiny.pth"
    torch.save(model.state_dict(), path)
    return path


@pytest.fixture
def training_namespace(tapegrad: ModuleType) -> ModuleType:
    """Give the namespace of the trainer."""
    return tapegrad.training
