"""PyTorch's own samples with one argument changed, in both libraries, and how each call ends.

``python -m tests.parity.mutations`` changes all, ``--only cumsum,linalg_`` some, ``--verbose``
prints each call that differs. All takes some twenty minutes, so that no continuous run makes it.

- ``made.py`` holds the changes: an argument becomes another kind, dtype, size or number, is left
  out, or a further one is given.
- ``check.py`` makes the calls of an entry in a process of their own, since a few of them end
  PyTorch's. Whether a result is PyTorch's is decided as in ``tests.parity``; whether a refusal is,
  by its class, and by its text, which must begin as PyTorch's does.
- ``allowed.py`` names what may differ, each with its reason. Whatever else differs is a failure,
  and so is an allowance that nothing needs any more.
"""
