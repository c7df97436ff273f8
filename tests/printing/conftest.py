"""Print options are global."""

import pytest

from tapegrad import set_printoptions


@pytest.fixture(autouse=True)
def default_options():
    """Start and end each test with the default."""
    set_printoptions(profile="default")
    yield
    set_printoptions(profile="default")
