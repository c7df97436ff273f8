"""``SummaryWriter``: logs for TensorBoard, written by the package ``tensorboardX``."""

try:
    from tensorboardX import SummaryWriter
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "No module named 'tensorboard': tapegrad writes logs through tensorboardX, which "
        "`pip install tapegrad[tensorboard]` installs",
        name="tensorboard",
    ) from error

__all__ = ["SummaryWriter"]
