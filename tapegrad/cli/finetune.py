"""``tapegrad finetune``: train a pretrained network on pictures of one's own."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tapegrad.cli.run_folder import RunFolder
    from tapegrad.nn import Module
    from tapegrad.training import Trainer

# Options that may differ when a training is resumed: they do not change what is computed.
_FREE = ("resume", "debug", "quiet", "command", "no_plots", "out")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("data", metavar="DATA_DIR",
        help="a folder of pictures with a subfolder a class, or of `train` and `val`, each so")
    add("--arch", default="resnet18", help="the network: resnet18, mobilenet_v2, ...")
    add("--weights", metavar="FILE", default=None,
        help="its pretrained weights: a file, or the name of a published set; else random ones")
    add("--out", metavar="RUN", required=True, help="the folder to write to")
    add("--resume", action="store_true", help="go on with the training in RUN")
    add("--freeze", choices=("body", "none"), default="body",
        help="train the new head alone, or everything")
    add("--epochs", type=_positive, default=5, help="passes over the pictures")
    add("--batch-size", type=_positive, default=32, help="pictures a step")
    add("--accumulate", type=_positive, default=1, help="batches whose gradients make a step")
    add("--optimizer", choices=("adamw", "sgd"), default="adamw", help="what steps")
    add("--lr", type=float, default=1e-3, help="learning rate at first; it falls as a cosine")
    add("--weight-decay", type=float, default=1e-2, help="pull of the weights towards zero")
    add("--decay-all", action="store_true", help="pull biases and norms too")
    add("--clip-norm", type=float, default=None, help="longest gradient")
    add("--ema", type=float, metavar="DECAY", default=None, help="average the weights over steps")
    add("--patience", type=_positive, default=None, help="stop after so many epochs without gain")
    add("--size", type=_positive, default=None, help="side of the pictures; else the network's own")
    add("--no-augment", action="store_true", help="no random crops and flips")
    add("--validation", type=_share, metavar="SHARE", default=0.2,
        help="how much of each class is held out, if there is no folder `val`")
    add("--on-corrupt", choices=("raise", "skip"), default="raise",
        help="what to do about a picture that cannot be read; it is named in any case")
    add("--workers", type=int, default=0, help="processes that load pictures")
    add("--checkpoint-every", type=_positive, metavar="STEPS", default=None,
        help="write a checkpoint within epochs too")
    add("--seed", type=int, default=0, help="of all that is random")
    add("--no-plots", action="store_true", help="draw no pictures, for which matplotlib is needed")
    add("--quiet", action="store_true", help="no progress bars")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"must lie between 0 and 1, not {number}")
    return number


def run(options: argparse.Namespace) -> int:
    """Train, and write what was reached."""
    from tapegrad.cli.network import make_network
    from tapegrad.cli.pictures import augmented, load_pictures, preset
    from tapegrad.cli.report import write_report
    from tapegrad.cli.run_folder import RunFolder
    from tapegrad.training import Interrupted, seed_everything

    folder = RunFolder(options.out)
    _check(options, folder)
    usual = preset(_known(options.arch), options.size)
    pictures = load_pictures(
        options.data, usual, usual if options.no_augment else augmented(usual),
        options.validation, options.seed, options.on_corrupt,
    )  # fmt: skip
    print(f"{len(pictures.train)} pictures to train on, {len(pictures.held_out)} held out, of "
          f"{len(pictures.classes)} classes: {', '.join(pictures.classes)}")  # fmt: skip
    seed_everything(options.seed)
    model = make_network(
        options.arch, options.weights, len(pictures.classes), options.freeze == "body"
    )
    kept = {name: value for name, value in vars(options).items() if name not in _FREE}
    folder.write_json("run.json", {
        "arch": options.arch, "classes": pictures.classes, "size": usual.crop_size[0],
        "options": kept,
    })  # fmt: skip
    trainer = make_trainer(model, folder, options)
    train = _loader(pictures.train, options, shuffle=True)
    held_out = _loader(pictures.held_out, options, shuffle=False)
    try:
        trainer.fit(train, held_out, epochs=options.epochs, resume=options.resume)
    except Interrupted as end:
        print(f"tapegrad finetune: {end}, with --resume", file=sys.stderr)
        raise
    write_report(trainer, folder, pictures.classes, held_out, draws=not options.no_plots)
    return 0


def _check(options: argparse.Namespace, folder: RunFolder) -> None:
    """Refuse what would end in an error only after the training."""
    if not options.no_plots:
        from tapegrad.training.plots import check_installed

        check_installed()
    if options.weights is None and options.freeze == "body":
        raise ValueError(
            "a frozen body needs --weights; --freeze none trains everything, from random ones too"
        )
    if folder.exists and not options.resume:
        raise ValueError(f"{folder.path} holds a training already: --resume goes on with it")
    if not options.resume:
        return
    before = folder.settings["options"]
    for name, value in vars(options).items():
        if name not in _FREE and before.get(name) != value:
            raise ValueError(
                f"the training in {folder.path} was begun with --{name.replace('_', '-')} "
                f"{before.get(name)}, not {value}"
            )


def _known(arch: str) -> str:
    from tapegrad.vision.models import list_models

    if arch not in list_models():
        raise ValueError(f"there is no network {arch}, but {', '.join(list_models())}")
    return arch


def make_trainer(model: Module, folder: RunFolder, options: argparse.Namespace) -> Trainer:
    """A trainer of what is not frozen."""
    from tapegrad import finetune, nn, optim, training
    from tapegrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    no_decay = () if options.decay_all else None
    groups = finetune.param_groups(model, options.weight_decay, no_decay)
    optimizer: Any = optim.AdamW(groups, lr=options.lr)
    if options.optimizer == "sgd":
        optimizer = optim.SGD(groups, lr=options.lr, momentum=0.9)
    stopping = options.patience and training.EarlyStopping("val_loss", options.patience)
    files = [folder.path / "history.csv", folder.path / "history.jsonl"]
    curves = [] if options.no_plots else [folder.path / "curves.png"]
    average = options.ema and AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(options.ema))
    return training.Trainer(
        model, nn.CrossEntropyLoss(), optimizer,
        scheduler=optim.lr_scheduler.CosineAnnealingLR(optimizer, options.epochs),
        metrics={"accuracy": training.Accuracy()}, accumulate=options.accumulate,
        clip_norm=options.clip_norm, ema=average or None, early_stopping=stopping or None,
        folder=folder.checkpoints, checkpoint_every=options.checkpoint_every,
        callbacks=[training.SaveHistory(*files, *curves)], progress=not options.quiet,
    )  # fmt: skip


def _loader(part: Any, options: argparse.Namespace, shuffle: bool) -> Any:
    from tapegrad.utils.data import DataLoader

    return DataLoader(part, options.batch_size, shuffle=shuffle, num_workers=options.workers)
