"""Every entry of PyTorch's own table of modules, built and run in both libraries and compared.

``python -m tests.parity.modules`` runs all, ``--only nn.LSTM,nn.Lazy*`` some, ``--verbose`` prints
what differs.

- A module is made from the entry's arguments after the same seed: repr, names, shapes, dtypes and
  first values must be PyTorch's. Then it is called on the entry's input, in training and in
  evaluation mode, in float32 and float64: outputs, the state afterwards, gradients of inputs and
  parameters along a random direction, and in float64 second derivatives.
- The entry's error inputs must raise PyTorch's class, when the module is made or when it is called.
- Every entry passes; pytest wants no fewer comparisons than ``counts.json`` holds, which
  ``--update`` writes. None is left out.
"""
