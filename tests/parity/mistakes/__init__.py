"""Every function and method of both libraries, called by mistake, and how each one refuses.

``python -m tests.parity.mistakes`` runs all, ``--only torch.add,Tensor.*`` some, ``--verbose``
prints what differs, and without it there is a table by cause.

- ``made.py`` holds the mistakes, the same for each callable: no arguments or one too many, a
  number, a string or a list where a tensor belongs, keywords that nobody knows.
- Where one library raises the other must, with the same class; and the text must begin as
  PyTorch's does. ``to_come.json`` counts for each callable the calls that still end otherwise,
  and those that are only worded otherwise. pytest wants no more of either; ``--update`` writes it.
"""
