"""Switches for warnings about what changed in PyTorch 0.2; they can be set and warn of nothing."""

from __future__ import annotations


class Warning:
    """Whether to warn of one change."""

    enabled = False

    def set_enabled(self, value: bool) -> None:
        """Say whether to warn."""
        self.enabled = value

    def get_enabled(self) -> bool:
        """Whether it was asked to warn."""
        return self.enabled


broadcast_warning, keepdim_warning = Warning(), Warning()

__all__ = ["Warning", "broadcast_warning", "keepdim_warning"]
