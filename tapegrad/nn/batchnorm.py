"""Layers that normalise each channel over the batch."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn import init
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter


class _NormBase(Module):
    """Affine parameters and running statistics of a normalisation over the batch."""

    _version = 2  # since 2, num_batches_tracked is part of the state
    __constants__ = [
        "track_running_stats",
        "momentum",
        "eps",
        "num_features",
        "affine",
    ]

    num_features: int
    eps: float
    momentum: float | None
    affine: bool
    track_running_stats: bool
    _keeps_statistics = False  # set by ``tapegrad.finetune.freeze``

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        options = {"device": device, "dtype": dtype}
        for name, is_wanted in (("weight", affine), ("bias", affine and bias)):
            empty = Parameter(tapegrad.empty(num_features, **options)) if is_wanted else None
            self.register_parameter(name, empty)
        self._register_statistics(options)
        self.reset_parameters()

    def _register_statistics(self, options: dict[str, Any]) -> None:
        if not self.track_running_stats:
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                self.register_buffer(name, None)
            return
        self.register_buffer("running_mean", tapegrad.zeros(self.num_features, **options))
        self.register_buffer("running_var", tapegrad.ones(self.num_features, **options))
        count = tapegrad.tensor(0, dtype=tapegrad.long, device=options["device"])
        self.register_buffer("num_batches_tracked", count)

    def train(self, mode: bool = True) -> Module:
        """Set training mode; a norm that keeps its statistics stays in evaluation mode."""
        super().train(mode)
        if self._keeps_statistics:
            self.training = False
        return self

    def reset_running_stats(self) -> None:
        """Forget what was seen: mean 0, variance 1, no batch."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget the statistics, set the weight to ones and the bias to zeros."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        """Refuse inputs of a wrong number of dimensions; every subclass defines it."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        """List the settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, *args: Any, **kwargs: Any
    ) -> None:
        """States of version 1 have no count of batches: keep ours."""
        version = local_metadata.get("version", None)
        key = prefix + "num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and key not in state_dict:
            count = self.num_batches_tracked
            state_dict[key] = tapegrad.tensor(0) if count is None else count
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args, **kwargs)


class _BatchNorm(_NormBase):
    """Normalisation over the batch, with the batch's statistics or with the running ones."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalise ``input`` and, in training mode, update the running statistics."""
        self._check_input_dim(input)
        momentum = (
            self._next_momentum() if self.training and self.track_running_stats else self.momentum
        )
        has_statistics = self.running_mean is not None or self.running_var is not None
        uses_running = not self.training or self.track_running_stats
        return F.batch_norm(
            input,
            self.running_mean if uses_running else None,
            self.running_var if uses_running else None,
            self.weight,
            self.bias,
            self.training or not has_statistics,
            0.0 if momentum is None else momentum,
            self.eps,
        )

    def _next_momentum(self) -> float | None:
        """Count this batch; without a momentum the running statistics are plain averages."""
        if self.num_batches_tracked is None:
            return self.momentum
        self.num_batches_tracked.add_(1)
        return 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum


class BatchNorm1d(_BatchNorm):
    """Normalise each channel to mean 0 and variance 1 over the batch, then scale and shift.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias``. In training mode mean and (biased)
    variance are the batch's, and the running statistics move towards them: ``running ← (1 -
    momentum)·running + momentum·new``, with the unbiased variance. In evaluation mode the running
    ones are used. Shape: ``(batch, channels)`` or ``(batch, channels, length)`` to the same.
    Source: Ioffe and Szegedy 2015.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in (2, 3):
            raise ValueError(f"expected 2D or 3D input (got {input.dim()}D input)")


class BatchNorm2d(_BatchNorm):
    """``BatchNorm1d`` of images. Shape: ``(batch, channels, rows, columns)`` to the same."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 4:
            raise ValueError(f"expected 4D input (got {input.dim()}D input)")


class BatchNorm3d(_BatchNorm):
    """``BatchNorm1d`` of volumes. Shape: ``(batch, channels, depth, rows, columns)``."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 5:
            raise ValueError(f"expected 5D input (got {input.dim()}D input)")


class SyncBatchNorm(_BatchNorm):
    """``BatchNorm1d`` over the batches of all processes, which needs a GPU in each.

    Without ``distributed.init_process_group``, or in evaluation mode, it is the batch norm of this
    process. Shape: ``(batch, channels, ...)`` to the same. Raises ValueError for fewer dimensions,
    without channels, and where it would have to talk to other processes: tensors are on the CPU
    here. Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.SyncBatchNorm.html
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )
        self.process_group = process_group

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"expected at least 2D input (got {input.dim()}D input)")
        if input.size(1) == 0:
            raise ValueError("SyncBatchNorm number of input channels should be non-zero")
        if self.training and tapegrad.distributed.is_initialized():
            raise ValueError(
                "SyncBatchNorm expected input tensor to be on GPU or XPU or privateuseone"
            )

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """``module`` with every batch norm in it replaced, sharing parameters and statistics."""
        converted: Module = module
        if isinstance(module, _BatchNorm):
            converted = SyncBatchNorm(
                module.num_features, module.eps, module.momentum, module.affine,
                module.track_running_stats, process_group, bias=module.bias is not None,
            )  # fmt: skip
            for name, tensor in {**module._parameters, **module._buffers}.items():
                setattr(converted, name, tensor)
            converted.training = module.training
        for name, child in module.named_children():
            converted.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return converted
