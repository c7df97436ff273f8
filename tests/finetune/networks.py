"""Small networks with the shapes of the usual ones."""

from types import ModuleType
from typing import Any


def convolutional(torch: ModuleType) -> Any:
    """A residual network in small: stem, two stages of blocks, ``fc``."""
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self, n_in: int, n_out: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(n_out)
            self.downsample = nn.Sequential(nn.Conv2d(n_in, n_out, 1), nn.BatchNorm2d(n_out))

        def forward(self, x: Any) -> Any:
            return torch.relu(self.bn1(self.conv1(x)) + self.downsample(x))

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, 4, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(4)
            self.layer1 = nn.Sequential(Block(4, 4), Block(4, 4))
            self.layer2 = nn.Sequential(Block(4, 6), Block(6, 6))
            self.fc = nn.Linear(6, 5)

        def forward(self, x: Any) -> Any:
            x = self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x)))))
            return self.fc(x.mean((2, 3)))

    return Network()


def mobile(torch: ModuleType) -> Any:
    """``features`` and ``classifier``, as MobileNet and EfficientNet have them."""
    nn = torch.nn

    class Inverted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Sequential(nn.Conv2d(4, 8, 1), nn.Conv2d(8, 8, 3, padding=1, groups=8),
                                      nn.BatchNorm2d(8), nn.Conv2d(8, 4, 1))

        def forward(self, x: Any) -> Any:
            return x + self.conv(x)

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(3, 4, 3), Inverted(), Inverted(),
                                          nn.BatchNorm2d(4))
            self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(4, 5, bias=False))

        def forward(self, x: Any) -> Any:
            return self.classifier(self.features(x).mean((2, 3)))

    return Network()


def text_classifier(torch: ModuleType) -> Any:
    """Embeddings, an encoder of two layers, ``classifier``."""
    nn = torch.nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embeddings = nn.Embedding(20, 8, padding_idx=0)
            layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.classifier = nn.Linear(8, 3)

        def forward(self, tokens: Any) -> Any:
            return self.classifier(self.encoder(self.embeddings(tokens)).mean(1))

    return Network()


def perceptron(torch: ModuleType) -> Any:
    """Three linear layers in a row."""
    nn = torch.nn
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.LayerNorm(8), nn.Linear(8, 8), nn.ReLU(),
                         nn.Linear(8, 3))


def trainable(model: Any) -> set[str]:
    """The names of the parameters that are trained."""
    return {name for name, p in model.named_parameters() if p.requires_grad}
