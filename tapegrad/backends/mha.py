"""The fast path of attention in evaluation: there is one path, and a switch."""

_is_enabled = True


def get_fastpath_enabled() -> bool:
    """What :func:`set_fastpath_enabled` was given; True at first."""
    return _is_enabled


def set_fastpath_enabled(value: bool) -> None:
    """Note whether to take the fast path. Attention is computed in one way here."""
    global _is_enabled
    _is_enabled = value


__all__ = ["get_fastpath_enabled", "set_fastpath_enabled"]
