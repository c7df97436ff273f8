"""The digits as pictures lie in the folders that the command and ImageFolder read."""

from pathlib import Path

import numpy as np
import pytest

from tapegrad.vision.datasets import ImageFolder

from .scripts import run


def test_pictures_show_the_digits_of_their_folders(examples: Path, tmp_path: Path) -> None:
    """Each class has its folder, and shrunk again a picture is the digit that it was drawn from."""
    pytest.importorskip("PIL", reason="pillow is not installed: no pictures")
    from sklearn.datasets import load_digits

    result = run(examples / "digit_pictures.py", str(tmp_path))
    images, labels = load_digits(return_X_y=True)
    data = ImageFolder(str(tmp_path))
    path, label = data.samples[data.targets.index(7)]
    number = int(Path(path).stem)
    picture, _ = data[data.targets.index(7)]
    shrunk = np.asarray(picture.convert("L").resize((8, 8))) / 15

    assert result.stdout == f"1797 pictures in 10 folders under {tmp_path}\n"
    assert data.classes == [str(k) for k in range(10)] and len(data) == 1797
    assert label == labels[number] == 7
    assert np.corrcoef(shrunk.ravel(), images[number])[0, 1] > 0.95


def test_without_a_folder_it_says_how_it_is_called(examples: Path) -> None:
    """The mistake ends in one line and a status."""
    result = run(examples / "digit_pictures.py")

    assert result.returncode == 1
    assert result.stderr.startswith("usage: python ") and result.stderr.endswith(" FOLDER\n")
