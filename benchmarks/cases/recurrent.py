"""Recurrent layers over a padded batch, and a cell that a loop in Python takes over it."""

from functools import partial
from types import ModuleType

from benchmarks.case import Family, Step
from benchmarks.cases.training import backward

family = Family("Recurrent layers")

N_STEPS, BATCH, N_FEATURES, N_HIDDEN = 20, 16, 32, 64
SIZE = f"batch {BATCH}, {N_STEPS} steps, {N_FEATURES} to {N_HIDDEN}"


def layer(torch: ModuleType, kind: str) -> Step:
    """Return a forward and a backward pass of a layer."""
    made, x = getattr(torch.nn, kind)(N_FEATURES, N_HIDDEN), torch.randn(N_STEPS, BATCH, N_FEATURES)
    return backward(made.parameters(), lambda: made(x)[0])


def work(n_rows: int, n_gates: int, n_features: int, n_hidden: int) -> float:
    """Return the operations there and back, where the input needs no gradient."""
    return 2 * n_rows * n_gates * n_hidden * (2 * (n_features + n_hidden) + n_hidden)


for kind, n_gates in (("LSTM", 4), ("GRU", 3)):
    family.case(
        f"{kind} forward and backward, {SIZE}", 2.5, name=kind.lower(), has_peak=True,
        flops=work(N_STEPS * BATCH, n_gates, N_FEATURES, N_HIDDEN),
    )(partial(layer, kind=kind))


@family.case(f"LSTM cell from Python, forward and backward, {SIZE}", 6, has_peak=True)
def lstm_cell(torch: ModuleType) -> Step:
    """Step a cell by hand."""
    cell, x = torch.nn.LSTMCell(N_FEATURES, N_HIDDEN), torch.randn(N_STEPS, BATCH, N_FEATURES)

    def forward() -> object:
        state = torch.zeros(BATCH, N_HIDDEN), torch.zeros(BATCH, N_HIDDEN)
        for row in x:
            state = cell(row, state)
        return state[0]

    return backward(cell.parameters(), forward)


@family.case(
    "LSTM, two layers, both directions, forward and backward, batch 16, 30 steps, 64 to 128",
    has_peak=True, flops=2 * work(480, 4, 64, 128) + 2 * work(480, 4, 256, 128)
    + 2 * 2 * 480 * 4 * 128 * 256)
def deep_lstm(torch: ModuleType) -> Step:
    """The second layer's input needs a gradient."""
    made = torch.nn.LSTM(64, 128, num_layers=2, bidirectional=True)
    x = torch.randn(30, 16, 64)
    return backward(made.parameters(), lambda: made(x)[0])
