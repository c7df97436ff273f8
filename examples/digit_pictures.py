"""Write scikit-learn's handwritten digits as pictures into a folder a class.

That is the layout which ``tapegrad finetune`` and ``vision.datasets.ImageFolder`` read.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from tqdm import tqdm


def main(folder: Path) -> None:
    """Write each 8×8 digit eight times as wide, as ``folder/<digit>/<number>.png``."""
    images, labels = load_digits(return_X_y=True)
    for number, (image, label) in enumerate(zip(tqdm(images, unit="picture"), labels, strict=True)):
        path = folder / str(label) / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        grey = np.uint8(image.reshape(8, 8) * 15)
        Image.fromarray(grey).resize((64, 64), Image.Resampling.BILINEAR).save(path)
    print(f"{len(labels)} pictures in {len(np.unique(labels))} folders under {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} FOLDER")
    main(Path(sys.argv[1]))
