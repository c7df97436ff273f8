"""Train in processes that are killed, and say what they end with: a program for a test.

``python killed.py FOLDER N_MOMENTS SEED WORKERS`` first trains without interruption, counting the
calls of Python and C functions. Then it trains once more; at N_MOMENTS of these calls, drawn at
random, the process is forked, and the twin that is in the midst of the same training is killed.
What that left in the folder is kept, and each training is resumed from it. A line of JSON a
training; all processes are forked, so that the library is loaded once.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import warnings
from collections.abc import Callable, Collection
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
    """Counts the calls of this process's functions, and calls ``act`` at some of them."""

    def __init__(self, moments: Collection[int] = (), act: Callable[[int], None] = print) -> None:
        self.count, self.moments, self.act = 0, set(moments), act

    def note(self, frame: object, event: str, argument: object) -> None:
        """Count one more."""
        self.count += event in ("call", "c_call")
        if self.count in self.moments:
            self.moments.remove(self.count)
            self.act(self.count)


def kill_a_twin(folder: Path, place: Path) -> Callable[[int], None]:
    """What kills a copy of this process, and keeps what was in the folder then, by the moment."""
    def kill(moment: int) -> None:
        twin = os.fork()
        if twin == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        _, status = os.waitpid(twin, 0)
        left = place / str(moment)
        left.mkdir(parents=True)
        if folder.exists():
            shutil.copytree(folder, left, dirs_exist_ok=True)
        (place / f"{moment}.status").write_text(str(os.WTERMSIG(status)))

    return kill


def in_child(folder: Path, workers: int, calls: Calls | None) -> dict:
    """Train in a forked process; what it had to say."""
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
    os.waitpid(child, 0)
    return json.loads(text or b"{}")


def main() -> None:
    """Train as the command line says."""
    folder, (n_moments, seed, workers) = Path(sys.argv[1]), map(int, sys.argv[2:])
    warnings.simplefilter("ignore")
    whole = in_child(folder / "whole", workers, Calls())
    print(json.dumps(whole))
    moments = random.Random(seed).sample(range(1, whole["calls"]), n_moments)
    killing = kill_a_twin(folder / "again", folder / "left")
    in_child(folder / "again", workers, Calls(moments, killing))
    for moment in moments:
        place = folder / "left" / str(moment)
        names = sorted(path.name for path in place.glob("*"))
        resumed = in_child(place, workers, None)
        status = int(place.with_suffix(".status").read_text())
        report = {"moment": moment, "signal": status, "left": names}
        print(json.dumps({**report, "digest": resumed.get("digest")}))


if __name__ == "__main__":
    main()
