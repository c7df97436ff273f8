"""What a fine-tuning reached, as files and as a line."""

from __future__ import annotations

from typing import Any

from tapegrad.cli.run_folder import RunFolder
from tapegrad.training import F1, ConfusionMatrix, Precision, Recall, Trainer, evaluate


def write_report(
    trainer: Trainer, folder: RunFolder, classes: list[str], held_out: Any, draws: bool
) -> None:
    """Write the best weights, their measures on what was held out, and the pictures of these."""
    row = trainer.load_best()
    folder.save_model(trainer.model)
    confusion = ConfusionMatrix(len(classes))
    measures = {"precision": Precision, "recall": Recall, "f1": F1}
    metrics: dict[str, Any] = {"accuracy": confusion}
    metrics |= {name: kind(len(classes)) for name, kind in measures.items()}
    found = evaluate(trainer.model, trainer.loss, held_out, metrics)
    each = {name: metrics[name].per_class().tolist() for name in measures}
    folder.write_json("metrics.json", {
        "epoch": row["epoch"], **found,
        "classes": {
            one: {**{name: each[name][k] for name in each}, "pictures": int(confusion.truths()[k])}
            for k, one in enumerate(classes)
        },
        "confusion": confusion.matrix.tolist(),
    })  # fmt: skip
    if draws:
        from tapegrad.training import plot_confusion

        plot_confusion(confusion.matrix, classes, folder.path / "confusion.png")
    print(
        f"held-out accuracy: {found['accuracy']:.1%} after epoch {row['epoch']}; "
        f"everything is in {folder.path}"
    )


__all__ = ["write_report"]
