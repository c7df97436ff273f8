"""Ctrl-C, once and twice, in programs of their own."""

import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest
from training_samples import loader_of, make, weights_of

PROGRAM = """
    import os, signal, sys, time
    import tapegrad
    sys.path.insert(0, {samples!r})
    from training_samples import loader_of, make, weights_of

    def interrupt(n):
        for _ in range(n):
            os.killpg(os.getpgrp(), signal.SIGINT)

    class CtrlC(tapegrad.training.Callback):
        def on_step_end(self, trainer, loss):
            if trainer.position.step == 7:
                interrupt({times})
        def on_epoch_end(self, trainer, row):
            assert trainer.position.epoch < 2

    trainer = make(tapegrad, folder={folder!r}, callbacks=[CtrlC()])
    trainer.fit(loader_of(tapegrad, **{options}), epochs=3)
"""


def run(folder, times=1, **options):
    """Train in a process that gets as many interrupts in its seventh step, with its workers."""
    program = textwrap.dedent(PROGRAM).format(
        samples=os.path.dirname(__file__), folder=str(folder), times=times, options=options)
    return subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True,
                          text=True, check=False, start_new_session=True)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("options", [
    {}, {"num_workers": 2, "multiprocessing_context": "fork"},
    {"num_workers": 1, "multiprocessing_context": "spawn"},
], ids=["alone", "forked workers", "spawned workers"])  # fmt: skip
def test_once(tapegrad, training, tmp_path, options):
    """The step's checkpoint is written, the status is 130, and the training can go on."""
    result = run(tmp_path, **options)
    whole = make(tapegrad)
    whole.fit(loader_of(tapegrad), epochs=3)
    resumed = make(tapegrad, folder=tmp_path, callbacks=[training.Callback()])

    assert result.returncode == 130
    assert result.stderr.strip() == (
        "Ctrl-C: the checkpoint is written after this step; again stops at once")
    assert resumed.checkpoints.paths()[-1].name == "checkpoint-00000007.pt"
    resumed.fit(loader_of(tapegrad, **options), epochs=3, resume=True)
    assert weights_of(resumed.model) == weights_of(whole.model)


def test_twice(tapegrad, tmp_path):
    """The second one stops at once, as Ctrl-C does, without a checkpoint."""
    result = run(tmp_path, times=2)

    assert result.returncode == -signal.SIGINT
    assert result.stderr.endswith("KeyboardInterrupt\n")
    assert not (tmp_path / "checkpoint-00000007.pt").exists()


def test_during_validation(tapegrad, training, tmp_path):
    """The epoch's validation is begun again, from the same random numbers."""
    def validation(is_interrupted):
        class Batches(list):
            def __iter__(self):
                for k, (x, y) in enumerate(list.__iter__(self)):
                    if is_interrupted and k == 1:
                        os.kill(os.getpid(), signal.SIGINT)
                    yield x + tapegrad.rand(()), y
        return Batches(loader_of(tapegrad, 13, 1))

    def fit(folder, is_interrupted=False):
        tapegrad.manual_seed(4)
        trainer = make(tapegrad, folder=folder, metrics={"accuracy": training.Accuracy()})
        return trainer.fit(
            loader_of(tapegrad), validation(is_interrupted), epochs=2, resume=True)

    with pytest.raises(training.Interrupted) as caught:
        fit(tmp_path / "run", is_interrupted=True)
    whole, resumed = fit(tmp_path / "whole"), fit(tmp_path / "run")

    assert caught.value.code == 130
    assert str(caught.value).endswith("checkpoint-00000005.pt is where to go on")
    for row, other in zip(resumed, whole, strict=True):
        assert {**row, "seconds": 0} == {**other, "seconds": 0}


def test_handler_is_put_back(tapegrad, training, tmp_path):
    """After the block Ctrl-C is what it was; without a folder it never is anything else."""
    before = signal.getsignal(signal.SIGINT)
    with training.DeferredInterrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        inside = signal.getsignal(signal.SIGINT)
    with training.DeferredInterrupt(is_active=False):
        unchanged = signal.getsignal(signal.SIGINT)

    assert interrupt.requested
    assert inside != before and unchanged == before == signal.getsignal(signal.SIGINT)


def test_other_threads(tapegrad, tmp_path):
    """A training in another thread, which gets no signals, trains."""
    trainer = make(tapegrad, folder=tmp_path)
    thread = threading.Thread(target=trainer.fit, args=(loader_of(tapegrad),))
    thread.start()
    thread.join()

    assert len(trainer.history) == 1
