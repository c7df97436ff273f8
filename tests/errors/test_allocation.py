"""Shapes of a million million elements are refused at once, and nothing is left behind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CALLS = [
    "torch.zeros(N)", "torch.ones(M, M)", "torch.empty((M, M))", "torch.rand(N)", "torch.randn(N)",
    "torch.full((N,), 1.0)", "torch.arange(N)", "torch.arange(float(N))", "torch.linspace(0, 1, N)",
    "torch.logspace(0, 1, N)", "torch.eye(M)", "torch.randint(0, 2, (N,))", "torch.randperm(N)",
    "torch.normal(0.0, 1.0, (N,))", "torch.zeros_like(wide)", "torch.empty_like(wide)",
    "torch.rand_like(wide)", "torch.full_like(wide, 1.0)", "x.new_zeros(N)", "x.new_empty(N)",
    "x.new_full((N,), 1.0)", "wide.clone()", "wide.contiguous()", "wide + 1", "column + row",
    "column * row", "wide.exp()", "wide.double()", "x.repeat(N)", "torch.tile(x, (N,))",
    "x.repeat_interleave(N)", "torch.cat([wide, wide])", "torch.stack([wide, wide])",
    "torch.outer(long, long)", "column @ row", "torch.kron(long, long)", "torch.diag(long)",
    "torch.diag_embed(long)", "torch.cartesian_prod(long, long)",
    "torch.combinations(torch.arange(100000), 3)", "torch.tril_indices(10 * M, 10 * M)",
    "torch.nn.functional.one_hot(torch.arange(3), N)", "one[positions]",
    "torch.gather(one, 0, positions)", "torch.where(wide > 0, 1, 0)", "wide.cumsum(0)",
    "torch.softmax(wide, 0)", "torch.bernoulli(wide)", "wide.roll(1)", "wide.flip(0)",
    "torch.tril(one.expand(M, M))", "torch.cdist(column, column)",
    "torch.multinomial(x, N, replacement=True)", "torch.nn.functional.dropout(wide)",
    "torch.nn.Linear(M, M)", "torch.nn.Embedding(N, 1)", "torch.tensor_split(x, 2**62)",
    "torch.zeros(2**31, 2**31, 2**31)", "torch.ones(2**62)", "torch.zeros(2**63)",
    "(leaf * 2 + torch.zeros(N)).sum()", "(leaf.expand(N) * 2).sum()", "torch.vander(x, N)",
    "torch.block_diag(row, column)",
    "wide.sort()", "wide.topk(2)", "wide.unique()", "torch.bincount(torch.tensor([N]))",
    "torch.histc(x, bins=N)", "torch.nn.functional.pad(x, (0, N))",
    "torch.nn.functional.interpolate(torch.ones(1, 1, 2), size=N)",
    "torch.nn.functional.adaptive_avg_pool1d(torch.ones(1, 1, 2), N)",
    "torch.nn.functional.unfold(torch.ones(1, 1, 9, 9), 3, padding=M)",
]  # fmt: skip

CHILD = """
import faulthandler, json, resource, sys
import tapegrad as torch
resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
M, N = 10**6, 10**12
x, one, long = torch.ones(2), torch.ones(1), torch.ones(M)
wide, column, row = one.expand(N), long[:, None], long[None, :]
positions = torch.zeros(1, dtype=torch.int64).expand(N)
leaf = torch.ones(1, requires_grad=True)
before = torch.autograd.tape_info()
outcomes = {}
for call in json.load(sys.stdin):
    print(call, file=sys.stderr)
    faulthandler.dump_traceback_later(30, exit=True)
    try:
        outcomes[call] = f"a result: {type(eval(call)).__name__}"
    except Exception as error:
        outcomes[call] = f"{type(error).__name__}: {error}"
    faulthandler.cancel_dump_traceback_later()
after = torch.autograd.tape_info()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if sys.platform == "linux":  # where that counts what the process was before it became this one
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    peak = int(status["VmHWM"].split()[0])
print(json.dumps([outcomes, before.entries == after.entries, peak]))
"""


@pytest.fixture(scope="module")
def child(tapegrad):
    """What a process of its own, whose memory is limited, reports about all calls."""
    process = subprocess.run(
        [sys.executable, "-c", CHILD], input=json.dumps(CALLS), capture_output=True, text=True,
        check=False, cwd=ROOT)
    assert process.returncode == 0, process.stderr[-2000:]
    return json.loads(process.stdout)


@pytest.mark.parametrize("call", CALLS)
def test_no_memory_is_said_so(child, call):
    """MemoryError, or PyTorch's text about sizes that no computer counts."""
    outcome = child[0][call]

    assert outcome.startswith(("MemoryError", "RuntimeError: Storage size calculation overflowed",
                               "TypeError: zeros(): argument 'size' failed to unpack"))


def test_nothing_is_left(child):
    """No entry stays on the tape, and no memory was touched on the way."""
    _, tape_is_clean, peak = child

    assert tape_is_clean and peak < 2**20 * (1 if sys.platform == "linux" else 2**10)
