"""Softmax, cross-entropy, norms and dropout, forward and backward."""

from functools import partial
from types import ModuleType

from benchmarks.case import Family, Step
from benchmarks.cases.training import backward

family = Family("Softmax, norms and dropout, forward and backward")

ROWS, N_CLASSES = 128, 5_000


def along_rows(torch: ModuleType, name: str) -> Step:
    """Return a softmax over the classes, with a gradient that is not constant."""
    x, g = torch.randn(ROWS, N_CLASSES, requires_grad=True), torch.randn(ROWS, N_CLASSES)
    function = getattr(torch, name)

    def step() -> None:
        x.grad = None
        function(x, 1).backward(g)

    return step


for name in ("softmax", "log_softmax"):
    family.case(f"`{name}`, {ROWS}×{N_CLASSES:,}", 1.2, name=name.replace("_", "-"),
                traffic=4 * 5 * ROWS * N_CLASSES)(partial(along_rows, name=name))


@family.case(f"cross-entropy, {ROWS} rows of {N_CLASSES:,} classes", 1.2,
             traffic=4 * 4 * ROWS * N_CLASSES)
def cross_entropy(torch: ModuleType) -> Step:
    """Take the mean over rows."""
    x, labels = torch.randn(ROWS, N_CLASSES, requires_grad=True), torch.randint(N_CLASSES, (ROWS,))
    return backward([x], lambda: torch.nn.functional.cross_entropy(x, labels))


def layer(torch: ModuleType, kind: str, argument: float, shape: tuple[int, ...]) -> Step:
    """Return a forward and a backward pass of a layer in training mode."""
    made, g = getattr(torch.nn, kind)(argument), torch.randn(shape)
    x = torch.randn(shape, requires_grad=True)

    def step() -> None:
        x.grad = None
        made.zero_grad()
        made(x).backward(g)

    return step


family.case("layer norm, 1,024 rows of 512", 1.2, name="layer-norm", traffic=4 * 5 * 1024 * 512)(
    partial(layer, kind="LayerNorm", argument=512, shape=(1024, 512)))
family.case("batch norm, batch 16, 64 channels, 28×28", 1.2, name="batch-norm",
            traffic=4 * 6 * 16 * 64 * 28 * 28)(
    partial(layer, kind="BatchNorm2d", argument=64, shape=(16, 64, 28, 28)))
family.case("dropout, 10⁶ elements", 1.2, name="dropout", traffic=4 * 5 * 10**6)(
    partial(layer, kind="Dropout", argument=0.5, shape=(10**6,)))
