"""Options are set, kept and restored as PyTorch does."""

import math

import pytest

import tapegrad as torch
from tapegrad._print import get_printoptions, printoptions


class TestOptions:
    def test_default(self):
        """The defaults are PyTorch's."""
        assert get_printoptions() == {
            "precision": 4,
            "threshold": 1000,
            "edgeitems": 3,
            "linewidth": 80,
            "sci_mode": None,
        }

    def test_what_is_left_out_stays(self):
        """Only sci_mode is reset by leaving it out."""
        torch.set_printoptions(precision=2, sci_mode=True)
        torch.set_printoptions(linewidth=60)

        assert get_printoptions() == {
            "precision": 2,
            "threshold": 1000,
            "edgeitems": 3,
            "linewidth": 60,
            "sci_mode": None,
        }

    def test_full_profile(self):
        """Its threshold is infinite."""
        torch.set_printoptions(profile="full")

        assert get_printoptions()["threshold"] == math.inf

    def test_block_restores_after_an_exception(self):
        """An exception in the block does not leave the options changed."""
        before = get_printoptions()
        with pytest.raises(KeyError), printoptions(precision=1, sci_mode=False):
            raise KeyError

        assert get_printoptions() == before
