"""Why a case is slower than PyTorch by more than a tenth, and what the limit is: a line a case.

``docs/benchmarks.md`` prints a line beside each case that needs it, and says where one is missing.
"""

SLOWER: dict[str, str] = {
    "collate": "stacking 64 tensors of a few elements is one call in either library; what is left "
               "is the check of each sample's type in Python. The limit is 0.7.",
    "gelu": "above -1 the error stays below 2 units in the last place, where PyTorch's reaches "
            "4.8: a longer polynomial and a more accurate exponential.",
}
