"""Train in processes that are killed, and say what they end with: a program for a test.

``python killed.py FOLDER N_MOMENTS SEED WORKERS`` first trains without interruption, counting the
calls of Python and C functions. Then, N_MOMENTS times, it trains in a new folder, is killed at one
of these calls drawn at random, and resumed. A line of JSON a training; processes are forked, so
that the library is loaded once.
"""

import hashlib
import json
import os
import random
import signal
import sys
import warnings
from pathlib import Path

import numpy as np

import tapegrad as torch
from tapegrad import nn, training
from tapegrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tapegrad.utils.data import DataLoader


class Noisy:
    """Samples with noise of three generators added, which no two passes have alike."""

    def __init__(self, n: int) -> None:
        self.inputs = torch.randn(n, 3)
        self.targets = (self.inputs[:, 0] > 0).long()

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple:
        noise = random.random() + np.random.normal() + torch.randn(3)
        return self.inputs[index] + noise, self.targets[index]


def make_trainer(folder: Path) -> training.Trainer:
    """A trainer that uses all that has a state."""
    model = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Dropout(0.3), nn.Linear(6, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return training.Trainer(
        model, nn.CrossEntropyLoss(), optimizer, folder=folder, checkpoint_every=1, progress=False,
        scheduler=torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.05, total_steps=20),
        scheduler_every="step", metrics={"accuracy": training.Accuracy()}, accumulate=2,
        clip_norm=1.0, ema=AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9)),
        early_stopping=training.EarlyStopping("val_loss", patience=9),
        callbacks=[training.SaveHistory(folder / "history.csv")],
    )  # fmt: skip


def train(folder: Path, workers: int) -> str:
    """Train, or go on with it; a digest of all that must not depend on interruptions."""
    training.seed_everything(3)
    trainer = make_trainer(folder)
    options = {"num_workers": workers, "multiprocessing_context": "fork"} if workers else {}
    order = torch.Generator().manual_seed(5)
    loader = DataLoader(Noisy(10), 2, shuffle=True, generator=order, **options)
    history = trainer.fit(loader, DataLoader(Noisy(8), 4), epochs=2, resume=True)
    digest = hashlib.sha256()
    for one in (trainer.model, trainer.ema, torch.load(folder / "best.pt")["model"]):
        state = one if isinstance(one, dict) else one.state_dict()
        for tensor in state.values():
            digest.update(tensor.numpy().tobytes())
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in history]
    digest.update(repr(rows).encode())
    digest.update(repr([random.random(), np.random.rand(), torch.rand(1).item()]).encode())
    return digest.hexdigest()


class Calls:
    """Counts the calls of this process's functions, and kills it at one of them."""

    def __init__(self, last: int | None = None) -> None:
        self.count, self.last = 0, last

    def note(self, frame: object, event: str, argument: object) -> None:
        """Count one more."""
        self.count += event in ("call", "c_call")
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def in_child(folder: Path, workers: int, calls: Calls | None) -> tuple[int, dict]:
    """Train in a forked process; how that ended, and what it had to say."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        if calls is not None:
            sys.setprofile(calls.note)
        digest = train(folder, workers)
        sys.setprofile(None)
        report = {"digest": digest, "calls": calls.count if calls else 0}
        os.write(writing, json.dumps(report).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return status, json.loads(text or b"{}")


def main() -> None:
    """Train as the command line says."""
    folder, (n_moments, seed, workers) = Path(sys.argv[1]), map(int, sys.argv[2:])
    warnings.simplefilter("ignore")
    _, whole = in_child(folder / "whole", workers, Calls())
    print(json.dumps(whole))
    moments = random.Random(seed)
    for k in range(n_moments):
        moment = moments.randrange(1, whole["calls"])
        status, _ = in_child(folder / str(k), workers, Calls(moment))
        names = sorted(path.name for path in (folder / str(k)).glob("*"))
        _, resumed = in_child(folder / str(k), workers, None)
        report = {"moment": moment, "signal": os.WTERMSIG(status), "left": names}
        print(json.dumps({**report, "digest": resumed.get("digest")}))


if __name__ == "__main__":
    main()
