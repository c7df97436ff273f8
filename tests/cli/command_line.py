"""Commands in this process."""

from typing import Any

import pytest


def status(*words: Any) -> int:
    """The status that the command line exits with."""
    from tapegrad.cli.main import main

    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    return caught.value.code or 0
